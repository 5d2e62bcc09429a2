//! Figures from leaves alone. The station keeps a view that it updates with each proof; a district counts here from the
//! first leaf on and compares. Hours are made of both by the same `credit::hours`.
//!
//! [`Recount`] folds leaves one by one and remembers what figures are made of; it trusts no total that a leaf claims,
//! and notes where a claim and the count disagree. [`tables`] turns counts into lines, [`csv`] into files, [`xapi`]
//! leaves into statements for other systems.
//!
//! [`books`] are what a station must hold, F1 to F7, each as one [`sheet::Sheet`], from which pages, prints, CSV and
//! [`xlsx`] are made alike. [`survey`] are a district's reports, made into sheets in the same way.

pub mod annual;
pub mod books;
pub mod csv;
pub mod places;
mod recount;
mod room;
pub mod sheet;
pub mod survey;
pub mod tables;
pub mod xapi;
pub mod xlsx;

pub use recount::{
    Anomaly, Correction, Credit, Film, Key, Month, Recount, SessionFacts, Stay, Undecided, Unreadable, month_of,
    year_of,
};
pub use room::RoomFacts;

#[cfg(test)]
mod tests;
