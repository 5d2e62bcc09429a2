//! What fuzzing found: each file in `found/` once made a reader panic or turn for minutes. Here nothing catches a panic.

use std::fs;
use std::path::Path;

use media_index::probe::{Source, read};

#[test]
fn what_fuzzing_found_harms_no_reader_again() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/probe/found");
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let ending = path.extension().unwrap().to_str().unwrap();
        let content = &bytes[..];
        // A verdict or a damage: both are answers.
        if let Ok(reading) = read(&Source::new(&content, bytes.len() as u64), ending) {
            let facts = reading.unwrap().facts;
            assert!(facts.duration_ms.is_none_or(|ms| ms <= 40 * 24 * 3_600_000), "{path:?}");
        }
        count += 1;
    }
    assert!(count >= 3, "the files are there");
}
