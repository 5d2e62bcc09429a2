//! The bodies that we hand to hyper: axum's, or a file's.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::Body as Plain;
use axum::response::Response;
use bytes::{Buf, Bytes};
use hyper::body::{Body, Frame, SizeHint};

use super::lane::{Lane, stand_in};
use crate::http::{FileBody, Piece};

/// Whoever must know when the last byte of an answer was written or given up: held until then.
pub(in crate::server) type Held = Arc<dyn Send + Sync>;

/// One chunk counts its bytes in `usize`, which has 32 bits on small boards; a longer range comes as several chunks.
const CHUNK: u64 = 1 << 30;

/// What hyper queues.
pub(in crate::server) enum Chunk {
    /// Bytes in memory.
    Text { text: Bytes, _held: Held },
    /// So many bytes of the file that is next in the lane.
    File { left: u64, lane: Lane, _held: Held },
}

impl Buf for Chunk {
    fn remaining(&self) -> usize {
        match self {
            Self::Text { text, .. } => text.len(),
            Self::File { left, .. } => usize::try_from(*left).expect("a chunk is at most a gigabyte"),
        }
    }

    fn chunk(&self) -> &[u8] {
        match self {
            Self::Text { text, .. } => text,
            Self::File { left, .. } => stand_in(*left),
        }
    }

    fn advance(&mut self, bytes: usize) {
        match self {
            Self::Text { text, .. } => text.advance(bytes),
            Self::File { left, lane, .. } => {
                lane.agree(bytes);
                *left -= bytes as u64;
            }
        }
    }
}

/// A chunk that goes before it is sent takes the connection's ranges with it: the connection is over.
impl Drop for Chunk {
    fn drop(&mut self) {
        if let Self::File { left: 1.., lane, .. } = self {
            lane.clear();
        }
    }
}

/// A response's body.
pub(in crate::server) enum Outgoing {
    /// What axum made.
    Plain { body: Plain, held: Held },
    /// Ranges of a file, and the text between them.
    File { body: FileBody, lane: Lane, held: Held },
}

impl Outgoing {
    /// Takes the file out of a response that carries one.
    pub(in crate::server) fn of(response: Response, lane: &Lane, held: Held) -> hyper::Response<Self> {
        let (mut parts, plain) = response.into_parts();
        let body = match parts.extensions.remove::<FileBody>() {
            Some(body) => Self::File {
                body,
                lane: lane.clone(),
                held,
            },
            None => Self::Plain { body: plain, held },
        };
        hyper::Response::from_parts(parts, body)
    }
}

/// The next chunk of a file's body; a file's range is queued in the lane now, when hyper is about to write it.
fn next(body: &mut FileBody, lane: &Lane, held: &Held) -> Option<Chunk> {
    let held = Arc::clone(held);
    let range = match body.pieces.pop_front()? {
        Piece::Text(text) => return Some(Chunk::Text { text, _held: held }),
        Piece::File(range) => range,
    };
    let end = range.end.min(range.start + CHUNK);
    if end < range.end {
        body.pieces.push_front(Piece::File(end..range.end));
    }
    let left = end - range.start;
    lane.queue(body.file.clone(), range.start..end, body.noted.clone());
    Some(Chunk::File {
        left,
        lane: lane.clone(),
        _held: held,
    })
}

impl Body for Outgoing {
    type Data = Chunk;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Chunk>, axum::Error>>> {
        match self.get_mut() {
            Self::Plain { body, held } => {
                let text = |text| Chunk::Text {
                    text,
                    _held: Arc::clone(held),
                };
                let frame = ready!(Pin::new(body).poll_frame(cx));
                Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(text))))
            }
            Self::File { body, lane, held } => Poll::Ready(next(body, lane, held).map(|chunk| Ok(Frame::data(chunk)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Plain { body, .. } => body.is_end_stream(),
            Self::File { body, .. } => body.is_empty(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Plain { body, .. } => body.size_hint(),
            Self::File { body, .. } => SizeHint::with_exact(body.len()),
        }
    }
}
