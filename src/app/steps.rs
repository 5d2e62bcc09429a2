//! The wall clock, watched: a jump against the monotonic clock becomes a leaf, and an operator's word outlives the program.

use std::time::Duration;

use anyhow::Result;
use tokio_util::sync::CancellationToken;

use super::Base;
use crate::clock::{Clock, Reading, SharedClock, Trust};
use crate::ledger::{self, Leaf, Ledger, LedgerError, What};
use crate::store::Urgency;
use crate::types::Millis;
use crate::viewing::Viewing;

/// Network time slews by at most a part in two thousand; in half a minute that is 15 ms. What is more was set by somebody.
const STEP_MS: u64 = 2_000;
const EVERY: Duration = Duration::from_secs(30);

/// A jump of the wall clock: what it should have shown, what it shows.
fn step(before: Reading, now: Reading) -> Option<(i64, i64)> {
    let passed = i64::try_from(now.mono.minus(before.mono).0).unwrap_or(0);
    let expected = before.wall_ms.saturating_add(passed);
    (before.boot == now.boot && expected.abs_diff(now.wall_ms) > STEP_MS).then_some((expected, now.wall_ms))
}

/// Network time is written down as an anchor once in a boot, and again each day: a quartz drifts by seconds a day.
const ANCHOR_EVERY: Millis = Millis::secs(86_400);

/// Whether an anchor is due: the network vouches for the clock now, and was last written down then (in this boot).
fn anchor_is_due(now: Reading, last: Option<Millis>) -> bool {
    now.trust == Trust::Ntp && last.is_none_or(|last| now.mono.minus(last) >= ANCHOR_EVERY)
}

/// Looks every half minute until `stop`, and writes down each jump, and that the network vouches for the clock.
pub(super) async fn watch(viewing: Viewing, ledger: Ledger, clock: SharedClock, stop: CancellationToken) {
    let mut every = tokio::time::interval(EVERY);
    let mut before = clock.now();
    let mut anchored = None;
    loop {
        tokio::select! { () = stop.cancelled() => return, _ = every.tick() => {} }
        let now = clock.now();
        if let Some((expected_ms, shown_ms)) = step(before, now)
            && let Err(error) = write(&ledger, now, What::WallStep { expected_ms, shown_ms }).await
        {
            tracing::warn!(%error, "a jump of the wall clock could not be written down");
        }
        if anchor_is_due(now, anchored) {
            let (source, unix_ms) = (Trust::Ntp, now.wall_ms);
            match write(&ledger, now, What::ClockAnchor { source, unix_ms }).await {
                Ok(()) => anchored = Some(now.mono),
                Err(error) => tracing::warn!(%error, "network time could not be written down; it is tried again"),
            }
            settle(&viewing).await;
        }
        before = now;
    }
}

/// Hours that waited for a date may have one by now.
pub(super) async fn settle(viewing: &Viewing) {
    match viewing.settle().await {
        Ok(0) => {}
        Ok(settled) => tracing::info!(settled, "hours without a date have found their year"),
        Err(error) => tracing::warn!(%error, "hours without a date could not be settled; it is tried again"),
    }
}

async fn write(ledger: &Ledger, now: Reading, leaf: What) -> Result<(), LedgerError> {
    let theirs = ledger.clone();
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
    use std::ops::Range;
    use std::sync::Arc;

    use tempfile::TempDir;

    use super::*;
    use crate::clock::HandClock;
    use crate::credit::Policy;
    use crate::keys::Keys;
    use crate::store::{Options, Store, StoreError};
    use crate::types::{Intervals, ItemId, Origin};
    use crate::viewing::{self, MediaMap};

    const NOVEMBER_2026: i64 = 1_795_000_000_000;
    const IN_2099: i64 = 4_070_908_800_000;

    #[derive(Debug)]
    struct NoFilms;

    impl MediaMap for NoFilms {
        fn media_of(&self, _: &ItemId, _: &dyn Fn(ItemId) -> Vec<Range<u64>>) -> Intervals {
            Intervals::none()
        }
    }

    fn steps_told(ledger: &Ledger) -> Vec<(i64, i64)> {
        let read = |conn: &_| ledger::leaves(conn, 0, 1_000);
        let all = ledger.store().read_blocking::<_, StoreError, _>(read).unwrap();
        let step = |bytes: &Vec<u8>| match Leaf::read(bytes)?.is {
            What::WallStep { expected_ms, shown_ms } => Some((expected_ms, shown_ms)),
            _ => None,
        };
        all.iter().filter_map(step).collect()
    }

    /// Cases 51 and 61, as the running station sees them. Time passes by itself here whenever nobody has anything to do.
    #[tokio::test(start_paused = true)]
    async fn each_jump_of_the_wall_clock_while_the_station_runs_becomes_one_leaf() {
        let (dir, clock) = (TempDir::new().unwrap(), Arc::new(HandClock::new(1, NOVEMBER_2026)));
        let schemas = [ledger::SCHEMA, viewing::SCHEMA];
        let store = Store::open(&dir.path().join("ledger.db"), &schemas, Options::default()).unwrap();
        let keys = Keys::open_or_make(&dir.path().join("keys")).unwrap();
        let origin = Origin::new("yuanjiao.example/17").unwrap();
        let ledger = Ledger::open(store, keys, origin, clock.now()).unwrap();
        let policy = Arc::new(Policy::built_in());
        let viewing = Viewing::new(ledger.clone(), clock.clone(), policy, Arc::new(NoFilms));
        let stop = CancellationToken::new();
        let watching = tokio::spawn(watch(viewing, ledger.clone(), clock.clone(), stop.clone()));
        tokio::time::sleep(EVERY).await;
        let mut expected = Vec::new();
        for shown in [5_000, IN_2099, NOVEMBER_2026, NOVEMBER_2026 + 8 * 3_600_000] {
            clock.advance(Millis::secs(30));
            expected.push((clock.now().wall_ms, shown));
            clock.set_wall(shown);
            while steps_told(&ledger).len() < expected.len() {
                tokio::time::sleep(EVERY).await;
            }
        }
        clock.advance(Millis::secs(3_600));
        tokio::time::sleep(10 * EVERY).await;
        stop.cancel();
        watching.await.unwrap();
        assert_eq!(steps_told(&ledger), expected, "and a clock that goes on makes none");
    }

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
    fn network_time_is_written_down_once_a_day() {
        let ntp = |mono_s| Reading {
            trust: Trust::Ntp,
            ..at(mono_s, 1_795_000_000_000)
        };
        assert!(anchor_is_due(ntp(5), None));
        assert!(!anchor_is_due(ntp(86_000), Some(Millis::secs(5))));
        assert!(anchor_is_due(ntp(86_405), Some(Millis::secs(5))));
        assert!(!anchor_is_due(at(5, 1_795_000_000_000), None), "nobody vouches for it");
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
