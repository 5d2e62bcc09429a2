//! Wrong tries cost time: per name and per address. Pure; time is an argument.

use std::collections::HashMap;
use std::net::IpAddr;

use super::Limits;
use crate::types::Millis;

/// One address may be wrong more often than one member: behind it may sit a whole room.
const ADDRESS_FACTOR: u32 = 6;
/// The longest pause: a member who was teased by another gets in again within the hour.
const LONGEST: Millis = Millis::secs(3_600);
/// More names or addresses than this are an attack; the ones that are not paused are forgotten.
const MANY: usize = 10_000;

#[derive(Debug, Clone, Copy, Default)]
struct Record {
    wrong: u32,
    until: Millis,
}

impl Record {
    /// Counts a wrong try; returns how many are left before a pause.
    fn wrong(&mut self, tries: u32, pause: Millis, now: Millis) -> u32 {
        self.wrong += 1;
        let over = self.wrong.saturating_sub(tries);
        if self.wrong >= tries {
            let doubled = pause.0.saturating_mul(1 << over.min(12));
            self.until = now.plus(Millis(doubled).min(LONGEST));
        }
        tries.saturating_sub(self.wrong)
    }
}

/// Who was wrong how often.
#[derive(Debug)]
pub(super) struct Limiter {
    limits: Limits,
    names: HashMap<String, Record>,
    addresses: HashMap<IpAddr, Record>,
}

impl Limiter {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            names: HashMap::new(),
            addresses: HashMap::new(),
        }
    }

    /// Refuses while a pause lasts, with what is left of it. The empty name stands for all unknown ones and is never
    /// paused itself, or one guesser could keep strangers from learning that a number is mistyped.
    pub(super) fn may_try(&self, name: &str, from: IpAddr, now: Millis) -> Result<(), Millis> {
        let named = self.names.get(name).map_or(Millis::ZERO, |r| r.until);
        let there = self.addresses.get(&from).map_or(Millis::ZERO, |r| r.until);
        match named.max(there).minus(now) {
            Millis::ZERO => Ok(()),
            left => Err(left),
        }
    }

    pub(super) fn wrong(&mut self, name: &str, from: IpAddr, now: Millis) -> u32 {
        self.forget(now);
        let Limits { tries, pause } = self.limits;
        let there = self
            .addresses
            .entry(from)
            .or_default()
            .wrong(tries * ADDRESS_FACTOR, pause, now);
        if name.is_empty() {
            return there.min(tries - 1);
        }
        self.names
            .entry(name.to_owned())
            .or_default()
            .wrong(tries, pause, now)
            .min(there)
    }

    /// A right try forgives the name. The address stays on record, or a guesser would clear it with his own PIN.
    pub(super) fn right(&mut self, name: &str) {
        self.names.remove(name);
    }

    fn forget(&mut self, now: Millis) {
        if self.names.len() > MANY {
            self.names.retain(|_, record| record.until > now);
        }
        if self.addresses.len() > MANY {
            self.addresses.retain(|_, record| record.until > now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 168, 8, 20));

    #[test]
    fn five_wrong_tries_cost_a_pause_that_doubles_and_a_right_one_ends_it() {
        let mut limiter = Limiter::new(Limits::default());
        let left: Vec<u32> = (0..5).map(|_| limiter.wrong("m1", HERE, Millis::ZERO)).collect();
        assert_eq!(left, [4, 3, 2, 1, 0]);
        assert_eq!(limiter.may_try("m1", HERE, Millis::secs(1)), Err(Millis::secs(299)));
        assert_eq!(limiter.may_try("m2", HERE, Millis::secs(1)), Ok(()), "others go on");
        limiter.wrong("m1", HERE, Millis::secs(300));
        assert_eq!(limiter.may_try("m1", HERE, Millis::secs(300)), Err(Millis::secs(600)));
        limiter.right("m1");
        assert_eq!(limiter.may_try("m1", HERE, Millis::secs(301)), Ok(()));
    }

    #[test]
    fn no_pause_is_longer_than_an_hour() {
        let mut limiter = Limiter::new(Limits::default());
        for _ in 0..20 {
            limiter.wrong("m1", HERE, Millis::ZERO);
        }
        assert_eq!(limiter.may_try("m1", HERE, Millis::ZERO), Err(Millis::secs(3_600)));
    }

    #[test]
    fn one_address_cannot_try_all_members_one_after_another() {
        let mut limiter = Limiter::new(Limits::default());
        for n in 0..30 {
            assert_eq!(limiter.may_try(&n.to_string(), HERE, Millis::ZERO), Ok(()), "{n}");
            limiter.wrong(&n.to_string(), HERE, Millis::ZERO);
        }
        assert!(limiter.may_try("31", HERE, Millis::ZERO).is_err());
    }
}
