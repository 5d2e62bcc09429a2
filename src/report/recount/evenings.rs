//! Leaves of screenings: what was shown, who came, what was checked.

use super::{Anomaly, Recount};
use crate::ledger::{At, What};
use crate::report::room::RoomFacts;
use crate::types::SessionId;

impl Recount {
    /// A leaf of a screening.
    pub(super) fn room(&mut self, index: u64, at: At, is: What) {
        let Some(screening) = screening_of(&is) else { return };
        if let What::Screening {
            mode, branches, due, ..
        } = is
        {
            let room = RoomFacts::new(screening, mode, branches, due, at);
            self.rooms.entry(screening).or_insert(room);
            return;
        }
        let Some(room) = self.rooms.get_mut(&screening).filter(|room| room.ended.is_none()) else {
            self.anomalies.push(Anomaly::NoSession(index));
            return;
        };
        let opened = room.opened;
        match is {
            What::Attend {
                member,
                shown,
                present,
                by,
                home,
                ..
            } => {
                self.homes.extend(home.map(|home| (member.clone(), home)));
                let is_new = present && !room.came.contains_key(&member);
                room.attend(member.clone(), shown, present, by);
                if is_new {
                    self.comes(&member, screening, opened);
                }
            }
            What::Shown { pieces, .. } => room.show(pieces),
            What::Check {
                shown,
                passed,
                ticked,
                void,
                ..
            } => room.check(shown, &passed, &ticked, void),
            What::Screened {
                how,
                shown,
                unattended,
                guests,
                ..
            } => {
                self.screened.insert(index, screening);
                room.ended_index = Some(index);
                let doubtful = room.end(at, how, shown, unattended, guests);
                self.anomalies.extend(doubtful.into_iter().map(Anomaly::NotAttended));
                self.evening_is_over(screening);
            }
            _ => {}
        }
    }
}

/// The screening that a leaf is about.
fn screening_of(is: &What) -> Option<SessionId> {
    match is {
        What::Screening { screening, .. }
        | What::Attend { screening, .. }
        | What::Shown { screening, .. }
        | What::Check { screening, .. }
        | What::Screened { screening, .. } => Some(*screening),
        _ => None,
    }
}
