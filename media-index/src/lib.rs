//! A folder of courseware becomes a catalogue.

pub mod item_id;

pub use item_id::ItemId;
