//! A file is known by its content.
//!
//! The id is the first half of SHA-256 over a domain tag, the size and sampled content: all of a file up to 256 KiB;
//! of a larger one the first and the last 64 KiB and eight windows of 16 KiB between them. Two films of the same size
//! that agree in every sampled byte would get the same id; for compressed media that takes intent, and whoever can write
//! into the folder could show anything anyway. At most 256 KiB are read, whatever the size.

use std::fs::File;
use std::io;

use rustix::fs::{Advice, fadvise};
use sha2::{Digest, Sha256};

use crate::ItemId;
use crate::probe::Content;

const TAG: &[u8] = b"yuanjiao item 1\n";
const WHOLE: u64 = 256 * 1024;
pub(crate) const EDGE: u64 = 64 * 1024;
const WINDOW: u64 = 16 * 1024;
const WINDOWS: u64 = 8;

/// Reads what must be read and derives the id of a file of `size` bytes. A file that is shorter than that fails with
/// `UnexpectedEof`.
pub fn item_id(file: &File, size: u64) -> io::Result<ItemId> {
    reading_no_further(file, || id_of(file, size))
}

/// The id of content of so many bytes.
pub(crate) fn id_of(content: &dyn Content, size: u64) -> io::Result<ItemId> {
    let mut hash = Sha256::new_with_prefix(TAG);
    hash.update(size.to_le_bytes());
    for (from, length) in samples(size) {
        let mut window = vec![0; usize::try_from(length).unwrap_or(0)];
        content.read_exact_at(&mut window, from)?;
        hash.update(&window);
    }
    Ok(ItemId::from_digest(&hash.finalize().into()))
}

/// The kernel reads on behind each window, several times as much as was asked for; on a stick that is what takes the
/// time. It is only advice: where it is not taken, nothing is wrong.
pub(crate) fn reading_no_further<T>(file: &File, read: impl FnOnce() -> T) -> T {
    let _no_matter = fadvise(file, 0, None, Advice::Random);
    let found = read();
    let _no_matter = fadvise(file, 0, None, Advice::Normal);
    found
}

/// The windows that are read: `(from, length)`, in order and within the file.
fn samples(size: u64) -> Vec<(u64, u64)> {
    if size <= WHOLE {
        return vec![(0, size)];
    }
    let middle = size - 2 * EDGE - WINDOW;
    let between = (0..WINDOWS).map(|n| (EDGE + middle * n / (WINDOWS - 1), WINDOW));
    let edges = (std::iter::once((0, EDGE)), std::iter::once((size - EDGE, EDGE)));
    edges.0.chain(between).chain(edges.1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn id_of(bytes: &[u8]) -> ItemId {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        item_id(&file, bytes.len() as u64).unwrap()
    }

    #[test]
    fn at_most_256_kib_are_read_and_all_of_it_within_the_file() {
        for size in [0, 1, WHOLE, WHOLE + 1, 10 << 20, 40 << 30] {
            let windows = samples(size);
            assert!(windows.iter().map(|w| w.1).sum::<u64>() <= WHOLE, "{size}");
            assert!(windows.iter().all(|(from, length)| from + length <= size), "{size}");
        }
    }

    #[test]
    fn another_size_or_another_byte_is_another_item() {
        let film = vec![7_u8; 300_000];
        let mut other = film.clone();
        other[299_999] = 8;
        assert_eq!(id_of(&film), id_of(&film.clone()));
        assert_ne!(id_of(&film), id_of(&other));
        assert_ne!(id_of(&film), id_of(&film[..299_999]));
    }
}
