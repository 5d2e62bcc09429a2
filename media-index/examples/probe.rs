//! Prints what the probe finds in each file named on the command line, one line of JSON each.

use std::fs::File;
use std::path::Path;

use media_index::probe::{Subject, find_ffprobe, probe};

fn main() {
    let ffprobe = std::env::var_os("WITH_FFPROBE").and_then(|_| find_ffprobe());
    for name in std::env::args().skip(1) {
        let path = Path::new(&name);
        let ending = path
            .extension()
            .map(|e| e.to_string_lossy().to_lowercase())
            .unwrap_or_default();
        let Ok(file) = File::open(path) else { continue };
        let size = file.metadata().map_or(0, |m| m.len());
        let subject = Subject {
            file: &file,
            size,
            ending: &ending,
            path,
            ffprobe: ffprobe.as_deref(),
        };
        let found = match probe(&subject) {
            Ok(mut whole) => {
                whole.facts.map = media_index::TimeMap::default();
                serde_json::to_value(whole)
            }
            Err(damage) => serde_json::to_value(damage),
        };
        println!(
            "{}",
            serde_json::json!({"file": name, "found": found.unwrap_or_default()})
        );
    }
}
