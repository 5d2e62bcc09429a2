//! A screening as it stands: what is kept after every beat, so that a power cut costs at most the seconds since the last.

use serde::{Deserialize, Serialize};

use super::code::Key;
use crate::clock::Reading;
use crate::credit::Bucket;
use crate::credit::rule::{Flags, Lost, Pending, Session};
use crate::ledger::Planned;
use crate::types::{BranchId, DeviceId, Intervals, ItemId, Millis, Mode, Piece, SessionId};

/// How far an evening has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// People come in and check in.
    Lobby,
    /// The film runs, or pauses.
    Showing,
    /// A break 休息: people go out and come in again, and the code is asked of everybody.
    Break,
    /// The film is over: the check at the end is open, people discuss.
    Ending,
    /// Everything is in the ledger.
    Closed,
}

/// One item of the evening.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Showing {
    /// Which.
    pub item: ItemId,
    /// Its title when it was chosen.
    pub title: String,
    /// Its class.
    pub class: Option<String>,
    /// Its length.
    pub length: Millis,
    /// It was made here 本土电教片.
    #[serde(default)]
    pub made_here: bool,
}

/// A check that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenCheck {
    /// Its number in this screening, from 1.
    pub number: u32,
    /// The shown time at which it was put.
    pub shown: Millis,
    /// In this boot …
    pub boot: u32,
    /// … at this monotonic time.
    pub since: Millis,
    /// It is the last one.
    pub at_the_end: bool,
}

/// What people wrote about the evening, for the record book 学习收看记录.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Remarks {
    /// Who led it 主持人.
    pub chair: String,
    /// Who ran it for the station 管理员.
    pub operator: String,
    /// Where it was 地点.
    pub place: String,
    /// What was discussed, and by whom 讨论发言.
    pub discussion: String,
    /// What was put to use 学用成果.
    pub put_to_use: String,
    /// What went wrong 异常情况.
    pub incidents: String,
    /// Minutes of discussion.
    pub discussion_minutes: u32,
}

impl Remarks {
    /// What nobody said is as it was the last time: the same cadre, in the same room.
    pub(super) fn follow(&mut self, last: LastRemarks) {
        let LastRemarks { operator, place } = last;
        for (mine, last) in [(&mut self.operator, operator), (&mut self.place, place)] {
            if mine.is_empty() {
                *mine = last.unwrap_or_default();
            }
        }
    }
}

/// What an evening can take over from those before it.
#[derive(Debug, Default)]
pub(super) struct LastRemarks {
    /// Who ran the newest evening at which somebody is named.
    pub(super) operator: Option<String>,
    /// Where this screen stood the last time.
    pub(super) place: Option<String>,
}

/// A screening 集中收看.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Its id.
    pub id: SessionId,
    /// The television or PC.
    pub screen: DeviceId,
    /// How far it has come.
    pub stage: Stage,
    /// What is shown, in this order.
    pub programme: Vec<Showing>,
    /// Which of them is shown now.
    pub turn: usize,
    /// Where in it.
    pub position: Millis,
    /// How it counts.
    pub mode: Mode,
    /// For which branches; empty for everybody.
    pub branches: Vec<BranchId>,
    /// How many were expected 应到.
    pub due: u32,
    /// The entry of the programme, if it was planned.
    #[serde(default)]
    pub plan: Option<Planned>,
    /// When it was opened, by the wall clock; milliseconds since 1970.
    pub opened_ms: i64,
    /// When it ended.
    pub ended_ms: Option<i64>,
    /// Whether the date can be believed.
    pub dated: bool,
    /// Shown in all.
    pub shown: Millis,
    /// Shown while nobody was there.
    pub unattended: Millis,
    /// People present who are no members 群众.
    pub guests: u32,
    /// What was written about it.
    pub remarks: Remarks,
    /// What was shown, in order.
    pub pieces: Vec<Piece>,
    /// The check that is open.
    pub check: Option<OpenCheck>,
    /// How many checks there were.
    pub checks: u32,
    /// The next check comes at this shown time.
    pub next_check: Millis,
    /// The number of the last beat.
    pub n: u32,
    /// When the film was over, for the minutes of discussion: boot and monotonic time.
    #[serde(default)]
    pub(super) over: Option<(u32, Millis)>,
    pub(super) digest: [u8; 8],
    pub(super) key: Key,
    /// So many of the pieces are in the ledger.
    pub(super) told: usize,
    /// The boot in which the screen came last, and when: time is counted from there.
    pub(super) boot: u32,
    pub(super) since: Millis,
    pub(super) filled: Option<Millis>,
    pub(super) tokens: Millis,
}

/// More pieces than this are no evening but somebody who plays with the seek key.
const PIECES: usize = 5_000;

impl State {
    /// What is shown now.
    pub fn now_showing(&self) -> Option<&Showing> {
        self.programme.get(self.turn)
    }

    /// Whether it goes on.
    pub fn is_open(&self) -> bool {
        self.stage != Stage::Closed
    }

    /// The media of the present item that this screening showed already.
    pub(super) fn seen_of(&self, item: &ItemId) -> Intervals {
        let of_item = self.pieces.iter().filter(|piece| piece.item == *item);
        of_item.fold(Intervals::none(), |all, piece| {
            all.union(&Intervals::one(piece.from, piece.to))
        })
    }

    /// The session of the pure rule: the screen is never asked whether it is there, the people are.
    pub(super) fn rule(&self) -> Session {
        Session {
            opened: self.since,
            n: self.n,
            digest: self.digest,
            note: None,
            pending: Pending::default(),
            unproved: Millis::ZERO,
            asked: None,
            ask_after: Millis(u64::MAX),
            unattended: false,
            flags: Flags::default(),
            lost: Lost::default(),
        }
    }

    pub(super) fn bucket(&self) -> Bucket {
        Bucket {
            last: self.filled,
            tokens: self.tokens,
        }
    }

    /// The screen is there anew, after a reload or a power cut: from now on time may be earned, none before.
    pub(super) fn arrive(&mut self, now: Reading) {
        (self.boot, self.since) = (now.boot, now.mono);
        (self.filled, self.tokens) = (None, Millis::ZERO);
    }

    /// Adds what was shown; a piece that goes on where the last one stopped lengthens it, unless the ledger has it.
    pub(super) fn show(&mut self, pieces: impl IntoIterator<Item = Piece>, anybody: bool) {
        for piece in pieces {
            if self.pieces.len() >= PIECES {
                return;
            }
            self.shown = self.shown.plus(piece.length());
            if !anybody {
                self.unattended = self.unattended.plus(piece.length());
            }
            let untold = self.pieces.len() > self.told;
            match self.pieces.last_mut() {
                Some(last) if untold && (last.item, last.year, last.to) == (piece.item, piece.year, piece.from) => {
                    last.to = piece.to;
                }
                _ => self.pieces.push(piece),
            }
        }
    }
}
