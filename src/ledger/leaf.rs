//! The leaves 条目: what happened, one fact each, for ever.
//!
//! A leaf is one line of JSON: `{"v":1,"at":{…},"is":{"kind":…}}`. Readable in ten years without this program, and small
//! enough (most under 400 bytes). Leaves hold member numbers, never names: names can be forgotten, leaves cannot.
//! The bytes are what is hashed; a reader that meets a kind it does not know keeps the bytes and skips the meaning.

use serde::{Deserialize, Serialize};

use super::what::What;
use crate::clock::{Reading, Trust};
use crate::types::Millis;

/// No leaf is longer: an entry bundle gives each two bytes for its length (C2SP tlog-tiles).
pub const LEAF_LIMIT: usize = 65_535;

/// One entry of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaf {
    /// Version of this form: 1.
    pub v: u8,
    /// When, as far as the box could know.
    pub at: At,
    /// What.
    pub is: What,
}

/// The clocks at the moment of a leaf. Leaves are ordered by index, and dated by the district from anchors; `wall` is a
/// remark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct At {
    /// Which boot of the kernel.
    pub boot: u32,
    /// Milliseconds since that boot.
    pub mono: Millis,
    /// Wall clock, milliseconds since 1970.
    pub wall: i64,
    /// How far the wall clock could be believed.
    pub trust: Trust,
}

impl From<Reading> for At {
    fn from(now: Reading) -> Self {
        Self {
            boot: now.boot,
            mono: now.mono,
            wall: now.wall_ms,
            trust: now.trust,
        }
    }
}

impl Leaf {
    /// A leaf of this version.
    pub fn new(at: Reading, is: What) -> Self {
        Self {
            v: 1,
            at: at.into(),
            is,
        }
    }

    /// The bytes that are hashed.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("leaves hold no maps with odd keys and no failing writers")
    }

    /// Reads a leaf; `None` if it is not one of ours. The bytes stay evidence either way.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Proof;
    use super::*;
    use crate::types::{Grade, Intervals, ItemId, MemberId, Mode, SessionId, Year};

    fn at() -> At {
        At {
            boot: 3,
            mono: Millis(9),
            wall: 5,
            trust: Trust::Unset,
        }
    }

    #[test]
    fn a_leaf_reads_back_as_it_was_written() {
        let leaf = Leaf {
            v: 1,
            at: at(),
            is: What::Span {
                session: SessionId::from_bytes([1; 16]),
                member: MemberId::new("1024").unwrap(),
                item: ItemId::from_digest(&[2; 32]),
                year: Year(2026),
                mode: Mode::Alone,
                grade: Grade::A,
                proof: Proof::Asked,
                media: Intervals::one(Millis(0), Millis(1500)),
                total: Millis(1500),
            },
        };
        assert_eq!(Leaf::read(&leaf.to_bytes()), Some(leaf));
    }

    #[test]
    fn a_kind_of_a_later_version_is_kept_without_its_meaning() {
        let bytes =
            br#"{"v":1,"at":{"boot":1,"mono":1,"wall":1,"trust":"ntp"},"is":{"kind":"of a later version","right":3}}"#;
        assert_eq!(Leaf::read(bytes).map(|l| l.is), Some(What::Later));
        assert_eq!(Leaf::read(b"{}"), None);
    }
}
