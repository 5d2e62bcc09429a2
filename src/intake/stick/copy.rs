//! Copies files from a stick: hashed on the way, read back from the disk, compared, and only then shown.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{Advice, fadvise};
use sha2::{Digest, Sha256};

use super::look::{Found, open};
use super::{Offered, Shared};
use crate::intake::{arrivals, check_room, land, name, ticket};
use crate::library::Library;

/// Large enough for a spinning disk, small enough to be cancelled between two.
const PIECE: usize = 1 << 20;

/// Copies what was chosen, one after the other; the first fault of the stick or the disk ends it.
pub(super) fn copy(library: &Library, shared: &Shared, found: &[Found], chosen: &[usize]) {
    for at in chosen {
        let outcome = match found.get(*at) {
            Some(found) if !shared.is_cancelled() => one(library, shared, found, *at),
            _ => Ok(false),
        };
        shared.change(|visit| {
            if let Some(offer) = visit.offers.get_mut(*at) {
                offer.state = match &outcome {
                    Ok(true) => Offered::Copied,
                    Ok(false) => Offered::New,
                    Err(error) => Offered::Failed(error.to_string()),
                };
            }
        });
    }
}

/// True if it is there now, false if somebody wanted it to end.
fn one(library: &Library, shared: &Shared, found: &Found, at: usize) -> Result<bool, crate::intake::IntakeError> {
    let folder = arrivals(library)?;
    let files = || std::iter::once(&found.path).chain(&found.companions);
    let sizes: io::Result<Vec<u64>> = files().map(|path| Ok(fs::symlink_metadata(path)?.len())).collect();
    check_room(library, sizes?.iter().sum())?;
    let mut done = 0;
    let mut arrived = Vec::new();
    for path in files() {
        let half = Half(folder.join(format!("{}.stick", ticket())));
        let progress = |bytes: u64| {
            done += bytes;
            shared.change(|visit| visit.offers[at].state = Offered::Copying(done));
            !shared.is_cancelled()
        };
        if !transfer(path, &half.0, progress)? {
            return Ok(false);
        }
        arrived.push((path, half));
    }
    // The film last: what belongs to it is there when it is found.
    for (path, half) in arrived.iter().rev() {
        let media = library.root();
        land::land(&media, &half.0, &name::folder(&found.class), &name_on_disk(path))?;
    }
    Ok(true)
}

/// The name as the station will show it; what comes along keeps its name, whatever its ending.
fn name_on_disk(path: &Path) -> String {
    let bytes = path.file_name().unwrap_or_default().as_encoded_bytes().to_vec();
    let readable = media_index::Place::from(bytes).readable();
    name::file(&readable).unwrap_or(readable)
}

/// A copy that did not get its place is nobody's.
struct Half(PathBuf);

impl Drop for Half {
    fn drop(&mut self) {
        // It is gone already when it has its place.
        drop(fs::remove_file(&self.0));
    }
}

/// `go_on` is told each piece; false ends it.
fn transfer(from: &Path, to: &Path, mut go_on: impl FnMut(u64) -> bool) -> io::Result<bool> {
    let mut source = open(from)?;
    let size = source.metadata()?.len();
    let mut target = File::options().write(true).create_new(true).open(to)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; PIECE];
    let mut copied = 0;
    loop {
        let read = source.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
        target.write_all(&buffer[..read])?;
        copied += read as u64;
        if !go_on(read as u64) {
            return Ok(false);
        }
    }
    if copied != size {
        return Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "the stick gave less than it promised",
        ));
    }
    target.sync_all()?;
    if hash_of(to, &mut buffer)? == <[u8; 32]>::from(hash.finalize()) {
        Ok(true)
    } else {
        Err(io::Error::other("the copy differs from the original"))
    }
}

/// From the disk, not from memory: the kernel is asked to forget what it was just given.
fn hash_of(path: &Path, buffer: &mut [u8]) -> io::Result<[u8; 32]> {
    let mut file = File::open(path)?;
    fadvise(&file, 0, None, Advice::DontNeed)?;
    let mut hash = Sha256::new();
    loop {
        match file.read(buffer)? {
            0 => return Ok(hash.finalize().into()),
            read => hash.update(&buffer[..read]),
        }
    }
}
