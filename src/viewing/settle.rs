//! Spans find their year: by the leaves themselves once anchors or cosignatures bracket them, or by the operator's word.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use rusqlite::{Connection, OptionalExtension, params};

use super::rows::{self, ms, sql};
use super::ruling::{self, Ruled};
use super::{Viewing, ViewingError};
use crate::clock::Reading;
use crate::credit::dating::Dated;
use crate::credit::settling::{Settled, Settling, choices, first_moment};
use crate::ledger::ruling::Ruling;
use crate::ledger::{self, Leaf, Ledger, Settler, What, epoch};
use crate::roster::Operator;
use crate::store::{StoreError, Tx, Urgency};
use crate::types::{Intervals, MemberId, Millis, Origin, Year};

/// So many leaves are read at a time.
const STRIDE: u64 = 4_096;
/// So many spans fit one leaf of the ledger with room to spare.
const PER_LEAF: usize = 1_000;

/// Spans without a year that a person can settle together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Their leaves, each with the time in which it must have been earned. The first names the group.
    pub spans: Vec<(u64, Dated)>,
    /// How much they are worth.
    pub credit: Millis,
    /// The time in which they must have been earned.
    pub within: Dated,
    /// The years that fit, the latest first.
    pub years: Vec<Year>,
}

pub(super) fn settling_of(conn: &Connection) -> Result<Settling, StoreError> {
    let mut settling = Settling::default();
    let size = ledger::size(conn)?;
    for from in (0..size).step_by(usize::try_from(STRIDE).expect("4096 fits")) {
        for bytes in ledger::leaves(conn, from, from + STRIDE)? {
            settling.look(Leaf::read(&bytes).as_ref());
        }
    }
    Ok(settling)
}

impl Viewing {
    /// Settles the year of every span that can be dated by now; how many there were. Reads the whole ledger, unless
    /// nothing was earned under an unsure clock.
    pub async fn settle(&self) -> Result<usize, ViewingError> {
        if self.ledger.halted().is_some() || !self.unsure.load(Ordering::Relaxed) {
            return Ok(0);
        }
        let settling = self.ledger.store().read(settling_of).await?;
        let (ledger, now) = (self.ledger.clone(), self.clock.now());
        self.note_unsure(&settling);
        let decided = settling.decided();
        if decided.is_empty() {
            return Ok(0);
        }
        self.write(Urgency::Now, move |tx| {
            write_settled(&ledger, tx, now, &decided, Word::ours(Settler::Dating))
        })
        .await
    }

    /// The same before the event loop runs. Blocks.
    pub fn settle_at_the_start(&self) -> Result<usize, ViewingError> {
        let settling = self.ledger.store().read_blocking(settling_of)?;
        self.note_unsure(&settling);
        let (ledger, now, decided) = (self.ledger.clone(), self.clock.now(), settling.decided());
        if decided.is_empty() {
            return Ok(0);
        }
        let act = move |tx: &Tx<'_>| write_settled(&ledger, tx, now, &decided, Word::ours(Settler::Dating));
        self.ledger.store().write_blocking(act)?
    }

    fn note_unsure(&self, settling: &Settling) {
        self.unsure.store(!settling.is_idle(), Ordering::Relaxed);
    }

    /// Spans without a year, for the operator, in groups for which the same years fit.
    pub async fn without_year(&self) -> Result<Vec<Open>, ViewingError> {
        if !self.unsure.load(Ordering::Relaxed) {
            return Ok(Vec::new());
        }
        let year = self.clock.now().year();
        let open = move |conn: &Connection| open_groups(conn, year);
        Ok(self.ledger.store().read::<_, StoreError, _>(open).await?)
    }

    /// The operator says the year of a group; `false` if there is no such group (any more) or the year does not fit.
    pub async fn say_year(&self, first: u64, year: Year, _by: &Operator) -> Result<bool, ViewingError> {
        let groups = self.without_year().await?;
        let is_it = |group: &Open| group.first() == Some(first) && group.years.contains(&year);
        let Some(group) = groups.into_iter().find(is_it) else {
            return Ok(false);
        };
        let settled = |(span, within): &(u64, Dated)| Settled {
            span: *span,
            year,
            wall_ms: first_moment(within, year),
        };
        let said: Vec<Settled> = group.spans.iter().map(settled).collect();
        let (ledger, now) = (self.ledger.clone(), self.clock.now());
        let act = move |tx: &Tx<'_>| write_settled(&ledger, tx, now, &said, Word::ours(Settler::Operator));
        Ok(self.write(Urgency::Now, act).await? > 0)
    }
}

impl Open {
    /// The leaf that names the group.
    pub fn first(&self) -> Option<u64> {
        self.spans.first().map(|(span, _)| *span)
    }
}

/// Who says to which year spans belong, and of which log they are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word<'a> {
    by: Settler,
    /// What a district signed about it; empty if none did.
    signed: &'a str,
    /// The log of an earlier epoch, and where it begins in the views; `None` for the present one.
    before: Option<(&'a Origin, i64)>,
}

impl<'a> Word<'a> {
    /// The station itself, or its operator.
    fn ours(by: Settler) -> Self {
        Self {
            by,
            signed: "",
            before: None,
        }
    }

    /// A district, which signed this, about the present log or an earlier one.
    pub(super) fn signed(signed: &'a str, before: Option<(&'a Origin, i64)>) -> Self {
        Self {
            by: Settler::District,
            signed,
            before,
        }
    }

    /// Where a span stands in the views.
    pub(super) fn place(&self, span: u64) -> i64 {
        self.before.map_or(0, |(_, first)| first) + sql(Millis(span))
    }

    fn leaf(&self, year: Year, spans: Vec<(u64, i64)>, twice: Vec<(u64, Intervals)>) -> What {
        let signed = self.signed.to_owned();
        match self.before {
            None => What::Settled {
                year,
                spans,
                by: self.by,
                signed,
            },
            Some((log, _)) => What::SettledBefore {
                log: log.clone(),
                year,
                spans,
                twice,
                signed,
            },
        }
    }
}

/// Writes who said to which year spans belong, and moves them; how many there were.
pub(super) fn write_settled(
    ledger: &Ledger,
    tx: &Tx<'_>,
    now: Reading,
    all: &[Settled],
    word: Word<'_>,
) -> Result<usize, ViewingError> {
    let mut years: BTreeMap<Year, Vec<(u64, i64)>> = BTreeMap::new();
    for one in all {
        // Another pass may have been faster.
        if year_of(tx, word.place(one.span))?.is_some_and(|year| year != one.year) {
            years.entry(one.year).or_default().push((one.span, one.wall_ms));
        }
    }
    let mut settled = 0;
    for (year, spans) in years {
        for part in spans.chunks(PER_LEAF) {
            let mut moved = Vec::new();
            for (span, wall_ms) in part {
                let one = put_into(tx, word.place(*span), year, *wall_ms)?;
                moved.extend(one.map(|one| (*span, one)));
            }
            let twice = moved.iter().filter(|(_, one)| !one.twice.is_empty());
            let twice = twice.map(|(span, one)| (*span, one.twice.clone())).collect();
            let index = ledger.append(tx, now, word.leaf(year, part.to_vec(), twice))?;
            if let Some(ruling) = Ruling::of(word.signed) {
                for (_, Moved { member, fresh, .. }) in moved {
                    let ruled = Ruled::of(sql(Millis(index)), &ruling, year, fresh, now.wall_ms);
                    ruling::insert(tx, &member, &ruled)?;
                }
            }
            settled += part.len();
        }
    }
    Ok(settled)
}

fn open_groups(conn: &Connection, now: Year) -> Result<Vec<Open>, StoreError> {
    let mut groups: Vec<Open> = Vec::new();
    for (span, within) in settling_of(conn)?.undecided() {
        let (credit, years) = (credit_of(conn, sql(Millis(span)))?, choices(&within, now));
        match groups.iter_mut().find(|group| group.years == years) {
            Some(group) => {
                group.spans.push((span, within));
                group.credit = group.credit.plus(credit);
                group.within = Dated {
                    lo: group.within.lo.min(within.lo),
                    hi: group.within.hi.zip(within.hi).map(|(a, b)| a.max(b)),
                };
            }
            None => groups.push(Open {
                spans: vec![(span, within)],
                credit,
                within,
                years,
            }),
        }
    }
    Ok(groups)
}

/// The year to which the span at this place counts now; `None` if there is no such span.
pub(super) fn year_of(conn: &Connection, place: i64) -> Result<Option<Year>, rusqlite::Error> {
    conn.prepare_cached("SELECT year FROM span WHERE idx = ?1")?
        .query_row([place], |row| row.get(0).map(Year))
        .optional()
}

fn credit_of(conn: &Connection, place: i64) -> Result<Millis, rusqlite::Error> {
    let found = conn
        .prepare_cached("SELECT credit FROM span WHERE idx = ?1")?
        .query_row([place], |row| row.get(0).map(ms))
        .optional()?;
    Ok(found.unwrap_or_default())
}

/// What became of a span that moved.
struct Moved {
    member: MemberId,
    /// How much is new in its year.
    fresh: Millis,
    /// What was counted there before.
    twice: Intervals,
}

/// What the span still gives moves to the year; what was counted there before counts once.
fn put_into(tx: &Tx<'_>, place: i64, year: Year, wall_ms: i64) -> Result<Option<Moved>, ViewingError> {
    let leaf = match u64::try_from(place) {
        Ok(index) => ledger::leaves(tx, index, index + 1)?.pop(),
        Err(_) => epoch::carried_at(tx, place)?,
    };
    let leaf = leaf.and_then(|bytes| Leaf::read(&bytes));
    let (
        Some(What::Span {
            member, item, media, ..
        }),
        Some(before),
    ) = (leaf.map(|leaf| leaf.is), year_of(tx, place)?)
    else {
        return Ok(None);
    };
    let had = rows::credited(tx, &member, &item, before)?;
    let moved = media.intersection(&had);
    rows::write_credited(tx, &member, &item, before, &had.minus(&moved))?;
    let there = rows::credited(tx, &member, &item, year)?;
    let fresh = moved.minus(&there).total();
    rows::write_credited(tx, &member, &item, year, &there.union(&moved))?;
    tx.prepare_cached("UPDATE span SET year = ?2, credit = ?3, wall = ?4 WHERE idx = ?1")?
        .execute(params![place, year.0, sql(fresh), wall_ms])?;
    Ok(Some(Moved {
        member,
        fresh,
        twice: moved.intersection(&there),
    }))
}
