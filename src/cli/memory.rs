//! What a scan or a hashed PIN needed goes back to the system at once.
//!
//! By default glibc learns from large pieces that were given back that such pieces are kept, one heap for each thread: after
//! a roster was imported a station held 62 MB, of which 41 were free. It reads its settings once, before `main`, from the
//! environment; so a server that was started without them starts itself again with them. Who sets one himself is left alone.

use std::env;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

const SETTINGS: [(&str, &str); 3] = [
    ("MALLOC_TRIM_THRESHOLD_", "131072"),
    ("MALLOC_MMAP_THRESHOLD_", "131072"),
    ("MALLOC_ARENA_MAX", "2"),
];

/// Starts this program again in its place, as the same process, if the settings are not there. Where that cannot be done
/// it goes on as it is: it only holds more memory.
pub(super) fn give_back_at_once() {
    if cfg!(not(target_env = "gnu")) || SETTINGS.iter().any(|(name, _)| env::var_os(name).is_some()) {
        return;
    }
    // Comes back only if it failed.
    let error = once_more(&SETTINGS);
    tracing::debug!(%error, "the memory settings could not be made");
}

/// Starts this program again in its place, as the same process, with the words and settings that it has. Comes back only
/// if it failed, with the reason.
pub(super) fn again() -> io::Error {
    once_more(&[])
}

fn once_more(settings: &[(&str, &str)]) -> io::Error {
    let program = match env::current_exe() {
        Ok(program) => program,
        Err(error) => return error,
    };
    let mut words = env::args_os();
    let mut again = Command::new(program);
    if let Some(name) = words.next() {
        again.arg0(name);
    }
    again.args(words).envs(settings.iter().copied()).exec()
}
