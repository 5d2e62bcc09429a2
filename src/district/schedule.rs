//! When a station is asked: regularly, with jitter, and with patience if it cannot be reached.
//!
//! `next_in` decides purely; [`run`] keeps the appointments: it looks which stations are due, pulls a bounded number of
//! them at the same time, each within its own deadline, and writes down what came of it. A station that hangs, lies or
//! floods costs its own place until its own deadline and nothing else.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{District, Fault, watch};
use crate::keys;
use crate::store::StoreError;
use crate::types::{Millis, Origin};

/// After the first failure; doubled with each further one.
const FIRST_PAUSE: Millis = Millis::secs(300);
/// However long nothing is due, the books are looked at this often: a command beside may have enrolled a station.
const GLANCE: Duration = Duration::from_secs(30);

/// How long until the next try. `chance` is any random number: it moves the time by up to a tenth either way.
pub(super) fn next_in(every: Millis, failures: u32, chance: u64) -> Millis {
    let plain = match failures {
        0 => every,
        n => {
            let doubled = FIRST_PAUSE.0.min(every.0).saturating_mul(1 << (n - 1).min(16));
            Millis(doubled).min(Millis(every.0.saturating_mul(4)))
        }
    };
    let tenth = plain.0 / 10;
    Millis(plain.0 - tenth + chance % (2 * tenth + 1))
}

/// Wakes the scheduler; shared by the pages and the loop.
#[derive(Debug, Clone, Default)]
pub struct Bell(Arc<Notify>);

impl Bell {
    /// Something became due.
    pub fn ring(&self) {
        self.0.notify_one();
    }
}

/// Who is being pulled at this moment.
#[derive(Debug, Clone, Default)]
struct Underway(Arc<Mutex<HashSet<Origin>>>);

impl Underway {
    fn begin(&self, station: &Origin) -> bool {
        let mut set = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        set.insert(station.clone())
    }

    fn end(&self, station: &Origin) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(station);
    }
}

/// Pulls what is due until `stop`; running pulls get to their end or their deadline.
pub async fn run(district: District, bell: Bell, stop: CancellationToken) {
    let (turns, underway, pulls) = (
        Arc::new(Semaphore::new(district.settings.concurrent)),
        Underway::default(),
        TaskTracker::new(),
    );
    let mut failing = false;
    loop {
        let rest = match begin_due(&district, &turns, &underway, &pulls, &bell).await {
            Ok(rest) => {
                failing = false;
                rest
            }
            Err(error) => {
                if !std::mem::replace(&mut failing, true) {
                    tracing::error!(%error, "the district's books cannot be read; pulling rests until they can");
                }
                GLANCE
            }
        };
        tokio::select! {
            () = stop.cancelled() => break,
            () = bell.0.notified() => {}
            () = tokio::time::sleep(rest.min(GLANCE)) => {}
        }
    }
    pulls.close();
    // What was fetched is durable bundle by bundle: cutting a pull short loses nothing.
    drop(tokio::time::timeout(Duration::from_secs(5), pulls.wait()).await);
}

/// Starts a pull of everybody who is due; returns how long until the next one is.
async fn begin_due(
    district: &District,
    turns: &Arc<Semaphore>,
    underway: &Underway,
    pulls: &TaskTracker,
    bell: &Bell,
) -> Result<Duration, StoreError> {
    let now = district.now_s();
    let appointments = district.store.read(|conn| watch::appointments(conn)).await?;
    let mut rest = GLANCE.as_secs();
    for (station, due_s) in appointments {
        if due_s > now {
            rest = rest.min(due_s - now);
            continue;
        }
        if !underway.begin(&station) {
            continue;
        }
        let (district, turns, underway, bell) = (district.clone(), Arc::clone(turns), underway.clone(), bell.clone());
        pulls.spawn(async move {
            let _turn = turns.acquire_owned().await;
            // What a station does wrong stands in the books; here only what is wrong with the books.
            match district.pull_and_note(&station, keys::random_below(1 << 32)).await {
                Err(error) if error.fault() == Fault::Ours => {
                    tracing::error!(%error, %station, "what came of a pull could not be written down");
                }
                Err(error) => tracing::debug!(%error, %station, "not pulled"),
                Ok(pulled) => tracing::debug!(%station, new = pulled.new, "pulled"),
            }
            underway.end(&station);
            bell.ring();
        });
    }
    Ok(Duration::from_secs(rest.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Millis = Millis::secs(3600);

    #[test]
    fn a_station_that_answers_is_asked_every_hour_give_or_take_six_minutes() {
        assert_eq!(next_in(HOUR, 0, 0), Millis::secs(54 * 60));
        assert_eq!(next_in(HOUR, 0, 2 * 360_000), Millis::secs(66 * 60));
        let spread: HashSet<u64> = (0..500).map(|n| next_in(HOUR, 0, n * 7919).0).collect();
        assert!(spread.len() > 400, "hundreds of stations do not come at once");
    }

    #[test]
    fn one_that_fails_is_asked_soon_then_ever_later_and_never_later_than_four_rounds() {
        let middle = |failures| {
            let low = next_in(HOUR, failures, 0).0;
            low * 10 / 9 / 60_000
        };
        assert_eq!((1..=6).map(middle).collect::<Vec<_>>(), [5, 10, 20, 40, 80, 160]);
        assert_eq!(middle(7), 240);
        assert_eq!(middle(u32::MAX), 240);
    }
}
