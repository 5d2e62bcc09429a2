//! Catalogue and marks together, prepared for reading.

use std::collections::HashSet;
use std::sync::Arc;

use media_index::{Catalogue, Damage, Item, Kind, Place, Plays, Question, Standing, Why};

use super::made::{AllMade, Made};
use super::marks::{Mark, Marks};
use super::{Approval, is_playable, length};
use crate::types::{ItemId, Millis, SearchKeys};

/// Where a file stands.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// Whole.
    Ready,
    /// Still being written, this much in percent if that is known.
    Copying(Option<u8>),
    /// Not whole, and why.
    Damaged(Box<Damage>),
    /// Its disk is away.
    Offline,
    /// Whole, and waiting to be approved.
    Waiting,
}

/// One line of the library. Twenty thousand of them are held beside everything else: what few items have lies apart.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a question of its own that a page asks"
)]
pub struct Entry {
    /// The item; none for a file that could not be looked into.
    pub id: Option<ItemId>,
    /// Title for people.
    pub title: String,
    /// Class 类别, if any.
    pub class: Option<Arc<str>>,
    /// Made here 本土电教片.
    pub local: bool,
    /// What it is.
    pub kind: Kind,
    /// Its media type.
    pub mime: Arc<str>,
    /// Its length; zero if unknown or without time.
    pub length: Millis,
    /// Bytes.
    pub size: u64,
    /// Where it stands.
    pub state: State,
    /// Where it plays.
    pub plays: Plays,
    /// Why not everywhere.
    pub why: Why,
    /// Taken off the shelf.
    pub hidden: bool,
    /// Vetted.
    pub approved: bool,
    /// A higher number came later.
    pub arrival: u64,
    /// A picture lies beside it, or was made.
    pub has_poster: bool,
    /// A small picture was made.
    pub has_thumb: bool,
    place: Place,
    keys: SearchKeys,
    more: Option<Box<More>>,
}

/// What few items have.
#[derive(Debug, Clone, Default, PartialEq)]
struct More {
    source: Option<String>,
    speaker: Option<String>,
    plot: Option<String>,
    quiz: Vec<Question>,
    handouts: Vec<ItemId>,
    subtitles: Vec<Option<String>>,
    prepare: Option<bool>,
    version: Option<ItemId>,
}

impl Entry {
    /// Whether members see it.
    pub fn is_shown(&self) -> bool {
        let opens = is_playable(self.plays);
        self.id.is_some() && self.state == State::Ready && self.approved && !self.hidden && opens
    }

    /// Whether its title, pinyin or initials match.
    pub fn matches(&self, query: &str) -> bool {
        self.keys.match_beside(&self.title, query)
    }

    /// Path below the media folder, for people.
    pub fn file(&self) -> String {
        self.place.readable()
    }

    /// Where it comes from 来源.
    pub fn source(&self) -> Option<&str> {
        self.more.as_ref()?.source.as_deref()
    }

    /// Who speaks 主讲人.
    pub fn speaker(&self) -> Option<&str> {
        self.more.as_ref()?.speaker.as_deref()
    }

    /// What it is about.
    pub fn plot(&self) -> Option<&str> {
        self.more.as_ref()?.plot.as_deref()
    }

    /// Questions 测验 that may follow it.
    pub fn quiz(&self) -> &[Question] {
        self.more.as_ref().map_or(&[], |more| &more.quiz)
    }

    /// Hand-outs 讲义 that belong to it.
    pub fn handouts(&self) -> &[ItemId] {
        self.more.as_ref().map_or(&[], |more| &more.handouts)
    }

    /// Languages of its subtitles; `None` where the name says none.
    pub fn subtitles(&self) -> &[Option<String>] {
        self.more.as_ref().map_or(&[], |more| &more.subtitles)
    }

    /// What the operator wants about preparing.
    pub fn prepare(&self) -> Option<bool> {
        self.more.as_ref()?.prepare
    }

    /// A version for every phone was made, and is what is delivered.
    pub fn is_prepared(&self) -> bool {
        self.more.as_ref().is_some_and(|more| more.version.is_some())
    }

    /// The id of the content that is delivered: the item's own, or its prepared version's.
    pub fn content(&self) -> Option<ItemId> {
        self.more.as_ref().and_then(|more| more.version).or(self.id)
    }

    /// Its own file is delivered, though a version was made.
    pub(super) fn deliver_own(&mut self, mime: &str) {
        self.mime = mime.into();
        if let Some(more) = &mut self.more {
            more.version = None;
        }
    }
}

/// Who vets, and what the district approved.
#[derive(Debug, Default)]
pub(super) struct Vetting {
    pub(super) approval: Approval,
    pub(super) listed: HashSet<ItemId>,
}

impl Vetting {
    fn passes(&self, item: &Item, mark: &Mark) -> bool {
        match self.approval {
            Approval::Folder => true,
            Approval::Desk => mark.approved,
            Approval::District => self.listed.contains(&item.id),
        }
    }
}

/// The lines, the latest arrivals first.
#[derive(Debug, Default, Clone)]
pub(super) struct Shelf {
    /// The snapshot that it was made of; none before the first.
    generation: Option<u64>,
    entries: Arc<Vec<Arc<Entry>>>,
    /// Places in `entries` of those with an id, in the order of the ids.
    by_id: Arc<[u32]>,
}

impl Shelf {
    pub(super) fn is_of(&self, catalogue: &Catalogue) -> bool {
        self.generation == Some(catalogue.generation)
    }

    pub(super) fn build(catalogue: &Catalogue, marks: &Marks, made: &AllMade, vetting: &Vetting) -> Self {
        let mut words = Words::default();
        let mut entry_of = |item: &Item| {
            let (mark, made) = (marks.get(&item.id), made.get(&item.id));
            words.share(line(item, &mark, made, vetting, catalogue.offline))
        };
        let mut entries: Vec<Arc<Entry>> = Vec::with_capacity(catalogue.len() + catalogue.troubles.len());
        entries.extend(catalogue.items().map(|item| entry_of(&item).into()));
        entries.extend(catalogue.troubles.iter().map(|trouble| of_trouble(trouble).into()));
        entries.sort_by(|a, b| (b.arrival, &a.place).cmp(&(a.arrival, &b.place)));
        // More than four billion files are refused by the scan.
        let mut by_id: Vec<u32> = (0..).take(entries.len()).collect();
        by_id.retain(|at| entries[*at as usize].id.is_some());
        by_id.sort_by_key(|at| entries[*at as usize].id);
        Self {
            generation: Some(catalogue.generation),
            by_id: by_id.into(),
            entries: Arc::new(entries),
        }
    }

    /// One item's line again, after somebody decided about it or something was made of it. It stays where it is.
    pub(super) fn renew(&mut self, fresh: Entry) {
        if let Some(at) = fresh.id.and_then(|id| self.place_of(&id)) {
            Arc::make_mut(&mut self.entries)[at] = fresh.into();
        }
    }

    pub(super) fn entries(&self) -> Arc<Vec<Arc<Entry>>> {
        Arc::clone(&self.entries)
    }

    pub(super) fn entry(&self, id: &ItemId) -> Option<Entry> {
        self.place_of(id).map(|at| (*self.entries[at]).clone())
    }

    fn place_of(&self, id: &ItemId) -> Option<usize> {
        let found = self
            .by_id
            .binary_search_by_key(&Some(*id), |at| self.entries[*at as usize].id);
        found.ok().map(|at| self.by_id[at] as usize)
    }
}

/// Words that many items have in common, held once.
#[derive(Debug, Default)]
struct Words(HashSet<Arc<str>>);

impl Words {
    fn share(&mut self, mut entry: Entry) -> Entry {
        entry.class = entry.class.map(|class| self.one(class));
        entry.mime = self.one(entry.mime);
        entry
    }

    fn one(&mut self, word: Arc<str>) -> Arc<str> {
        if let Some(known) = self.0.get(&word) {
            return Arc::clone(known);
        }
        self.0.insert(Arc::clone(&word));
        word
    }
}

/// The line of an item: what the folder says, what people decided, and what was made of it.
pub(super) fn line(item: &Item, mark: &Mark, made: Made, vetting: &Vetting, offline: bool) -> Entry {
    with_made(of_item(item, mark, vetting, offline), made)
}

fn of_item(item: &Item, mark: &Mark, vetting: &Vetting, offline: bool) -> Entry {
    let approved = vetting.passes(item, mark);
    let state = match (offline, approved) {
        (true, _) => State::Offline,
        (false, true) => State::Ready,
        (false, false) => State::Waiting,
    };
    let title = mark.title.as_ref().unwrap_or(&item.title);
    let keywords = item.sheet.keywords.join(" ");
    let more = More {
        source: mark.source.clone().or_else(|| item.sheet.source.clone()),
        speaker: mark.speaker.clone().or_else(|| item.sheet.speaker.clone()),
        plot: item.sheet.plot.clone(),
        quiz: item.sheet.quiz.clone(),
        handouts: item.handouts.clone(),
        subtitles: item.subtitles.iter().map(|s| s.language.clone()).collect(),
        prepare: mark.prepare,
        version: None,
    };
    Entry {
        id: Some(item.id),
        keys: SearchKeys::beside(title, &keywords),
        // A clone has no room to grow, which a text that was put together has.
        title: title.clone(),
        local: mark.local.or(item.sheet.local).unwrap_or(false),
        class: mark.class.as_deref().or(item.class.as_deref()).map(Arc::from),
        kind: item.kind,
        mime: item.mime.as_str().into(),
        length: length(item),
        size: item.stamp.size,
        state,
        plays: item.plays,
        why: item.why,
        hidden: mark.hidden,
        approved,
        arrival: item.arrival,
        has_poster: item.poster.is_some(),
        has_thumb: false,
        place: item.places[0].clone(),
        more: (more != More::default()).then(|| more.into()),
    }
}

/// What was made shows the item, and is delivered instead of it.
fn with_made(mut entry: Entry, made: Made) -> Entry {
    entry.has_poster |= made.poster;
    entry.has_thumb = made.thumb;
    if let Some(version) = made.film {
        entry.plays = Plays::Everywhere;
        entry.why = Why::Nothing;
        entry.mime = version.mime.as_str().into();
        entry.more.get_or_insert_default().version = Some(version.content);
        if entry.length == Millis::ZERO {
            entry.length = Millis(version.facts.duration_ms.unwrap_or(0));
        }
    }
    entry
}

/// What is copied now or damaged stands at the top of the list: it is what somebody looks for.
fn of_trouble(trouble: &media_index::Trouble) -> Entry {
    let (state, size) = match &trouble.standing {
        Standing::Copying { have, need } => (State::Copying(need.and_then(|need| percent(*have, need))), *have),
        Standing::Damaged(damage) => (State::Damaged(Box::new(damage.clone())), 0),
    };
    let title = trouble.place.stem();
    Entry {
        id: None,
        keys: SearchKeys::beside(&title, ""),
        title,
        class: trouble.place.top_folder().map(Arc::from),
        local: false,
        kind: Kind::by_ending(&trouble.place.ending()).unwrap_or(Kind::Document),
        mime: "".into(),
        length: Millis::ZERO,
        size,
        state,
        plays: Plays::No,
        why: Why::Nothing,
        hidden: false,
        approved: false,
        arrival: u64::MAX,
        has_poster: false,
        has_thumb: false,
        place: trouble.place.clone(),
        more: None,
    }
}

fn percent(have: u64, need: u64) -> Option<u8> {
    (need > 0).then(|| {
        u8::try_from(have.min(need).saturating_mul(100) / need)
            .unwrap_or(100)
            .min(99)
    })
}

/// Lines of films, for tests of what is made of them; `approved` tells which members see.
#[cfg(test)]
pub(crate) fn samples(count: usize, approved: impl Fn(usize) -> bool) -> Vec<Arc<Entry>> {
    let line = |n: usize| {
        let trouble = media_index::Trouble {
            place: format!("class/film {n}.mp4").into_bytes().into(),
            standing: Standing::Damaged(Damage::Empty),
        };
        Entry {
            id: Some(ItemId::from_digest(&[u8::try_from(n % 251).unwrap_or(0); 32])),
            state: State::Ready,
            plays: Plays::Everywhere,
            approved: approved(n),
            ..of_trouble(&trouble)
        }
    };
    (0..count).map(|n| Arc::new(line(n))).collect()
}
