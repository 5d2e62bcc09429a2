//! The log on a stick: the same bytes under the same names as over HTTP.

use std::fs;
use std::io;
use std::path::Path;

use crate::ledger::{self, Ledger, tiles};
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
    /// There is nothing to export yet.
    #[error("the ledger is empty")]
    Empty,
}

/// Writes checkpoint and entry bundles below `folder`; returns how many leaves they hold. Bundles that are there whole
/// already are left alone, so a second export to the same stick is quick. The checkpoint comes last.
pub fn export(ledger: &Ledger, folder: &Path) -> Result<u64, ExportError> {
    ledger.store().read_blocking(|conn| {
        let note = ledger::newest_checkpoint(conn)?.ok_or(ExportError::Empty)?;
        let size = ledger::size(conn)?;
        for name in tiles::TileName::covering(0, size) {
            let path = folder.join("tile/entries").join(name.path());
            if name.width == tiles::WIDTH && path.exists() {
                continue;
            }
            let bytes = tiles::entries(conn, name)?.ok_or(ExportError::Empty)?;
            write_whole(&path, &bytes)?;
        }
        write_whole(&folder.join("checkpoint"), note.as_bytes())?;
        Ok(size)
    })
}

/// Beside, synced, renamed: a stick that is pulled too early holds no half file under a good name.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let beside = path.with_extension("being-written");
    fs::write(&beside, bytes)?;
    fs::File::open(&beside)?.sync_all()?;
    fs::rename(&beside, path)
}
