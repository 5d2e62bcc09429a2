//! A real folder, real films, and what happens to folders on a station: the promises of the crate, one by one.
//!
//! Nothing sleeps here: every case waits for the snapshot that it expects, and fails when its patience is over.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod borders;
mod child;
mod contents;
mod copies;
mod crowd;
mod disk;
mod disks;
mod hearing;
mod identity;
mod names;
mod sidecars;
mod station;
