//! How the box does, told to the district with each checkpoint: what a clerk would otherwise ask by telephone.
//!
//! It travels as a header beside the checkpoint, so that a pull of nothing new stays two requests, and is never evidence:
//! nothing is credited by it.

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

use crate::clock::Trust;

/// The header's name.
pub const CONDITION: &str = "yuanjiao-condition";
/// No honest header is longer.
const LIMIT: usize = 2_048;

/// What a station says of itself. Every field may be missing: older and newer programs understand each other.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Condition {
    /// Name on its pages.
    pub name: String,
    /// Where it is.
    pub place: String,
    /// Version of its program.
    pub version: String,
    /// Its clock, milliseconds since 1970.
    pub wall_ms: i64,
    /// How far that can be believed.
    pub trust: Option<Trust>,
    /// Free bytes on the disk of its data.
    pub disk_free: u64,
    /// All bytes of that disk.
    pub disk_all: u64,
}

impl Condition {
    /// The header's value: JSON in base64, because names are Chinese and headers are not.
    pub fn to_header(&self) -> String {
        let json = serde_json::to_vec(self).unwrap_or_default();
        BASE64URL_NOPAD.encode(&json)
    }

    /// Reads a header's value; anything odd is no condition at all.
    pub fn parse(value: &str) -> Option<Self> {
        if value.len() > LIMIT {
            return None;
        }
        let mut told: Self = serde_json::from_slice(&BASE64URL_NOPAD.decode(value.as_bytes()).ok()?).ok()?;
        for text in [&mut told.name, &mut told.place, &mut told.version] {
            *text = text.chars().filter(|c| !c.is_control()).take(60).collect();
        }
        Some(told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_reads_back_and_what_is_odd_is_nothing() {
        let told = Condition {
            name: "青石桥村远程教育站点".into(),
            place: "松林镇".into(),
            wall_ms: 5,
            trust: Some(Trust::Ntp),
            disk_free: 7,
            ..Condition::default()
        };
        assert_eq!(Condition::parse(&told.to_header()), Some(told));
        for odd in ["", "%%", "bm90IGpzb24", &"A".repeat(LIMIT + 4)] {
            assert_eq!(Condition::parse(odd), None);
        }
        let controls = BASE64URL_NOPAD.encode(br#"{"name":"a\nb\u0007"}"#);
        assert_eq!(Condition::parse(&controls).unwrap().name, "ab");
        let newer = BASE64URL_NOPAD.encode(br#"{"version":"9","moon":"full"}"#);
        assert_eq!(Condition::parse(&newer).unwrap().version, "9");
    }
}
