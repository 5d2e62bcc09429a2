//! The words of which leaves are made. A word that is there keeps its spelling for ever: districts hold leaves that have it.

use serde::{Deserialize, Serialize};

use crate::store::Trouble;
use crate::types::{BranchId, Grade, MemberId, Origin};

/// How the run before this one ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Before {
    /// There was none.
    First,
    /// It was stopped in order.
    Stopped,
    /// It ended without saying so: power cut, crash or kill.
    Cut,
}

/// Why a viewing session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closing {
    /// The member left the page or finished.
    End,
    /// The member opened another session.
    Superseded,
    /// No beat for hours.
    Idle,
    /// The station stopped or lost power: not the member's fault.
    StationFailure,
}

/// What let a pending stretch become credit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// The tap that was asked for.
    Asked,
    /// A tap without being asked.
    Offered,
    /// The station failed before it could ask; what was acknowledged is kept.
    StationFailure,
    /// The checks of a screening: its leaves let anybody judge them again.
    Checks,
}

/// How somebody was let into a screening.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// By his own device and the code on the screen.
    Code,
    /// By the operator, who saw him.
    Ticked,
}

impl Entry {
    /// How well that proves that he was there.
    pub const fn grade(self) -> Grade {
        match self {
            Self::Code => Grade::B,
            Self::Ticked => Grade::C,
        }
    }
}

/// Who says to which year a span belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settler {
    /// The leaves themselves: anchors and cosignatures bracket it.
    Dating,
    /// The operator, who was there.
    Operator,
    /// A district 区县裁定, on the evidence that it names.
    District,
}

/// Why a decision of a district could not be carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unruled {
    /// What it speaks of is settled by now, or there is nothing left to change.
    NothingLeft,
    /// The log that the district had checked is not this one.
    OtherLog,
    /// It does not fit what it names.
    Unfit,
}

/// How a screening ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// In order.
    Done,
    /// It was left lying for hours, or the station could not go on; who had passed the last check keeps the rest.
    StationFailure,
}

/// Of which part of an evening a photo is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// When it began.
    Start,
    /// In between.
    Middle,
    /// When it was over.
    End,
}

/// In which office somebody confirms a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Office {
    /// 主持人.
    Chair,
    /// 站点管理员.
    Operator,
}

/// What feedback is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// 意见: something should be different.
    Opinion,
    /// 需求: help that is needed.
    Need,
    /// 想看: courseware that is asked for.
    Wish,
}

/// One member as the district needs him for its figures: no name, no PIN.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Number.
    pub member: MemberId,
    /// Branch.
    pub branch: BranchId,
    /// Role 身份类别, in the roster's words.
    pub role: String,
    /// Migrant 流动党员: "no", "out" or "in".
    pub migrant: String,
    /// Moved away 转出: listed once more, so that the district no longer counts him.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub left: bool,
}

/// The log that a new epoch 新纪元 continues: what a district had cosigned of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// Its name.
    pub origin: Origin,
    /// Leaves that were cosigned last; what came after them counts for nothing.
    pub size: u64,
    /// The root over them, in hexadecimal.
    pub root: String,
    /// The district that signed the new epoch.
    pub district: Origin,
    /// What it signed, so that anybody can check it.
    pub statement: String,
    /// Whether this box still has those leaves: then its totals go on from them.
    pub carried: bool,
}

/// Where a copy of a checkpoint came back from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Witness {
    /// A member's phone, at a visit.
    Phone,
    /// The second medium, at a start.
    Medium,
    /// A receipt that somebody had checked.
    Receipt,
}

/// The store's word for it.
impl From<Trouble> for Broken {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::DiskFull => Self::DiskFull,
            Trouble::ReadOnly => Self::ReadOnly,
            Trouble::Locked => Self::Locked,
            // A ledger never lies on a server that could be away.
            Trouble::Failing | Trouble::Away => Self::Failing,
        }
    }
}

/// What broke and held up the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Broken {
    /// No room on the disk.
    DiskFull,
    /// The disk could not be written.
    ReadOnly,
    /// Another program held the database.
    Locked,
    /// The disk reported errors.
    Failing,
    /// The views of credit were not what the leaves say, and were counted again.
    Views,
}

/// The entry of the programme 播放计划 that a screening was begun from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// Its number at this station.
    pub number: u64,
    /// Day and time as planned, `2026-11-26 19:30`.
    pub when: String,
    /// The district that planned it; none if the station did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub from: Option<Origin>,
}

/// Where a visiting member 外站党员 belongs, as he says himself: the district compares it with the rosters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    /// The number of his station; empty if he does not know it.
    pub station: String,
    /// His branch.
    pub branch: BranchId,
}
