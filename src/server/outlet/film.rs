//! Sending a film into a socket, in turns, from memory or by the threads that wait for the disk.

use std::fs::File;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::ops::Range;
use std::sync::Arc;

use rustix::io::Errno;
use rustix::net::SendFlags;
use tokio::io::Interest;
use tokio::net::TcpStream;

use super::handover::Film;
use super::socket::{Room, Socket, is_passing};
use super::warmth::{Disk, Warmth, ask_whether_full, send};
use crate::http::{Noted, Piece, SharedFile};

/// The most that one `sendfile` sends from memory. Half of it makes twice the calls for nothing, and of twice as much the
/// processor's cache keeps less: both measured.
pub(super) const WINDOW: usize = 512 * 1024;
/// The most that a thread fetches from the disk at a time; of a megabyte the others waiting for the disk noticed.
pub(super) const COLD: usize = 256 * 1024;
/// After so many bytes of films the others have a go. Less costs switches, more costs the others' patience: at a few
/// gigabytes per second this is an eighth of a millisecond.
pub(super) const TURN: usize = 512 * 1024;
/// A file that `sendfile` does not serve passes through memory in pieces of this size.
const COPIED: usize = 64 * 1024;

impl Film {
    /// Sends all of it; on an error the connection has to end, short of what was promised.
    pub(in crate::server) async fn send(self, socket: &mut Socket, disk: &Disk) -> io::Result<()> {
        self.send_by(true, socket, disk).await
    }

    /// `by_sendfile` is tried first, if at all.
    pub(super) async fn send_by(self, by_sendfile: bool, socket: &mut Socket, disk: &Disk) -> io::Result<()> {
        let mut sending = Sending {
            socket,
            disk,
            file: self.body.file,
            noted: self.body.noted,
            warmth: self.warmth,
            by_sendfile,
            turn: 0,
        };
        for piece in self.body.pieces {
            match piece {
                Piece::Text(text) => sending.text(&text).await?,
                Piece::File(range) => sending.range(range).await?,
            }
        }
        Ok(())
    }
}

struct Sending<'a> {
    socket: &'a mut Socket,
    disk: &'a Disk,
    file: Arc<SharedFile>,
    noted: Noted,
    warmth: Warmth,
    /// Whether files go by `sendfile`; a file system may refuse.
    by_sendfile: bool,
    /// Bytes since the others had a go.
    turn: usize,
}

impl Sending<'_> {
    /// The lines between several ranges; a range always follows, or the end.
    async fn text(&mut self, mut text: &[u8]) -> io::Result<()> {
        while !text.is_empty() {
            let sent = poll_fn(|cx| self.socket.poll_text(cx, &[IoSlice::new(text)], SendFlags::empty())).await?;
            text = &text[sent..];
        }
        Ok(())
    }

    async fn range(&mut self, mut left: Range<u64>) -> io::Result<()> {
        while !left.is_empty() {
            if self.turn >= TURN {
                self.turn = 0;
                tokio::task::yield_now().await;
            }
            let room = self.writable().await?;
            let sent = if self.by_sendfile {
                self.window(&left, room).await
            } else {
                self.copied(&left).await
            };
            match sent {
                Ok(bytes) => left.start += bytes as u64,
                Err(error) if is_passing(&error) => {}
                Err(error) if self.by_sendfile && is_refusal(&error) => {
                    tracing::debug!(%error, "this file system does not serve sendfile; the file is copied");
                    self.by_sendfile = false;
                }
                Err(error) => return Err(self.failed(error)),
            }
        }
        Ok(())
    }

    async fn writable(&mut self) -> io::Result<Room> {
        let turn = &mut self.turn;
        let socket = &mut *self.socket;
        poll_fn(|cx| {
            let ready = socket.poll_writable(cx);
            if ready.is_pending() {
                *turn = 0;
            }
            ready
        })
        .await
    }

    /// One `sendfile`, here or in a thread.
    async fn window(&mut self, left: &Range<u64>, room: Room) -> io::Result<usize> {
        let stream = &self.socket.stream;
        let sent = if self.warmth.is_warm(&self.file, left) {
            let bytes = window(left, WINDOW);
            match room {
                Room::Said => send_what_fits(stream, self.file.file(), left.start, bytes)?,
                Room::Unsaid => send(stream, self.file.file(), left.start, bytes)?,
            }
        } else {
            let bytes = window(left, COLD);
            let (stream, file) = (Arc::clone(stream), Arc::clone(&self.file));
            let sent = Box::pin(self.disk.send(stream, file, left.start, bytes)).await?;
            self.warmth.fetched(left.start..left.start + sent as u64);
            if sent < bytes {
                ask_whether_full(&self.socket.stream);
            }
            sent
        };
        self.took(left.start, sent);
        Ok(sent)
    }

    /// A piece that passes through memory.
    async fn copied(&mut self, left: &Range<u64>) -> io::Result<usize> {
        let reading = self.disk.read(Arc::clone(&self.file), left.start, window(left, COPIED));
        let piece = Box::pin(reading).await?;
        let mut done = 0;
        while done < piece.len() {
            self.writable().await?;
            match self.socket.stream.try_write(&piece[done..]) {
                Ok(bytes) => {
                    self.took(left.start + done as u64, bytes);
                    done += bytes;
                }
                Err(error) if is_passing(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    fn took(&mut self, at: u64, bytes: usize) {
        if bytes > 0 {
            self.noted.sent(at..at + bytes as u64);
            self.socket.moved();
            self.turn += bytes;
        }
    }

    fn failed(&self, error: io::Error) -> io::Error {
        if is_the_files(&error) {
            tracing::warn!(%error, "a file ended or failed while it was sent");
            self.noted.failed(&error);
        }
        error
    }
}

/// Less than was asked for means that the socket is full, and tokio is told so without a call of its own: more than a
/// third of all calls would find no room. The rare other reasons (the file ended or failed there) show at the next
/// attempt, which comes without being asked for, see `stall`.
fn send_what_fits(stream: &TcpStream, file: &File, at: u64, bytes: usize) -> io::Result<usize> {
    let mut sent = 0;
    let attempt = stream.try_io(Interest::WRITABLE, || {
        sent = send(stream, file, at, bytes)?;
        if sent < bytes {
            Err(io::ErrorKind::WouldBlock.into())
        } else {
            Ok(())
        }
    });
    match attempt {
        Err(error) if sent == 0 => Err(error),
        _ => Ok(sent),
    }
}

/// The beginning of what is left.
fn window(left: &Range<u64>, most: usize) -> usize {
    usize::try_from(left.end - left.start).map_or(most, |left| left.min(most))
}

/// A fault of the file or its disk, rather than of the connection.
fn is_the_files(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::UnexpectedEof || error.raw_os_error() == Some(Errno::IO.raw_os_error())
}

/// What `sendfile(2)` says about a file that it cannot serve.
fn is_refusal(error: &io::Error) -> bool {
    let code = error.raw_os_error();
    [Errno::INVAL, Errno::NOSYS, Errno::OPNOTSUPP]
        .iter()
        .any(|refusal| code == Some(refusal.raw_os_error()))
}
