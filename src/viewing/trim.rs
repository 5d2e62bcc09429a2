//! The working rows of sessions go once a district holds what they led to.
//!
//! A session's row serves its beats, and afterwards four things: a late beat is told why the session ended, the film goes
//! on where it stopped, what is pending waits for its member, and he is told what was not counted. Credit itself needs it
//! no more: that lies in the leaves and in the views that are counted from them. So once the opening of a member's *next*
//! session is cosigned, and with it everything that he did before, his older rows go, but for
//!
//! - his newest [`KEPT`], of which a phone may still hold a page,
//! - those in which something is pending,
//! - the newest [`LOST_TOLD`] in which something was not counted.
//!
//! Where he stopped goes over into the table `stopped`, one line for each film. The mark `trimmed` says up to which leaf
//! the log was looked through; what lies below it and has no row is not brought back when views are counted again.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::rows::{ms, sql};
use super::{Viewing, ViewingError};
use crate::ledger::{self, Leaf, What};
use crate::store::{Tx, Urgency};
use crate::types::{MemberId, Millis, SessionId};

/// A member has a phone and perhaps another one, each with a page left open: whoever comes back to it is told why it
/// ended. Beyond that a page hears that there is no such session, and opens another.
pub(super) const KEPT: u32 = 3;

/// Of so many of the newest sessions in which something was not counted a member is told.
pub const LOST_TOLD: u32 = 10;

/// So many leaves are looked through at a time, by a reader; the writer then lets a few hundred rows go at most.
const STRIDE: u64 = 4_096;

/// Which sessions of a member (1) may go: older ones than that with this key (2).
const MAY_GO: &str = "member = ?1 AND key < ?2 AND why IS NOT NULL AND left_pending IS NULL
    AND key NOT IN (SELECT key FROM session WHERE member = ?1 ORDER BY key DESC LIMIT ?3)
    AND key NOT IN (SELECT key FROM session WHERE member = ?1 AND lost IS NOT NULL ORDER BY key DESC LIMIT ?4)";

/// What was found in a stretch of the cosigned log.
struct Found {
    /// The newest session of each member who opened one there.
    newest: HashMap<MemberId, SessionId>,
    /// Where the stretch ends.
    to: u64,
    /// Whether that is the end of what is cosigned.
    is_all: bool,
}

impl Viewing {
    /// Lets some rows go that no beat needs any more: how many, and whether there is more to look through.
    pub async fn trim(&self) -> Result<(usize, bool), ViewingError> {
        match self.ledger.store().read(look).await? {
            None => Ok((0, false)),
            Some(found) => self.write(Urgency::Now, move |tx| let_go(tx, &found)).await,
        }
    }
}

fn look(conn: &Connection) -> Result<Option<Found>, ViewingError> {
    let from = trimmed(conn)?;
    let cosigned = ledger::last_cosignatures(conn)?.iter().map(|(_, size, _)| *size).max();
    // A restored log may be shorter than what a district has seen of it.
    let end = cosigned.unwrap_or(0).min(ledger::size(conn)?);
    if from >= end {
        return Ok(None);
    }
    let to = end.min(from + STRIDE);
    let mut newest = HashMap::new();
    for bytes in ledger::leaves(conn, from, to)? {
        if let Some(What::Open { session, member, .. }) = Leaf::read(&bytes).map(|leaf| leaf.is) {
            newest.insert(member, session);
        }
    }
    let is_all = to == end;
    Ok(Some(Found { newest, to, is_all }))
}

/// Up to which leaf sessions without a row were let go on purpose.
pub(super) fn trimmed(conn: &Connection) -> Result<u64, rusqlite::Error> {
    let upto = conn
        .prepare_cached("SELECT upto FROM trimmed")?
        .query_row([], |row| row.get(0).map(ms))
        .optional()?;
    Ok(upto.unwrap_or_default().0)
}

fn let_go(tx: &Tx<'_>, found: &Found) -> Result<(usize, bool), ViewingError> {
    let mut gone = 0;
    for (member, session) in &found.newest {
        let key: Option<i64> = tx
            .prepare_cached("SELECT key FROM session WHERE id = ?1")?
            .query_row([session.bytes()], |row| row.get(0))
            .optional()?;
        if let Some(key) = key {
            gone += let_older_go(tx, member, key)?;
        }
    }
    let upto = sql(Millis(found.to));
    tx.execute("INSERT OR REPLACE INTO trimmed (only, upto) VALUES (1, ?1)", [upto])?;
    Ok((gone, !found.is_all))
}

fn let_older_go(tx: &Tx<'_>, member: &MemberId, key: i64) -> Result<usize, rusqlite::Error> {
    let which = params![member.as_str(), key, KEPT, LOST_TOLD];
    tx.prepare_cached(&format!(
        "INSERT INTO stopped (member, item, key, position, length, wall)
         SELECT member, item, key, position, length, wall FROM session WHERE {MAY_GO} ORDER BY key
         ON CONFLICT (member, item) DO UPDATE SET key = excluded.key, position = excluded.position,
            length = excluded.length, wall = excluded.wall WHERE excluded.key > stopped.key"
    ))?
    .execute(which)?;
    tx.prepare_cached(&format!("DELETE FROM session WHERE {MAY_GO}"))?
        .execute(which)
}
