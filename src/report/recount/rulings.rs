//! Decisions of districts 区县裁定, judged again: whose key signed them, about which log, and each once.

use std::collections::{BTreeMap, BTreeSet};

use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Serialize};

use super::Recount;
use crate::credit::correction::{By, Change, Unfit, Wish, changes};
use crate::credit::dating::Dated;
use crate::ledger::What;
use crate::ledger::ruling::{Ruling, SPANS};
use crate::types::{Intervals, ItemId, MemberId, Millis, Origin, Year};

/// What must be known to believe a decision.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rulings {
    /// The log that is counted.
    #[serde(default)]
    origin: Option<Origin>,
    /// The logs of earlier epochs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    earlier: Vec<Origin>,
    /// The keys of districts in hexadecimal, as the log names them first.
    #[serde(default)]
    keys: BTreeMap<Origin, String>,
    /// Hours of those logs that no clock dated and nobody decided so far.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    open: Vec<OpenBefore>,
    /// The number of each district's last decision, and the last leaf of it.
    #[serde(default)]
    last: BTreeMap<Origin, (u64, u64)>,
}

/// More hours without a year no honest log hands on: they are read and written with each pull.
const MOST_OPEN: usize = 10_000;

/// A span of an earlier log without a year, and what it is worth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OpenBefore {
    log: Origin,
    /// Its leaf there.
    pub(super) span: u64,
    /// Whose, and of what.
    pub(super) pair: (MemberId, ItemId),
    /// The media.
    pub(super) media: Intervals,
}

/// Hours without a year that no clock dates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecided {
    /// Their leaf.
    pub span: u64,
    /// The time in which they must have been earned.
    pub within: Dated,
    /// Whose.
    pub member: MemberId,
    /// How much.
    pub credit: Millis,
}

/// A key as leaves write it.
fn key_of(hex: &str) -> Option<VerifyingKey> {
    let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).ok()?;
    VerifyingKey::from_bytes(&bytes.try_into().ok()?).ok()
}

impl Rulings {
    /// In the log of the next epoch.
    fn after(&self, open: impl IntoIterator<Item = OpenBefore>) -> Self {
        let earlier = self.earlier.iter().chain(&self.origin);
        Self {
            origin: None,
            earlier: earlier.cloned().collect(),
            open: self.open.iter().cloned().chain(open).take(MOST_OPEN).collect(),
            ..self.clone()
        }
    }

    /// The open spans of an earlier log among these; of more than a decision can name none.
    pub(super) fn open_of(&self, log: &Origin, spans: &[(u64, i64)]) -> Vec<&OpenBefore> {
        let named: BTreeSet<u64> = match spans.len() {
            0..=SPANS => spans.iter().map(|(span, _)| *span).collect(),
            _ => BTreeSet::new(),
        };
        let is_named = |one: &&OpenBefore| one.log == *log && named.contains(&one.span);
        self.open.iter().filter(is_named).collect()
    }

    /// The same, in the order in which they are named: they are decided.
    pub(super) fn take_open(&mut self, log: &Origin, spans: &[(u64, i64)]) -> Vec<OpenBefore> {
        let mut found: Vec<OpenBefore> = self.open_of(log, spans).into_iter().cloned().collect();
        found.sort_by_key(|one| spans.iter().position(|(span, _)| *span == one.span));
        self.open.retain(|one| !found.contains(one));
        found
    }

    /// The station has lost the earlier logs.
    pub(super) fn lose_open(&mut self) {
        self.open.clear();
    }

    /// Whether this is a log of an earlier epoch.
    pub(super) fn is_over(&self, log: &Origin) -> bool {
        self.earlier.contains(log)
    }

    /// Whether a decision is about the log that is counted, or about one that has ended.
    fn are_about(&self, ruling: &Ruling, index: u64) -> bool {
        let is_ours = self.origin.as_ref() == Some(&ruling.station) && ruling.size <= index;
        is_ours || self.earlier.contains(&ruling.station)
    }
}

impl Recount {
    /// What the log of the next epoch begins with.
    pub(super) fn rulings_after(&self) -> Rulings {
        let open = self.settling.undecided().into_iter();
        let open = open.filter_map(|(span, _)| {
            let credit = &self.credits[self.places.get(&span)?.credit];
            Some(OpenBefore {
                log: self.rulings.origin.clone()?,
                span,
                pair: (credit.member.clone(), credit.item),
                media: credit.media.clone(),
            })
        });
        self.rulings.after(open)
    }

    /// The key of the district that counts: what the log says of it does not matter.
    pub fn trust(&mut self, district: Origin, key: VerifyingKey) {
        self.own = Some((district, key));
    }

    /// What is for a person to decide, in the order of the ledger. Ask a count of all leaves.
    pub fn undecided(&self) -> Vec<Undecided> {
        let open = self.settling.undecided().into_iter();
        open.filter_map(|(span, within)| {
            let credit = &self.credits[self.places.get(&span)?.credit];
            Some(Undecided {
                span,
                within,
                member: credit.member.clone(),
                credit: credit.media.total(),
            })
        })
        .filter(|one| one.credit > Millis::ZERO)
        .collect()
    }

    /// Hours that no clock dates and nobody decided: how many members have some, and how much in all. A count of what is kept
    /// ready knows this, too.
    pub fn without_year(&self) -> (usize, Millis) {
        let open = || {
            self.credits
                .iter()
                .filter(|credit| credit.year == Year::UNDECIDED && !credit.media.is_empty())
        };
        let members: BTreeSet<&MemberId> = open().map(|credit| &credit.member).collect();
        (members.len(), Millis(open().map(|credit| credit.media.total().0).sum()))
    }

    /// What a correction would change. Ask a count of all leaves.
    pub fn would(&self, of: u64, wish: &Wish, by: &By) -> Result<Vec<Change>, Unfit> {
        let named = self.named(of).ok_or(Unfit::NotThere)?;
        if self
            .places
            .get(&of)
            .is_some_and(|place| self.credits[place.credit].year == Year::UNDECIDED)
        {
            return Err(Unfit::Undated);
        }
        let have = |member: &MemberId, item: &_, year| Ok::<_, Unfit>(self.had_of(member, *item, year));
        let all = changes(&named, wish, by, have)?;
        if all.is_empty() { Err(Unfit::Nothing) } else { Ok(all) }
    }

    pub(super) fn note_names(&mut self, index: u64, is: &What) {
        match is {
            What::Genesis { origin, .. } if index == 0 => self.rulings.origin = Some(origin.clone()),
            What::Enrolled { district, key } => {
                // Another key for the same name, later on, is somebody else's.
                self.rulings.keys.entry(district.clone()).or_insert_with(|| key.clone());
            }
            _ => {}
        }
    }

    /// The decision that a leaf carries out, if it can be believed: signed by the district, about this log or one before it,
    /// and not one that was carried out before. One decision may take several leaves, which follow each other.
    pub(super) fn ruling(&mut self, index: u64, note: &str) -> Option<Ruling> {
        let known = |district: &Origin| match &self.own {
            Some((own, key)) if own == district => Some(*key),
            _ => self.rulings.keys.get(district).and_then(|hex| key_of(hex)),
        };
        let ruling = Ruling::open(note, known).ok()?;
        let last = self.rulings.last.get(&ruling.district).copied();
        let is_next =
            last.is_none_or(|(serial, leaf)| ruling.serial > serial || (ruling.serial == serial && index == leaf + 1));
        if !is_next || !self.rulings.are_about(&ruling, index) {
            return None;
        }
        self.rulings
            .last
            .insert(ruling.district.clone(), (ruling.serial, index));
        Some(ruling)
    }
}
