//! PostgreSQL behind [`Sql`]: a few connections, each act a transaction of its own.
//!
//! A connection that broke is thrown away and another one made; so a server that was restarted is used again as soon as it
//! answers. What was under way when it broke fails with a [`Trouble`], and whoever asked may try again: nothing of it was
//! kept, unless the very commit was cut off. Then the rows themselves say what happened.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use postgres::fallible_iterator::FallibleIterator;
use postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use postgres::{Client, Config, NoTls, Statement};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::sql::{Cell, EachRow, Row, Sql, Value};
use super::tls::{self, Tls};
use super::{Schema, StoreError, Trouble, dialect, schema};

/// Connections of one program. A province runs several programs on one server.
const CONNECTIONS: usize = 8;
/// A server that does not answer within this time is away.
const CONNECT: Duration = Duration::from_secs(10);
/// A connection through a dead cable is noticed after this time.
const UNANSWERED: Duration = Duration::from_secs(30);
/// The lock under which tables are made and changed.
const MIGRATION: &str = "schema";

/// A handle to a server. Cheap to clone.
#[derive(Clone)]
pub struct Pool(Arc<Inner>);

struct Inner {
    config: Config,
    line: Option<Tls>,
    idle: Mutex<Vec<Link>>,
    turns: Semaphore,
}

impl Drop for Inner {
    /// A connection says good-bye when it is dropped, and waits for that; a thread that serves others must not.
    fn drop(&mut self) {
        let idle = std::mem::take(self.idle.get_mut().unwrap_or_else(PoisonError::into_inner));
        std::thread::spawn(move || drop(idle));
    }
}

/// A connection with what was prepared on it.
struct Link {
    client: Client,
    prepared: HashMap<String, Statement>,
}

impl fmt::Debug for Pool {
    /// The settings may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").finish_non_exhaustive()
    }
}

impl Pool {
    /// Connects, and brings every room's tables up to date, one program at a time.
    pub(super) fn open(address: &str, schemas: &[Schema]) -> Result<Self, StoreError> {
        let (mut config, line) = tls::read(address)?;
        config
            .application_name("yuanjiao")
            .connect_timeout(CONNECT)
            .tcp_user_timeout(UNANSWERED)
            .keepalives_idle(UNANSWERED);
        let pool = Self(Arc::new(Inner {
            config,
            line,
            idle: Mutex::new(Vec::new()),
            turns: Semaphore::new(CONNECTIONS),
        }));
        let schemas = schemas.to_vec();
        // The caller may stand in an event loop, and the client has one of its own.
        let migrate = || {
            pool.write(|tx| {
                tx.lock(MIGRATION)?;
                schema::migrate_all(tx, &schemas)
            })
        };
        std::thread::scope(|scope| scope.spawn(migrate).join().unwrap_or(Err(StoreError::Closed)))??;
        Ok(pool)
    }

    /// Waits without a thread until a connection is free.
    pub(super) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.0.turns.acquire().await.ok()
    }

    /// One transaction. The outer error is the server's, the inner one the act's, of which then nothing is kept.
    pub(super) fn write<T, E>(&self, act: impl FnOnce(&dyn Sql) -> Result<T, E>) -> Result<Result<T, E>, StoreError> {
        let link = self.begin("BEGIN")?;
        let conn = Conn(RefCell::new(link));
        let outcome = act(&conn);
        let mut link = conn.0.into_inner();
        // An act that refused has changed nothing, whether or not the server is still there.
        let ended = link
            .client
            .batch_execute(if outcome.is_ok() { "COMMIT" } else { "ROLLBACK" });
        match (ended, outcome) {
            (Ok(()), outcome) => {
                self.lock().push(link);
                Ok(outcome)
            }
            (Err(error), Ok(_)) => Err(error.into()),
            (Err(_), refusal) => Ok(refusal),
        }
    }

    /// One snapshot: a count and the rows that it counts are of the same moment.
    pub(super) fn read<T, E: From<StoreError>>(&self, act: impl FnOnce(&dyn Sql) -> Result<T, E>) -> Result<T, E> {
        let link = self.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
        let conn = Conn(RefCell::new(link));
        let outcome = act(&conn);
        let mut link = conn.0.into_inner();
        if link.client.batch_execute("ROLLBACK").is_ok() {
            self.lock().push(link);
        }
        outcome
    }

    /// A connection in a transaction. Those that the server closed meanwhile are thrown away.
    fn begin(&self, how: &str) -> Result<Link, StoreError> {
        loop {
            let idle = self.lock().pop();
            let Some(mut link) = idle else { break };
            if !link.client.is_closed() && link.client.batch_execute(how).is_ok() {
                return Ok(link);
            }
        }
        let mut client = self.connect()?;
        client.batch_execute(how)?;
        Ok(Link {
            client,
            prepared: HashMap::new(),
        })
    }

    fn connect(&self) -> Result<Client, StoreError> {
        let connected = match self.0.line.clone() {
            Some(tls) => self.0.config.connect(tls),
            None => self.0.config.connect(NoTls),
        };
        connected.map_err(|error| match tls::explained(&error).filter(|_| self.0.line.is_some()) {
            // Waiting does not mend a certificate.
            Some(said) => StoreError::Server { said, trouble: None },
            None => error.into(),
        })
    }

    /// After very many rows came in at once: what the planner must know of the tables, and pages as readers like them, so
    /// that the first who reads them need not make them so.
    pub(super) fn tidy(&self, tables: &[&str]) -> Result<(), StoreError> {
        // It cannot be part of a transaction.
        let tidy = format!("VACUUM (ANALYZE) {}", tables.join(", "));
        Ok(self.connect()?.batch_execute(&tidy)?)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Link>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Link {
    /// Preparing a statement costs a round trip, so each is prepared once on a connection.
    fn prepare(&mut self, sql: &str) -> Result<Statement, postgres::Error> {
        if let Some(known) = self.prepared.get(sql) {
            return Ok(known.clone());
        }
        let made = self.client.prepare(&dialect::places(sql))?;
        self.prepared.insert(sql.to_owned(), made.clone());
        Ok(made)
    }
}

struct Conn(RefCell<Link>);

impl Conn {
    fn link(&self) -> Result<std::cell::RefMut<'_, Link>, StoreError> {
        self.0.try_borrow_mut().map_err(|_| StoreError::Server {
            said: "a statement was run while the rows of another one were being read".into(),
            trouble: None,
        })
    }
}

fn refs(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

impl Sql for Conn {
    fn run(&self, sql: &str, values: &[Value]) -> Result<u64, StoreError> {
        let mut link = self.link()?;
        let statement = link.prepare(sql)?;
        Ok(link.client.execute(&statement, &refs(values))?)
    }

    fn each(&self, sql: &str, values: &[Value], act: EachRow<'_>) -> Result<(), StoreError> {
        let mut link = self.link()?;
        let statement = link.prepare(sql)?;
        let mut rows = link.client.query_raw(&statement, refs(values))?;
        while let Some(row) = rows.next()? {
            act(&row)?;
        }
        Ok(())
    }

    fn batch(&self, sql: &str) -> Result<(), StoreError> {
        Ok(self.link()?.client.batch_execute(&dialect::step(sql))?)
    }

    /// By COPY into a table beside, which is as fast as it gets, and from there what is new: so it may be said twice.
    fn add(
        &self,
        table: &str,
        columns: &[&str],
        rows: &mut dyn Iterator<Item = Vec<Value>>,
    ) -> Result<u64, StoreError> {
        let mut link = self.link()?;
        let (beside, columns) = (format!("new_{table}"), columns.join(", "));
        link.client.batch_execute(&format!(
            "CREATE TEMP TABLE IF NOT EXISTS {beside} (LIKE {table}) ON COMMIT DELETE ROWS"
        ))?;
        let types = {
            let statement = link.prepare(&format!("SELECT {columns} FROM {beside}"))?;
            statement
                .columns()
                .iter()
                .map(|column| column.type_().clone())
                .collect::<Vec<_>>()
        };
        let sink = link
            .client
            .copy_in(&format!("COPY {beside} ({columns}) FROM STDIN BINARY"))?;
        let mut sink = postgres::binary_copy::BinaryCopyInWriter::new(sink, &types);
        for row in rows {
            sink.write(&refs(&row))?;
        }
        sink.finish()?;
        let new = link.client.execute(
            &format!("INSERT INTO {table} ({columns}) SELECT {columns} FROM {beside} ON CONFLICT DO NOTHING"),
            &[],
        )?;
        // The next portion of the same transaction must not bring this one again.
        link.client.batch_execute(&format!("TRUNCATE {beside}"))?;
        Ok(new)
    }

    fn lock(&self, name: &str) -> Result<(), StoreError> {
        let lock = "SELECT pg_advisory_xact_lock(hashtextextended($1, 7))";
        self.link()?.client.execute(lock, &[&format!("yuanjiao {name}")])?;
        Ok(())
    }

    fn now_s(&self, _: u64) -> Result<u64, StoreError> {
        let row = self.link()?.client.query_one(
            "SELECT CAST(floor(extract(epoch FROM clock_timestamp())) AS BIGINT)",
            &[],
        )?;
        Ok(u64::try_from(row.get::<_, i64>(0)).unwrap_or(0))
    }
}

impl Row for postgres::Row {
    fn cell(&self, at: usize) -> Result<Cell<'_>, StoreError> {
        let kind = self.columns().get(at).ok_or(StoreError::Column(at))?.type_();
        let cell = match *kind {
            Type::INT8 => self.try_get::<_, Option<i64>>(at)?.map(Cell::Int),
            Type::INT4 => self.try_get::<_, Option<i32>>(at)?.map(|n| Cell::Int(n.into())),
            Type::BOOL => self.try_get::<_, Option<bool>>(at)?.map(|yes| Cell::Int(yes.into())),
            Type::BYTEA => self.try_get::<_, Option<&[u8]>>(at)?.map(Cell::Blob),
            _ => self.try_get::<_, Option<&str>>(at)?.map(Cell::Text),
        };
        Ok(cell.unwrap_or(Cell::Null))
    }
}

impl ToSql for Value {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut bytes::BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match (self, kind) {
            (Self::Null, _) => Ok(IsNull::Yes),
            (Self::Int(n), &Type::INT4) => i32::try_from(*n)?.to_sql(kind, out),
            (Self::Int(n), &Type::BOOL) => (*n != 0).to_sql(kind, out),
            (Self::Int(n), _) => n.to_sql(kind, out),
            (Self::Text(text), _) => text.as_str().to_sql(kind, out),
            (Self::Blob(bytes), _) => bytes.as_slice().to_sql(kind, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl From<postgres::Error> for StoreError {
    fn from(error: postgres::Error) -> Self {
        let trouble = match error.code().map(postgres::error::SqlState::code) {
            Some("53100") => Some(Trouble::DiskFull),
            Some("25006") => Some(Trouble::ReadOnly),
            Some("40001" | "40P01" | "55P03") => Some(Trouble::Locked),
            Some(code) => match code.get(..2) {
                Some("08" | "57" | "53") => Some(Trouble::Away),
                Some("58" | "XX") => Some(Trouble::Failing),
                _ => None,
            },
            None => Some(Trouble::Away).filter(|_| error.is_closed() || is_of_the_line(&error)),
        };
        let source = std::error::Error::source(&error).map(|source| format!(": {source}"));
        Self::Server {
            said: format!("{error}{}", source.unwrap_or_default()),
            trouble,
        }
    }
}

/// Whether an error of no code is one of connecting, sending or receiving, and not of a value.
fn is_of_the_line(error: &postgres::Error) -> bool {
    let source = std::error::Error::source(error);
    source.is_some_and(<dyn std::error::Error + 'static>::is::<std::io::Error>)
        || error.to_string().starts_with("error c")
}
