//! The units of systemd in `config/systemd`: systemd itself takes every line of them, the program takes the words that they
//! start it with, and README.md names each.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// Where the README installs the program.
const INSTALLED: &str = "/usr/local/bin/yuanjiao";
const PROGRAM: &str = env!("CARGO_BIN_EXE_yuanjiao");
/// Tenths of the "exposure" of systemd, 0 to 100; below 25 is what it calls OK.
const EXPOSED: &str = "25";

fn units() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/systemd");
    let mut all: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    all.sort();
    assert!(all.len() >= 4, "{all:?}");
    all
}

fn name(unit: &Path) -> String {
    unit.file_name().unwrap().to_string_lossy().into_owned()
}

fn is_of(unit: &Path, kind: &str) -> bool {
    unit.extension().is_some_and(|end| end == kind)
}

/// What systemd says to its own checks; `None`, with the reason printed, where there is no systemd.
fn analyze(words: &[&str], units: &[PathBuf]) -> Option<Output> {
    let asked = Command::new("systemd-analyze").args(words).args(units).output();
    if asked.is_err() {
        eprintln!("skipped: systemd-analyze is not installed (apt-get install systemd)");
    }
    asked.ok()
}

/// The units as they are, with the program where cargo put it: where they say, none is installed.
fn with_our_program(folder: &Path) -> Vec<PathBuf> {
    let copy = |unit: PathBuf| {
        let text = fs::read_to_string(&unit).unwrap();
        assert!(text.contains(INSTALLED) || is_of(&unit, "timer"), "{}", unit.display());
        let copy = folder.join(name(&unit));
        fs::write(&copy, text.replace(INSTALLED, PROGRAM)).unwrap();
        copy
    };
    units().into_iter().map(copy).collect()
}

#[test]
fn systemd_takes_every_line_of_the_units() {
    let folder = TempDir::new().unwrap();
    let units = with_our_program(folder.path());
    let Some(said) = analyze(&["verify", "--man=no"], &units) else {
        return;
    };
    let complaints = String::from_utf8_lossy(&said.stderr);
    // An unknown key is only said, and no failure of systemd's.
    let ours: Vec<&str> = complaints.lines().filter(|line| line.contains("yuanjiao")).collect();
    assert!(said.status.success() && ours.is_empty(), "{complaints}");

    // The check would notice.
    let spoilt = folder.path().join("yuanjiao.service");
    let text = fs::read_to_string(&spoilt).unwrap();
    fs::write(&spoilt, text.replace("[Service]", "[Service]\nRestartSoon=yes")).unwrap();
    let said = analyze(&["verify", "--man=no"], &[spoilt]).unwrap();
    let complaints = String::from_utf8_lossy(&said.stderr);
    assert!(complaints.contains("RestartSoon"), "{complaints}");
}

#[test]
fn a_service_that_is_broken_into_can_do_little() {
    let folder = TempDir::new().unwrap();
    let services = with_our_program(folder.path());
    for service in services.iter().filter(|unit| is_of(unit, "service")) {
        let words = ["security", "--offline=true", "--no-pager", "--threshold", EXPOSED];
        let Some(said) = analyze(&words, std::slice::from_ref(service)) else {
            return;
        };
        let told = String::from_utf8_lossy(&said.stdout);
        let last = told.lines().last().unwrap_or_default();
        assert!(said.status.success(), "{last}{}", String::from_utf8_lossy(&said.stderr));
    }
}

#[test]
fn the_program_takes_the_words_that_the_units_start_it_with() {
    let mut started = 0;
    for unit in units() {
        let text = fs::read_to_string(&unit).unwrap();
        for line in text.lines().filter_map(|line| line.strip_prefix("ExecStart=")) {
            let mut words = line.split(' ');
            assert_eq!(words.next(), Some(INSTALLED), "{line}");
            let asked = Command::new(PROGRAM).args(words).arg("--help").output().unwrap();
            assert!(
                asked.status.success(),
                "{line}: {}",
                String::from_utf8_lossy(&asked.stderr)
            );
            started += 1;
        }
    }
    assert_eq!(started, 3);
}

/// Uploads, prepared films and copies on sticks are written where nothing else of the system may be.
#[test]
fn the_station_may_write_where_the_readme_and_the_settings_put_films_and_sticks() {
    let unit = include_str!("../config/systemd/yuanjiao.service");
    let line = unit
        .lines()
        .find_map(|line| line.strip_prefix("ReadWritePaths="))
        .unwrap();
    let writable: Vec<&str> = line.split(' ').map(|path| path.trim_start_matches('-')).collect();
    let readme = include_str!("../README.md");
    let films = readme
        .split("|folder = \"")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    let settings: toml::Table = toml::from_str(include_str!("../config/station.toml")).unwrap();
    let sticks = settings["media"]["sticks"].as_array().unwrap();
    let wanted = films.into_iter().chain(sticks.iter().filter_map(|path| path.as_str()));
    let wanted: Vec<&str> = wanted.collect();
    assert!(
        wanted.len() > 1 && wanted.iter().all(|path| writable.contains(path)),
        "{wanted:?}"
    );
}

#[test]
fn the_readme_names_every_unit() {
    let readme = include_str!("../README.md");
    for unit in units() {
        let name = name(&unit);
        // A service and the timer of the same name are named together.
        let named = readme.contains(&name)
            || name
                .strip_suffix(".timer")
                .is_some_and(|stem| readme.contains(&format!("`{stem}.service` and `.timer`")));
        assert!(named, "{name}");
    }
}
