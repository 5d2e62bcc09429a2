//! Leaves that were fetched and are not believed yet; an interrupted pull goes on from here.

use crate::store::{Sql, StoreError, count, params, sql};
use crate::types::Origin;

/// How many leaves were fetched and are not believed yet, and their bytes.
pub(super) fn so_far(conn: &dyn Sql, station: &Origin, from: u64) -> Result<(u64, u64), StoreError> {
    conn.query_row(
        "SELECT count(*), coalesce(sum(length(bytes)), 0) FROM fetched WHERE station = ?1 AND idx >= ?2",
        params![station.as_str(), sql(from)],
        |row| Ok((count(row.get(0)?), count(row.get(1)?))),
    )
}

/// One leaf that was fetched and is not believed yet.
pub(super) fn leaf(conn: &dyn Sql, station: &Origin, index: u64) -> Result<Option<Vec<u8>>, StoreError> {
    let query = "SELECT bytes FROM fetched WHERE station = ?1 AND idx = ?2";
    conn.query_optional(query, params![station.as_str(), sql(index)], |row| row.get(0))
}

pub(super) fn keep(conn: &dyn Sql, station: &Origin, from: u64, leaves: &[Vec<u8>]) -> Result<(), StoreError> {
    let name = station.as_str();
    let mut rows = (from..)
        .zip(leaves)
        .map(|(index, bytes)| params![name, sql(index), bytes]);
    conn.add("fetched", &["station", "idx", "bytes"], &mut rows).map(drop)
}

pub(super) fn forget(conn: &dyn Sql, station: &Origin) -> Result<(), StoreError> {
    conn.execute("DELETE FROM fetched WHERE station = ?1", [station.as_str()])
        .map(drop)
}
