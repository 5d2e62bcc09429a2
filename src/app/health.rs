//! How the box is, for the book of its runs 设备运行: a sign of life each minute, and a leaf when something changed.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::clock::{Clock, SystemClock, Trust};
use crate::ledger::{At, Ledger, LedgerError, What};
use crate::library::Library;
use crate::store::Urgency;

/// What a power cut may cost of a run's length.
const EVERY: Duration = Duration::from_secs(60);
/// The disk is told of when it is fuller, or emptier, by so much: a leaf for each film would tell nobody more.
const PERCENT_STEP: u8 = 5;
/// Below this no further evening's films fit.
const LOW: u64 = 5_000_000_000;

/// What is looked at.
pub(super) struct Health {
    pub(super) ledger: Ledger,
    pub(super) clock: Arc<SystemClock>,
    pub(super) library: Library,
    pub(super) media: PathBuf,
    pub(super) data: PathBuf,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct State {
    disk: Option<u8>,
    faults: Vec<String>,
}

impl State {
    fn differs(&self, told: &Self) -> bool {
        let far = match (self.disk, told.disk) {
            (Some(a), Some(b)) => a.abs_diff(b) >= PERCENT_STEP,
            (a, b) => a != b,
        };
        far || self.faults != told.faults
    }
}

fn sign(data: &Path) -> PathBuf {
    data.join("alive")
}

/// The last sign of life of the run before, if there is one: half a line after a power cut is none.
pub(super) fn last_sign(data: &Path) -> Option<At> {
    serde_json::from_slice(&std::fs::read(sign(data)).ok()?).ok()
}

impl Health {
    /// Looks once a minute until `stop`.
    pub(super) async fn watch(self, stop: CancellationToken) {
        let this = Arc::new(self);
        let mut every = tokio::time::interval(EVERY);
        let mut told: Option<State> = None;
        loop {
            tokio::select! { () = stop.cancelled() => return, _ = every.tick() => {} }
            let theirs = Arc::clone(&this);
            let Ok(state) = tokio::task::spawn_blocking(move || theirs.look()).await else {
                continue;
            };
            if this.ledger.halted().is_some() {
                continue;
            }
            if told.as_ref().is_some_and(|told| !state.differs(told)) {
                continue;
            }
            match this.tell(state.clone()).await {
                Ok(()) => told = Some(state),
                Err(error) => tracing::warn!(%error, "how the box is could not be written down; it is tried again"),
            }
        }
    }

    fn look(&self) -> State {
        let at = At::from(self.clock.now());
        let line = serde_json::to_vec(&at).expect("numbers and a word are JSON");
        // Neither synced nor missed: the kernel writes it within seconds, and it is only the length of a run.
        if let Err(error) = std::fs::write(sign(&self.data), line) {
            tracing::warn!(%error, "the sign of life could not be written");
        }
        let is_away = self.library.indexer().catalogue().offline;
        let space = rustix::fs::statvfs(&self.media).ok().filter(|_| !is_away);
        let free = space.as_ref().map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize));
        let disk = space.and_then(|disk| {
            let used = disk.f_blocks.saturating_sub(disk.f_bavail);
            let percent = used.saturating_mul(100).checked_div(disk.f_blocks)?;
            u8::try_from(percent).ok()
        });
        let faults = [
            (is_away, "media_away"),
            (!self.library.failing().is_empty(), "disk_failing"),
            (free.is_some_and(|free| free < LOW), "disk_low"),
            (at.trust == Trust::Unset, "clock_unset"),
        ];
        let faults = faults.into_iter().filter(|(is_so, _)| *is_so);
        State {
            disk,
            faults: faults.map(|(_, word)| word.to_owned()).collect(),
        }
    }

    async fn tell(&self, State { disk, faults }: State) -> Result<(), LedgerError> {
        let (ledger, now) = (self.ledger.clone(), self.clock.now());
        let leaf = What::Health {
            disk_percent: disk,
            faults,
        };
        let act = move |tx: &crate::store::Tx<'_>| ledger.append(tx, now, leaf).map(drop);
        self.ledger.store().write(Urgency::Soon, act).await?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(disk: u8, faults: &[&str]) -> State {
        State {
            disk: Some(disk),
            faults: faults.iter().map(|word| (*word).to_owned()).collect(),
        }
    }

    #[test]
    fn a_film_more_is_not_worth_a_leaf_and_a_disk_that_is_gone_is() {
        assert!(!state(44, &[]).differs(&state(40, &[])));
        assert!(state(45, &[]).differs(&state(40, &[])));
        assert!(state(40, &["disk_low"]).differs(&state(40, &[])));
        let gone = State {
            disk: None,
            ..state(0, &[])
        };
        assert!(gone.differs(&state(40, &[])));
    }

    #[test]
    fn half_a_sign_of_life_is_none() {
        let dir = tempfile::TempDir::new().unwrap();
        assert_eq!(last_sign(dir.path()), None);
        std::fs::write(sign(dir.path()), b"{\"boot\":1,\"mono\":5,").unwrap();
        assert_eq!(last_sign(dir.path()), None);
    }
}
