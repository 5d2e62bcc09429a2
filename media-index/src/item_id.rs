//! What a file is called, wherever it lies and whatever its name: an id that derives from its content.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An item's id 课件编号: the first 128 bits of a SHA-256 over its content (see [`crate::identity`]), in 32 lower-case
/// hexadecimal digits. Renaming, moving or copying a file to another station keeps the id; another film under the same
/// name has another one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ItemId([u8; 16]);

/// A text that is not 32 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an item id is 32 hexadecimal digits")]
pub struct BadItemId;

impl ItemId {
    /// Takes the first half of a SHA-256 digest.
    pub fn from_digest(digest: &[u8; 32]) -> Self {
        let mut half = [0; 16];
        half.copy_from_slice(&digest[..16]);
        Self(half)
    }

    /// From the raw bytes that [`Self::bytes`] gave.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Reads 32 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, BadItemId> {
        let digits = text.as_bytes();
        if digits.len() != 32 {
            return Err(BadItemId);
        }
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = (nibble(pair[0])? << 4) | nibble(pair[1])?;
        }
        Ok(Self(bytes))
    }

    /// The raw bytes, for compact keys.
    pub fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

fn digit(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 }
}

fn nibble(digit: u8) -> Result<u8, BadItemId> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(BadItemId),
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = [0; 32];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(self.0) {
            pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
        }
        f.write_str(std::str::from_utf8(&digits).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl TryFrom<String> for ItemId {
    type Error = BadItemId;
    fn try_from(text: String) -> Result<Self, BadItemId> {
        Self::parse(&text)
    }
}

impl From<ItemId> for String {
    fn from(id: ItemId) -> String {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_as_it_was_written() {
        let id = ItemId::from_digest(&[0xa7; 32]);
        assert_eq!(ItemId::parse(&id.to_string()), Ok(id));
    }

    #[test]
    fn anything_but_32_lower_case_digits_is_refused() {
        for text in [
            "",
            "a7",
            &"A7".repeat(16),
            &"zz".repeat(16),
            &"a7".repeat(17),
            "../../etc/passwd",
        ] {
            assert_eq!(ItemId::parse(text), Err(BadItemId), "{text:?}");
        }
    }
}
