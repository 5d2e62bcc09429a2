//! Leaves of sessions on phones, and spans: what was opened, earned and closed.

use super::corrections::Place;
use super::{Anomaly, Credit, Recount, SessionFacts, month_of, year_of};
use crate::ledger::{At, Closing, Leaf, What};
use crate::types::{Intervals, ItemId, MemberId, Millis, Mode, SessionId, Year};

impl Recount {
    pub(super) fn open(&mut self, index: u64, at: At, session: SessionId, member: MemberId, item: ItemId, mode: Mode) {
        self.by_id.insert(session, index);
        let year = year_of(at);
        self.comes(&member, session, at);
        self.months.entry(month_of(at)).or_default().sessions += 1;
        let facts = SessionFacts {
            session,
            member,
            item,
            mode,
            opened: at,
            closed: None,
            credited: Millis::ZERO,
            year,
            unconfirmed: Millis::ZERO,
            flags: Vec::new(),
        };
        self.sessions.insert(index, facts);
    }

    pub(super) fn span(&mut self, index: u64, leaf: &Leaf) {
        let What::Span {
            session,
            member,
            item,
            year,
            mode,
            grade,
            media,
            total,
            ..
        } = &leaf.is
        else {
            return;
        };
        let have = self.union.entry((member.clone(), *item)).or_default();
        let have = have.entry(*year).or_default();
        if !media.intersection(have).is_empty() {
            self.anomalies.push(Anomaly::CountedTwice(index));
        }
        let fresh = media.minus(have);
        *have = have.union(media);
        let counted = have.total();
        if counted != *total {
            self.anomalies.push(Anomaly::TotalDiffers {
                index,
                claimed: *total,
                counted,
            });
        }
        let end = self.items.get(item).map_or(Millis::ZERO, |(_, _, length)| *length);
        if media.pairs().last().is_some_and(|(_, to)| *to > end.0) {
            self.anomalies.push(Anomaly::BeyondTheEnd(index));
        }
        self.check_time(index, leaf.at, member, *session, fresh.total());
        if let Some(room) = self.rooms.get_mut(session).filter(|room| room.ended.is_none()) {
            room.span(index, member, (*item, *year, *grade), media);
        } else {
            self.in_session(index, *session, member, *item, *year, fresh.total());
        }
        let place = Place {
            credit: self.credits.len(),
            session: Some(*session),
            free: Intervals::none(),
        };
        self.places.insert(index, place);
        let credit = Credit {
            index,
            session: *session,
            member: member.clone(),
            item: *item,
            year: *year,
            mode: *mode,
            grade: *grade,
            media: fresh,
            at: leaf.at,
        };
        self.credits.push(credit);
    }

    /// What a phone's session earned.
    fn in_session(
        &mut self,
        index: u64,
        session: SessionId,
        member: &MemberId,
        item: ItemId,
        year: Year,
        earned: Millis,
    ) {
        match self.living(session) {
            Some(facts) if facts.member == *member && facts.item == item => {
                facts.credited = facts.credited.plus(earned);
                facts.year = year;
                let (opened, credited) = (facts.opened, facts.credited);
                self.was_open(opened, credited);
            }
            _ => self.anomalies.push(Anomaly::NoSession(index)),
        }
    }

    pub(super) fn close(
        &mut self,
        index: u64,
        at: At,
        session: SessionId,
        why: Closing,
        unconfirmed: Millis,
        flags: Vec<String>,
    ) {
        let Some(facts) = self.living(session) else {
            self.anomalies.push(Anomaly::NoSession(index));
            return;
        };
        facts.closed = Some((at, why));
        facts.unconfirmed = unconfirmed;
        facts.flags = flags;
        let (member, opened) = (facts.member.clone(), facts.opened);
        self.goes(&member, session, opened, at);
        if unconfirmed > Millis::ZERO {
            let month = self.months.entry(month_of(opened)).or_default();
            month.unconfirmed = month.unconfirmed.plus(unconfirmed);
            let left = self.left.entry(member).or_default().entry(at.boot).or_default();
            *left = left.saturating_add(unconfirmed.0);
        }
    }

    pub(super) fn living(&mut self, session: SessionId) -> Option<&mut SessionFacts> {
        let index = self.by_id.get(&session)?;
        self.sessions.get_mut(index).filter(|facts| facts.closed.is_none())
    }
}
