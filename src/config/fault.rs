//! What is wrong with a configuration file, for whoever wrote it.

use std::fmt;
use std::path::{Path, PathBuf};

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Not TOML, an unknown key, a value of the wrong kind. The text names line and column.
    Syntax(String),
    /// A value out of bounds.
    Value {
        /// Which key, with its table.
        key: &'static str,
        /// What stands there.
        found: String,
        /// What could.
        expected: String,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(text) => f.write_str(text.trim_end()),
            Self::Value { key, found, expected } => write!(f, "`{key}` is {found}; it should be {expected}"),
        }
    }
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration {path} cannot be read: {source}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Faults in it, all of them.
    #[error("the configuration {} has faults:\n{}", path.display(), list(faults))]
    Faults {
        /// Which file.
        path: PathBuf,
        /// Which faults.
        faults: Vec<Fault>,
    },
}

fn list(faults: &[Fault]) -> String {
    faults
        .iter()
        .map(|fault| format!("  {fault}"))
        .collect::<Vec<_>>()
        .join("\n")
}

impl ConfigError {
    pub(super) fn in_file(path: Option<&Path>, faults: Vec<Fault>) -> Self {
        Self::Faults {
            path: path.unwrap_or(Path::new("(defaults)")).to_owned(),
            faults,
        }
    }
}

/// A parser's message with its place, and the key that was probably meant if a key is unknown. The line itself is not
/// repeated, nor is the value: it may be a password whose quotes were forgotten.
pub(super) fn syntax(text: &str, error: &toml::de::Error) -> Fault {
    let place = error.span().map(|span| place_of(text, span.start)).unwrap_or_default();
    let message = error.message();
    let told = match message.split_once(':') {
        Some((kind, rest)) if kind.starts_with("invalid") => format!("{kind}{}", without_value(rest)),
        _ => message.to_owned(),
    };
    Fault::Syntax(match suggestion(message) {
        Some(meant) => format!("{place}{told}; did you mean `{meant}`?"),
        None => format!("{place}{told}"),
    })
}

/// From ` integer `12345678`, expected a string` what may be told: ` (expected a string)`.
fn without_value(rest: &str) -> String {
    rest.rsplit_once("expected ")
        .map(|(_, expected)| format!(" (expected {expected})"))
        .unwrap_or_default()
}

fn place_of(text: &str, at: usize) -> String {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
    format!("line {line}, column {column}: ")
}

/// From "unknown field `x`, expected one of `a`, `b`", the one that is nearest to `x`.
fn suggestion(message: &str) -> Option<String> {
    let rest = message.strip_prefix("unknown field `")?;
    let (unknown, rest) = rest.split_once('`')?;
    let known = rest.split('`').skip(1).step_by(2);
    let nearest = known.map(|key| (distance(unknown, key), key)).min()?;
    (nearest.0 <= unknown.len().max(4) / 2).then(|| nearest.1.to_owned())
}

/// Levenshtein's distance: insertions, deletions and changes.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = before + usize::from(x != *y);
            before = row[j + 1];
            row[j + 1] = change.min(before + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
