//! Alerts that wait for a person: kept with their evidence, acknowledged by name and with a reason, never deleted.
//!
//! An *event* (a rollback, a fork) is told once for each evidence, however often the same evidence comes again. A *state*
//! (silent, clock off) begins and ends; while it lasts it is one alert.

use super::accounts::{Manager, audit};
use super::alert::Alert;
use crate::store::{Row, Schema, Sql, StoreError, params};
use crate::types::Origin;

/// The tables of this file. What older programs noted is taken over as it was said.
pub(super) const SCHEMA: Schema = Schema {
    room: "district alarms",
    steps: &["
        CREATE TABLE alarm (key INTEGER PRIMARY KEY, station TEXT NOT NULL, kind TEXT NOT NULL, mark TEXT NOT NULL,
            evidence TEXT NOT NULL, at_s INTEGER NOT NULL, last_s INTEGER NOT NULL, times INTEGER NOT NULL DEFAULT 1,
            ended_s INTEGER, acked_s INTEGER, acked_by TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '',
            UNIQUE (station, kind, mark)) STRICT;
        INSERT INTO alarm (station, kind, mark, evidence, at_s, last_s, times)
            SELECT station, 'older', what, json_array(what), min(at), max(at), count(*) FROM alert GROUP BY station, what;
    ", "
        CREATE TABLE alarm_of (station TEXT NOT NULL, key INTEGER NOT NULL, kind TEXT NOT NULL, mark TEXT NOT NULL,
            evidence TEXT NOT NULL, at_s INTEGER NOT NULL, last_s INTEGER NOT NULL, times INTEGER NOT NULL DEFAULT 1,
            ended_s INTEGER, acked_s INTEGER, acked_by TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '',
            PRIMARY KEY (station, key), UNIQUE (station, kind, mark)) STRICT, WITHOUT ROWID;
        INSERT INTO alarm_of (station, key, kind, mark, evidence, at_s, last_s, times, ended_s, acked_s, acked_by, reason)
            SELECT station, key, kind, mark, evidence, at_s, last_s, times, ended_s, acked_s, acked_by, reason FROM alarm;
        DROP TABLE alarm;
        ALTER TABLE alarm_of RENAME TO alarm;
        CREATE INDEX alarm_key ON alarm (key);
        DROP TABLE alert;
    "],
};

/// So many of the past ones are listed.
const LISTED: u32 = 500;
/// A reason has at most so many characters.
pub(super) const REASON: usize = 400;

/// One alert as the pages show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// Its number.
    pub key: i64,
    /// Which station.
    pub station: String,
    /// Which kind, in a word that pages have a sentence for.
    pub kind: String,
    /// What the sentence is filled with.
    pub evidence: Vec<String>,
    /// When it was first seen, seconds since 1970.
    pub at_s: i64,
    /// When it was last seen.
    pub last_s: i64,
    /// How often.
    pub times: u32,
    /// When the state ended by itself.
    pub ended_s: Option<i64>,
    /// When, by whom and why it was acknowledged.
    pub acked: Option<(i64, String, String)>,
}

impl Alarm {
    /// Whether it waits for a person.
    pub fn is_open(&self) -> bool {
        self.acked.is_none() && self.ended_s.is_none()
    }
}

/// Writes an alert down; true if nobody knew of it yet.
pub(super) fn raise(conn: &dyn Sql, station: &Origin, now_s: u64, alert: &Alert) -> Result<bool, StoreError> {
    let (name, now) = (station.as_str(), i64::try_from(now_s).unwrap_or(i64::MAX));
    let evidence = serde_json::to_string(&alert.evidence()).unwrap_or_default();
    if alert.is_state() {
        let lasting = conn.execute(
            "UPDATE alarm SET last_s = ?3, times = alarm.times + 1, evidence = ?4
             WHERE station = ?1 AND kind = ?2 AND ended_s IS NULL",
            params![name, alert.kind(), now, evidence],
        )?;
        if lasting > 0 {
            return Ok(false);
        }
    }
    let mark = if alert.is_state() {
        now.to_string()
    } else {
        alert.to_string()
    };
    conn.lock("alarm")?;
    // Numbers are given in one row, so that people can name an alert; no sequence does that on several machines.
    let before: Option<i64> = conn.query_row(
        "SELECT max(key) FROM alarm WHERE station = ?1 AND kind = ?2 AND mark = ?3",
        params![name, alert.kind(), mark],
        |row| row.get(0),
    )?;
    let key: i64 = conn.query_row("SELECT coalesce(max(key), 0) + 1 FROM alarm", [], |row| row.get(0))?;
    conn.execute(
        "INSERT INTO alarm (key, station, kind, mark, evidence, at_s, last_s) VALUES (?6, ?1, ?2, ?3, ?4, ?5, ?5)
         ON CONFLICT (station, kind, mark) DO UPDATE SET last_s = excluded.last_s, times = alarm.times + 1",
        params![name, alert.kind(), mark, evidence, now, key],
    )?;
    Ok(before.is_none())
}

/// Writes an event down unless it is known; true if nobody knew of it yet.
pub(super) fn raise_once(conn: &dyn Sql, station: &Origin, now_s: u64, alert: &Alert) -> Result<bool, StoreError> {
    let query = "SELECT key FROM alarm WHERE station = ?1 AND kind = ?2 AND mark = ?3";
    let values = params![station.as_str(), alert.kind(), alert.to_string()];
    if conn.query_optional(query, values, |row| row.get::<i64>(0))?.is_some() {
        return Ok(false);
    }
    raise(conn, station, now_s, alert)
}

/// A state is over.
pub(super) fn end(conn: &dyn Sql, station: &Origin, now_s: u64, kind: &str) -> Result<(), StoreError> {
    conn.execute(
        "UPDATE alarm SET ended_s = ?3 WHERE station = ?1 AND kind = ?2 AND ended_s IS NULL",
        params![station.as_str(), kind, i64::try_from(now_s).unwrap_or(i64::MAX)],
    )
    .map(drop)
}

/// A person has looked at it; `false` if there is none of that number, or somebody was faster.
pub(super) fn acknowledge(
    conn: &dyn Sql,
    key: i64,
    reason: &str,
    by: &Manager,
    now_s: u64,
) -> Result<bool, StoreError> {
    let now = i64::try_from(now_s).unwrap_or(i64::MAX);
    let done = conn.execute(
        "UPDATE alarm SET acked_s = ?2, acked_by = ?3, reason = ?4 WHERE key = ?1 AND acked_s IS NULL",
        params![key, now, by.name(), reason],
    )?;
    if done > 0 {
        audit(conn, now, by.name(), "acknowledge", &key.to_string(), reason)?;
    }
    Ok(done > 0)
}

const COLUMNS: &str = "key, station, kind, evidence, at_s, last_s, times, ended_s, acked_s, acked_by, reason";

/// Those that wait for a person, the newest first.
pub(super) fn open(conn: &dyn Sql) -> Result<Vec<Alarm>, StoreError> {
    let wanted = format!("SELECT {COLUMNS} FROM alarm WHERE acked_s IS NULL AND ended_s IS NULL ORDER BY key DESC");
    conn.query_map(&wanted, [], alarm)
}

/// Those that are over or acknowledged, the newest first.
pub(super) fn past(conn: &dyn Sql) -> Result<Vec<Alarm>, StoreError> {
    let wanted = format!(
        "SELECT {COLUMNS} FROM alarm WHERE acked_s IS NOT NULL OR ended_s IS NOT NULL ORDER BY key DESC LIMIT {LISTED}"
    );
    conn.query_map(&wanted, [], alarm)
}

fn alarm(row: &dyn Row) -> Result<Alarm, StoreError> {
    let acked_s: Option<i64> = row.get(8)?;
    let (by, reason) = (row.get(9)?, row.get(10)?);
    Ok(Alarm {
        key: row.get(0)?,
        station: row.get(1)?,
        kind: row.get(2)?,
        evidence: serde_json::from_str(&row.get::<String>(3)?).unwrap_or_default(),
        at_s: row.get(4)?,
        last_s: row.get(5)?,
        times: row.get(6)?,
        ended_s: row.get(7)?,
        acked: acked_s.map(|at| (at, by, reason)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Options, Store};

    fn store(dir: &tempfile::TempDir) -> Store {
        let schemas = [super::super::rows::SCHEMA, super::super::accounts::SCHEMA, SCHEMA];
        Store::open(&dir.path().join("district.db"), &schemas, Options::default()).unwrap()
    }

    fn act<T: Send + 'static>(
        store: &Store,
        act: impl FnOnce(&dyn Sql) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        store.write_blocking(move |tx| act(&**tx)).unwrap().unwrap()
    }

    fn opened(store: &Store) -> Vec<Alarm> {
        store.read_blocking(|conn| open(conn)).unwrap()
    }

    #[test]
    fn the_same_evidence_is_one_alert_and_stays_acknowledged_and_other_evidence_is_another() {
        let dir = tempfile::TempDir::new().unwrap();
        let store = store(&dir);
        let station = Origin::new("station/17").unwrap();
        let back = |offered| Alert::Rollback { known: 9120, offered };
        let raised = |now, offered| {
            let station = station.clone();
            act(&store, move |conn| raise(conn, &station, now, &back(offered)))
        };
        assert!(raised(100, 9070));
        assert!(!raised(200, 9070));
        let [alarm] = &opened(&store)[..] else { panic!("one") };
        assert_eq!((alarm.at_s, alarm.last_s, alarm.times), (100, 200, 2));
        assert_eq!(alarm.evidence, ["9120", "9070"]);
        let key = alarm.key;
        let manager = Manager::on_the_console();
        assert!(act(&store, move |conn| acknowledge(conn, key, "旧备份", &manager, 300)));
        assert!(!raised(400, 9070), "known, and looked at");
        assert!(opened(&store).is_empty());
        assert!(raised(500, 9000), "more was taken back: another alert");
    }

    #[test]
    fn a_state_is_one_alert_while_it_lasts_and_a_new_one_when_it_comes_back() {
        let dir = tempfile::TempDir::new().unwrap();
        let store = store(&dir);
        let station = Origin::new("station/17").unwrap();
        let silent = |now, days| {
            let station = station.clone();
            act(&store, move |conn| raise(conn, &station, now, &Alert::Silent { days }))
        };
        assert!(silent(100, 8));
        assert!(!silent(200, 9));
        assert_eq!(opened(&store)[0].evidence, ["9"]);
        let back = station.clone();
        act(&store, move |conn| end(conn, &back, 300, "silent"));
        assert!(opened(&store).is_empty(), "it is back, and nobody needs to do anything");
        assert!(silent(900, 8));
    }
}
