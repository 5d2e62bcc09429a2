//! When the next snapshot is made: at once in a small library, seldom enough in a large one.

use crate::monotonic::now_ms;

/// Making snapshots takes no more than so much of the time, one part in twenty: a copy of many hours that reports its
/// progress must not keep a small box busy with a list of twenty thousand lines.
const PART: u64 = 20;

#[derive(Debug, Default)]
pub(super) struct Pace {
    is_due: bool,
    /// In milliseconds of the machine's clock.
    not_before: u64,
}

impl Pace {
    /// Something changed that a snapshot shows.
    pub(super) fn want(&mut self) {
        self.is_due = true;
    }

    /// When the next snapshot should be made, if one is wanted.
    pub(super) fn next(&self) -> Option<u64> {
        self.is_due.then_some(self.not_before)
    }

    /// A snapshot was begun then, and is there now.
    pub(super) fn made(&mut self, begun: u64) {
        let now = now_ms();
        self.is_due = false;
        self.not_before = now.saturating_add(now.saturating_sub(begun).saturating_mul(PART - 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_that_took_long_is_not_made_again_soon_and_one_that_took_no_time_is() {
        let mut pace = Pace::default();
        assert_eq!(pace.next(), None);
        pace.want();
        assert_eq!(pace.next(), Some(0));
        let now = now_ms();
        pace.made(now - 100);
        assert_eq!(pace.next(), None, "nobody wants one");
        pace.want();
        assert!(pace.next().unwrap() >= now + 1_900);
    }
}
