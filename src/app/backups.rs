//! Copies of the database: at each start, once a day, and when somebody asks.
//!
//! A copy is named by its epoch and the number of leaves that it holds, not by a date that the box may not know: the
//! largest is the newest. Keys are not in it, so a copy that is lost gives nobody the power to sign.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio_util::sync::CancellationToken;

use super::{removed, witness};
use crate::clock::Reading;
use crate::config;
use crate::keys::Keys;
use crate::ledger::restore::{self, Holds};
use crate::ledger::{self, Ledger, epoch};
use crate::records::copies::{self as photos, Carried};
use crate::store::backup;

/// A box that runs day and night is copied once a day.
const DAY: Duration = Duration::from_secs(86_400);

/// What is not on the second medium yet can be taken back unnoticed, unless a phone or the district has it.
const CHECKPOINT: Duration = Duration::from_secs(600);

/// Where copies go.
#[derive(Debug, Clone)]
pub(super) struct Backups {
    ledger: Ledger,
    data: PathBuf,
    second: Option<PathBuf>,
    keep: usize,
}

impl Backups {
    pub(super) fn new(ledger: Ledger, settings: &config::Station) -> Self {
        Self {
            ledger,
            data: settings.data.clone(),
            second: settings.backup.folder.clone(),
            keep: settings.backup.keep,
        }
    }

    /// One round of copies; what cannot be done is logged, and the station goes on.
    fn round(&self) {
        if let Some(halt) = self.ledger.halted() {
            tracing::warn!(%halt, "no copies while the ledger is halted; those that are there stay");
            return;
        }
        let mut folders = vec![own_folder(&self.data)];
        match &self.second {
            Some(second) if is_another_medium(&self.data, second) => folders.push(second.clone()),
            Some(second) => tracing::warn!(folder = %second.display(), "no second medium there: no copy on it"),
            None => {}
        }
        for folder in folders {
            if let Err(error) = self.copy_all_into(&folder) {
                tracing::error!(folder = %folder.display(), error = format!("{error:#}"), "no copy of the database");
            }
        }
    }

    /// A copy of the database, and of the photos if the folder is on another medium; the oldest copies go.
    fn copy_all_into(&self, folder: &Path) -> Result<()> {
        copy_into(&self.ledger, folder)?;
        rotate(folder, self.keep)?;
        if self.second.as_deref() == Some(folder) {
            let removed = removed::read(&self.data).and_then(|removed| removed::add(folder, removed));
            if let Err(error) = removed {
                tracing::error!(folder = %folder.display(), %error, "who was removed could not be written down there");
            }
            // What was lost here comes back first, and what was taken back goes when no copy names it any more.
            carry_photos(&self.ledger, folder, &self.data)?;
            copy_photos(&self.ledger, &self.data, folder)?;
            photos::forget_others(folder, &named_by_copies(folder)?)?;
        }
        Ok(())
    }

    /// A round now and each day, and the newest checkpoint more often, until `stop`.
    pub(super) async fn daily(self, stop: CancellationToken) {
        let mut every = tokio::time::interval(DAY);
        let mut often = tokio::time::interval(CHECKPOINT);
        loop {
            let whole = tokio::select! {
                () = stop.cancelled() => return,
                _ = every.tick() => true,
                _ = often.tick() => false,
            };
            let own = self.clone();
            let work = move || if whole { own.round() } else { own.leave_checkpoint() };
            drop(tokio::task::spawn_blocking(work).await);
        }
    }

    /// The second medium, if it is there.
    fn medium(&self) -> Option<&Path> {
        self.second
            .as_deref()
            .filter(|second| is_another_medium(&self.data, second))
    }

    /// At a start: what the second medium remembers, against the log.
    pub(super) fn compare_checkpoint(&self, now: Reading) {
        if let Some(medium) = self.medium() {
            witness::compare(&self.ledger, medium, now);
        }
    }

    /// Leaves the newest checkpoint on the second medium.
    pub(super) fn leave_checkpoint(&self) {
        if let Some(medium) = self.medium()
            && let Err(error) = witness::leave(&self.ledger, medium)
        {
            tracing::warn!(folder = %medium.display(), %error, "the newest checkpoint could not be left there");
        }
    }
}

/// The folder for copies in the data folder.
pub(super) fn own_folder(data: &Path) -> PathBuf {
    data.join("backup")
}

/// A mount point without its disk is a folder of the disk below.
fn is_another_medium(data: &Path, second: &Path) -> bool {
    let device = |path: &Path| fs::metadata(path).ok().map(|facts| facts.dev());
    device(second).is_some_and(|theirs| device(data) != Some(theirs))
}

/// Copies the database into a folder and checks the copy as a district would; returns its path and leaves.
pub fn copy_into(ledger: &Ledger, folder: &Path) -> Result<(PathBuf, u64)> {
    let leaves = ledger.store().read_blocking(ledger::size)?;
    let path = folder.join(name_of((epoch::number(ledger.origin()), leaves)));
    ledger
        .store()
        .copy_to(&path)
        .with_context(|| format!("while copying the database to {}", path.display()))?;
    match holds(&path, ledger.keys())? {
        Holds::Ours(found) if found.faults.is_empty() => Ok((path, found.leaves)),
        // Under its name it would take the place of one that does.
        _ => {
            fs::remove_file(&path).with_context(|| format!("while removing {}", path.display()))?;
            bail!("the copy {} does not verify, and was removed", path.display())
        }
    }
}

/// Copies the photos that the ledger names from the data folder; how many, and how many are lacking.
pub fn copy_photos(ledger: &Ledger, data: &Path, folder: &Path) -> Result<Carried> {
    let carried = carry_photos(ledger, data, folder)?;
    if carried.lacking > 0 {
        tracing::error!(
            lacking = carried.lacking,
            "photos that the ledger names are not in the data folder, or are damaged: 照片缺失，插上备份盘会自动补回"
        );
    }
    Ok(carried)
}

fn carry_photos(ledger: &Ledger, from: &Path, to: &Path) -> Result<Carried> {
    let named = ledger.store().read_blocking(photos::named)?;
    photos::carry(&named, from, to).with_context(|| format!("while copying photos to {}", to.display()))
}

/// The photos that the copies in a folder name: whichever is restored finds its own.
fn named_by_copies(folder: &Path) -> Result<BTreeSet<String>> {
    let mut named = BTreeSet::new();
    for copy in copies(folder) {
        named.extend(photos::named(&backup::open_to_read(&copy)?)?);
    }
    Ok(named)
}

/// What a copy holds.
pub(super) fn holds(path: &Path, keys: &Keys) -> Result<Holds> {
    let conn = backup::open_to_read(path)?;
    Ok(restore::check(&conn, &keys.public())?)
}

/// What a copy holds, by its name: the epoch, and how many leaves of its log. The newest copy has the largest.
pub(super) type Rank = (u32, u64);

/// `ledger-000000000123.db`, or `ledger-e2-000000000123.db` in a second epoch; `None` for a file that is no copy.
pub(super) fn rank(path: &Path) -> Option<Rank> {
    let name = path.file_name()?.to_str()?;
    let name = name.strip_prefix("ledger-")?.strip_suffix(".db")?;
    let (epoch, digits) = match name.strip_prefix('e').and_then(|rest| rest.split_once('-')) {
        Some((epoch, digits)) => (epoch.parse().ok()?, digits),
        None => (1, name),
    };
    let whole = digits.bytes().all(|b| b.is_ascii_digit());
    whole.then(|| Some((epoch, digits.parse().ok()?)))?
}

fn name_of((epoch, leaves): Rank) -> String {
    match epoch {
        1 => format!("ledger-{leaves:012}.db"),
        epoch => format!("ledger-e{epoch}-{leaves:012}.db"),
    }
}

/// The copies in a folder, the newest first.
pub(super) fn copies(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<_> = entries
        .filter_map(|entry| Some((rank(&entry.path())?, entry.path())))
        .collect();
    found.sort();
    found.into_iter().rev().map(|(_, path)| path).collect()
}

fn rotate(folder: &Path, keep: usize) -> io::Result<()> {
    copies(folder).iter().skip(keep).try_for_each(fs::remove_file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Base;

    /// A key without its log halts the ledger. What is there instead is no copy of anything: under a name it would push a
    /// good one out of the newest seven.
    #[test]
    fn a_copy_that_does_not_verify_keeps_no_name() {
        let folder = tempfile::TempDir::new().unwrap();
        let mut settings = config::Station::load(None).unwrap();
        settings.data = folder.path().join("data");
        let copies = folder.path().join("copies");
        let base = Base::open(&settings).unwrap();
        let (good, _) = copy_into(&base.ledger, &copies).unwrap();
        drop(base);
        for file in fs::read_dir(&settings.data).unwrap().flatten() {
            if file.file_name().to_string_lossy().starts_with("ledger.db") {
                fs::remove_file(file.path()).unwrap();
            }
        }
        let base = Base::open(&settings).unwrap();
        assert!(base.ledger.halted().is_some());
        let refused = copy_into(&base.ledger, &copies).unwrap_err().to_string();
        assert!(refused.contains("does not verify"), "{refused}");
        let left: Vec<_> = fs::read_dir(&copies)
            .unwrap()
            .flatten()
            .map(|file| file.path())
            .collect();
        assert_eq!(left, [good]);
    }
}
