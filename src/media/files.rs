//! Opening what is delivered: in a few threads, and only once while somebody is being sent it.
//!
//! A file that is on its way to one reader is taken for the next one too, if the disk still says the same about it. Only
//! those who send it hold it open: nothing keeps a film open that nobody watches, or its disk could not be taken out.

use std::collections::HashMap;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::Semaphore;

use crate::http::{Problem, SharedFile};
use crate::library::{Edition, Entry, Library, OpenError};
use crate::types::ItemId;

/// More at once than this only make a spinning disk seek, and tokio's few blocking threads have other work as well.
const OPENING: usize = 4;
/// Beyond so many the forgotten ones are swept out.
const SWEEP: usize = 64;

/// What was opened.
#[derive(Debug, Clone)]
pub(super) struct Opened {
    pub(super) file: Arc<SharedFile>,
    pub(super) entry: Arc<Entry>,
    pub(super) meta: Metadata,
}

#[derive(Debug)]
struct Known {
    file: Weak<SharedFile>,
    entry: Arc<Entry>,
    /// Whether the library delivered a prepared version, and of which content.
    listed: (bool, Option<ItemId>),
    /// As of when that is known, and whether members see the item then.
    asked: Asked,
    is_shown: bool,
    meta: Metadata,
}

/// While this stays the same, so does what the library says of an item: the folder, all decisions, and the item's
/// prepared version. A film is asked for in hundreds of ranges, and the library puts a line together each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Asked {
    edition: Edition,
    version: Option<ItemId>,
}

impl Asked {
    fn now(library: &Library, id: &ItemId) -> Self {
        Self {
            edition: library.edition(),
            version: library.made(id).film.map(|version| version.content),
        }
    }
}

/// The files that are being sent, and the threads that open others.
#[derive(Debug)]
pub(super) struct Files {
    known: Mutex<HashMap<ItemId, Known>>,
    turns: Arc<Semaphore>,
}

impl Default for Files {
    fn default() -> Self {
        Self {
            known: Mutex::default(),
            turns: Arc::new(Semaphore::new(OPENING)),
        }
    }
}

impl Files {
    /// The item's file, if this visitor may have it. `everything` is the operator's view.
    pub(super) async fn open(&self, library: &Library, id: ItemId, everything: bool) -> Result<Opened, Problem> {
        // Before the library is asked: what changes meanwhile is asked for once more.
        let asked = Asked::now(library, &id);
        let unchanged = |known: &mut Known| known.asked == asked && (everything || known.is_shown);
        if let Some(opened) = self.at_hand(&id, unchanged) {
            return Ok(opened);
        }
        let listed = library.entry(&id).filter(|entry| everything || entry.is_shown());
        let listed = listed.ok_or_else(Problem::not_found)?;
        let still_delivered = |known: &mut Known| {
            (known.asked, known.is_shown) = (asked, listed.is_shown());
            known.listed == what(&listed)
        };
        if let Some(opened) = self.at_hand(&id, still_delivered) {
            return Ok(opened);
        }
        let of = library.clone();
        let open = move || {
            let (file, entry) = of.open(&id, everything)?;
            let meta = file.metadata()?;
            Ok((Arc::new(SharedFile::new(file, meta.len())), Arc::new(entry), meta))
        };
        let (file, entry, meta) = self.blocking(open).await?.map_err(|error: OpenError| refused(&error))?;
        let opened = Opened { file, entry, meta };
        self.learn(id, asked, &listed, &opened);
        Ok(opened)
    }

    /// A file that is being sent and has not changed. Any change of content, name or number of names changes the
    /// inode's own time, which no program can set; the inode is in memory, so asking does not wait for the disk.
    fn at_hand(&self, id: &ItemId, fits: impl FnOnce(&mut Known) -> bool) -> Option<Opened> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get_mut(id)?;
        if !fits(known) {
            return None;
        }
        let file = known.file.upgrade()?;
        let meta = file.file().metadata().ok()?;
        (stamp(&meta) == stamp(&known.meta)).then(|| Opened {
            file,
            entry: Arc::clone(&known.entry),
            meta,
        })
    }

    fn learn(&self, id: ItemId, asked: Asked, listed: &Entry, opened: &Opened) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= SWEEP {
            known.retain(|_, known| known.file.strong_count() > 0);
        }
        known.insert(
            id,
            Known {
                file: Arc::downgrade(&opened.file),
                entry: Arc::clone(&opened.entry),
                listed: what(listed),
                asked,
                is_shown: listed.is_shown(),
                meta: opened.meta.clone(),
            },
        );
    }

    /// Runs what may wait for the disk. The turn goes into the thread: a reader who hangs up frees it only when the disk
    /// has answered.
    pub(super) async fn blocking<T: Send + 'static>(
        &self,
        act: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let turn = turn.map_err(|error| Problem::internal(&error))?;
        let job = move || {
            let outcome = act();
            drop(turn);
            outcome
        };
        tokio::task::spawn_blocking(job)
            .await
            .map_err(|error| Problem::internal(&error))
    }
}

fn what(listed: &Entry) -> (bool, Option<ItemId>) {
    (listed.is_prepared(), listed.content())
}

fn stamp(meta: &Metadata) -> (u64, i64, i64, i64, i64) {
    (
        meta.size(),
        meta.mtime(),
        meta.mtime_nsec(),
        meta.ctime(),
        meta.ctime_nsec(),
    )
}

/// What the reader is told.
pub(super) fn refused(error: &OpenError) -> Problem {
    match error {
        OpenError::NotShown => Problem::not_found(),
        OpenError::Offline => Problem::unavailable(
            30,
            "存这部课件的硬盘不在，插上就能接着看，学时都还在。",
            "The disk that holds this item is away. It plays again once it is back; your hours are all there.",
        ),
        OpenError::File(error) if error.kind() == std::io::ErrorKind::NotFound => Problem::not_found(),
        OpenError::File(error) => Problem::internal(error),
    }
}
