//! What can happen: every kind of leaf there is. A kind is never changed, only added; a field that came later has a default,
//! so that older leaves read as they were meant.

use serde::{Deserialize, Serialize};

use super::leaf::At;
use super::voice;
use super::words::{
    Before, Broken, Closing, Ending, Entry, Home, Listed, Moment, Office, Past, Planned, Proof, Settler, Unruled,
    Witness,
};
use crate::clock::Trust;
use crate::types::{
    BranchId, DeviceId, Grade, Intervals, ItemId, MemberId, Millis, Mode, Origin, Piece, SessionId, Year,
};

/// What a leaf records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    /// The ledger begins, under this name and key (hexadecimal).
    Genesis {
        /// The station's name in the ledger.
        origin: Origin,
        /// Ed25519 public key.
        key: String,
        /// The log before this one, if a district signed a new epoch.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        after: Option<Past>,
    },
    /// The program started.
    Boot {
        /// The kernel's boot id.
        id: String,
        /// Version of the program.
        version: String,
        /// How the run before ended.
        before: Before,
        /// The last sign of life of the run before, if it left one: a power cut writes nothing.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        last: Option<At>,
    },
    /// The program stopped in order.
    Stop {},
    /// The roster 花名册 changed; `changed` lists the members whose facts are new.
    Roster {
        /// Members after the change.
        members: u32,
        /// SHA-256 over the whole roster without names, in hexadecimal.
        digest: String,
        /// New or changed members.
        changed: Vec<Listed>,
        /// Numbers that were removed: from here on nobody on this box can say whose they were.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        removed: Vec<MemberId>,
    },
    /// A credit policy, whole.
    Policy {
        /// Its name.
        name: String,
        /// Its text.
        toml: String,
        /// The first day on which it holds, `2027-01-01`; without it, from here on.
        #[serde(skip_serializing_if = "String::is_empty", default)]
        from: String,
        /// What a district signed, over the digest of the text; empty if nobody did.
        #[serde(skip_serializing_if = "String::is_empty", default)]
        signed: String,
    },
    /// A record that a district sent down 下发件 was taken. Its content stays out: it may hold names.
    Dispatched {
        /// What: `roster`, `visitors`, `plan`, `approved` or `notices`.
        what: String,
        /// What the district signed, over the digest of the content.
        signed: String,
    },
    /// An item 课件 became known to the ledger, or its title or class changed.
    Item {
        /// Which.
        item: ItemId,
        /// Title.
        title: String,
        /// Class 类别, if any.
        class: Option<String>,
        /// Length of the media.
        length: Millis,
        /// It was made here 本土电教片.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        made_here: bool,
    },
    /// A viewing session 收看会话 was opened.
    Open {
        /// Its id.
        session: SessionId,
        /// Who.
        member: MemberId,
        /// What.
        item: ItemId,
        /// On which device.
        device: DeviceId,
        /// How.
        mode: Mode,
    },
    /// A span 有效时段: media time that became credit. Spans of one member, item and year never overlap.
    Span {
        /// In which session.
        session: SessionId,
        /// Who.
        member: MemberId,
        /// What.
        item: ItemId,
        /// Counted to this year; 0 while the date is unknown.
        year: Year,
        /// How.
        mode: Mode,
        /// How well proven.
        grade: Grade,
        /// By what.
        proof: Proof,
        /// The media intervals, new ones only.
        media: Intervals,
        /// This member's credit for this item and year with this span: what the district's own count must give.
        total: Millis,
    },
    /// A viewing session ended.
    Close {
        /// Which.
        session: SessionId,
        /// Why.
        why: Closing,
        /// Time that stayed unconfirmed 未确认 (grade X): kept here, worth nothing.
        unconfirmed: Millis,
        /// What looked odd, in the rule's words: `gap`, `overclaim`, `range`, `unattended`.
        flags: Vec<String>,
    },
    /// A district enrolled this station; its key is pinned from here on.
    Enrolled {
        /// The district's name.
        district: Origin,
        /// Ed25519 public key.
        key: String,
    },
    /// A district cosigned 会签 a checkpoint. Its time brackets the box's clock.
    CheckpointSeen {
        /// Which district.
        district: Origin,
        /// Leaves that it holds.
        size: u64,
        /// Its clock, seconds since 1970.
        time: u64,
        /// The cosignature line, so that anybody can check it.
        cosignature: String,
    },
    /// Somebody said what time it is: an anchor for dating. `at` is the box's own reading at that moment.
    ClockAnchor {
        /// Who: in the words of [`Trust`].
        source: Trust,
        /// Milliseconds since 1970.
        unix_ms: i64,
    },
    /// The wall clock jumped against the monotonic one.
    WallStep {
        /// What it should have shown, milliseconds since 1970.
        expected_ms: i64,
        /// What it shows.
        shown_ms: i64,
    },
    /// Spans whose year was not known, or was taken from a clock that nobody vouched for, belong to this year.
    Settled {
        /// The year.
        year: Year,
        /// The leaves of the spans, each with the moment to whose day it counts, milliseconds since 1970.
        spans: Vec<(u64, i64)>,
        /// Whose word it is.
        by: Settler,
        /// What a district signed about it, with its evidence; empty if none did.
        #[serde(skip_serializing_if = "String::is_empty", default)]
        signed: String,
    },
    /// Spans in the log of an earlier epoch, which no clock dates, belong to this year: a district said so.
    SettledBefore {
        /// That log.
        log: Origin,
        /// The year.
        year: Year,
        /// The leaves of the spans there, each with the moment to whose day it counts, milliseconds since 1970.
        spans: Vec<(u64, i64)>,
        /// Media of spans that had earned in that year already, and earn once.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        twice: Vec<(u64, Intervals)>,
        /// What the district signed about it, with its evidence.
        signed: String,
    },
    /// A decision of a district could not be carried out.
    Unruled {
        /// What the district signed.
        signed: String,
        /// Why not.
        why: Unruled,
    },
    /// The ledger was found damaged and was restored: what the district should know of it.
    Restored {
        /// What was found.
        why: String,
        /// Leaves that came from the backup; the others up to here were proven by a checkpoint of this box.
        from_backup: u64,
        /// Leaves that are there.
        leaves: u64,
        /// Leaves that had been signed, as far as could be found; what lies between is lost.
        signed: u64,
    },
    /// A screening 集中收看 was opened: people may check in.
    Screening {
        /// Its id.
        screening: SessionId,
        /// The television or PC.
        screen: DeviceId,
        /// How it counts.
        mode: Mode,
        /// For which branches; empty for everybody.
        branches: Vec<BranchId>,
        /// How many were expected 应到.
        due: u32,
        /// The entry of the programme, if it was planned.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        plan: Option<Planned>,
    },
    /// A screening goes on before another screen, because the first one died.
    Moved {
        /// Which screening.
        screening: SessionId,
        /// Where it goes on.
        screen: DeviceId,
    },
    /// Somebody checked in 签到, again after a break, or left.
    Attend {
        /// Which screening.
        screening: SessionId,
        /// Who.
        member: MemberId,
        /// At which shown time.
        shown: Millis,
        /// In or out.
        present: bool,
        /// How.
        by: Entry,
        /// On which device, if it was his own.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        device: Option<DeviceId>,
        /// The operator's reason for a tick.
        #[serde(skip_serializing_if = "String::is_empty", default)]
        reason: String,
        /// Where he belongs, if not here.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        home: Option<Home>,
    },
    /// What was shown since the last such leaf, piece by piece: it moves the shown time.
    Shown {
        /// Which screening.
        screening: SessionId,
        /// In the order of showing.
        pieces: Vec<Piece>,
    },
    /// A check 抽查 is over: who passed it. Everybody else who was present missed it.
    Check {
        /// Which screening.
        screening: SessionId,
        /// At which shown time it was put.
        shown: Millis,
        /// By their own devices.
        passed: Vec<MemberId>,
        /// By the operator's tick.
        ticked: Vec<MemberId>,
        /// It was broken off by a power cut or by the end of the film: nobody missed it.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        void: bool,
    },
    /// A screening ended. What its members earned precedes it as spans.
    Screened {
        /// Which.
        screening: SessionId,
        /// How.
        how: Ending,
        /// Shown in all.
        shown: Millis,
        /// Shown while nobody was checked in.
        unattended: Millis,
        /// People present who are no members 群众.
        guests: u32,
    },
    /// A correction 更正 of an earlier leaf, by two people or by a district. It takes away media that a span gave, or gives some that a
    /// screening showed; the leaf that it names stays as it is.
    Correct {
        /// The leaf that it corrects: a span, or the end of a screening.
        of: u64,
        /// Whose credit.
        member: MemberId,
        /// Of which item.
        item: ItemId,
        /// In which year.
        year: Year,
        /// No longer credited; empty if something is given.
        takes: Intervals,
        /// Credited from here on, grade C; empty if something is taken.
        gives: Intervals,
        /// Why, in the words of those who sign. Never a name.
        reason: String,
        /// Who signed beside the operator: a secretary or committee member, with his own PIN. Nobody, if a district decided.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        second: Option<MemberId>,
        /// What a district signed about it, with its evidence; empty if two people here did.
        #[serde(skip_serializing_if = "String::is_empty", default)]
        signed: String,
        /// This member's credit for this item and year afterwards.
        total: Millis,
    },
    /// Something held up the record, and it goes on.
    Fault {
        /// What.
        what: Broken,
        /// For how long, as far as this run saw: from the first failure to the last.
        lasted: Millis,
        /// The clocks when it began; the leaf itself is dated when it was over.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        began: Option<At>,
    },
    /// A checkpoint of this box came back from elsewhere and does not fit this log: something was taken back.
    RollbackSuspected {
        /// Who had it.
        from: Witness,
        /// Leaves that it speaks of.
        size: u64,
        /// Leaves that were here when it came.
        there: u64,
        /// The signed note, so that anybody can check it.
        checkpoint: String,
    },
    /// How somebody liked an item 满意度.
    Rating(voice::Rating),
    /// Somebody answered the questions 测验 that follow an item.
    Quiz(voice::Quiz),
    /// So many members would like to see an item together 想看.
    Wished(voice::Wished),
    /// How the box is 设备运行: at a start, and when it changed.
    Health {
        /// How full the disk with the films is; none while it is away.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        disk_percent: Option<u8>,
        /// What is wrong, in fixed words: `media_away`, `disk_failing`, `disk_low`, `clock_unset`, `cannot_write`.
        faults: Vec<String>,
    },
    /// Why somebody does not come to a screening 请假; an empty reason takes it back.
    Excused {
        /// Which screening.
        screening: SessionId,
        /// Who.
        member: MemberId,
        /// In the operator's words.
        reason: String,
    },
    /// What people wrote about a screening 讨论、成果、异常: the texts stay at the station, they may hold names.
    Noted {
        /// Which screening.
        screening: SessionId,
        /// SHA-256 over the texts, in hexadecimal.
        digest: String,
    },
    /// A photo of a screening. The picture lies beside the ledger under its hash.
    Photo {
        /// Which screening.
        screening: SessionId,
        /// Of which part of the evening.
        when: Moment,
        /// SHA-256 of the picture, in hexadecimal.
        digest: String,
        /// Its length in bytes.
        bytes: u64,
        /// It was taken back, and the picture deleted.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        gone: bool,
    },
    /// The record of a screening is confirmed 签字 as it stands.
    Confirmed {
        /// Which screening.
        screening: SessionId,
        /// In which office.
        office: Office,
        /// Who, if he is a member: with his own PIN.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        member: Option<MemberId>,
        /// SHA-256 over what was confirmed, in hexadecimal.
        digest: String,
    },
    /// An opinion, a wish or a need 信息反馈 was written down.
    Feedback(voice::Feedback),
    /// It was answered 答复.
    Answered(voice::Answered),
    /// A kind of a later version.
    #[serde(other)]
    Later,
}

impl What {
    /// The screening of which it tells; spans name theirs as their session.
    pub fn screening(&self) -> Option<SessionId> {
        match self {
            Self::Screening { screening, .. }
            | Self::Attend { screening, .. }
            | Self::Shown { screening, .. }
            | Self::Check { screening, .. }
            | Self::Screened { screening, .. }
            | Self::Excused { screening, .. }
            | Self::Noted { screening, .. }
            | Self::Photo { screening, .. }
            | Self::Confirmed { screening, .. } => Some(*screening),
            _ => None,
        }
    }

    /// The session or screening of which it tells.
    pub fn session(&self) -> Option<SessionId> {
        match self {
            Self::Open { session, .. } | Self::Span { session, .. } | Self::Close { session, .. } => Some(*session),
            other => other.screening(),
        }
    }
}
