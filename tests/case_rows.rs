//! The table of cases promises a test for each row; this reads the table and looks whether the tests are there.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The rows of the plan of credit.
const ROWS: u32 = 63;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// The table's lines: which rows, and what stands in the last column.
fn table() -> Vec<(BTreeSet<u32>, String)> {
    let text = fs::read_to_string(root().join("tests/cases/credit/README.md")).unwrap();
    let lines = text
        .lines()
        .filter(|line| line.starts_with("| ") && line.as_bytes()[2].is_ascii_digit());
    let read = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        (rows(cells[0]), cells.last().unwrap().to_string())
    };
    lines.map(read).collect()
}

/// `1-10, 12, 41` as numbers.
fn rows(cell: &str) -> BTreeSet<u32> {
    let part = |part: &str| {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        from.trim().parse::<u32>().unwrap()..=to.trim().parse().unwrap()
    };
    cell.split(',').flat_map(part).collect()
}

#[test]
fn every_row_of_the_plan_stands_in_the_table() {
    let there: BTreeSet<u32> = table().into_iter().flat_map(|(rows, _)| rows).collect();
    let missing: Vec<u32> = (1..=ROWS).filter(|row| !there.contains(row)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// A file in backquotes must exist, and a test in backquotes must stand in the file before it, as a test.
#[test]
fn every_test_that_the_table_names_exists() {
    let mut named = 0;
    for (rows, place) in table() {
        let mut text = String::new();
        for word in place.split('`').skip(1).step_by(2) {
            if word.contains('/') {
                text = fs::read_to_string(root().join(word)).unwrap_or_else(|error| panic!("{rows:?} {word}: {error}"));
                continue;
            }
            let head = format!("fn {word}()");
            let at = text
                .find(&head)
                .unwrap_or_else(|| panic!("rows {rows:?}: no test {word}"));
            let before = &text[at.saturating_sub(120)..at];
            assert!(
                before.contains("#[test]") || before.contains("#[tokio::test"),
                "{word} is no test"
            );
            named += 1;
        }
    }
    assert!(named >= 30, "{named}");
}

/// The rows that the first line promises have at least one case in the files beside it, and no file plays another row.
#[test]
fn the_files_play_the_rows_that_the_table_says() {
    let promised = table()
        .into_iter()
        .find(|(_, place)| place == "the files beside this one")
        .unwrap()
        .0;
    let mut played = BTreeSet::new();
    for entry in fs::read_dir(root().join("tests/cases/credit")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "toml") {
            let text = fs::read_to_string(path).unwrap();
            let numbers = text.lines().filter_map(|line| line.strip_prefix("row = "));
            played.extend(numbers.map(|n| n.trim().parse::<u32>().unwrap()));
        }
    }
    assert_eq!(played, promised);
}
