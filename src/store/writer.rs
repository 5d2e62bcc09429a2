//! The one thread that writes: gather, run each act in a savepoint, commit once, then answer.

use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::queue::{Act, Attended, Ended, Job, Queue, Tell};
use super::{BeforeCommit, Options, Ordeal, StoreError, Trouble, Tx, Urgency};
use crate::clock::monotonic;
use crate::types::Millis;

/// The store's outcome around the act's.
pub(super) type Answer<T, E> = Result<Result<T, E>, StoreError>;

/// The handle to the thread. Dropping it lets the thread finish what was queued, and waits for it.
pub(super) struct Writer {
    queue: Arc<Queue>,
    thread: Option<JoinHandle<()>>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    trouble: Mutex<Option<Trouble>>,
    /// Trouble that nobody has written down yet.
    ordeal: Mutex<Option<Ordeal>>,
    quiet: Millis,
    before_commit: Mutex<Option<BeforeCommit>>,
    commits: AtomicU64,
    acts: AtomicU64,
}

impl Writer {
    pub(super) fn start(conn: Connection, options: Options) -> Result<Self, StoreError> {
        let queue = Arc::new(Queue::new(options.commit_within));
        let shared = Arc::new(Shared {
            quiet: options.quiet,
            ..Shared::default()
        });
        let (jobs, theirs) = (Arc::clone(&queue), Arc::clone(&shared));
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || work(&conn, &Attended(jobs), &theirs))
            .map_err(|source| StoreError::File {
                path: "the writer thread".into(),
                source,
            })?;
        Ok(Self {
            queue,
            thread: Some(thread),
            shared,
        })
    }

    /// Queues an act; `tell` is called once, from the writer's thread, when the outcome is durable. If the act panics it
    /// is dropped uncalled.
    pub(super) fn submit<T, E, F>(
        &self,
        urgency: Urgency,
        act: F,
        tell: impl FnOnce(Answer<T, E>) + Send + 'static,
    ) -> Result<(), StoreError>
    where
        F: FnOnce(&Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Error + Send + 'static,
    {
        let act: Act = Box::new(move |tx| end(tx.map(act), tell));
        self.queue.push(Job { urgency, act })
    }

    pub(super) fn before_commit(&self, act: BeforeCommit) {
        *lock(&self.shared.before_commit) = Some(act);
    }

    pub(super) fn trouble(&self) -> Option<Trouble> {
        *lock(&self.shared.trouble)
    }

    pub(super) fn work_done(&self) -> (u64, u64) {
        let Shared { commits, acts, .. } = &*self.shared;
        (commits.load(Ordering::Relaxed), acts.load(Ordering::Relaxed))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue.close();
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != std::thread::current().id()
        {
            drop(thread.join());
        }
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer")
            .field("trouble", &self.trouble())
            .finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn end<T: Send + 'static, E: Error + Send + 'static>(
    outcome: Option<Result<T, E>>,
    tell: impl FnOnce(Answer<T, E>) + Send + 'static,
) -> Ended {
    Ended {
        keep: matches!(outcome, Some(Ok(_))),
        met: outcome.as_ref().and_then(|outcome| met(outcome.as_ref().err()?)),
        tell: Box::new(move |durable| {
            let answer = match (durable, outcome) {
                // An act that refused has changed nothing, so its refusal holds whether or not the disk works.
                (_, Some(Err(refusal))) => Ok(Err(refusal)),
                (Ok(()), Some(Ok(value))) => Ok(Ok(value)),
                (Err(trouble), _) => Err(StoreError::NotDurable(trouble)),
                (Ok(()), None) => Err(StoreError::NotDurable(Trouble::Failing)),
            };
            tell(answer);
        }),
    }
}

/// What SQLite said of the disk, however deep in a room's error it lies.
fn met(refusal: &(dyn Error + 'static)) -> Option<Trouble> {
    let mut next = Some(refusal);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref() {
            return Trouble::passing(error);
        }
        next = error.source();
    }
    None
}

fn work(conn: &Connection, jobs: &Attended, shared: &Shared) {
    while let Some(batch) = jobs.0.gather() {
        let count = batch.len() as u64;
        let (tells, durable) = commit(conn, batch, shared);
        *lock(&shared.trouble) = durable.err();
        if durable.is_ok() {
            shared.commits.fetch_add(1, Ordering::Relaxed);
            shared.acts.fetch_add(count, Ordering::Relaxed);
        }
        for tell in tells {
            tell(durable);
        }
    }
}

fn commit(conn: &Connection, batch: Vec<Job>, shared: &Shared) -> (Vec<Tell>, Result<(), Trouble>) {
    let tx = Tx::new(conn);
    let mut tells = Vec::with_capacity(batch.len());
    let durable = try_commit(&tx, batch, shared, &mut tells);
    if let Err(error) = &durable {
        tracing::error!(%error, "a transaction could not be made durable; its acts will be tried again");
        if !conn.is_autocommit()
            && let Err(error) = conn.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "and could not be rolled back");
        }
        tx.take_back(0);
        Ordeal::suffer(&mut lock(&shared.ordeal), trouble_of(error), monotonic());
    } else if tx.overcome().is_some() {
        let told = tx.overcome();
        lock(&shared.ordeal).take_if(|ordeal| Some(*ordeal) == told);
    }
    (tells, durable.map_err(|error| trouble_of(&error)))
}

fn trouble_of(error: &StoreError) -> Trouble {
    match error {
        StoreError::Sqlite(error) => Trouble::of(error),
        StoreError::NotDurable(trouble) => *trouble,
        _ => Trouble::Failing,
    }
}

fn try_commit(tx: &Tx<'_>, batch: Vec<Job>, shared: &Shared, tells: &mut Vec<Tell>) -> Result<(), StoreError> {
    let begun = tx.execute_batch("BEGIN IMMEDIATE");
    let mut failed = begun.err();
    let mut kept = false;
    for job in batch {
        match &failed {
            None => match run_one(tx, job, shared, tells) {
                Ok(keeps) => kept |= keeps,
                Err(error) => failed = Some(error),
            },
            // The transaction is gone: the remaining acts must still be told, without being run.
            Some(_) => tells.push((job.act)(None).tell),
        }
    }
    if let Some(error) = failed {
        return Err(error.into());
    }
    let ordeal = *lock(&shared.ordeal);
    tx.set_overcome(ordeal.filter(|ordeal| kept && ordeal.is_over(monotonic(), shared.quiet)));
    if let Some(act) = &*lock(&shared.before_commit) {
        act(tx)?;
    }
    Ok(tx.execute_batch("COMMIT")?)
}

/// Whether the act is kept. An error means that SQLite gave up the whole transaction, as it does on a full disk.
fn run_one(tx: &Tx<'_>, job: Job, shared: &Shared, tells: &mut Vec<Tell>) -> Result<bool, rusqlite::Error> {
    tx.prepare_cached("SAVEPOINT act")?.execute([])?;
    let mark = tx.mark();
    let ended = catch_unwind(AssertUnwindSafe(|| (job.act)(Some(tx))));
    let keep = ended.as_ref().is_ok_and(|e| e.keep);
    if let Ok(ended) = ended {
        if let Some(trouble) = ended.met {
            Ordeal::suffer(&mut lock(&shared.ordeal), trouble, monotonic());
        }
        tells.push(ended.tell);
    }
    if tx.is_autocommit() {
        return Err(rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL),
            Some("the transaction was given up".into()),
        ));
    }
    if keep {
        tx.prepare_cached("RELEASE act")?.execute([])?;
    } else {
        tx.take_back(mark);
        tx.execute_batch("ROLLBACK TO act; RELEASE act")?;
    }
    Ok(keep)
}
