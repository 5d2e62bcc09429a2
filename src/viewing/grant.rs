//! Credit is given here and nowhere else: a leaf, a row of the view, the new total, in one transaction. A phone's session
//! gives it for what was proven; a screening, which knows this room, for what was attended.

use std::sync::atomic::Ordering;

use super::rows::{self, SessionRow};
use super::{BeatIn, ItemFacts, Viewing, ViewingError, acts};
use crate::clock::{Reading, Trust};
use crate::ledger::{Closing, Proof, What};
use crate::store::Tx;
use crate::types::{DeviceId, Grade, Intervals, ItemId, MemberId, Millis, Mode, SessionId, Year};

/// Who earns what, where and how well proven.
#[derive(Debug, Clone)]
pub struct Grant {
    /// In which session or screening.
    pub session: SessionId,
    /// Who.
    pub member: MemberId,
    /// What.
    pub item: ItemId,
    /// How.
    pub mode: Mode,
    /// How well proven.
    pub grade: Grade,
    /// By what.
    pub proof: Proof,
}

impl Viewing {
    /// Credits what is new of `media` to a year; how much that was.
    pub fn give(
        &self,
        tx: &Tx<'_>,
        now: Reading,
        grant: &Grant,
        year: Year,
        media: &Intervals,
    ) -> Result<Millis, ViewingError> {
        let before = rows::credited(tx, &grant.member, &grant.item, year)?;
        let media = media.minus(&before);
        if media.is_empty() {
            return Ok(Millis::ZERO);
        }
        let after = before.union(&media);
        rows::write_credited(tx, &grant.member, &grant.item, year, &after)?;
        let earned = media.total();
        let leaf = What::Span {
            session: grant.session,
            member: grant.member.clone(),
            item: grant.item,
            year,
            mode: grant.mode,
            grade: grant.grade,
            proof: grant.proof,
            media,
            total: after.total(),
        };
        let index = self.ledger.append(tx, now, leaf)?;
        if now.trust < Trust::Operator {
            self.unsure.store(true, Ordering::Relaxed);
        }
        rows::insert_span(tx, index, grant, year, earned, now)?;
        Ok(earned)
    }

    /// Ends the session that a member has open on a phone, if any: he is somewhere else now.
    pub fn step_aside(&self, tx: &Tx<'_>, now: Reading, member: &MemberId) -> Result<(), ViewingError> {
        match rows::open_session_of(tx, member)? {
            Some(row) => acts::end(self, tx, now, &row, Closing::Superseded).map(drop),
            None => Ok(()),
        }
    }

    /// Tells the ledger of an item, if it does not know it as it is.
    pub fn tell_of(&self, tx: &Tx<'_>, now: Reading, facts: &ItemFacts) -> Result<(), ViewingError> {
        if rows::item_is_news(tx, facts)? {
            let ItemFacts {
                item,
                title,
                class,
                length,
                made_here,
            } = facts.clone();
            let leaf = What::Item {
                item,
                title,
                class,
                length,
                made_here,
            };
            self.ledger.append(tx, now, leaf)?;
        }
        Ok(())
    }

    /// The media of an item that this station really sent to a device, as far as a beat speaks of them.
    pub fn media_sent(&self, device: DeviceId, item: &ItemId, beat: &BeatIn) -> Intervals {
        let bytes_of = |content| self.sent.bytes(device, content);
        self.media.media_within(item, &beat.hull(), &bytes_of)
    }
}

impl SessionRow {
    /// What a session of a phone can grant.
    pub(super) fn grant(&self, proof: Proof) -> Grant {
        Grant {
            session: self.id,
            member: self.member.clone(),
            item: self.item,
            mode: self.mode,
            grade: Grade::A,
            proof,
        }
    }
}
