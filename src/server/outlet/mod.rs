//! How films leave: `sendfile(2)` under hyper, so that a slow phone costs kilobytes and no byte is copied through us.
//!
//! hyper keeps what it has to write as a queue of `Buf`s and hands slices of it to the connection's `poll_write_vectored`.
//! We give it a `Buf` that stands for a range of a file, and recognise it when it comes back:
//!
//! 1. A handler leaves a [`FileBody`](crate::http::FileBody) in its response ([`body::Outgoing::of`] takes it out).
//! 2. When hyper asks for the body's next frame, and not earlier (the answer to a HEAD is never asked), the range goes
//!    to the end of the connection's [`lane`] and hyper gets a [`body::Chunk`] that claims its length.
//! 3. The chunk's bytes are a window of one block of zeros, [`lane::ZEROS`], that nobody ever reads.
//! 4. [`socket::Socket`] looks at the address of each slice: memory is written, the block of zeros means "now the file
//!    at the front of the lane", and what the kernel took is reported to hyper as written.
//! 5. hyper advances the chunk by that much; chunk and lane must agree.
//!
//! **What keeps the trick honest.** If hyper ever copied such a chunk (it does when it flattens small writes, which
//! `writev(true)` forbids) the viewer would get zeros. A copy advances the chunk before anything was sent, and the lane
//! panics at an advance that no `sendfile` stands for: the connection ends, nothing false is sent. hyper's minor version
//! is pinned in `Cargo.toml`, and the tests beside this compare every byte.
//!
//! **What keeps the event loop free.** Pages that are not in memory are found by `preadv2(RWF_NOWAIT)` ([`warmth`]) and
//! fetched by a few threads; and after [`socket::TURN`] bytes a connection lets the others have a go, for hyper flushes
//! until the socket is full and a fast client would never let it be.
//!
//! There is no `unsafe` in it: the block is an ordinary boxed slice, and rustix has safe calls for the rest.

mod body;
mod lane;
mod socket;
mod stall;
mod warmth;

pub(super) use body::Outgoing;
pub(super) use lane::Lane;
pub(super) use socket::Socket;
pub(super) use warmth::Disk;

#[cfg(test)]
mod tests;
