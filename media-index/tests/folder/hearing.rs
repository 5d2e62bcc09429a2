//! What the system tells about the folder, and what happens when it tells nothing.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use media_index::Watching;

use crate::child;
use crate::station::{NO_SWEEP, SETTLE, Station, film, other_film};

fn is_degraded(watching: &Watching) -> bool {
    matches!(watching, Watching::Degraded(why) if !why.is_empty())
}

/// Runs the test again where the kernel gives this many of that, counted for the child alone: a user namespace has limits
/// of its own.
fn again_with(test: &str, limit: &str, most: u32) {
    let lower = format!("echo {most} > /proc/sys/user/{limit} && exec \"$@\"");
    child::again_or_skip(
        test,
        &["unshare", "--user", "--map-root-user", "sh", "-c", &lower, "sh"],
    );
}

#[test]
fn without_a_watch_the_operator_is_told_and_the_sweep_finds_everything() {
    if !child::is_inside() {
        let test = "hearing::without_a_watch_the_operator_is_told_and_the_sweep_finds_everything";
        return again_with(test, "max_inotify_instances", 0);
    }
    let station = Station::with(SETTLE, Duration::from_millis(300));
    station.until(|_, status| is_degraded(&status.watching));
    station.put("a/film.mp4", film());
    station.until_shown(&["a/film.mp4"]);
    fs::rename(station.path("a"), station.path("b")).unwrap();
    station.until_shown(&["b/film.mp4"]);
    fs::remove_dir_all(station.path("b")).unwrap();
    station.until_shown(&[]);
}

#[test]
fn a_folder_too_many_to_be_watched_is_said_and_what_lies_in_it_is_found_by_the_sweep() {
    if !child::is_inside() {
        let test = "hearing::a_folder_too_many_to_be_watched_is_said_and_what_lies_in_it_is_found_by_the_sweep";
        return again_with(test, "max_inotify_watches", 3);
    }
    let station = Station::with(SETTLE, Duration::from_millis(300));
    station.until(|_, status| status.watching == Watching::Live);
    for folder in ["a", "b", "c", "d"] {
        station.put(format!("{folder}/film.mp4"), film());
    }
    station.until(|_, status| is_degraded(&status.watching));
    station.put("d/later.mp4", &other_film());
    station.until_shown(&["a/film.mp4", "b/film.mp4", "c/film.mp4", "d/film.mp4", "d/later.mp4"]);
    for folder in ["b", "c", "d"] {
        fs::remove_dir_all(station.path(folder)).unwrap();
    }
    station.until_shown(&["a/film.mp4"]);
    station.until(|_, status| status.watching == Watching::Live);
}

#[test]
fn folders_that_cannot_all_be_watched_at_the_start_are_said() {
    if !child::is_inside() {
        let test = "hearing::folders_that_cannot_all_be_watched_at_the_start_are_said";
        return again_with(test, "max_inotify_watches", 3);
    }
    let mut station = Station::off();
    station.sweep = NO_SWEEP;
    for folder in ["a", "b", "c", "d"] {
        station.put(format!("{folder}/film.mp4"), film());
    }
    station.switch_on();
    station.until_shown(&["a/film.mp4", "b/film.mp4", "c/film.mp4", "d/film.mp4"]);
    assert!(is_degraded(&station.indexer().status().watching));
}

/// A folder that is reached through a file system of its own, as one on another machine is: what happens behind it is not
/// told. Unmounted when this is dropped.
struct Share(PathBuf);

impl Share {
    fn mount(behind: PathBuf, at: PathBuf) -> Option<Self> {
        fs::create_dir_all(&behind).unwrap();
        fs::create_dir_all(&at).unwrap();
        let mounted = Command::new("bindfs").arg(behind).arg(&at).output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Self(at))
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("--lazy").arg(&self.0).status());
    }
}

#[test]
fn on_a_share_the_operator_is_told_and_what_others_do_there_is_found_by_the_sweep() {
    let mut station = Station::off();
    station.sweep = Duration::from_millis(300);
    let behind = station.home.path().join("behind");
    let Some(_share) = Share::mount(behind.clone(), station.root()) else {
        return eprintln!("skipped: bindfs cannot mount here");
    };
    fs::create_dir(behind.join("a")).unwrap();
    station.switch_on();
    station.until(|_, status| is_degraded(&status.watching));
    fs::write(behind.join("a/film.mp4"), film()).unwrap();
    station.until_shown(&["a/film.mp4"]);
    fs::rename(behind.join("a"), behind.join("b")).unwrap();
    station.until_shown(&["b/film.mp4"]);
    fs::write(behind.join("b/other.mp4"), other_film()).unwrap();
    station.until_shown(&["b/film.mp4", "b/other.mp4"]);
    fs::remove_file(behind.join("b/film.mp4")).unwrap();
    station.until_shown(&["b/other.mp4"]);
    assert!(
        is_degraded(&station.indexer().status().watching),
        "it is said all the time"
    );
    station.switch_off();
}
