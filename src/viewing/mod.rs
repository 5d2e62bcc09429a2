//! One person's viewing: a session from opening to closing, on one device, of one item.
//!
//! A beat walks through here: its session's row is read, the pure rule of `credit` judges it, the row is written, and
//! the answer waits until the disk has it. A presence proof turns what is pending into a *span*: a leaf of the ledger, a
//! row of the credit view and the member's new total, in one transaction. What the program cannot know after a power cut
//! it does not guess: open sessions are closed as the station's failure, and what was acknowledged is kept.
//!
//! 1. [`Viewing::open`] supersedes the member's other session, takes over what an earlier session left pending.
//! 2. [`Viewing::beat`], [`Viewing::prove`], [`Viewing::close`] follow the rule.
//! 3. [`Viewing::correct`] is the one act on what was credited before; it takes two people.
//! 4. [`Viewing::recover`] runs once at the start, [`Viewing::close_idle`] now and then, and [`Viewing::trim`] lets rows go
//!    that nobody needs once a district holds what they led to.

mod acts;
mod budget;
mod correct;
mod earlier;
mod grant;
mod hindered;
mod phones;
mod policies;
mod rebuild;
mod rows;
mod ruling;
mod sent;
mod settle;
mod trim;
mod view;

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub use correct::{CorrectError, Correctable, Corrected, Correcting, correctable, corrections_of};
pub use grant::Grant;
pub use policies::{enact, newest_serial, policies_of};
pub use rebuild::rebuild_views;
pub use rows::let_go;
pub use ruling::{Ruled, rule, rulings_of};
pub use sent::Sent;
pub use settle::Open;
pub use trim::LOST_TOLD;
pub use view::{
    Credited, Latest, Live, NotCounted, SpanRow, credited_items, grade_of, latest_sessions, left_pending,
    live_sessions, newest_spans, not_counted, spans_of_year,
};

use crate::clock::{Reading, SharedClock};
use crate::credit::{Policy, rule};
use crate::ledger::{Closing, Ledger, LedgerError};
use crate::store::{Schema, StoreError, Trouble, Urgency};
use crate::types::{DeviceId, Intervals, ItemId, MemberId, Millis, Mode, SessionId};

/// The tables of this room. `live` is what each beat touches: kept small so that a hundred viewers fit a few pages.
pub const SCHEMA: Schema = Schema {
    room: "viewing",
    steps: &["
        CREATE TABLE session (key INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, member TEXT NOT NULL, item BLOB NOT NULL,
            device BLOB NOT NULL, mode TEXT NOT NULL, length INTEGER NOT NULL, boot INTEGER NOT NULL,
            opened INTEGER NOT NULL, wall INTEGER NOT NULL, trust TEXT NOT NULL, position INTEGER NOT NULL DEFAULT 0,
            why TEXT, left_pending TEXT) STRICT;
        CREATE INDEX session_of_member ON session (member, key);
        CREATE TABLE live (key INTEGER PRIMARY KEY, n INTEGER NOT NULL, digest BLOB NOT NULL, note INTEGER NOT NULL,
            pending TEXT NOT NULL, unproved INTEGER NOT NULL, asked INTEGER, ask_after INTEGER NOT NULL,
            unattended INTEGER NOT NULL, flags INTEGER NOT NULL, position INTEGER NOT NULL, seen INTEGER NOT NULL) STRICT;
        CREATE TABLE credited (member TEXT NOT NULL, item BLOB NOT NULL, year INTEGER NOT NULL, media TEXT NOT NULL,
            PRIMARY KEY (member, item, year)) STRICT, WITHOUT ROWID;
        CREATE TABLE span (idx INTEGER PRIMARY KEY, session INTEGER NOT NULL, member TEXT NOT NULL, item BLOB NOT NULL,
            year INTEGER NOT NULL, mode TEXT NOT NULL, credit INTEGER NOT NULL, wall INTEGER NOT NULL) STRICT;
        CREATE INDEX span_of_member ON span (member, year);
        CREATE TABLE known_item (item BLOB PRIMARY KEY, facts TEXT NOT NULL) STRICT, WITHOUT ROWID;
    ", "
        CREATE TABLE correction (idx INTEGER PRIMARY KEY, of INTEGER NOT NULL, member TEXT NOT NULL, item BLOB NOT NULL,
            takes TEXT NOT NULL, gives TEXT NOT NULL, reason TEXT NOT NULL, second TEXT NOT NULL,
            wall INTEGER NOT NULL) STRICT;
        CREATE INDEX correction_of ON correction (of);
        CREATE INDEX correction_of_member ON correction (member);
    ", "
        ALTER TABLE live ADD COLUMN lost TEXT NOT NULL DEFAULT '{}';
        ALTER TABLE session ADD COLUMN lost TEXT;
    ", "
        CREATE TABLE policy (idx INTEGER PRIMARY KEY, first_day INTEGER NOT NULL, district TEXT, serial INTEGER NOT NULL,
            toml TEXT NOT NULL) STRICT;
    ", "
        CREATE TABLE stopped (member TEXT NOT NULL, item BLOB NOT NULL, key INTEGER NOT NULL, position INTEGER NOT NULL,
            length INTEGER NOT NULL, wall INTEGER NOT NULL, PRIMARY KEY (member, item)) STRICT, WITHOUT ROWID;
        CREATE TABLE trimmed (only INTEGER PRIMARY KEY CHECK (only = 1), upto INTEGER NOT NULL) STRICT;
    ", "
        ALTER TABLE span DROP COLUMN session;
    ", "
        ALTER TABLE correction ADD COLUMN district TEXT NOT NULL DEFAULT '';
        CREATE TABLE ruling (district TEXT PRIMARY KEY, serial INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE ruled (idx INTEGER NOT NULL, district TEXT NOT NULL, year INTEGER NOT NULL, evidence TEXT NOT NULL,
            member TEXT NOT NULL, credit INTEGER NOT NULL, wall INTEGER NOT NULL, PRIMARY KEY (idx, member))
            STRICT, WITHOUT ROWID;
        CREATE INDEX ruled_of_member ON ruled (member);
    "],
};

/// No beat for so long ends a session: a lunch break passes, a forgotten tab does not stay for ever.
const IDLE: Millis = Millis::secs(2 * 3600);

/// What the ledger and the rule must know of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemFacts {
    /// Which.
    pub item: ItemId,
    /// Its title.
    pub title: String,
    /// Its class, if any.
    pub class: Option<String>,
    /// The length of its media; zero if unknown, and then nothing can be earned with it.
    pub length: Millis,
    /// It was made here 本土电教片.
    pub made_here: bool,
}

/// Which media stand for which bytes of an item.
pub trait MediaMap: std::fmt::Debug + Send + Sync {
    /// The media of the item that a device can have seen, given which bytes of a content were sent to it (sorted and
    /// disjoint): an item may be delivered in more than one version.
    fn media_of(&self, item: &ItemId, sent: &dyn Fn(ItemId) -> Vec<Range<u64>>) -> Intervals;

    /// The same where it matters: what lies outside of `within` may be missing. Each beat asks, for its ten seconds.
    fn media_within(
        &self,
        item: &ItemId,
        within: &Range<Millis>,
        sent: &dyn Fn(ItemId) -> Vec<Range<u64>>,
    ) -> Intervals {
        let _ = within;
        self.media_of(item, sent)
    }
}

impl MediaMap for crate::library::Library {
    fn media_of(&self, item: &ItemId, sent: &dyn Fn(ItemId) -> Vec<Range<u64>>) -> Intervals {
        Self::media_of(self, item, &(Millis::ZERO..Millis(u64::MAX)), sent)
    }

    fn media_within(
        &self,
        item: &ItemId,
        within: &Range<Millis>,
        sent: &dyn Fn(ItemId) -> Vec<Range<u64>>,
    ) -> Intervals {
        Self::media_of(self, item, within, sent)
    }
}

/// A beat as the page sent it.
#[derive(Debug, Clone)]
pub struct BeatIn {
    /// Its number.
    pub n: u32,
    /// What was played, in milliseconds of the film.
    pub segments: Vec<(i64, i64)>,
    /// Whether the film has ended.
    pub ended: bool,
    /// Whether it should be committed at once rather than wait for company.
    pub urgent: bool,
    /// A digest of the body as sent.
    pub digest: [u8; 8],
}

/// What the page is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The last accepted beat.
    pub n: u32,
    /// All media credited to this member for this item in this year.
    pub credited: Intervals,
    /// Waiting for a presence proof.
    pub pending: Millis,
    /// Time left to answer the presence question, if one is open.
    pub proof_left: Option<Millis>,
    /// Why something earned nothing.
    pub note: Option<rule::Note>,
}

/// A session just opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// Its id.
    pub session: SessionId,
    /// Where the member stopped last time; zero at the first time and after the end.
    pub resume: Millis,
    /// Media credited already in this year.
    pub credited: Intervals,
    /// Taken over from an earlier session.
    pub pending: Millis,
}

/// Why an act was refused. The reader is the page's script.
#[derive(Debug, thiserror::Error)]
pub enum ViewingError {
    /// No such session.
    #[error("no such session")]
    Unknown,
    /// The session has ended, and why.
    #[error("the session has ended")]
    Ended(Closing),
    /// Not this beat's turn; this one is expected.
    #[error("beat {0} is expected")]
    WrongN(u32),
    /// The same number with another body.
    #[error("this beat was already taken with other content")]
    ChangedBody,
    /// Could not be made durable: keep it and come back.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger does not take it.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A row of ours that we cannot read.
    #[error("session {0} cannot be read from the database")]
    Damaged(SessionId),
}

impl ViewingError {
    /// What the ledger or the database said, of an act that knows no sessions.
    pub fn of_ledger(self) -> LedgerError {
        match self {
            Self::Store(error) => error.into(),
            Self::Ledger(error) => error,
            other => {
                tracing::error!(error = %other, "an act of the ledger met a session");
                StoreError::NoRow.into()
            }
        }
    }
}

impl From<rusqlite::Error> for ViewingError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl BeatIn {
    /// From the first to the last moment of the film that it speaks of.
    pub fn hull(&self) -> Range<Millis> {
        let at = |ms: i64| Millis(u64::try_from(ms).unwrap_or(0));
        let from = self.segments.iter().map(|(from, _)| at(*from)).min();
        let to = self.segments.iter().map(|(_, to)| at(*to)).max();
        from.unwrap_or_default()..to.unwrap_or_default()
    }
}

impl ViewingError {
    /// Whether trying again later may help, and what is wrong until then.
    pub fn trouble(&self) -> Option<Trouble> {
        match self {
            Self::Store(error) | Self::Ledger(LedgerError::Store(error)) => error.trouble(),
            _ => None,
        }
    }
}

/// A handle to the room. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Viewing {
    ledger: Ledger,
    clock: SharedClock,
    in_force: policies::InForce,
    phones: phones::Phones,
    /// Something was earned, perhaps, under a clock that nobody vouched for.
    unsure: Arc<AtomicBool>,
    media: Arc<dyn MediaMap>,
    sent: Sent,
    budgets: budget::Budgets,
    troubled: hindered::Troubled,
}

impl Viewing {
    /// Everything starts empty; call [`Self::recover`] before the first viewer comes.
    pub fn new(ledger: Ledger, clock: SharedClock, policy: Arc<Policy>, media: Arc<dyn MediaMap>) -> Self {
        Self {
            ledger,
            clock,
            in_force: policies::InForce::new(policy),
            phones: phones::Phones::default(),
            unsure: Arc::new(AtomicBool::new(true)),
            media,
            sent: Sent::default(),
            budgets: budget::Budgets::default(),
            troubled: hindered::Troubled::default(),
        }
    }

    /// Where delivery notes what it sent.
    pub fn sent(&self) -> &Sent {
        &self.sent
    }

    /// Opens a session; the member's other one, if open, is superseded.
    pub async fn open(
        &self,
        member: MemberId,
        device: DeviceId,
        facts: ItemFacts,
        mode: Mode,
    ) -> Result<Opened, ViewingError> {
        let (room, now) = (self.clone(), self.clock.now());
        let opening = acts::Opening {
            member,
            device,
            facts,
            mode,
        };
        self.write(Urgency::Now, move |tx| acts::open(&room, tx, now, &opening))
            .await
    }

    /// Judges a beat. It may wait a little for company before the disk is asked.
    pub async fn beat(&self, session: SessionId, beat: BeatIn) -> Result<Answer, ViewingError> {
        let (room, now) = (self.clone(), self.clock.now());
        let urgency = if beat.urgent { Urgency::Now } else { Urgency::Soon };
        self.write(urgency, move |tx| acts::beat(&room, tx, now, session, beat))
            .await
    }

    /// Takes a presence proof: what is pending becomes credit, unless the question has lapsed.
    pub async fn prove(&self, session: SessionId) -> Result<Answer, ViewingError> {
        let (room, now) = (self.clone(), self.clock.now());
        self.write(Urgency::Now, move |tx| acts::prove(&room, tx, now, session))
            .await
    }

    /// Ends a session; what is pending stays with the member until he comes back to the item.
    pub async fn close(&self, session: SessionId) -> Result<Answer, ViewingError> {
        let (room, now) = (self.clone(), self.clock.now());
        self.write(Urgency::Now, move |tx| acts::close(&room, tx, now, session))
            .await
    }

    /// Closes what a power cut left open, and keeps what was acknowledged. Returns how many sessions there were.
    pub fn recover(&self) -> Result<usize, ViewingError> {
        let (room, now) = (self.clone(), self.clock.now());
        let store = self.ledger.store();
        store.write_blocking(move |tx| acts::close_all(&room, tx, now, Closing::StationFailure, now.mono))?
    }

    /// Ends sessions that have been silent for two hours.
    pub async fn close_idle(&self) -> Result<usize, ViewingError> {
        let (room, now) = (self.clone(), self.clock.now());
        let silent_since = now.mono.minus(IDLE);
        if silent_since == Millis::ZERO {
            return Ok(0);
        }
        self.write(Urgency::Now, move |tx| {
            acts::close_all(&room, tx, now, Closing::Idle, silent_since)
        })
        .await
    }

    async fn write<T: Send + 'static>(
        &self,
        urgency: Urgency,
        act: impl FnOnce(&crate::store::Tx<'_>) -> Result<T, ViewingError> + Send + 'static,
    ) -> Result<T, ViewingError> {
        let store = self.ledger.store();
        let done = store
            .write(urgency, act)
            .await
            .map_err(ViewingError::from)
            .and_then(|done| done);
        if let Err(error) = &done
            && error.trouble().is_some()
        {
            self.troubled.note(self.clock.now().mono);
        }
        done
    }

    fn question_after(&self) -> Millis {
        rule::next_question(&self.policy(), crate::keys::random_below(u64::from(u32::MAX)))
    }

    fn is_open(why: Option<Closing>) -> Result<(), ViewingError> {
        why.map_or(Ok(()), |why| Err(ViewingError::Ended(why)))
    }
}

/// The monotonic clock starts anew with each boot, so a row of another boot has no past to count from.
fn same_boot(now: Reading, boot: u32) -> bool {
    now.boot == boot
}

#[cfg(test)]
mod tests;
