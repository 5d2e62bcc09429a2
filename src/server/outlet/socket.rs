//! The connection: what hyper reads from and writes to, and what a film is sent into.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use rustix::net::{RecvFlags, SendAncillaryBuffer, SendFlags, Shutdown};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;

use super::handover::Handover;
use super::stall::{Patience, Waited};

/// Whether there is room in the socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    /// The kernel said so.
    Said,
    /// It has not said so for some time; to be tried once.
    Unsaid,
}

/// One connection.
pub(in crate::server) struct Socket {
    /// Shared with the thread that fetches a cold stretch for it.
    pub(super) stream: Arc<TcpStream>,
    handover: Handover,
    patience: Patience,
    /// What an earlier hyper had read and not looked at yet.
    unread: Bytes,
}

impl Socket {
    pub(in crate::server) fn new(stream: TcpStream, handover: Handover, patience: Duration) -> Self {
        Self {
            stream: Arc::new(stream),
            handover,
            patience: Patience::new(patience),
            unread: Bytes::new(),
        }
    }

    /// Gives back what hyper had read too much; copied, for it lies in a buffer of 8 KiB.
    pub(in crate::server) fn put_back(&mut self, read: &Bytes) {
        self.unread = Bytes::copy_from_slice(read);
    }

    /// Ready when something of the next request is there, or the end.
    pub(in crate::server) async fn asked(&self) -> io::Result<()> {
        if self.unread.is_empty() {
            self.stream.readable().await?;
        }
        Ok(())
    }

    /// Whether the request that is there asks for something below a path. At the end of the connection, or if nothing is
    /// there after all, too: then nothing has to be moved for it.
    pub(in crate::server) fn asks_below(&self, path: &str) -> bool {
        let mut begins = [0; 64];
        let begins = if self.unread.is_empty() {
            let look = || rustix::net::recv(&*self.stream, &mut begins, RecvFlags::PEEK).map_err(io::Error::from);
            match self.stream.try_io(Interest::READABLE, look) {
                Ok((1.., there)) => begins.get(..there).unwrap_or_default(),
                _ => return true,
            }
        } else {
            &self.unread
        };
        let asked = begins.strip_prefix(b"GET ").or_else(|| begins.strip_prefix(b"HEAD "));
        asked.is_some_and(|asked| asked.starts_with(path.as_bytes()))
    }

    /// Takes the connection away from this event loop: its stream, and what was read of the next request.
    pub(in crate::server) fn leave(self) -> io::Result<(std::net::TcpStream, Bytes)> {
        let stream = Arc::into_inner(self.stream).ok_or_else(|| io::Error::other("a thread still sends into it"))?;
        Ok((stream.into_std()?, self.unread))
    }

    /// Ready when the socket takes something, or may; with an error when its reader took nothing for too long.
    pub(super) fn poll_writable(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Room>> {
        if let Poll::Ready(outcome) = self.stream.poll_write_ready(cx) {
            return Poll::Ready(outcome.map(|()| Room::Said));
        }
        match ready!(self.patience.poll(cx)) {
            Waited::Try => Poll::Ready(Ok(Room::Unsaid)),
            Waited::Lost => Poll::Ready(Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "the reader takes nothing any more",
            ))),
        }
    }

    /// The reader took something.
    pub(super) fn moved(&mut self) {
        self.patience.moved();
    }

    /// Writes what the socket takes of some text.
    pub(super) fn poll_text(
        &mut self,
        cx: &mut Context<'_>,
        text: &[IoSlice<'_>],
        flags: SendFlags,
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.poll_writable(cx))?;
            let stream = &self.stream;
            let write = || {
                let flags = flags | SendFlags::NOSIGNAL;
                let sent = rustix::net::sendmsg(&**stream, text, &mut SendAncillaryBuffer::default(), flags);
                sent.map_err(io::Error::from)
            };
            match stream.try_io(Interest::WRITABLE, write) {
                Err(error) if is_passing(&error) => {}
                outcome => {
                    self.moved();
                    return Poll::Ready(outcome);
                }
            }
        }
    }

    /// Says goodbye. What the client has sent meanwhile is taken from the kernel and dropped: unread bytes would make it
    /// reset the connection, and the reader lose the end of his film (RFC 9112 §9.6).
    pub(in crate::server) fn end(self) -> io::Result<()> {
        rustix::net::shutdown(&*self.stream, Shutdown::Write)?;
        let mut sink = [0; 1024];
        for _ in 0..64 {
            if !matches!(self.stream.try_read(&mut sink), Ok(1..)) {
                break;
            }
        }
        Ok(())
    }
}

/// Not now, or not this time.
pub(super) fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.unread.is_empty() {
            let fits = self.unread.len().min(buffer.remaining());
            buffer.put_slice(&self.unread[..fits]);
            self.unread.advance(fits);
            return Poll::Ready(Ok(()));
        }
        loop {
            ready!(self.stream.poll_read_ready(cx))?;
            match self.stream.try_read_buf(buffer) {
                Err(error) if is_passing(&error) => {}
                outcome => return Poll::Ready(outcome.map(drop)),
            }
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    /// The head waits for the film's first bytes to share a segment with them, unless they must come from the disk: then
    /// the player learns at once that they will.
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        text: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let socket = self.get_mut();
        let flags = if socket.handover.follows_at_once() {
            SendFlags::MORE
        } else {
            SendFlags::empty()
        };
        socket.poll_text(cx, text, flags)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// hyper asks for this when its queue is empty.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.handover.all_is_written();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(rustix::net::shutdown(&*self.stream, Shutdown::Write).map_err(io::Error::from))
    }
}
