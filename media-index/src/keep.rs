//! What is remembered between runs, and the small trait of whoever remembers it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Damage, Facts, ItemId, Kind, Place, Plays, Stamp, TimeMap, Why};

/// One file that was looked into.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Where it lies. Kept as the record's key, not in it.
    #[serde(skip)]
    pub place: Place,
    /// As it was then.
    pub stamp: Stamp,
    /// Its turn of arrival: a higher number came later. Moves keep it.
    pub arrival: u64,
    /// What was found.
    pub outcome: Outcome,
}

/// What looking into a file found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is whole.
    Whole(Arc<Whole>),
    /// It is not, and why.
    Damaged(Damage),
}

/// A whole file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Whole {
    /// Its content's id.
    pub id: ItemId,
    /// What it is.
    pub kind: Kind,
    /// Its media type.
    pub mime: String,
    /// What the probe found.
    pub facts: Facts,
    /// Where it plays.
    pub plays: Plays,
    /// Why not everywhere.
    pub why: Why,
}

/// Which folder was indexed. An empty root that is another one than last time is a disk that was pulled, not a library
/// that was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RootId {
    /// `st_dev`.
    pub device: u64,
    /// `st_ino`.
    pub inode: u64,
    /// `f_fsid` of the file system: where it has a name of its own (ext4, btrfs, xfs), another stick in the same socket is
    /// told by it; its roots' device and inode are the same.
    #[serde(default)]
    pub volume: u64,
}

/// What changed. Kept before it is shown.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A file was looked into for the first time, or anew. Its map is in the record, and is asked for later by
    /// [`Maps::map`].
    Set(Record),
    /// A file is at another place; everything else about it stands.
    Moved {
        /// Where it was.
        from: Place,
        /// What it is now.
        to: Record,
    },
    /// A file is gone.
    Gone(Place),
    /// The root is this one now.
    Root(RootId),
}

/// Why keeping failed, in the keeper's own words.
pub type KeepError = Box<dyn std::error::Error + Send + Sync>;

/// A memory for the index. It may be lost: a scan brings it back.
pub trait Keep: Send {
    /// Gives every record that was kept to `each`, one at a time (all together they would be the largest thing in memory),
    /// without their maps; then tells the root that they lay in.
    fn load(&mut self, each: &mut dyn FnMut(Record)) -> Result<Option<RootId>, KeepError>;
    /// Keeps all of the changes or none.
    fn apply(&mut self, changes: &[Change]) -> Result<(), KeepError>;
    /// The maps, for whoever watches films.
    fn maps(&self) -> Arc<dyn Maps>;
}

/// Which bytes of a content hold which time: kept by content, and fetched when a film is watched. The maps of ten
/// thousand films of an hour would fill the memory of the box.
pub trait Maps: Send + Sync + std::fmt::Debug {
    /// The map of this content; one that was never kept is [`TimeMap::elsewhere`].
    fn map(&self, content: &ItemId) -> Result<TimeMap, KeepError>;
}
