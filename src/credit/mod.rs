//! The credit rule, pure: values in, verdicts out. No clock, no disk, no network; whoever has the same values gets the
//! same verdict, which is how a district checks a station.
//!
//! Rule version 1. `credit(member, item, year)` is the measure of a set of media intervals, so no second counts twice
//! and no item earns more than its length. A *beat* reports what was played; what is new, was really sent to the device
//! and fits the time that really passed becomes *pending*; a presence proof turns pending into credit.
//!
//! - [`policy`]: the numbers, as signed data. [`policies`]: which of them holds when.
//! - [`attendance`]: who was there for which stretch of a screening.
//! - [`correction`]: what two people may take away or give afterwards.
//! - [`bucket`]: how much time has really passed, per member and per device.
//! - [`rule`]: beat, proof, close.
//! - [`hours`]: what the seconds are worth in the district's hours.
//! - [`dating`]: when a leaf was written, on a box without a clock; [`settling`]: which year a span belongs to after all.

pub mod attendance;
pub mod bucket;
pub mod correction;
pub mod dating;
pub mod hours;
pub mod policies;
pub mod policy;
pub mod rule;
pub mod settling;

pub use bucket::Bucket;
pub use policies::Policies;
pub use policy::{Asked as Frequency, Policy};

#[cfg(test)]
pub(crate) mod cases;
#[cfg(test)]
mod tests;
