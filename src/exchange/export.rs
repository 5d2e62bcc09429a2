//! The log on a stick: the same bytes under the same names as over HTTP.

use std::fs;
use std::io;
use std::path::Path;

use crate::ledger::{self, Ledger, LedgerError, tiles};
use crate::store::StoreError;

/// Why an export did not come about.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The stick.
    #[error("cannot write to the folder: {0}")]
    Io(#[from] io::Error),
    /// The folder holds the log of another station.
    #[error("the folder holds the log of {0}; choose another folder")]
    Another(String),
    /// What a district had put on the stick could not be taken in.
    #[error("what the district put on the stick could not be taken in: {0}")]
    TakeBack(#[source] LedgerError),
    /// There is nothing to export yet.
    #[error("the ledger is empty")]
    Empty,
}

/// Writes checkpoint and entry bundles below `folder`; returns how many leaves they hold. Bundles that are there whole
/// already are left alone, so a second export to the same stick is quick. The checkpoint comes last.
pub fn export(ledger: &Ledger, folder: &Path) -> Result<u64, ExportError> {
    ledger.store().read_blocking(|conn| {
        let note = ledger::newest_checkpoint(conn)?.ok_or(ExportError::Empty)?;
        let size = note
            .lines()
            .nth(1)
            .and_then(|size| size.parse().ok())
            .ok_or(ExportError::Empty)?;
        refuse_another_stations_folder(ledger, folder)?;
        for name in tiles::TileName::covering(0, size) {
            let path = folder.join("tile/entries").join(name.path());
            let whole = fs::metadata(&path).is_ok_and(|meta| meta.len() > 0);
            if name.width == tiles::WIDTH && whole {
                continue;
            }
            let bytes = tiles::entries(conn, name)?.ok_or(ExportError::Empty)?;
            write_whole(&path, &bytes)?;
        }
        write_whole(&folder.join("checkpoint"), note.as_bytes())?;
        Ok(size)
    })
}

/// A stick goes round: each station gets a folder of its own, or their bundles would mix.
fn refuse_another_stations_folder(ledger: &Ledger, folder: &Path) -> Result<(), ExportError> {
    let there = fs::read_to_string(folder.join("checkpoint")).unwrap_or_default();
    match there.lines().next() {
        Some(origin) if origin != ledger.origin().as_str() => Err(ExportError::Another(origin.to_owned())),
        _ => Ok(()),
    }
}

/// Beside, synced, renamed: a stick that is pulled too early holds no half file under a good name.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let beside = path.with_extension("being-written");
    fs::write(&beside, bytes)?;
    fs::File::open(&beside)?.sync_all()?;
    fs::rename(&beside, path)
}
