//! Prints what the probe finds in each file named on the command line, one line of JSON each.

use std::fs::File;
use std::path::Path;

use media_index::TimeMap;
use media_index::probe::{Inspected, inspect};

fn main() {
    for name in std::env::args().skip(1) {
        let ending = Path::new(&name).extension().unwrap_or_default();
        let ending = ending.to_string_lossy().to_lowercase();
        let Ok(file) = File::open(&name) else { continue };
        let size = file.metadata().map_or(0, |m| m.len());
        let found = match inspect(&file, size, &ending) {
            Ok(Inspected::Read(kind, mut reading)) => {
                reading.facts.map = TimeMap::default();
                serde_json::json!({"kind": kind, "facts": reading.facts, "cut": reading.cut})
            }
            Ok(Inspected::NoReader(kind)) => serde_json::json!({"kind": kind}),
            Err(damage) => serde_json::json!({"damage": damage}),
        };
        println!("{}", serde_json::json!({"file": name, "found": found}));
    }
}
