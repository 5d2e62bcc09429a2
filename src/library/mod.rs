//! What there is: the catalogue of the folder, and what people decided about it.
//!
//! The folder's index lies in `index.db` and comes back by a scan. What the operator decided (approved, hidden, another
//! title) hangs on the item's id in the main database, so it survives a new name, a rescan and the loss of the index.
//! Members see what is whole, approved and not hidden; the operator sees everything.

mod entry;
mod keep;
mod lines;
mod made;
mod marks;
mod shelf;
mod watched;

use std::collections::{BTreeSet, HashSet};
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use media_index::{Catalogue, Indexer, Item, Plays, Stamp};

use self::made::AllMade;
use self::marks::Marks;
use self::shelf::{Shelf, Vetting};
use crate::store::{Store, StoreError, Urgency};
use crate::types::{Intervals, ItemId, Millis};
pub use entry::{Entry, State};
pub use keep::IndexKeep;
#[cfg(test)]
pub(crate) use lines::samples;
pub use lines::{Line, Lines, Stands};
pub use made::{FOLDER as MADE_FOLDER, Made, Part, Version};
pub use marks::{Mark, SCHEMA};

/// Who vets 审核 what is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Approval {
    /// What the operator puts into the folder is vetted by that act.
    #[default]
    Folder,
    /// Each item is approved on the desk.
    Desk,
    /// Only what the district listed.
    District,
}

/// Why an item cannot be opened. The reader is a viewer.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No such item, or not for members.
    #[error("no such item")]
    NotShown,
    /// The disk that holds it is away.
    #[error("the disk is away")]
    Offline,
    /// The file is gone, was replaced, or the disk fails.
    #[error("the file cannot be opened: {0}")]
    File(#[from] std::io::Error),
}

/// A handle to the room. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Library {
    indexer: Arc<Indexer>,
    store: Store,
    approval: Approval,
    stock: Arc<Mutex<Stock>>,
    watched: Arc<watched::Watched>,
    /// Items that the disk could not read to the end since the start.
    failing: Arc<RwLock<BTreeSet<ItemId>>>,
}

/// What hangs on the items of the catalogue, and the shelf that was prepared from both: they change together, so that
/// one decision renews one line and not twenty thousand.
#[derive(Debug, Default)]
struct Stock {
    vetting: Vetting,
    marks: Arc<Marks>,
    made: Arc<AllMade>,
    shelf: Shelf,
    /// Grows with each decision.
    decisions: u64,
}

/// What a list was made from; another one means that something else than what was made of items changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edition {
    generation: u64,
    decisions: u64,
}

impl Stock {
    fn lines(&self) -> Lines {
        self.shelf.lines(&self.marks, &self.made)
    }
}

impl Library {
    /// Wraps a running indexer; `store` holds the marks.
    pub fn new(indexer: Indexer, store: Store, approval: Approval) -> Result<Self, StoreError> {
        let marks = Arc::new(store.read_blocking(marks::load)?);
        Ok(Self {
            indexer: Arc::new(indexer),
            store,
            approval,
            stock: Arc::new(Mutex::new(Stock {
                vetting: Vetting {
                    approval,
                    ..Vetting::default()
                },
                marks,
                ..Stock::default()
            })),
            watched: Arc::default(),
            failing: Arc::default(),
        })
    }

    /// The disk failed in the middle of this item.
    pub fn cannot_be_read(&self, id: ItemId) {
        self.failing.write().unwrap_or_else(PoisonError::into_inner).insert(id);
    }

    /// Titles of the items that are still there and that the disk could not read since the start.
    pub fn failing(&self) -> Vec<String> {
        let failing = self.failing.read().unwrap_or_else(PoisonError::into_inner);
        let entries = failing.iter().filter_map(|id| self.entry(id));
        entries.map(|entry| entry.title).collect()
    }

    /// The running indexer, for its status.
    pub fn indexer(&self) -> &Indexer {
        &self.indexer
    }

    /// The media folder.
    pub fn root(&self) -> PathBuf {
        self.indexer.catalogue().root().to_owned()
    }

    /// Who vets.
    pub fn approval(&self) -> Approval {
        self.approval
    }

    /// What the district approved, whole; it decides only where the district vets.
    pub fn set_listed(&self, items: HashSet<ItemId>) {
        let mut stock = self.stock();
        if stock.vetting.listed != items {
            stock.vetting.listed = items;
            stock.decisions += 1;
            stock.shelf = Shelf::default();
        }
    }

    /// Every line, the latest arrivals first.
    pub fn all(&self) -> Lines {
        self.shelved().lines()
    }

    /// One item, shown or not.
    pub fn entry(&self, id: &ItemId) -> Option<Entry> {
        let stock = self.shelved();
        let (lines, place) = (stock.lines(), stock.shelf.place_of(id)?);
        drop(stock);
        lines.at(place)?.entry()
    }

    /// One item that members may see.
    pub fn shown_entry(&self, id: &ItemId) -> Option<Entry> {
        self.entry(id).filter(Entry::is_shown)
    }

    /// From what [`Self::all`] is made now.
    pub fn edition(&self) -> Edition {
        Edition {
            generation: self.indexer.catalogue().generation,
            decisions: self.stock().decisions,
        }
    }

    fn stock(&self) -> MutexGuard<'_, Stock> {
        self.stock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The stock with a shelf of the present catalogue; made anew only when there is another one.
    fn shelved(&self) -> MutexGuard<'_, Stock> {
        let catalogue = self.indexer.catalogue();
        let mut stock = self.stock();
        if !stock.shelf.is_of(&catalogue) {
            // The old one goes first: a small box does not hold two.
            stock.shelf = Shelf::default();
            let fresh = Shelf::build(catalogue, &stock.marks, &stock.made, &stock.vetting);
            stock.shelf = fresh;
        }
        stock
    }

    /// Puts the line of an item in order after something about it changed.
    fn renew(&self, stock: &mut Stock, id: &ItemId) {
        let catalogue = self.indexer.catalogue();
        if let Some(item) = catalogue.get(id).filter(|_| stock.shelf.is_of(&catalogue)) {
            let Stock {
                shelf,
                marks,
                made,
                vetting,
                ..
            } = stock;
            shelf.renew(&item, marks, made, vetting);
        }
    }

    /// Opens what is delivered of an item: its prepared version, or its own file. `everything` is the operator's view.
    /// Blocks: not for the event loop.
    pub fn open(&self, id: &ItemId, everything: bool) -> Result<(File, Entry), OpenError> {
        let mut entry = self
            .entry(id)
            .filter(|entry| everything || entry.is_shown())
            .ok_or(OpenError::NotShown)?;
        let (catalogue, item) = self.item(id)?;
        if let Some(file) = self.open_version(&catalogue, id) {
            return Ok((file, entry));
        }
        entry.deliver_own(&item.mime);
        let file = catalogue.open(&item)?;
        Ok((file, entry))
    }

    /// Opens an item's own file, whatever was made from it. Blocks.
    pub fn open_original(&self, id: &ItemId) -> Result<(File, Item), OpenError> {
        let (catalogue, item) = self.item(id)?;
        Ok((catalogue.open(&item)?, item))
    }

    /// The prepared version, if it is still the one that was looked into.
    fn open_version(&self, catalogue: &Catalogue, id: &ItemId) -> Option<File> {
        let version = self.made(id).film?;
        let file = catalogue.open_place(&Part::Film.place(id)).ok()?;
        (Stamp::of(&file.metadata().ok()?) == version.stamp).then_some(file)
    }

    /// What the folder's index knows about an item.
    pub fn of_folder(&self, id: &ItemId) -> Option<Item> {
        self.indexer.catalogue().get(id)
    }

    /// What people decided about an item.
    pub fn mark_of(&self, id: &ItemId) -> Mark {
        self.stock().marks.get(id)
    }

    /// What was made from an item.
    pub fn made(&self, id: &ItemId) -> Made {
        self.stock().made.get(id)
    }

    /// Says what there is now for these items.
    pub fn set_made(&self, changed: Vec<(ItemId, Made)>) {
        let mut stock = self.stock();
        for (id, made) in changed {
            Arc::make_mut(&mut stock.made).set(id, made);
            self.renew(&mut stock, &id);
        }
    }

    fn item(&self, id: &ItemId) -> Result<(Arc<Catalogue>, Item), OpenError> {
        let catalogue = self.indexer.catalogue();
        if catalogue.offline {
            return Err(OpenError::Offline);
        }
        let item = catalogue.get(id).ok_or(OpenError::NotShown)?;
        Ok((catalogue, item))
    }

    /// The item's subtitles number `n`, as WebVTT. Blocks.
    pub fn subtitle(&self, id: &ItemId, n: usize) -> Result<String, OpenError> {
        let (catalogue, item) = self.item(id)?;
        let subtitle = item.subtitles.get(n).ok_or(OpenError::NotShown)?;
        let bytes = read_bounded(&catalogue.open_place(&subtitle.place)?, media_index::subtitle::LIMIT)?;
        media_index::subtitle::to_webvtt(&bytes, &subtitle.place.ending())
            .map_err(|error| OpenError::File(std::io::Error::other(error)))
    }

    /// The picture beside the item, or the one that was made, and its media type. Blocks.
    pub fn poster(&self, id: &ItemId) -> Result<(Vec<u8>, &'static str), OpenError> {
        let (catalogue, item) = self.item(id)?;
        let Some(place) = item.poster else {
            return self.picture(id, Part::Poster);
        };
        let mime = mime_guess::from_path(Path::new(&place.readable()))
            .first_raw()
            .unwrap_or("image/jpeg");
        Ok((read_bounded(&catalogue.open_place(&place)?, POSTER_LIMIT)?, mime))
    }

    /// A picture that was made from the item. Blocks.
    pub fn picture(&self, id: &ItemId, part: Part) -> Result<(Vec<u8>, &'static str), OpenError> {
        let (catalogue, _) = self.item(id)?;
        let file = catalogue.open_place(&part.place(id))?;
        Ok((read_bounded(&file, POSTER_LIMIT)?, "image/jpeg"))
    }

    /// The media of an item that a device can have seen. `sent` tells which bytes of a content went to it: of the item's
    /// own content, and of its prepared version's.
    pub fn media_of(&self, id: &ItemId, within: &Range<Millis>, sent: &dyn Fn(ItemId) -> Vec<Range<u64>>) -> Intervals {
        let catalogue = self.indexer.catalogue();
        if !catalogue.has(id) {
            return Intervals::none();
        }
        let seen = |content: ItemId, film: &dyn Fn() -> Option<Arc<watched::Film>>| {
            let bytes = sent(content);
            let film = if bytes.is_empty() { None } else { film() };
            film.map_or_else(Intervals::none, |film| film.media_within(within, &bytes))
        };
        let own = seen(*id, &|| self.watched.get(&self.indexer, &catalogue, id));
        let Some(version) = self.made(id).film else { return own };
        own.union(&seen(version.content, &|| self.watched.of_version(&version)))
    }

    /// Decides about an item; the decision is durable when this returns.
    pub async fn mark(&self, id: ItemId, decide: impl FnOnce(&mut Mark) + Send + 'static) -> Result<(), StoreError> {
        let mut mark = self.mark_of(&id);
        decide(&mut mark);
        let kept = mark.clone();
        self.store
            .write(Urgency::Now, move |tx| marks::write(tx, id, &kept))
            .await??;
        let mut stock = self.stock();
        Arc::make_mut(&mut stock.marks).set(id, mark);
        stock.decisions += 1;
        self.renew(&mut stock, &id);
        Ok(())
    }
}

/// A poster that a phone on a village Wi-Fi should wait for.
const POSTER_LIMIT: usize = 8 << 20;

fn read_bounded(file: &File, limit: usize) -> Result<Vec<u8>, std::io::Error> {
    use std::io::Read;
    let mut bytes = Vec::new();
    file.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > limit {
        return Err(std::io::Error::other("larger than such a file should be"));
    }
    Ok(bytes)
}

/// Whether an item may be opened by members at all.
pub(crate) fn is_playable(plays: Plays) -> bool {
    matches!(plays, Plays::Everywhere | Plays::Pc)
}

/// A length that may be unknown.
pub(crate) fn length(item: &Item) -> Millis {
    Millis(item.facts.duration_ms.unwrap_or(0))
}
