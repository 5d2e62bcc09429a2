//! From the hidden folder into the folder of a class: one rename, over nothing.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use crate::library::MADE_FOLDER;

/// Films of the same name that are told apart by a number; nobody has more.
const NAMESAKES: u32 = 1_000;

/// Where things arrive, below the media folder.
pub(super) fn arrivals(media: &Path) -> io::Result<PathBuf> {
    let hidden = media.join(MADE_FOLDER);
    make(&hidden)?;
    let arrivals = hidden.join("arriving");
    make(&arrivals)?;
    Ok(arrivals)
}

/// Makes a folder, or finds it. A link in its place is refused: it could lead anywhere.
fn make(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ if !fs::symlink_metadata(folder)?.is_dir() => Err(io::ErrorKind::NotADirectory.into()),
        _ => Ok(()),
    }
}

/// Moves `from`, which is whole and on the disk, to `<class>/<name>`, or to `<class>/<name> (2)` if that is taken.
/// Returns where it lies, relative to the media folder.
pub(super) fn land(media: &Path, from: &Path, class: &str, name: &str) -> io::Result<String> {
    let folder = media.join(class);
    make(&folder)?;
    for n in 1..=NAMESAKES {
        let name = numbered(name, n);
        match rename(from, &folder.join(&name)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
            Ok(()) => {
                File::open(&folder)?.sync_all()?;
                return Ok(format!("{class}/{name}"));
            }
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

fn numbered(name: &str, n: u32) -> String {
    match name.rsplit_once('.') {
        Some((stem, ending)) if n > 1 => format!("{stem} ({n}).{ending}"),
        _ => name.to_owned(),
    }
}

/// Not every file system can promise to replace nothing; then looking first has to do, only the operator lands films.
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) if to.symlink_metadata().is_ok() => {
            Err(io::ErrorKind::AlreadyExists.into())
        }
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => fs::rename(from, to),
        other => Ok(other?),
    }
}
