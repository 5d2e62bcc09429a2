//! A credit policy 学时办法 that a district signs, with the day from which it holds.
//!
//! The file is a signed note (C2SP signed-note) over five lines, then a line of three dashes, then the policy's own text:
//! `yuanjiao-policy/v1`, the district's name, a serial number that only grows, the day as `2027-01-01`, and the SHA-256 of
//! the text in hexadecimal. The note goes into the leaf beside the text, so that anybody can check it later.

use data_encoding::HEXLOWER;
use ed25519_dalek::VerifyingKey;
use sha2::{Digest, Sha256};

use super::note;
use crate::clock;
use crate::keys::Keys;
use crate::types::Origin;

const HEAD: &str = "yuanjiao-policy/v1";
const GAP: &str = "\n---\n";

/// No file of a signed policy is longer: the text must fit a leaf.
pub const DECREE_LIMIT: usize = 40 * 1024;

/// What a district decrees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decree {
    /// Who.
    pub district: Origin,
    /// Later ones have larger numbers: an old file cannot be brought in again.
    pub serial: u64,
    /// The first day on which it holds, as people write it.
    pub from: String,
    /// The policy's text.
    pub toml: String,
}

/// Why a file is no decree. The reader is the operator, or the district's clerk.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecreeError {
    /// Not such a file.
    #[error("this is no signed policy, or not all of it")]
    Malformed,
    /// From a district that is not enrolled here.
    #[error("the policy is of {0}, which is not enrolled at this station")]
    Stranger(Origin),
    /// The signature does not fit: the text was changed, or somebody else signed.
    #[error("the policy is not signed by {0}, or was changed afterwards")]
    BadSignature(Origin),
}

impl Decree {
    /// The first day on which it holds, as days since 1970.
    pub fn first_day(&self) -> Option<i64> {
        clock::day_named(&self.from)
    }

    /// The file, and the note within it.
    pub fn signed(&self, keys: &Keys) -> (String, String) {
        let digest = HEXLOWER.encode(&Sha256::digest(&self.toml));
        let body = format!("{HEAD}\n{}\n{}\n{}\n{digest}\n", self.district, self.serial, self.from);
        let note = note::sign_text(&body, &self.district, keys);
        (format!("{note}{GAP}{}", self.toml), note)
    }

    /// Reads a file: the decree and the note within. `key_of` knows the keys of enrolled districts.
    pub fn open(file: &str, key_of: impl Fn(&Origin) -> Option<VerifyingKey>) -> Result<(Self, String), DecreeError> {
        if file.len() > DECREE_LIMIT {
            return Err(DecreeError::Malformed);
        }
        // A stick may have been through a Windows editor.
        let file = file.replace("\r\n", "\n");
        let (note, toml) = file.split_once(GAP).ok_or(DecreeError::Malformed)?;
        let (district, serial) = Self::head_of(note).ok_or(DecreeError::Malformed)?;
        let key = key_of(&district).ok_or_else(|| DecreeError::Stranger(district.clone()))?;
        note::open_text(note, DECREE_LIMIT, &district, &key)
            .map_err(|_| DecreeError::BadSignature(district.clone()))?;
        let mut lines = note.lines().skip(3);
        let (from, digest) = (lines.next().unwrap_or(""), lines.next().unwrap_or(""));
        if HEXLOWER.encode(&Sha256::digest(toml)) != digest {
            return Err(DecreeError::BadSignature(district));
        }
        let decree = Self {
            district,
            serial,
            from: from.to_owned(),
            toml: toml.to_owned(),
        };
        match decree.first_day() {
            Some(_) => Ok((decree, note.to_owned())),
            None => Err(DecreeError::Malformed),
        }
    }

    /// The district and the serial number that a note names, whether or not its signature fits.
    pub fn head_of(note: &str) -> Option<(Origin, u64)> {
        let mut lines = note.lines();
        if lines.next()? != HEAD {
            return None;
        }
        Some((Origin::new(lines.next()?).ok()?, lines.next()?.parse().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    fn keys() -> Keys {
        Keys::open_or_make(TempDir::new().unwrap().path()).unwrap()
    }

    fn decree() -> Decree {
        Decree {
            district: Origin::new("district.example/340600").unwrap(),
            serial: 7,
            from: "2027-01-01".into(),
            toml: "name = \"新办法\"\n\n# a blank line, and three dashes:\n---\n".into(),
        }
    }

    #[test]
    fn a_decree_reads_back_under_the_pinned_key_and_no_other() {
        let (ours, theirs) = (keys(), keys());
        let (file, note) = decree().signed(&ours);
        let opened = Decree::open(&file, |_| Some(ours.public()));
        assert_eq!(opened, Ok((decree(), note)));
        let district = decree().district;
        assert_eq!(
            Decree::open(&file, |_| Some(theirs.public())),
            Err(DecreeError::BadSignature(district.clone()))
        );
        assert_eq!(Decree::open(&file, |_| None), Err(DecreeError::Stranger(district)));
    }

    #[test]
    fn a_changed_word_a_changed_day_and_a_changed_number_are_noticed() {
        let ours = keys();
        let (file, _) = decree().signed(&ours);
        for (from, to) in [("新办法", "旧办法"), ("2027-01-01", "2026-01-01"), ("\n7\n", "\n8\n")] {
            let opened = Decree::open(&file.replacen(from, to, 1), |_| Some(ours.public()));
            assert!(
                matches!(opened, Err(DecreeError::BadSignature(_))),
                "{from}: {opened:?}"
            );
        }
        for text in ["", "name = \"x\"", &file[..60], &"x".repeat(DECREE_LIMIT + 1)] {
            let opened = Decree::open(text, |_| Some(ours.public()));
            assert_eq!(opened, Err(DecreeError::Malformed), "{text:.20}");
        }
        let windows = file.replace('\n', "\r\n");
        assert!(Decree::open(&windows, |_| Some(ours.public())).is_ok());
    }
}
