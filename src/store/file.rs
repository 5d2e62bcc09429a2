//! Opening the file: the only place where a connection is made.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the door through which the rule sends everybody else"
)]

use std::fs;
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::StoreError;

/// A command beside a running station waits this long for its turn to write.
const BUSY_MS: u32 = 5_000;

/// Every statement of all rooms stays prepared: preparing one anew costs more than running it.
const STATEMENTS: usize = 128;

/// `secure_delete`: what is removed is overwritten, so that a name that left the roster is not found in a free page.
/// FULL: a commit returns when the disk has it. WAL: readers do not wait for the writer. The log is cut back to 8 MiB so
/// that one busy evening does not fill a small card for good.
const PRAGMAS: &str = "PRAGMA journal_mode=WAL;
    PRAGMA synchronous=FULL;
    PRAGMA foreign_keys=ON;
    PRAGMA secure_delete=ON;
    PRAGMA journal_size_limit=8388608;
    PRAGMA temp_store=MEMORY;
    PRAGMA trusted_schema=OFF;";

pub(super) fn open_writer(path: &Path, cache_kib: u32) -> Result<Connection, StoreError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|source| StoreError::File {
            path: folder.to_owned(),
            source,
        })?;
    }
    let conn = Connection::open(path)?;
    conn.busy_timeout(std::time::Duration::from_millis(BUSY_MS.into()))?;
    conn.execute_batch(PRAGMAS)?;
    plan_once(&conn)?;
    conn.pragma_update(None, "cache_size", -i64::from(cache_kib))?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(conn)
}

pub(super) fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(std::time::Duration::from_millis(BUSY_MS.into()))?;
    conn.execute_batch("PRAGMA query_only=ON; PRAGMA cache_size=-1000; PRAGMA trusted_schema=OFF;")?;
    plan_once(&conn)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(conn)
}

/// A plan does not depend on what is asked for. Else SQLite would prepare a statement anew whenever a number that might
/// tell of a better plan is bound: each beat asks with the year, and four fifths of its instructions went into that.
fn plan_once(conn: &Connection) -> Result<(), StoreError> {
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// A file that is filled as a whole and then closed: a backup in the making.
pub(super) fn open_plain(path: &Path) -> Result<Connection, StoreError> {
    let conn = Connection::open(path)?;
    conn.execute_batch("PRAGMA synchronous=FULL;")?;
    Ok(conn)
}
