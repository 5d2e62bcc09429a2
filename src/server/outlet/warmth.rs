//! Is the next stretch of a file in memory, or would sending it wait for the disk?
//!
//! `preadv2(RWF_NOWAIT)` of one byte answers without waiting. Asking for every window would be a third of all calls, so
//! a stretch that was warm at its end is believed up to there for a moment, and the next one may be longer; one cold
//! answer makes it short again. What one reader saw at such an end, the others of the same file believe for as long. A
//! file system that cannot answer (FAT, most network ones) counts as cold: slower, never in the way.

use std::fs::File;
use std::io::{self, IoSliceMut};
use std::num::NonZeroU64;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::Advice;
use rustix::io::ReadWriteFlags;
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use super::film::{COLD, WINDOW};
use crate::clock::monotonic;
use crate::http::SharedFile;
use crate::types::Millis;

/// Between two questions, at most: 2 MiB, some 5 ms of a slow disk if only the two ends were in memory.
const STRETCH: u64 = 4 * WINDOW as u64;
/// The disk is asked for this much at once, so that the next window is on its way while this one is sent.
const AHEAD: u64 = (COLD + WINDOW) as u64;
/// More readers at once than this only make a spinning disk seek, and a beat's commit waits behind all that they asked for:
/// with four, one in a hundred waited half as long again, and films came no faster (measured).
const READERS: usize = 2;

/// A slow reader comes to the end of his stretch later than this, and a small box may drop what nobody asks for.
const BELIEVED_FOR: Millis = Millis::secs(4);

/// What is believed about one film that is on its way.
#[derive(Debug)]
pub(super) struct Warmth {
    believed: Range<u64>,
    since: Millis,
    stretch: u64,
}

impl Default for Warmth {
    fn default() -> Self {
        Self {
            believed: 0..0,
            since: Millis(0),
            stretch: WINDOW as u64,
        }
    }
}

impl Warmth {
    /// Whether the next window of what is left can be sent without waiting.
    pub(super) fn is_warm(&mut self, file: &SharedFile, left: &Range<u64>) -> bool {
        let now = monotonic();
        let window_end = left.end.min(left.start + WINDOW as u64);
        let fresh = now.minus(self.since) < BELIEVED_FOR;
        let (believed, at) = (&self.believed, left.start);
        let begins_within = fresh && !believed.is_empty() && believed.start <= at && at <= believed.end;
        if begins_within && window_end <= self.believed.end {
            return true;
        }
        let far = (left.start + self.stretch).clamp(window_end, left.end);
        let begins = begins_within || is_here(file.file(), left.start);
        let Some(since) = begins.then(|| seen(file, far - 1, now)).flatten() else {
            self.stretch = WINDOW as u64;
            return false;
        };
        self.believed = left.start..far;
        self.since = since;
        self.stretch = (self.stretch * 2).min(STRETCH);
        true
    }

    /// The disk has just delivered up to here.
    pub(super) fn fetched(&mut self, range: Range<u64>) {
        self.believed = range;
        self.since = monotonic();
    }
}

/// When this byte, or one near it, was seen in memory: a moment ago by another reader, or now.
fn seen(file: &SharedFile, at: u64, now: Millis) -> Option<Millis> {
    let lately = file.last_seen(at).filter(|then| now.minus(*then) < BELIEVED_FOR);
    lately.or_else(|| {
        is_here(file.file(), at).then(|| {
            file.saw(at, now);
            now
        })
    })
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

impl Disk {
    /// Fetches a window in a thread and sends it from there: how much the kernel took.
    pub(super) async fn send(
        &self,
        stream: Arc<TcpStream>,
        file: Arc<SharedFile>,
        at: u64,
        bytes: usize,
    ) -> io::Result<usize> {
        self.run(move || {
            let file = file.file();
            if let Err(error) = rustix::fs::fadvise(file, at, NonZeroU64::new(AHEAD), Advice::WillNeed) {
                tracing::trace!(%error, "no reading ahead here; the next call waits for itself");
            }
            match send(&stream, file, at, bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
                sent => sent,
            }
        })
        .await
    }

    /// Reads a window in a thread.
    pub(super) async fn read(&self, file: Arc<SharedFile>, at: u64, bytes: usize) -> io::Result<Vec<u8>> {
        self.run(move || {
            let mut window = vec![0; bytes];
            file.file().read_exact_at(&mut window, at)?;
            Ok(window)
        })
        .await
    }

    /// The turn goes into the thread: a reader who hangs up frees it only when the disk has answered.
    async fn run<T: Send + 'static>(&self, act: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
        let turn = Arc::clone(&self.0).acquire_owned().await.map_err(io::Error::other)?;
        let job = move || {
            let outcome = act();
            drop(turn);
            outcome
        };
        tokio::task::spawn_blocking(job).await.map_err(io::Error::other)?
    }
}

/// Clears the readiness that tokio remembers if the socket is full, which costs less than another `sendfile` that finds
/// no room. The question is asked within `try_io`, so that room which appears meanwhile is not missed.
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
