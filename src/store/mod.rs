//! One SQLite file, one writer thread, a few readers.
//!
//! Everything that must survive a power cut goes through [`Store::write`]: the acts of many viewers are gathered into one
//! transaction, committed with `synchronous=FULL`, and only then answered (*acknowledged means durable*). Each act runs
//! in its own savepoint, so that one that fails takes nothing else with it. Readers have connections of their own and
//! never wait for the writer (WAL).
//!
//! Rooms own their tables: each hands in a [`Schema`], and joint acts pass one [`Tx`] downward.

pub mod backup;
mod carry;
#[cfg(feature = "postgres")]
mod dialect;
mod file;
mod health;
mod ordeal;
#[cfg(feature = "postgres")]
mod postgres;
mod queue;
mod readers;
mod schema;
mod shared;
mod sql;
#[cfg(feature = "postgres")]
mod tls;
mod tx;
mod writer;

use std::path::Path;
use std::sync::Arc;

pub use carry::carry_over;
pub use health::Trouble;
pub use ordeal::Ordeal;
use readers::Readers;
pub use schema::Schema;
pub use shared::{Place, Shared};
pub(crate) use sql::params;
pub use sql::{Cell, EachRow, FromCell, Params, Row, Sql, ToValue, Value, count, sql};
pub use tx::Tx;
use writer::Writer;

use crate::types::Millis;

/// What can go wrong between a room and its file. The reader is whoever logs it, or the HTTP room, which says 503.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite refused: the message names the statement or the file.
    #[error("the database refused: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A database server refused, or could not be reached.
    #[error("the database server: {said}")]
    Server {
        /// In its own words.
        said: String,
        /// What is wrong with it, if waiting may help.
        trouble: Option<Trouble>,
    },
    /// A column holds something else than was expected.
    #[error("column {0} of an answer holds something else than this program writes there")]
    Column(usize),
    /// An answer that always has a row had none.
    #[error("an answer that should have a row has none")]
    NoRow,
    /// The transaction could not be made durable; nothing of it was kept, and it may be tried again.
    #[error("the disk did not take it: {0}")]
    NotDurable(Trouble),
    /// More acts are waiting than may wait.
    #[error("too many acts are waiting for the disk")]
    Busy,
    /// The writer has stopped, because the program is ending.
    #[error("the store is closed")]
    Closed,
    /// The file is from a newer program than this one.
    #[error("{room} has schema {found}, this program knows {known}: it is too old for this data")]
    FromTheFuture {
        /// The room whose tables are newer.
        room: &'static str,
        /// Version in the file.
        found: usize,
        /// Newest version known here.
        known: usize,
    },
    /// A folder or file could not be made.
    #[error("cannot use {path}: {source}")]
    File {
        /// Where.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl StoreError {
    /// What is wrong with the disk, if that is what is wrong: trying again later may help.
    pub fn trouble(&self) -> Option<Trouble> {
        match self {
            Self::NotDurable(trouble) => Some(*trouble),
            Self::Sqlite(error) => Trouble::passing(error),
            Self::Busy | Self::Closed => Some(Trouble::Locked),
            Self::Server { trouble, .. } => *trouble,
            Self::FromTheFuture { .. } | Self::File { .. } | Self::Column(_) | Self::NoRow => None,
        }
    }
}

/// How long an act may wait for company before it is committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// A person waits: commit at once, with whatever else is waiting.
    Now,
    /// A script waits: one commit serves all who come within [`Options::commit_within`].
    Soon,
}

/// How a store behaves.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The longest that an act with [`Urgency::Soon`] waits before its commit begins.
    pub commit_within: Millis,
    /// How much of the file the writer may hold in memory, in KiB.
    pub cache_kib: u32,
    /// Trouble is over when nothing has failed for so long and something is kept.
    pub quiet: Millis,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            commit_within: Millis::ZERO,
            cache_kib: 2_000,
            quiet: Millis::secs(5),
        }
    }
}

/// A handle to one database file. Cheap to clone; the file closes with the last handle.
#[derive(Debug, Clone)]
pub struct Store {
    /// Before the writer, since fields are dropped in their order: the last to close folds the log back into the file,
    /// and a reader may not. A stop in order leaves one file.
    readers: Arc<Readers>,
    writer: Arc<Writer>,
}

/// Runs inside each transaction after its acts and before its commit, e.g. to sign what the acts appended.
pub type BeforeCommit = Box<dyn Fn(&Tx<'_>) -> Result<(), StoreError> + Send>;

impl Store {
    /// Opens or makes the file and brings every room's tables up to date.
    pub fn open(path: &Path, schemas: &[Schema], options: Options) -> Result<Self, StoreError> {
        let mut conn = file::open_writer(path, options.cache_kib)?;
        if let Some(step) = schema::is_behind(&conn, schemas)? {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            backup::copy(
                &conn,
                &path.with_file_name(format!("backup/{name}-before-step-{step}.db")),
            )?;
        }
        schema::migrate(&mut conn, schemas)?;
        Ok(Self {
            writer: Arc::new(Writer::start(conn, options)?),
            readers: Arc::new(Readers::new(path)),
        })
    }

    /// Sets what runs before each commit. The last one set counts.
    pub fn before_commit(&self, act: BeforeCommit) {
        self.writer.before_commit(act);
    }

    /// Runs `act` in a transaction and answers once it is durable. The outer error is the store's, the inner one the act's:
    /// if that holds what SQLite said of the disk to a single statement, it counts as trouble like a commit that failed.
    pub async fn write<T, E, F>(&self, urgency: Urgency, act: F) -> Result<Result<T, E>, StoreError>
    where
        F: FnOnce(&Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: std::error::Error + Send + 'static,
    {
        let (tell, answer) = tokio::sync::oneshot::channel();
        // The asker may have hung up by then; what was committed stays committed.
        self.writer.submit(urgency, act, |outcome| drop(tell.send(outcome)))?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// The same for threads and commands that have no event loop.
    pub fn write_blocking<T, E, F>(&self, act: F) -> Result<Result<T, E>, StoreError>
    where
        F: FnOnce(&Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: std::error::Error + Send + 'static,
    {
        let (tell, answer) = std::sync::mpsc::sync_channel(1);
        self.writer
            .submit(Urgency::Now, act, move |outcome| drop(tell.send(outcome)))?;
        answer.recv().map_err(|_| StoreError::Closed)?
    }

    /// Runs `act` on a read-only connection in a thread where blocking is allowed.
    pub async fn read<T, E, F>(&self, act: F) -> Result<T, E>
    where
        F: FnOnce(&rusqlite::Connection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let readers = Arc::clone(&self.readers);
        let _turn = self.readers.turn().await;
        let task = tokio::task::spawn_blocking(move || readers.with(act));
        task.await.unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }

    /// The same for threads and commands that have no event loop.
    pub fn read_blocking<T, E, F>(&self, act: F) -> Result<T, E>
    where
        F: FnOnce(&rusqlite::Connection) -> Result<T, E>,
        E: From<StoreError>,
    {
        self.readers.with(act)
    }

    /// Folds SQLite's log into the file and empties it; `false` if somebody was reading from it all the time. Blocks.
    pub fn fold_log(&self) -> Result<bool, StoreError> {
        let conn = file::open_writer(self.readers.path(), 200)?;
        let busy: i64 = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        Ok(busy == 0)
    }

    /// What the last commit suffered, until one succeeds.
    pub fn trouble(&self) -> Option<Trouble> {
        self.writer.trouble()
    }

    /// How many commits there were and how many acts they carried, for `/metrics` and the benchmarks.
    pub fn work_done(&self) -> (u64, u64) {
        self.writer.work_done()
    }
}

#[cfg(test)]
mod tests;
