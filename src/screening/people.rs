//! People come, confirm, and go.

use super::acts::{self, Done};
use super::rows::{self, Attendee};
use super::state::{Stage, State};
use super::{CheckedIn, ScreeningError, Screenings, code};
use crate::clock::Reading;
use crate::credit::attendance::{Mark, Seen};
use crate::ledger::{Entry, Home, What};
use crate::store::Tx;
use crate::types::{DeviceId, Grade, MemberId, Millis, SessionId};

/// Somebody with a phone typed the code on the screen.
pub(super) fn check_in(
    room: &Screenings,
    tx: &Tx<'_>,
    now: Reading,
    claimed: (u32, Reading),
    (who, home): (&MemberId, Option<Home>),
    device: DeviceId,
) -> Done<CheckedIn> {
    let (key, state) = of_code(room, tx, now, claimed)?.ok_or(ScreeningError::WrongCode)?;
    let came = Attendee {
        device: Some(device),
        home,
        ..acts::attendee(who, Entry::Code, now)
    };
    let others = rows::attendees(tx, key)?;
    let is_others = |other: &&Attendee| other.device == Some(device) && other.member != *who;
    if let Some(other) = others.iter().find(is_others) {
        return Err(ScreeningError::OnePhone(other.member.clone()));
    }
    enter(room, tx, now, key, &state, &came)
}

/// The open screening that showed this code when it was read.
fn of_code(room: &Screenings, tx: &Tx<'_>, now: Reading, claimed: (u32, Reading)) -> Done<Option<(i64, State)>> {
    let step = room.viewing.policy().checks.code_step;
    for (_, state) in rows::open(tx)? {
        if code::is_right(&state.key, step, claimed.1, claimed.0) {
            let (key, state) = acts::of_id(room, tx, now, state.id)?;
            return Ok(state.is_open().then_some((key, state)));
        }
    }
    Ok(None)
}

/// The operator saw somebody, and says why he has no phone with him.
pub(super) fn tick(
    room: &Screenings,
    tx: &Tx<'_>,
    now: Reading,
    id: SessionId,
    (who, home): (&MemberId, Option<Home>),
    reason: &str,
) -> Done<CheckedIn> {
    let (key, state) = acts::of_id(room, tx, now, id)?;
    if !state.is_open() {
        return Err(ScreeningError::Over);
    }
    let seen = Attendee {
        reason: reason.to_owned(),
        home,
        ..acts::attendee(who, Entry::Ticked, now)
    };
    enter(room, tx, now, key, &state, &seen)
}

/// Lets somebody in, or takes his confirmation if he is in already.
fn enter(room: &Screenings, tx: &Tx<'_>, now: Reading, key: i64, state: &State, who: &Attendee) -> Done<CheckedIn> {
    let grade = grade_of(who.entry);
    let all = rows::attendees(tx, key)?;
    let is_here = all
        .iter()
        .any(|other| other.member == who.member && other.went_ms.is_none());
    if is_here {
        return confirm(tx, key, state, &who.member, grade);
    }
    leave_elsewhere(room, tx, now, &who.member)?;
    room.viewing.step_aside(tx, now, &who.member)?;
    rows::attend(tx, key, who)?;
    say(room, tx, now, state, who, (state.shown, true))?;
    let mark = Mark {
        at: state.shown,
        seen: Seen::Passed(grade),
    };
    rows::mark(tx, key, &who.member, mark, state.check.map_or(0, |check| check.number))?;
    let present = all.iter().filter(|other| other.went_ms.is_none()).count() + 1;
    Ok(CheckedIn::Welcome {
        nth: present,
        is_late: state.stage != Stage::Lobby,
    })
}

/// Somebody who is here answers the check that is open.
fn confirm(tx: &Tx<'_>, key: i64, state: &State, who: &MemberId, grade: Grade) -> Done<CheckedIn> {
    let Some(check) = state.check else {
        return Ok(CheckedIn::Already);
    };
    if rows::passed(tx, key, check.number)?
        .iter()
        .any(|(member, ..)| member == who)
    {
        return Ok(CheckedIn::Already);
    }
    let mark = Mark {
        at: check.shown,
        seen: Seen::Passed(grade),
    };
    rows::mark(tx, key, who, mark, check.number)?;
    Ok(CheckedIn::Confirmed {
        at_the_end: check.at_the_end,
    })
}

/// Writes a leaf: at this shown time he was there, or went.
fn say(
    room: &Screenings,
    tx: &Tx<'_>,
    now: Reading,
    state: &State,
    who: &Attendee,
    (shown, present): (Millis, bool),
) -> Done<()> {
    let leaf = What::Attend {
        screening: state.id,
        member: who.member.clone(),
        shown,
        present,
        by: who.entry,
        device: who.device,
        reason: who.reason.clone(),
        home: who.home.clone(),
    };
    room.ledger.append(tx, now, leaf)?;
    Ok(())
}

/// Nobody sits in two rooms.
fn leave_elsewhere(room: &Screenings, tx: &Tx<'_>, now: Reading, who: &MemberId) -> Done<()> {
    match rows::where_is(tx, who)? {
        Some(id) => leave(room, tx, now, id, who),
        None => Ok(()),
    }
}

/// Somebody goes: from here on he earns nothing, unless he comes back.
pub(super) fn leave(room: &Screenings, tx: &Tx<'_>, now: Reading, id: SessionId, who: &MemberId) -> Done<()> {
    let (key, state) = acts::of_id(room, tx, now, id)?;
    let here = rows::attendees(tx, key)?
        .into_iter()
        .find(|other| other.member == *who && other.went_ms.is_none());
    let Some(mut here) = here.filter(|_| state.is_open()) else {
        return Ok(());
    };
    // The leaf of a check that is still open would come after his going: what he confirmed is told now.
    if let Some(check) = state.check
        && rows::confirmed_before_going(tx, key, who, check.number, check.shown)?
    {
        say(room, tx, now, &state, &here, (check.shown, true))?;
    }
    here.went_ms = Some(now.wall_ms);
    rows::attend(tx, key, &here)?;
    let gone = Mark {
        at: state.shown,
        seen: Seen::Missed,
    };
    rows::mark(tx, key, who, gone, 0)?;
    say(room, tx, now, &state, &here, (state.shown, false))
}

/// Somebody goes early and says so with the code on the screen: he was there until now, and has what was shown so far.
pub(super) fn check_out(
    room: &Screenings,
    tx: &Tx<'_>,
    now: Reading,
    claimed: (u32, Reading),
    who: &MemberId,
    device: DeviceId,
) -> Done<()> {
    let (key, state) = of_code(room, tx, now, claimed)?.ok_or(ScreeningError::WrongCode)?;
    let here = rows::attendees(tx, key)?.into_iter().find(|other| {
        let own = other.entry == Entry::Ticked || other.device == Some(device);
        other.member == *who && other.went_ms.is_none() && own
    });
    let Some(here) = here else {
        return Err(ScreeningError::NotHere);
    };
    let grade = grade_of(here.entry);
    say(room, tx, now, &state, &here, (state.shown, true))?;
    let seen = Mark {
        at: state.shown,
        seen: Seen::Passed(grade),
    };
    rows::mark(tx, key, who, seen, 0)?;
    leave(room, tx, now, state.id, who)
}

fn grade_of(entry: Entry) -> Grade {
    match entry {
        Entry::Code => Grade::B,
        Entry::Ticked => Grade::C,
    }
}

/// Questions about the film, answered on the phone with which he checked in: he is there, if a check is open.
pub(super) fn answered(
    room: &Screenings,
    tx: &Tx<'_>,
    now: Reading,
    id: SessionId,
    who: &MemberId,
    device: DeviceId,
) -> Done<bool> {
    let (key, state) = acts::of_id(room, tx, now, id)?;
    let is_his = |other: &Attendee| other.member == *who && other.device == Some(device) && other.went_ms.is_none();
    if !state.is_open() || !rows::attendees(tx, key)?.iter().any(is_his) {
        return Ok(false);
    }
    let outcome = confirm(tx, key, &state, who, Grade::B)?;
    Ok(matches!(outcome, CheckedIn::Confirmed { .. }))
}

/// The operator looked round: all whom he ticked are still there.
pub(super) fn tick_all_again(room: &Screenings, tx: &Tx<'_>, now: Reading, id: SessionId) -> Done<usize> {
    let (key, state) = acts::of_id(room, tx, now, id)?;
    let mut confirmed = 0;
    for who in rows::attendees(tx, key)? {
        let is_ticked = who.entry == Entry::Ticked && who.went_ms.is_none();
        if is_ticked
            && matches!(
                confirm(tx, key, &state, &who.member, Grade::C)?,
                CheckedIn::Confirmed { .. }
            )
        {
            confirmed += 1;
        }
    }
    Ok(confirmed)
}
