//! An open file that may be on its way to many, and what its readers found out about it.

use std::fs::File;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::types::Millis;

/// A word is kept for each stretch of this many bytes.
const STRETCH: u64 = 512 * 1024;
/// Beyond so many stretches, 32 GiB, nothing is remembered: each reader finds out for himself.
const MOST: u64 = 64 * 1024;
/// What a moment is rounded down to, so that thirteen years fit a word.
const TENTH: u64 = 100;

/// An open file, and when each stretch of it was last seen in memory. A class of thirty phones is sent the same minutes
/// of the same film, and one answer of the kernel serves them all.
#[derive(Debug)]
pub struct SharedFile {
    file: File,
    /// Tenths of a second of the machine's own clock, plus one; zero for never.
    seen: Box<[AtomicU32]>,
}

impl SharedFile {
    /// `length` in bytes; what lies behind it is not remembered.
    pub fn new(file: File, length: u64) -> Self {
        let stretches = length.div_ceil(STRETCH).min(MOST);
        let seen = (0..stretches).map(|_| AtomicU32::new(0)).collect();
        Self { file, seen }
    }

    /// The file itself.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// When a byte near `at` was last seen in memory, by the machine's own clock; at most a tenth of a second too early.
    pub fn last_seen(&self, at: u64) -> Option<Millis> {
        let tenths = self.stretch(at)?.load(Ordering::Relaxed).checked_sub(1)?;
        Some(Millis(u64::from(tenths) * TENTH))
    }

    /// The byte at `at` was seen in memory just now.
    pub fn saw(&self, at: u64, now: Millis) {
        if let Some(stretch) = self.stretch(at) {
            let tenths = u32::try_from(now.0 / TENTH + 1).unwrap_or(0);
            stretch.store(tenths, Ordering::Relaxed);
        }
    }

    fn stretch(&self, at: u64) -> Option<&AtomicU32> {
        self.seen.get(usize::try_from(at / STRETCH).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(length: u64) -> SharedFile {
        SharedFile::new(tempfile::tempfile().unwrap(), length)
    }

    #[test]
    fn what_one_reader_saw_another_knows_and_only_near_there() {
        let film = shared(3 * STRETCH + 1);
        assert_eq!(film.last_seen(STRETCH), None);
        film.saw(STRETCH + 5, Millis(12_345));
        assert_eq!(film.last_seen(2 * STRETCH - 1), Some(Millis(12_300)));
        assert_eq!(film.last_seen(STRETCH - 1), None);
        assert_eq!(film.last_seen(2 * STRETCH), None);
        film.saw(3 * STRETCH, Millis(0));
        assert_eq!(
            film.last_seen(3 * STRETCH),
            Some(Millis(0)),
            "the machine's first moment, too"
        );
    }

    #[test]
    fn beyond_its_end_and_in_the_largest_files_nothing_is_remembered() {
        let film = shared(10);
        film.saw(STRETCH, Millis(500));
        assert_eq!(film.last_seen(STRETCH), None);
        let vast = shared(u64::MAX);
        vast.saw(u64::MAX - 1, Millis(500));
        assert_eq!(vast.last_seen(u64::MAX - 1), None);
        vast.saw(MOST * STRETCH - 1, Millis(500));
        assert_eq!(vast.last_seen(MOST * STRETCH - 1), Some(Millis(500)));
    }
}
