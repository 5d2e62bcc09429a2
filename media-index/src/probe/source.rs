//! Bounded reading at any place of a file.

use std::cell::OnceCell;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU64, Ordering};

use super::unreadable;
use crate::{Damage, identity};

/// A probe may read so much in all: the index of a film of ten hours fits, a file that sends the reader round does not.
const BUDGET: u64 = 48 << 20;

/// The stretch at either end of a file that `identity` wants anyway.
const EDGE: u64 = identity::EDGE;

/// What can be read at any place: a file, or bytes in memory.
pub trait Content {
    /// Fills `to` from `at`; fewer bytes there are an error.
    fn read_exact_at(&self, to: &mut [u8], at: u64) -> io::Result<()>;
}

impl Content for File {
    fn read_exact_at(&self, to: &mut [u8], at: u64) -> io::Result<()> {
        FileExt::read_exact_at(self, to, at)
    }
}

impl Content for &[u8] {
    fn read_exact_at(&self, to: &mut [u8], at: u64) -> io::Result<()> {
        (**self).read_exact_at(to, at)
    }
}

/// A file whose beginning and end, where everybody looks, are read once.
pub(super) struct Edges<'a> {
    file: &'a File,
    size: u64,
    head: OnceCell<Vec<u8>>,
    tail: OnceCell<Vec<u8>>,
}

impl<'a> Edges<'a> {
    pub(super) fn new(file: &'a File, size: u64) -> Self {
        Self {
            file,
            size,
            head: OnceCell::new(),
            tail: OnceCell::new(),
        }
    }

    /// The edge that holds `length` bytes from `at`, and where it begins.
    fn edge(&self, at: u64, length: u64) -> Option<(&OnceCell<Vec<u8>>, u64)> {
        let end = at.checked_add(length).filter(|end| *end <= self.size)?;
        let tail = self.size.saturating_sub(EDGE);
        match () {
            () if end <= EDGE => Some((&self.head, 0)),
            () if at >= tail => Some((&self.tail, tail)),
            () => None,
        }
    }
}

impl Content for Edges<'_> {
    fn read_exact_at(&self, to: &mut [u8], at: u64) -> io::Result<()> {
        let Some((edge, from)) = self.edge(at, to.len() as u64) else {
            return FileExt::read_exact_at(self.file, to, at);
        };
        if edge.get().is_none() {
            let mut bytes = vec![0; usize::try_from(self.size.min(EDGE)).unwrap_or(0)];
            FileExt::read_exact_at(self.file, &mut bytes, from)?;
            edge.get_or_init(|| bytes);
        }
        let held = edge.get().map_or(&[][..], Vec::as_slice);
        held.read_exact_at(to, at - from)
    }
}

impl Content for [u8] {
    fn read_exact_at(&self, to: &mut [u8], at: u64) -> io::Result<()> {
        let from = usize::try_from(at).ok().and_then(|at| self.get(at..)?.get(..to.len()));
        to.copy_from_slice(from.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

/// Content of known length, with a budget.
pub struct Source<'a> {
    content: &'a dyn Content,
    size: u64,
    left: AtomicU64,
}

impl<'a> Source<'a> {
    /// Reads from `content`, which has `size` bytes.
    pub fn new(content: &'a dyn Content, size: u64) -> Self {
        Self {
            content,
            size,
            left: AtomicU64::new(BUDGET),
        }
    }

    /// The file's length in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Exactly `length` bytes from `at`; beyond the end is [`Damage::Truncated`].
    pub fn read(&self, at: u64, length: u64) -> Result<Vec<u8>, Damage> {
        let need = at
            .checked_add(length)
            .ok_or_else(|| broken("a length beyond all bounds"))?;
        if need > self.size {
            return Err(Damage::Truncated { have: self.size, need });
        }
        let spent = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(length));
        if spent.is_err() {
            return Err(broken("its index is larger than any film's"));
        }
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
        self.content
            .read_exact_at(&mut bytes, at)
            .map_err(|error| unreadable(&error))?;
        Ok(bytes)
    }

    /// Up to `most` bytes from `at`, fewer at the end of the file.
    pub fn read_up_to(&self, at: u64, most: u64) -> Result<Vec<u8>, Damage> {
        self.read(at, most.min(self.size.saturating_sub(at)))
    }
}

pub(super) fn broken(what: &str) -> Damage {
    Damage::Broken(what.to_owned())
}

/// A cursor over bytes in memory; every step past the end is `None`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a>(pub(super) &'a [u8]);

impl<'a> Cursor<'a> {
    pub(super) fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(head)
    }

    pub(super) fn skip(&mut self, n: usize) -> Option<()> {
        self.take(n).map(drop)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.take(1).map(|b| b[0])
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.take(2).map(|b| u16::from_be_bytes([b[0], b[1]]))
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.take(4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]))
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        Some(u64::from(self.u32()?) << 32 | u64::from(self.u32()?))
    }
}
