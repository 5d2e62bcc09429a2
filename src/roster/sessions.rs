//! Sign-ins: a random token in a cookie, its hash in the database, and a small memory so that a beat costs no SQL.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::member::{Member, Status};
use super::rows;
use crate::types::{MemberId, Millis};

/// A member's sign-ins beyond this end with the oldest: phones are lost and sold.
const PER_OWNER: u32 = 20;
/// More than this are not remembered but looked up.
const REMEMBERED: usize = 4_096;

/// Whose sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Owner {
    Member(MemberId),
    Operator,
}

impl Owner {
    /// The operator's name in the table is one that no member can have.
    fn name(&self) -> &str {
        match self {
            Self::Member(id) => id.as_str(),
            Self::Operator => "\u{1}operator",
        }
    }
}

/// Who a token stands for.
#[derive(Debug, Clone)]
pub(super) enum Found {
    Member(Box<Member>),
    Operator,
}

pub(super) fn token_of(cookie: &str) -> Option<[u8; 16]> {
    data_encoding::HEXLOWER.decode(cookie.as_bytes()).ok()?.try_into().ok()
}

fn digest(token: &[u8; 16]) -> [u8; 32] {
    Sha256::digest(token).into()
}

pub(super) fn begin(conn: &Connection, token: &[u8; 16], owner: &Owner, wall: i64) -> Result<(), rusqlite::Error> {
    conn.execute(
        "INSERT INTO sign_in (token, owner, wall) VALUES (?1, ?2, ?3)",
        params![digest(token), owner.name(), wall],
    )?;
    conn.execute(
        "DELETE FROM sign_in WHERE owner = ?1 AND key NOT IN
         (SELECT key FROM sign_in WHERE owner = ?1 ORDER BY key DESC LIMIT ?2)",
        params![owner.name(), PER_OWNER],
    )
    .map(drop)
}

pub(super) fn end(conn: &Connection, token: &[u8; 16]) -> Result<(), rusqlite::Error> {
    conn.execute("DELETE FROM sign_in WHERE token = ?1", [digest(token)])
        .map(drop)
}

pub(super) fn end_all_of(conn: &Connection, owner: &Owner) -> Result<(), rusqlite::Error> {
    conn.execute("DELETE FROM sign_in WHERE owner = ?1", [owner.name()])
        .map(drop)
}

pub(super) fn find(conn: &Connection, token: &[u8; 16]) -> Result<Option<Found>, rusqlite::Error> {
    let owner: Option<String> = conn
        .prepare_cached("SELECT owner FROM sign_in WHERE token = ?1")?
        .query_row([digest(token)], |row| row.get(0))
        .optional()?;
    match owner.as_deref() {
        None => Ok(None),
        Some(name) if name == Owner::Operator.name() => Ok(Some(Found::Operator)),
        Some(name) => {
            let Ok(id) = MemberId::new(name) else { return Ok(None) };
            let member = rows::member(conn, &id)?.filter(|m| m.status != Status::Left);
            Ok(member.map(|m| Found::Member(Box::new(m))))
        }
    }
}

/// What was looked up lately. Believed for two seconds: a command beside the station may end a sign-in, and must be
/// obeyed soon. Cleared as a whole when this program changes anything about members or sign-ins.
#[derive(Debug, Default)]
pub(super) struct Cache(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    turn: u64,
    found: HashMap<[u8; 16], (Millis, Found)>,
}

const BELIEVED: Millis = Millis::secs(2);

impl Cache {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of a token, or the turn under which a look-up may be put.
    pub(super) fn get(&self, token: &[u8; 16], now: Millis) -> Result<Found, u64> {
        let known = self.lock();
        let fresh = known.found.get(token).filter(|(at, _)| now.minus(*at) < BELIEVED);
        fresh.map(|(_, found)| found.clone()).ok_or(known.turn)
    }

    /// Puts what was looked up, unless something changed since the look-up began.
    pub(super) fn put(&self, token: [u8; 16], found: Found, turn: u64, now: Millis) {
        let mut known = self.lock();
        if known.turn != turn {
            return;
        }
        if known.found.len() >= REMEMBERED {
            known.found.clear();
        }
        known.found.insert(token, (now, found));
    }

    pub(super) fn clear(&self) {
        let mut known = self.lock();
        known.turn += 1;
        known.found.clear();
    }
}
