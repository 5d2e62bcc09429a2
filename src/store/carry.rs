//! Carrying a whole database over from a file to a server: every table as it stands, in one transaction.

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::sql::{Cell, Value};
use super::{Options, Place, Schema, Shared, Sql, StoreError};

/// Rows on their way between the two engines: so many portions of so many.
const PORTIONS: usize = 4;
const PORTION: usize = 1_000;

/// A table with its columns, in the order of both engines' rows.
type Table = (String, Vec<String>);
type Rows = Result<Vec<Vec<Value>>, StoreError>;

/// Carries everything over from the file at `from` into `to`, whose tables must be there and hold nothing in `guard`. Returns
/// the rows of each table. All or nothing; the file stays as it is. Blocks.
pub fn carry_over(
    from: &Path,
    to: &Shared,
    schemas: &[Schema],
    guard: &'static str,
) -> Result<Option<Vec<(String, u64)>>, StoreError> {
    // Brings an older file up to the same schema first.
    let file = Shared::open(&Place::File, from, schemas, Options::default())?;
    let tables = file.read_blocking(tables)?;
    let (tell, rows) = sync_channel(PORTIONS);
    let wanted = tables.clone();
    let reading = std::thread::spawn(move || {
        let read = file.read_blocking(|conn| wanted.iter().try_for_each(|table| read(conn, table, &tell)));
        if let Err(error) = read {
            // Nobody listens any more if the writer gave up first; then its reason is the one that counts.
            drop(tell.send(Err(error)));
        }
    });
    let written = to.write_blocking(move |tx| write(tx, &tables, &rows, guard))?;
    drop(reading.join());
    let written = written?;
    if let Some(tables) = &written {
        let names: Vec<&str> = tables.iter().map(|(name, _)| name.as_str()).collect();
        if let Err(error) = to.tidy(&names) {
            // Everything is there; it is only read slower until the server gets round to it.
            tracing::warn!(%error, "the server was not told of the new rows");
        }
    }
    Ok(written)
}

fn tables(conn: &dyn Sql) -> Result<Vec<Table>, StoreError> {
    let query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
         AND name <> 'schema_step' ORDER BY name";
    let names = conn.query_map(query, [], |row| row.get::<String>(0))?;
    let table = |name: String| {
        let columns = conn.query_map("SELECT name FROM pragma_table_info(?1) ORDER BY cid", [&name], |row| {
            row.get(0)
        })?;
        Ok((name, columns))
    };
    names.into_iter().map(table).collect()
}

/// Sends a table in portions, the last of which is not full.
fn read(conn: &dyn Sql, (name, columns): &Table, tell: &SyncSender<Rows>) -> Result<(), StoreError> {
    let gone = |_| StoreError::Closed;
    let mut portion = Vec::with_capacity(PORTION);
    let query = format!("SELECT {} FROM {name}", columns.join(", "));
    conn.for_each(&query, [], |row| {
        let cells = (0..columns.len()).map(|at| row.cell(at).map(Value::from));
        portion.push(cells.collect::<Result<Vec<_>, _>>()?);
        if portion.len() == PORTION {
            tell.send(Ok(std::mem::take(&mut portion))).map_err(gone)?;
        }
        Ok(())
    })?;
    tell.send(Ok(portion)).map_err(gone)
}

fn write(
    tx: &dyn Sql,
    tables: &[Table],
    rows: &Receiver<Rows>,
    guard: &str,
) -> Result<Option<Vec<(String, u64)>>, StoreError> {
    let used: i64 = tx.query_row(&format!("SELECT count(*) FROM {guard}"), [], |row| row.get(0))?;
    if used > 0 {
        return Ok(None);
    }
    let mut all = Vec::with_capacity(tables.len());
    for (name, columns) in tables {
        // What a new schema brings along is in the file as well.
        tx.execute(&format!("DELETE FROM {name}"), [])?;
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        let mut sum = 0;
        loop {
            let portion = rows.recv().map_err(|_| StoreError::Closed)??;
            let is_last = portion.len() < PORTION;
            sum += tx.add(name, &columns, &mut portion.into_iter())?;
            if is_last {
                break;
            }
        }
        all.push((name.clone(), sum));
    }
    Ok(Some(all))
}

impl From<Cell<'_>> for Value {
    fn from(cell: Cell<'_>) -> Self {
        match cell {
            Cell::Null => Self::Null,
            Cell::Int(n) => Self::Int(n),
            Cell::Text(text) => Self::Text(text.to_owned()),
            Cell::Blob(bytes) => Self::Blob(bytes.to_vec()),
        }
    }
}
