//! What the log of an epoch has come to, for the one that follows it. The first pull of a new epoch needs no more of the old
//! log than who has which media of what, which was put down when its last leaf was believed; its leaves are read again only
//! if that is not what was put down.

use super::super::{recounts, rows};
use super::{Before, Stop, bring, part, settle};
use crate::report::{Key, Recount};
use crate::store::{Sql, StoreError, params};
use crate::types::Origin;

/// What a log has come to, for the epoch that follows it.
pub(super) fn so_far(conn: &dyn Sql, station: &Origin) -> Result<Recount, StoreError> {
    match from_its_parts(conn, station) {
        Ok(Some(counted)) => return Ok(counted),
        Ok(None) => {}
        Err(Stop::Store(error)) => return Err(error),
        Err(Stop::Unreadable(why)) => {
            tracing::warn!(%station, %why, "the log before a new epoch is counted from its first leaf again");
        }
    }
    recounts::recount_for_next(conn, station)
}

fn from_its_parts(conn: &dyn Sql, station: &Origin) -> Result<Option<Recount>, Stop> {
    let thread = part(conn, station, &Key::Thread)?;
    let Some((thread, row)) = thread.zip(rows::station(conn, station)?) else {
        return Ok(None);
    };
    let mut counted = Recount::resume(&thread)?;
    let until = row.frozen_at.unwrap_or(u64::MAX);
    if counted.size() != row.size.min(until) {
        return Ok(None);
    }
    let mut before = Before::new();
    for kind in Key::OF_THE_NEXT_EPOCH {
        let query = "SELECT name, text FROM part WHERE station = ?1 AND kind = ?2";
        let parts = conn.query_map(query, params![station.as_str(), kind], |row| {
            Ok((row.get::<String>(0)?, row.get::<String>(1)?))
        })?;
        for (name, text) in parts {
            let Some(key) = Key::read(kind, &name) else {
                return Ok(None);
            };
            counted.bring(key, Some(&text))?;
        }
    }
    settle(conn, station, &mut counted, &mut before, until)?;
    bring(conn, station, &mut counted, &mut before, Recount::missing_to_hand_on)?;
    Ok(Some(counted))
}
