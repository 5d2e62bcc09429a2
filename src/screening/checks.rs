//! Checks 抽查: when they come, how long they stay open, what they are worth, and the end, when marks become credit.

use super::Screenings;
use super::acts::Done;
use super::rows;
use super::state::{OpenCheck, Stage, State};
use crate::clock::Reading;
use crate::credit::attendance::{self, Mark, Seen};
use crate::keys;
use crate::ledger::{Ending, Proof, What};
use crate::store::Tx;
use crate::types::{Grade, Millis};
use crate::viewing::Grant;

/// A break of more than half an hour is an evening that was given up: whoever did not confirm by then went home.
const BREAK: Millis = Millis::secs(30 * 60);

/// The shown time of the next check: after the usual span, give or take the jitter.
pub(super) fn next(room: &Screenings, shown: Millis) -> Millis {
    let checks = room.viewing.policy().checks;
    let chance = keys::random_below(2 * checks.jitter.0 + 1);
    shown.plus(checks.every).minus(checks.jitter).plus(Millis(chance))
}

/// Puts a check if its time has come. None comes so close to the end that the last one would follow at once.
pub(super) fn put_if_due(room: &Screenings, now: Reading, state: &mut State) {
    let checks = room.viewing.policy().checks;
    if state.stage != Stage::Showing || state.check.is_some() || state.shown < state.next_check {
        return;
    }
    state.next_check = next(room, state.shown);
    if still_to_come(state) > checks.open {
        put(now, state, false);
    }
}

fn put(now: Reading, state: &mut State, at_the_end: bool) {
    state.checks += 1;
    state.check = Some(OpenCheck {
        number: state.checks,
        shown: state.shown,
        boot: now.boot,
        since: now.mono,
        at_the_end,
    });
}

/// A break: the code is asked of everybody, and stays open until the film goes on. A check that is open just now was cut
/// short, so nobody missed it; who confirmed it is asked again, for he may go home as well.
pub(super) fn begin_break(room: &Screenings, tx: &Tx<'_>, now: Reading, key: i64, state: &mut State) -> Done<()> {
    if let Some(check) = state.check.take() {
        close(room, tx, now, key, state, check, true)?;
    }
    state.stage = Stage::Break;
    put(now, state, false);
    Ok(())
}

/// The film goes on: who confirmed during the break came back, the others went home.
pub(super) fn end_break(room: &Screenings, tx: &Tx<'_>, now: Reading, key: i64, state: &mut State) -> Done<()> {
    if let Some(check) = state.check.take() {
        close(room, tx, now, key, state, check, false)?;
    }
    state.stage = Stage::Showing;
    state.next_check = next(room, state.shown);
    Ok(())
}

/// They go on discussing 讨论: the last check stays open anew.
pub(super) fn go_on_discussing(now: Reading, state: &mut State) {
    if let Some(check) = state.check.as_mut().filter(|check| check.at_the_end) {
        (check.boot, check.since) = (now.boot, now.mono);
    }
}

fn still_to_come(state: &State) -> Millis {
    let lengths = state.programme.iter().skip(state.turn).map(|showing| showing.length.0);
    Millis(lengths.sum::<u64>()).minus(state.position)
}

/// The film is over: the last check is put. One that is open just now was cut short, so nobody missed it.
pub(super) fn put_the_last(room: &Screenings, tx: &Tx<'_>, now: Reading, key: i64, state: &mut State) -> Done<()> {
    if let Some(check) = state.check.take() {
        close(room, tx, now, key, state, check, true)?;
    }
    state.stage = Stage::Ending;
    state.over = Some((now.boot, now.mono));
    put(now, state, true);
    Ok(())
}

/// The last check is closed because everybody has confirmed, or because they go home.
pub(super) fn close_the_last(room: &Screenings, tx: &Tx<'_>, now: Reading, key: i64, state: &mut State) -> Done<()> {
    if let Some(check) = state.check.take() {
        close(room, tx, now, key, state, check, false)?;
    }
    finish(room, tx, now, key, state, Ending::Done)
}

/// How long the open check stays open.
pub(super) fn left(room: &Screenings, now: Reading, state: &State) -> Option<Millis> {
    let (check, checks) = (state.check?, room.viewing.policy().checks);
    let open = match state.stage {
        Stage::Break => BREAK,
        _ if check.at_the_end => checks.open_at_the_end,
        _ => checks.open,
    };
    Some(if check.boot == now.boot {
        check.since.plus(open).minus(now.mono)
    } else {
        Millis::ZERO
    })
}

/// Closes a check whose time is over, and after the last one the screening. A check that a power cut interrupted is void:
/// the station failed, not the people; the last one is put again.
pub(super) fn settle(room: &Screenings, tx: &Tx<'_>, now: Reading, key: i64, state: &mut State) -> Done<()> {
    let Some(check) = state.check.filter(|_| left(room, now, state) == Some(Millis::ZERO)) else {
        return Ok(());
    };
    state.check = None;
    let is_void = check.boot != now.boot;
    close(room, tx, now, key, state, check, is_void)?;
    if is_void && (check.at_the_end || state.stage == Stage::Break) {
        put(now, state, check.at_the_end);
    } else if check.at_the_end {
        finish(room, tx, now, key, state, Ending::Done)?;
    }
    Ok(rows::write(tx, key, state)?)
}

/// Writes who passed; whoever was there and did not, missed it, unless it is void.
fn close(
    room: &Screenings,
    tx: &Tx<'_>,
    now: Reading,
    key: i64,
    state: &mut State,
    check: OpenCheck,
    void: bool,
) -> Done<()> {
    tell(room, tx, now, state)?;
    let seen = rows::passed(tx, key, check.number)?;
    if !void {
        let present = rows::attendees(tx, key)?
            .into_iter()
            .filter(|who| who.went_ms.is_none());
        let missed = Mark {
            at: check.shown,
            seen: Seen::Missed,
        };
        for who in present.filter(|who| seen.iter().all(|(member, ..)| *member != who.member)) {
            rows::mark(tx, key, &who.member, missed, check.number)?;
        }
    }
    // Who came while it was open has said so in a leaf of his own.
    let of = |grade| {
        let those = seen
            .iter()
            .filter(move |(_, by, at)| *by == grade && *at == check.shown);
        those.map(|(member, ..)| member.clone()).collect()
    };
    let leaf = What::Check {
        screening: state.id,
        shown: check.shown,
        passed: of(Grade::B),
        ticked: of(Grade::C),
        void,
    };
    room.ledger.append(tx, now, leaf)?;
    Ok(())
}

/// Writes into the ledger what was shown since it was told last.
fn tell(room: &Screenings, tx: &Tx<'_>, now: Reading, state: &mut State) -> Done<()> {
    for pieces in state.pieces[state.told..].chunks(200) {
        let leaf = What::Shown {
            screening: state.id,
            pieces: pieces.to_vec(),
        };
        room.ledger.append(tx, now, leaf)?;
    }
    state.told = state.pieces.len();
    Ok(())
}

/// The end: marks become credit, and the ledger is told.
pub(super) fn finish(
    room: &Screenings,
    tx: &Tx<'_>,
    now: Reading,
    key: i64,
    state: &mut State,
    how: Ending,
) -> Done<()> {
    state.check = None;
    tell(room, tx, now, state)?;
    let marks = rows::marks(tx, key)?;
    for who in rows::attendees(tx, key)? {
        let of_member = marks.iter().filter(|(member, _, _)| *member == who.member);
        let mut own: Vec<Mark> = of_member.map(|(_, mark, _)| *mark).collect();
        if how == Ending::StationFailure {
            own.extend(attendance::kept(&own, state.shown));
        }
        for ((item, year, grade), media) in attendance::earned(&state.pieces, &own) {
            let grant = Grant {
                session: state.id,
                member: who.member.clone(),
                item,
                mode: state.mode,
                grade,
                proof: Proof::Checks,
            };
            room.viewing.give(tx, now, &grant, year, &media)?;
        }
    }
    rows::fold_marks(tx, key)?;
    if let Some((_, since)) = state.over.filter(|(boot, _)| *boot == now.boot) {
        state.remarks.discussion_minutes = u32::try_from(now.mono.minus(since).as_secs() / 60).unwrap_or(0);
    }
    (state.stage, state.ended_ms) = (Stage::Closed, Some(now.wall_ms));
    let leaf = What::Screened {
        screening: state.id,
        how,
        shown: state.shown,
        unattended: state.unattended,
        guests: state.guests,
    };
    room.ledger.append(tx, now, leaf)?;
    Ok(())
}

/// Whether anybody is checked in just now.
pub(super) fn anybody_there(tx: &Tx<'_>, key: i64) -> Done<bool> {
    Ok(rows::attendees(tx, key)?.iter().any(|who| who.went_ms.is_none()))
}
