//! A district's decisions 区县裁定 about what this ledger left open, carried out: each once, in the order of their numbers.

use rusqlite::{Connection, OptionalExtension, params};

use super::correct::{self, CorrectError, Correcting, Signed};
use super::rows::{ms, sql};
use super::settle::{self, Word};
use super::{ViewingError, earlier};
use crate::clock::Reading;
use crate::credit::correction::{By, Unfit, Wish};
use crate::credit::dating::Dated;
use crate::credit::settling::{Settled, choices};
use crate::ledger::ruling::{Decision, Ruling};
use crate::ledger::{self, Ledger, Unruled, What, epoch};
use crate::store::{StoreError, Tx};
use crate::types::{MemberId, Millis, Origin, Year};

/// A decision about years, as the member whose hours it moved reads it. What one did to single hours is a correction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruled {
    /// The leaf; below zero if it lies in the log of an earlier epoch.
    pub index: i64,
    /// Who decided.
    pub district: String,
    /// To which year the hours belong.
    pub year: Year,
    /// How much of his.
    pub credit: Millis,
    /// On what it rests.
    pub evidence: String,
    /// Wall clock.
    pub wall_ms: i64,
}

impl Ruled {
    /// What a decision did to hours of a member.
    pub(super) fn of(index: i64, ruling: &Ruling, year: Year, credit: Millis, wall_ms: i64) -> Self {
        Self {
            index,
            district: ruling.district.to_string(),
            year,
            credit,
            evidence: ruling.evidence.clone(),
            wall_ms,
        }
    }
}

/// Carries out a decision whose signature was checked, or writes down why it cannot be. One that was taken before, is older
/// than one that was, or is about another log is passed over.
pub fn rule(ledger: &Ledger, tx: &Tx<'_>, now: Reading, note: &str) -> Result<(), ViewingError> {
    let Some(ruling) = Ruling::of(note) else { return Ok(()) };
    if newest(tx, &ruling.district)? >= ruling.serial {
        return Ok(());
    }
    let done = if ruling.station == *ledger.origin() {
        let is_this_log = ruling.size <= ledger::size(tx)? && ledger::root_at(tx, ruling.size)? == ruling.root;
        if is_this_log {
            carry_out(ledger, tx, now, &ruling, note)?
        } else {
            Err(Unruled::OtherLog)
        }
    } else if epoch::is_before(&ruling.station, ledger.origin()) {
        about_earlier(ledger, tx, now, &ruling, note)?
    } else {
        return Ok(());
    };
    if let Err(why) = done {
        tracing::warn!(
            ?why,
            serial = ruling.serial,
            "a decision of the district was not carried out"
        );
        let signed = note.to_owned();
        ledger.append(tx, now, What::Unruled { signed, why })?;
    }
    Ok(take_note(tx, &ruling)?)
}

fn carry_out(
    ledger: &Ledger,
    tx: &Tx<'_>,
    now: Reading,
    ruling: &Ruling,
    note: &str,
) -> Result<Result<(), Unruled>, ViewingError> {
    match &ruling.decides {
        Decision::Year { year, spans } => {
            let open = settle::settling_of(tx)?.undecided();
            let (said, word) = (still_open(&open, *year, spans, ruling), Word::signed(note, None));
            said.map_or_else(|why| Ok(Err(why)), |said| settle_by(ledger, tx, now, &said, word))
        }
        Decision::Credit { of, to, stretch } => {
            let wanted = Correcting {
                of: *of,
                wish: Wish {
                    to: to.clone(),
                    stretch: *stretch,
                },
                reason: ruling.evidence.clone(),
            };
            let signed = Signed {
                by: By::District(ruling.district.clone()),
                note: note.to_owned(),
            };
            Ok(match correct::correct(ledger, tx, now, &wanted, &signed) {
                Ok(()) => Ok(()),
                Err(CorrectError::Unfit(Unfit::Nothing)) => Err(Unruled::NothingLeft),
                Err(CorrectError::Unfit(_) | CorrectError::NotCorrectable(_)) => Err(Unruled::Unfit),
                Err(CorrectError::Viewing(error)) => return Err(error),
            })
        }
    }
}

/// A decision about a log that ended is carried out in the one that goes on after it.
fn about_earlier(
    ledger: &Ledger,
    tx: &Tx<'_>,
    now: Reading,
    ruling: &Ruling,
    note: &str,
) -> Result<Result<(), Unruled>, ViewingError> {
    let Decision::Year { year, spans } = &ruling.decides else {
        return Ok(Err(Unruled::OtherLog));
    };
    let found = earlier::find(tx, &ruling.station, ruling.size)?;
    let Some(log) = found.and_then(|(log, root)| (root == ruling.root).then_some(log)) else {
        return Ok(Err(Unruled::OtherLog));
    };
    let open = log.settling.undecided();
    let word = Word::signed(note, Some((&ruling.station, log.first)));
    let mut said = match still_open(&open, *year, spans, ruling) {
        Ok(said) => said,
        Err(why) => return Ok(Err(why)),
    };
    // What the log says of them does not change any more: whether somebody has decided is in the view.
    let years = said.iter().map(|one| settle::year_of(tx, word.place(one.span)));
    let years: Vec<Option<Year>> = years.collect::<Result<_, _>>()?;
    let mut years = years.into_iter();
    said.retain(|_| years.next().flatten() == Some(Year::UNDECIDED));
    settle_by(ledger, tx, now, &said, word)
}

/// The spans of a decision that are open still.
fn still_open(
    open: &[(u64, Dated)],
    year: Year,
    spans: &[(u64, i64)],
    ruling: &Ruling,
) -> Result<Vec<Settled>, Unruled> {
    let fits = |span: u64| {
        let found = open.iter().find(|(index, _)| *index == span);
        found.map(|(_, within)| choices(within, ruling.signed_in()).contains(&year))
    };
    if spans.iter().any(|(span, _)| fits(*span) == Some(false)) {
        return Err(Unruled::Unfit);
    }
    let still = spans.iter().filter(|(span, _)| fits(*span).is_some());
    let said = still.map(|(span, wall_ms)| Settled {
        span: *span,
        year,
        wall_ms: *wall_ms,
    });
    Ok(said.collect())
}

fn settle_by(
    ledger: &Ledger,
    tx: &Tx<'_>,
    now: Reading,
    said: &[Settled],
    word: Word<'_>,
) -> Result<Result<(), Unruled>, ViewingError> {
    let settled = settle::write_settled(ledger, tx, now, said, word)?;
    Ok(if settled > 0 { Ok(()) } else { Err(Unruled::NothingLeft) })
}

/// The number of the newest decision of a district that was taken here; 0 before the first.
fn newest(conn: &Connection, district: &Origin) -> Result<u64, rusqlite::Error> {
    let found = conn
        .prepare_cached("SELECT serial FROM ruling WHERE district = ?1")?
        .query_row([district.as_str()], |row| row.get(0).map(ms))
        .optional()?;
    Ok(found.unwrap_or_default().0)
}

/// A decision stands in the ledger, carried out or not.
pub(super) fn take_note(tx: &Tx<'_>, ruling: &Ruling) -> Result<(), rusqlite::Error> {
    tx.prepare_cached(
        "INSERT INTO ruling (district, serial) VALUES (?1, ?2)
         ON CONFLICT (district) DO UPDATE SET serial = max(serial, excluded.serial)",
    )?
    .execute(params![ruling.district.as_str(), sql(Millis(ruling.serial))])
    .map(drop)
}

/// Writes the views anew from the leaves.
pub(super) fn write(tx: &Tx<'_>, rulings: &[Ruling], ruled: &[(MemberId, Ruled)]) -> Result<(), rusqlite::Error> {
    tx.execute_batch("DELETE FROM ruling; DELETE FROM ruled;")?;
    rulings.iter().try_for_each(|ruling| take_note(tx, ruling))?;
    ruled.iter().try_for_each(|(member, ruled)| insert(tx, member, ruled))
}

/// The hours of a member found their year by a decision.
pub(super) fn insert(tx: &Tx<'_>, member: &MemberId, ruled: &Ruled) -> Result<(), rusqlite::Error> {
    tx.prepare_cached(
        "INSERT INTO ruled (idx, district, year, evidence, member, credit, wall) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (idx, member) DO UPDATE SET credit = credit + excluded.credit",
    )?
    .execute(params![
        ruled.index,
        ruled.district,
        ruled.year.0,
        ruled.evidence,
        member.as_str(),
        sql(ruled.credit),
        ruled.wall_ms
    ])
    .map(drop)
}

/// What was decided about the years of a member's hours, the newest first.
pub fn rulings_of(conn: &Connection, who: &MemberId) -> Result<Vec<Ruled>, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT idx, district, year, evidence, credit, wall FROM ruled WHERE member = ?1 ORDER BY idx DESC",
    )?;
    let rows = query.query_map([who.as_str()], |row| {
        Ok(Ruled {
            index: row.get(0)?,
            district: row.get(1)?,
            year: Year(row.get(2)?),
            evidence: row.get(3)?,
            credit: ms(row.get(4)?),
            wall_ms: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
