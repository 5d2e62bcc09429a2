//! What a district sends down 下发件: roster, numbers of visitors, programme, list of approved items, notices, decisions.
//!
//! Each is one signed record ([`Paper`]) for one station, with a number that only grows and the day from which it holds.
//!
//! 1. [`Dispatches::take`] opens it under the district's pinned key. What is unsigned, of another district, for another
//!    station or older is refused. What is taken becomes a leaf (what was signed, without the content: it names nobody).
//! 2. On its day, at once if that has come, its content goes where it belongs: into the roster, the programme, the list of
//!    who belongs elsewhere. Approved items and notices are read from here. Decisions are carried out whatever the day is
//!    (`viewing::rule`): a clock that is behind is often why something had to be decided.
//! 3. [`Dispatches::standing`] says on the desk what came, and what is to come.

mod body;
mod paper;
mod rows;

use std::collections::HashSet;

use ed25519_dalek::VerifyingKey;
use rusqlite::Connection;

pub use body::{Approved, Board, Body, Docket, Home, List, Notice, Programme as Entries, Roster as Members, Visitors};
pub use body::{LINE, NOTICES, RULINGS, WORDS};
pub use paper::{Head, Kind, PAPER_LIMIT, Paper, PaperError, digest_of};
pub use rows::SCHEMA;

use crate::clock::{Reading, SharedClock, Trust, day_of, local_date};
use crate::ledger::epoch::is_before;
use crate::ledger::ruling::Ruling;
use crate::ledger::{Ledger, LedgerError, What};
use crate::programme::Programme;
use crate::roster::Roster;
use crate::store::{StoreError, Tx};
use crate::types::{BranchId, ItemId, MemberId, Origin};
use crate::viewing::{self, ViewingError};

/// What becomes of a record that is brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is taken: what it is, and the day from which it holds.
    Taken(Kind, String),
    /// It was there already.
    Known,
    /// A later one of the same district is there.
    Older,
    /// It is no record for this station by an enrolled district.
    Refused(PaperError),
    /// Signed, but this program cannot read it; why.
    Unreadable(String),
}

/// What came down, as the desk shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Who sent it.
    pub district: String,
    /// What.
    pub kind: Kind,
    /// Its number.
    pub serial: u64,
    /// The first day on which it holds.
    pub from: String,
    /// How many members, numbers, evenings, items or notices it holds.
    pub entries: u64,
    /// When it came, milliseconds since 1970.
    pub wall: i64,
    /// Whether its day has come.
    pub holds: bool,
}

/// A handle to the room. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Dispatches {
    ledger: Ledger,
    roster: Roster,
    programme: Programme,
    clock: SharedClock,
}

/// Today, as days since 1970; `None` while nobody knows.
fn today(now: Reading) -> Option<i64> {
    (now.trust != Trust::Unset).then(|| day_of(now.wall_ms))
}

/// Whether each decision is signed by the district that sends them, and about this station, in this epoch or an earlier one:
/// they go into the ledger one by one.
fn are_signed(docket: &Docket, head: &Head, key_of: impl Fn(&Origin) -> Option<VerifyingKey>) -> bool {
    let is_ours = |log: &Origin| *log == head.station || is_before(log, &head.station);
    let is_theirs = |ruling: Ruling| ruling.district == head.district && is_ours(&ruling.station);
    let mut notes = docket.rulings.iter();
    notes.all(|note| Ruling::open(note, &key_of).is_ok_and(is_theirs))
}

impl Dispatches {
    /// The ledger's store holds the tables of [`SCHEMA`], and those of the rooms that are served.
    pub fn new(ledger: Ledger, roster: Roster, clock: SharedClock) -> Self {
        Self {
            programme: Programme::new(ledger.store().clone()),
            ledger,
            roster,
            clock,
        }
    }

    /// Takes a file, or says why not. `key_of` knows the keys of enrolled districts. Once the transaction stands, the
    /// caller says [`Dispatches::settled`].
    pub fn take(
        &self,
        tx: &Tx<'_>,
        now: Reading,
        file: &str,
        key_of: impl Fn(&Origin) -> Option<VerifyingKey>,
    ) -> Result<Outcome, LedgerError> {
        let paper = match Paper::open(file, self.ledger.origin(), &key_of) {
            Ok(paper) => paper,
            Err(why) => return Ok(Outcome::Refused(why)),
        };
        let head = &paper.head;
        match rows::newest(tx, &head.district, head.kind)? {
            Some(newest) if newest == head.serial => return Ok(Outcome::Known),
            Some(newest) if newest > head.serial => return Ok(Outcome::Older),
            _ => {}
        }
        let entries = match Body::read(head.kind, &paper.body) {
            Ok(Body::Rulings(body)) if !are_signed(&body, head, &key_of) => {
                return Ok(Outcome::Refused(PaperError::BadSignature(head.district.clone())));
            }
            Ok(body) => body.count(),
            Err(why) => return Ok(Outcome::Unreadable(why)),
        };
        let leaf = What::Dispatched {
            what: head.kind.word().to_owned(),
            signed: paper.note.clone(),
        };
        self.ledger.append(tx, now, leaf)?;
        let day = match head.kind {
            Kind::Rulings => i64::MIN,
            _ => head.first_day().unwrap_or(i64::MAX),
        };
        rows::insert(tx, &paper, day, entries, now.wall_ms)?;
        self.carry_out(tx, now)?;
        Ok(Outcome::Taken(head.kind, head.from.clone()))
    }

    /// After a record was taken or its day came: what is remembered of sign-ins is looked up anew.
    pub fn settled(&self) {
        self.roster.forget_sign_ins();
    }

    /// Carries out what holds from today on. `true` if something did. Blocks.
    pub fn carry_out_due(&self) -> Result<bool, LedgerError> {
        let (now, room) = (self.clock.now(), self.clone());
        let waits = move |conn: &Connection| Ok::<_, StoreError>(!rows::due(conn, today(now))?.is_empty());
        if !self.ledger.store().read_blocking(waits)? {
            return Ok(false);
        }
        self.ledger
            .store()
            .write_blocking(move |tx| room.carry_out(tx, now))??;
        self.settled();
        Ok(true)
    }

    fn carry_out(&self, tx: &Tx<'_>, now: Reading) -> Result<(), LedgerError> {
        for due in rows::due(tx, today(now))? {
            match Body::read(due.kind, &due.body) {
                Ok(Body::Roster(body)) => {
                    let done = self.roster.take_over(tx, &body.members, now.wall_ms)?;
                    tracing::info!(?done, "a district's roster holds from today on");
                }
                Ok(Body::Visitors(body)) => rows::replace_elsewhere(tx, &due.district, &body.homes)?,
                Ok(Body::Plan(body)) => {
                    let signed_for = || Head::of(&due.note).map(|head| head.from).unwrap_or_default();
                    let day = today(now).and_then(|_| local_date(now.wall_ms));
                    let day = day.map_or_else(signed_for, |day| day.to_string());
                    self.programme.take_over(tx, &due.district, &day, &body.entries)?;
                }
                // Read from here, by day.
                Ok(Body::Approved(_) | Body::Notices(_)) => {}
                Ok(Body::Rulings(body)) => {
                    for note in &body.rulings {
                        viewing::rule(&self.ledger, tx, now, note).map_err(ViewingError::of_ledger)?;
                    }
                }
                Err(why) => tracing::warn!(why, "a record of the district that was taken cannot be read any more"),
            }
            rows::holds(tx, &due)?;
        }
        Ok(())
    }

    /// What came, by district and kind; what is to come stands behind what holds.
    pub async fn standing(&self) -> Result<Vec<Standing>, StoreError> {
        self.ledger.store().read(|conn| Ok(rows::standing(conn)?)).await
    }

    /// The notices of today, each with who sent it, those that end first before.
    pub async fn notices(&self) -> Result<Vec<(String, Notice)>, StoreError> {
        let today = today(self.clock.now());
        let read = |conn: &Connection| Ok::<_, StoreError>(rows::in_force(conn, Kind::Notices)?);
        let mut all = Vec::new();
        for (district, text) in self.ledger.store().read(read).await? {
            if let Ok(Body::Notices(board)) = Body::read(Kind::Notices, &text) {
                let shown = board.notices.into_iter().filter(|notice| notice.is_shown(today));
                all.extend(shown.map(|notice| (district.clone(), notice)));
            }
        }
        all.sort_by(|a, b| (&a.1.until, &a.1.title).cmp(&(&b.1.until, &b.1.title)));
        Ok(all)
    }

    /// The items that districts approved and whose day has come; `None` if none ever sent a list. Blocks.
    pub fn approved(&self) -> Result<Option<HashSet<ItemId>>, StoreError> {
        let today = today(self.clock.now());
        let lists = self.listed()?;
        let holds = |item: &Approved| {
            let from = crate::clock::day_named(&item.from);
            today.is_none_or(|today| from.is_some_and(|from| from <= today))
        };
        let items = lists.iter().flatten().filter(|item| holds(item)).map(|item| item.item);
        Ok((!lists.is_empty()).then(|| items.collect()))
    }

    /// The lists as they were sent. Blocks.
    pub fn listed(&self) -> Result<Vec<Vec<Approved>>, StoreError> {
        let read = |conn: &Connection| Ok::<_, StoreError>(rows::in_force(conn, Kind::Approved)?);
        let lists = self.ledger.store().read_blocking(read)?;
        let items = |(_, text): (String, String)| match Body::read(Kind::Approved, &text) {
            Ok(Body::Approved(list)) => Some(list.items),
            _ => None,
        };
        Ok(lists.into_iter().filter_map(items).collect())
    }

    /// Where a number belongs, as a district says: its station and branch. `None` if no list holds it.
    pub async fn home_of(&self, id: MemberId) -> Result<Option<(String, BranchId)>, StoreError> {
        self.ledger
            .store()
            .read(move |conn| Ok(rows::elsewhere(conn, &id)?))
            .await
    }
}

/// Somebody is removed from this box: a roster that waits for its day forgets him too. Within the transaction of his
/// removal. What a district sends later is its own word again.
pub fn forget(tx: &Tx<'_>, removed: &[MemberId]) -> Result<(), StoreError> {
    for (district, serial, text) in rows::waiting_rosters(tx)? {
        if let Ok(Body::Roster(mut body)) = Body::read(Kind::Roster, &text) {
            body.members.retain(|member| !removed.contains(&member.id));
            rows::set_waiting(tx, &district, serial, &Body::Roster(body).text())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
