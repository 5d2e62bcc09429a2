//! This room's SQL: pinned districts, and the one enrolment code that may be live.

use ed25519_dalek::VerifyingKey;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::Known;
use crate::clock::Reading;
use crate::store::Schema;
use crate::types::{Millis, Origin};

/// The tables of this room. The code itself is kept, because both sides prove with it; it lives half an hour.
pub const SCHEMA: Schema = Schema {
    room: "exchange",
    steps: &["
        CREATE TABLE district (name TEXT PRIMARY KEY, key TEXT NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE enrol_code (only INTEGER PRIMARY KEY CHECK (only = 1), code TEXT NOT NULL, boot INTEGER NOT NULL,
            made INTEGER NOT NULL, tries INTEGER NOT NULL) STRICT;
    "],
};

/// Long enough for a telephone call, too short for a note on the wall.
const LIFE: Millis = Millis::secs(1_800);
const TRIES: u32 = 5;

fn known(row: &Row<'_>) -> Result<Option<Known>, rusqlite::Error> {
    let (name, key): (String, String) = (row.get(0)?, row.get(1)?);
    let key = data_encoding::HEXLOWER
        .decode(key.as_bytes())
        .ok()
        .and_then(|bytes| bytes.try_into().ok());
    let key = key.and_then(|bytes: [u8; 32]| VerifyingKey::from_bytes(&bytes).ok());
    Ok(Origin::new(&name).ok().zip(key).map(|(name, key)| Known { name, key }))
}

pub(super) fn districts(conn: &Connection) -> Result<Vec<Known>, rusqlite::Error> {
    let mut query = conn.prepare("SELECT name, key FROM district ORDER BY name")?;
    let all: Vec<Option<Known>> = query.query_map([], known)?.collect::<Result<_, _>>()?;
    Ok(all.into_iter().flatten().collect())
}

pub(super) fn district(conn: &Connection, name: &Origin) -> Result<Option<Known>, rusqlite::Error> {
    let found = conn
        .prepare_cached("SELECT name, key FROM district WHERE name = ?1")?
        .query_row([name.as_str()], known)
        .optional()?;
    Ok(found.flatten())
}

/// A district that enrols again with a new key replaces the old one: the operator gave it a code.
pub(super) fn pin(conn: &Connection, name: &Origin, key: &str) -> Result<(), rusqlite::Error> {
    conn.execute(
        "INSERT OR REPLACE INTO district (name, key) VALUES (?1, ?2)",
        [name.as_str(), key],
    )
    .map(drop)
}

pub(super) fn set_code(conn: &Connection, code: &str, now: Reading) -> Result<(), rusqlite::Error> {
    let made = i64::try_from(now.mono.0).unwrap_or(0);
    conn.execute(
        "INSERT OR REPLACE INTO enrol_code (only, code, boot, made, tries) VALUES (1, ?1, ?2, ?3, 0)",
        params![code, now.boot, made],
    )
    .map(drop)
}

pub(super) fn end_code(conn: &Connection) -> Result<(), rusqlite::Error> {
    conn.execute("DELETE FROM enrol_code", []).map(drop)
}

/// The living code, counting this try; `None` if there is none, it is too old, or it was tried too often.
pub(super) fn try_code(conn: &Connection, now: Reading) -> Result<Option<String>, rusqlite::Error> {
    let found = conn
        .query_row(
            "UPDATE enrol_code SET tries = tries + 1 RETURNING code, boot, made, tries",
            [],
            |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, u32>(1)?,
                    row.get::<_, i64>(2)?,
                    row.get::<_, u32>(3)?,
                ))
            },
        )
        .optional()?;
    Ok(found.and_then(|(code, boot, made, tries)| {
        let age = now.mono.minus(Millis(u64::try_from(made).unwrap_or(0)));
        (boot == now.boot && age < LIFE && tries <= TRIES).then_some(code)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Clock, HandClock};
    use crate::store::{Options, Store, StoreError, Tx};

    #[test]
    fn a_code_lives_half_an_hour_of_the_boot_in_which_it_was_made() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("a.db"), &[SCHEMA], Options::default()).unwrap();
        let (clock, rebooted) = (HandClock::new(1, 0), HandClock::new(2, 0));
        let made = clock.now();
        let begin = move |tx: &Tx<'_>| Ok::<_, StoreError>(set_code(tx, "AAAA", made)?);
        store.write_blocking(begin).unwrap().unwrap();
        let lives = |now: Reading| {
            let tried = move |tx: &Tx<'_>| Ok::<_, StoreError>(try_code(tx, now)?.is_some());
            store.write_blocking(tried).unwrap().unwrap()
        };
        clock.advance(Millis::secs(1_799));
        assert!(lives(clock.now()));
        assert!(!lives(rebooted.now()), "another boot");
        clock.advance(Millis::secs(1));
        assert!(!lives(clock.now()), "half an hour is over");
    }
}
