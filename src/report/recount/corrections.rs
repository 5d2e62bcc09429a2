//! Corrections, judged again: what each names, what it takes or gives, and whether two people signed.

use super::{Anomaly, Credit, Recount};
use crate::credit::correction::{By, Change, Named, Wish, is_asked, judge};
use crate::ledger::ruling::{Decision, Ruling};
use crate::ledger::{At, What};
use crate::types::{Grade, Intervals, ItemId, MemberId, Mode, SessionId, Year};

/// A correction, as reports list it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// The leaf.
    pub index: u64,
    /// The leaf that it names.
    pub of: u64,
    /// Whose credit.
    pub member: MemberId,
    /// Of which item.
    pub item: ItemId,
    /// In which year.
    pub year: Year,
    /// No longer credited.
    pub takes: Intervals,
    /// Credited from here on.
    pub gives: Intervals,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub by: By,
    /// When.
    pub at: At,
}

impl Correction {
    fn new((index, of): (u64, u64), change: Change, reason: String, at: At) -> Self {
        let Change {
            member,
            item,
            year,
            takes,
            gives,
            by,
        } = change;
        Self {
            index,
            of,
            member,
            item,
            year,
            takes,
            gives,
            reason,
            by,
            at,
        }
    }
}

/// Where the credit of a leaf stands in the count.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// In `credits`.
    pub(super) credit: usize,
    /// The session that earned it.
    pub(super) session: Option<SessionId>,
    /// Taken from it and given to nobody yet.
    pub(super) free: Intervals,
}

/// Whether a district's decision asked for this change, in its own words.
fn is_ruled(ruling: &Ruling, (of, named): (u64, &Named), change: &Change, reason: &str) -> bool {
    let Decision::Credit { of: about, to, stretch } = &ruling.decides else {
        return false;
    };
    let wish = Wish {
        to: to.clone(),
        stretch: *stretch,
    };
    *about == of && ruling.evidence == reason && is_asked(named, &wish, change)
}

/// Who answers for a correction: the second signer here, or the district whose decision was believed.
fn signer(second: Option<MemberId>, ruling: Option<&Ruling>) -> Option<By> {
    second
        .map(By::Second)
        .or_else(|| ruling.map(|ruling| By::District(ruling.district.clone())))
}

impl Recount {
    /// Counts a correction. One that does not fit changes nothing, and is named.
    pub(super) fn correct(&mut self, index: u64, at: At, is: What) {
        let What::Correct {
            of,
            member,
            item,
            year,
            takes,
            gives,
            reason,
            second,
            signed,
            total,
        } = is
        else {
            return;
        };
        let ruling = second.is_none().then(|| self.ruling(index, &signed)).flatten();
        // What lies in a log that has ended is not corrected in this one.
        let ruling = ruling.filter(|ruling| !self.rulings.is_over(&ruling.station));
        let Some(by) = signer(second, ruling.as_ref()) else {
            self.anomalies.push(Anomaly::Unfit(index));
            return;
        };
        let change = Change {
            member,
            item,
            year,
            takes,
            gives,
            by,
        };
        let Some(after) = self.judged(of, &change, ruling.as_ref(), &reason) else {
            self.anomalies.push(Anomaly::Unfit(index));
            return;
        };
        let counted = after.total();
        if counted != total {
            self.anomalies.push(Anomaly::TotalDiffers {
                index,
                claimed: total,
                counted,
            });
        }
        let pair = (change.member.clone(), item);
        self.union.entry(pair).or_default().insert(year, after);
        self.apply(index, of, &change);
        self.corrections.push(Correction::new((index, of), change, reason, at));
    }

    /// What the member has afterwards, if the correction fits what it names and those who answer for it may.
    fn judged(&self, of: u64, change: &Change, ruling: Option<&Ruling>, reason: &str) -> Option<Intervals> {
        let named = self.named(of)?;
        let may = match (&change.by, ruling) {
            (By::Second(second), _) => self.may_sign(second),
            (By::District(_), Some(ruling)) => is_ruled(ruling, (of, &named), change, reason),
            (By::District(_), None) => false,
        };
        judge(&named, change, &self.had(change)).ok().filter(|_| may)
    }

    /// What the member has before the change.
    fn had(&self, change: &Change) -> Intervals {
        self.had_of(&change.member, change.item, change.year)
    }

    pub(super) fn had_of(&self, member: &MemberId, item: ItemId, year: Year) -> Intervals {
        let years = self.union.get(&(member.clone(), item));
        years.and_then(|years| years.get(&year)).cloned().unwrap_or_default()
    }

    /// The second signer is a secretary or sits on the committee, as the roster leaves say.
    fn may_sign(&self, second: &MemberId) -> bool {
        let role = self.members.get(second).map(|listed| listed.role.as_str());
        matches!(role, Some("secretary" | "committee"))
    }

    pub(super) fn named(&self, of: u64) -> Option<Named> {
        if let Some(place) = self.places.get(&of) {
            let credit = &self.credits[place.credit];
            return Some(Named::Span {
                member: credit.member.clone(),
                item: credit.item,
                year: credit.year,
                still: credit.media.clone(),
                free: place.free.clone(),
            });
        }
        let room = self.rooms.get(self.screened.get(&of)?)?;
        Some(Named::Screening(room.pieces().to_vec()))
    }

    fn apply(&mut self, index: u64, of: u64, change: &Change) {
        let given = self.given(index, of, change);
        if let Some(place) = self.places.get_mut(&of) {
            let credit = &mut self.credits[place.credit];
            credit.media = credit.media.minus(&change.takes);
            place.free = place.free.union(&change.takes).minus(&change.gives);
            let session = place.session;
            if let Some(facts) = session
                .and_then(|session| self.by_id.get(&session))
                .and_then(|opened| self.sessions.get_mut(opened))
            {
                facts.credited = facts.credited.minus(change.takes.total());
            }
        }
        if let Some(given) = given {
            let place = Place {
                credit: self.credits.len(),
                session: None,
                free: Intervals::none(),
            };
            self.places.insert(index, place);
            self.credits.push(given);
        }
    }

    /// What is given counts to the session, the day and the mode of what it names, and is grade C: people say so.
    fn given(&self, index: u64, of: u64, change: &Change) -> Option<Credit> {
        let of_place = |place: &Place| {
            let credit = &self.credits[place.credit];
            (credit.session, credit.mode, credit.at)
        };
        let of_room = || {
            let room = self.rooms.get(self.screened.get(&of)?)?;
            Some((room.screening, room.mode, room.ended?.0))
        };
        let (session, mode, at): (SessionId, Mode, At) = self.places.get(&of).map(of_place).or_else(of_room)?;
        (!change.gives.is_empty()).then(|| Credit {
            index,
            session,
            member: change.member.clone(),
            item: change.item,
            year: change.year,
            mode,
            grade: Grade::C,
            media: change.gives.clone(),
            at,
        })
    }
}
