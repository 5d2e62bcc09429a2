//! Screens, and those that wait to be let in. Each shows a code of four digits; the operator types it on the desk, so
//! that nobody can slip in a screen of his own.

use std::collections::HashMap;
use std::sync::{MutexGuard, PoisonError};

use super::Screenings;
use super::rows::{self, Screen};
use crate::keys;
use crate::roster::Operator;
use crate::store::{StoreError, Tx, Urgency};
use crate::types::{DeviceId, Millis};

/// A code is shown for so long after it was last asked for.
const SHOWN: Millis = Millis::secs(600);
/// More screens than this do not wait at one station; the newest wait in vain.
const MANY: usize = 64;

/// Who waits.
#[derive(Debug, Default)]
pub(super) struct Waiting(HashMap<DeviceId, (u32, Millis)>);

impl Waiting {
    /// The code of a device; the same as long as it keeps asking.
    pub(super) fn code(&mut self, device: DeviceId, now: Millis) -> String {
        self.0.retain(|_, (_, asked)| asked.plus(SHOWN) > now);
        if !self.0.contains_key(&device) && self.0.len() < MANY {
            let fresh = self.fresh();
            self.0.insert(device, (fresh, now));
        }
        match self.0.get_mut(&device) {
            Some((code, asked)) => {
                *asked = now;
                format!("{code:04}")
            }
            None => String::new(),
        }
    }

    /// A code that no other screen shows.
    fn fresh(&self) -> u32 {
        let taken = |code: u32| self.0.values().any(|(other, _)| *other == code);
        let mut draw = std::iter::repeat_with(|| u32::try_from(keys::random_below(10_000)).unwrap_or(0));
        draw.find(|code| !taken(*code)).unwrap_or(0)
    }

    /// The device that shows a code; it waits no longer.
    pub(super) fn of_code(&mut self, code: &str, now: Millis) -> Option<DeviceId> {
        let code: u32 = code.trim().parse().ok()?;
        let (device, _) = self
            .0
            .iter()
            .find(|(_, (own, asked))| *own == code && asked.plus(SHOWN) > now)?;
        let device = *device;
        self.0.remove(&device);
        Some(device)
    }
}

impl Screenings {
    /// The code that an unknown screen shows until the operator lets it in.
    pub fn waiting_code(&self, device: DeviceId) -> String {
        self.lock_waiting().code(device, self.clock.now().mono)
    }

    /// Lets in the screen that shows `code`; `false` if none does.
    pub async fn let_in(&self, code: &str, name: &str, _by: &Operator) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let Some(device) = self.lock_waiting().of_code(code, now.mono) else {
            return Ok(false);
        };
        let name = name.to_owned();
        let pair = move |tx: &Tx<'_>| Ok::<_, StoreError>(rows::pair(tx, &Screen { device, name }, now.wall_ms)?);
        self.ledger.store().write(Urgency::Now, pair).await??;
        Ok(true)
    }

    /// A screen is no screen of this station any more.
    pub async fn send_away(&self, device: DeviceId, _by: &Operator) -> Result<(), StoreError> {
        let unpair = move |tx: &Tx<'_>| Ok::<_, StoreError>(rows::unpair(tx, device)?);
        self.ledger.store().write(Urgency::Now, unpair).await?
    }

    fn lock_waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The screens that were let in.
    pub async fn screens(&self) -> Result<Vec<Screen>, StoreError> {
        self.ledger.store().read(rows::screens).await
    }

    /// The screen of a device.
    pub async fn screen(&self, device: DeviceId) -> Result<Option<Screen>, StoreError> {
        self.ledger.store().read(move |conn| rows::screen(conn, device)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_keeps_its_code_while_it_asks_and_is_let_in_once() {
        let mut waiting = Waiting::default();
        let (one, two) = (keys::random_id(), keys::random_id());
        let code = waiting.code(one, Millis::secs(1));
        assert_eq!(waiting.code(one, Millis::secs(300)), code);
        assert_ne!(waiting.code(two, Millis::secs(300)), code);
        assert_eq!(waiting.of_code(&code, Millis::secs(899)), Some(one));
        assert_eq!(waiting.of_code(&code, Millis::secs(899)), None, "it waits no longer");
    }

    #[test]
    fn a_code_nobody_shows_any_more_lets_nobody_in() {
        let mut waiting = Waiting::default();
        let code = waiting.code(keys::random_id(), Millis::secs(1));
        assert_eq!(waiting.of_code(&code, Millis::secs(601)), None);
        assert_eq!(waiting.of_code("no digits", Millis::secs(2)), None);
    }
}
