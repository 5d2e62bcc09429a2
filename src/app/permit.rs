//! What the desk does with a district's permit for a new epoch: it is looked at, put where the next start finds it, and
//! that start is made at once. The log is changed only while nobody serves from it (`app::epoch`).
//!
//! 1. [`Permits::look`] says whose permit it is, and whether it is for this box and its present log.
//! 2. [`Permits::keep`] writes it durably below `permit/`; from then on a power cut leads to the same end.
//! 3. The station stops in order, and starts again.
//! 4. [`begin`], at that start, begins the epoch before anything else is opened; the permit goes with the old log. If it
//!    cannot be, the old log goes on, and the desk says why.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio_util::sync::CancellationToken;

use super::{Base, epoch};
use crate::config;
use crate::keys;
use crate::ledger::epoch::EpochError;
use crate::ledger::{Ledger, permit};
use crate::pages::{Aside, Epochs, NotBegun, Offer};
use crate::store::StoreError;

/// Below the data folder.
const FOLDER: &str = "permit";
/// What the operator heard by telephone, if the district was not known.
const SPOKEN: &str = "fingerprint";
/// Why the last permit did not begin anything, in the program's own words.
const REFUSED: &str = "refused";

/// So that the browser has its answer before the station stops.
const ANSWERED: Duration = Duration::from_millis(800);

/// Whether a station that ends is to be started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// It was told to stop.
    End,
    /// It stopped to begin anew.
    Again,
}

/// The desk's handle. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Permits {
    ledger: Ledger,
    data: PathBuf,
    stop: Arc<Mutex<Option<CancellationToken>>>,
    again: Arc<AtomicBool>,
}

impl Permits {
    pub(super) fn new(base: &Base, settings: &config::Station) -> Self {
        Self {
            ledger: base.ledger.clone(),
            data: settings.data.clone(),
            stop: Arc::default(),
            again: Arc::default(),
        }
    }

    /// What ends the serving when a new epoch is to begin.
    pub(super) fn stops(&self, stop: CancellationToken) {
        *self.stop.lock().unwrap_or_else(PoisonError::into_inner) = Some(stop);
    }

    pub(super) fn after(&self) -> After {
        if self.again.load(Ordering::SeqCst) {
            After::Again
        } else {
            After::End
        }
    }

    fn districts(&self) -> Result<Vec<crate::exchange::Known>, StoreError> {
        self.ledger.store().read_blocking(crate::exchange::pinned)
    }

    /// The same checks as at the start that follows, so that nothing is kept that would be refused there.
    fn judged(&self, file: &[u8]) -> Result<Offer, NotBegun> {
        let permit = permit::read(file).map_err(|error| match error {
            EpochError::Malformed => NotBegun::NoPermit,
            EpochError::BadSignature => NotBegun::BadSignature,
            EpochError::OtherLeaves => NotBegun::OtherLeaves,
        })?;
        let epoch = permit.epoch;
        if epoch.key != self.ledger.keys().public() {
            return Err(NotBegun::AnotherBox);
        }
        if epoch.next == *self.ledger.origin() {
            return Err(NotBegun::AlreadyBegun);
        }
        let pinned = self.districts().unwrap_or_default();
        let known = pinned
            .iter()
            .any(|district| district.name == epoch.district && district.key == epoch.district_key);
        let there = self.ledger.store().read_blocking(crate::ledger::size).unwrap_or(0);
        let has_them = permit.leaves.is_some() || self.holds(&epoch);
        Ok(Offer {
            district: epoch.district.to_string(),
            fingerprint: keys::fingerprint(&epoch.district_key),
            known,
            next: epoch.next.to_string(),
            carried: if has_them { epoch.size } else { 0 },
            left_behind: match self.ledger.halted() {
                None => there.saturating_sub(epoch.size),
                Some(_) => 0,
            },
        })
    }

    /// Whether the leaves that the district cosigned are in this box's own log.
    fn holds(&self, epoch: &crate::ledger::epoch::Epoch) -> bool {
        let size = epoch.size;
        let own = self
            .ledger
            .store()
            .read_blocking(move |conn| crate::ledger::leaves(conn, 0, size));
        own.is_ok_and(|leaves| epoch.is_root_of(&leaves))
    }
}

impl Epochs for Permits {
    fn look(&self, file: &[u8]) -> Result<Offer, NotBegun> {
        self.judged(file)
    }

    fn on_stick(&self, stick: &Path) -> Option<Vec<u8>> {
        let path = stick.join(permit::FILE);
        let fits = fs::metadata(&path).is_ok_and(|meta| meta.is_file() && meta.len() <= permit::LIMIT as u64);
        fits.then(|| fs::read(path).ok())?
    }

    fn begin(&self, file: &[u8], spoken: &str) -> Result<(), NotBegun> {
        let offer = self.judged(file)?;
        if !offer.known && !epoch::is_same(spoken, &offer.fingerprint) {
            return Err(NotBegun::OtherFingerprint);
        }
        keep(&self.data.join(FOLDER), file, spoken).map_err(|error| {
            tracing::error!(error = %format!("{error:#}"), "the permit could not be kept");
            NotBegun::Disk
        })?;
        self.again.store(true, Ordering::SeqCst);
        let stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let (Some(stop), Ok(here)) = (stop, tokio::runtime::Handle::try_current()) {
            here.spawn(async move {
                tokio::time::sleep(ANSWERED).await;
                stop.cancel();
            });
        }
        Ok(())
    }

    fn refused(&self) -> Option<String> {
        let text = fs::read_to_string(self.data.join(FOLDER).join(REFUSED)).ok()?;
        Some(text.chars().take(300).collect())
    }

    fn aside(&self) -> Vec<Aside> {
        let mut all: Vec<Aside> = [("damaged", false), ("epochs", true)]
            .into_iter()
            .flat_map(|(kind, was_epoch)| aside_in(&self.data.join(kind), was_epoch))
            .collect();
        all.sort_by_key(|one| std::cmp::Reverse(one.since_ms));
        all
    }
}

/// Old databases that were set aside below `damaged/` or `epochs/`.
fn aside_in(folder: &Path, was_epoch: bool) -> Vec<Aside> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let one = |entry: fs::DirEntry| {
        let meta = fs::metadata(entry.path().join("ledger.db")).ok()?;
        let since = meta.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
        Some(Aside {
            was_epoch,
            name: format!(
                "{}/{}",
                folder.file_name()?.to_string_lossy(),
                entry.file_name().to_string_lossy()
            ),
            bytes: meta.len(),
            since_ms: i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        })
    };
    entries.filter_map(one).collect()
}

/// Durably: the file under another name first, so that half of one is never taken for a permit.
fn keep(folder: &Path, file: &[u8], spoken: &str) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("while making {}", folder.display()))?;
    drop(fs::remove_file(folder.join(REFUSED)));
    put(&folder.join(SPOKEN), spoken.as_bytes())?;
    put(&folder.join(epoch::STATEMENT), file)?;
    Ok(File::open(folder)?.sync_all()?)
}

fn put(path: &Path, bytes: &[u8]) -> Result<()> {
    let half = path.with_extension("part");
    let written = || -> std::io::Result<()> {
        let mut file = File::create(&half)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&half, path)
    };
    written().with_context(|| format!("while writing {}", path.display()))
}

/// Begins the epoch for which a permit was left, if there is one. A permit that cannot be carried out is put away with the
/// reason; the station starts as it was.
pub(super) fn begin(settings: &config::Station) -> Result<()> {
    let folder = settings.data.join(FOLDER);
    let file = folder.join(epoch::STATEMENT);
    if !file.exists() {
        return Ok(());
    }
    // The power failed after it had begun.
    if epoch::has_begun(settings, &file) {
        fs::remove_file(&file).with_context(|| format!("while removing {}", file.display()))?;
        return Ok(File::open(&folder)?.sync_all()?);
    }
    let spoken = fs::read_to_string(folder.join(SPOKEN)).unwrap_or_default();
    match epoch::begin(settings, &file, Some(&spoken)) {
        Ok(begun) => {
            tracing::warn!(next = %begun.epoch.next, carried = begun.carried, left_behind = begun.left_behind, "a new epoch began");
            let at = begun.aside.unwrap_or_else(|| settings.data.clone()).join("permit.used");
            fs::rename(&file, &at).with_context(|| format!("while putting the permit away as {}", at.display()))?;
        }
        Err(error) => {
            tracing::error!(error = %format!("{error:#}"), "the new epoch could not begin; the station goes on as it was");
            put(&folder.join(REFUSED), format!("{error:#}").as_bytes())?;
            fs::remove_file(&file).with_context(|| format!("while removing {}", file.display()))?;
        }
    }
    Ok(File::open(&folder)?.sync_all()?)
}
