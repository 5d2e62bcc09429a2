//! Is the next stretch of a file in memory, or would sending it wait for the disk?
//!
//! `preadv2(RWF_NOWAIT)` of one byte answers without waiting. Asking for every window would be a third of all calls, so
//! a stretch that was warm at its end is believed up to there, and the next one may be longer; one cold answer makes it
//! short again. A file system that cannot answer (FAT, most network ones) counts as cold: slower, never in the way.

use std::fs::File;
use std::io::{self, IoSliceMut};
use std::num::NonZeroU64;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::Advice;
use rustix::io::ReadWriteFlags;
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use super::lane::WINDOW;

/// Between two questions, at most: eight windows, some 5 ms of a slow disk if only the two ends were in memory.
const STRETCH: u64 = 8 * WINDOW as u64;
/// The disk is asked for this much at once, so that the window after the next is on its way meanwhile.
const AHEAD: u64 = 2 * WINDOW as u64;
/// More readers at once than this only make a spinning disk seek.
const READERS: usize = 4;

/// What is believed about one range that is on its way.
#[derive(Debug)]
pub(super) struct Warmth {
    believed_to: u64,
    stretch: u64,
}

impl Default for Warmth {
    fn default() -> Self {
        Self {
            believed_to: 0,
            stretch: 2 * WINDOW as u64,
        }
    }
}

impl Warmth {
    /// Whether `at..window_end` can be sent without waiting; the range goes on to `end`.
    pub(super) fn is_warm(&mut self, file: &File, at: u64, window_end: u64, end: u64) -> bool {
        if window_end <= self.believed_to {
            return true;
        }
        let far = (at + self.stretch).min(end).max(window_end);
        let goes_on = self.believed_to > 0 && at <= self.believed_to;
        if (goes_on || is_here(file, at)) && is_here(file, far - 1) {
            self.believed_to = far;
            self.stretch = (self.stretch * 2).min(STRETCH);
            return true;
        }
        self.stretch = WINDOW as u64;
        false
    }

    /// The disk has just delivered up to here.
    pub(super) fn fetched(&mut self, to: u64) {
        self.believed_to = to;
    }
}

fn is_here(file: &File, at: u64) -> bool {
    let mut byte = [0];
    rustix::io::preadv2(file, &mut [IoSliceMut::new(&mut byte)], at, ReadWriteFlags::NOWAIT) == Ok(1)
}

/// The threads that wait for the disk: tokio's, but only a few at a time. Cheap to clone.
#[derive(Debug, Clone)]
pub(in crate::server) struct Disk(Arc<Semaphore>);

impl Default for Disk {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(READERS)))
    }
}

/// What a thread did.
#[derive(Debug)]
pub(super) enum Fetched {
    /// The kernel took so many bytes, perhaps none because the socket filled up meanwhile.
    Sent(usize),
    /// The bytes, for a file that `sendfile` does not serve.
    Copied(Vec<u8>),
}

impl Disk {
    /// Fetches a window in a thread and sends it from there.
    pub(super) async fn send(
        self,
        stream: Arc<TcpStream>,
        file: Arc<File>,
        at: u64,
        bytes: usize,
    ) -> io::Result<Fetched> {
        self.run(move || {
            if let Err(error) = rustix::fs::fadvise(&*file, at, NonZeroU64::new(AHEAD), Advice::WillNeed) {
                tracing::trace!(%error, "no reading ahead here; the next call waits for itself");
            }
            match send(&stream, &file, at, bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Fetched::Sent(0)),
                sent => sent.map(Fetched::Sent),
            }
        })
        .await
    }

    /// Reads a window in a thread.
    pub(super) async fn copy(self, file: Arc<File>, at: u64, bytes: usize) -> io::Result<Fetched> {
        self.run(move || {
            let mut window = vec![0; bytes];
            file.read_exact_at(&mut window, at)?;
            Ok(Fetched::Copied(window))
        })
        .await
    }

    /// The turn goes into the thread: a reader who hangs up frees it only when the disk has answered.
    async fn run(self, act: impl FnOnce() -> io::Result<Fetched> + Send + 'static) -> io::Result<Fetched> {
        let turn = self.0.acquire_owned().await.map_err(io::Error::other)?;
        let job = move || {
            let outcome = act();
            drop(turn);
            outcome
        };
        tokio::task::spawn_blocking(job).await.map_err(io::Error::other)?
    }
}

/// Clears the readiness that tokio remembers if the socket is full: a thread's call cannot do that. The question is asked
/// within `try_io`, so that room which appears meanwhile is not missed.
pub(super) fn ask_whether_full(stream: &TcpStream) {
    let asked = stream.try_io(Interest::WRITABLE, || {
        let mut asked = [PollFd::new(stream, PollFlags::OUT)];
        match rustix::event::poll(&mut asked, Some(&Timespec::default())) {
            Ok(0) => Err(io::ErrorKind::WouldBlock.into()),
            _ => Ok(()),
        }
    });
    drop(asked);
}

/// `sendfile(2)`. None sent means that the file ends before the range: it shrank, and what was promised cannot come.
pub(super) fn send(stream: &TcpStream, file: &File, at: u64, bytes: usize) -> io::Result<usize> {
    let mut from = at;
    match rustix::fs::sendfile(stream, file, Some(&mut from), bytes) {
        Ok(0) => Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "the file is shorter than it was",
        )),
        Ok(sent) => Ok(sent),
        Err(error) => Err(error.into()),
    }
}
