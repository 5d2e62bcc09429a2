//! The little SQL that both engines speak, behind one trait: SQLite and PostgreSQL.
//!
//! A statement is written once, with `?1`, `?2` … for its values, `ON CONFLICT` where a row may be there already, and a
//! `CAST` around sums. [`Sql`] is what an engine must be able to do; the functions of `dyn Sql` are what rooms call. Rows
//! hold four kinds of [`Cell`]: nothing, whole numbers, text, bytes.

use rusqlite::types::{ToSqlOutput, ValueRef};

use super::StoreError;

/// A count or an index as databases keep it: theirs are signed, and what is beyond is the largest.
pub fn sql(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Such a number read back; one that nobody can have written is none.
pub fn count(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

/// A value for a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A whole number, or yes and no as 1 and 0.
    Int(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// What stands in one column of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell<'a> {
    /// Nothing.
    Null,
    /// A whole number.
    Int(i64),
    /// Text.
    Text(&'a str),
    /// Bytes.
    Blob(&'a [u8]),
}

/// One row of an answer.
pub trait Row {
    /// What stands in a column, counted from 0.
    fn cell(&self, at: usize) -> Result<Cell<'_>, StoreError>;
}

impl dyn Row + '_ {
    /// A column as a value.
    pub fn get<T: FromCell>(&self, at: usize) -> Result<T, StoreError> {
        T::from_cell(self.cell(at)?).ok_or(StoreError::Column(at))
    }

    /// A column of text, without a copy; empty if it is something else.
    pub fn text(&self, at: usize) -> Result<&str, StoreError> {
        Ok(match self.cell(at)? {
            Cell::Text(text) => text,
            _ => "",
        })
    }

    /// A column of bytes, without a copy; empty if it is something else.
    pub fn blob(&self, at: usize) -> Result<&[u8], StoreError> {
        Ok(match self.cell(at)? {
            Cell::Blob(bytes) => bytes,
            _ => &[],
        })
    }
}

/// What an engine is asked for, row by row.
pub type EachRow<'a> = &'a mut dyn FnMut(&dyn Row) -> Result<(), StoreError>;

/// A connection within a transaction, of whichever engine.
pub trait Sql {
    /// Runs a statement; returns how many rows it touched.
    fn run(&self, sql: &str, values: &[Value]) -> Result<u64, StoreError>;
    /// Hands every row of an answer to `act`, which must not use the connection meanwhile.
    fn each(&self, sql: &str, values: &[Value], act: EachRow<'_>) -> Result<(), StoreError>;
    /// Runs several statements that have no values.
    fn batch(&self, sql: &str) -> Result<(), StoreError>;
    /// Adds many rows as fast as the engine can; those whose key is there already stay as they are. Returns how many are
    /// new. `columns` are those of the table, in the order of the values.
    fn add(&self, table: &str, columns: &[&str], rows: &mut dyn Iterator<Item = Vec<Value>>)
    -> Result<u64, StoreError>;
    /// Until the transaction ends nobody else gets past a lock of this name. SQLite has one writer anyway.
    fn lock(&self, name: &str) -> Result<(), StoreError>;
    /// Seconds since 1970 by the clock that all who share this database share; `ours` if nobody shares it.
    fn now_s(&self, ours: u64) -> Result<u64, StoreError>;
}

impl dyn Sql + '_ {
    /// Runs a statement; returns how many rows it touched.
    pub fn execute(&self, sql: &str, params: impl Params) -> Result<u64, StoreError> {
        self.run(sql, &params.values())
    }

    /// Every row of an answer, each made into something.
    pub fn query_map<T>(
        &self,
        sql: &str,
        params: impl Params,
        mut make: impl FnMut(&dyn Row) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut all = Vec::new();
        self.each(sql, &params.values(), &mut |row| {
            all.push(make(row)?);
            Ok(())
        })?;
        Ok(all)
    }

    /// The first row, if there is one.
    pub fn query_optional<T>(
        &self,
        sql: &str,
        params: impl Params,
        make: impl FnMut(&dyn Row) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.query_map(sql, params, make)?.into_iter().next())
    }

    /// The first row of an answer that always has one.
    pub fn query_row<T>(
        &self,
        sql: &str,
        params: impl Params,
        make: impl FnMut(&dyn Row) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.query_optional(sql, params, make)?.ok_or(StoreError::NoRow)
    }

    /// Rows one after the other, so that an answer of any length is never in memory. `act` must not use the connection.
    pub fn for_each(
        &self,
        sql: &str,
        params: impl Params,
        mut act: impl FnMut(&dyn Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.each(sql, &params.values(), &mut act)
    }
}

/// What can be a value of a statement.
pub trait ToValue {
    /// As a value.
    fn to_value(&self) -> Value;
}

/// Values of a statement: an array of one kind, or `params!` of several.
pub trait Params {
    /// As values.
    fn values(self) -> Vec<Value>;
}

impl Params for Vec<Value> {
    fn values(self) -> Vec<Value> {
        self
    }
}

impl Params for [&dyn ToValue; 0] {
    fn values(self) -> Vec<Value> {
        Vec::new()
    }
}

macro_rules! arrays {
    ($($n:literal)*) => {$(
        impl<T: ToValue> Params for [T; $n] {
            fn values(self) -> Vec<Value> {
                self.iter().map(ToValue::to_value).collect()
            }
        }
    )*};
}
arrays!(1 2 3 4 5 6);

/// Values of several kinds for a statement.
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        vec![$($crate::store::ToValue::to_value(&$value)),*]
    };
}
pub(crate) use params;

impl<T: ToValue + ?Sized> ToValue for &T {
    fn to_value(&self) -> Value {
        (**self).to_value()
    }
}

impl<T: ToValue> ToValue for Option<T> {
    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, ToValue::to_value)
    }
}

impl ToValue for str {
    fn to_value(&self) -> Value {
        Value::Text(self.to_owned())
    }
}

impl ToValue for String {
    fn to_value(&self) -> Value {
        Value::Text(self.clone())
    }
}

impl ToValue for [u8] {
    fn to_value(&self) -> Value {
        Value::Blob(self.to_vec())
    }
}

impl ToValue for Vec<u8> {
    fn to_value(&self) -> Value {
        Value::Blob(self.clone())
    }
}

impl<const N: usize> ToValue for [u8; N] {
    fn to_value(&self) -> Value {
        Value::Blob(self.to_vec())
    }
}

macro_rules! whole_numbers {
    ($($t:ty)*) => {$(
        impl ToValue for $t {
            fn to_value(&self) -> Value {
                Value::Int(i64::from(*self))
            }
        }

        impl FromCell for $t {
            fn from_cell(cell: Cell<'_>) -> Option<Self> {
                match cell {
                    Cell::Int(n) => Self::try_from(n).ok(),
                    _ => None,
                }
            }
        }
    )*};
}
whole_numbers!(i64 i32 i16 u32 u16 u8);

impl ToValue for bool {
    fn to_value(&self) -> Value {
        Value::Int(i64::from(*self))
    }
}

/// What a cell can be read as.
pub trait FromCell: Sized {
    /// Reads it; `None` if it is of another kind.
    fn from_cell(cell: Cell<'_>) -> Option<Self>;
}

impl FromCell for bool {
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Int(n) => Some(n != 0),
            _ => None,
        }
    }
}

impl FromCell for String {
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Text(text) => Some(text.to_owned()),
            _ => None,
        }
    }
}

impl FromCell for Vec<u8> {
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Blob(bytes) => Some(bytes.to_vec()),
            _ => None,
        }
    }
}

impl<T: FromCell> FromCell for Option<T> {
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Null => Some(None),
            cell => T::from_cell(cell).map(Some),
        }
    }
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>, rusqlite::Error> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(n) => ValueRef::Integer(*n),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

impl Row for rusqlite::Row<'_> {
    fn cell(&self, at: usize) -> Result<Cell<'_>, StoreError> {
        Ok(match self.get_ref(at)? {
            ValueRef::Null => Cell::Null,
            ValueRef::Integer(n) => Cell::Int(n),
            ValueRef::Text(text) => Cell::Text(std::str::from_utf8(text).map_err(|_| StoreError::Column(at))?),
            ValueRef::Blob(bytes) => Cell::Blob(bytes),
            ValueRef::Real(_) => return Err(StoreError::Column(at)),
        })
    }
}

impl Sql for rusqlite::Connection {
    fn run(&self, sql: &str, values: &[Value]) -> Result<u64, StoreError> {
        let touched = self.prepare_cached(sql)?.execute(rusqlite::params_from_iter(values))?;
        Ok(touched as u64)
    }

    fn each(&self, sql: &str, values: &[Value], act: EachRow<'_>) -> Result<(), StoreError> {
        let mut query = self.prepare_cached(sql)?;
        let mut rows = query.query(rusqlite::params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            act(row)?;
        }
        Ok(())
    }

    fn batch(&self, sql: &str) -> Result<(), StoreError> {
        Ok(self.execute_batch(sql)?)
    }

    fn add(
        &self,
        table: &str,
        columns: &[&str],
        rows: &mut dyn Iterator<Item = Vec<Value>>,
    ) -> Result<u64, StoreError> {
        let places: Vec<String> = (1..=columns.len()).map(|n| format!("?{n}")).collect();
        let mut insert = self.prepare_cached(&format!(
            "INSERT INTO {table} ({}) VALUES ({}) ON CONFLICT DO NOTHING",
            columns.join(", "),
            places.join(", ")
        ))?;
        let mut new = 0;
        for row in rows {
            new += insert.execute(rusqlite::params_from_iter(&row))? as u64;
        }
        Ok(new)
    }

    fn lock(&self, _: &str) -> Result<(), StoreError> {
        Ok(())
    }

    fn now_s(&self, ours: u64) -> Result<u64, StoreError> {
        Ok(ours)
    }
}
