//! The file ranges that hyper's queue holds for one connection, in the order in which they will be written.

use std::collections::VecDeque;
use std::fs::File;
use std::ops::Range;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use super::warmth::Warmth;
use crate::http::Noted;

/// The most that one `sendfile` sends, and so the longest slice that stands for a file. Measured: at 256 KiB the pages
/// stay in the processor's cache; a megabyte cost a third more, and made cold readers wait for each other.
pub(super) const WINDOW: usize = 256 * 1024;

/// The block whose address means "the file". Asked of the allocator as zeros it is never touched, so it takes addresses
/// and no memory.
static ZEROS: LazyLock<Box<[u8]>> = LazyLock::new(|| vec![0; WINDOW].into_boxed_slice());

/// A slice that stands for `left` more bytes of a file.
pub(super) fn stand_in(left: u64) -> &'static [u8] {
    &ZEROS[..usize::try_from(left).map_or(WINDOW, |left| left.min(WINDOW))]
}

/// Whether a slice is such a stand-in. Nothing else can lie at this address: the block is never given back.
pub(super) fn stands_for_a_file(slice: &[u8]) -> bool {
    std::ptr::eq(slice.as_ptr(), ZEROS.as_ptr())
}

/// A range of a file on its way.
struct Ranged {
    file: Arc<File>,
    /// What the kernel has not taken yet.
    left: Range<u64>,
    noted: Noted,
    warmth: Warmth,
    /// What the kernel took and hyper was not told of yet.
    unsaid: u64,
}

/// What is to be sent next.
pub(super) struct Window {
    pub(super) file: Arc<File>,
    pub(super) at: u64,
    pub(super) bytes: usize,
    /// Whether it can be sent without waiting for the disk.
    pub(super) warm: bool,
}

/// One connection's ranges. Cheap to clone.
#[derive(Clone, Default)]
pub(in crate::server) struct Lane(Arc<Mutex<VecDeque<Ranged>>>);

impl Lane {
    fn lock(&self) -> MutexGuard<'_, VecDeque<Ranged>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a range behind those that hyper already holds.
    pub(super) fn queue(&self, file: Arc<File>, left: Range<u64>, noted: Noted) {
        self.lock().push_back(Ranged {
            file,
            left,
            noted,
            warmth: Warmth::default(),
            unsaid: 0,
        });
    }

    /// The next window of the file at the front; none if hyper shows a stand-in that we did not queue.
    pub(super) fn next(&self) -> Option<Window> {
        let mut lane = self.lock();
        let front = lane.front_mut()?;
        let stand_in = stand_in(front.left.end - front.left.start);
        let (at, end) = (front.left.start, front.left.start + stand_in.len() as u64);
        Some(Window {
            file: Arc::clone(&front.file),
            at,
            bytes: stand_in.len(),
            warm: front.warmth.is_warm(&front.file, at, end, front.left.end),
        })
    }

    /// A thread has just fetched so many bytes of the front from the disk.
    pub(super) fn fetched(&self, bytes: usize) {
        if let Some(front) = self.lock().front_mut() {
            front.warmth.fetched(front.left.start + bytes as u64);
        }
    }

    /// The kernel took so many bytes of the front.
    pub(super) fn took(&self, bytes: usize) {
        let mut lane = self.lock();
        if let Some(front) = lane.front_mut() {
            let from = front.left.start;
            front.left.start += bytes as u64;
            front.unsaid += bytes as u64;
            front.noted.sent(from..front.left.start);
        }
    }

    /// The file at the front failed.
    pub(super) fn failed(&self, error: &std::io::Error) {
        if let Some(front) = self.lock().front() {
            front.noted.failed(error);
        }
    }

    /// hyper advances its chunk. Only what was really sent may pass: an advance without it means that hyper copied the
    /// stand-in, and the reader would get zeros.
    pub(super) fn agree(&self, bytes: usize) {
        let mut lane = self.lock();
        let front = lane.front_mut().expect("a chunk of a file has its range in the lane");
        let unsaid = front.unsaid.checked_sub(bytes as u64);
        front.unsaid = unsaid.expect("hyper advances a file's chunk only by what was sent of it");
        if front.left.is_empty() && front.unsaid == 0 {
            lane.pop_front();
        }
    }

    /// The connection is over: files are closed now, not when its last buffer goes.
    pub(super) fn clear(&self) {
        self.lock().clear();
    }
}
