//! What happens inside the transaction while an evening runs.

use sha2::{Digest, Sha256};

use super::checks;
use super::rows::{self, Attendee};
use super::state::{Remarks, Showing, Stage, State};
use super::{Answer, Evening, ScreeningError, Screenings};
use crate::clock::Reading;
use crate::credit::rule::{self, Beat, Buckets, Known, PlayState, Verdict};
use crate::keys;
use crate::ledger::{Ending, What};
use crate::store::Tx;
use crate::types::{DeviceId, Intervals, MemberId, Millis, Piece, SessionId, Year};
use crate::viewing::{BeatIn, ItemFacts};

pub(super) type Done<T> = Result<T, ScreeningError>;

pub(super) fn begin(room: &Screenings, tx: &Tx<'_>, now: Reading, evening: &Evening) -> Done<State> {
    if rows::screen(tx, evening.screen)?.is_none() {
        return Err(ScreeningError::NoScreen);
    }
    if rows::open_on(tx, evening.screen)?.is_some() {
        return Err(ScreeningError::Busy);
    }
    for showing in &evening.programme {
        room.viewing.tell_of(tx, now, &facts(showing))?;
    }
    let mut state = fresh(room, now, evening);
    state.remarks.follow(rows::last_remarks(tx, evening.screen)?);
    rows::insert(tx, &state, &evening.expected)?;
    let leaf = What::Screening {
        screening: state.id,
        screen: state.screen,
        mode: state.mode,
        branches: state.branches.clone(),
        due: state.due,
        plan: state.plan.clone(),
    };
    room.ledger.append(tx, now, leaf)?;
    Ok(state)
}

fn facts(showing: &Showing) -> ItemFacts {
    ItemFacts {
        item: showing.item,
        title: showing.title.clone(),
        class: showing.class.clone(),
        length: showing.length,
        made_here: showing.made_here,
    }
}

fn fresh(room: &Screenings, now: Reading, evening: &Evening) -> State {
    State {
        id: keys::random_id(),
        screen: evening.screen,
        stage: Stage::Lobby,
        programme: evening.programme.clone(),
        turn: 0,
        position: evening
            .from
            .min(evening.programme.first().map_or(Millis::ZERO, |first| first.length)),
        mode: evening.mode,
        branches: evening.branches.clone(),
        due: evening.due,
        plan: evening.plan.clone(),
        opened_ms: now.wall_ms,
        ended_ms: None,
        dated: now.year() != Year::UNDECIDED,
        shown: Millis::ZERO,
        unattended: Millis::ZERO,
        guests: 0,
        remarks: Remarks {
            place: evening.place.clone(),
            chair: evening.chair.clone(),
            ..Remarks::default()
        },
        pieces: Vec::new(),
        check: None,
        checks: 0,
        next_check: checks::next(room, Millis::ZERO),
        n: 0,
        over: None,
        digest: [0; 8],
        key: keys::random(),
        told: 0,
        boot: now.boot,
        since: now.mono,
        filled: None,
        tokens: Millis::ZERO,
    }
}

/// The screening that is open on a screen, with what time has brought about meanwhile.
pub(super) fn open_on(room: &Screenings, tx: &Tx<'_>, now: Reading, screen: DeviceId) -> Done<(i64, State)> {
    let (key, mut state) = rows::open_on(tx, screen)?.ok_or(ScreeningError::NoScreening)?;
    checks::settle(room, tx, now, key, &mut state)?;
    Ok((key, state))
}

/// A screening by its id, with what time has brought about meanwhile.
pub(super) fn of_id(room: &Screenings, tx: &Tx<'_>, now: Reading, id: SessionId) -> Done<(i64, State)> {
    let (key, mut state) = rows::of_id(tx, id)?.ok_or(ScreeningError::NoScreening)?;
    checks::settle(room, tx, now, key, &mut state)?;
    Ok((key, state))
}

/// The film begins, or the screen came back after a reload or a power cut: time is counted from here.
pub(super) fn start(room: &Screenings, tx: &Tx<'_>, now: Reading, screen: DeviceId) -> Done<State> {
    must_be_let_in(tx, screen)?;
    let (key, mut state) = open_on(room, tx, now, screen)?;
    match state.stage {
        Stage::Lobby => state.stage = Stage::Showing,
        Stage::Break => checks::end_break(room, tx, now, key, &mut state)?,
        Stage::Showing | Stage::Ending | Stage::Closed => {}
    }
    state.arrive(now);
    rows::write(tx, key, &state)?;
    Ok(state)
}

/// A screen that was sent away shows nothing that counts; its evening may go on before another one.
fn must_be_let_in(tx: &Tx<'_>, screen: DeviceId) -> Done<()> {
    rows::screen(tx, screen)?.map(drop).ok_or(ScreeningError::NoScreen)
}

pub(super) fn beat(room: &Screenings, tx: &Tx<'_>, now: Reading, screen: DeviceId, beat: &BeatIn) -> Done<Answer> {
    must_be_let_in(tx, screen)?;
    let (key, mut state) = open_on(room, tx, now, screen)?;
    if state.stage == Stage::Showing {
        if state.boot != now.boot {
            state.arrive(now);
        }
        take(room, tx, now, key, &mut state, beat)?;
        rows::write(tx, key, &state)?;
    }
    answer(room, tx, now, key, state)
}

/// Judges what the screen says that it played, by the rule of any session: its turn, new, sent to this device, and no
/// more than time has passed.
fn take(room: &Screenings, tx: &Tx<'_>, now: Reading, key: i64, state: &mut State, sent: &BeatIn) -> Done<()> {
    let Some(showing) = state.now_showing().cloned() else {
        return Ok(());
    };
    let seen = state.seen_of(&showing.item);
    let known = Known {
        length: showing.length,
        credited: &seen,
        sent: &room.viewing.media_sent(state.screen, &showing.item, sent),
        year: now.year(),
    };
    let judged = Beat {
        n: sent.n,
        digest: sent.digest,
        segments: sent.segments.clone(),
        state: PlayState::Under,
    };
    let bucket = state.bucket();
    let buckets = Buckets {
        member: bucket,
        device: bucket,
    };
    match rule::judge(&room.viewing.policy(), &state.rule(), buckets, known, &judged, now.mono) {
        Verdict::Accepted(next, buckets) => {
            (state.n, state.digest) = (next.n, next.digest);
            (state.filled, state.tokens) = (buckets.device.last, buckets.device.tokens);
            let anybody = checks::anybody_there(tx, key)?;
            state.show(pieces(&showing, now.year(), &next.pending.of(now.year())), anybody);
            state.position = position_after(sent, state.position, showing.length);
            if sent.ended {
                next_item(room, tx, now, key, state)?;
            }
            checks::put_if_due(room, now, state);
        }
        Verdict::Repeated => {}
        Verdict::WrongN(expected) => return Err(ScreeningError::WrongN(expected)),
        Verdict::ChangedBody => return Err(ScreeningError::ChangedBody),
    }
    Ok(())
}

fn pieces(showing: &Showing, year: Year, media: &Intervals) -> Vec<Piece> {
    let piece = |(from, to): &(u64, u64)| Piece {
        item: showing.item,
        year,
        from: Millis(*from),
        to: Millis(*to),
    };
    media.pairs().iter().map(piece).collect()
}

/// The end of what was played last.
fn position_after(beat: &BeatIn, before: Millis, length: Millis) -> Millis {
    let last = beat.segments.last().and_then(|(_, to)| u64::try_from(*to).ok());
    last.map_or(before, |to| Millis(to).min(length))
}

/// The item is over: the next one, or the end of the evening's programme.
fn next_item(room: &Screenings, tx: &Tx<'_>, now: Reading, key: i64, state: &mut State) -> Done<()> {
    if state.turn + 1 < state.programme.len() {
        state.turn += 1;
        state.position = Millis::ZERO;
        return Ok(());
    }
    checks::put_the_last(room, tx, now, key, state)
}

/// The film is over, or is broken off: the check at the end is put.
pub(super) fn end(room: &Screenings, tx: &Tx<'_>, now: Reading, screen: DeviceId) -> Done<State> {
    let (key, mut state) = open_on(room, tx, now, screen)?;
    match state.stage {
        Stage::Lobby => checks::finish(room, tx, now, key, &mut state, Ending::Done)?,
        Stage::Showing | Stage::Break => checks::put_the_last(room, tx, now, key, &mut state)?,
        Stage::Ending => checks::close_the_last(room, tx, now, key, &mut state)?,
        Stage::Closed => {}
    }
    rows::write(tx, key, &state)?;
    Ok(state)
}

pub(super) fn guests(room: &Screenings, tx: &Tx<'_>, now: Reading, id: SessionId, guests: u32) -> Done<()> {
    let (key, mut state) = of_id(room, tx, now, id)?;
    if !state.is_open() {
        return Err(ScreeningError::Over);
    }
    state.guests = guests;
    Ok(rows::write(tx, key, &state)?)
}

pub(super) fn remark(room: &Screenings, tx: &Tx<'_>, now: Reading, id: SessionId, remarks: &Remarks) -> Done<()> {
    let (key, mut state) = of_id(room, tx, now, id)?;
    if state.remarks == *remarks {
        return Ok(());
    }
    state.remarks = remarks.clone();
    rows::write(tx, key, &state)?;
    // The texts may hold names, so the ledger gets their hash: what is changed later, is seen.
    let text = serde_json::to_vec(remarks).expect("texts and a number are JSON");
    let leaf = What::Noted {
        screening: id,
        digest: data_encoding::HEXLOWER.encode(&Sha256::digest(text)),
    };
    room.ledger.append(tx, now, leaf)?;
    Ok(())
}

pub(super) fn excuse(
    room: &Screenings,
    tx: &Tx<'_>,
    now: Reading,
    id: SessionId,
    who: &MemberId,
    why: &str,
) -> Done<()> {
    let (key, _) = of_id(room, tx, now, id)?;
    rows::excuse(tx, key, who, why)?;
    let leaf = What::Excused {
        screening: id,
        member: who.clone(),
        reason: why.to_owned(),
    };
    room.ledger.append(tx, now, leaf)?;
    Ok(())
}

/// What the screen is told.
pub(super) fn answer(room: &Screenings, tx: &Tx<'_>, now: Reading, key: i64, state: State) -> Done<Answer> {
    let attendees = rows::attendees(tx, key)?;
    let passed = match state.check {
        Some(check) => rows::passed(tx, key, check.number)?.len(),
        None => 0,
    };
    Ok(Answer {
        present: attendees.into_iter().filter(|who| who.went_ms.is_none()).collect(),
        passed,
        code: super::code::code(&state.key, room.viewing.policy().checks.code_step, now),
        check_left: checks::left(room, now, &state),
        state,
    })
}

/// Whether nobody has heard of a screening for so long that it will not go on.
pub(super) fn is_left_lying(state: &State, now: Reading, span: Millis) -> bool {
    let heard = state.filled.unwrap_or(state.since);
    state.boot != now.boot && now.mono > span || state.boot == now.boot && now.mono > heard.plus(span)
}

/// Ends what was left lying; how many.
pub(super) fn close_left_lying(room: &Screenings, tx: &Tx<'_>, now: Reading, span: Millis) -> Done<usize> {
    let mut closed = 0;
    for (key, mut state) in rows::open(tx)? {
        checks::settle(room, tx, now, key, &mut state)?;
        if state.is_open() && is_left_lying(&state, now, span) {
            checks::finish(room, tx, now, key, &mut state, Ending::StationFailure)?;
            rows::write(tx, key, &state)?;
            closed += 1;
        }
    }
    Ok(closed)
}

pub(super) fn attendee(who: &MemberId, entry: crate::ledger::Entry, now: Reading) -> Attendee {
    Attendee {
        member: who.clone(),
        entry,
        device: None,
        reason: String::new(),
        home: None,
        came_ms: now.wall_ms,
        went_ms: None,
    }
}
