//! What this station made from an item: a version that every phone plays, a poster, a thumbnail.
//!
//! They lie in a hidden folder of the media folder, named by the item's id: on the same disk as the film, so that they
//! come and go with it, and found again whatever the film's file is called. A version is another content with an id of
//! its own, but the same item: what was seen of either counts for the item.

use std::collections::HashMap;
use std::sync::Arc;

use media_index::{Facts, Place, Stamp};

use crate::types::ItemId;

/// The folder below the media folder. Its name begins with a dot: no scan takes it for courseware.
pub const FOLDER: &str = ".yuanjiao";

/// Kinds of things that are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The version that plays everywhere.
    Film,
    /// A picture of the film, as large as a phone is wide.
    Poster,
    /// 160 × 160 pixels for lists.
    Thumb,
}

impl Part {
    /// Its place below the media folder.
    pub fn place(self, item: &ItemId) -> Place {
        let ending = match self {
            Self::Film => "mp4",
            Self::Poster => "jpg",
            Self::Thumb => "thumb.jpg",
        };
        Place::from(format!("{FOLDER}/{item}.{ending}").into_bytes())
    }
}

/// A prepared version.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// The id of its content.
    pub content: ItemId,
    /// Its media type.
    pub mime: String,
    /// As it was when it was looked into.
    pub stamp: Stamp,
    /// What is in it.
    pub facts: Facts,
}

/// What there is for one item. The default is nothing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Made {
    /// The version that plays everywhere.
    pub film: Option<Arc<Version>>,
    /// A poster.
    pub poster: bool,
    /// A thumbnail.
    pub thumb: bool,
}

/// What there is for all items.
#[derive(Debug, Clone, Default)]
pub(super) struct AllMade(HashMap<ItemId, Made>);

impl AllMade {
    pub(super) fn get(&self, id: &ItemId) -> Made {
        self.0.get(id).cloned().unwrap_or_default()
    }

    pub(super) fn set(&mut self, id: ItemId, made: Made) {
        self.0.insert(id, made);
    }
}
