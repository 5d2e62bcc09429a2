//! One run of ffmpeg: started with the lowest priority, watched, stopped when it must be.
//!
//! ffmpeg tells its progress on its standard output; what it complains about goes to a file, of which the last line is
//! what the operator is told. A station that dies takes it along where `setpriv` can arrange that.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::clock::monotonic;
use crate::types::Millis;

/// How often whoever waits for it is asked whether it should go on.
const TICK: Duration = Duration::from_millis(500);
/// Even the slowest box encodes a frame in this time: without any progress for so long it hangs.
const STALL: Millis = Millis::secs(300);

/// The programs that are used.
#[derive(Debug, Clone)]
pub struct Programs {
    ffmpeg: PathBuf,
    /// Ends the child when the station dies.
    setpriv: Option<PathBuf>,
}

impl Programs {
    /// `ffmpeg` at this path, or the one that is installed.
    pub fn find(ffmpeg: Option<PathBuf>) -> Option<Self> {
        Some(Self {
            ffmpeg: ffmpeg.or_else(|| installed("ffmpeg"))?,
            setpriv: installed("setpriv"),
        })
    }

    /// `nice` is part of every system that can run this program.
    fn command(&self) -> Command {
        let mut command = match &self.setpriv {
            Some(setpriv) => {
                let mut command = Command::new(setpriv);
                command.args(["--pdeathsig", "KILL", "nice"]);
                command
            }
            None => Command::new("nice"),
        };
        command.args(["-n", "19"]).arg(&self.ffmpeg);
        command.args(["-hide_banner", "-nostdin", "-y", "-v", "error", "-progress", "pipe:1"]);
        command.args(["-protocol_whitelist", "file", "-max_alloc", "400000000"]);
        command
    }
}

fn installed(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
}

/// An address that ffmpeg takes for a file whatever its name is.
pub fn file(path: &Path) -> OsString {
    let mut address = OsString::from("file:");
    address.push(path);
    address
}

/// What is to happen to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Go on.
    Run,
    /// Stand still; nothing is lost.
    Rest,
    /// End.
    Stop,
}

/// Why a run did not bring what was wanted.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Somebody wanted it to end.
    #[error("stopped")]
    Stopped,
    /// It ended with this complaint.
    #[error("{0}")]
    Failed(String),
    /// It could not be started, or its files could not be read.
    #[error("ffmpeg could not be run: {0}")]
    Io(#[from] std::io::Error),
}

/// Runs ffmpeg with these arguments. `order` is asked twice a second and told how far it is.
pub fn run(
    programs: &Programs,
    args: &[&OsStr],
    complaints: &Path,
    mut order: impl FnMut(Millis) -> Order,
) -> Result<(), RunError> {
    let mut command = programs.command();
    let child = command
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(File::create(complaints)?)
        .process_group(0)
        .spawn()?;
    let mut running = Running { child, rests: false };
    let progress = listen(&mut running.child)?;
    watch(&mut running, &progress, &mut order)?;
    let status = running.child.wait()?;
    if status.success() {
        return Ok(());
    }
    Err(RunError::Failed(last_line(complaints)))
}

/// A child that is never left behind.
struct Running {
    child: Child,
    rests: bool,
}

impl Running {
    fn signal(&self, signal: Signal) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // It may have ended meanwhile: then there is nobody to tell.
            let _: Result<(), _> = kill_process(pid, signal);
        }
    }

    fn obey(&mut self, rest: bool) {
        if self.rests != rest {
            self.signal(if rest { Signal::STOP } else { Signal::CONT });
            self.rests = rest;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Its lines, from a thread of their own: reading them must not keep anybody from stopping it.
fn listen(child: &mut Child) -> std::io::Result<Receiver<Millis>> {
    let (tell, progress) = sync_channel(64);
    let stdout = child.stdout.take().ok_or(std::io::ErrorKind::BrokenPipe)?;
    let listener = std::thread::Builder::new().name("ffmpeg progress".into());
    listener.spawn(move || {
        for line in BufReader::new(stdout.take(64 << 20)).lines().map_while(Result::ok) {
            if let Some(at) = out_time(&line) {
                // A reader that is busy hears the next one.
                let _: Result<(), _> = tell.try_send(at);
            }
        }
    })?;
    Ok(progress)
}

/// `out_time_us=1234567`, microseconds of the result.
fn out_time(line: &str) -> Option<Millis> {
    let us: u64 = line.strip_prefix("out_time_us=")?.trim().parse().ok()?;
    Some(Millis(us / 1000))
}

fn watch(
    running: &mut Running,
    progress: &Receiver<Millis>,
    order: &mut impl FnMut(Millis) -> Order,
) -> Result<(), RunError> {
    let (mut at, mut moved) = (Millis::ZERO, monotonic());
    loop {
        match progress.recv_timeout(TICK) {
            Ok(now) if now != at => (at, moved) = (now, monotonic()),
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
            Ok(_) | Err(RecvTimeoutError::Timeout) => {}
        }
        match order(at) {
            Order::Run => running.obey(false),
            Order::Rest => {
                running.obey(true);
                moved = monotonic();
            }
            Order::Stop => return Err(RunError::Stopped),
        }
        if monotonic().minus(moved) > STALL {
            return Err(RunError::Failed("it made no progress for five minutes".into()));
        }
    }
}

/// The last thing that it complained about, without the file's path, which says nothing to anybody.
fn last_line(complaints: &Path) -> String {
    let tail = || -> std::io::Result<String> {
        let mut file = File::open(complaints)?;
        let from = file.metadata()?.len().saturating_sub(4096);
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.take(4096).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let text = tail().unwrap_or_default();
    let line = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("");
    let said: String = match line.rsplit_once(": ") {
        Some((_, said)) if line.contains('/') => said.to_owned(),
        _ => line.to_owned(),
    };
    let said: String = said.chars().filter(|c| !c.is_control()).take(200).collect();
    if said.is_empty() {
        "it gave no reason".into()
    } else {
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_read_from_the_lines_of_ffmpeg() {
        assert_eq!(out_time("out_time_us=2345678"), Some(Millis(2345)));
        assert_eq!(out_time("out_time_us=N/A"), None);
        assert_eq!(out_time("frame=12"), None);
    }

    #[test]
    fn the_operator_is_told_the_last_complaint_without_paths() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "first\nfile:/srv/media/a.avi: Invalid data found\n\n").unwrap();
        assert_eq!(last_line(file.path()), "Invalid data found");
        std::fs::write(file.path(), "").unwrap();
        assert_eq!(last_line(file.path()), "it gave no reason");
    }
}
