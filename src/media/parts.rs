//! Several ranges in one answer: `multipart/byteranges` (RFC 9110 §14.6), streamed from the file like a single one.

use std::collections::VecDeque;
use std::ops::Range;

use bytes::Bytes;

use crate::http::Piece;

/// The pieces between which the file's ranges lie, and the line that tells them apart.
pub(super) struct Multipart {
    pub(super) boundary: String,
    pub(super) pieces: VecDeque<Piece>,
}

impl Multipart {
    /// `boundary` is random, 128 bits of it, so that no film contains it; `length` is the whole representation's.
    pub(super) fn new(boundary: String, parts: &[Range<u64>], mime: &str, length: u64) -> Self {
        let mut pieces = VecDeque::with_capacity(parts.len() * 2 + 1);
        for part in parts {
            let (first, last) = (part.start, part.end - 1);
            let head = format!(
                "\r\n--{boundary}\r\nContent-Type: {mime}\r\nContent-Range: bytes {first}-{last}/{length}\r\n\r\n"
            );
            pieces.push_back(Piece::Text(Bytes::from(head)));
            pieces.push_back(Piece::File(part.clone()));
        }
        pieces.push_back(Piece::Text(Bytes::from(format!("\r\n--{boundary}--\r\n"))));
        Self { boundary, pieces }
    }
}
