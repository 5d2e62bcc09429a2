//! A real disk: an ext4 file system in a file, mounted where a station's media folder is.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Unmounted when this is dropped, also when a test fails; the system lets go of the loop device by itself then.
pub struct Disk {
    image: PathBuf,
    at: PathBuf,
}

impl Disk {
    /// An empty disk of so many MB for `at`, not mounted; or why there can be none here.
    pub fn new(home: &Path, name: &str, megabytes: u64, at: PathBuf) -> Result<Self, String> {
        let image = home.join(name);
        File::create(&image)
            .and_then(|file| file.set_len(megabytes << 20))
            .unwrap();
        run(Command::new("mkfs.ext4").args(["-q", "-F", "-m", "0"]).arg(&image))?;
        fs::create_dir_all(&at).unwrap();
        let disk = Self { image, at };
        disk.mount()?;
        disk.unmount();
        Ok(disk)
    }

    pub fn mount(&self) -> Result<(), String> {
        run(Command::new("mount")
            .args(["-o", "loop"])
            .arg(&self.image)
            .arg(&self.at))
    }

    /// As when the plug is pulled: nobody is asked.
    pub fn unmount(&self) {
        let done = run(Command::new("umount").arg(&self.at));
        assert_eq!(done, Ok(()), "nothing holds the disk");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(run(Command::new("umount").arg("--lazy").arg(&self.at)));
    }
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}
