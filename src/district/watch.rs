//! What is known of each station between two pulls: when it was last heard of, what failed, how it does, where it stands.

use super::DistrictError;
use super::client::ClientError;
use crate::exchange::Condition;
use crate::store::{Row, Schema, Sql, StoreError, count, params, sql};
use crate::types::Origin;

/// The tables of this file. A station that was enrolled before they existed is due at once.
pub(super) const SCHEMA: Schema = Schema {
    room: "district watch",
    steps: &[
        "
        CREATE TABLE watch (station TEXT PRIMARY KEY, tried_s INTEGER NOT NULL DEFAULT 0,
            contact_s INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0,
            next_s INTEGER NOT NULL DEFAULT 0, fault TEXT NOT NULL DEFAULT '', detail TEXT NOT NULL DEFAULT '',
            clock_off_ms INTEGER, condition TEXT NOT NULL DEFAULT '', name TEXT NOT NULL DEFAULT '',
            township TEXT NOT NULL DEFAULT '', remark TEXT NOT NULL DEFAULT '', since_s INTEGER NOT NULL DEFAULT 0)
            STRICT, WITHOUT ROWID;
        INSERT INTO watch (station) SELECT origin FROM station;
    ",
        "
        ALTER TABLE watch ADD COLUMN puller TEXT NOT NULL DEFAULT '';
        ALTER TABLE watch ADD COLUMN leased_until_s INTEGER NOT NULL DEFAULT 0;
    ",
    ],
};

/// Why a station was not pulled, in a word that pages have a sentence for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nobody answers.
    Unreachable,
    /// It took longer than its time.
    Slow,
    /// The line broke, or what came was not HTTP.
    Broken,
    /// More came than can honestly come.
    TooMuch,
    /// It refuses us.
    Refused,
    /// What came makes no sense.
    Nonsense,
    /// The district's own disk or database.
    Ours,
}

impl Fault {
    const ALL: [Self; 7] = [
        Self::Unreachable,
        Self::Slow,
        Self::Broken,
        Self::TooMuch,
        Self::Refused,
        Self::Nonsense,
        Self::Ours,
    ];

    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Slow => "slow",
            Self::Broken => "broken",
            Self::TooMuch => "too_much",
            Self::Refused => "refused",
            Self::Nonsense => "nonsense",
            Self::Ours => "ours",
        }
    }

    fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.word() == word)
    }

    /// What kind of failure this is.
    pub fn of(error: &DistrictError) -> Self {
        match error {
            DistrictError::Client(error) => match error {
                ClientError::BadAddress(_) | ClientError::Unreachable { .. } => Self::Unreachable,
                ClientError::TooSlow => Self::Slow,
                ClientError::Broken(_) => Self::Broken,
                ClientError::TooLong(_) => Self::TooMuch,
                ClientError::Refused { .. } => Self::Refused,
                ClientError::Nonsense(_) => Self::Nonsense,
            },
            DistrictError::Store(_) | DistrictError::Keys(_) => Self::Ours,
            _ => Self::Nonsense,
        }
    }
}

/// A station as the pages show it.
#[derive(Debug, Clone)]
pub struct Watched {
    /// Its name in its ledger.
    pub origin: Origin,
    /// Where it is asked.
    pub url: String,
    /// Fingerprint of its key.
    pub fingerprint: String,
    /// Leaves that are kept.
    pub size: u64,
    /// When it was enrolled, seconds since 1970; 0 if that was before anybody wrote it down.
    pub since_s: u64,
    /// When it was last tried.
    pub tried_s: u64,
    /// When it was last heard of, by network or stick.
    pub contact_s: u64,
    /// When it is tried next.
    pub next_s: u64,
    /// Failures in a row.
    pub failures: u32,
    /// What failed last, if it did.
    pub fault: Option<Fault>,
    /// The failure in the program's own words.
    pub detail: String,
    /// How far its clock is ahead (behind, if negative), milliseconds.
    pub clock_off_ms: Option<i64>,
    /// What it told of itself.
    pub condition: Option<Condition>,
    /// What people call it.
    pub name: String,
    /// Its township 乡镇.
    pub township: String,
    /// What a person wrote about it.
    pub remark: String,
}

impl Watched {
    /// How long nothing was heard of it at `now_s`, in seconds.
    pub fn silent_for(&self, now_s: u64) -> u64 {
        now_s.saturating_sub(self.contact_s.max(self.since_s))
    }
}

/// What a person may say about a station.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// Name.
    pub name: String,
    /// Township 乡镇.
    pub township: String,
    /// Remark.
    pub remark: String,
}

/// A newly enrolled station is due at once.
pub(super) fn begin(conn: &dyn Sql, station: &Origin, now_s: u64) -> Result<(), StoreError> {
    conn.execute(
        "INSERT INTO watch (station, since_s) VALUES (?1, ?2) ON CONFLICT (station) DO UPDATE SET next_s = 0",
        params![station.as_str(), sql(now_s)],
    )
    .map(drop)
}

/// Where a station stands, its name and when it is asked go over to the log of its next epoch. The name is the key by which
/// rows lie on machines, so it is another row.
pub(super) fn hand_over(conn: &dyn Sql, old: &Origin, next: &Origin) -> Result<(), StoreError> {
    let kept =
        "tried_s, contact_s, failures, next_s, fault, detail, clock_off_ms, condition, name, township, remark, since_s";
    conn.execute(
        &format!("INSERT INTO watch (station, {kept}) SELECT CAST(?1 AS TEXT), {kept} FROM watch WHERE station = ?2"),
        [next.as_str(), old.as_str()],
    )?;
    conn.execute("DELETE FROM watch WHERE station = ?1", [old.as_str()])
        .map(drop)
}

/// Makes a station due now.
pub(super) fn hurry(conn: &dyn Sql, station: &str) -> Result<bool, StoreError> {
    Ok(conn.execute("UPDATE watch SET next_s = 0 WHERE station = ?1", [station])? > 0)
}

/// Failures in a row so far.
pub(super) fn failures(conn: &dyn Sql, station: &Origin) -> Result<u32, StoreError> {
    let query = "SELECT failures FROM watch WHERE station = ?1";
    let found = conn.query_optional(query, [station.as_str()], |row| row.get(0))?;
    Ok(found.unwrap_or(0))
}

/// It was heard of.
pub(super) fn heard(
    conn: &dyn Sql,
    station: &Origin,
    now_s: u64,
    next_s: u64,
    told: Option<(&Condition, i64)>,
) -> Result<(), StoreError> {
    let condition = told.and_then(|(condition, _)| serde_json::to_string(condition).ok());
    conn.execute(
        "UPDATE watch SET tried_s = ?2, contact_s = ?2, failures = 0, next_s = ?3, fault = '', detail = '',
             clock_off_ms = coalesce(?4, clock_off_ms), condition = coalesce(?5, condition) WHERE station = ?1",
        params![
            station.as_str(),
            sql(now_s),
            sql(next_s),
            told.map(|(_, off)| off),
            condition
        ],
    )
    .map(drop)
}

/// It was not.
pub(super) fn failed(
    conn: &dyn Sql,
    station: &Origin,
    now_s: u64,
    next_s: u64,
    fault: Fault,
    detail: &str,
) -> Result<(), StoreError> {
    conn.execute(
        "UPDATE watch SET tried_s = ?2, failures = failures + 1, next_s = ?3, fault = ?4, detail = ?5
         WHERE station = ?1",
        params![station.as_str(), sql(now_s), sql(next_s), fault.word(), detail],
    )
    .map(drop)
}

/// What people call a station, and where it stands; `false` if there is none of that name.
pub(super) fn set_place(conn: &dyn Sql, station: &str, place: &Place) -> Result<bool, StoreError> {
    let changed = conn.execute(
        "UPDATE watch SET name = ?2, township = ?3, remark = ?4 WHERE station = ?1",
        params![station, place.name, place.township, place.remark],
    )?;
    Ok(changed > 0)
}

/// All stations, by township and name.
pub(super) fn all(conn: &dyn Sql) -> Result<Vec<Watched>, StoreError> {
    let rows = conn.query_map(&format!("{WATCHED} ORDER BY origin"), [], watched)?;
    let mut all: Vec<Watched> = rows.into_iter().flatten().collect();
    all.sort_by(|a, b| (&a.township, &a.name, &a.origin).cmp(&(&b.township, &b.name, &b.origin)));
    Ok(all)
}

/// One station.
pub(super) fn one(conn: &dyn Sql, station: &Origin) -> Result<Option<Watched>, StoreError> {
    let found = conn.query_optional(&format!("{WATCHED} WHERE origin = ?1"), [station.as_str()], watched)?;
    Ok(found.flatten())
}

const WATCHED: &str = "SELECT origin, url, key, size, since_s, tried_s, contact_s, next_s, failures, fault, detail,
    clock_off_ms, condition, name, township, remark FROM station JOIN watch ON watch.station = origin";

fn watched(row: &dyn Row) -> Result<Option<Watched>, StoreError> {
    let (origin, key): (String, String) = (row.get(0)?, row.get(2)?);
    let Ok(origin) = Origin::new(&origin) else {
        return Ok(None);
    };
    let key = data_encoding::HEXLOWER.decode(key.as_bytes()).ok();
    let key = key.and_then(|bytes| ed25519_dalek::VerifyingKey::from_bytes(&bytes.try_into().ok()?).ok());
    let condition: Option<Condition> = serde_json::from_str(&row.get::<String>(12)?).ok();
    let told = condition.clone().unwrap_or_default();
    let or = |said: String, told: String| if said.is_empty() { told } else { said };
    let (name, township): (String, String) = (row.get(13)?, row.get(14)?);
    Ok(Some(Watched {
        name: or(or(name, told.name), origin.to_string()),
        township: or(township, told.place),
        origin,
        url: row.get(1)?,
        fingerprint: key.map(|key| crate::keys::fingerprint(&key)).unwrap_or_default(),
        size: count(row.get(3)?),
        since_s: count(row.get(4)?),
        tried_s: count(row.get(5)?),
        contact_s: count(row.get(6)?),
        next_s: count(row.get(7)?),
        failures: row.get(8)?,
        fault: Fault::read(&row.get::<String>(9)?),
        detail: row.get(10)?,
        clock_off_ms: row.get(11)?,
        condition,
        remark: row.get(15)?,
    }))
}
