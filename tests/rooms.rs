//! The order of the rooms: a room names only rooms of earlier rows, rooms of one row do not know each other, and nobody
//! but `cli` names `app`. The test reads the `crate::` paths of the sources, so it needs no discipline to be kept.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Row by row. `types` comes before `clock`, which speaks of its milliseconds and years.
const ROWS: [&[&str]; 15] = [
    &["types"],
    &["clock"],
    &["config"],
    // `http` names `store` once: a database that cannot answer becomes a 503.
    &["store", "keys", "look", "spreadsheet"],
    &["http"],
    &["library", "roster", "ledger"],
    &["credit"],
    &["viewing", "intake", "prepare", "opinions", "records"],
    // Who sits before the television is in no phone session meanwhile, and both credit into one set.
    &["screening", "programme"],
    &["report", "dispatch"],
    &["media", "pages", "api", "dlna", "exchange"],
    &["district"],
    &["server"],
    &["app"],
    &["cli"],
];

fn row_of(room: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&room))
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found
}

/// The rooms that a text names: `crate::room` and the first words within `crate::{…}`.
fn named(text: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        if text[..at].ends_with('$') || text[..at].ends_with("pub(in ") {
            continue;
        }
        let rest = &text[at + "crate::".len()..];
        let words: Vec<&str> = match rest.strip_prefix('{') {
            Some(list) => first_words(list),
            None => vec![rest],
        };
        let word = |text: &str| {
            text.chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect::<String>()
        };
        rooms.extend(words.into_iter().map(word).filter(|w| !w.is_empty()));
    }
    rooms
}

/// The entries of a braced list, braces within it skipped.
fn first_words(list: &str) -> Vec<&str> {
    let (mut depth, mut from, mut words) = (0_u32, 0, Vec::new());
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                words.push(list[from..at].trim());
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                words.push(list[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    words
}

fn without_comments(text: &str) -> String {
    text.lines()
        .map(|line| line.split("//").next().unwrap_or(""))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn a_room_names_only_rooms_of_earlier_rows() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut faults = Vec::new();
    for path in sources(&src) {
        let below = path.strip_prefix(&src).unwrap();
        let room = below.iter().next().unwrap().to_string_lossy().replace(".rs", "");
        if room == "lib" || room == "main" {
            continue;
        }
        let Some(row) = row_of(&room) else {
            faults.push(format!("{} is in no row", below.display()));
            continue;
        };
        for other in named(&without_comments(&fs::read_to_string(&path).unwrap())) {
            let fits = other == room || row_of(&other).is_some_and(|theirs| theirs < row);
            if !fits {
                faults.push(format!("{} names {other}", below.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_test_itself_would_notice() {
    assert_eq!(
        named("use crate::{store::{Store, Tx}, app};"),
        ["app", "store"].map(String::from).into()
    );
    assert_eq!(
        named("use crate::store::{Store, Tx}; crate::{keys, look::qr};"),
        ["keys", "look", "store"].map(String::from).into()
    );
}

#[test]
fn media_index_knows_no_http_no_sql_and_no_members() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("media-index/Cargo.toml");
    let text = fs::read_to_string(manifest).unwrap();
    for stranger in ["hyper", "axum", "rusqlite", "tokio", "yuanjiao"] {
        assert!(!text.contains(stranger), "{stranger}");
    }
}
