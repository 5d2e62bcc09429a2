//! Which file systems are sticks: the system's own list of mounts, read anew each time.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::Stick;

/// File systems of devices that are mounted below one of `roots` and hold none of the station's `own` folders.
pub(in crate::intake) fn plugged_in(roots: &[PathBuf], own: &[PathBuf]) -> Vec<Stick> {
    let Ok(text) = fs::read("/proc/self/mountinfo") else {
        return Vec::new();
    };
    let own: Vec<PathBuf> = own
        .iter()
        .map(|path| path.canonicalize().unwrap_or_else(|_| path.clone()))
        .collect();
    sticks(&text, roots, &own)
}

fn sticks(mountinfo: &[u8], roots: &[PathBuf], own: &[PathBuf]) -> Vec<Stick> {
    let lines = mountinfo.split(|byte| *byte == b'\n');
    let mut sticks: Vec<Stick> = lines
        .filter_map(mounted)
        .filter(|stick| {
            let is_below = |root: &PathBuf| stick.mount.starts_with(root) && stick.mount != *root;
            roots.iter().any(is_below) && !own.iter().any(|folder| folder.starts_with(&stick.mount))
        })
        .collect();
    sticks.sort_by(|a, b| a.name.cmp(&b.name));
    sticks.dedup_by(|a, b| a.key == b.key);
    sticks
}

/// proc(5): id, parent, device, root, mount point, options, tags, a dash, type, source, options.
fn mounted(line: &[u8]) -> Option<Stick> {
    let mut words = line.split(|byte| *byte == b' ');
    let device = words.nth(2)?;
    let mount = unescaped(words.nth(1)?);
    let source = words.skip_while(|word| *word != b"-").nth(2)?;
    if !source.starts_with(b"/dev/") {
        return None;
    }
    let digest = Sha256::new()
        .chain_update(device)
        .chain_update(b" ")
        .chain_update(&mount)
        .finalize();
    let mount = PathBuf::from(OsString::from_vec(mount));
    Some(Stick {
        key: data_encoding::HEXLOWER.encode(&digest[..8]),
        name: name_of(&mount),
        mount,
    })
}

fn name_of(mount: &Path) -> String {
    let name = mount.file_name().unwrap_or_default().to_string_lossy();
    name.chars().filter(|c| !c.is_control()).take(40).collect()
}

/// The kernel writes a space as `\040`.
fn unescaped(word: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = word;
    while let Some((byte, after)) = rest.split_first() {
        let code = after.get(..3).filter(|_| *byte == b'\\').and_then(octal);
        out.push(code.unwrap_or(*byte));
        rest = if code.is_some() { &after[3..] } else { after };
    }
    out
}

fn octal(digits: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_devices_below_the_roots_are_sticks_and_never_the_stations_own_disk() {
        let mountinfo = b"22 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
            30 22 8:17 / /media/op/KINGSTON\\040U rw,nosuid shared:5 - vfat /dev/sdb1 rw\n\
            31 22 8:33 / /media/op/films rw - ext4 /dev/sdc1 rw\n\
            32 22 0:50 / /media/op/share rw - cifs //server/share rw\n\
            33 22 8:49 / /media rw - ext4 /dev/sdd1 rw\n\
            bad line\n";
        let (roots, own) = (
            vec![PathBuf::from("/media")],
            vec![PathBuf::from("/media/op/films/courses")],
        );
        let found = sticks(mountinfo, &roots, &own);
        let names: Vec<&str> = found.iter().map(|stick| stick.name.as_str()).collect();
        assert_eq!(names, ["KINGSTON U"]);
        assert_eq!(found[0].mount, Path::new("/media/op/KINGSTON U"));
    }
}
