//! A folder of courseware becomes a catalogue.
//!
//! The path of a file: `watch` hears that something moved, [`scan`] looks what lies there, [`settle`] waits until a file
//! has stopped growing, [`identity`] and [`probe`] read it (bounded, on a thread of their own), [`plan`] compares with
//! what was known, a [`Keep`] remembers it, and a new [`Catalogue`] is published. Nothing flows back.
//!
//! The crate knows files and nothing else: no HTTP, no SQL, no members. Its promises: a file is shown only when it is
//! whole; it is known by its content, so that a new name keeps its history; a disk that vanished takes nothing with it;
//! a hostile file costs one line on the operator's page.

mod beneath;
mod card;
mod catalogue;
mod error;
mod facts;
pub mod identity;
mod indexer;
pub mod item_id;
mod keep;
mod kind;
mod known;
mod memory;
mod monotonic;
mod place;
pub mod plan;
pub mod probe;
pub mod scan;
pub mod settle;
mod share;
mod sheet;
mod sidecar;
pub mod subtitle;
mod timemap;
mod watch;

pub use card::Card;
pub use catalogue::{Catalogue, Glance, Item, Standing, Trouble};
pub use error::{Damage, IndexError};
pub use facts::{AudioTrack, Facts, Plays, VideoTrack, Why};
pub use indexer::{Indexer, Settings, Status, Watching, scan_once};
pub use item_id::ItemId;
pub use keep::{Change, Keep, KeepError, Maps, Outcome, Record, RootId, Whole};
pub use kind::Kind;
pub use known::Known;
pub use memory::Memory;
pub use place::Place;
pub use scan::Stamp;
pub use sheet::{Question, Sheet};
pub use sidecar::Subtitle;
pub use timemap::TimeMap;
