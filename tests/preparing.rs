//! The plug is pulled while a film is converted: what was done stays, what was half done is cleared away, and the original
//! is not touched.

#[path = "common/program.rs"]
mod program;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use program::{Running, WaitTimeout, prepare, start};
use tempfile::TempDir;

/// Looks so often, twenty times a second: eight minutes, for the work gives way to everything else on the machine.
const LOOKS: usize = 9_600;

/// Twenty minutes of tiny pictures without sound in a format that no phone plays: ten pieces.
fn old_film(path: &Path) {
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i"])
        .arg("testsrc2=size=64x48:rate=2:duration=1200")
        .args(["-c:v", "mpeg4", "-f", "avi"])
        .arg(path)
        .status();
    assert!(made.expect("ffmpeg is needed for this test").success());
}

/// What lies in the folder of what is made, by the end of its name.
fn made(dir: &Path, ending: &str) -> Option<PathBuf> {
    let mut found = fs::read_dir(dir.join("media/.yuanjiao")).ok()?.filter_map(Result::ok);
    found.find_map(|entry| Some(entry.path()).filter(|path| path.to_string_lossy().ends_with(ending)))
}

fn when(piece: &Path) -> Option<SystemTime> {
    fs::metadata(piece).and_then(|about| about.modified()).ok()
}

/// Looks again and again until there is something to see.
fn until<T>(station: &mut Running, mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..LOOKS {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(
            station.child.wait_timeout_ms(50).is_none(),
            "the station ended by itself"
        );
    }
    panic!("it never came");
}

#[test]
fn what_was_converted_before_the_power_failed_is_not_converted_again() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path();
    fs::create_dir(dir.join("media")).unwrap();
    let film = dir.join("media/old.avi");
    old_film(&film);
    let original = fs::read(&film).unwrap();
    prepare(dir);
    let mut station = start(dir);
    let first = |dir: &Path| {
        made(dir, ".work")
            .map(|work| work.join("00000.mp4"))
            .filter(|piece| piece.is_file())
    };
    let piece = until(&mut station, || first(dir));
    station.child.kill().unwrap();
    station.child.wait().unwrap();
    let before = when(&piece).expect("the piece is there");
    let half = piece.with_file_name("00007.half.mp4");
    fs::write(&half, b"half a piece").unwrap();
    assert!(made(dir, ".mp4").is_none(), "it was not whole yet");

    let mut station = start(dir);
    let mut later = Vec::new();
    let version = until(&mut station, || {
        later.extend(when(&piece));
        made(dir, ".mp4")
    });
    assert!(!later.is_empty(), "the piece was there after the start");
    assert!(
        later.iter().all(|time| *time == before),
        "the first piece was made again"
    );
    until(&mut station, || {
        (!half.exists() && made(dir, ".work").is_none()).then_some(())
    });
    station.child.kill().unwrap();
    station.child.wait().unwrap();
    assert!(fs::metadata(&version).unwrap().len() > 10_000);
    assert_eq!(fs::read(&film).unwrap(), original, "the original is as it was");
}
