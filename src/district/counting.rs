//! Each station's count as it was put down after the last pull, in its parts, so that a pull of a few leaves reads and
//! writes those that they touch, and never the whole log.
//!
//! A view, like all figures: when a part is missing, cannot be read, or does not belong to the leaves that are kept, the
//! count begins at the first leaf again. What is kept is the count of the leaves alone; years that only the district's own
//! visits decide are added after each pull, because the next leaves may say them themselves.

mod before;

use std::collections::{BTreeMap, HashMap};

use super::recounts;
use super::rows::{self, StationRow};
use crate::ledger::Leaf;
use crate::report::{Film, Key, Month, Recount, Stay, Unreadable};
use crate::store::{Schema, Sql, StoreError, ToValue as _, params};
use crate::types::{ItemId, MemberId, Millis, Origin, Year};

/// The table of this file. The station's name stands first in its key.
pub(super) const SCHEMA: Schema = Schema {
    room: "district counting",
    steps: &[
        "
        CREATE TABLE part (station TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, text TEXT NOT NULL,
            PRIMARY KEY (station, kind, name)) STRICT, WITHOUT ROWID;
    ",
        "
        CREATE INDEX part_films ON part (station) WHERE kind = 'film';
        CREATE INDEX part_months ON part (station) WHERE kind = 'month';
        CREATE INDEX part_stays ON part (name) WHERE kind = 'stays';
    ",
    ],
};

/// So many leaves are read at once.
const AT_ONCE: u64 = 256;

/// What one year lost: media shown to nobody, and media that nobody confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lost {
    /// Shown while nobody was there.
    pub unattended: Millis,
    /// Grade X.
    pub unconfirmed: Millis,
}

/// One part of a station's count.
fn part(conn: &dyn Sql, station: &Origin, key: &Key) -> Result<Option<String>, StoreError> {
    let query = "SELECT text FROM part WHERE station = ?1 AND kind = ?2 AND name = ?3";
    conn.query_optional(query, params![station.as_str(), key.kind(), key.name()], |row| {
        row.get(0)
    })
}

/// Keeps a part; `None` takes it away.
fn put(conn: &dyn Sql, station: &Origin, key: &Key, text: Option<&str>) -> Result<(), StoreError> {
    let (kind, name) = (key.kind(), key.name());
    let insert = "INSERT INTO part (station, kind, name, text) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (station, kind, name) DO UPDATE SET text = excluded.text";
    let delete = "DELETE FROM part WHERE station = ?1 AND kind = ?2 AND name = ?3";
    match text {
        Some(text) => conn.execute(insert, params![station.as_str(), kind, name, text]),
        None => conn.execute(delete, params![station.as_str(), kind, name]),
    }
    .map(drop)
}

/// So many are asked for at once.
const STAYS_AT_ONCE: usize = 100;

/// By the name of the part, at each station.
type Stays = BTreeMap<String, Vec<(String, Vec<Stay>)>>;

/// When members were at any station: the stays of these months and members, by name of the part, then by station.
pub(super) fn stays_of(conn: &dyn Sql, keys: &[Key]) -> Result<Stays, StoreError> {
    let places: Vec<String> = (1..=STAYS_AT_ONCE).map(|n| format!("?{n}")).collect();
    let query = format!(
        "SELECT name, station, text FROM part WHERE kind = 'stays' AND name IN ({})",
        places.join(", ")
    );
    let mut all = Stays::new();
    for some in keys.chunks(STAYS_AT_ONCE) {
        // The same statement for every portion: the last one names its last key again and again.
        let names = (0..STAYS_AT_ONCE).map(|at| some[at.min(some.len() - 1)].name().to_value());
        conn.for_each(&query, names.collect::<Vec<_>>(), |row| {
            if let Ok(stays) = serde_json::from_str(row.text(2)?) {
                all.entry(row.get(0)?).or_default().push((row.get(1)?, stays));
            }
            Ok(())
        })?;
    }
    Ok(all)
}

/// Every part of one kind, of all stations: station, name, text. Kinds that are few beside the others have an index of their
/// own, which only a statement that names them finds.
fn all_of(conn: &dyn Sql, kind: &'static str) -> Result<Vec<(String, String, String)>, StoreError> {
    let query = format!("SELECT station, name, text FROM part WHERE kind = '{kind}'");
    conn.query_map(&query, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
}

/// Why a count could not go on from where it was put down.
enum Stop {
    Store(StoreError),
    Unreadable(Unreadable),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Unreadable> for Stop {
    fn from(error: Unreadable) -> Self {
        Self::Unreadable(error)
    }
}

/// How much of a station a count has in hand.
pub(super) enum Counted {
    /// The parts that the new leaves touched.
    On(Recount),
    /// All of it.
    Whole(Recount),
}

/// Counts what was believed since the last pull, and puts the count down again. `station.size` leaves were counted then.
/// Within the transaction that believes them.
pub(super) fn go_on(conn: &dyn Sql, station: &StationRow) -> Result<Counted, StoreError> {
    match from_where_it_stopped(conn, station) {
        Ok(Some(counted)) => return Ok(Counted::On(counted)),
        Ok(None) => {}
        Err(Stop::Store(error)) => return Err(error),
        Err(Stop::Unreadable(why)) => {
            tracing::warn!(station = %station.origin, %why, "the station is counted from its first leaf again");
        }
    }
    anew(conn, &station.origin).map(Counted::Whole)
}

/// What was read of a count, to know what changed.
type Before = HashMap<Key, Option<String>>;

fn from_where_it_stopped(conn: &dyn Sql, station: &StationRow) -> Result<Option<Recount>, Stop> {
    let name = &station.origin;
    let Some(thread) = part(conn, name, &Key::Thread)? else {
        return Ok(None);
    };
    let mut counted = Recount::resume(&thread)?;
    if counted.size() != station.size {
        return Ok(None);
    }
    recounts::trust(conn, &mut counted)?;
    let mut before = Before::from([(Key::Thread, Some(thread))]);
    loop {
        let leaves = rows::leaves(conn, name, counted.size(), AT_ONCE)?;
        if leaves.is_empty() {
            break;
        }
        for bytes in leaves {
            let leaf = Leaf::read(&bytes);
            bring(conn, name, &mut counted, &mut before, |counted| {
                counted.missing(leaf.as_ref())
            })?;
            counted.count_leaf(leaf);
        }
    }
    let mut parts = counted.parts();
    for (key, text) in &before {
        let now = parts.remove(key);
        if now != *text {
            put(conn, name, key, now.as_deref())?;
        }
    }
    for (key, text) in parts {
        put(conn, name, &key, Some(&text))?;
    }
    settle(conn, name, &mut counted, &mut before, u64::MAX)?;
    Ok(Some(counted))
}

/// Settles what our own visits to the first `until` leaves decide and the leaves do not say yet.
fn settle(
    conn: &dyn Sql,
    station: &Origin,
    counted: &mut Recount,
    before: &mut Before,
    until: u64,
) -> Result<(), Stop> {
    if !counted.is_settled() {
        let mut visits = recounts::visits(conn, station)?;
        visits.retain(|(size, _)| *size <= until);
        counted.see(&visits);
        bring(conn, station, counted, before, Recount::missing_to_settle)?;
        counted.settle_seen();
    }
    Ok(())
}

/// Brings whatever is missing, until nothing is.
fn bring(
    conn: &dyn Sql,
    station: &Origin,
    counted: &mut Recount,
    before: &mut Before,
    missing: impl Fn(&Recount) -> Vec<Key>,
) -> Result<(), Stop> {
    loop {
        let keys = missing(counted);
        if keys.is_empty() {
            return Ok(());
        }
        for key in keys {
            let text = part(conn, station, &key)?;
            counted.bring(key.clone(), text.as_deref())?;
            before.insert(key, text);
        }
    }
}

/// Counts a station from its first leaf, up to where it is frozen, and puts the count down.
pub(super) fn anew(conn: &dyn Sql, station: &Origin) -> Result<Recount, StoreError> {
    let before = rows::station(conn, station)?.and_then(|station| station.after);
    let start = match before {
        Some(before) => Recount::after(&before::so_far(conn, &before)?),
        None => Recount::default(),
    };
    let (mut counted, visits) = recounts::leaves_from(conn, station, start)?;
    let name = station.as_str();
    conn.execute("DELETE FROM part WHERE station = ?1", [name])?;
    let mut rows = counted
        .parts()
        .into_iter()
        .map(|(key, text)| params![name, key.kind(), key.name(), text]);
    conn.add("part", &["station", "kind", "name", "text"], &mut rows)?;
    recounts::say(conn, station, &mut counted)?;
    counted.settle_rest(&visits);
    Ok(counted)
}

/// What stands beside credit: months, films and stays of all stations, by name.
pub(super) fn aside(conn: &dyn Sql, all: &mut BTreeMap<String, Recount>) -> Result<(), StoreError> {
    for (station, name, text) in all_of(conn, "month")? {
        let month: Option<(u32, Month)> = name.parse().ok().zip(serde_json::from_str(&text).ok());
        if let (Some(count), Some((month, facts))) = (all.get_mut(&station), month) {
            count.months.insert(month, facts);
        }
    }
    films(conn, all)?;
    for (station, name, text) in all_of(conn, "stays")? {
        let whose = name.split_once('/').and_then(|(month, member)| {
            let member = MemberId::new(member).ok()?;
            Some((member, month.parse().ok()?))
        });
        let stays: Option<((MemberId, u32), Vec<Stay>)> = whose.zip(serde_json::from_str(&text).ok());
        if let (Some(count), Some((whose, stays))) = (all.get_mut(&station), stays) {
            count.stays.insert(whose, stays);
        }
    }
    Ok(())
}

/// What people say of items, and which were made here.
pub(super) fn films(conn: &dyn Sql, all: &mut BTreeMap<String, Recount>) -> Result<(), StoreError> {
    for (station, name, text) in all_of(conn, "film")? {
        let film: Option<(ItemId, Film)> = ItemId::parse(&name).ok().zip(serde_json::from_str(&text).ok());
        if let (Some(count), Some((item, film))) = (all.get_mut(&station), film) {
            count.films.insert(item, film);
        }
    }
    Ok(())
}

/// What a year lost, over all stations.
pub(super) fn lost(conn: &dyn Sql, year: Year) -> Result<Lost, StoreError> {
    let mut lost = Lost::default();
    for (_, name, text) in all_of(conn, "month")? {
        let is_in = name.parse().is_ok_and(|month: u32| month / 100 == u32::from(year.0));
        if let Some(month) = serde_json::from_str::<Month>(&text).ok().filter(|_| is_in) {
            lost.unattended = lost.unattended.plus(month.unattended);
            lost.unconfirmed = lost.unconfirmed.plus(month.unconfirmed);
        }
    }
    Ok(lost)
}
