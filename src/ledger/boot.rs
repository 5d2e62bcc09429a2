//! Counting boots: the kernel's boot id is a name, the ledger needs an order.

use rusqlite::OptionalExtension;

use super::LedgerError;
use crate::store::Store;

/// The number of the boot with this id: a new one if the database has not seen it, counted from 1. Two programs in the
/// same boot get the same number.
pub fn boot_number(store: &Store, id: String) -> Result<u32, LedgerError> {
    store.write_blocking(move |tx| {
        let known = tx
            .query_row("SELECT number FROM boot WHERE id = ?1", [&id], |row| row.get(0))
            .optional()?;
        match known {
            Some(number) => Ok(number),
            None => Ok(tx.query_row(
                "INSERT INTO boot (number, id) SELECT coalesce(max(number), 0) + 1, ?1 FROM boot RETURNING number",
                [&id],
                |row| row.get(0),
            )?),
        }
    })?
}
