//! The time budget: a token bucket filled by the monotonic clock, while something plays.
//!
//! One bucket per member and one per device; the credited part of a beat must fit both. Playing at double speed for
//! 15 minutes therefore earns 15 minutes, and three accounts on one phone share the phone's time.

use super::Policy;
use crate::types::Millis;

/// Unspent time of one member or one device, in this boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bucket {
    /// Monotonic time of the last filling; none before the first beat.
    pub last: Option<Millis>,
    /// Time that may still be credited.
    pub tokens: Millis,
}

/// A bucket after time has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filled {
    /// The bucket as it is now.
    pub bucket: Bucket,
    /// More time had passed than one step may fill, so some was lost.
    pub gap: bool,
}

impl Bucket {
    /// Lets the time until `now` pass, in a session that was opened at `opened`. Only while `playing` does it fill, by at
    /// most `gap_cap` a step; what was left over decays by a second per second down to `token_keep`, so that nobody can
    /// save up time by rewatching and then claim an hour at once. A clock that goes back fills nothing.
    #[must_use]
    pub fn fill(self, policy: &Policy, now: Millis, opened: Millis, playing: bool) -> Filled {
        let base = self.last.map_or(opened, |last| last.max(opened));
        let passed = now.minus(base);
        let fresh = if playing {
            passed.min(policy.gap_cap)
        } else {
            Millis::ZERO
        };
        let kept = self.tokens.min(policy.token_keep).max(self.tokens.minus(passed));
        Filled {
            bucket: Self {
                last: Some(now.max(base)),
                tokens: kept.plus(fresh),
            },
            gap: playing && passed > policy.gap_cap,
        }
    }

    /// The bucket after `used` was credited from it.
    #[must_use]
    pub fn spend(self, used: Millis) -> Self {
        Self {
            tokens: self.tokens.minus(used),
            ..self
        }
    }
}
