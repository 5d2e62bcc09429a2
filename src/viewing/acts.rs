//! What happens inside the transaction.

use super::rows::{self, LiveRow, SessionRow};
use super::{Answer, BeatIn, ItemFacts, Opened, Viewing, ViewingError, same_boot};
use crate::clock::Reading;
use crate::credit::rule::{self, Beat, Flags, Known, Lost, Pending, PlayState, Session, Verdict};
use crate::keys;
use crate::ledger::{Closing, Proof, What};
use crate::store::{StoreError, Tx};
use crate::types::{DeviceId, Intervals, MemberId, Millis, Mode};

/// This close to the end, a film counts as seen and starts from the beginning the next time.
const THE_END: Millis = Millis::secs(5);

/// Who opens what where.
pub(super) struct Opening {
    pub(super) member: MemberId,
    pub(super) device: DeviceId,
    pub(super) facts: ItemFacts,
    pub(super) mode: Mode,
}

pub(super) fn open(room: &Viewing, tx: &Tx<'_>, now: Reading, who: &Opening) -> Result<Opened, ViewingError> {
    if let Some(other) = rows::open_session_of(tx, &who.member)? {
        end(room, tx, now, &other, Closing::Superseded)?;
    }
    let (item, length) = (who.facts.item, who.facts.length);
    room.tell_of(tx, now, &who.facts)?;
    let resume = rows::last_position(tx, &who.member, &item)?;
    let resume = if resume.plus(THE_END) >= length {
        Millis::ZERO
    } else {
        resume
    };
    let pending = rows::take_left_pending(tx, &who.member, &item)?;
    let row = begin(room, tx, now, who, resume, pending.clone())?;
    Ok(Opened {
        session: row.id,
        resume,
        credited: rows::credited(tx, &row.member, &item, now.year())?,
        pending: pending.total(),
    })
}

/// Writes the session's rows and its leaf.
fn begin(
    room: &Viewing,
    tx: &Tx<'_>,
    now: Reading,
    who: &Opening,
    resume: Millis,
    pending: Pending,
) -> Result<SessionRow, ViewingError> {
    let mut row = SessionRow {
        key: 0,
        id: keys::random_id(),
        member: who.member.clone(),
        item: who.facts.item,
        device: who.device,
        mode: who.mode,
        length: who.facts.length,
        boot: now.boot,
        opened: now.mono,
        why: None,
    };
    row.key = rows::insert_session(tx, &row, now)?;
    let live = LiveRow {
        rule: fresh(room, now, pending),
        position: resume,
    };
    rows::write_live(tx, row.key, &live, now)?;
    let SessionRow {
        id: session,
        member,
        item,
        device,
        mode,
        ..
    } = row.clone();
    room.ledger.append(
        tx,
        now,
        What::Open {
            session,
            member,
            item,
            device,
            mode,
        },
    )?;
    Ok(row)
}

/// A session before its first beat. What an earlier one left pending counts towards the next question.
fn fresh(room: &Viewing, now: Reading, pending: Pending) -> Session {
    Session {
        opened: now.mono,
        n: 0,
        digest: [0; 8],
        note: None,
        unproved: pending.total(),
        pending,
        asked: None,
        ask_after: room.question_after(),
        unattended: false,
        flags: Flags::default(),
        lost: Lost::default(),
    }
}

pub(super) fn beat(
    room: &Viewing,
    tx: &Tx<'_>,
    now: Reading,
    id: crate::types::SessionId,
    beat: BeatIn,
) -> Result<Answer, ViewingError> {
    let year = now.year();
    let (row, live, credited) = rows::of_beat(tx, id, year)?;
    Viewing::is_open(row.why)?;
    let mut live = live.ok_or(ViewingError::Damaged(row.id))?;
    forgive(room, &mut live.rule);
    let sent = room.media_sent(row.device, &row.item, &beat);
    let known = Known {
        length: row.length,
        credited: &credited,
        sent: &sent,
        year,
    };
    let position = position_after(&beat, live.position, row.length);
    let judged = Beat {
        n: beat.n,
        digest: beat.digest,
        segments: beat.segments,
        state: if beat.ended { PlayState::Ended } else { PlayState::Under },
    };
    let buckets = room.budgets.of(&row.member, row.device);
    match rule::judge(&room.policy(), &live.rule, buckets, known, &judged, now.mono) {
        Verdict::Accepted(next, buckets) => {
            live.rule = *next;
            live.position = position;
            rows::write_live(tx, row.key, &live, now)?;
            room.budgets.keep(tx, &row.member, row.device, buckets);
        }
        Verdict::Repeated => {}
        Verdict::WrongN(expected) => return Err(ViewingError::WrongN(expected)),
        Verdict::ChangedBody => return Err(ViewingError::ChangedBody),
    }
    Ok(answer(room, &live.rule, credited, now))
}

/// Nobody loses by a question that the station's own trouble kept open.
fn forgive(room: &Viewing, rule: &mut Session) {
    if let Some(by) = room.troubled.newest() {
        rule.hindered(&room.policy(), by);
    }
}

/// The end of what was played last.
fn position_after(beat: &BeatIn, before: Millis, length: Millis) -> Millis {
    let last = beat.segments.last().and_then(|(_, to)| u64::try_from(*to).ok());
    last.map_or(before, |to| Millis(to).min(length))
}

fn answer(room: &Viewing, rule: &Session, credited: Intervals, now: Reading) -> Answer {
    let until = rule.asked.map(|asked| asked.plus(room.policy().presence_answer));
    Answer {
        n: rule.n,
        credited,
        pending: rule.pending.total(),
        proof_left: until.map(|until| until.minus(now.mono)),
        note: rule.note,
    }
}

pub(super) fn prove(
    room: &Viewing,
    tx: &Tx<'_>,
    now: Reading,
    id: crate::types::SessionId,
) -> Result<Answer, ViewingError> {
    let row = rows::session(tx, id)?;
    Viewing::is_open(row.why)?;
    let mut live = rows::live(tx, &row)?;
    forgive(room, &mut live.rule);
    let asked = live.rule.asked.is_some();
    let (next, confirmed) = rule::prove(&room.policy(), &live.rule, now.mono, room.question_after());
    live.rule = next;
    rows::write_live(tx, row.key, &live, now)?;
    credit(
        room,
        tx,
        now,
        &row,
        &confirmed,
        if asked { Proof::Asked } else { Proof::Offered },
    )?;
    let credited = rows::credited(tx, &row.member, &row.item, now.year())?;
    Ok(answer(room, &live.rule, credited, now))
}

/// Confirmed media become credit: a leaf, a row of the view, the new total.
fn credit(
    room: &Viewing,
    tx: &Tx<'_>,
    now: Reading,
    row: &SessionRow,
    confirmed: &Pending,
    proof: Proof,
) -> Result<(), ViewingError> {
    let grant = row.grant(proof);
    for (year, media) in confirmed.by_year() {
        room.give(tx, now, &grant, *year, media)?;
    }
    Ok(())
}

pub(super) fn close(
    room: &Viewing,
    tx: &Tx<'_>,
    now: Reading,
    id: crate::types::SessionId,
) -> Result<Answer, ViewingError> {
    let row = rows::session(tx, id)?;
    Viewing::is_open(row.why)?;
    let live = end(room, tx, now, &row, Closing::End)?;
    let credited = rows::credited(tx, &row.member, &row.item, now.year())?;
    Ok(answer(room, &live.rule, credited, now))
}

/// Ends a session. After the station's own failure what was acknowledged is credited; otherwise it waits, worth nothing,
/// until the member comes back to the item and proves that he is there.
pub(super) fn end(
    room: &Viewing,
    tx: &Tx<'_>,
    now: Reading,
    row: &SessionRow,
    why: Closing,
) -> Result<LiveRow, ViewingError> {
    let live = rows::live(tx, row)?;
    let mut lost = live.rule.lost.clone();
    let left = if why == Closing::StationFailure {
        credit(room, tx, now, row, &live.rule.pending, Proof::StationFailure)?;
        Pending::default()
    } else if lapsed(room, &live.rule, now, row.boot) {
        lost.lapse(&live.rule.pending);
        Pending::default()
    } else {
        live.rule.pending.clone()
    };
    rows::end_session(tx, row.key, why, live.position, &left, &lost)?;
    let leaf = What::Close {
        session: row.id,
        why,
        unconfirmed: left.total(),
        flags: live.rule.flags.words(),
    };
    room.ledger.append(tx, now, leaf)?;
    Ok(live)
}

/// Whether a presence question went unanswered before the session ended.
fn lapsed(room: &Viewing, rule: &Session, now: Reading, boot: u32) -> bool {
    let overdue = |asked: Millis| now.mono > asked.plus(room.policy().presence_answer);
    rule.unattended || (same_boot(now, boot) && rule.asked.is_some_and(overdue))
}

pub(super) fn close_all(
    room: &Viewing,
    tx: &Tx<'_>,
    now: Reading,
    why: Closing,
    silent_since: Millis,
) -> Result<usize, ViewingError> {
    // After a restart every open session is a stranger, however recent its last beat.
    let until = (why == Closing::Idle).then_some(silent_since);
    let open = rows::open_keys(tx, until)?;
    for key in &open {
        let ended = rows::session_of_key(tx, *key).and_then(|row| end(room, tx, now, &row, why).map(drop));
        match ended {
            Err(error) if is_unreadable(&error) => {
                tracing::error!(key, %error, "a session cannot be read from the database; it is let go");
                rows::abandon(tx, *key)?;
            }
            ended => ended?,
        }
    }
    Ok(open.len())
}

/// Whether the row itself is at fault: a damaged byte must not keep the station from starting.
fn is_unreadable(error: &ViewingError) -> bool {
    use rusqlite::Error::{FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType};
    match error {
        ViewingError::Unknown | ViewingError::Damaged(_) => true,
        ViewingError::Store(StoreError::Sqlite(error)) => matches!(
            error,
            FromSqlConversionFailure(..) | IntegralValueOutOfRange(..) | InvalidColumnType(..)
        ),
        _ => false,
    }
}
