//! What every fuzz target does: reads the bytes as a file of that name would be read, without the net that catches a
//! panic in the product.

use media_index::probe::{Source, read};

/// Reads `data` as a file with this ending.
pub fn try_out(data: &[u8], ending: &str) {
    let content = &data;
    drop(read(&Source::new(content, data.len() as u64), ending));
}
