//! Disks that are full, read-only, broken or gone at once: beats wait, films play, what was acknowledged is there, and the
//! ledger tells of it: what passed while the program ran as a fault with its times, what ended the run as a run cut off.
//!
//! These need the right to mount; without it they say so and pass. `dm-flakey` is not asked for: a loop device whose image
//! lies on a full `tmpfs` gives the same I/O errors.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

#[path = "common/program.rs"]
mod program;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use program::{Running, WaitTimeout, ask, command, number, open, prepare, start};
use tempfile::TempDir;
use yuanjiao::ledger::{self, Before, Broken, Leaf, What};
use yuanjiao::store::backup;
use yuanjiao::types::Millis;

fn run(words: &[&str]) -> bool {
    Command::new(words[0])
        .args(&words[1..])
        .output()
        .is_ok_and(|done| done.status.success())
}

/// Something mounted, gone with the test.
struct Mounted(PathBuf);

impl Mounted {
    fn at(place: PathBuf, words: &[&str]) -> Option<Self> {
        fs::create_dir_all(&place).unwrap();
        let all = [&["mount"], words, &[place.to_str().unwrap()]].concat();
        if !run(&all) {
            eprintln!("not tested here: `{}` is not permitted", all.join(" "));
            return None;
        }
        Some(Self(place))
    }

    fn again(&self, options: &str) {
        assert!(run(&[
            "mount",
            "-o",
            &format!("remount,{options}"),
            self.0.to_str().unwrap()
        ]));
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        run(&["umount", "--lazy", self.0.to_str().unwrap()]);
    }
}

/// A file system on an image, in a loop device.
fn ext4(image: &Path, place: PathBuf, size: &str) -> Option<Mounted> {
    let made =
        run(&["truncate", "-s", size, image.to_str().unwrap()]) && run(&["mkfs.ext4", "-q", image.to_str().unwrap()]);
    if !made {
        eprintln!("not tested here: no mkfs.ext4");
        return None;
    }
    Mounted::at(place, &["-o", "loop", image.to_str().unwrap()])
}

fn beat(at: &str, session: &str, n: u32) -> (u16, String, u64) {
    let body = format!(r#"{{"n":{n},"segments":[[0,63000]],"state":"paused"}}"#);
    let (status, head, answer) = ask(at, "POST", &format!("/api/sessions/{session}/beats"), "", &body).unwrap();
    (
        status,
        head,
        number(&answer, "credited_ms") + number(&answer, "pending_ms"),
    )
}

fn fill(place: &Path) {
    let mut file = fs::File::create(place.join("filler")).unwrap();
    let block = vec![7_u8; 4096];
    while file.write_all(&block).is_ok() {}
    while file.write_all(&[7]).is_ok() {}
}

/// What the ledger holds, whether or not somebody is writing to it.
fn leaves(dir: &Path) -> Vec<What> {
    let conn = backup::open_to_read(&dir.join("data/ledger.db")).unwrap();
    let all = ledger::leaves(&conn, 0, u64::from(u32::MAX)).unwrap();
    all.iter().filter_map(|bytes| Some(Leaf::read(bytes)?.is)).collect()
}

/// How the runs before ended, as the starts after them say it.
fn ends(dir: &Path) -> Vec<Before> {
    let all = leaves(dir).into_iter();
    all.filter_map(|leaf| match leaf {
        What::Boot { before, .. } => Some(before),
        _ => None,
    })
    .collect()
}

/// Beats on until the ledger tells of trouble that is over: what it was, and how long it lasted. It is over once nothing
/// has failed for five seconds.
fn told_of(child: &mut std::process::Child, dir: &Path, at: &str, session: &str, first: u32) -> (Broken, Millis) {
    for n in first..first + 300 {
        let told = leaves(dir).into_iter().find_map(|leaf| match leaf {
            What::Fault { what, lasted, began } => Some((what, lasted, began)),
            _ => None,
        });
        if let Some((what, lasted, began)) = told {
            assert!(began.is_some(), "it says since when");
            return (what, lasted);
        }
        assert_eq!(beat(at, session, n).0, 200, "there is room again");
        assert!(child.wait_timeout_ms(200).is_none(), "the station ended by itself");
    }
    panic!("the ledger tells of no trouble");
}

/// Beats are refused for as long as `trouble` lasts, the film plays, and the same beat is taken afterwards.
fn refused_and_then_taken(dir: &Path, trouble: impl Fn(), mend: impl Fn()) {
    let Running { mut child, address: at } = start(dir);
    let (session, _, media, cookie) = open(&at);
    let (status, _, before) = beat(&at, &session, 1);
    assert_eq!(status, 200);
    trouble();
    // What fits pages that are there already may still be taken; in the end something needs a new one.
    let refused = (2..2_000)
        .map(|n| (n, beat(&at, &session, n)))
        .find(|(_, (status, ..))| *status != 200);
    let (n, (status, head, _)) = refused.expect("a disk that takes nothing");
    assert_eq!(status, 503, "{head}");
    assert!(head.to_lowercase().contains("retry-after"), "{head}");
    let (status, ..) = ask(&at, "GET", &media, &cookie, "").unwrap();
    assert_eq!(status, 200, "the film plays on");
    mend();
    let (status, head, after) = beat(&at, &session, n);
    assert_eq!(status, 200, "the same beat once more: {head}");
    assert!(after >= before);
    let (what, _) = told_of(&mut child, dir, &at, &session, n + 1);
    assert_eq!(what, Broken::DiskFull);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(command(dir, &["ledger", "verify"]));
    let Running { mut child, address: at } = start(dir);
    let (_, kept, ..) = open(&at);
    assert!(kept >= after, "{after} ms were acknowledged, {kept} ms are there");
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Row 54 of the cases of credit.
#[test]
fn a_full_disk_refuses_beats_and_takes_them_once_there_is_room() {
    let folder = TempDir::new().unwrap();
    let Some(disk) = Mounted::at(folder.path().join("data"), &["-t", "tmpfs", "-o", "size=8m", "tmpfs"]) else {
        return;
    };
    prepare(folder.path());
    let filler = disk.0.join("filler");
    refused_and_then_taken(folder.path(), || fill(&disk.0), || fs::remove_file(&filler).unwrap());
}

/// After an error ext4 turns itself read-only (`errors=remount-ro`); `trigger_fs_error` is its own way to make one.
#[test]
fn a_disk_that_turns_read_only_loses_nothing_that_was_acknowledged() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path();
    let image = dir.join("disk.img");
    let Some(disk) = ext4(&image, dir.join("data"), "32M") else {
        return;
    };
    disk.again("errors=remount-ro");
    prepare(dir);
    let Running { mut child, address: at } = start(dir);
    let (session, _, media, cookie) = open(&at);
    let (status, _, before) = beat(&at, &session, 1);
    assert_eq!(status, 200);
    let place = disk.0.to_str().unwrap().to_owned();
    if !turns_read_only(&place) {
        eprintln!("not tested here: the file system cannot be made read-only while in use");
        child.kill().unwrap();
        child.wait().unwrap();
        return;
    }
    let (status, head, _) = beat(&at, &session, 2);
    assert_eq!(status, 503, "{head}");
    let (status, ..) = ask(&at, "GET", &media, &cookie, "").unwrap();
    assert_eq!(status, 200, "the film plays on");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(run(&["umount", &place]));
    run(&["e2fsck", "-p", image.to_str().unwrap()]);
    assert!(run(&["mount", "-o", "loop", image.to_str().unwrap(), &place]));
    let Running { mut child, address: at } = start(dir);
    let (_, kept, ..) = open(&at);
    assert!(kept >= before, "{before} ms were acknowledged, {kept} ms are there");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(
        ends(dir),
        [Before::First, Before::Cut],
        "the run that could not say good-bye"
    );
}

fn turns_read_only(place: &str) -> bool {
    let device = Command::new("findmnt").args(["-no", "SOURCE", place]).output();
    let device = device.map(|found| String::from_utf8_lossy(&found.stdout).trim().replace("/dev/", ""));
    let trigger = |name: String| fs::write(format!("/sys/fs/ext4/{name}/trigger_fs_error"), "a test");
    device.is_ok_and(|name| trigger(name).is_ok())
}

/// Beats until the station cannot any more: what the last answer promised, and the number of the beat that it refused.
fn beat_until_refused(at: &str, session: &str, cut_after: u32, cut: impl FnOnce()) -> (u64, u32) {
    let mut cut = Some(cut);
    let mut promised = 0;
    for n in 1..2_000 {
        if n == cut_after
            && let Some(cut) = cut.take()
        {
            cut();
        }
        match beat(at, session, n) {
            (200, _, now) => promised = now,
            _ => return (promised, n),
        }
    }
    panic!("a disk that takes everything");
}

/// The ext4 way of pulling the plug: `EXT4_IOC_SHUTDOWN` without flushing the journal.
const SHUT_DOWN: &str = "import fcntl, os, struct, sys
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack('I', 2))";

#[test]
fn a_file_system_that_is_gone_at_once_loses_nothing_that_was_acknowledged() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path();
    let image = dir.join("disk.img");
    let Some(disk) = ext4(&image, dir.join("data"), "32M") else {
        return;
    };
    prepare(dir);
    let mut promised = 0;
    for round in 0..3 {
        let Running { mut child, address: at } = start(dir);
        let (session, kept, ..) = open(&at);
        assert!(
            kept >= promised,
            "round {round}: {promised} ms were acknowledged, {kept} ms are there"
        );
        let place = disk.0.to_str().unwrap();
        let mut shut = false;
        let (told, _) = beat_until_refused(&at, &session, 5 + round * 7, || {
            shut = run(&["python3", "-c", SHUT_DOWN, place]);
        });
        promised = promised.max(told);
        child.kill().unwrap();
        child.wait().unwrap();
        if !shut {
            eprintln!("not tested here: the file system cannot be shut down at once");
            return;
        }
        assert!(run(&["umount", place]) && run(&["mount", "-o", "loop", image.to_str().unwrap(), place]));
    }
    assert!(promised > 0);
    let Running { mut child, address: at } = start(dir);
    let (_, kept, ..) = open(&at);
    assert!(kept >= promised, "{promised} ms were acknowledged, {kept} ms are there");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(command(dir, &["ledger", "verify"]));
    assert_eq!(ends(dir)[1..], [Before::Cut; 3], "each of the three was cut off");
}

#[test]
fn a_disk_with_input_and_output_errors_loses_nothing_that_was_acknowledged() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path();
    let Some(below) = Mounted::at(dir.join("below"), &["-t", "tmpfs", "-o", "size=24m", "tmpfs"]) else {
        return;
    };
    let image = below.0.join("disk.img");
    let Some(disk) = ext4(&image, dir.join("data"), "64M") else {
        return;
    };
    prepare(dir);
    let Running { mut child, address: at } = start(dir);
    let (session, ..) = open(&at);
    // From here on no block that the image has not had before can be written.
    let (promised, refused) = beat_until_refused(&at, &session, 5, || {
        run(&["sync"]);
        fill(&below.0);
    });
    assert!(promised > 0);
    let (status, head, _) = beat(&at, &session, refused);
    assert_eq!(status, 503, "the disk reports errors: {head}");
    child.kill().unwrap();
    child.wait().unwrap();
    let place = disk.0.to_str().unwrap();
    assert!(run(&["umount", place]));
    fs::remove_file(below.0.join("filler")).unwrap();
    below.again("size=80m");
    run(&["e2fsck", "-p", image.to_str().unwrap()]);
    assert!(run(&["mount", "-o", "loop", image.to_str().unwrap(), place]));
    let Running { mut child, address: at } = start(dir);
    let (_, kept, ..) = open(&at);
    assert!(kept >= promised, "{promised} ms were acknowledged, {kept} ms are there");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(command(dir, &["ledger", "verify"]));
    // Its journal has given up: only another mounting mends it, so the end of the trouble is the next start's to tell.
    assert_eq!(ends(dir), [Before::First, Before::Cut]);
}

/// `fsync` would write the time of change through the file system's journal with every commit: twice the writes on a card.
#[test]
fn a_commit_writes_its_content_and_not_the_files_time_of_change() {
    let dir = TempDir::new().unwrap();
    prepare(dir.path());
    let (told, roster) = (dir.path().join("told"), dir.path().join("more.csv"));
    fs::write(&roster, "member_no,name,branch,pin\n0022,李秀英,第一支部,2468\n").unwrap();
    let traced = Command::new("strace")
        .args(["-f", "-y", "-e", "trace=fsync,fdatasync", "-o"])
        .args([&told, Path::new(env!("CARGO_BIN_EXE_yuanjiao"))])
        .args(["member", "import"])
        .arg(&roster)
        .arg("--data")
        .arg(dir.path().join("data"))
        .output();
    if !traced.is_ok_and(|done| done.status.success()) {
        eprintln!("not tested here: no strace, or it may not trace");
        return;
    }
    let told = fs::read_to_string(&told).unwrap();
    let log: Vec<_> = told.lines().filter(|line| line.contains("ledger.db")).collect();
    assert!(log.iter().any(|line| line.contains("fdatasync(")), "{told}");
    assert!(log.iter().all(|line| !line.contains(" fsync(")), "{told}");
}
