//! When the disk did not take what it was given, from when to when: told afterwards, since during it nothing can be
//! written down.

use super::Trouble;
use crate::types::Millis;

/// A time of trouble. It ends with the first commit after which nothing failed any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ordeal {
    /// What it was; the first, if several came together.
    pub what: Trouble,
    /// Monotonic time of the first failure.
    pub began: Millis,
    /// Monotonic time of the last one so far.
    pub last: Millis,
}

impl Ordeal {
    /// One more failure, of this time or the first of another.
    pub(super) fn suffer(ordeal: &mut Option<Self>, what: Trouble, now: Millis) {
        match ordeal {
            Some(ordeal) => ordeal.last = now,
            None => {
                *ordeal = Some(Self {
                    what,
                    began: now,
                    last: now,
                });
            }
        }
    }

    /// A full disk takes what fits a page that it has, and refuses the next: only after so much quiet it is over.
    pub(super) fn is_over(&self, now: Millis, quiet: Millis) -> bool {
        now.minus(self.last) >= quiet
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_and_succeeds_in_turn_is_one_time_of_trouble() {
        let quiet = Millis::secs(5);
        let mut ordeal = None;
        Ordeal::suffer(&mut ordeal, Trouble::DiskFull, Millis::secs(100));
        assert!(!ordeal.unwrap().is_over(Millis::secs(103), quiet));
        Ordeal::suffer(&mut ordeal, Trouble::Failing, Millis::secs(104));
        assert!(!ordeal.unwrap().is_over(Millis::secs(108), quiet));
        assert!(ordeal.unwrap().is_over(Millis::secs(109), quiet));
        let told = ordeal.unwrap();
        assert_eq!((told.what, told.began), (Trouble::DiskFull, Millis::secs(100)));
    }
}
