//! The other version of a log, kept as evidence, and credit that is frozen until somebody has looked at it.

use crate::store::{Sql, StoreError, params, sql};
use crate::types::Origin;

/// Freezes a station's credit after its last good leaf; where it was frozen first stays.
pub(super) fn freeze(conn: &dyn Sql, station: &Origin, at: u64) -> Result<(), StoreError> {
    conn.execute(
        "UPDATE station SET frozen_at = coalesce(frozen_at, ?2) WHERE origin = ?1",
        params![station.as_str(), sql(at)],
    )
    .map(drop)
}

/// A person has looked at it. `false`: nothing was frozen.
pub(super) fn settle(conn: &dyn Sql, station: &str) -> Result<bool, StoreError> {
    let settled = conn.execute(
        "UPDATE station SET frozen_at = NULL WHERE origin = ?1 AND frozen_at IS NOT NULL",
        [station],
    )?;
    Ok(settled > 0)
}

/// Begins to keep the other version of a log: its number, or `None` if it is kept already or so many are.
pub(super) fn begin(
    conn: &dyn Sql,
    station: &Origin,
    most: u32,
    (at, size, first, note): (u64, u64, u64, &str),
) -> Result<Option<u32>, StoreError> {
    let name = station.as_str();
    let (number, known): (u32, bool) = conn.query_row(
        "SELECT count(*), coalesce(max(CASE WHEN note = ?2 THEN 1 ELSE 0 END), 0) FROM fork WHERE station = ?1",
        [name, note],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    if known || number >= most {
        return Ok(None);
    }
    conn.execute(
        "INSERT INTO fork (station, number, at, size, first, note) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![name, number, sql(at), sql(size), sql(first), note],
    )?;
    Ok(Some(number))
}

pub(super) fn keep_leaves(
    conn: &dyn Sql,
    station: &Origin,
    number: u32,
    from: u64,
    leaves: &[Vec<u8>],
) -> Result<(), StoreError> {
    let name = station.as_str();
    let mut rows = (from..)
        .zip(leaves)
        .map(|(index, bytes)| params![name, number, sql(index), bytes]);
    let columns = ["station", "number", "idx", "bytes"];
    conn.add("fork_leaf", &columns, &mut rows).map(drop)
}
