//! Why the disk did not take a commit, in the few kinds that lead to different advice.

use std::fmt;

use rusqlite::ErrorCode;

/// What the last failed commit suffered from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// No space left: free some, and credit is recorded again by itself.
    DiskFull,
    /// The disk is mounted read-only, usually after errors.
    ReadOnly,
    /// Another program holds the file.
    Locked,
    /// The disk reports errors, or the file is damaged.
    Failing,
    /// The database server does not answer, or is being restarted.
    Away,
}

impl Trouble {
    pub(super) fn of(error: &rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => Self::ReadOnly,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked,
            _ => Self::Failing,
        }
    }
}

impl Trouble {
    /// The same for a single statement: `None` for what is the program's fault and will not pass.
    pub(super) fn passing(error: &rusqlite::Error) -> Option<Self> {
        match error.sqlite_error_code()? {
            ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Some(Self::Failing),
            _ => Some(Self::of(error)).filter(|trouble| *trouble != Self::Failing),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DiskFull => "the disk is full",
            Self::ReadOnly => "the disk is read-only",
            Self::Locked => "another program holds the database",
            Self::Failing => "the disk reports errors",
            Self::Away => "the database server does not answer",
        })
    }
}
