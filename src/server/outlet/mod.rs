//! How films leave: hyper speaks HTTP, then it steps aside, and `sendfile(2)` sends the film. So no byte is copied
//! through us, and a slow phone costs what its socket costs.
//!
//! 1. A handler leaves a [`FileBody`](crate::http::FileBody) in its response; [`body::Outgoing::of`] takes it out.
//! 2. hyper writes the head as it writes any other. When it asks for the body's first frame, and not earlier (the answer
//!    to a HEAD is never asked), the film goes into the connection's [`handover`], and there is no frame.
//! 3. The [`socket::Socket`] notices when hyper has nothing left to write: the head is out, and all answers before it.
//! 4. `server` takes the socket back, with what hyper had read of the next request, and drops hyper. The two buffers of
//!    8 KiB that it keeps for each connection are gone while the film flows, which may be an hour.
//! 5. [`film`] sends the pieces. What the kernel took is noted, and nothing else is.
//! 6. A new hyper goes on with the next request, when its first byte is there.
//!
//! **What keeps the event loops free.** Films have a loop of their own, so nothing small waits for them (`lanes`). Pages that are not in memory are found by `preadv2(RWF_NOWAIT)` ([`warmth`]) and
//! fetched by a few threads; and after [`film::TURN`] bytes a connection lets the others have a go.
//!
//! **What keeps the framing honest.** hyper announces the length, and we send exactly that or end the connection. After a
//! request whose end hyper has not seen, or after which the client or hyper wants no other, the connection ends with the
//! film: [`body::goes_on`].
//!
//! There is no `unsafe` in it: rustix has safe calls for all of it.

mod body;
mod film;
mod handover;
mod socket;
mod stall;
mod warmth;

pub(super) use body::{Outgoing, goes_on};
pub(super) use handover::{Film, Handover};
pub(super) use socket::Socket;
pub(super) use warmth::Disk;

#[cfg(test)]
mod tests;
