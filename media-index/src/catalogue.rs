//! What there is, as an immutable snapshot: readers hold one as long as they like and never wait for a scan.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::sheet::{self, Notes};
use crate::{Card, Damage, ItemId, Kind, Known, Place, Sheet, Stamp, Subtitle, Whole, beneath, place, sidecar};

/// One media item 课件: whole, and known by its content.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// What looking into it found; its fields read as the item's own.
    pub whole: Whole,
    /// What a note says, or the file's name without its ending.
    pub title: String,
    /// What a note says, or the first folder below the root.
    pub class: Option<String>,
    /// What people wrote about it, beside it.
    pub sheet: Arc<Sheet>,
    /// Where it lies; the same content may lie in several places.
    pub places: Vec<Place>,
    /// Size, date and inode of the first place.
    pub stamp: Stamp,
    /// The stamps of all places, in their order: each is compared when its file is opened.
    pub(crate) stamps: Vec<Stamp>,
    /// A higher number came later.
    pub arrival: u64,
    /// Subtitles beside it.
    pub subtitles: Vec<Subtitle>,
    /// A picture beside it.
    pub poster: Option<Place>,
    /// Hand-outs 讲义 beside it: documents whose names begin with the film's. They are items of their own, too.
    pub handouts: Vec<ItemId>,
}

impl Deref for Item {
    type Target = Whole;

    fn deref(&self) -> &Whole {
        &self.whole
    }
}

/// An item as a snapshot holds it: the card of its first place, and what few items have, apart.
#[derive(Debug, Clone)]
pub(crate) struct Slim {
    card: Card,
    more: Option<Box<More>>,
}

/// What few items have.
#[derive(Debug, Clone, Default)]
pub(crate) struct More {
    /// Where the same content lies as well.
    copies: Vec<Card>,
    sheet: Option<Arc<Sheet>>,
    pub(crate) subtitles: Vec<Subtitle>,
    pub(crate) poster: Option<Place>,
    pub(crate) handouts: Vec<ItemId>,
}

impl Slim {
    /// Of a whole file; none of a damaged one.
    fn of(card: &Card) -> Option<Self> {
        card.content_id().map(|_| Self {
            card: card.clone(),
            more: None,
        })
    }

    pub(crate) fn place(&self) -> Place {
        self.card.place()
    }

    pub(crate) fn path(&self) -> &Path {
        self.card.path()
    }

    pub(crate) fn id(&self) -> ItemId {
        ItemId::from_bytes(*self.card.id_bytes())
    }

    pub(crate) fn kind(&self) -> Kind {
        self.content().1
    }

    fn content(&self) -> (ItemId, Kind) {
        self.card.content().expect("made of whole files alone")
    }

    pub(crate) fn more(&mut self) -> &mut More {
        self.more.get_or_insert_default()
    }

    /// Another file of the same content.
    fn take_in(&mut self, copy: Self) {
        self.more().copies.push(copy.card);
    }

    /// One for each place.
    fn cards(&self) -> impl Iterator<Item = &Card> {
        let copies = self.more.as_deref().map_or(&[][..], |more| &more.copies);
        std::iter::once(&self.card).chain(copies)
    }

    fn sheet(&self) -> Option<&Sheet> {
        self.more.as_deref()?.sheet.as_deref()
    }

    fn title(&self) -> String {
        let written = self.sheet().and_then(|sheet| sheet.title.clone());
        written.unwrap_or_else(|| place::stem(self.path()))
    }

    fn arrival(&self) -> u64 {
        self.cards().map(Card::arrival).min().unwrap_or_default()
    }

    fn item(&self) -> Item {
        let more = self.more.as_deref().cloned().unwrap_or_default();
        let sheet = more.sheet.unwrap_or_default();
        Item {
            title: self.title(),
            class: sheet.class.clone().or_else(|| self.place().top_folder()),
            whole: self.card.whole().expect("made of whole files alone"),
            sheet,
            places: self.cards().map(Card::place).collect(),
            stamp: self.card.stamp(),
            stamps: self.cards().map(Card::stamp).collect(),
            arrival: self.arrival(),
            subtitles: more.subtitles,
            poster: more.poster,
            handouts: more.handouts,
        }
    }
}

/// What lists ask of an item, without looking into all that is known of it.
#[derive(Debug, Clone, Copy)]
pub struct Glance<'a>(&'a Slim);

impl<'a> Glance<'a> {
    /// Its id.
    pub fn id(&self) -> ItemId {
        self.0.id()
    }

    /// See [`Item::title`].
    pub fn title(&self) -> String {
        self.0.title()
    }

    /// Other words that lead to it.
    pub fn keywords(&self) -> &'a [String] {
        self.0.sheet().map_or(&[], |sheet| &sheet.keywords)
    }

    /// Where it lies.
    pub fn path(&self) -> &'a Path {
        self.0.path()
    }

    /// See [`Item::arrival`].
    pub fn arrival(&self) -> u64 {
        self.0.arrival()
    }

    /// All that is known.
    pub fn item(&self) -> Item {
        self.0.item()
    }
}

/// A file that is not shown to members, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Trouble {
    /// Which file.
    pub place: Place,
    /// What is the matter.
    pub standing: Standing,
}

impl Trouble {
    fn of(card: &Card) -> Option<Self> {
        card.damage().map(|damage| Self {
            place: card.place(),
            standing: Standing::Damaged(damage),
        })
    }
}

/// Why a file is not shown.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing {
    /// Somebody is still writing it.
    Copying {
        /// Bytes there.
        have: u64,
        /// Bytes announced by the container, if it says so already.
        need: Option<u64>,
    },
    /// It cannot be shown.
    Damaged(Damage),
}

/// A snapshot of the folder.
#[derive(Debug, Default)]
pub struct Catalogue {
    root: PathBuf,
    /// Grows with every snapshot.
    pub generation: u64,
    /// The disk is not there: everything is known, nothing can be opened.
    pub offline: bool,
    /// In the order of their ids.
    items: Vec<Slim>,
    /// What is not shown, by place.
    pub troubles: Vec<Trouble>,
}

/// What a snapshot says beside its items.
#[derive(Debug)]
pub(crate) struct About {
    pub(crate) generation: u64,
    pub(crate) offline: bool,
    pub(crate) troubles: Vec<Trouble>,
}

/// What lies beside the items.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Beside<'a> {
    pub(crate) subtitles: &'a BTreeSet<Place>,
    pub(crate) notes: &'a Notes,
}

impl Catalogue {
    /// Puts together what is shown; of a file that is in trouble already (it is growing again) only the trouble.
    pub(crate) fn build(root: &Path, about: About, known: &Known, beside: Beside<'_>) -> Self {
        let About {
            generation,
            offline,
            mut troubles,
        } = about;
        let troubled: BTreeSet<Vec<u8>> = troubles.iter().map(|trouble| trouble.place.bytes().to_vec()).collect();
        let untroubled = || known.cards().filter(|card| !troubled.contains(card.place_bytes()));
        let mut items = by_content(untroubled().filter_map(Slim::of).collect());
        troubles.extend(untroubled().filter_map(Trouble::of));
        sidecar::attach(&mut items, beside.subtitles.iter());
        describe(&mut items, beside.notes);
        troubles.sort_by(|a, b| a.place.cmp(&b.place));
        Self {
            root: root.to_owned(),
            generation,
            offline,
            items,
            troubles,
        }
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// All items, in the order of their ids.
    pub fn items(&self) -> impl Iterator<Item = Item> {
        self.items.iter().map(Slim::item)
    }

    /// One item.
    pub fn get(&self, id: &ItemId) -> Option<Item> {
        self.number_of(id).map(|n| self.items[n].item())
    }

    /// What lists ask of each item, in the order of the ids.
    pub fn glances(&self) -> impl ExactSizeIterator<Item = Glance<'_>> {
        self.items.iter().map(Glance)
    }

    /// What lists ask of item number `n` in the order of the ids.
    pub fn glance(&self, n: usize) -> Option<Glance<'_>> {
        self.items.get(n).map(Glance)
    }

    /// Which number an item has in the order of the ids.
    pub fn number_of(&self, id: &ItemId) -> Option<usize> {
        self.items.binary_search_by_key(id, Slim::id).ok()
    }

    /// Whether there is such an item.
    pub fn has(&self, id: &ItemId) -> bool {
        self.number_of(id).is_some()
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Opens an item's file, and makes sure that it is still the one that was looked into: a file that was replaced is
    /// never served under the old id.
    pub fn open(&self, item: &Item) -> io::Result<File> {
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        for (place, stamp) in item.places.iter().zip(&item.stamps) {
            match self.open_place(place) {
                Ok(file) if Stamp::of(&file.metadata()?) == *stamp => return Ok(file),
                Ok(_) => last = io::Error::new(io::ErrorKind::NotFound, "the file was replaced"),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Opens a file below the root; no link leads out, or anywhere else.
    pub fn open_place(&self, place: &Place) -> io::Result<File> {
        beneath::open(&self.root, place.path())
    }
}

/// Sorts by id and makes one item of each content. Records come in the order of their places, and a stable sort keeps it:
/// the first place stays the first.
fn by_content(mut files: Vec<Slim>) -> Vec<Slim> {
    files.sort_by_key(Slim::id);
    let mut items: Vec<Slim> = Vec::with_capacity(files.len());
    for file in files {
        match items.last_mut() {
            Some(last) if last.id() == file.id() => last.take_in(file),
            _ => items.push(file),
        }
    }
    items.shrink_to_fit();
    items
}

/// Gives films and sound what is written about them.
fn describe(items: &mut [Slim], notes: &Notes) {
    if notes.is_empty() {
        return;
    }
    for item in items
        .iter_mut()
        .filter(|item| matches!(item.kind(), Kind::Film | Kind::Audio))
    {
        let sheet = sheet::of_film(notes, item.path());
        if sheet != Sheet::default() {
            item.more().sheet = Some(Arc::new(sheet));
        }
    }
}
