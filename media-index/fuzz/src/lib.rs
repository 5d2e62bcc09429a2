//! What every fuzz target does: reads the bytes as a file of that name would be read, without the net that catches a
//! panic in the product.

use media_index::TimeMap;
use media_index::probe::{Source, read};

/// Reads `data` as a file with this ending, and asks its map the way the credit rule does: kept or not, it must answer
/// the same, and never more than the film is long.
pub fn try_out(data: &[u8], ending: &str) {
    let content = &data;
    let size = data.len() as u64;
    let Ok(Some(reading)) = read(&Source::new(content, size), ending) else {
        return;
    };
    let (map, length) = (&reading.facts.map, reading.facts.duration_ms.unwrap_or(0));
    let kept = TimeMap::from_bytes(&map.to_bytes().expect("a map that was just made is here"));
    let third = size / 3;
    for sent in [vec![0..size], vec![0..third, size - third..size]] {
        let seen = map.media_for(&sent, size, length);
        assert_eq!(seen, kept.media_for(&sent, size, length));
        assert!(seen.iter().all(|(from, to)| from < to && *to <= length), "{seen:?} of {length}");
    }
}
