//! Words that every room shares: identifiers and units, each a type that was checked when it was made.

mod intervals;
mod search;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use intervals::Intervals;
pub use media_index::ItemId;
pub use search::{SearchKeys, SearchQuery};

/// Why a text is not the identifier it claims to be. The reader is whoever typed the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadId {
    /// Nothing, or only white space.
    #[error("{what} is empty")]
    Empty {
        /// Which identifier was expected.
        what: &'static str,
    },
    /// Longer than the limit.
    #[error("{what} has more than {max} characters")]
    TooLong {
        /// Which identifier was expected.
        what: &'static str,
        /// The limit, in characters.
        max: usize,
    },
    /// A character that the identifier cannot have.
    #[error("{what} holds {found:?}, which is not allowed there")]
    BadChar {
        /// Which identifier was expected.
        what: &'static str,
        /// The first offending character.
        found: char,
    },
}

fn checked(what: &'static str, max: usize, text: &str, allowed: fn(char) -> bool) -> Result<String, BadId> {
    let text = text.trim();
    if text.is_empty() {
        return Err(BadId::Empty { what });
    }
    if text.chars().count() > max {
        return Err(BadId::TooLong { what, max });
    }
    match text.chars().find(|c| !allowed(*c)) {
        Some(found) => Err(BadId::BadChar { what, found }),
        None => Ok(text.to_owned()),
    }
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $max:literal, $allowed:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Trims and checks.
            pub fn new(text: &str) -> Result<Self, BadId> {
                checked($what, $max, text, $allowed).map(Self)
            }

            /// The checked text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadId;
            fn try_from(text: String) -> Result<Self, BadId> {
                Self::new(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
    };
}

text_id!(
    /// A member's number 党员编号: letters, digits, `-` and `_`, at most 32. It is the only trace of a person in the ledger.
    MemberId, "the member number", 32, |c| c.is_ascii_alphanumeric() || c == '-' || c == '_'
);
text_id!(
    /// A branch 党支部, known by its name.
    BranchId, "the branch", 60, |c| !c.is_control()
);
text_id!(
    /// A station's origin in the ledger, e.g. `yuanjiao.example/340600/0017`: no spaces and no `+`, as the note format (C2SP signed-note) asks of key names.
    Origin, "the station's origin", 120, |c| c.is_ascii_graphic() && c != '+'
);

/// A random 128-bit identifier in 32 lower-case hexadecimal digits: sessions, devices, sign-ins.
/// Never a clock-bearing id: the box's clock may be wrong, and an id would spread the lie.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RandomId([u8; 16]);

impl RandomId {
    /// Wraps 16 bytes, which the caller drew from `keys`.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The raw bytes.
    pub fn bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Reads exactly 32 hexadecimal digits; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).ok()?;
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for RandomId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for RandomId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl TryFrom<String> for RandomId {
    type Error = BadId;
    fn try_from(text: String) -> Result<Self, BadId> {
        Self::parse(&text).ok_or(BadId::Empty { what: "the id" })
    }
}

impl From<RandomId> for String {
    fn from(id: RandomId) -> String {
        id.to_string()
    }
}

/// A viewing session 收看会话. Knowing it is the right to report beats for it.
pub type SessionId = RandomId;
/// A phone, a PC or a television, as far as a cookie (or, without one, its address) can tell them apart.
pub type DeviceId = RandomId;

/// A length or a moment in milliseconds. Media time, monotonic time or a duration: the field's name says which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(pub u64);

impl Millis {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// Whole seconds, as shown to people.
    pub const fn secs(seconds: u64) -> Self {
        Self(seconds * 1000)
    }

    /// Whole seconds, rounded down.
    pub const fn as_secs(self) -> u64 {
        self.0 / 1000
    }

    /// `self - other`, never below zero.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// `self + other`, never wrapping.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

/// A calendar year to which hours are counted. Zero means that the station did not know the date: the district decides later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Year(pub u16);

impl Year {
    /// The station had no trustworthy date 年份待定.
    pub const UNDECIDED: Self = Self(0);
}

/// The language of a reader. Chinese comes first; English is for visitors and engineers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// Simplified Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// The BCP 47 tag, as used in `lang` attributes and cookies.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }
}

/// How a member took part 收看方式. The national hours are meant for collective study, so hours are always shown split by this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// 集中收看: a group in front of the television.
    Screening,
    /// 个人自学: alone, on the own device.
    Alone,
    /// 送学上门: brought to the member's home.
    Brought,
    /// 补学: made up for later.
    MakeUp,
    /// 流动党员远程: a migrant member at another station.
    Migrant,
}

/// A piece of what a screening showed: an item's media from one place to another, in one go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// Which item.
    pub item: ItemId,
    /// The year that the clock named; 0 while the date was unknown.
    pub year: Year,
    /// Begin in the media.
    pub from: Millis,
    /// End in the media.
    pub to: Millis,
}

impl Piece {
    /// How long it took to show.
    pub const fn length(&self) -> Millis {
        self.to.minus(self.from)
    }
}

/// Evidence grade 证据等级 of a credited span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Grade {
    /// Own device with presence proofs.
    A,
    /// Rotating code on the television.
    B,
    /// Ticked by the operator.
    C,
    /// Unconfirmed: kept, worth nothing.
    X,
}

impl Grade {
    /// As people read it.
    pub const fn letter(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::X => "X",
        }
    }
}

/// Credit hours 学时 in hundredths, as people see them; what is logged is milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Hours(u32);

impl Hours {
    /// Whole hours.
    pub const fn whole(hours: u32) -> Self {
        Self(hours * 100)
    }

    /// From hundredths of an hour.
    pub const fn from_hundredths(hundredths: u32) -> Self {
        Self(hundredths)
    }

    /// From a decimal number of hours, to the nearest hundredth; below zero is zero.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float that is cast saturates, which is what is wanted here"
    )]
    pub fn from_f64(hours: f64) -> Self {
        Self((hours * 100.0).round() as u32)
    }

    /// Hundredths of an hour.
    pub const fn hundredths(self) -> u32 {
        self.0
    }

    /// So many times as much, never wrapping.
    #[must_use]
    pub fn times(self, n: u64) -> Self {
        Self(u32::try_from(u64::from(self.0).saturating_mul(n)).unwrap_or(u32::MAX))
    }

    /// `self - other`, never below zero.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

/// One decimal, as on every page; a second one only where a policy with quarter hours needs it.
impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 100, self.0 % 100);
        if rest.is_multiple_of(10) {
            write!(f, "{whole}.{}", rest / 10)
        } else {
            write!(f, "{whole}.{rest:02}")
        }
    }
}
