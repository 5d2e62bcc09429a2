//! What a count finds: credit, sessions, and what cannot be.

use serde::{Deserialize, Serialize};

use crate::ledger::{At, Closing};
use crate::types::{Grade, Intervals, ItemId, MemberId, Millis, Mode, SessionId, Year};

/// Something that cannot be, at a leaf. The reader is the district's clerk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anomaly {
    /// The station's total is not what its own spans add up to.
    TotalDiffers {
        /// Which leaf.
        index: u64,
        /// As the station says.
        claimed: Millis,
        /// As counted.
        counted: Millis,
    },
    /// A span covers media that were credited before.
    CountedTwice(u64),
    /// A span reaches beyond the item's end.
    BeyondTheEnd(u64),
    /// A span, or a close, of a session that was never opened or has ended.
    NoSession(u64),
    /// The monotonic clock went back within a boot.
    ClockWentBack(u64),
    /// A member was credited more in a boot than the boot has lasted.
    FasterThanTime(u64),
    /// Between two visits of a district a member was credited more than the time between them. The leaf is the second
    /// visit's cosignature.
    FasterThanTheDistrict(u64),
    /// Between two visits of a district the box says that more time passed than the district had. The leaf is the second
    /// visit's cosignature.
    ClockStretched(u64),
    /// A span of a screening that its check-ins and checks do not give.
    NotAttended(u64),
    /// The station found its ledger damaged and restored it; the leaf says how much came back.
    Restored(u64),
    /// A checkpoint of the station came back to it and did not fit: its log was put back before this leaf.
    RollbackSuspected(u64),
    /// Spans were put into a year in which they cannot have been earned, or of which nothing is known.
    WrongYear(u64),
    /// A correction that does not fit what it names, or lacks its second signer: it counts for nothing.
    Unfit(u64),
}

/// One piece of credit, as hours are made of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credit {
    /// The leaf that says so.
    pub index: u64,
    /// In which session or screening.
    pub session: SessionId,
    /// Who.
    pub member: MemberId,
    /// What.
    pub item: ItemId,
    /// Counted to.
    pub year: Year,
    /// How.
    pub mode: Mode,
    /// How well proven.
    pub grade: Grade,
    /// The media.
    pub media: Intervals,
    /// When it was proven.
    pub at: At,
}

/// One viewing session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionFacts {
    /// Which.
    pub session: SessionId,
    /// Who.
    pub member: MemberId,
    /// What.
    pub item: ItemId,
    /// How.
    pub mode: Mode,
    /// When it was opened.
    pub opened: At,
    /// When and why it ended, if it has.
    pub closed: Option<(At, Closing)>,
    /// What it earned.
    pub credited: Millis,
    /// The year of what it earned; of its opening, if nothing.
    pub year: Year,
    /// What stayed unconfirmed.
    pub unconfirmed: Millis,
    /// What looked odd.
    pub flags: Vec<String>,
}

/// The year that the station's clock named, if anybody could believe it.
pub fn year_of(at: At) -> Year {
    let reading = crate::clock::Reading {
        boot: at.boot,
        mono: at.mono,
        wall_ms: at.wall,
        trust: at.trust,
    };
    reading.year()
}
