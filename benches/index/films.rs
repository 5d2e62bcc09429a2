//! Thousands of films, each another one, from one that ffmpeg made.
//!
//! Behind the film lies a `free` box that is a hole in the file, as long as a real film would be, with the film's number
//! at both ends: another content and another size for each, at the cost of one small file.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A film of ten minutes has about so many bytes.
const SIZE: u64 = 50 << 20;
const PER_FOLDER: usize = 100;

/// Ten seconds of picture and sound, the index first.
pub fn one() -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder for the film");
    let path = folder.path().join("film.mp4");
    let picture = "testsrc2=size=128x72:rate=10:duration=10";
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", picture])
        .args([
            "-f",
            "lavfi",
            "-i",
            "sine=duration=10",
            "-pix_fmt",
            "yuv420p",
            "-crf",
            "40",
        ])
        .args(["-b:a", "16k", "-ac", "1", "-movflags", "+faststart"])
        .arg(&path)
        .status();
    assert!(made.is_ok_and(|status| status.success()), "ffmpeg is needed");
    fs::read(path).expect("the film that was made")
}

/// A folder of films, and what it takes to put one more there.
pub struct Library<'a> {
    pub home: &'a Path,
    pub count: usize,
    film: &'a [u8],
}

impl<'a> Library<'a> {
    pub fn make(home: &'a Path, film: &'a [u8], count: usize) -> Self {
        let library = Self { home, count, film };
        for number in 0..count {
            library.put(number);
        }
        library
    }

    pub fn media(&self) -> PathBuf {
        self.home.join("media")
    }

    /// Puts film `number` into its folder; its place.
    pub fn put(&self, number: usize) -> PathBuf {
        let folder = self.media().join(format!("class {:03}", number / PER_FOLDER));
        fs::create_dir_all(&folder).expect("a folder for a class");
        let path = folder.join(format!("film {number:05}.mp4"));
        let film = File::create(&path).expect("a new file");
        let number = number as u64;
        let whole = SIZE + 16 * number;
        let hole = u32::try_from(whole - self.film.len() as u64).expect("it is below 4 GiB");
        let box_head = [&hole.to_be_bytes()[..], b"free", &number.to_be_bytes()].concat();
        let written = film
            .write_all_at(self.film, 0)
            .and_then(|()| film.write_all_at(&box_head, self.film.len() as u64))
            .and_then(|()| film.write_all_at(&number.to_be_bytes(), whole - 8));
        written.expect("room on the disk");
        path
    }
}
