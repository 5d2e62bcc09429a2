//! A connection to which somebody listens.

use std::cell::Cell;

use crate::store::{EachRow, Sql, StoreError, Value};

/// Hears of each question before it is asked.
pub(super) type Listener<'a> = &'a dyn Fn(&str, &[Value]) -> Result<(), StoreError>;

/// Counts the rows that a connection hands out, and tells a listener what it is asked for.
pub(super) struct Overheard<'a> {
    conn: &'a dyn Sql,
    listener: Listener<'a>,
    rows: Cell<u64>,
}

impl<'a> Overheard<'a> {
    pub(super) fn by(conn: &'a dyn Sql, listener: Listener<'a>) -> Self {
        Self {
            conn,
            listener,
            rows: Cell::new(0),
        }
    }

    pub(super) fn rows(&self) -> u64 {
        self.rows.get()
    }
}

impl Sql for Overheard<'_> {
    fn run(&self, sql: &str, values: &[Value]) -> Result<u64, StoreError> {
        self.conn.run(sql, values)
    }

    fn each(&self, sql: &str, values: &[Value], act: EachRow<'_>) -> Result<(), StoreError> {
        (self.listener)(sql, values)?;
        self.conn.each(sql, values, &mut |row| {
            self.rows.set(self.rows.get() + 1);
            act(row)
        })
    }

    fn batch(&self, sql: &str) -> Result<(), StoreError> {
        self.conn.batch(sql)
    }

    fn add(
        &self,
        table: &str,
        columns: &[&str],
        rows: &mut dyn Iterator<Item = Vec<Value>>,
    ) -> Result<u64, StoreError> {
        self.conn.add(table, columns, rows)
    }

    fn lock(&self, name: &str) -> Result<(), StoreError> {
        self.conn.lock(name)
    }

    fn now_s(&self, ours: u64) -> Result<u64, StoreError> {
        self.conn.now_s(ours)
    }
}
