//! What can be wrong with a file, and with the folder as a whole.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Why a file is not shown. Data for the page that says it in the operator's language; `Display` is for the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
// The reason stands beside the word: within it a text could not be written, and nothing kept that has one.
#[serde(tag = "damage", content = "of", rename_all = "snake_case")]
pub enum Damage {
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// The container says that it is longer than the file: the copy stopped half-way.
    #[error("the file ends at byte {have}, it should go on to {need}")]
    Truncated {
        /// Bytes there.
        have: u64,
        /// Bytes that the container announces.
        need: u64,
    },
    /// An MP4 without its index (`moov`): nothing can play it.
    #[error("the index of the film (moov) is missing")]
    IndexMissing,
    /// The content is not what the name promises.
    #[error("the content is not what the file's name says")]
    NotWhatItsNameSays,
    /// The container contradicts itself.
    #[error("the container is damaged: {0}")]
    Broken(String),
    /// Nothing in it that could be seen or heard.
    #[error("there is neither picture nor sound in it")]
    NoStreams,
    /// The system does not let us read it.
    #[error("the file cannot be read: {0}")]
    Unreadable(String),
    /// A link that leads out of the folder.
    #[error("a link that leads out of the folder is not followed")]
    LinkOutside,
    /// A link whose target is not there, perhaps not yet.
    #[error("the link leads nowhere")]
    LinkNowhere,
    /// A note beside a film, or of a folder, of which something cannot be understood. The films are shown all the same.
    #[error("the note is not understood: {0}")]
    Note(String),
    /// Folders nested too deeply, or too many files.
    #[error("too many files or folders: this one was left out")]
    TooMany,
}

/// Why the folder cannot be indexed at all.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The root cannot be made or read.
    #[error("the media folder {path} cannot be used: {source}")]
    Root {
        /// Which folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// What was known could not be loaded or kept.
    #[error("the index cannot be kept: {0}")]
    Keep(#[from] crate::KeepError),
    /// The indexing thread could not be started.
    #[error("no thread for the indexer: {0}")]
    Thread(std::io::Error),
}
