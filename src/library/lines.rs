//! The lines of the library as lists hold them. A small box holds twenty thousand beside everything else: so a line is what
//! is asked of all of them, in a few bytes, and the rest is put together of catalogue, marks and what was made when
//! somebody reads it.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use media_index::{Catalogue, Kind, Plays};

use super::entry::{self, Entry, State};
use super::is_playable;
use super::made::AllMade;
use super::marks::Marks;
use super::shelf::Vetting;
use crate::types::{ItemId, Millis, SearchQuery};

/// Where a file stands, in short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// See [`State::Ready`].
    Ready,
    /// See [`State::Copying`].
    Copying,
    /// See [`State::Damaged`].
    Damaged,
    /// See [`State::Offline`].
    Offline,
    /// See [`State::Waiting`].
    Waiting,
}

impl From<&State> for Stands {
    fn from(state: &State) -> Self {
        match state {
            State::Ready => Self::Ready,
            State::Copying(_) => Self::Copying,
            State::Damaged(_) => Self::Damaged,
            State::Offline => Self::Offline,
            State::Waiting => Self::Waiting,
        }
    }
}

/// What is held of a line.
#[derive(Debug, Clone, Copy)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a question of its own that a page asks"
)]
pub(super) struct Row {
    /// The item's number in the catalogue, or behind all items that of a trouble.
    at: u32,
    /// Its class's number among the words, counted from one; 0 is none.
    class: u32,
    length: Millis,
    stands: Stands,
    kind: Kind,
    plays: Plays,
    hidden: bool,
    approved: bool,
    has_pictures: bool,
    is_prepared: bool,
    prepare: Option<bool>,
}

/// The classes, each once.
#[derive(Debug, Clone, Default)]
pub(super) struct Words {
    words: Arc<Vec<Box<str>>>,
    numbers: HashMap<Box<str>, u32>,
}

impl Words {
    fn number(&mut self, word: Option<&str>) -> u32 {
        let Some(word) = word else { return 0 };
        if let Some(number) = self.numbers.get(word) {
            return *number;
        }
        let words = Arc::make_mut(&mut self.words);
        words.push(word.into());
        // More than four billion files are refused by the scan.
        let number = u32::try_from(words.len()).unwrap_or(0);
        self.numbers.insert(word.into(), number);
        number
    }

    pub(super) fn all(&self) -> Arc<Vec<Box<str>>> {
        Arc::clone(&self.words)
    }
}

impl Row {
    pub(super) fn of(at: u32, entry: &Entry, words: &mut Words) -> Self {
        Self {
            at,
            class: words.number(entry.class.as_deref()),
            length: entry.length,
            stands: Stands::from(&entry.state),
            kind: entry.kind,
            plays: entry.plays,
            hidden: entry.hidden,
            approved: entry.approved,
            has_pictures: entry.has_thumb && entry.has_poster,
            is_prepared: entry.is_prepared(),
            prepare: entry.prepare(),
        }
    }

    /// The same line, of which something else is true now.
    pub(super) fn again(self, entry: &Entry, words: &mut Words) -> Self {
        Self::of(self.at, entry, words)
    }
}

/// All rows, the latest arrivals first. What is copied now or damaged stands at the top.
pub(super) fn rows(
    catalogue: &Catalogue,
    marks: &Marks,
    made: &AllMade,
    vetting: &Vetting,
    words: &mut Words,
) -> Vec<Row> {
    let mut rows = Vec::with_capacity(catalogue.len() + catalogue.troubles.len());
    for (at, trouble) in (0..).zip(&catalogue.troubles) {
        let at = number(catalogue.len()) + at;
        rows.push(Row::of(at, &entry::of_trouble(trouble), words));
    }
    let troubles = rows.len();
    for (at, glance) in (0..).zip(catalogue.glances()) {
        let item = glance.item();
        let (mark, made) = (marks.get(&item.id), made.get(&item.id));
        let approved = vetting.passes(&item.id, &mark);
        let entry = entry::of_item(&item, &mark, made, approved, catalogue.offline);
        rows.push(Row::of(at, &entry, words));
    }
    let glance = |row: &Row| catalogue.glance(row.at as usize);
    rows[troubles..].sort_by_cached_key(|row| Reverse(glance(row).map(|glance| glance.arrival())));
    rows
}

fn number(n: usize) -> u32 {
    // More than four billion files are refused by the scan.
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// For each item of the catalogue, by number, which row is its.
pub(super) fn by_number(rows: &[Row], catalogue: &Catalogue) -> Vec<u32> {
    let mut places = vec![0; catalogue.len()];
    for (place, row) in (0..).zip(rows) {
        if let Some(of_item) = places.get_mut(row.at as usize) {
            *of_item = place;
        }
    }
    places
}

/// All lines as they were at one moment, the latest arrivals first. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Lines {
    pub(super) catalogue: Arc<Catalogue>,
    pub(super) rows: Arc<Vec<Row>>,
    pub(super) words: Arc<Vec<Box<str>>>,
    pub(super) marks: Arc<Marks>,
    pub(super) made: Arc<AllMade>,
}

impl Lines {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Everything, as the operator sees it.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Line<'_>> {
        self.from(0)
    }

    /// The lines from this one on.
    pub fn from(&self, first: usize) -> impl ExactSizeIterator<Item = Line<'_>> {
        let rows = self.rows.get(first..).unwrap_or(&[]);
        rows.iter().map(|row| Line { lines: self, row: *row })
    }

    /// What members see: whole, approved, not hidden, and there.
    pub fn shown(&self) -> impl Iterator<Item = Line<'_>> {
        self.iter().filter(Line::is_shown)
    }

    pub(super) fn at(&self, place: usize) -> Option<Line<'_>> {
        let row = *self.rows.get(place)?;
        Some(Line { lines: self, row })
    }
}

/// One line, of which only what is asked is read.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    lines: &'a Lines,
    row: Row,
}

impl<'a> Line<'a> {
    fn glance(&self) -> Option<media_index::Glance<'a>> {
        self.lines.catalogue.glance(self.row.at as usize)
    }

    fn trouble(&self) -> Option<&'a media_index::Trouble> {
        let n = (self.row.at as usize).checked_sub(self.lines.catalogue.len())?;
        self.lines.catalogue.troubles.get(n)
    }

    /// The item; none for a file that could not be looked into.
    pub fn id(&self) -> Option<ItemId> {
        self.glance().map(|glance| glance.id())
    }

    /// Whether members see it.
    pub fn is_shown(&self) -> bool {
        let is_vetted = self.row.approved && !self.row.hidden;
        self.row.stands == Stands::Ready && is_vetted && is_playable(self.row.plays)
    }

    /// Where it stands, in short.
    pub fn stands(&self) -> Stands {
        self.row.stands
    }

    /// What it is.
    pub fn kind(&self) -> Kind {
        self.row.kind
    }

    /// Where it plays.
    pub fn plays(&self) -> Plays {
        self.row.plays
    }

    /// Taken off the shelf.
    pub fn is_hidden(&self) -> bool {
        self.row.hidden
    }

    /// Poster and thumbnail are there.
    pub fn has_pictures(&self) -> bool {
        self.row.has_pictures
    }

    /// A version for every phone was made, and is what is delivered.
    pub fn is_prepared(&self) -> bool {
        self.row.is_prepared
    }

    /// What the operator wants about preparing.
    pub fn prepare(&self) -> Option<bool> {
        self.row.prepare
    }

    /// Its length; zero if unknown or without time.
    pub fn length(&self) -> Millis {
        self.row.length
    }

    /// Class 类别, if any.
    pub fn class(&self) -> Option<&'a str> {
        let n = (self.row.class as usize).checked_sub(1)?;
        self.lines.words.get(n).map(|word| &**word)
    }

    /// A higher number came later.
    pub fn arrival(&self) -> u64 {
        self.glance().map_or(u64::MAX, |glance| glance.arrival())
    }

    /// Title for people.
    pub fn title(&self) -> String {
        let Some(glance) = self.glance() else {
            return self.trouble().map(|trouble| trouble.place.stem()).unwrap_or_default();
        };
        self.lines.marks.title(&glance.id()).unwrap_or_else(|| glance.title())
    }

    /// Whether its title, its keywords, their pinyin or initials match.
    pub fn matches(&self, query: &mut SearchQuery) -> bool {
        let keywords = self.glance().map_or(&[][..], |glance| glance.keywords());
        query.is_in(&self.title(), keywords)
    }

    /// All that pages tell of it.
    pub fn entry(&self) -> Option<Entry> {
        let Some(glance) = self.glance() else {
            return self.trouble().map(entry::of_trouble);
        };
        let (id, lines) = (glance.id(), self.lines);
        let (mark, made) = (lines.marks.get(&id), lines.made.get(&id));
        Some(entry::of_item(
            &glance.item(),
            &mark,
            made,
            self.row.approved,
            lines.catalogue.offline,
        ))
    }
}

/// Lines of films, for tests of what is made of them; `approved` tells which members see.
#[cfg(test)]
pub(crate) fn samples(count: usize, approved: impl Fn(usize) -> bool) -> Lines {
    let mut catalogue = Catalogue::default();
    catalogue.troubles = (0..count)
        .map(|n| media_index::Trouble {
            place: format!("class/film {n}.mp4").into_bytes().into(),
            standing: media_index::Standing::Damaged(media_index::Damage::Empty),
        })
        .collect();
    let mut words = Words::default();
    let mut row = |n: usize| Row {
        stands: Stands::Ready,
        plays: Plays::Everywhere,
        approved: approved(n),
        ..Row::of(number(n), &entry::of_trouble(&catalogue.troubles[n]), &mut words)
    };
    Lines {
        rows: Arc::new((0..count).map(&mut row).collect()),
        words: words.all(),
        catalogue: Arc::new(catalogue),
        marks: Arc::default(),
        made: Arc::default(),
    }
}
