//! Does the folder lie where others can change it unheard? The kernel tells of what goes through it; what another machine
//! changes on a network share, or a program behind a file system of its own, it does not see.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// As the kernel names them in `/proc/self/mountinfo`. `fuse` is a program's own file system (sshfs, rclone); a disk that a
/// program reads, as NTFS often is, goes by `fuseblk`, and changes only through this kernel.
const SHARED: [&str; 12] = [
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "afs", "coda", "virtiofs", "vboxsf", "fuse",
];

/// The kind of file system that this folder lies on, if others can change it unheard.
pub(crate) fn kind(folder: &Path) -> Option<String> {
    let device = fs::metadata(folder).ok()?.dev();
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    let number = format!("{}:{}", rustix::fs::major(device), rustix::fs::minor(device));
    kind_of(&mounts, &number)
        .filter(|kind| is_shared(kind))
        .map(str::to_owned)
}

/// The third field of a line is the device; behind a lone hyphen stands the kind (`proc_pid_mountinfo(5)`).
fn kind_of<'a>(mounts: &'a str, device: &str) -> Option<&'a str> {
    mounts.lines().find_map(|line| {
        let (mount, source) = line.split_once(" - ")?;
        let is_it = mount.split(' ').nth(2) == Some(device);
        source.split(' ').next().filter(|_| is_it)
    })
}

fn is_shared(kind: &str) -> bool {
    SHARED.contains(&kind) || kind.starts_with("fuse.")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
31 22 8:17 / /media/usb\\040stick rw,nosuid shared:9 - fuseblk /dev/sdb1 rw,user_id=0
40 22 0:44 / /media/school rw,relatime shared:12 - cifs //192.168.1.9/films rw,vers=3.0
44 22 0:45 / /media/county rw shared:15 master:2 - fuse.sshfs county:/films rw
47 22 0:46 / /media/pool rw - nfs4 10.0.0.2:/pool rw
49 22 0:47 / /media/odd rw
";

    #[test]
    fn shares_are_told_from_disks() {
        let told = |device| kind_of(MOUNTS, device).filter(|kind| is_shared(kind));
        assert_eq!(told("0:44"), Some("cifs"));
        assert_eq!(told("0:45"), Some("fuse.sshfs"));
        assert_eq!(told("0:46"), Some("nfs4"));
        assert_eq!((kind_of(MOUNTS, "8:17"), told("8:17")), (Some("fuseblk"), None));
        assert_eq!((kind_of(MOUNTS, "8:1"), told("8:1")), (Some("ext4"), None));
        assert_eq!((told("0:47"), told("0:4")), (None, None));
    }

    #[test]
    fn a_folder_on_this_machines_disk_is_no_share() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(kind(folder.path()), None);
        assert_eq!(kind(&folder.path().join("missing")), None);
    }
}
