//! Figures from leaves. The same code counts at the station and at the district, so their figures cannot differ by
//! more than what one of them has not seen.
//!
//! [`Recount`] folds leaves one by one and remembers what figures are made of; it trusts no total that a leaf claims,
//! and notes where a claim and the count disagree. [`tables`] turns counts into lines, [`csv`] into files.

pub mod csv;
mod recount;
pub mod tables;

pub use recount::{Anomaly, Credit, Recount, SessionFacts};
