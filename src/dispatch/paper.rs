//! One signed record on its way down: the form that travels over the line and on a stick.
//!
//! The file is a signed note (C2SP signed-note) over seven lines, then a line of three dashes, then the content as JSON:
//! `yuanjiao-dispatch/v1`, the district's name, the kind, the station, a number that only grows, the day as `2027-01-01`,
//! and the SHA-256 of the content in hexadecimal. The note alone goes into the ledger: it names nobody.

use data_encoding::HEXLOWER;
use ed25519_dalek::VerifyingKey;
use sha2::{Digest, Sha256};

use crate::clock;
use crate::keys::Keys;
use crate::ledger::note::{self, NOTE_LIMIT};
use crate::look::Texts;
use crate::types::Origin;

const HEAD: &str = "yuanjiao-dispatch/v1";
const GAP: &str = "\n---\n";

/// No file is longer: a roster of five thousand with everything that the book asks.
pub const PAPER_LIMIT: usize = 2 << 20;

/// What a district sends down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// 花名册: the members of this station.
    Roster,
    /// 外站党员名册: numbers of members who belong elsewhere and may come by.
    Visitors,
    /// 播放计划.
    Plan,
    /// 审定目录: what may be shown where the district vets.
    Approved,
    /// 通知.
    Notices,
    /// 裁定: what was decided about hours that the station left open.
    Rulings,
}

impl Kind {
    /// All of them, in the order in which they are brought.
    pub const ALL: [Self; 6] = [
        Self::Roster,
        Self::Visitors,
        Self::Plan,
        Self::Approved,
        Self::Notices,
        Self::Rulings,
    ];

    /// The name for people.
    pub const fn name(self, t: &Texts) -> &'static str {
        match self {
            Self::Roster => t.down.roster,
            Self::Visitors => t.down.visitors,
            Self::Plan => t.down.plan,
            Self::Approved => t.down.approved,
            Self::Notices => t.down.notices,
            Self::Rulings => t.down.rulings,
        }
    }

    /// The word in files, tables and leaves.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Roster => "roster",
            Self::Visitors => "visitors",
            Self::Plan => "plan",
            Self::Approved => "approved",
            Self::Notices => "notices",
            Self::Rulings => "rulings",
        }
    }

    /// Reads that word.
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// A record without its content: what was signed about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Who sends it.
    pub district: Origin,
    /// What it is.
    pub kind: Kind,
    /// For which station.
    pub station: Origin,
    /// Later ones have larger numbers, by district, kind and station: an old file cannot be brought in again.
    pub serial: u64,
    /// The first day on which it holds, as people write it.
    pub from: String,
    /// SHA-256 of the content, in hexadecimal.
    pub digest: String,
}

/// A record with its content, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// What was signed about it.
    pub head: Head,
    /// What was signed, so that anybody can check it.
    pub note: String,
    /// The content.
    pub body: String,
}

/// Why a file is not taken. The reader is the operator, or the district's clerk.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PaperError {
    /// Not such a file.
    #[error("this is no record of a district, or not all of it")]
    Malformed,
    /// From a district that is not enrolled here.
    #[error("the record is of {0}, which is not enrolled at this station")]
    Stranger(Origin),
    /// The signature does not fit: something was changed, or somebody else signed.
    #[error("the record is not signed by {0}, or was changed afterwards")]
    BadSignature(Origin),
    /// For another station.
    #[error("the record is for the station {0}, not for this one")]
    ForAnother(Origin),
}

/// SHA-256 of a content, in hexadecimal.
pub fn digest_of(body: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(body))
}

impl Head {
    /// The file that is sent.
    pub fn signed(&self, body: &str, keys: &Keys) -> String {
        let Self {
            district,
            kind,
            station,
            serial,
            from,
            digest,
        } = self;
        let text = format!(
            "{HEAD}\n{district}\n{}\n{station}\n{serial}\n{from}\n{digest}\n",
            kind.word()
        );
        format!("{}{GAP}{body}", note::sign_text(&text, district, keys))
    }

    /// The first day on which it holds, as days since 1970.
    pub fn first_day(&self) -> Option<i64> {
        clock::day_named(&self.from)
    }

    /// What a note says, whether or not its signature fits.
    pub fn of(note: &str) -> Option<Self> {
        let mut lines = note.lines();
        if lines.next()? != HEAD {
            return None;
        }
        let head = Self {
            district: Origin::new(lines.next()?).ok()?,
            kind: Kind::read(lines.next()?)?,
            station: Origin::new(lines.next()?).ok()?,
            serial: lines.next()?.parse().ok()?,
            from: lines.next()?.to_owned(),
            digest: lines.next()?.to_owned(),
        };
        head.first_day().map(|_| head)
    }
}

impl Paper {
    /// Reads a file for `station`. `key_of` knows the keys of enrolled districts.
    pub fn open(
        file: &str,
        station: &Origin,
        key_of: impl Fn(&Origin) -> Option<VerifyingKey>,
    ) -> Result<Self, PaperError> {
        if file.len() > PAPER_LIMIT {
            return Err(PaperError::Malformed);
        }
        let (note, body) = file.split_once(GAP).ok_or(PaperError::Malformed)?;
        let head = Head::of(note).ok_or(PaperError::Malformed)?;
        let key = key_of(&head.district).ok_or_else(|| PaperError::Stranger(head.district.clone()))?;
        let bad = || PaperError::BadSignature(head.district.clone());
        note::open_text(note, NOTE_LIMIT, &head.district, &key).map_err(|_| bad())?;
        if digest_of(body) != head.digest {
            return Err(bad());
        }
        if head.station != *station {
            return Err(PaperError::ForAnother(head.station));
        }
        Ok(Self {
            note: note.to_owned(),
            body: body.to_owned(),
            head,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_reads_back_at_its_station_under_the_pinned_key_and_nowhere_else() {
        let keys = || Keys::open_or_make(tempfile::TempDir::new().unwrap().path()).unwrap();
        let (ours, theirs) = (keys(), keys());
        let body = "{\"notices\":[]}";
        let head = Head {
            district: Origin::new("district.example/340600").unwrap(),
            kind: Kind::Notices,
            station: Origin::new("yuanjiao/17").unwrap(),
            serial: 7,
            from: "2027-01-01".into(),
            digest: digest_of(body),
        };
        let file = head.signed(body, &ours);
        let here = head.station.clone();
        let open = |file: &str| Paper::open(file, &here, |_| Some(ours.public()));
        assert_eq!(
            open(&file).map(|paper| (paper.head, paper.body)),
            Ok((head.clone(), body.into()))
        );
        let elsewhere = Origin::new("yuanjiao/18").unwrap();
        assert_eq!(
            Paper::open(&file, &elsewhere, |_| Some(ours.public())),
            Err(PaperError::ForAnother(here.clone()))
        );
        let changes = [
            ("\nnotices\n", "\nplan\n"),
            ("/17\n7", "/18\n7"),
            ("\n7\n", "\n8\n"),
            ("2027-01-01", "2026-01-01"),
            ("[]", "[1]"),
        ];
        for (from, to) in changes {
            let opened = open(&file.replacen(from, to, 1));
            assert_eq!(opened, Err(PaperError::BadSignature(head.district.clone())), "{from}");
        }
        assert_eq!(
            Paper::open(&file, &here, |_| Some(theirs.public())),
            Err(PaperError::BadSignature(head.district.clone()))
        );
        assert_eq!(
            Paper::open(&file, &here, |_| None),
            Err(PaperError::Stranger(head.district.clone()))
        );
        for text in ["", body, &file[..80], &file.replace("dispatch/v1", "dispatch/v2")] {
            assert_eq!(open(text), Err(PaperError::Malformed), "{text:.30}");
        }
    }
}
