//! What a station's kept leaves add up to, over all its epochs.

use super::rows::{self, StationRow};
use super::rulings;
use crate::ledger::note;
use crate::report::Recount;
use crate::store::{Sql, StoreError, count, params, sql};
use crate::types::Origin;

pub(super) fn each_leaf(
    conn: &dyn Sql,
    table: &str,
    station: &Origin,
    from: u64,
    mut act: impl FnMut(&[u8]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let query = format!("SELECT bytes FROM {table} WHERE station = ?1 AND idx >= ?2 ORDER BY idx");
    conn.for_each(&query, params![station.as_str(), sql(from)], |row| act(row.blob(0)?))
}

/// Counts a station's leaves, up to where it is frozen. A later epoch goes on from what the one before had.
pub(super) fn recount(conn: &dyn Sql, station: &Origin) -> Result<Recount, StoreError> {
    let (mut counted, visits) = count_until(conn, station, 0)?;
    say(conn, station, &mut counted)?;
    counted.settle_rest(&visits);
    Ok(counted)
}

/// The same for the log that goes on after it.
pub(super) fn recount_for_next(conn: &dyn Sql, station: &Origin) -> Result<Recount, StoreError> {
    recount_at(conn, station, 1)
}

fn recount_at(conn: &dyn Sql, station: &Origin, depth: usize) -> Result<Recount, StoreError> {
    let (mut counted, visits) = count_until(conn, station, depth)?;
    // Our own visits bracket leaves, also of a station that never hears of them because its log comes on a stick.
    counted.settle_rest(&visits);
    Ok(counted)
}

/// Counts all of a station's leaves, to find what cannot be.
pub(super) fn recount_whole(conn: &dyn Sql, station: &StationRow) -> Result<Recount, StoreError> {
    let mut counted = match &station.after {
        Some(before) => Recount::after(&recount_for_next(conn, before)?),
        None => Recount::default(),
    };
    trust(conn, &mut counted)?;
    each_leaf(conn, "leaf", &station.origin, 0, |bytes| {
        counted.count(bytes);
        Ok(())
    })?;
    counted.settle_rest(&visits(conn, &station.origin)?);
    Ok(counted)
}

/// A decision in our name is one that our key signed.
pub(super) fn trust(conn: &dyn Sql, counted: &mut Recount) -> Result<(), StoreError> {
    if let Some((name, key)) = rulings::own_key(conn)? {
        counted.trust(name, key);
    }
    Ok(())
}

/// After the last leaf of a log, for its own figures: what was decided of it and carried out in a later one. For that one the
/// hours move where its leaf says so, and not before.
pub(super) fn say(conn: &dyn Sql, station: &Origin, counted: &mut Recount) -> Result<(), StoreError> {
    counted.say(rulings::carried_out_later(conn, station)?);
    Ok(())
}

fn count_until(conn: &dyn Sql, station: &Origin, depth: usize) -> Result<Leaves, StoreError> {
    let before = rows::station(conn, station)?.and_then(|station| station.after);
    let start = match before.filter(|_| depth < rows::EPOCHS) {
        Some(before) => Recount::after(&recount_at(conn, &before, depth + 1)?),
        None => Recount::default(),
    };
    leaves_from(conn, station, start)
}

/// A count, and how many leaves we saw when.
type Leaves = (Recount, Vec<(u64, i64)>);

/// Counts a station's leaves, up to where it is frozen, on top of what it starts from; and the visits that decide what they
/// leave open.
pub(super) fn leaves_from(conn: &dyn Sql, station: &Origin, start: Recount) -> Result<Leaves, StoreError> {
    let frozen = rows::station(conn, station)?.and_then(|station| station.frozen_at);
    let until = frozen.unwrap_or(u64::MAX);
    let mut counted = start;
    trust(conn, &mut counted)?;
    each_leaf(conn, "leaf", station, 0, |bytes| {
        if counted.size() < until {
            counted.count(bytes);
        }
        Ok(())
    })?;
    let mut seen = visits(conn, station)?;
    seen.retain(|(size, _)| *size <= until);
    Ok((counted, seen))
}

/// How many leaves were seen when: sizes and milliseconds since 1970.
pub(super) fn visits(conn: &dyn Sql, station: &Origin) -> Result<Vec<(u64, i64)>, StoreError> {
    let query = "SELECT size, cosignature FROM checkpoint WHERE station = ?1 AND cosignature IS NOT NULL";
    let rows = conn.query_map(query, [station.as_str()], |row| {
        Ok((count(row.get(0)?), row.get::<String>(1)?))
    })?;
    let read = |(size, line): (u64, String)| {
        let time = note::time_of(&line)?;
        Some((size, i64::try_from(time.saturating_mul(1000)).ok()?))
    };
    Ok(rows.into_iter().filter_map(read).collect())
}
