//! Hours without a year, by the years that fit: what one decision settles.

use std::collections::BTreeMap;

use crate::credit::dating::Dated;
use crate::credit::settling::{choices, first_moment};
use crate::ledger::ruling::Decision;
use crate::report::Undecided;
use crate::types::{MemberId, Millis, Year};

/// Hours for which the same years fit, no more than one decision names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undated {
    /// In the order of the ledger, at least one.
    pub spans: Vec<Undecided>,
    /// The latest first.
    pub years: Vec<Year>,
}

impl Undated {
    /// All of them, by the years that fit until now, at most so many spans together.
    pub(super) fn sorted(open: Vec<Undecided>, now: Year, most: usize) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for one in open {
            let years = choices(&one.within, now);
            let there = all.iter_mut().find(|of| of.years == years && of.spans.len() < most);
            match there {
                Some(of) => of.spans.push(one),
                None => all.push(Self {
                    spans: vec![one],
                    years,
                }),
            }
        }
        all
    }

    /// The leaf that names the group.
    pub fn first(&self) -> u64 {
        self.spans.first().map_or(0, |one| one.span)
    }

    /// How much it is.
    pub fn credit(&self) -> Millis {
        Millis(self.spans.iter().map(|one| one.credit.0).sum())
    }

    /// The time in which all of it was earned.
    pub fn within(&self) -> Dated {
        let until: Option<Vec<i64>> = self.spans.iter().map(|one| one.within.hi).collect();
        Dated {
            lo: self.spans.iter().map(|one| one.within.lo).min().unwrap_or_default(),
            hi: until.and_then(|all| all.into_iter().max()),
        }
    }

    /// Whose it is, and how much.
    pub fn members(&self) -> BTreeMap<&MemberId, Millis> {
        let mut members: BTreeMap<&MemberId, Millis> = BTreeMap::new();
        for one in &self.spans {
            let sum = members.entry(&one.member).or_default();
            *sum = sum.plus(one.credit);
        }
        members
    }

    /// That it belongs to this year; `None` if it cannot.
    pub fn into_year(&self, year: Year) -> Option<Decision> {
        let counts_to = |one: &Undecided| (one.span, first_moment(&one.within, year));
        self.years.contains(&year).then(|| Decision::Year {
            year,
            spans: self.spans.iter().map(counts_to).collect(),
        })
    }
}
