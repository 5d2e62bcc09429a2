//! How long the looking will still take, so that the operator knows whether to wait for it.

use std::time::Duration;

/// An estimate from fewer files is a guess.
const ENOUGH: u64 = 20;

/// How many files were looked into since there was nothing left.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// In milliseconds of the machine's clock.
    since: Option<u64>,
    done: u64,
}

impl Progress {
    /// So many files were looked into, from `begun` on.
    pub(super) fn looked_into(&mut self, files: usize, begun: u64) {
        self.since.get_or_insert(begun);
        self.done += files as u64;
    }

    /// The time that `left` files will take if each takes as long as those before it did, pauses included.
    pub(super) fn remaining(&mut self, left: usize, now: u64) -> Option<Duration> {
        if left == 0 {
            *self = Self::default();
        }
        let took = now.saturating_sub(self.since?);
        let estimate = (self.done >= ENOUGH).then(|| took.saturating_mul(left as u64) / self.done)?;
        Some(Duration::from_millis(estimate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_takes_as_long_for_each_file_as_what_is_done() {
        let mut progress = Progress::default();
        progress.looked_into(10, 5_000);
        assert_eq!(progress.remaining(400, 6_000), None, "too early to tell");
        progress.looked_into(190, 6_000);
        assert_eq!(progress.remaining(400, 15_000), Some(Duration::from_secs(20)));
        assert_eq!(progress.remaining(0, 35_000), None);
        progress.looked_into(1, 90_000);
        assert_eq!(progress.remaining(9, 91_000), None, "another time begins anew");
    }
}
