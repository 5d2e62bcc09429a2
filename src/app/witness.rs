//! The newest checkpoint on the second medium: what a swapped or restored disk of this box cannot take back.
//!
//! `[backup] folder` holds it in `newest-checkpoint`. It is written every ten minutes, when it is new, and at a stop; it
//! is compared at each start before it is written again. One that does not fit is put aside there under another name.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::clock::Reading;
use crate::ledger::copies::Compared;
use crate::ledger::note::NOTE_LIMIT;
use crate::ledger::{self, Ledger, Witness};

const NAME: &str = "newest-checkpoint";

/// Compares what lies there with the log. What cannot be read is no evidence, and no hindrance.
pub(super) fn compare(ledger: &Ledger, folder: &Path, now: Reading) {
    let path = folder.join(NAME);
    let Some(note) = read(&path) else { return };
    match ledger.look_at_blocking(now, &note, Witness::Medium) {
        Ok(Compared::Differs { there }) => {
            let aside = free_name(folder, there);
            if let Err(error) = fs::rename(&path, &aside) {
                tracing::warn!(%error, path = %path.display(), "the checkpoint that does not fit stays where it is");
            }
        }
        Ok(Compared::Fits | Compared::NotOurs) => {}
        Err(error) => tracing::warn!(%error, "the checkpoint on the second medium could not be compared"),
    }
}

fn read(path: &Path) -> Option<String> {
    let meta = fs::metadata(path).ok()?;
    (meta.len() <= NOTE_LIMIT as u64).then(|| fs::read_to_string(path).ok())?
}

fn free_name(folder: &Path, there: u64) -> PathBuf {
    let names = (1..).map(|n: u32| folder.join(format!("{NAME}-that-did-not-fit-{there}-{n}")));
    let mut free = names.filter(|path| !path.exists());
    free.next().expect("there are more numbers than files")
}

/// Writes the newest checkpoint there, if it is another one: beside, synced, renamed.
pub(super) fn leave(ledger: &Ledger, folder: &Path) -> io::Result<()> {
    let newest = ledger
        .store()
        .read_blocking(ledger::newest_checkpoint)
        .map_err(io::Error::other)?;
    let path = folder.join(NAME);
    let Some(note) = newest.filter(|note| read(&path).as_ref() != Some(note)) else {
        return Ok(());
    };
    let beside = folder.join("newest-checkpoint.part");
    fs::write(&beside, note)?;
    fs::File::open(&beside)?.sync_all()?;
    fs::rename(&beside, &path)?;
    fs::File::open(folder)?.sync_all()
}
