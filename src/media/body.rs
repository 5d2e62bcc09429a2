//! A range of a file as a body: read piece by piece, off the event loop, one piece in flight.

use std::fs::File;
use std::future::Future;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::Semaphore;

use crate::types::{DeviceId, ItemId};
use crate::viewing::Sent;

/// Large enough that a film needs few reads, small enough that two in flight and one in hyper's hands stay below 256 KiB.
const PIECE: u64 = 64 * 1024;
/// More readers at once than this only make a spinning disk seek.
const READERS: usize = 4;

/// The threads that read: tokio's, but only a few at a time.
#[derive(Debug)]
pub struct Pool(Arc<Semaphore>);

impl Default for Pool {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(READERS)))
    }
}

/// For whom the bytes are noted.
#[derive(Debug, Clone)]
pub(super) struct Noted {
    pub(super) sent: Sent,
    pub(super) device: DeviceId,
    pub(super) item: ItemId,
}

type Reading = Pin<Box<dyn Future<Output = io::Result<Bytes>> + Send>>;

/// The body. Its length is exact from the start; a file that shrank ends it with an error, and the connection with it.
pub(super) struct Piecewise {
    file: Arc<File>,
    left: Range<u64>,
    pool: Arc<Pool>,
    noted: Noted,
    reading: Option<Reading>,
}

impl Piecewise {
    pub(super) fn new(file: File, part: Range<u64>, pool: Arc<Pool>, noted: Noted) -> Self {
        Self {
            file: Arc::new(file),
            left: part,
            pool,
            noted,
            reading: None,
        }
    }

    fn read_next(&self) -> Reading {
        let (file, turns) = (Arc::clone(&self.file), Arc::clone(&self.pool.0));
        let (at, length) = (self.left.start, (self.left.end - self.left.start).min(PIECE));
        Box::pin(async move {
            let turn = turns.acquire_owned().await.map_err(io::Error::other)?;
            // The turn goes into the thread: a reader who hangs up frees it only when the disk has answered.
            let read = move || {
                let piece = read_piece(&file, at, length);
                drop(turn);
                piece
            };
            tokio::task::spawn_blocking(read).await.map_err(io::Error::other)?
        })
    }
}

fn read_piece(file: &File, at: u64, length: u64) -> io::Result<Bytes> {
    let mut piece = vec![0; usize::try_from(length).unwrap_or(0)];
    file.read_exact_at(&mut piece, at)?;
    Ok(piece.into())
}

impl Body for Piecewise {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.left.is_empty() {
            return Poll::Ready(None);
        }
        let mut reading = self.reading.take().unwrap_or_else(|| self.read_next());
        let Poll::Ready(outcome) = reading.as_mut().poll(cx) else {
            self.reading = Some(reading);
            return Poll::Pending;
        };
        let piece = outcome.inspect_err(|error| {
            tracing::warn!(item = %self.noted.item, %error, "a file ended or failed while it was sent");
        });
        Poll::Ready(Some(piece.map(|piece| {
            let from = self.left.start;
            self.left.start += piece.len() as u64;
            self.noted
                .sent
                .note(self.noted.device, self.noted.item, from..self.left.start);
            Frame::data(piece)
        })))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.end - self.left.start)
    }
}
