//! What a person must look at, and in which words it is kept.

use std::fmt;

use crate::clock::local_date;
use crate::look::format;
use crate::report::Anomaly;
use crate::types::{MemberId, SessionId};

/// What a person must look at. Both versions of the evidence are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alert {
    /// The checkpoint is not signed by the pinned key, or speaks for another station.
    BadCheckpoint(String),
    /// The log is shorter than it was: something was taken back.
    Rollback {
        /// Leaves that were cosigned.
        known: u64,
        /// Leaves that are offered.
        offered: u64,
    },
    /// The log is not a continuation of what was cosigned; the first leaf that differs, if it could be found.
    Fork {
        /// The first divergent index.
        first: Option<u64>,
    },
    /// The first leaf of a new epoch does not name the old log as this district signed it.
    NotThisEpoch,
    /// A member has a receipt for a leaf that this log lacks: it was signed, and left out or changed.
    Omitted {
        /// The leaf's place.
        index: u64,
        /// Leaves that the receipt's checkpoint speaks of.
        size: u64,
    },
    /// The station's own totals are not what its leaves add up to, or cannot be.
    Count(Anomaly),
    /// It offers more than a station can honestly have gathered; what was fetched was thrown away.
    Flood {
        /// Bytes that were fetched before it was cut off.
        bytes: u64,
    },
    /// Everybody at a screening was ticked by the operator: the log cannot tell it from a list written afterwards.
    AllTicked {
        /// Which screening.
        screening: SessionId,
        /// How many people.
        people: usize,
    },
    /// A member was here and at other stations at once: the time counts once, and it can only be one of them.
    TwoPlaces {
        /// Who.
        member: MemberId,
        /// At which others, by their names in ledgers …
        origins: String,
        /// … and as people call them.
        others: String,
        /// From this moment of the stations' clocks, milliseconds since 1970 …
        from_ms: i64,
        /// … to this one, as far as it is known by now.
        to_ms: i64,
    },
    /// Its clock is far off, while the alert lasts.
    Clock {
        /// Seconds ahead; negative: behind.
        off_s: i64,
    },
    /// Nothing was heard of it for days, while the alert lasts.
    Silent {
        /// Whole days.
        days: u64,
    },
}

impl Alert {
    /// The kind in a word: pages have a sentence for each.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::BadCheckpoint(_) => "bad_checkpoint",
            Self::Rollback { .. } => "rollback",
            Self::Fork { first: Some(_) } => "fork",
            Self::Fork { first: None } => "fork_somewhere",
            Self::NotThisEpoch => "not_this_epoch",
            Self::Omitted { .. } => "omitted",
            Self::Count(anomaly) => kind_of(anomaly),
            Self::Flood { .. } => "flood",
            Self::AllTicked { .. } => "all_ticked",
            Self::TwoPlaces { .. } => "two_places",
            Self::Clock { .. } => "clock",
            Self::Silent { .. } => "silent",
        }
    }

    /// What the sentence is filled with.
    pub fn evidence(&self) -> Vec<String> {
        match self {
            Self::BadCheckpoint(why) => vec![why.clone()],
            Self::Rollback { known, offered } => vec![known.to_string(), offered.to_string()],
            Self::Fork { first } => first.iter().map(u64::to_string).collect(),
            Self::NotThisEpoch => Vec::new(),
            Self::Omitted { index, size } => vec![index.to_string(), size.to_string()],
            Self::Count(Anomaly::TotalDiffers {
                index,
                claimed,
                counted,
            }) => [index, &claimed.as_secs(), &counted.as_secs()]
                .map(u64::to_string)
                .into(),
            Self::Count(anomaly) => vec![index_of(anomaly).to_string()],
            Self::Flood { bytes } => vec![(bytes / (1 << 20)).to_string()],
            Self::AllTicked { screening, people } => vec![people.to_string(), screening.to_string()],
            Self::TwoPlaces {
                member,
                others,
                from_ms,
                to_ms,
                ..
            } => vec![member.to_string(), others.clone(), minute(*from_ms), minute(*to_ms)],
            Self::Clock { off_s } => vec![off_s.to_string()],
            Self::Silent { days } => vec![days.to_string()],
        }
    }

    /// A state begins and ends by itself; anything else is an event that stays until somebody has looked at it.
    pub fn is_state(&self) -> bool {
        matches!(self, Self::Clock { .. } | Self::Silent { .. })
    }
}

/// A moment as people write it, to the minute.
fn minute(ms: i64) -> String {
    let date = local_date(ms).map_or_else(String::new, |date| date.to_string());
    format!("{date} {}", format::time(ms))
}

fn kind_of(anomaly: &Anomaly) -> &'static str {
    match anomaly {
        Anomaly::FasterThanTheDistrict(_) => "too_many_hours",
        Anomaly::FasterThanTime(_) => "faster_than_time",
        Anomaly::ClockStretched(_) => "clock_stretched",
        Anomaly::NotAttended(_) => "not_attended",
        Anomaly::ClockWentBack(_) => "clock_went_back",
        Anomaly::Restored(_) => "restored",
        Anomaly::RollbackSuspected(_) => "suspected",
        Anomaly::Unfit(_) => "unfit",
        Anomaly::WrongYear(_) => "wrong_year",
        _ => "count",
    }
}

impl fmt::Display for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadCheckpoint(why) => write!(f, "bad signature: {why}"),
            Self::Rollback { known, offered } => write!(f, "ROLLBACK {known}->{offered}"),
            Self::Fork { first: Some(first) } => write!(f, "FORK first divergent index {first}"),
            Self::Fork { first: None } => f.write_str("FORK, the first divergent index could not be found"),
            Self::NotThisEpoch => f.write_str("the first leaf does not name the old log as it was signed"),
            Self::Omitted { index, size } => write!(
                f,
                "OMITTED leaf {index}: the station signed it under {size} leaves, a member has the receipt, the log lacks it"
            ),
            Self::Count(anomaly) => write!(f, "the count does not fit: {anomaly:?}"),
            Self::Flood { bytes } => write!(f, "FLOOD cut off after {bytes} bytes"),
            Self::AllTicked { screening, people } => {
                write!(
                    f,
                    "all {people} people at screening {screening} were ticked by the operator"
                )
            }
            // Not when it ended: the next leaves may tell of more of the same.
            Self::TwoPlaces {
                member,
                origins,
                from_ms,
                ..
            } => write!(f, "member {member} was at {origins} at once, from {}", minute(*from_ms)),
            Self::Clock { off_s } => write!(f, "the clock is {off_s} s off"),
            Self::Silent { days } => write!(f, "silent for {days} days"),
        }
    }
}

/// The leaf that an anomaly names.
pub(super) fn index_of(anomaly: &Anomaly) -> u64 {
    match anomaly {
        Anomaly::TotalDiffers { index, .. }
        | Anomaly::CountedTwice(index)
        | Anomaly::BeyondTheEnd(index)
        | Anomaly::NoSession(index)
        | Anomaly::ClockWentBack(index)
        | Anomaly::FasterThanTime(index)
        | Anomaly::FasterThanTheDistrict(index)
        | Anomaly::ClockStretched(index)
        | Anomaly::NotAttended(index)
        | Anomaly::Restored(index)
        | Anomaly::RollbackSuspected(index)
        | Anomaly::WrongYear(index)
        | Anomaly::Unfit(index) => *index,
    }
}
