//! The code on the screen: six digits that change every half minute, so that a photograph sent to somebody at home is
//! worth nothing. A guesser is slowed down.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::clock::Reading;
use crate::keys;
use crate::types::{DeviceId, Millis};

/// The secret of one screening.
pub(super) type Key = [u8; 16];

const SHOWN: u32 = 1_000_000;
/// So many wrong codes from one address within a minute, then it waits. Behind one address may sit a whole room that
/// mistypes; two codes of a million are right, so a guesser at this pace needs weeks.
const TRIES: u32 = 30;
const MINUTE: Millis = Millis::secs(60);
/// More addresses than this are an attack; the oldest are forgotten.
const MANY: usize = 4_096;

/// The code of a moment, and how long it is still shown.
pub(super) fn code(key: &Key, step: Millis, now: Reading) -> (u32, Millis) {
    let at = now.mono.0 / step.0;
    (of_step(key, now.boot, at), Millis(step.0 - now.mono.0 % step.0))
}

/// Whether a code is the present one or the one before it.
pub(super) fn is_right(key: &Key, step: Millis, now: Reading, claimed: u32) -> bool {
    let at = now.mono.0 / step.0;
    [Some(at), at.checked_sub(1)]
        .into_iter()
        .flatten()
        .any(|at| of_step(key, now.boot, at) == claimed)
}

/// The monotonic clock begins anew with each boot, so the boot is part of what is hashed.
fn of_step(key: &Key, boot: u32, step: u64) -> u32 {
    let message = [&boot.to_be_bytes()[..], &step.to_be_bytes()].concat();
    let tag = keys::tag_with(key, "yuanjiao check-in 1", &message);
    let number = u64::from_be_bytes(tag[..8].try_into().expect("a tag has sixteen bytes"));
    u32::try_from(number % u64::from(SHOWN)).expect("below a million")
}

/// Six digits as they are read out: `482 915`.
pub(super) fn spoken(code: u32) -> String {
    format!("{:03} {:03}", code / 1000, code % 1000)
}

/// What people type: six digits, also the wide ones of a Chinese keyboard, with whatever spaces stand between them.
pub(super) fn typed(text: &str) -> Option<u32> {
    let narrow = |c: char| match c {
        '０'..='９' => char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')),
        other => Some(other),
    };
    let is_gap = |c: &char| matches!(c, ' ' | '-' | '\u{3000}');
    let text: String = text.chars().filter(|c| !is_gap(c)).filter_map(narrow).collect();
    let is_code = text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit());
    is_code.then(|| text.parse().ok()).flatten()
}

/// Who typed wrong codes how often in the running minute.
#[derive(Debug, Default)]
pub(super) struct Tries(HashMap<IpAddr, (Millis, u32)>);

impl Tries {
    /// The time to wait, if this address was wrong too often.
    pub(super) fn pause(&self, from: IpAddr, now: Millis) -> Option<Millis> {
        let (since, wrong) = self.0.get(&from)?;
        let left = since.plus(MINUTE).minus(now);
        (*wrong >= TRIES && left > Millis::ZERO).then_some(left)
    }

    pub(super) fn wrong(&mut self, from: IpAddr, now: Millis) {
        if self.0.len() >= MANY {
            self.0.retain(|_, (since, _)| since.plus(MINUTE) > now);
        }
        let tries = self.0.entry(from).or_insert((now, 0));
        if tries.0.plus(MINUTE) <= now {
            *tries = (now, 0);
        }
        tries.1 += 1;
    }
}

/// Who scanned gets so long to type number and PIN.
const PATIENCE: Millis = Millis::secs(180);

/// Which device scanned which code, and when.
#[derive(Debug, Default)]
pub(super) struct Scanned(HashMap<DeviceId, (u32, Reading)>);

impl Scanned {
    pub(super) fn remember(&mut self, device: DeviceId, code: u32, now: Reading) {
        if self.0.len() >= MANY {
            self.0.retain(|_, (_, at)| is_fresh(*at, now));
        }
        if self.0.len() < MANY || self.0.contains_key(&device) {
            self.0.insert(device, (code, now));
        }
    }

    /// When this device scanned this code, if that was just now.
    pub(super) fn of(&self, device: DeviceId, code: u32, now: Reading) -> Option<Reading> {
        let (own, at) = self.0.get(&device)?;
        (*own == code && is_fresh(*at, now)).then_some(*at)
    }
}

fn is_fresh(at: Reading, now: Reading) -> bool {
    at.boot == now.boot && at.mono.plus(PATIENCE) > now.mono
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Trust;

    const STEP: Millis = Millis::secs(30);

    fn at(boot: u32, seconds: u64) -> Reading {
        Reading {
            boot,
            mono: Millis::secs(seconds),
            wall_ms: 0,
            trust: Trust::Unset,
        }
    }

    #[test]
    fn row_30_a_photographed_code_is_worth_nothing_a_minute_later() {
        let key = [7; 16];
        let (photographed, left) = code(&key, STEP, at(3, 600));
        assert_eq!(left, STEP);
        let later = [20, 59, 61, 600].map(|s| is_right(&key, STEP, at(3, 600 + s), photographed));
        assert_eq!(later, [true, true, false, false]);
    }

    #[test]
    fn another_screening_or_another_boot_has_other_codes() {
        let (here, _) = code(&[7; 16], STEP, at(3, 600));
        assert!(!is_right(&[8; 16], STEP, at(3, 600), here));
        assert!(!is_right(&[7; 16], STEP, at(4, 600), here));
    }

    #[test]
    fn a_code_is_taken_as_people_type_it() {
        assert_eq!(typed("482 915"), Some(482_915));
        assert_eq!(typed("000-017"), Some(17));
        assert_eq!(spoken(17), "000 017");
        assert_eq!(typed("４８２９１５"), Some(482_915));
        for odd in ["", "48291", "4829155", "12345a", "12 34 5六"] {
            assert_eq!(typed(odd), None, "{odd}");
        }
    }

    #[test]
    fn who_scanned_may_take_his_time_and_nobody_else_may() {
        let mut scanned = Scanned::default();
        let (mine, other) = (DeviceId::from_bytes([1; 16]), DeviceId::from_bytes([2; 16]));
        scanned.remember(mine, 482_915, at(3, 600));
        assert_eq!(scanned.of(mine, 482_915, at(3, 779)), Some(at(3, 600)));
        assert_eq!(scanned.of(mine, 482_915, at(3, 780)), None);
        assert_eq!(scanned.of(mine, 482_916, at(3, 601)), None);
        assert_eq!(scanned.of(other, 482_915, at(3, 601)), None);
        assert_eq!(scanned.of(mine, 482_915, at(4, 601)), None, "another boot");
    }

    #[test]
    fn a_guesser_waits_out_the_minute() {
        let (mut tries, from) = (Tries::default(), IpAddr::from([192, 168, 8, 9]));
        for _ in 0..TRIES {
            assert_eq!(tries.pause(from, Millis::secs(1)), None);
            tries.wrong(from, Millis::secs(1));
        }
        assert_eq!(tries.pause(from, Millis::secs(31)), Some(Millis::secs(30)));
        assert_eq!(tries.pause(from, Millis::secs(61)), None);
    }
}
