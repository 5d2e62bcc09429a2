//! What figures are made of, kept ready: written in the same transaction in which leaves become believed, so that a
//! report reads spans and not whole logs. A view: it can be made again from the leaves at any time.

use std::collections::{BTreeMap, BTreeSet};

use super::{counting, days};
use crate::ledger::{At, Home, Listed};
use crate::report::annual::BranchKind;
use crate::report::{Credit, Recount};
use crate::store::{Row, Schema, Sql, StoreError, ToValue, Value, params, sql};
use crate::types::{BranchId, Grade, Intervals, ItemId, MemberId, Millis, Mode, Origin, SessionId, Year};

/// The tables of this file. The station's name stands first in every key.
pub(super) const SCHEMA: Schema = Schema {
    room: "district figures",
    steps: &["
        CREATE TABLE counted (station TEXT PRIMARY KEY, size INTEGER NOT NULL, version INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE span (station TEXT NOT NULL, idx INTEGER NOT NULL, session BLOB NOT NULL, member TEXT NOT NULL,
            item TEXT NOT NULL, year INTEGER NOT NULL, mode TEXT NOT NULL, grade TEXT NOT NULL, media TEXT NOT NULL,
            at TEXT NOT NULL, PRIMARY KEY (station, idx)) STRICT, WITHOUT ROWID;
        CREATE TABLE listed (station TEXT NOT NULL, member TEXT NOT NULL, branch TEXT NOT NULL, role TEXT NOT NULL,
            migrant TEXT NOT NULL, gone INTEGER NOT NULL, PRIMARY KEY (station, member)) STRICT, WITHOUT ROWID;
        CREATE TABLE known_item (station TEXT NOT NULL, item TEXT NOT NULL, title TEXT NOT NULL, class TEXT,
            ms INTEGER NOT NULL, PRIMARY KEY (station, item)) STRICT, WITHOUT ROWID;
        CREATE TABLE lost (station TEXT NOT NULL, year INTEGER NOT NULL, unattended_ms INTEGER NOT NULL,
            unconfirmed_ms INTEGER NOT NULL, PRIMARY KEY (station, year)) STRICT, WITHOUT ROWID;
        CREATE TABLE branch (station TEXT NOT NULL, branch TEXT NOT NULL, kind TEXT NOT NULL,
            PRIMARY KEY (station, branch)) STRICT, WITHOUT ROWID;
        CREATE TABLE typed_in (year INTEGER NOT NULL, what TEXT NOT NULL, value TEXT NOT NULL,
            PRIMARY KEY (year, what)) STRICT, WITHOUT ROWID;
    ", "
        DROP TABLE lost;
    ", "
        CREATE TABLE day_sheet (station TEXT NOT NULL, day INTEGER NOT NULL, pieces BLOB NOT NULL,
            PRIMARY KEY (station, day)) STRICT, WITHOUT ROWID;
    ", "
        CREATE TABLE item_day (station TEXT NOT NULL, item BLOB NOT NULL, day INTEGER NOT NULL,
            PRIMARY KEY (station, item, day)) STRICT, WITHOUT ROWID;
        CREATE INDEX item_day_by_item ON item_day (item, day, station);
        CREATE INDEX listed_by_member ON listed (member);
        CREATE TABLE visitor (station TEXT NOT NULL, member TEXT NOT NULL, home TEXT NOT NULL, branch TEXT NOT NULL,
            PRIMARY KEY (station, member)) STRICT, WITHOUT ROWID;
    "],
};

/// Raised when these tables are filled differently: they are made again at the next start.
const VERSION: i64 = 6;

fn word<T: serde::Serialize>(value: &T) -> String {
    let json = serde_json::to_string(value).unwrap_or_default();
    json.trim_matches('"').to_owned()
}

fn read_word<T: serde::de::DeserializeOwned>(word: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).ok()
}

/// Keeps what the leaves say now. Within the transaction that makes them believed.
pub(super) fn keep(conn: &dyn Sql, station: &Origin, counted: &Recount) -> Result<(), StoreError> {
    let name = station.as_str();
    days::change(conn, name, size(conn, name)?, &counted.credits)?;
    keep_spans(conn, name, counted)?;
    keep_rest(conn, name, counted)
}

/// How many leaves the figures of a station are made of.
fn size(conn: &dyn Sql, station: &str) -> Result<u64, StoreError> {
    let found: Option<i64> = conn.query_optional("SELECT size FROM counted WHERE station = ?1", [station], |row| {
        row.get(0)
    })?;
    Ok(found.and_then(|n| u64::try_from(n).ok()).unwrap_or(0))
}

fn keep_rest(conn: &dyn Sql, name: &str, counted: &Recount) -> Result<(), StoreError> {
    let insert = "INSERT INTO listed (station, member, branch, role, migrant, gone) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT (station, member) DO UPDATE SET branch = excluded.branch, role = excluded.role,
            migrant = excluded.migrant, gone = excluded.gone";
    for listed in counted.members.values() {
        let (member, branch) = (listed.member.as_str(), listed.branch.as_str());
        let values = params![name, member, branch, listed.role, listed.migrant, listed.left];
        conn.execute(insert, values)?;
    }
    let insert = "INSERT INTO visitor (station, member, home, branch) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (station, member) DO UPDATE SET home = excluded.home, branch = excluded.branch";
    for (member, home) in &counted.homes {
        conn.execute(
            insert,
            params![name, member.as_str(), home.station, home.branch.as_str()],
        )?;
    }
    let insert = "INSERT INTO known_item (station, item, title, class, ms) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (station, item) DO UPDATE SET title = excluded.title, class = excluded.class, ms = excluded.ms";
    for (item, (title, class, length)) in &counted.items {
        conn.execute(insert, params![name, item.to_string(), title, class, sql(length.0)])?;
    }
    conn.execute(
        "INSERT INTO counted (station, size, version) VALUES (?1, ?2, ?3)
         ON CONFLICT (station) DO UPDATE SET size = excluded.size, version = excluded.version",
        params![name, sql(counted.size()), VERSION],
    )?;
    Ok(())
}

const SPAN: [&str; 10] = [
    "station", "idx", "session", "member", "item", "year", "mode", "grade", "media", "at",
];

fn span(name: &str, credit: &Credit) -> Vec<Value> {
    params![
        name,
        sql(credit.index),
        &credit.session.bytes()[..],
        credit.member.as_str(),
        credit.item.to_string(),
        credit.year.0,
        word(&credit.mode),
        word(&credit.grade),
        serde_json::to_string(&credit.media).unwrap_or_default(),
        serde_json::to_string(&credit.at).unwrap_or_default(),
    ]
}

/// Corrections, and years that were settled later, change what earlier leaves gave: a count has those in hand, too.
fn keep_spans(conn: &dyn Sql, name: &str, counted: &Recount) -> Result<(), StoreError> {
    let insert = "INSERT INTO span (station, idx, session, member, item, year, mode, grade, media, at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
        ON CONFLICT (station, idx) DO UPDATE SET session = excluded.session, member = excluded.member,
            item = excluded.item, year = excluded.year, mode = excluded.mode, grade = excluded.grade,
            media = excluded.media, at = excluded.at";
    for credit in &counted.credits {
        conn.execute(insert, span(name, credit))?;
    }
    Ok(())
}

/// Puts a station's figures down from a count of all its leaves, as fast as the engine can.
pub(super) fn keep_whole(conn: &dyn Sql, station: &Origin, counted: &Recount) -> Result<(), StoreError> {
    let name = station.as_str();
    for table in ["span", "listed", "known_item", "day_sheet", "item_day", "visitor"] {
        conn.execute(&format!("DELETE FROM {table} WHERE station = ?1"), [name])?;
    }
    conn.add(
        "span",
        &SPAN,
        &mut counted.credits.iter().map(|credit| span(name, credit)),
    )?;
    days::write_all(conn, name, &counted.credits)?;
    keep_rest(conn, name, counted)
}

/// Stations whose figures are not those of their leaves: older books, or an older program.
pub(super) fn stale(conn: &dyn Sql) -> Result<Vec<Origin>, StoreError> {
    let query = "SELECT origin FROM station LEFT JOIN counted ON counted.station = origin
         WHERE station.size > 0 AND (counted.size IS NULL OR counted.size <> station.size OR version <> ?1)";
    let names = conn.query_map(query, [VERSION], |row| row.get::<String>(0))?;
    Ok(names.iter().filter_map(|name| Origin::new(name).ok()).collect())
}

/// Makes one station's figures again from its leaves.
pub(super) fn rebuild(conn: &dyn Sql, station: &Origin) -> Result<(), StoreError> {
    keep_whole(conn, station, &counting::anew(conn, station)?)
}

/// All stations as far as figures need them, by name.
pub(super) fn counts(conn: &dyn Sql) -> Result<Vec<(String, Recount)>, StoreError> {
    let mut all = listed(conn)?;
    spans(conn, &mut all)?;
    counting::aside(conn, &mut all)?;
    Ok(all.into_iter().collect())
}

/// All stations as far as the annual report needs them beside person-times: their members and items.
pub(super) fn without_credit(conn: &dyn Sql) -> Result<Vec<(String, Recount)>, StoreError> {
    let mut all = listed(conn)?;
    counting::films(conn, &mut all)?;
    Ok(all.into_iter().collect())
}

const LISTED: &str = "SELECT station, member, branch, role, migrant, gone FROM listed";

/// A row of [`LISTED`]: which station lists whom, and how.
fn listed_row(row: &dyn Row) -> Result<Option<(String, Listed)>, StoreError> {
    let (Ok(member), Ok(branch)) = (MemberId::new(row.text(1)?), BranchId::new(row.text(2)?)) else {
        return Ok(None);
    };
    let listed = Listed {
        member,
        branch,
        role: row.get(3)?,
        migrant: row.get(4)?,
        left: row.get(5)?,
    };
    Ok(Some((row.get(0)?, listed)))
}

/// So many members are asked for at once.
const MEMBERS_AT_ONCE: usize = 100;

/// How stations list these members and nobody else.
pub(super) fn listed_of(conn: &dyn Sql, members: &BTreeSet<&MemberId>) -> Result<Vec<(String, Recount)>, StoreError> {
    let places: Vec<String> = (1..=MEMBERS_AT_ONCE).map(|n| format!("?{n}")).collect();
    let query = format!("{LISTED} WHERE member IN ({})", places.join(", "));
    let members: Vec<&MemberId> = members.iter().copied().collect();
    let mut all: BTreeMap<String, Recount> = BTreeMap::new();
    for some in members.chunks(MEMBERS_AT_ONCE) {
        // The same statement for every portion: the last one names its last member again and again.
        let asked = (0..MEMBERS_AT_ONCE).map(|at| some[at.min(some.len() - 1)].as_str());
        let asked: Vec<Value> = asked.map(ToValue::to_value).collect();
        conn.for_each(&query, asked, |row| {
            if let Some((station, listed)) = listed_row(row)? {
                let members = &mut all.entry(station).or_default().members;
                members.insert(listed.member.clone(), listed);
            }
            Ok(())
        })?;
    }
    Ok(all.into_iter().collect())
}

/// The items of these classes, by station.
pub(super) fn of_classes(conn: &dyn Sql, classes: &[String]) -> Result<BTreeMap<String, BTreeSet<ItemId>>, StoreError> {
    let mut all: BTreeMap<String, BTreeSet<ItemId>> = BTreeMap::new();
    for class in classes {
        let query = "SELECT station, item FROM known_item WHERE class = ?1";
        conn.for_each(query, [class], |row| {
            if let Some(item) = read_word::<ItemId>(row.text(1)?) {
                all.entry(row.get(0)?).or_default().insert(item);
            }
            Ok(())
        })?;
    }
    Ok(all)
}

/// The last two columns of a visitor's row.
fn home_row(row: &dyn Row) -> Result<Option<Home>, StoreError> {
    let branch = BranchId::new(row.text(3)?).ok();
    let station = row.get(2)?;
    Ok(branch.map(|branch| Home { station, branch }))
}

/// Where a visitor of a station belongs, as its leaves say.
pub(super) fn home_of(conn: &dyn Sql, station: &str, member: &MemberId) -> Result<Option<Home>, StoreError> {
    let query = "SELECT station, member, home, branch FROM visitor WHERE station = ?1 AND member = ?2";
    let found = conn.query_optional(query, [station, member.as_str()], home_row)?;
    Ok(found.flatten())
}

/// What a station calls an item.
pub(super) fn title(conn: &dyn Sql, station: &str, item: ItemId) -> Result<Option<String>, StoreError> {
    let query = "SELECT title FROM known_item WHERE station = ?1 AND item = ?2";
    conn.query_optional(query, params![station, item.to_string()], |row| row.get(0))
}

fn listed(conn: &dyn Sql) -> Result<BTreeMap<String, Recount>, StoreError> {
    let mut all: BTreeMap<String, Recount> = BTreeMap::new();
    for name in conn.query_map("SELECT origin FROM station", [], |row| row.get::<String>(0))? {
        all.insert(name, Recount::default());
    }
    conn.for_each(LISTED, [], |row| {
        if let Some((station, listed)) = listed_row(row)?
            && let Some(count) = all.get_mut(&station)
        {
            count.members.insert(listed.member.clone(), listed);
        }
        Ok(())
    })?;
    conn.for_each("SELECT station, member, home, branch FROM visitor", [], |row| {
        let whose = MemberId::new(row.text(1)?).ok().zip(home_row(row)?);
        if let (Some((member, home)), Some(count)) = (whose, all.get_mut(row.text(0)?)) {
            count.homes.insert(member, home);
        }
        Ok(())
    })?;
    conn.for_each("SELECT station, item, title, class, ms FROM known_item", [], |row| {
        let Some(item) = read_word::<ItemId>(row.text(1)?) else {
            return Ok(());
        };
        let facts = (
            row.get(2)?,
            row.get(3)?,
            Millis(u64::try_from(row.get::<i64>(4)?).unwrap_or(0)),
        );
        if let Some(count) = all.get_mut(row.text(0)?) {
            count.items.insert(item, facts);
        }
        Ok(())
    })?;
    Ok(all)
}

/// One piece of credit, as it is kept.
pub(super) fn one(conn: &dyn Sql, station: &str, index: u64) -> Result<Option<Credit>, StoreError> {
    let query = format!("SELECT {} FROM span WHERE station = ?1 AND idx = ?2", SPAN.join(", "));
    Ok(conn
        .query_optional(&query, params![station, sql(index)], credit)?
        .flatten())
}

fn spans(conn: &dyn Sql, all: &mut BTreeMap<String, Recount>) -> Result<(), StoreError> {
    let query =
        "SELECT station, idx, session, member, item, year, mode, grade, media, at FROM span ORDER BY station, idx";
    conn.for_each(query, [], |row| {
        if let (Some(count), Some(credit)) = (all.get_mut(row.text(0)?), credit(row)?) {
            count.credits.push(credit);
        }
        Ok(())
    })
}

fn credit(row: &dyn Row) -> Result<Option<Credit>, StoreError> {
    let text = |at: usize| row.text(at);
    let session: Result<[u8; 16], _> = row.blob(2)?.try_into();
    let read = || -> Option<(SessionId, MemberId, ItemId, Mode, Grade, Intervals, At)> {
        Some((
            SessionId::from_bytes(session.ok()?),
            MemberId::new(text(3).ok()?).ok()?,
            read_word(text(4).ok()?)?,
            read_word(text(6).ok()?)?,
            read_word(text(7).ok()?)?,
            serde_json::from_str(text(8).ok()?).ok()?,
            serde_json::from_str(text(9).ok()?).ok()?,
        ))
    };
    let index = u64::try_from(row.get::<i64>(1)?).unwrap_or(0);
    let year = Year(row.get(5)?);
    Ok(read().map(|(session, member, item, mode, grade, media, at)| Credit {
        index,
        session,
        member,
        item,
        year,
        mode,
        grade,
        media,
        at,
    }))
}

/// What people said of branches.
pub(super) fn kinds(conn: &dyn Sql) -> Result<BTreeMap<(String, String), BranchKind>, StoreError> {
    let query = "SELECT station, branch, kind FROM branch";
    let all = conn.query_map(query, [], |row| Ok(((row.get(0)?, row.get(1)?), row.get::<String>(2)?)))?;
    let known = |(branch, kind): ((String, String), String)| Some((branch, BranchKind::read(&kind)?));
    Ok(all.into_iter().filter_map(known).collect())
}

/// A person says what a branch is.
pub(super) fn set_kind(conn: &dyn Sql, station: &str, branch: &str, kind: BranchKind) -> Result<(), StoreError> {
    conn.execute(
        "INSERT INTO branch (station, branch, kind) VALUES (?1, ?2, ?3)
         ON CONFLICT (station, branch) DO UPDATE SET kind = excluded.kind",
        params![station, branch, kind.word()],
    )
    .map(drop)
}

/// Figures that nobody can measure, by their words.
pub(super) fn typed_in(conn: &dyn Sql, year: Year) -> Result<BTreeMap<String, String>, StoreError> {
    let query = "SELECT what, value FROM typed_in WHERE year = ?1";
    let all = conn.query_map(query, [year.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(all.into_iter().collect())
}

/// A person types one in; an empty value takes it back.
pub(super) fn type_in(conn: &dyn Sql, year: Year, what: &str, value: &str) -> Result<(), StoreError> {
    if value.is_empty() {
        conn.execute(
            "DELETE FROM typed_in WHERE year = ?1 AND what = ?2",
            params![year.0, what],
        )?;
    } else {
        conn.execute(
            "INSERT INTO typed_in (year, what, value) VALUES (?1, ?2, ?3)
             ON CONFLICT (year, what) DO UPDATE SET value = excluded.value",
            params![year.0, what, value],
        )?;
    }
    Ok(())
}
