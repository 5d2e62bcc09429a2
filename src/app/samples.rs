//! The sample films that a new station begins with, so that there is something to see before anything was copied.

use std::fs;
use std::io;
use std::path::Path;

use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "config/sample-media/"]
struct Samples;

/// Copies the samples if the folder is not there yet. A folder that exists is the operator's, even when it is empty.
pub(super) fn copy_into_a_new_folder(folder: &Path) -> io::Result<()> {
    if folder.exists() {
        return Ok(());
    }
    // Under another name first: a start that is interrupted begins anew the next time.
    let beside = folder.with_extension("being-made");
    drop(fs::remove_dir_all(&beside));
    for name in Samples::iter() {
        let path = beside.join(&*name);
        if let (Some(parent), Some(file)) = (path.parent(), Samples::get(&name)) {
            fs::create_dir_all(parent)?;
            fs::write(&path, &file.data)?;
        }
    }
    fs::create_dir_all(&beside)?;
    fs::rename(&beside, folder)
}
