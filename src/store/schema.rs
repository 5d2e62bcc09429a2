//! Migrations: each room's tables grow by steps that are only ever appended.

use rusqlite::{Connection, OptionalExtension};

use super::StoreError;
use super::sql::{Sql, params};

/// A room's tables: the SQL of step 1, step 2 … A step that was once released is never edited, or files in the field
/// would differ from new ones.
#[derive(Debug, Clone, Copy)]
pub struct Schema {
    /// The room that owns the tables.
    pub room: &'static str,
    /// Each step as one batch of SQL.
    pub steps: &'static [&'static str],
}

/// Applies the missing steps of all rooms in one transaction: a power cut in the middle leaves the old state.
pub(super) fn migrate(conn: &mut Connection, schemas: &[Schema]) -> Result<(), StoreError> {
    let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    migrate_all(&*tx, schemas)?;
    tx.commit()?;
    Ok(())
}

/// The same on any engine, within a transaction that the caller has begun.
pub(super) fn migrate_all(conn: &dyn Sql, schemas: &[Schema]) -> Result<(), StoreError> {
    conn.batch("CREATE TABLE IF NOT EXISTS schema_step (room TEXT PRIMARY KEY, step INTEGER NOT NULL) STRICT")?;
    schemas.iter().try_for_each(|schema| migrate_room(conn, schema))
}

/// Whether a file that is in use already lacks steps: the sum of steps that it has, as a name for the copy that is taken
/// before it is changed. `None` for a new file.
pub(super) fn is_behind(conn: &Connection, schemas: &[Schema]) -> Result<Option<i64>, StoreError> {
    let known = "SELECT 1 FROM sqlite_master WHERE name = 'schema_step'";
    if conn.query_row(known, [], |_| Ok(())).optional()?.is_none() {
        return Ok(None);
    }
    let sum: i64 = conn.query_row("SELECT coalesce(sum(step), 0) FROM schema_step", [], |row| row.get(0))?;
    for schema in schemas {
        let found: Option<i64> = conn
            .query_row("SELECT step FROM schema_step WHERE room = ?1", [schema.room], |row| {
                row.get(0)
            })
            .optional()?;
        if sum > 0 && usize::try_from(found.unwrap_or(0)).unwrap_or(0) < schema.steps.len() {
            return Ok(Some(sum));
        }
    }
    Ok(None)
}

fn migrate_room(conn: &dyn Sql, schema: &Schema) -> Result<(), StoreError> {
    let step = "SELECT step FROM schema_step WHERE room = ?1";
    let found: i64 = conn.query_optional(step, [schema.room], |row| row.get(0))?.unwrap_or(0);
    let found = usize::try_from(found).unwrap_or(0);
    let known = schema.steps.len();
    if found > known {
        return Err(StoreError::FromTheFuture {
            room: schema.room,
            found,
            known,
        });
    }
    for step in &schema.steps[found..] {
        conn.batch(step)?;
    }
    conn.execute(
        "INSERT INTO schema_step (room, step) VALUES (?1, ?2) ON CONFLICT (room) DO UPDATE SET step = excluded.step
         WHERE schema_step.step <> excluded.step",
        params![schema.room, i64::try_from(known).unwrap_or(i64::MAX)],
    )?;
    Ok(())
}
