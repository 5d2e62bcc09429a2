//! This room's SQL.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Entry, Plan};
use crate::store::Schema;
use crate::types::Origin;

/// The tables of this room. `AUTOINCREMENT`: records of screenings name an entry for ever.
pub const SCHEMA: Schema = Schema {
    room: "programme",
    steps: &["
        CREATE TABLE programme (number INTEGER PRIMARY KEY AUTOINCREMENT, day TEXT NOT NULL, time TEXT NOT NULL,
            plan TEXT NOT NULL, district TEXT, reference TEXT, UNIQUE (district, reference)) STRICT;
        CREATE INDEX programme_of_day ON programme (day, time);
    "],
};

fn odd(column: usize) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, "not a value of ours".into())
}

fn read(row: &Row<'_>) -> Result<Entry, rusqlite::Error> {
    let plan: String = row.get(1)?;
    let from: Option<String> = row.get(2)?;
    Ok(Entry {
        number: row.get::<_, i64>(0)?.unsigned_abs(),
        plan: serde_json::from_str(&plan).map_err(|_| odd(1))?,
        from: from.map(|name| Origin::new(&name)).transpose().map_err(|_| odd(2))?,
    })
}

fn key(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(-1)
}

fn text(plan: &Plan) -> String {
    serde_json::to_string(plan).expect("plain values are JSON")
}

/// Inserts a plan; a district's one under its reference, which keeps its number when it comes again.
pub(super) fn insert(conn: &Connection, plan: &Plan, from: Option<(&Origin, &str)>) -> Result<u64, rusqlite::Error> {
    let (district, reference) = from.map(|(district, reference)| (district.as_str(), reference)).unzip();
    conn.prepare_cached(
        "INSERT INTO programme (day, time, plan, district, reference) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (district, reference) DO UPDATE SET day = excluded.day, time = excluded.time, plan = excluded.plan
         RETURNING number",
    )?
    .query_row(
        params![plan.when.day, plan.when.time, text(plan), district, reference],
        |row| row.get::<_, i64>(0),
    )
    .map(i64::unsigned_abs)
}

pub(super) fn update(conn: &Connection, number: u64, plan: &Plan) -> Result<bool, rusqlite::Error> {
    let changed = conn.execute(
        "UPDATE programme SET day = ?2, time = ?3, plan = ?4 WHERE number = ?1 AND district IS NULL",
        params![key(number), plan.when.day, plan.when.time, text(plan)],
    )?;
    Ok(changed > 0)
}

pub(super) fn delete(conn: &Connection, number: u64) -> Result<bool, rusqlite::Error> {
    let gone = conn.execute(
        "DELETE FROM programme WHERE number = ?1 AND district IS NULL",
        [key(number)],
    )?;
    Ok(gone > 0)
}

pub(super) fn entry(conn: &Connection, number: u64) -> Result<Option<Entry>, rusqlite::Error> {
    conn.prepare_cached("SELECT number, plan, district FROM programme WHERE number = ?1")?
        .query_row([key(number)], read)
        .optional()
}

pub(super) fn between(conn: &Connection, from: &str, to: &str) -> Result<Vec<Entry>, rusqlite::Error> {
    conn.prepare_cached(
        "SELECT number, plan, district FROM programme WHERE day BETWEEN ?1 AND ?2 ORDER BY day, time, number",
    )?
    .query_map([from, to], read)?
    .collect()
}

/// What a district had planned from a day on and plans no more.
pub(super) fn forget_others(
    conn: &Connection,
    district: &Origin,
    today: &str,
    kept: &[&str],
) -> Result<(), rusqlite::Error> {
    let kept = serde_json::to_string(kept).expect("texts are JSON");
    conn.execute(
        "DELETE FROM programme WHERE district = ?1 AND day >= ?2
         AND reference NOT IN (SELECT value FROM json_each(?3))",
        params![district.as_str(), today, kept],
    )
    .map(drop)
}
