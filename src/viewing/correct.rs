//! Corrections: two people take away, move or add credit, each time by a new leaf that names the old one.

use rusqlite::{Connection, OptionalExtension, params};

use super::rows::{self, column, json, sql, word};
use super::{Viewing, ViewingError};
use crate::clock::Reading;
use crate::credit::correction::{self, By, Change, Named, Unfit, Wish, judge};
use crate::ledger::{self, Leaf, Ledger, What};
use crate::roster::{Operator, Second};
use crate::store::{StoreError, Tx, Urgency};
use crate::types::{Intervals, ItemId, MemberId, Millis, Mode, Origin, SessionId, Year};

/// So many leaves are read at a time while looking back for what a screening showed.
const STRIDE: u64 = 256;

/// What the operator asks for.
#[derive(Debug, Clone)]
pub struct Correcting {
    /// The leaf: a span, a correction that gave, or the end of a screening.
    pub of: u64,
    /// Who gets it, and which stretch.
    pub wish: Wish,
    /// Why. No names: it is kept for ever.
    pub reason: String,
}

/// A correction as pages list it.
#[derive(Debug, Clone)]
pub struct Corrected {
    /// The leaf; below zero if it lies in the log of an earlier epoch.
    pub index: i64,
    /// The leaf that it names.
    pub of: i64,
    /// Of which item.
    pub item: ItemId,
    /// Taken away.
    pub takes: Millis,
    /// Given.
    pub gives: Millis,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub by: By,
    /// Wall clock.
    pub wall_ms: i64,
}

/// Why a correction was refused. The reader is the operator.
#[derive(Debug, thiserror::Error)]
pub enum CorrectError {
    /// The leaf is none that can be corrected.
    #[error("leaf {0} is neither a span nor the end of a screening")]
    NotCorrectable(u64),
    /// The rule says no.
    #[error("the correction does not fit: {0:?}")]
    Unfit(Unfit),
    /// Database or ledger.
    #[error(transparent)]
    Viewing(#[from] ViewingError),
}

impl From<StoreError> for CorrectError {
    fn from(error: StoreError) -> Self {
        Self::Viewing(error.into())
    }
}

impl From<rusqlite::Error> for CorrectError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Viewing(error.into())
    }
}

/// A leaf that can be corrected, and what a correction of it counts to.
#[derive(Debug, Clone)]
pub struct Correctable {
    /// What it is.
    pub named: Named,
    /// How it counts.
    pub mode: Mode,
    /// The wall clock of the day to which it counts.
    pub wall_ms: i64,
}

/// Who signs a correction, and what stands in its leaf about that.
#[derive(Debug, Clone)]
pub(super) struct Signed {
    pub(super) by: By,
    /// What a district signed; empty if two people here did.
    pub(super) note: String,
}

impl Viewing {
    /// Corrects, with the power of the operator and the signature of a second person.
    pub async fn correct(&self, wanted: Correcting, _by: &Operator, second: &Second) -> Result<(), CorrectError> {
        let (ledger, now) = (self.ledger.clone(), self.clock.now());
        let signed = Signed {
            by: By::Second(second.member().clone()),
            note: String::new(),
        };
        let act = move |tx: &Tx<'_>| correct(&ledger, tx, now, &wanted, &signed);
        self.ledger.store().write(Urgency::Now, act).await?
    }
}

/// Writes the leaves of a correction, and what follows from them.
pub(super) fn correct(
    ledger: &Ledger,
    tx: &Tx<'_>,
    now: Reading,
    wanted: &Correcting,
    signed: &Signed,
) -> Result<(), CorrectError> {
    let found = correctable(tx, wanted.of)?.ok_or(CorrectError::NotCorrectable(wanted.of))?;
    if matches!(&found.named, Named::Span { year, .. } if *year == Year::UNDECIDED) {
        return Err(CorrectError::Unfit(Unfit::Undated));
    }
    let have = |member: &MemberId, item: &ItemId, year| rows::credited(tx, member, item, year);
    let changes = correction::changes(&found.named, &wanted.wish, &signed.by, have)?;
    if changes.is_empty() {
        return Err(CorrectError::Unfit(Unfit::Nothing));
    }
    for change in changes {
        write_correction(ledger, tx, now, wanted, &change, &signed.note)?;
    }
    Ok(())
}

fn write_correction(
    ledger: &Ledger,
    tx: &Tx<'_>,
    now: Reading,
    wanted: &Correcting,
    change: &Change,
    signed: &str,
) -> Result<(), CorrectError> {
    // Anew for each: the one before may have taken what this one gives.
    let found = correctable(tx, wanted.of)?.ok_or(CorrectError::NotCorrectable(wanted.of))?;
    let have = rows::credited(tx, &change.member, &change.item, change.year)?;
    let after = judge(&found.named, change, &have).map_err(CorrectError::Unfit)?;
    rows::write_credited(tx, &change.member, &change.item, change.year, &after)?;
    let leaf = What::Correct {
        of: wanted.of,
        member: change.member.clone(),
        item: change.item,
        year: change.year,
        takes: change.takes.clone(),
        gives: change.gives.clone(),
        reason: wanted.reason.clone(),
        second: match &change.by {
            By::Second(second) => Some(second.clone()),
            By::District(_) => None,
        },
        signed: signed.to_owned(),
        total: after.total(),
    };
    let index = ledger.append(tx, now, leaf).map_err(ViewingError::from)?;
    insert(tx, place(index), place(wanted.of), change, &wanted.reason, now.wall_ms)?;
    if change.gives.is_empty() {
        tx.execute(
            "UPDATE span SET credit = credit - ?2 WHERE idx = ?1",
            params![place(wanted.of), sql(change.takes.total())],
        )?;
    } else {
        tx.execute(
            "INSERT INTO span (idx, member, item, year, mode, credit, wall) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                place(index),
                change.member.as_str(),
                change.item.bytes(),
                change.year.0,
                word(&found.mode),
                sql(change.gives.total()),
                found.wall_ms,
            ],
        )?;
    }
    Ok(())
}

fn place(index: u64) -> i64 {
    sql(Millis(index))
}

/// The leaf at this place, with what earlier corrections have left of it; `None` if it cannot be corrected.
pub fn correctable(conn: &Connection, of: u64) -> Result<Option<Correctable>, StoreError> {
    let Some(leaf) = ledger::leaves(conn, of, of + 1)?
        .pop()
        .and_then(|bytes| Leaf::read(&bytes))
    else {
        return Ok(None);
    };
    match leaf.is {
        What::Screened { screening, .. } => of_screening(conn, of, leaf.at.wall, screening),
        What::Span {
            member,
            item,
            year,
            media,
            ..
        } => {
            let settled = super::settle::year_of(conn, sql(Millis(of)))?.unwrap_or(year);
            of_span(conn, of, (member, item, settled), &media)
        }
        What::Correct {
            member,
            item,
            year,
            gives,
            ..
        } if !gives.is_empty() => of_span(conn, of, (member, item, year), &gives),
        _ => Ok(None),
    }
}

/// What earlier corrections of the same leaf have left.
fn of_span(
    conn: &Connection,
    of: u64,
    (member, item, year): (MemberId, ItemId, Year),
    media: &Intervals,
) -> Result<Option<Correctable>, StoreError> {
    let line = conn
        .prepare_cached("SELECT mode, wall FROM span WHERE idx = ?1")?
        .query_row([place(of)], |row| Ok((column(row, 0, rows::from_word)?, row.get(1)?)))
        .optional()?;
    let Some((mode, wall_ms)) = line else { return Ok(None) };
    let (mut still, mut free) = (media.clone(), Intervals::none());
    let mut query = conn.prepare_cached("SELECT takes, gives FROM correction WHERE of = ?1 ORDER BY idx")?;
    let set = |row: &rusqlite::Row<'_>, at| column(row, at, |text| serde_json::from_str::<Intervals>(text).ok());
    let earlier = query.query_map([place(of)], |row| Ok((set(row, 0)?, set(row, 1)?)))?;
    for one in earlier {
        let (takes, gives) = one?;
        still = still.minus(&takes);
        free = free.union(&takes).minus(&gives);
    }
    let named = Named::Span {
        member,
        item,
        year,
        still,
        free,
    };
    Ok(Some(Correctable { named, mode, wall_ms }))
}

/// Looks back from a screening's end to its beginning for what it showed.
fn of_screening(
    conn: &Connection,
    of: u64,
    wall_ms: i64,
    wanted: SessionId,
) -> Result<Option<Correctable>, StoreError> {
    let (mut pieces, mut until) = (Vec::new(), of);
    while until > 0 {
        let from = until.saturating_sub(STRIDE);
        for bytes in ledger::leaves(conn, from, until)?.iter().rev() {
            match Leaf::read(bytes).map(|leaf| leaf.is) {
                Some(What::Shown {
                    screening,
                    pieces: shown,
                }) if screening == wanted => pieces.extend(shown.into_iter().rev()),
                Some(What::Screening { screening, mode, .. }) if screening == wanted => {
                    pieces.reverse();
                    let named = Named::Screening(pieces);
                    return Ok(Some(Correctable { named, mode, wall_ms }));
                }
                _ => {}
            }
        }
        until = from;
    }
    Ok(None)
}

/// A row of the view of corrections.
pub(super) fn insert(
    tx: &Tx<'_>,
    index: i64,
    of: i64,
    change: &Change,
    reason: &str,
    wall_ms: i64,
) -> Result<(), rusqlite::Error> {
    let (second, district) = match &change.by {
        By::Second(second) => (second.as_str(), ""),
        By::District(district) => ("", district.as_str()),
    };
    tx.prepare_cached(
        "INSERT INTO correction (idx, of, member, item, takes, gives, reason, second, wall, district)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute(params![
        index,
        of,
        change.member.as_str(),
        change.item.bytes(),
        json(&change.takes),
        json(&change.gives),
        reason,
        second,
        wall_ms,
        district,
    ])
    .map(drop)
}

/// A member's corrections, the newest first.
pub fn corrections_of(conn: &Connection, who: &MemberId) -> Result<Vec<Corrected>, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT idx, of, item, takes, gives, reason, second, wall, district FROM correction WHERE member = ?1
         ORDER BY idx DESC",
    )?;
    let total = |row: &rusqlite::Row<'_>, at| {
        let set = column(row, at, |text| serde_json::from_str::<Intervals>(text).ok())?;
        Ok::<_, rusqlite::Error>(set.total())
    };
    let rows = query.query_map([who.as_str()], |row| {
        Ok(Corrected {
            index: row.get(0)?,
            of: row.get(1)?,
            item: ItemId::from_bytes(row.get(2)?),
            takes: total(row, 3)?,
            gives: total(row, 4)?,
            reason: row.get(5)?,
            by: match column(row, 8, |text| Some(Origin::new(text).ok()))? {
                Some(district) => By::District(district),
                None => By::Second(column(row, 6, |text| MemberId::new(text).ok())?),
            },
            wall_ms: row.get(7)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
