//! Years that were settled later, judged again: the count dates the leaves itself and believes no word that does not fit.

use std::collections::HashMap;

use super::{Anomaly, Recount, year_of};
use crate::credit::settling::{Settled, choices};
use crate::ledger::ruling::{Decision, Ruling};
use crate::ledger::{Leaf, Settler, What};
use crate::types::{Intervals, Year};

/// Whether a decision says this of these spans.
fn names(decides: &Decision, year: Year, spans: &[(u64, i64)]) -> bool {
    match decides {
        Decision::Year {
            year: said,
            spans: named,
        } => *said == year && spans.iter().all(|span| named.contains(span)),
        Decision::Credit { .. } => false,
    }
}

impl Recount {
    /// Spans are put into a year. What does not fit stays where it was, and the leaf is named.
    pub(super) fn settled(&mut self, index: u64, leaf: &Leaf) {
        let (year, spans, by, signed) = match &leaf.is {
            What::Settled {
                year,
                spans,
                by,
                signed,
            } => (year, spans, by, signed),
            What::SettledBefore { .. } => return self.settled_before(index, &leaf.is),
            _ => return,
        };
        let fits: HashMap<u64, Vec<Year>> = match by {
            Settler::Dating => {
                let decided = self.settling.decided();
                decided.into_iter().map(|one| (one.span, vec![one.year])).collect()
            }
            Settler::Operator => {
                let open = self.settling.undecided();
                let now = year_of(leaf.at);
                open.into_iter()
                    .map(|(span, within)| (span, choices(&within, now)))
                    .collect()
            }
            Settler::District => self.ruled(index, signed, *year, spans),
        };
        let mut is_sound = true;
        for (span, wall_ms) in spans {
            if fits.get(span).is_some_and(|years| years.contains(year)) {
                self.put_into(*span, *year, *wall_ms);
            } else {
                is_sound = false;
            }
        }
        if !is_sound {
            self.anomalies.push(Anomaly::WrongYear(index));
        }
    }

    /// Hours of a log that has ended stand in its own count, which is told of the decision ([`Self::say`]). Here their media
    /// move to the year in which they count, so that they do not earn again.
    fn settled_before(&mut self, index: u64, is: &What) {
        let What::SettledBefore {
            log,
            year,
            spans,
            twice,
            signed,
        } = is
        else {
            return;
        };
        let ruling = self.ruling(index, signed);
        let fits = |ruling: Ruling| ruling.station == *log && names(&ruling.decides, *year, spans);
        let open = if ruling.is_some_and(fits) {
            self.rulings.take_open(log, spans)
        } else {
            Vec::new()
        };
        let mut had_there = Vec::new();
        for one in &open {
            let years = self.union.entry(one.pair.clone()).or_default();
            let had = years.entry(Year::UNDECIDED).or_default();
            let moved = one.media.intersection(had);
            *had = had.minus(&moved);
            let there = years.entry(*year).or_default();
            let both = moved.intersection(there);
            *there = there.union(&moved);
            had_there.extend((!both.is_empty()).then_some((one.span, both)));
        }
        if open.len() != spans.len() || had_there != *twice {
            self.anomalies.push(Anomaly::WrongYear(index));
        }
    }

    /// What was decided about a log that has ended and its leaves cannot say: each span with what of it had earned in that
    /// year already, in a later log.
    pub fn say(&mut self, said: Vec<(Settled, Intervals)>) {
        for (one, twice) in said {
            self.settling.say(&one);
            self.twice.insert(one.span, twice);
        }
    }

    /// What a district's decision about a year allows: spans that it names, as long as no clock dates them.
    fn ruled(&mut self, index: u64, signed: &str, year: Year, spans: &[(u64, i64)]) -> HashMap<u64, Vec<Year>> {
        let Some(ruling) = self.ruling(index, signed) else {
            return HashMap::new();
        };
        if self.rulings.is_over(&ruling.station) || !names(&ruling.decides, year, spans) {
            return HashMap::new();
        }
        let open = self.settling.undecided().into_iter();
        open.map(|(span, within)| (span, choices(&within, ruling.signed_in())))
            .collect()
    }

    /// After the last leaf, once: settles what the district's own visits bracket and the ledger does not say yet. Each is
    /// how many leaves were seen, and when, in milliseconds since 1970.
    pub fn settle_rest(&mut self, visits: &[(u64, i64)]) {
        self.see(visits);
        self.settle_seen();
    }

    /// The first half of it, for a count of parts: which spans the visits decide is known then ([`Self::missing_to_settle`]).
    pub fn see(&mut self, visits: &[(u64, i64)]) {
        for (size, unix_ms) in visits {
            self.settling.seen(*size, *unix_ms);
        }
    }

    /// The second half.
    pub fn settle_seen(&mut self) {
        for one in self.settling.decided() {
            self.put_into(one.span, one.year, one.wall_ms);
        }
    }

    fn put_into(&mut self, span: u64, year: Year, wall_ms: i64) {
        let Some(place) = self.places.get(&span) else { return };
        let credit = &mut self.credits[place.credit];
        let years = self.union.entry((credit.member.clone(), credit.item)).or_default();
        let had = years.entry(credit.year).or_default();
        *had = had.minus(&credit.media);
        let there = years.entry(year).or_default();
        let later = self.twice.remove(&span).unwrap_or_default();
        let fresh = credit.media.minus(there).minus(&later);
        *there = there.union(&credit.media);
        let twice = credit.media.total().minus(fresh.total());
        (credit.media, credit.year, credit.at.wall) = (fresh, year, wall_ms);
        let opened = place.session.and_then(|session| self.by_id.get(&session));
        if let Some(facts) = opened.and_then(|opened| self.sessions.get_mut(opened)) {
            facts.year = year;
            facts.credited = facts.credited.minus(twice);
        }
    }
}
