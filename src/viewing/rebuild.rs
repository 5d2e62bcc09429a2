//! The views of credit, counted again from the leaves: after a restoring, and whenever the start finds them different.

use std::collections::{BTreeMap, HashMap, HashSet};

use rusqlite::params;

use super::earlier::{self, Earlier};
use super::rows::{from_word, json, ms, sql, word};
use super::ruling::{self, Ruled};
use super::{ViewingError, correct, policies, trim};
use crate::clock::Trust;
use crate::credit::correction::{By, Change};
use crate::ledger::epoch::{self, Carried};
use crate::ledger::ruling::Ruling;
use crate::ledger::{self, At, Closing, Leaf, What};
use crate::store::Tx;
use crate::types::{Intervals, ItemId, MemberId, Millis, Mode, Origin, SessionId, Year};

/// So many leaves are read at a time.
const STRIDE: u64 = 4_096;

type Key = (MemberId, ItemId, Year);

/// One line of the view `span`: place (an index, or below zero for a leaf of an earlier epoch), member, item, year, mode,
/// credit, wall clock.
type Line = (i64, MemberId, ItemId, Year, Mode, Millis, i64);

/// What the leaves say.
#[derive(Default)]
struct Views {
    credited: BTreeMap<Key, Intervals>,
    lines: Vec<Line>,
    lengths: HashMap<ItemId, Millis>,
    sessions: HashSet<SessionId>,
    corrections: Vec<Corrected>,
    /// How each screening counts, and the leaf and wall clock of its end.
    modes: HashMap<SessionId, Mode>,
    screened: HashMap<i64, (Mode, i64)>,
    policies: Vec<policies::Row>,
    /// Decisions of districts, and what they did to years.
    rulings: Vec<Ruling>,
    ruled: Vec<(MemberId, Ruled)>,
    /// The media of spans whose year may be settled later.
    unsure: HashMap<i64, Intervals>,
    /// Where the logs of earlier epochs begin.
    logs: HashMap<Origin, i64>,
    /// Below this place, sessions without a row were let go on purpose.
    trimmed: i64,
}

/// A correction: its leaf, the one that it names, what it changes, the reason, and the wall clock.
struct Corrected(i64, i64, Change, String, i64);

/// Compares the views with the leaves and rewrites them if they differ; says whether they did. Sessions that only the
/// leaves know are added as closed, but for those whose rows were trimmed.
pub fn rebuild_views(tx: &Tx<'_>) -> Result<bool, ViewingError> {
    let mut views = Views {
        sessions: known_sessions(tx)?,
        trimmed: sql(Millis(trim::trimmed(tx)?)),
        ..Views::default()
    };
    let known = views.sessions.len();
    let mut earlier = Earlier::default();
    for Carried { place, index, bytes } in epoch::carried(tx)? {
        let leaf = Leaf::read(&bytes);
        if index == 0 {
            views.end_of_epoch(std::mem::take(&mut earlier), leaf.as_ref());
        }
        earlier.look(place, leaf.as_ref());
        if let Some(leaf) = leaf {
            views.count(tx, place, place - sql(Millis(index)), leaf)?;
        }
    }
    views.end_of_epoch(earlier, earlier::first_leaf(tx)?.as_ref());
    let size = ledger::size(tx)?;
    for from in (0..size).step_by(usize::try_from(STRIDE).expect("4096 fits")) {
        let leaves = ledger::leaves(tx, from, from + STRIDE)?;
        for (index, bytes) in (from..).zip(leaves) {
            if let Some(leaf) = Leaf::read(&bytes) {
                views.count(tx, sql(Millis(index)), 0, leaf)?;
            }
        }
    }
    policies::write(tx, &views.policies)?;
    ruling::write(tx, &views.rulings, &views.ruled)?;
    let same = is_written(tx, &views).unwrap_or(false);
    if !same {
        write(tx, &views)?;
    }
    Ok(!same || views.sessions.len() != known)
}

impl Views {
    /// `first` is the place of the first leaf of this leaf's epoch.
    fn count(&mut self, tx: &Tx<'_>, index: i64, first: i64, leaf: Leaf) -> Result<(), ViewingError> {
        match leaf.is {
            What::Item { item, length, .. } => {
                self.lengths.insert(item, length);
            }
            What::Open { session, .. } if index >= self.trimmed && !self.sessions.contains(&session) => {
                self.add(tx, leaf.at, &leaf.is)?;
            }
            What::Span {
                member,
                item,
                year,
                mode,
                media,
                ..
            } => {
                let have = self.credited.entry((member.clone(), item, year)).or_default();
                *have = have.union(&media);
                if leaf.at.trust < Trust::Operator {
                    self.unsure.insert(index, media.clone());
                }
                self.lines
                    .push((index, member, item, year, mode, media.total(), leaf.at.wall));
            }
            What::Screening { screening, mode, .. } => {
                self.modes.insert(screening, mode);
            }
            What::Screened { screening, .. } => {
                if let Some(mode) = self.modes.get(&screening) {
                    self.screened.insert(index, (*mode, leaf.at.wall));
                }
            }
            is @ What::Correct { .. } => self.correct(index, first, leaf.at, is),
            What::Settled {
                year, spans, signed, ..
            } => self.settled((index, leaf.at.wall), first, year, &spans, &signed),
            What::SettledBefore {
                log,
                year,
                spans,
                signed,
                ..
            } => {
                // Of a log that is not here any more nothing moves; that it was decided stays known.
                let (first, spans) = self.logs.get(&log).map_or((0, Vec::new()), |first| (*first, spans));
                self.settled((index, leaf.at.wall), first, year, &spans, &signed);
            }
            What::Unruled { signed, .. } => self.rulings.extend(Ruling::of(&signed)),
            What::Policy { toml, from, signed, .. } => {
                self.policies
                    .push(policies::Row::of(index, leaf.at, &from, &signed, toml));
            }
            _ => {}
        }
        Ok(())
    }

    /// A log has ended: what it and the district's last visits date is settled as the district settles it.
    fn end_of_epoch(&mut self, mut log: Earlier, next: Option<&Leaf>) {
        log.ends_with(next);
        for one in log.settling.decided() {
            self.settle(log.first + sql(Millis(one.span)), one.year, one.wall_ms);
        }
        self.logs.extend(log.name.map(|name| (name, log.first)));
    }

    /// Spans of the log whose first leaf stands at `first` go into a year, as a leaf says that stands at this place and time.
    fn settled(&mut self, (index, wall): (i64, i64), first: i64, year: Year, spans: &[(u64, i64)], signed: &str) {
        let ruling = Ruling::of(signed);
        for (span, wall_ms) in spans {
            let moved = self.settle(first + sql(Millis(*span)), year, *wall_ms);
            if let (Some((member, credit)), Some(ruling)) = (moved, &ruling) {
                self.ruled.push((member, Ruled::of(index, ruling, year, credit, wall)));
            }
        }
        self.rulings.extend(ruling);
    }

    /// What the span still gives moves to the year; what was counted there before counts once.
    fn settle(&mut self, span: i64, to: Year, wall_ms: i64) -> Option<(MemberId, Millis)> {
        let at = self.lines.binary_search_by_key(&span, |line| line.0).ok()?;
        let media = self.unsure.get(&span)?;
        let (_, member, item, year, _, credit, wall) = &mut self.lines[at];
        let had = self.credited.entry((member.clone(), *item, *year)).or_default();
        let moved = media.intersection(had);
        *had = had.minus(&moved);
        let there = self.credited.entry((member.clone(), *item, to)).or_default();
        (*credit, *year, *wall) = (moved.minus(there).total(), to, wall_ms);
        *there = there.union(&moved);
        Some((member.clone(), *credit))
    }

    /// What is taken comes off the line of the named leaf, what is given is a line beside it, of its mode and its day.
    fn correct(&mut self, index: i64, first: i64, at: At, is: What) {
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
            ..
        } = is
        else {
            return;
        };
        let of = first + sql(Millis(of));
        let have = self.credited.entry((member.clone(), item, year)).or_default();
        *have = have.minus(&takes).union(&gives);
        let line = self.lines.binary_search_by_key(&of, |line| line.0).ok();
        let (mode, wall) = match line {
            Some(at) => {
                let (.., mode, credit, wall) = &mut self.lines[at];
                *credit = credit.minus(takes.total());
                (*mode, *wall)
            }
            None => self.screened.get(&of).copied().unwrap_or((Mode::Screening, at.wall)),
        };
        if !gives.is_empty() {
            self.lines
                .push((index, member.clone(), item, year, mode, gives.total(), wall));
        }
        let ruling = Ruling::of(&signed);
        let by = match (second, &ruling) {
            (Some(second), _) => By::Second(second),
            (None, Some(ruling)) => By::District(ruling.district.clone()),
            (None, None) => return,
        };
        self.rulings.extend(ruling);
        let change = Change {
            member,
            item,
            year,
            takes,
            gives,
            by,
        };
        self.corrections.push(Corrected(index, of, change, reason, at.wall));
    }

    fn add(&mut self, tx: &Tx<'_>, at: At, open: &What) -> Result<(), ViewingError> {
        let What::Open {
            session,
            member,
            item,
            device,
            mode,
        } = open
        else {
            return Ok(());
        };
        let length = self.lengths.get(item).copied().unwrap_or_default();
        tx.prepare_cached(
            "INSERT INTO session (id, member, item, device, mode, length, boot, opened, wall, trust, why)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            session.bytes(),
            member.as_str(),
            item.bytes(),
            device.bytes(),
            word(mode),
            sql(length),
            at.boot,
            sql(at.mono),
            at.wall,
            word(&at.trust),
            word(&Closing::StationFailure),
        ])?;
        self.sessions.insert(*session);
        Ok(())
    }
}

fn known_sessions(tx: &Tx<'_>) -> Result<HashSet<SessionId>, ViewingError> {
    let mut query = tx.prepare("SELECT id FROM session")?;
    let rows = query.query_map([], |row| row.get(0).map(SessionId::from_bytes))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether both views say what the leaves say; a row that cannot be read does not.
fn is_written(tx: &Tx<'_>, views: &Views) -> Result<bool, rusqlite::Error> {
    let mut query = tx.prepare("SELECT member, item, year, media FROM credited")?;
    let mut rows = query.query([])?;
    let mut found = 0;
    while let Some(row) = rows.next()? {
        let (member, media): (String, String) = (row.get(0)?, row.get(3)?);
        let key = MemberId::new(&member).map(|member| (member, row.get(1).map(ItemId::from_bytes)));
        let Ok((member, item)) = key else { return Ok(false) };
        let have = views.credited.get(&(member, item?, Year(row.get(2)?)));
        if have.is_none() || have != serde_json::from_str(&media).ok().as_ref() {
            return Ok(false);
        }
        found += 1;
    }
    Ok(found == views.credited.len() && lines_are_written(tx, views)? && corrections_are_written(tx, views)?)
}

fn corrections_are_written(tx: &Tx<'_>, views: &Views) -> Result<bool, rusqlite::Error> {
    let mut query = tx.prepare("SELECT idx, of, member, takes, gives, reason FROM correction ORDER BY idx")?;
    let mut rows = query.query([])?;
    for Corrected(index, of, change, reason, _) in &views.corrections {
        let Some(row) = rows.next()? else { return Ok(false) };
        let text = |at| row.get::<_, String>(at);
        let same = row.get::<_, i64>(0)? == *index
            && row.get::<_, i64>(1)? == *of
            && text(2)? == change.member.as_str()
            && text(3)? == json(&change.takes)
            && text(4)? == json(&change.gives)
            && text(5)? == *reason;
        if !same {
            return Ok(false);
        }
    }
    Ok(rows.next()?.is_none())
}

fn lines_are_written(tx: &Tx<'_>, views: &Views) -> Result<bool, rusqlite::Error> {
    let mut query = tx.prepare("SELECT idx, member, item, year, mode, credit, wall FROM span ORDER BY idx")?;
    let mut rows = query.query([])?;
    for (index, member, item, year, mode, credit, wall) in &views.lines {
        let Some(row) = rows.next()? else { return Ok(false) };
        let (who, how): (String, String) = (row.get(1)?, row.get(4)?);
        let same = row.get::<_, i64>(0)? == *index
            && who == member.as_str()
            && ItemId::from_bytes(row.get(2)?) == *item
            && row.get::<_, u16>(3)? == year.0
            && from_word(&how) == Some(*mode)
            && ms(row.get(5)?) == *credit
            && row.get::<_, i64>(6)? == *wall;
        if !same {
            return Ok(false);
        }
    }
    Ok(rows.next()?.is_none())
}

fn write(tx: &Tx<'_>, views: &Views) -> Result<(), ViewingError> {
    tx.execute_batch("DELETE FROM credited; DELETE FROM span; DELETE FROM correction;")?;
    for Corrected(index, of, change, reason, wall) in &views.corrections {
        correct::insert(tx, *index, *of, change, reason, *wall)?;
    }
    let mut credited = tx.prepare("INSERT INTO credited (member, item, year, media) VALUES (?1, ?2, ?3, ?4)")?;
    for ((member, item, year), media) in &views.credited {
        credited.execute(params![member.as_str(), item.bytes(), year.0, json(media)])?;
    }
    let mut span = tx.prepare(
        "INSERT INTO span (idx, member, item, year, mode, credit, wall) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for (index, member, item, year, mode, credit, wall) in &views.lines {
        span.execute(params![
            index,
            member.as_str(),
            item.bytes(),
            year.0,
            word(mode),
            sql(*credit),
            wall
        ])?;
    }
    Ok(())
}
