//! The hidden folder: what was made lies there, and so do the pieces of what is being made.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use media_index::Stamp;
use media_index::probe::{Subject, probe};

use super::plan::{Aim, Failures};
use crate::library::{MADE_FOLDER, Made, Part, Version};
use crate::types::ItemId;

/// Below the media folder.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    root: PathBuf,
}

/// What lies there.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) made: BTreeMap<ItemId, Made>,
    pub(super) failed: Failures,
}

impl Folder {
    /// Makes it if it is missing. A link in its place is refused: it could lead anywhere.
    pub(super) fn open(media: &Path) -> io::Result<Self> {
        let folder = media.join(MADE_FOLDER);
        match fs::create_dir(&folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ if !fs::symlink_metadata(&folder)?.is_dir() => return Err(io::ErrorKind::NotADirectory.into()),
            _ => {}
        }
        Ok(Self { root: media.to_owned() })
    }

    /// Where this part of an item belongs.
    pub(super) fn place(&self, item: &ItemId, part: Part) -> PathBuf {
        self.root.join(part.place(item).path())
    }

    /// Where the pieces of an item's version are put together.
    pub(super) fn work(&self, item: &ItemId) -> PathBuf {
        self.root.join(MADE_FOLDER).join(format!("{item}.work"))
    }

    /// The disk's free bytes, as far as this program may use them.
    pub(super) fn free(&self) -> u64 {
        rustix::fs::statvfs(&self.root).map_or(0, |disk| disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    fn failure(&self, item: &ItemId, aim: Aim) -> PathBuf {
        let aim = match aim {
            Aim::Film => "film",
            Aim::Pictures => "pictures",
        };
        self.root.join(MADE_FOLDER).join(format!("{item}.{aim}.failed"))
    }

    /// Remembers that something could not be made, so that no restart tries it again.
    pub(super) fn note_failure(&self, item: &ItemId, aim: Aim, why: &str) -> io::Result<()> {
        fs::write(self.failure(item, aim), why)
    }

    /// It is to be tried again.
    pub(super) fn forget_failure(&self, item: &ItemId) {
        for aim in [Aim::Film, Aim::Pictures] {
            remove(&self.failure(item, aim));
        }
    }

    /// Puts a finished file in its place: on the disk first, then under its name.
    pub(super) fn put(&self, item: &ItemId, part: Part, from: &Path) -> io::Result<()> {
        File::open(from)?.sync_all()?;
        fs::rename(from, self.place(item, part))?;
        File::open(self.root.join(MADE_FOLDER))?.sync_all()
    }

    /// Looks what is there. Half pictures are cleared away; a version that does not play is thrown away, it is ours.
    pub(super) fn find(&self) -> io::Result<Found> {
        let mut found = Found::default();
        for entry in fs::read_dir(self.root.join(MADE_FOLDER))? {
            let path = entry?.path();
            if let Some((item, rest)) = parts_of(&path) {
                self.note(&mut found, &path, item, rest);
            }
        }
        Ok(found)
    }

    fn note(&self, found: &mut Found, path: &Path, item: ItemId, rest: &str) {
        match rest {
            "mp4" => match self.version(&item) {
                Some(version) => found.made.entry(item).or_default().film = Some(Arc::new(version)),
                None => remove(path),
            },
            "jpg" => found.made.entry(item).or_default().poster = true,
            "thumb.jpg" => found.made.entry(item).or_default().thumb = true,
            "film.failed" => drop(found.failed.insert((item, Aim::Film), reason(path))),
            "pictures.failed" => drop(found.failed.insert((item, Aim::Pictures), reason(path))),
            "part.jpg" | "part.thumb.jpg" => remove(path),
            _ => {}
        }
    }

    /// Looks into a prepared version; `None` if it is not one.
    pub(super) fn version(&self, item: &ItemId) -> Option<Version> {
        let path = self.place(item, Part::Film);
        let file = File::open(&path).ok()?;
        look_into(&file, &path)
    }

    /// Throws away what was made of items that are no longer there; true if that freed anything.
    pub(super) fn clear(&self, is_known: impl Fn(&ItemId) -> bool) -> io::Result<bool> {
        let mut any = false;
        for entry in fs::read_dir(self.root.join(MADE_FOLDER))? {
            let path = entry?.path();
            if parts_of(&path).is_some_and(|(item, _)| !is_known(&item)) {
                remove(&path);
                any = true;
            }
        }
        Ok(any)
    }
}

/// Looks into a finished file as into any film; only what plays everywhere will do.
pub(super) fn look_into(file: &File, path: &Path) -> Option<Version> {
    let meta = file.metadata().ok()?;
    let subject = Subject {
        file,
        size: meta.len(),
        ending: "mp4",
        path,
        ffprobe: None,
    };
    let whole = probe(&subject).ok()?;
    Some(Version {
        content: whole.id,
        mime: whole.mime,
        stamp: Stamp::of(&meta),
        facts: whole.facts,
    })
}

/// `<item>.<rest>`.
fn parts_of(path: &Path) -> Option<(ItemId, &str)> {
    let name = std::str::from_utf8(path.file_name()?.as_bytes()).ok()?;
    let (item, rest) = name.split_once('.')?;
    Some((ItemId::parse(item).ok()?, rest))
}

fn reason(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// What cannot be removed stays and harms nobody.
pub(super) fn remove(path: &Path) {
    if path.is_dir() {
        drop(fs::remove_dir_all(path));
    } else {
        drop(fs::remove_file(path));
    }
}
