//! One line of the library: what the folder says about a file, what people decided, and what was made of it.

use media_index::{Damage, Item, Kind, Place, Plays, Question, Standing, Why};

use super::made::Made;
use super::marks::Mark;
use super::{is_playable, length};
use crate::types::{ItemId, Millis};

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

/// One line of the library, with all that pages tell of it. It is put together when somebody asks (see [`super::Lines`]).
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
    /// Made here 本土电教片.
    pub local: bool,
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
    /// A higher number came later.
    pub arrival: u64,
    /// A picture lies beside it, or was made.
    pub has_poster: bool,
    /// A small picture was made.
    pub has_thumb: bool,
    place: Place,
    more: More,
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

    /// Path below the media folder, for people.
    pub fn file(&self) -> String {
        self.place.readable()
    }

    /// Where it comes from 来源.
    pub fn source(&self) -> Option<&str> {
        self.more.source.as_deref()
    }

    /// Who speaks 主讲人.
    pub fn speaker(&self) -> Option<&str> {
        self.more.speaker.as_deref()
    }

    /// What it is about.
    pub fn plot(&self) -> Option<&str> {
        self.more.plot.as_deref()
    }

    /// Questions 测验 that may follow it.
    pub fn quiz(&self) -> &[Question] {
        &self.more.quiz
    }

    /// Hand-outs 讲义 that belong to it.
    pub fn handouts(&self) -> &[ItemId] {
        &self.more.handouts
    }

    /// Languages of its subtitles; `None` where the name says none.
    pub fn subtitles(&self) -> &[Option<String>] {
        &self.more.subtitles
    }

    /// What the operator wants about preparing.
    pub fn prepare(&self) -> Option<bool> {
        self.more.prepare
    }

    /// A version for every phone was made, and is what is delivered.
    pub fn is_prepared(&self) -> bool {
        self.more.version.is_some()
    }

    /// The id of the content that is delivered: the item's own, or its prepared version's.
    pub fn content(&self) -> Option<ItemId> {
        self.more.version.or(self.id)
    }

    /// Its own file is delivered, though a version was made.
    pub(super) fn deliver_own(&mut self, mime: &str) {
        mime.clone_into(&mut self.mime);
        self.more.version = None;
    }
}

/// The line of an item: what the folder says, what people decided, and what was made of it.
pub(super) fn of_item(item: &Item, mark: &Mark, made: Made, approved: bool, offline: bool) -> Entry {
    with_made(of_folder(item, mark, approved, offline), made)
}

fn of_folder(item: &Item, mark: &Mark, approved: bool, offline: bool) -> Entry {
    let state = match (offline, approved) {
        (true, _) => State::Offline,
        (false, true) => State::Ready,
        (false, false) => State::Waiting,
    };
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
        title: mark.title.as_ref().unwrap_or(&item.title).clone(),
        local: mark.local.or(item.sheet.local).unwrap_or(false),
        class: mark.class.as_ref().or(item.class.as_ref()).cloned(),
        kind: item.kind,
        mime: item.mime.clone(),
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
        more,
    }
}

/// What was made shows the item, and is delivered instead of it.
fn with_made(mut entry: Entry, made: Made) -> Entry {
    entry.has_poster |= made.poster;
    entry.has_thumb = made.thumb;
    if let Some(version) = made.film {
        entry.plays = Plays::Everywhere;
        entry.why = Why::Nothing;
        entry.mime.clone_from(&version.mime);
        entry.more.version = Some(version.content);
        if entry.length == Millis::ZERO {
            entry.length = Millis(version.facts.duration_ms.unwrap_or(0));
        }
    }
    entry
}

/// What is copied now or damaged stands at the top of the list: it is what somebody looks for.
pub(super) fn of_trouble(trouble: &media_index::Trouble) -> Entry {
    let (state, size) = match &trouble.standing {
        Standing::Copying { have, need } => (State::Copying(need.and_then(|need| percent(*have, need))), *have),
        Standing::Damaged(damage) => (State::Damaged(Box::new(damage.clone())), 0),
    };
    Entry {
        id: None,
        title: trouble.place.stem(),
        class: trouble.place.top_folder(),
        local: false,
        kind: Kind::by_ending(&trouble.place.ending()).unwrap_or(Kind::Document),
        mime: String::new(),
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
        more: More::default(),
    }
}

fn percent(have: u64, need: u64) -> Option<u8> {
    (need > 0).then(|| {
        u8::try_from(have.min(need).saturating_mul(100) / need)
            .unwrap_or(100)
            .min(99)
    })
}
