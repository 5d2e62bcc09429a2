//! Catalogue and marks together, prepared for reading.

use std::collections::HashMap;
use std::sync::Arc;

use media_index::{Catalogue, Damage, Item, Kind, Plays, Standing, Why};

use super::made::{AllMade, Made};
use super::marks::{Mark, Marks};
use super::{Approval, Listed, is_playable, length};
use crate::types::{ItemId, Millis, SearchKeys};

/// Where a file stands.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// Whole.
    Ready,
    /// Still being written, this much in percent if that is known.
    Copying(Option<u8>),
    /// Not whole, and why.
    Damaged(Damage),
    /// Its disk is away.
    Offline,
    /// Whole, and waiting to be approved.
    Waiting,
}

/// One line of the library.
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
    pub class: Option<String>,
    /// Where it comes from 来源.
    pub source: Option<String>,
    /// Who speaks 主讲人.
    pub speaker: Option<String>,
    /// Made here 本土电教片.
    pub local: bool,
    /// What it is about.
    pub plot: Option<String>,
    /// Questions 测验 that may follow it.
    pub quiz: Vec<media_index::Question>,
    /// Hand-outs 讲义 that belong to it.
    pub handouts: Vec<ItemId>,
    /// What it is.
    pub kind: Kind,
    /// Its media type.
    pub mime: String,
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
    /// Path below the media folder, for people.
    pub file: String,
    /// A higher number came later.
    pub arrival: u64,
    /// Languages of its subtitles; `None` where the name says none.
    pub subtitles: Vec<Option<String>>,
    /// A picture lies beside it, or was made.
    pub has_poster: bool,
    /// A small picture was made.
    pub has_thumb: bool,
    /// A version for every phone was made, and is what is delivered.
    pub is_prepared: bool,
    /// What the operator wants about preparing.
    pub prepare: Option<bool>,
    /// The id of the content that is delivered: the item's own, or its prepared version's.
    pub content: Option<ItemId>,
    keys: SearchKeys,
}

impl Entry {
    /// Whether members see it.
    pub fn is_shown(&self) -> bool {
        let opens = is_playable(self.plays);
        self.id.is_some() && self.state == State::Ready && self.approved && !self.hidden && opens
    }

    /// Whether its title, pinyin or initials match.
    pub fn matches(&self, query: &str) -> bool {
        self.keys.matches(query)
    }
}

/// Who vets, and what the district approved.
pub(super) struct Vetting {
    pub(super) approval: Approval,
    pub(super) listed: Arc<Listed>,
}

impl Vetting {
    fn passes(&self, item: &Item, mark: &Mark) -> bool {
        match self.approval {
            Approval::Folder => true,
            Approval::Desk => mark.approved,
            Approval::District => self.listed.items.contains(&item.id),
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Shelf {
    generation: u64,
    marks: u64,
    made: u64,
    listed: u64,
    entries: Arc<Vec<Arc<Entry>>>,
    by_id: HashMap<ItemId, usize>,
}

impl Shelf {
    pub(super) fn is_of(&self, catalogue: &Catalogue, marks: &Marks, made: &AllMade, listed: &Listed) -> bool {
        (self.generation, self.marks, self.made, self.listed)
            == (catalogue.generation, marks.version, made.version, listed.version)
    }

    pub(super) fn build(catalogue: &Catalogue, marks: &Marks, made: &AllMade, vetting: &Vetting) -> Self {
        let entry_of = |item: &Item| {
            let entry = of_item(item, &marks.get(&item.id), vetting, catalogue.offline);
            with_made(entry, made.get(&item.id))
        };
        let mut entries: Vec<Arc<Entry>> = catalogue.items().map(|item| entry_of(&item).into()).collect();
        entries.extend(catalogue.troubles.iter().map(|trouble| of_trouble(trouble).into()));
        entries.sort_by(|a, b| (b.arrival, &a.file).cmp(&(a.arrival, &b.file)));
        let ids = entries
            .iter()
            .enumerate()
            .filter_map(|(at, entry)| Some((entry.id?, at)));
        Self {
            generation: catalogue.generation,
            marks: marks.version,
            made: made.version,
            listed: vetting.listed.version,
            by_id: ids.collect(),
            entries: Arc::new(entries),
        }
    }

    pub(super) fn entries(&self) -> Arc<Vec<Arc<Entry>>> {
        Arc::clone(&self.entries)
    }

    pub(super) fn entry(&self, id: &ItemId) -> Option<Entry> {
        self.by_id.get(id).map(|at| (*self.entries[*at]).clone())
    }
}

fn of_item(item: &Item, mark: &Mark, vetting: &Vetting, offline: bool) -> Entry {
    let approved = vetting.passes(item, mark);
    let state = match (offline, approved) {
        (true, _) => State::Offline,
        (false, true) => State::Ready,
        (false, false) => State::Waiting,
    };
    let title = mark.title.clone().unwrap_or_else(|| item.title.clone());
    let keywords = item.sheet.keywords.join(" ");
    Entry {
        id: Some(item.id),
        keys: SearchKeys::of(&format!("{title} {keywords}")),
        title,
        local: mark.local.or(item.sheet.local).unwrap_or(false),
        class: mark.class.clone().or_else(|| item.class.clone()),
        source: mark.source.clone().or_else(|| item.sheet.source.clone()),
        speaker: mark.speaker.clone().or_else(|| item.sheet.speaker.clone()),
        plot: item.sheet.plot.clone(),
        quiz: item.sheet.quiz.clone(),
        handouts: item.handouts.clone(),
        kind: item.kind,
        mime: item.mime.clone(),
        length: length(item),
        size: item.stamp.size,
        state,
        plays: item.plays,
        why: item.why,
        hidden: mark.hidden,
        approved,
        file: item.places[0].readable(),
        arrival: item.arrival,
        subtitles: item.subtitles.iter().map(|s| s.language.clone()).collect(),
        has_poster: item.poster.is_some(),
        has_thumb: false,
        is_prepared: false,
        prepare: mark.prepare,
        content: Some(item.id),
    }
}

/// What was made shows the item, and is delivered instead of it.
fn with_made(mut entry: Entry, made: Made) -> Entry {
    entry.has_poster |= made.poster;
    entry.has_thumb = made.thumb;
    if let Some(version) = made.film {
        entry.is_prepared = true;
        entry.plays = Plays::Everywhere;
        entry.why = Why::Nothing;
        entry.mime.clone_from(&version.mime);
        entry.content = Some(version.content);
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
        Standing::Damaged(damage) => (State::Damaged(damage.clone()), 0),
    };
    let title = trouble.place.stem();
    Entry {
        id: None,
        keys: SearchKeys::of(&title),
        title,
        class: trouble.place.top_folder(),
        source: None,
        speaker: None,
        local: false,
        plot: None,
        quiz: Vec::new(),
        handouts: Vec::new(),
        kind: Kind::by_ending(&trouble.place.ending()).unwrap_or(Kind::Document),
        mime: String::new(),
        length: Millis::ZERO,
        size,
        state,
        plays: Plays::No,
        why: Why::Nothing,
        hidden: false,
        approved: false,
        file: trouble.place.readable(),
        arrival: u64::MAX,
        subtitles: Vec::new(),
        has_poster: false,
        has_thumb: false,
        is_prepared: false,
        prepare: None,
        content: None,
    }
}

fn percent(have: u64, need: u64) -> Option<u8> {
    (need > 0).then(|| {
        u8::try_from(have.min(need).saturating_mul(100) / need)
            .unwrap_or(100)
            .min(99)
    })
}
