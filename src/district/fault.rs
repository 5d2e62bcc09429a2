//! Why something did not come about at the district.

use std::path::PathBuf;

use super::client::ClientError;
use crate::keys::KeyError;
use crate::store::{StoreError, Trouble};
use crate::types::{BadId, Origin};

/// Why something did not come about. The reader is the clerk at the district's console.
#[derive(Debug, thiserror::Error)]
pub enum DistrictError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The station could not be asked, or answered nonsense.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A name that cannot be one.
    #[error(transparent)]
    Name(#[from] BadId),
    /// The station did not prove that it knows the code.
    #[error("the station did not prove that it knows the code: somebody else may have answered")]
    Impostor,
    /// A known name under another key: a replaced box, or somebody who claims to be it.
    #[error(
        "{0} is enrolled with another key; nothing was changed. If the box was replaced, its log must be looked at first"
    )]
    OtherKey(Origin),
    /// A policy that cannot be signed, and why.
    #[error("{0}")]
    Policy(String),
    /// Something that a station could not take, and why.
    #[error("this cannot be sent down: {0}")]
    Down(String),
    /// No station of that name.
    #[error("no station {0} is enrolled")]
    Unknown(String),
    /// There are no books to carry to a server, or no server.
    #[error("there is nothing to carry over: it takes books in {0}, and the address of a server as [data] store")]
    NothingToCarry(PathBuf),
    /// The server has stations already.
    #[error("the database on the server has stations already; nothing was changed. Carry over into an empty one")]
    NotEmpty,
    /// Somebody else is at it.
    #[error("{0} is being pulled by another program at this moment; nothing needs to be done")]
    Taken(Origin),
    /// The log was taken in, but what goes back could not be put on the stick.
    #[error("the log was taken in and kept, but the cosignature could not be written to {path}: {source}")]
    PutBack {
        /// Which folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The station serves another log than the one that is expected: a new epoch that it has not begun yet, or one that
    /// nobody signed.
    #[error("the station serves the log {found}, expected was {expected}: has it begun its new epoch?")]
    AnotherLog {
        /// Which log is in the books.
        expected: Origin,
        /// Which one is served.
        found: Origin,
    },
    /// Nothing was ever cosigned: there is no history to go on from.
    #[error("nothing of {0} was ever cosigned; enrol it anew instead of signing a new epoch")]
    NothingCosigned(Origin),
    /// A receipt that proves nothing.
    #[error(transparent)]
    Receipt(crate::ledger::receipt::ReceiptError),
    /// A folder that holds no log, or cannot be written.
    #[error("{path} cannot be used: {source}")]
    Folder {
        /// Which folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl DistrictError {
    /// The database server did not answer, or lost what it was about: trying again may help.
    pub(super) fn is_of_the_server(&self) -> bool {
        matches!(
            self,
            Self::Store(StoreError::Server {
                trouble: Some(Trouble::Away | Trouble::Locked),
                ..
            })
        )
    }
}
