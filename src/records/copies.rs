//! Photos on another medium, and back from it. The ledger names them by their hashes, so a copy proves itself.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use rusqlite::Connection;

use super::blobs::Blobs;
use super::{digest, rows};
use crate::store::StoreError;

/// What became of the photos that a database names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Carried {
    /// So many were copied now.
    pub copied: usize,
    /// So many are nowhere, or are not what their hash says.
    pub lacking: usize,
}

/// The hashes of all photos that a database names.
pub fn named(conn: &Connection) -> Result<Vec<String>, StoreError> {
    Ok(rows::digests(conn)?)
}

/// Copies those of `digests` that `to` lacks from one folder to the other; each folder holds, or gets, a `blobs`. Blocks.
pub fn carry(digests: &[String], from: &Path, to: &Path) -> io::Result<Carried> {
    carry_from(digests, &Blobs::in_folder(from), to)
}

/// The same from an open store of pictures.
pub(super) fn carry_from(digests: &[String], from: &Blobs, to: &Path) -> io::Result<Carried> {
    let to = Blobs::in_folder(to);
    let mut carried = Carried::default();
    for name in digests {
        if to.holds(name) {
            continue;
        }
        match from.read(name)? {
            Some(bytes) if digest(&bytes) == *name => {
                to.keep(name, &bytes)?;
                carried.copied += 1;
            }
            _ => carried.lacking += 1,
        }
    }
    Ok(carried)
}

/// Whether the `blobs` of a folder hold a photo.
pub fn holds(folder: &Path, digest: &str) -> bool {
    Blobs::in_folder(folder).holds(digest)
}

/// A photo out of the `blobs` of a folder; `None` if it is not there, or no name of a photo. Blocks.
pub fn read(folder: &Path, name: &str) -> io::Result<Option<Vec<u8>>> {
    let blobs = Blobs::in_folder(folder);
    if blobs.place(name).is_err() {
        return Ok(None);
    }
    blobs.read(name)
}

/// Keeps a photo in the `blobs` of a folder, durably; `false` if it is not what its hash says. Blocks.
pub fn keep(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<bool> {
    let is_it = digest(bytes) == name;
    if is_it {
        Blobs::in_folder(folder).keep(name, bytes)?;
    }
    Ok(is_it)
}

/// Deletes from the `blobs` of a folder what is named no more: a photo that the operator took back goes from there as
/// well. Nothing but files with the name of a hash is touched. Blocks.
pub fn forget_others(folder: &Path, named: &BTreeSet<String>) -> io::Result<()> {
    let blobs = Blobs::in_folder(folder);
    for name in blobs.names()?.iter().filter(|name| !named.contains(*name)) {
        blobs.delete(name)?;
    }
    Ok(())
}

impl Blobs {
    /// Whether it lies there. It got its name when it was whole.
    fn holds(&self, digest: &str) -> bool {
        self.place(digest).is_ok_and(|place| place.exists())
    }

    /// All that lie there.
    fn names(&self) -> io::Result<Vec<String>> {
        let folders = match fs::read_dir(self.folder()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            read => read?,
        };
        let mut names = Vec::new();
        for folder in folders {
            let folder = folder?;
            if !folder.file_type()?.is_dir() {
                continue;
            }
            for file in fs::read_dir(folder.path())? {
                let name = file?.file_name().to_string_lossy().into_owned();
                if self.place(&name).is_ok() {
                    names.push(name);
                }
            }
        }
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(folder: &Path, bytes: &[u8]) -> String {
        let name = digest(bytes);
        Blobs::in_folder(folder).keep(&name, bytes).unwrap();
        name
    }

    #[test]
    fn photos_go_to_the_medium_once_and_come_back_from_it() {
        let (data, stick) = (tempfile::TempDir::new().unwrap(), tempfile::TempDir::new().unwrap());
        let all = vec![kept(data.path(), b"one"), kept(data.path(), b"two")];
        let carried = |from: &Path, to: &Path| {
            let Carried { copied, lacking } = carry(&all, from, to).unwrap();
            (copied, lacking)
        };
        assert_eq!(carried(data.path(), stick.path()), (2, 0));
        assert_eq!(carried(data.path(), stick.path()), (0, 0), "they lie there already");
        Blobs::in_folder(data.path()).delete(&all[0]).unwrap();
        assert_eq!(carried(stick.path(), data.path()), (1, 0));
        assert_eq!(Blobs::in_folder(data.path()).read(&all[0]).unwrap().unwrap(), b"one");
    }

    #[test]
    fn a_damaged_photo_is_not_copied() {
        let (data, stick) = (tempfile::TempDir::new().unwrap(), tempfile::TempDir::new().unwrap());
        let name = kept(data.path(), b"one");
        let place = Blobs::in_folder(data.path()).place(&name).unwrap();
        fs::write(place, b"something else").unwrap();
        let carried = carry(&[name, "0".repeat(64)], data.path(), stick.path()).unwrap();
        assert_eq!((carried.copied, carried.lacking), (0, 2));
    }

    #[test]
    fn what_is_named_no_more_is_forgotten_and_nothing_else() {
        let stick = tempfile::TempDir::new().unwrap();
        let (stays, goes) = (kept(stick.path(), b"stays"), kept(stick.path(), b"goes"));
        let others = stick.path().join("blobs/ab/letter.txt");
        fs::create_dir_all(others.parent().unwrap()).unwrap();
        fs::write(&others, "mine").unwrap();
        forget_others(stick.path(), &BTreeSet::from([stays.clone()])).unwrap();
        let blobs = Blobs::in_folder(stick.path());
        assert!(blobs.holds(&stays) && !blobs.holds(&goes) && others.exists());
    }
}
