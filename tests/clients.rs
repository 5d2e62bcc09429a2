//! The programs that people really use, against a station: downloads that resume or come in segments are the file byte
//! for byte, players see every frame of it.
//!
//! A program that is not installed is not tested, and the test says so (`--nocapture` shows it).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod common;

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::{Station, read};
use tempfile::TempDir;

/// Behind the pictures lie so many bytes that no player shows: enough for aria2's smallest segments of a megabyte.
const BEHIND: u32 = 6 << 20;
/// VLC refuses to run as root; this is nobody.
const NOBODY: u32 = 65_534;

/// A film on a station, and a folder for what is fetched.
struct Shown {
    _station: Station,
    url: String,
    file: PathBuf,
    folder: TempDir,
}

impl Shown {
    async fn start() -> Self {
        let station = Station::start().await;
        let file = station.media().join("longer.mp4");
        make_film(&file);
        let id = station.id_of("longer.mp4").await;
        let folder = TempDir::new().unwrap();
        open_to_all(folder.path());
        Self {
            url: format!("http://{}/media/{id}", station.address),
            _station: station,
            file,
            folder,
        }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn is_the_film(&self, fetched: &str) -> bool {
        read(&self.at(fetched)) == read(&self.file)
    }

    /// What a download that broke off has left.
    fn leave_the_beginning(&self, name: &str) {
        fs::write(self.at(name), &read(&self.file)[..1_234_567]).unwrap();
    }

    /// Runs a program in the folder; `{url}` and `{file}` in its words are the film here and there. `None` where it is
    /// not installed.
    async fn run(&self, words: &[&str]) -> Option<Vec<u8>> {
        let file = self.file.to_str().unwrap();
        let put = |word: &&str| word.replace("{url}", &self.url).replace("{file}", file);
        let words: Vec<String> = words.iter().map(put).collect();
        let folder = self.folder.path().to_owned();
        tokio::task::spawn_blocking(move || run(&words, &folder)).await.unwrap()
    }
}

fn run(words: &[String], folder: &Path) -> Option<Vec<u8>> {
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).current_dir(folder).stdin(Stdio::null());
    command
        .env("HOME", folder)
        .env("XDG_RUNTIME_DIR", folder)
        .env("LC_ALL", "C.UTF-8");
    if words[0] == "cvlc" && rustix::process::geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    match command.output() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("not tested here: {} is not installed", words[0]);
            None
        }
        done => {
            let done = done.unwrap();
            let said = String::from_utf8_lossy(&done.stderr);
            assert!(done.status.success(), "{words:?}: {}: {said}", done.status);
            Some(done.stdout)
        }
    }
}

fn open_to_all(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).unwrap();
}

/// Twelve seconds that ffmpeg made, and a `free` box (ISO 14496-12 §8.1.2) behind them.
fn make_film(file: &Path) {
    let short = file.with_extension("part");
    let source = "testsrc2=size=128x72:rate=10:duration=12";
    let made = Command::new("ffmpeg")
        .args([
            "-v", "error", "-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p", "-f", "mp4",
        ])
        .args(["-movflags", "+faststart"])
        .arg(&short)
        .status();
    assert!(made.unwrap().success());
    let mut bytes = read(&short);
    bytes.extend_from_slice(&BEHIND.to_be_bytes());
    bytes.extend_from_slice(b"free");
    bytes.extend((8..BEHIND).map(|n| u8::try_from(n.wrapping_mul(2_654_435_761) >> 24).unwrap()));
    fs::remove_file(&short).unwrap();
    fs::write(file, bytes).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_fetches_the_whole_a_range_and_the_rest() {
    let shown = Shown::start().await;
    let whole = ["curl", "-sS", "--fail", "-o", "whole", "{url}"];
    if shown.run(&whole).await.is_none() {
        return;
    }
    assert!(shown.is_the_film("whole"));
    let part = shown
        .run(&["curl", "-sS", "--fail", "-r", "1000-70000", "{url}"])
        .await
        .unwrap();
    assert!(part == read(&shown.file)[1000..=70_000]);
    let last = shown
        .run(&["curl", "-sS", "--fail", "-r", "-1", "{url}"])
        .await
        .unwrap();
    assert!(last == read(&shown.file)[read(&shown.file).len() - 1..]);
    shown.leave_the_beginning("rest");
    shown
        .run(&["curl", "-sS", "--fail", "-C", "-", "-o", "rest", "{url}"])
        .await;
    assert!(shown.is_the_film("rest"));
}

#[tokio::test(flavor = "multi_thread")]
async fn wget_goes_on_where_it_was_broken_off() {
    let shown = Shown::start().await;
    shown.leave_the_beginning("film");
    if shown.run(&["wget", "-q", "-c", "-O", "film", "{url}"]).await.is_some() {
        assert!(shown.is_the_film("film"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn aria2_puts_its_segments_together() {
    let shown = Shown::start().await;
    let words = [
        "aria2c",
        "-q",
        "--no-conf",
        "-x4",
        "-s4",
        "-k1M",
        "--file-allocation=none",
        "-o",
        "film",
        "{url}",
    ];
    if shown.run(&words).await.is_some() {
        assert!(shown.is_the_film("film"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ffmpeg_sees_the_same_frames_from_here_and_there() {
    let shown = Shown::start().await;
    for from in ["0", "9.6"] {
        let frames = |source| {
            [
                "ffmpeg", "-v", "error", "-ss", from, "-i", source, "-f", "framemd5", "-",
            ]
        };
        let Some(here) = shown.run(&frames("{file}")).await else {
            return;
        };
        let there = shown.run(&frames("{url}")).await.unwrap();
        assert!(!here.is_empty() && here == there, "from {from} s on");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mpv_plays_it_seeks_and_keeps_every_byte() {
    let shown = Shown::start().await;
    let dump = ["mpv", "--no-config", "--really-quiet", "--stream-dump=film", "{url}"];
    if shown.run(&dump).await.is_none() {
        return;
    }
    assert!(shown.is_the_film("film"));
    let quiet = [
        "mpv",
        "--no-config",
        "--vo=null",
        "--ao=null",
        "--untimed",
        "--really-quiet",
    ];
    shown.run(&[&quiet[..], &["{url}"]].concat()).await;
    shown.run(&[&quiet[..], &["--start=80%", "{url}"]].concat()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn vlc_keeps_every_byte() {
    let shown = Shown::start().await;
    let dump = [
        "cvlc",
        "-q",
        "--demux=dump",
        "--demuxdump-file=film",
        "{url}",
        "vlc://quit",
    ];
    if shown.run(&dump).await.is_some() {
        assert!(shown.is_the_film("film"));
    }
}
