//! What a file is, by its ending; the probes check that the content agrees.

use serde::{Deserialize, Serialize};

/// What an item is to its viewers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Moving picture 影片.
    Film,
    /// Sound only 音频.
    Audio,
    /// A hand-out 讲义: PDF, text, office formats.
    Document,
    /// A picture 图片.
    Picture,
}

const FILMS: [&str; 22] = [
    "mp4", "m4v", "mov", "3gp", "mkv", "webm", "avi", "flv", "wmv", "asf", "mpg", "mpeg", "vob", "ts", "mts", "m2ts",
    "rm", "rmvb", "ogv", "f4v", "dat", "3g2",
];
const AUDIO: [&str; 17] = [
    "mp3", "m4a", "m4b", "aac", "ogg", "oga", "opus", "flac", "wav", "wma", "amr", "mka", "mp2", "ra", "ac3", "eac3",
    "au",
];
const DOCUMENTS: [&str; 9] = ["pdf", "txt", "doc", "docx", "ppt", "pptx", "xls", "xlsx", "wps"];
const PICTURES: [&str; 6] = ["jpg", "jpeg", "png", "webp", "gif", "bmp"];

impl Kind {
    /// All endings of what a station shows, in lower case.
    pub fn endings() -> impl Iterator<Item = &'static str> {
        FILMS.into_iter().chain(AUDIO).chain(DOCUMENTS).chain(PICTURES)
    }

    /// What a file with this ending (lower case) should be; `None` if it is nothing that a station shows.
    pub fn by_ending(ending: &str) -> Option<Self> {
        let table = [
            (&FILMS[..], Self::Film),
            (&AUDIO[..], Self::Audio),
            (&DOCUMENTS[..], Self::Document),
            (&PICTURES[..], Self::Picture),
        ];
        table
            .iter()
            .find(|(endings, _)| endings.contains(&ending))
            .map(|(_, kind)| *kind)
    }
}

/// Names that copying programs and systems leave about: never items, never faults.
pub(crate) fn is_ignorable(name: &str) -> bool {
    const ENDINGS: [&str; 8] = [
        ".part",
        ".tmp",
        ".crdownload",
        ".!ut",
        ".download",
        ".partial",
        ".filepart",
        "~",
    ];
    let lower = name.to_lowercase();
    lower.starts_with('.')
        || lower == "thumbs.db"
        || lower == "desktop.ini"
        || lower.starts_with("~$")
        || ENDINGS.iter().any(|ending| lower.ends_with(ending))
}
