//! The wall clock, watched: a jump against the monotonic clock becomes a leaf, and an operator's word outlives the program.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio_util::sync::CancellationToken;

use super::Base;
use crate::clock::{Clock, Reading, SystemClock, Trust};
use crate::ledger::{self, Leaf, Ledger, LedgerError, What};
use crate::store::Urgency;

/// Network time slews by at most a part in two thousand; in half a minute that is 15 ms. What is more was set by somebody.
const STEP_MS: u64 = 2_000;
const EVERY: Duration = Duration::from_secs(30);

/// A jump of the wall clock: what it should have shown, what it shows.
fn step(before: Reading, now: Reading) -> Option<(i64, i64)> {
    let passed = i64::try_from(now.mono.minus(before.mono).0).unwrap_or(0);
    let expected = before.wall_ms.saturating_add(passed);
    (before.boot == now.boot && expected.abs_diff(now.wall_ms) > STEP_MS).then_some((expected, now.wall_ms))
}

/// Looks every half minute until `stop`, and writes down each jump.
pub(super) async fn watch(ledger: Ledger, clock: Arc<SystemClock>, stop: CancellationToken) {
    let mut every = tokio::time::interval(EVERY);
    let mut before = clock.now();
    loop {
        tokio::select! { () = stop.cancelled() => return, _ = every.tick() => {} }
        let now = clock.now();
        if let Some((expected_ms, shown_ms)) = step(before, now)
            && let Err(error) = write(&ledger, now, expected_ms, shown_ms).await
        {
            tracing::warn!(%error, "a jump of the wall clock could not be written down");
        }
        before = now;
    }
}

async fn write(ledger: &Ledger, now: Reading, expected_ms: i64, shown_ms: i64) -> Result<(), LedgerError> {
    let theirs = ledger.clone();
    let leaf = What::WallStep { expected_ms, shown_ms };
    let act = move |tx: &crate::store::Tx<'_>| theirs.append(tx, now, leaf).map(drop);
    ledger.store().write(Urgency::Now, act).await?
}

/// What the operator said earlier in this boot still holds: the monotonic clock has gone on.
pub(super) fn remember(base: &Base) -> Result<()> {
    let now = base.clock.now();
    // The search goes backwards and ends where this boot begins.
    let is_said = |leaf: &Leaf| matches!(leaf.is, What::ClockAnchor { .. });
    let wanted = |leaf: &Leaf| is_said(leaf) || leaf.at.boot < now.boot;
    let newest = base
        .ledger
        .store()
        .read_blocking(|conn| ledger::newest_of(conn, wanted))?;
    if let Some(Leaf {
        at,
        is: What::ClockAnchor {
            unix_ms,
            source: Trust::Operator,
        },
        ..
    }) = newest
        && at.boot == now.boot
        && now.trust < Trust::Operator
    {
        let since = i64::try_from(now.mono.minus(at.mono).0).unwrap_or(0);
        base.clock.correct(unix_ms.saturating_add(since), Trust::Operator);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Millis;

    fn at(mono_s: u64, wall_ms: i64) -> Reading {
        Reading {
            boot: 1,
            mono: Millis::secs(mono_s),
            wall_ms,
            trust: Trust::Plausible,
        }
    }

    #[test]
    fn a_clock_that_goes_on_or_is_slewed_makes_no_step() {
        let start = at(100, 1_795_000_000_000);
        assert_eq!(step(start, at(130, 1_795_000_030_000)), None);
        assert_eq!(step(start, at(130, 1_795_000_030_900)), None);
    }

    #[test]
    fn a_clock_that_is_set_to_1970_or_2099_or_to_another_zone_makes_one() {
        let start = at(100, 1_795_000_000_000);
        for shown in [5_000, 4_070_908_800_000, 1_795_000_030_000 - 8 * 3_600_000] {
            assert_eq!(step(start, at(130, shown)), Some((1_795_000_030_000, shown)));
        }
    }

    #[test]
    fn another_boot_is_no_step() {
        let later = Reading {
            boot: 2,
            ..at(5, 5_000)
        };
        assert_eq!(step(at(100, 1_795_000_000_000), later), None);
    }
}
