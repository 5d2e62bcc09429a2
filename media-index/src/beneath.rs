//! Opening a file below the root: no link, on any level, leads elsewhere.
//!
//! One `openat2` where the kernel has it; else the same rule, one component after the other.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Component, Path};

use rustix::fs::{Mode, OFlags, ResolveFlags, openat, openat2};
use rustix::io::Errno;

/// `NONBLOCK`: a pipe that lies there must not hold us up; it is refused as soon as it is open.
const FILE: OFlags = OFlags::RDONLY
    .union(OFlags::CLOEXEC)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NONBLOCK);
const FOLDER: OFlags = OFlags::DIRECTORY.union(OFlags::CLOEXEC).union(OFlags::NOFOLLOW);

/// Opens the regular file at `place`, relative to `root`. `NotFound` for anything that is no regular file.
pub(crate) fn open(root: &Path, place: &Path) -> io::Result<File> {
    let root = File::open(root)?;
    let how = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    let opened = match openat2(&root, place, FILE, Mode::empty(), how) {
        // Kernels before 5.6 and some sandboxes have no openat2.
        Err(Errno::NOSYS | Errno::PERM) => step_by_step(root.into(), place)?,
        other => other?,
    };
    let file = File::from(opened);
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::ErrorKind::NotFound.into())
    }
}

/// Only plain names are gone down, and none of them may be a link.
fn step_by_step(mut folder: OwnedFd, place: &Path) -> io::Result<OwnedFd> {
    let mut steps = place.components().peekable();
    while let Some(step) = steps.next() {
        let Component::Normal(name) = step else {
            return Err(io::ErrorKind::NotFound.into());
        };
        if steps.peek().is_none() {
            return Ok(openat(&folder, name, FILE, Mode::empty())?);
        }
        folder = openat(&folder, name, FOLDER, Mode::empty())?;
    }
    Err(io::ErrorKind::NotFound.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    type Way = fn(&Path, &Path) -> bool;

    #[test]
    fn neither_way_of_opening_leaves_the_root() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().join("root");
        fs::create_dir_all(root.join("a")).unwrap();
        fs::write(home.path().join("secret"), "x").unwrap();
        fs::write(root.join("a/film"), "x").unwrap();
        symlink(home.path(), root.join("out")).unwrap();
        symlink(root.join("a"), root.join("in")).unwrap();
        symlink("../secret", root.join("a/link")).unwrap();
        let by_steps: Way = |root, place| step_by_step(File::open(root).unwrap().into(), Path::new(place)).is_ok();
        let by_kernel: Way = |root, place| open(root, place).is_ok();
        for way in [by_kernel, by_steps] {
            assert!(way(&root, Path::new("a/film")));
            for outside in [
                "../secret",
                "a/../../secret",
                "out/secret",
                "in/film",
                "a/link",
                "/etc/hostname",
                "",
            ] {
                assert!(!way(&root, Path::new(outside)), "{outside}");
            }
        }
    }

    #[test]
    fn a_folder_is_no_file() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("film.mp4")).unwrap();
        assert!(open(root.path(), Path::new("film.mp4")).is_err());
    }
}
