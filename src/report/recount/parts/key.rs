//! What a part of a count is called.

use crate::types::{ItemId, MemberId, SessionId};

/// The name of a part.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// How far it went.
    Thread,
    /// A month of the station.
    Month(u32),
    /// Title, class and length of an item.
    Item(ItemId),
    /// What people say of an item.
    Film(ItemId),
    /// A member: how he is listed, and his time by boot.
    Member(MemberId),
    /// The media that a member has of an item.
    Pair(MemberId, ItemId),
    /// A session or a screening.
    Session(SessionId),
    /// The credit of a leaf, or the screening that it ended.
    Leaf(u64),
    /// Where the leaves of a stretch stand.
    Stretch(u64),
    /// When a member was here, by the month of coming.
    Stays(u32, MemberId),
}

impl Key {
    /// The kinds of parts that an epoch hands to the next one ([`super::Recount::after`]).
    pub const OF_THE_NEXT_EPOCH: [&'static str; 3] = ["member", "item", "pair"];

    /// Reads one of those by its kind and its name.
    pub fn read(kind: &str, name: &str) -> Option<Self> {
        match kind {
            "member" => MemberId::new(name).ok().map(Self::Member),
            "item" => ItemId::parse(name).ok().map(Self::Item),
            "pair" => {
                let (member, item) = name.rsplit_once('/')?;
                Some(Self::Pair(MemberId::new(member).ok()?, ItemId::parse(item).ok()?))
            }
            _ => None,
        }
    }

    /// The kind of part, in a word.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Thread => "thread",
            Self::Month(_) => "month",
            Self::Item(_) => "item",
            Self::Film(_) => "film",
            Self::Member(_) => "member",
            Self::Pair(..) => "pair",
            Self::Session(_) => "session",
            Self::Leaf(_) => "leaf",
            Self::Stretch(_) => "stretch",
            Self::Stays(..) => "stays",
        }
    }

    /// Its name among those of its kind.
    pub fn name(&self) -> String {
        match self {
            Self::Thread => String::new(),
            Self::Month(month) => month.to_string(),
            Self::Item(item) | Self::Film(item) => item.to_string(),
            Self::Member(member) => member.to_string(),
            Self::Pair(member, item) => format!("{member}/{item}"),
            Self::Session(session) => session.to_string(),
            Self::Leaf(n) | Self::Stretch(n) => n.to_string(),
            Self::Stays(month, member) => format!("{month}/{member}"),
        }
    }
}
