//! Pictures as files, each under its hash: `blobs/ab/abcdef…`. On the disk before anybody is told that they are kept.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The folder. It is made with the first picture.
#[derive(Debug)]
pub(super) struct Blobs {
    folder: PathBuf,
}

impl Blobs {
    pub(super) fn in_folder(data: &Path) -> Self {
        Self {
            folder: data.join("blobs"),
        }
    }

    /// The folder of all of them.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a blob lies; nothing that is not a hash names a file.
    pub(super) fn place(&self, digest: &str) -> io::Result<PathBuf> {
        let is_hash = digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if !is_hash {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        Ok(self.folder.join(&digest[..2]).join(digest))
    }

    /// Writes it beside its place, syncs, and moves it there: a power cut leaves either the whole or nothing.
    pub(super) fn keep(&self, digest: &str, bytes: &[u8]) -> io::Result<()> {
        let place = self.place(digest)?;
        if place.exists() {
            return Ok(());
        }
        let folder = place.parent().ok_or(io::ErrorKind::InvalidInput)?;
        fs::create_dir_all(folder)?;
        let draft = place.with_extension("part");
        let mut file = File::create(&draft)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&draft, &place)?;
        File::open(folder)?.sync_all()?;
        File::open(&self.folder)?.sync_all()
    }

    /// Reads it; `None` if it is not there, or is no file of a picture's size: what lies on a stick may be anything.
    pub(super) fn read(&self, digest: &str) -> io::Result<Option<Vec<u8>>> {
        let place = self.place(digest)?;
        let read = fs::metadata(&place).and_then(|meta| {
            let can_be = meta.is_file() && meta.len() <= super::picture::LIMIT as u64;
            can_be.then(|| fs::read(&place)).transpose()
        });
        match read {
            Ok(bytes) => Ok(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) fn delete(&self, digest: &str) -> io::Result<()> {
        match fs::remove_file(self.place(digest)?) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}
