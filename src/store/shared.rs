//! A database of either engine under one handle: a file beside the program, or a server.
//!
//! The same acts run on both. On SQLite they go through the one writer; on PostgreSQL each act is a transaction of its own
//! on a connection of its own, and what must not happen twice at a time takes a lock by name ([`Sql::lock`]).

use std::path::Path;

use super::{Options, Schema, Sql, Store, StoreError, Urgency};

/// Where a shared database is.
#[derive(Clone, PartialEq, Eq, Default)]
pub enum Place {
    /// A file of SQLite's, at the path that is given with it.
    #[default]
    File,
    /// A PostgreSQL server, by its address.
    Server(String),
}

impl std::fmt::Debug for Place {
    /// The address may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::File => "File",
            Self::Server(_) => "Server(…)",
        })
    }
}

/// A handle to a database of either engine. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Shared {
    /// A file.
    Sqlite(Store),
    /// A server.
    #[cfg(feature = "postgres")]
    Postgres(super::postgres::Pool),
}

impl Shared {
    /// Opens the file at `path`, or the server, and brings every room's tables up to date.
    pub fn open(place: &Place, path: &Path, schemas: &[Schema], options: Options) -> Result<Self, StoreError> {
        match place {
            Place::File => Ok(Self::Sqlite(Store::open(path, schemas, options)?)),
            #[cfg(feature = "postgres")]
            Place::Server(address) => Ok(Self::Postgres(super::postgres::Pool::open(address, schemas)?)),
            #[cfg(not(feature = "postgres"))]
            Place::Server(_) => Err(StoreError::Server {
                said:
                    "这个程序没有带上 PostgreSQL，请用带的那一版，或者把 store 去掉 / this program was built without \
                       PostgreSQL (cargo build --features postgres)"
                        .into(),
                trouble: None,
            }),
        }
    }

    /// Whether others may write as well.
    pub fn is_server(&self) -> bool {
        !matches!(self, Self::Sqlite(_))
    }

    /// After very many rows came into these tables at once: a server learns what it must know of them to answer fast, which
    /// else it does by itself some minutes later. A file needs nothing. Blocks.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(unused_variables, reason = "only a server is told of its tables")
    )]
    pub fn tidy(&self, tables: &[&str]) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(_) => Ok(()),
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) => apart(|| pool.tidy(tables)).unwrap_or(Err(StoreError::Closed)),
        }
    }

    /// Runs `act` in a transaction and answers once it is durable. The outer error is the store's, the inner one the act's.
    pub async fn write<T, E, F>(&self, urgency: Urgency, act: F) -> Result<Result<T, E>, StoreError>
    where
        F: FnOnce(&dyn Sql) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: std::error::Error + Send + 'static,
    {
        match self {
            Self::Sqlite(store) => store.write(urgency, move |tx| act(&**tx)).await,
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) => {
                let (_turn, pool) = (pool.turn().await, pool.clone());
                let task = tokio::task::spawn_blocking(move || pool.write(act));
                task.await.unwrap_or(Err(StoreError::Closed))
            }
        }
    }

    /// The same for threads and commands that have no event loop.
    pub fn write_blocking<T, E, F>(&self, act: F) -> Result<Result<T, E>, StoreError>
    where
        F: FnOnce(&dyn Sql) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: std::error::Error + Send + 'static,
    {
        match self {
            Self::Sqlite(store) => store.write_blocking(move |tx| act(&**tx)),
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) => apart(|| pool.write(act)).unwrap_or(Err(StoreError::Closed)),
        }
    }

    /// Runs `act` on one snapshot in a thread where blocking is allowed.
    pub async fn read<T, E, F>(&self, act: F) -> Result<T, E>
    where
        F: FnOnce(&dyn Sql) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        match self {
            Self::Sqlite(store) => store.read(move |conn| act(conn)).await,
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) => {
                let (_turn, pool) = (pool.turn().await, pool.clone());
                let task = tokio::task::spawn_blocking(move || pool.read(act));
                task.await.unwrap_or_else(|_| Err(StoreError::Closed.into()))
            }
        }
    }

    /// The same for threads and commands that have no event loop.
    pub fn read_blocking<T, E, F>(&self, act: F) -> Result<T, E>
    where
        F: FnOnce(&dyn Sql) -> Result<T, E> + Send,
        T: Send,
        E: From<StoreError> + Send,
    {
        match self {
            Self::Sqlite(store) => store.read_blocking(|conn| act(conn)),
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) => apart(|| pool.read(act)).unwrap_or_else(|| Err(StoreError::Closed.into())),
        }
    }
}

/// In a thread of its own: the client waits with an event loop, and one cannot wait within another. `None` after a panic.
#[cfg(feature = "postgres")]
fn apart<T: Send>(act: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| scope.spawn(act).join().ok())
}
