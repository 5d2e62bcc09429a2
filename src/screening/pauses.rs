//! What happens beside the film: a break, the discussion, going early, questions, and another screen when one dies.

use std::net::IpAddr;

use super::acts::{self, Done};
use super::state::{Stage, State};
use super::{ScreeningError, Screenings, checks, people, rows};
use crate::clock::Reading;
use crate::ledger::What;
use crate::roster::Operator;
use crate::store::{StoreError, Tx};
use crate::types::{DeviceId, ItemId, MemberId, Millis, SessionId};

/// So many of the newest screenings are looked through for films that were broken off.
const LOOKED_THROUGH: u32 = 40;
/// A film that stopped so close to one of its ends was not broken off.
const BROKEN_OFF: Millis = Millis::secs(30);

impl Screenings {
    /// A break 休息. While it lasts everybody confirms with the code; [`Self::start`] ends it.
    pub async fn pause(&self, screen: DeviceId) -> Result<State, ScreeningError> {
        self.act(move |room, tx, now| pause(room, tx, now, screen)).await
    }

    /// The discussion 讨论 goes on: the last check stays open for its whole time again.
    pub async fn discuss(&self, screen: DeviceId) -> Result<State, ScreeningError> {
        self.act(move |room, tx, now| {
            let (key, mut state) = acts::open_on(room, tx, now, screen)?;
            checks::go_on_discussing(now, &mut state);
            rows::write(tx, key, &state)?;
            Ok(state)
        })
        .await
    }

    /// A screening goes on before another screen that is free.
    pub async fn move_to(
        &self,
        screening: SessionId,
        screen: DeviceId,
        _by: &Operator,
    ) -> Result<State, ScreeningError> {
        self.act(move |room, tx, now| move_to(room, tx, now, screening, screen))
            .await
    }

    /// A member goes before the end, and says so with the code on the screen.
    pub async fn check_out(
        &self,
        code: &str,
        who: MemberId,
        device: DeviceId,
        from: IpAddr,
    ) -> Result<(), ScreeningError> {
        self.with_code(code, device, from, move |room, tx, now, claimed| {
            people::check_out(room, tx, now, claimed, &who, device)
        })
        .await
    }

    /// A member answered the questions about the film; whether that passed the check that is open.
    pub async fn answered(
        &self,
        screening: SessionId,
        who: MemberId,
        device: DeviceId,
    ) -> Result<bool, ScreeningError> {
        self.act(move |room, tx, now| people::answered(room, tx, now, screening, &who, device))
            .await
    }

    /// Films that were broken off at their last showing, the latest first, with the place where they stopped.
    pub async fn broken_off(&self) -> Result<Vec<(ItemId, Millis)>, StoreError> {
        let newest = |conn: &rusqlite::Connection| Ok::<_, StoreError>(rows::newest(conn, LOOKED_THROUGH)?);
        let newest = self.ledger.store().read(newest).await?;
        Ok(stopped(newest.iter().map(|(_, state)| state)))
    }
}

fn pause(room: &Screenings, tx: &Tx<'_>, now: Reading, screen: DeviceId) -> Done<State> {
    let (key, mut state) = acts::open_on(room, tx, now, screen)?;
    if state.stage == Stage::Showing {
        checks::begin_break(room, tx, now, key, &mut state)?;
        rows::write(tx, key, &state)?;
    }
    Ok(state)
}

fn move_to(room: &Screenings, tx: &Tx<'_>, now: Reading, id: SessionId, screen: DeviceId) -> Done<State> {
    if rows::screen(tx, screen)?.is_none() {
        return Err(ScreeningError::NoScreen);
    }
    let (key, mut state) = acts::of_id(room, tx, now, id)?;
    if !state.is_open() {
        return Err(ScreeningError::Over);
    }
    if state.screen == screen {
        return Ok(state);
    }
    if rows::open_on(tx, screen)?.is_some() {
        return Err(ScreeningError::Busy);
    }
    state.screen = screen;
    state.arrive(now);
    rows::write(tx, key, &state)?;
    let leaf = What::Moved { screening: id, screen };
    room.ledger.append(tx, now, leaf)?;
    Ok(state)
}

/// Where each film stopped that was shown last in these screenings, the newest first. One that was shown to its end at
/// its latest showing is done with.
fn stopped<'a>(newest: impl Iterator<Item = &'a State>) -> Vec<(ItemId, Millis)> {
    let (mut known, mut stopped) = (Vec::new(), Vec::new());
    for state in newest.filter(|state| !state.is_open() && state.shown > Millis::ZERO) {
        for (turn, showing) in state.programme.iter().enumerate().take(state.turn + 1) {
            if known.contains(&showing.item) {
                continue;
            }
            known.push(showing.item);
            let left = showing.length.minus(state.position);
            if turn == state.turn && state.position > BROKEN_OFF && left > BROKEN_OFF {
                stopped.push((showing.item, state.position));
            }
        }
    }
    stopped
}
