//! The words of HTTP, as pure functions and small values. No other room's business is known here.
//!
//! - [`range`] and [`conditional`]: what part of a representation is asked for, and under which conditions (RFC 9110).
//! - [`problem`]: a refusal as a value, in both languages (RFC 9457).
//! - [`guard`]: which hosts and origins may ask, and the headers that every answer carries.
//! - [`FileBody`]: bytes of an open file as a response's body; [`SharedFile`]: such a file, which many may be sent.
//! - [`is_near`]: whether somebody asks from the station's own network.
//! - [`Answers`]: whoever answers requests.
//! - [`body`]: bodies within limits. [`cookie`], [`lang`]: what a reader brings along.

mod answers;
pub mod body;
pub mod conditional;
pub mod cookie;
mod file_body;
pub mod guard;
pub mod lang;
mod near;
mod peer;
pub mod problem;
pub mod range;
mod shared_file;
mod upload;

pub use answers::{Answering, Answers};
pub use file_body::{FileBody, Note, Noted, Piece};
pub use near::is_near;
pub use peer::Peer;
pub use problem::Problem;
pub use shared_file::SharedFile;
pub use upload::Upload;
