//! 远教站: a lightweight video server for remote-education stations, with provable training credit.
//!
//! The rooms, in their order. A room names only rooms of earlier rows, and rooms of one row do not know each other; a
//! test keeps this. See ARCHITECTURE.md for three walks through the house.

// Unit tests read the same makers of logs as tests and benches do, which call this crate by its name.
#[cfg(test)]
extern crate self as yuanjiao;

// Words and time.
pub mod clock;
pub mod types;

// Settings.
pub mod config;

// Files and keys, the words of HTTP, the look of pages, lists that people keep in a spreadsheet.
pub mod http;
pub mod keys;
pub mod look;
pub mod spreadsheet;
pub mod store;

// What there is, who there is, what happened.
pub mod ledger;
pub mod library;
pub mod roster;

// The rule.
pub mod credit;

// How films come in, what is made of them; one person's session; what people write down.
pub mod intake;
pub mod opinions;
pub mod prepare;
pub mod records;
pub mod viewing;

// A room before a television.
pub mod programme;
pub mod screening;

// Figures; what a district sends down.
pub mod dispatch;
pub mod report;

// The doors.
pub mod api;
pub mod exchange;
pub mod media;
pub mod pages;

// The other role.
pub mod district;

// Connections, the sum, commands.
pub mod app;
pub mod cli;
pub mod server;
