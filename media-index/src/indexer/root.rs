//! Which folder lies there now.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::RootId;

/// `None` if there is no folder.
pub(super) fn now(root: &Path) -> Option<RootId> {
    let meta = fs::metadata(root).ok().filter(fs::Metadata::is_dir)?;
    Some(RootId {
        device: meta.dev(),
        inode: meta.ino(),
        volume: rustix::fs::statvfs(root).map_or(0, |disk| disk.f_fsid),
    })
}
