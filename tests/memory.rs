//! What a station needs for a moment it does not keep: a small box has one gigabyte for everything.

#[path = "common/program.rs"]
mod program;

use std::fs;

use program::{Running, arrive, prepare, start};
use tempfile::TempDir;

/// Memory of its own that a process holds, in KiB.
fn held(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let digits = line.expect("Linux says so").trim().trim_end_matches(" kB");
    digits.parse().expect("a number")
}

/// Each hash of a PIN takes 8 MiB. Started as anybody starts it, without the settings of the systemd unit.
#[test]
fn the_memory_that_sign_ins_took_is_given_back() {
    let folder = TempDir::new().expect("a folder");
    prepare(folder.path());
    let Running { mut child, address } = start(folder.path());
    arrive(&address);
    let before = held(child.id());
    for _ in 0..8 {
        arrive(&address);
    }
    let after = held(child.id());
    assert!(after < before + 4 * 1024, "{before} KiB, then {after} KiB");
    child.kill().and_then(|()| child.wait()).expect("it ends");
}
