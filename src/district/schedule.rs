//! When a station is asked: regularly, with jitter, and with patience if it cannot be reached.
//!
//! `next_in` decides purely; [`run`] keeps the appointments: it takes as many stations that are due as it has places
//! (`lease`: several programs may share one set of books), pulls each within its own deadline, and writes down
//! what came of it. A station that hangs, lies or floods costs its own place until its own deadline and nothing else.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{District, Fault, lease};
use crate::keys;
use crate::store::{Sql, StoreError, Urgency};
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

/// Stations that a look at the books found due, and took.
#[derive(Debug, Default)]
pub(super) struct Due {
    pub(super) stations: Vec<Origin>,
    /// When the next one becomes due, or free.
    pub(super) next_in_s: Option<u64>,
}

/// Who is being pulled by this program at this moment. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Underway(Arc<Mutex<HashSet<Origin>>>);

impl Underway {
    fn set(&self) -> MutexGuard<'_, HashSet<Origin>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn holds(&self, station: &Origin) -> bool {
        self.set().contains(station)
    }

    /// `None` if it is being pulled already. Ends when what is returned is dropped.
    pub(super) fn begin(&self, station: &Origin) -> Option<Pulling> {
        self.set()
            .insert(station.clone())
            .then(|| Pulling(self.clone(), station.clone()))
    }
}

/// A station that is being pulled.
#[derive(Debug)]
pub(super) struct Pulling(Underway, Origin);

impl Drop for Pulling {
    fn drop(&mut self) {
        self.0.set().remove(&self.1);
    }
}

/// Pulls what is due until `stop`; running pulls get to their end or their deadline.
pub async fn run(district: District, bell: Bell, stop: CancellationToken) {
    let turns = Arc::new(Semaphore::new(district.settings.concurrent));
    let pulls = TaskTracker::new();
    let mut failing = false;
    loop {
        let rest = match begin_due(&district, &turns, &pulls, &bell).await {
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
    // What was fetched is durable portion by portion: cutting a pull short loses nothing.
    drop(tokio::time::timeout(Duration::from_secs(5), pulls.wait()).await);
}

/// Takes as many stations that are due as there are places, and starts to pull them; returns how long until the next look.
async fn begin_due(
    district: &District,
    turns: &Arc<Semaphore>,
    pulls: &TaskTracker,
    bell: &Bell,
) -> Result<Duration, StoreError> {
    let places = turns.available_permits();
    if places == 0 {
        // Whoever ends rings.
        return Ok(GLANCE);
    }
    let due = district.take_due(places).await?;
    let found_all = due.stations.len() < places;
    for station in due.stations {
        let (Ok(turn), Some(pulling)) = (Arc::clone(turns).try_acquire_owned(), district.underway.begin(&station))
        else {
            continue;
        };
        let (district, bell) = (district.clone(), bell.clone());
        pulls.spawn(async move {
            // What a station does wrong stands in the books; here only what is wrong with the books.
            match district.pull_taken(&station, keys::random_below(1 << 32)).await {
                Err(error) if error.fault() == Fault::Ours => {
                    tracing::error!(%error, %station, "what came of a pull could not be written down");
                }
                Err(error) => tracing::debug!(%error, %station, "not pulled"),
                Ok(pulled) => tracing::debug!(%station, new = pulled.new, "pulled"),
            }
            drop((pulling, turn));
            bell.ring();
        });
    }
    let next = due.next_in_s.filter(|_| found_all).map_or(GLANCE, Duration::from_secs);
    Ok(next.max(Duration::from_secs(1)))
}

impl District {
    /// Takes at most `most` stations that are due.
    async fn take_due(&self, most: usize) -> Result<Due, StoreError> {
        let (puller, times, underway) = (
            self.puller.clone(),
            (self.now_s(), self.lease_s()),
            self.underway.clone(),
        );
        let act = move |tx: &dyn Sql| lease::take_due(tx, &puller, times, most, |station| underway.holds(station));
        self.store.write(Urgency::Now, act).await?
    }
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
