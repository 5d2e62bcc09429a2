//! A decision 裁定 of a district about what a station's ledger left open, signed, with its evidence.
//!
//! It is a signed note (C2SP signed-note) over eight lines: `yuanjiao-ruling/v1`, the district's name, the station's, a
//! number that only grows, the day as `2027-01-01`, size and root of the log that the district had checked when it decided,
//! and as JSON on one line what is decided and on which evidence. The note goes into the leaves that carry it out, so that
//! anybody can check it later. It holds member numbers, never names.

use data_encoding::HEXLOWER;
use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Serialize};

use super::note;
use crate::clock;
use crate::keys::Keys;
use crate::types::{MemberId, Millis, Origin, Year};

const HEAD: &str = "yuanjiao-ruling/v1";

/// No note is longer: it must fit a leaf beside the spans that it names.
pub const RULING_LIMIT: usize = 32 * 1024;
/// So many spans fit one.
pub const SPANS: usize = 800;
/// The evidence has at most so many characters: it is kept for ever, and read aloud.
pub const EVIDENCE: usize = 200;

/// What a district decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruling {
    /// Who.
    pub district: Origin,
    /// About whose ledger.
    pub station: Origin,
    /// Later ones of a district about a station have larger numbers, and each is carried out once.
    pub serial: u64,
    /// The day on which it was signed, as people write it.
    pub day: String,
    /// Leaves that the district had checked.
    pub size: u64,
    /// Their root.
    pub root: [u8; 32],
    /// On what it rests, in the words of those who decided. Never a name.
    pub evidence: String,
    /// What holds from here on.
    pub decides: Decision,
}

/// What is decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Decision {
    /// Spans that no clock dates belong to this year.
    Year {
        /// Which year.
        year: Year,
        /// The leaves of the spans, each with the moment to whose day it counts, milliseconds since 1970.
        spans: Vec<(u64, i64)>,
    },
    /// A correction 更正: what a leaf credits is taken away, or goes to somebody else, or somebody gets what a screening
    /// showed.
    Credit {
        /// The leaf: a span, a correction that gave, or the end of a screening.
        of: u64,
        /// Who gets it; nobody, if it is only taken away.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        to: Option<MemberId>,
        /// Only this stretch: of the film for a span, of the shown time for a screening.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        stretch: Option<(Millis, Millis)>,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    evidence: String,
    decides: Decision,
}

/// Why a note is no ruling that can be believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RulingError {
    /// Not such a note.
    #[error("this is no decision of a district, or not all of it")]
    Malformed,
    /// From a district whose key is not known.
    #[error("the decision is of {0}, whose key is not known here")]
    Stranger(Origin),
    /// The signature does not fit.
    #[error("the decision is not signed by {0}, or was changed afterwards")]
    BadSignature(Origin),
}

impl Ruling {
    /// The note.
    pub fn signed(&self, keys: &Keys) -> String {
        let Self {
            district,
            station,
            serial,
            day,
            size,
            root,
            ..
        } = self;
        let line = Line {
            evidence: self.evidence.clone(),
            decides: self.decides.clone(),
        };
        let line = serde_json::to_string(&line).expect("plain values are JSON");
        let root = HEXLOWER.encode(root);
        let text = format!("{HEAD}\n{district}\n{station}\n{serial}\n{day}\n{size}\n{root}\n{line}\n");
        note::sign_text(&text, district, keys)
    }

    /// What a note says, whether or not its signature fits.
    pub fn of(note: &str) -> Option<Self> {
        let mut lines = note.lines();
        if note.len() > RULING_LIMIT || lines.next()? != HEAD {
            return None;
        }
        let (district, station) = (Origin::new(lines.next()?).ok()?, Origin::new(lines.next()?).ok()?);
        let (serial, day) = (lines.next()?.parse().ok()?, lines.next()?.to_owned());
        let (size, root) = (lines.next()?.parse().ok()?, lines.next()?);
        let Line { evidence, decides } = serde_json::from_str(lines.next()?).ok()?;
        let ruling = Self {
            district,
            station,
            serial,
            day,
            size,
            root: HEXLOWER.decode(root.as_bytes()).ok()?.try_into().ok()?,
            evidence,
            decides,
        };
        ruling.is_sound().then_some(ruling)
    }

    /// Reads a note under the keys of districts.
    pub fn open(note: &str, key_of: impl Fn(&Origin) -> Option<VerifyingKey>) -> Result<Self, RulingError> {
        let ruling = Self::of(note).ok_or(RulingError::Malformed)?;
        let key = key_of(&ruling.district).ok_or_else(|| RulingError::Stranger(ruling.district.clone()))?;
        note::open_text(note, RULING_LIMIT, &ruling.district, &key)
            .map_err(|_| RulingError::BadSignature(ruling.district.clone()))?;
        Ok(ruling)
    }

    /// The year in which it was signed: nothing was earned after it.
    pub fn signed_in(&self) -> Year {
        let year = self.day.get(..4).and_then(|year| year.parse().ok());
        year.map_or(Year::UNDECIDED, Year)
    }

    fn is_sound(&self) -> bool {
        let fits = match &self.decides {
            Decision::Year { year, spans } => *year != Year::UNDECIDED && (1..=SPANS).contains(&spans.len()),
            Decision::Credit { stretch, .. } => stretch.is_none_or(|(from, until)| from < until),
        };
        let says = self.evidence.trim();
        let is_told = !says.is_empty() && says.chars().count() <= EVIDENCE && !says.chars().any(char::is_control);
        fits && is_told && clock::day_named(&self.day).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys::open_or_make(tempfile::TempDir::new().unwrap().path()).unwrap()
    }

    fn ruling(decides: Decision) -> Ruling {
        Ruling {
            district: Origin::new("district.example/340600").unwrap(),
            station: Origin::new("yuanjiao/17").unwrap(),
            serial: 7,
            day: "2027-01-11".into(),
            size: 400,
            root: [3; 32],
            evidence: "村里的纸质签到本“2026”，第 3 页".into(),
            decides,
        }
    }

    fn both() -> [Decision; 2] {
        [
            Decision::Year {
                year: Year(2026),
                spans: vec![(12, 5), (14, 6)],
            },
            Decision::Credit {
                of: 12,
                to: Some(MemberId::new("0033").unwrap()),
                stretch: Some((Millis::ZERO, Millis::secs(60))),
            },
        ]
    }

    #[test]
    fn a_decision_reads_back_under_the_key_of_its_district_and_no_other() {
        let (ours, theirs) = (keys(), keys());
        for decides in both() {
            let ruling = ruling(decides);
            let note = ruling.signed(&ours);
            assert_eq!(Ruling::open(&note, |_| Some(ours.public())), Ok(ruling.clone()));
            let district = ruling.district.clone();
            let opened = Ruling::open(&note, |_| Some(theirs.public()));
            assert_eq!(opened, Err(RulingError::BadSignature(district.clone())));
            assert_eq!(Ruling::open(&note, |_| None), Err(RulingError::Stranger(district)));
        }
    }

    #[test]
    fn every_word_of_it_is_signed() {
        let ours = keys();
        let note = ruling(both()[0].clone()).signed(&ours);
        let changes = [
            ("yuanjiao/17", "yuanjiao/18"),
            ("\n7\n", "\n8\n"),
            ("2027-01-11", "2027-01-12"),
            ("\n400\n", "\n401\n"),
            ("0303", "0304"),
            ("第 3 页", "第 4 页"),
            ("\"year\":2026", "\"year\":2027"),
            ("[14,6]", "[15,6]"),
        ];
        for (from, to) in changes {
            let forged = note.replacen(from, to, 1);
            assert_ne!(forged, note, "{from}");
            let opened = Ruling::open(&forged, |_| Some(ours.public()));
            assert!(
                matches!(opened, Err(RulingError::BadSignature(_))),
                "{from}: {opened:?}"
            );
        }
    }

    #[test]
    fn what_decides_nothing_or_rests_on_nothing_is_no_decision() {
        let ours = keys();
        let sound = ruling(both()[0].clone());
        let empty = Decision::Year {
            year: Year(2026),
            spans: Vec::new(),
        };
        let no_year = Decision::Year {
            year: Year::UNDECIDED,
            spans: vec![(1, 1)],
        };
        let backwards = Decision::Credit {
            of: 1,
            to: None,
            stretch: Some((Millis(5), Millis(5))),
        };
        for decides in [empty, no_year, backwards] {
            assert_eq!(Ruling::of(&ruling(decides).signed(&ours)), None);
        }
        for evidence in ["", "  ", "a\nb", &"字".repeat(EVIDENCE + 1)] {
            let evidence = evidence.to_owned();
            let note = Ruling {
                evidence,
                ..sound.clone()
            }
            .signed(&ours);
            assert_eq!(Ruling::of(&note), None);
        }
        let day = "2027-13-01".to_owned();
        assert_eq!(Ruling::of(&Ruling { day, ..sound }.signed(&ours)), None);
    }

    /// The largest that people can sign fits a leaf together with what it settles.
    #[test]
    fn the_longest_decision_fits_a_leaf() {
        use crate::ledger::leaf::LEAF_LIMIT;
        use crate::ledger::{Settler, What};
        let spans: Vec<(u64, i64)> = (0..SPANS as u64).map(|n| (90_000_000 + n, 1_795_000_000_000)).collect();
        let longest = Ruling {
            evidence: "字".repeat(EVIDENCE),
            ..ruling(Decision::Year {
                year: Year(2026),
                spans: spans.clone(),
            })
        };
        let keys = keys();
        let note = longest.signed(&keys);
        assert_eq!(Ruling::open(&note, |_| Some(keys.public())), Ok(longest));
        let leaf = What::Settled {
            year: Year(2026),
            spans,
            by: Settler::District,
            signed: note,
        };
        assert!(serde_json::to_vec(&leaf).unwrap().len() + 200 < LEAF_LIMIT);
    }
}
