//! Cases that are data: one file each, told as a story, and read by one small runner per rule.

use std::fs;
use std::path::Path;

use serde::de::DeserializeOwned;

/// Every case of a rule, with the name of its file for whoever disputes it.
pub fn of<Case: DeserializeOwned>(rule: &str) -> Vec<(String, Case)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(rule);
    let mut cases: Vec<(String, Case)> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.display().to_string();
            let text = fs::read_to_string(&path).unwrap();
            let case = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            (name, case)
        })
        .collect();
    assert!(!cases.is_empty(), "{}", folder.display());
    cases.sort_by(|a, b| a.0.cmp(&b.0));
    cases
}
