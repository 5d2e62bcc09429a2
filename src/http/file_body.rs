//! A body that is not in memory: bytes of an open file, with text between them where several ranges were asked for.
//!
//! axum's body carries bytes only. So a handler leaves this value in its response's extensions and sets
//! `Content-Length` itself; the accept loop takes it out and sends the file without copying it through the process.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use super::SharedFile;

/// What follows in the body.
#[derive(Debug, Clone)]
pub enum Piece {
    /// Bytes from memory: the head of a part of `multipart/byteranges`.
    Text(Bytes),
    /// Bytes of the file.
    File(Range<u64>),
}

impl Piece {
    /// How many bytes.
    pub fn len(&self) -> u64 {
        match self {
            Self::Text(text) => text.len() as u64,
            Self::File(range) => range.end - range.start,
        }
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Who hears how the sending goes.
pub trait Note: Send + Sync {
    /// The kernel took these bytes of the file.
    fn sent(&self, bytes: Range<u64>);

    /// The file or its disk failed, and the connection ends short of what was promised.
    fn failed(&self, _: &io::Error) {}
}

impl<F: Fn(Range<u64>) + Send + Sync> Note for F {
    fn sent(&self, bytes: Range<u64>) {
        self(bytes);
    }
}

/// A listener as bodies carry it.
pub type Noted = Arc<dyn Note>;

/// The body of a response, to be left in its extensions.
#[derive(Clone)]
pub struct FileBody {
    /// The file, opened and judged.
    pub file: Arc<SharedFile>,
    /// What to send, in this order; pieces are not empty.
    pub pieces: VecDeque<Piece>,
    /// Hears of every stretch that was handed to the kernel.
    pub noted: Noted,
}

impl FileBody {
    /// One range of a file.
    pub fn new(file: Arc<SharedFile>, range: Range<u64>, noted: Noted) -> Self {
        let piece = Piece::File(range);
        let pieces = Some(piece).filter(|piece| !piece.is_empty()).into_iter().collect();
        Self { file, pieces, noted }
    }

    /// Bytes that are still to come.
    pub fn len(&self) -> u64 {
        self.pieces.iter().map(Piece::len).sum()
    }

    /// Whether nothing is to come.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }
}

impl fmt::Debug for FileBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileBody")
            .field("pieces", &self.pieces)
            .finish_non_exhaustive()
    }
}
