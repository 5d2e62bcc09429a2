//! The connection as hyper sees it: reads are the socket's, writes go from memory or straight from a file.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{SendAncillaryBuffer, SendFlags, Shutdown};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;

use super::lane::{Lane, Window, stands_for_a_file};
use super::stall::Patience;
use super::warmth::{Disk, Fetched, ask_whether_full, send};

/// After so many bytes of files the others have a go. Less costs switches, more costs the others' patience: at a
/// gigabyte per second this is a quarter of a millisecond.
pub(super) const TURN: usize = 256 * 1024;
/// A file that `sendfile` does not serve passes through memory in pieces of this size.
const COPIED: usize = 64 * 1024;

type Job = Pin<Box<dyn Future<Output = io::Result<Fetched>> + Send>>;

/// One connection.
pub(in crate::server) struct Socket {
    stream: Arc<TcpStream>,
    lane: Lane,
    disk: Disk,
    patience: Patience,
    /// The thread that waits for the disk for us. At most one.
    job: Option<Job>,
    /// Whether files go by `sendfile`; a file system may refuse.
    by_sendfile: bool,
    /// What was read and not written yet, if they do not.
    copied: Vec<u8>,
    /// Bytes of files since the others had a go.
    turn: usize,
}

/// How one attempt to send the file ended.
enum Step {
    /// The kernel took so many bytes.
    Sent(usize),
    /// Look again.
    Again,
}

impl Socket {
    pub(in crate::server) fn new(stream: TcpStream, lane: Lane, disk: Disk, patience: Duration) -> Self {
        Self {
            stream: Arc::new(stream),
            lane,
            disk,
            patience: Patience::new(patience),
            job: None,
            by_sendfile: true,
            copied: Vec::new(),
            turn: 0,
        }
    }

    /// As if every file system refused `sendfile`.
    #[cfg(test)]
    pub(super) fn copying(mut self) -> Self {
        self.by_sendfile = false;
        self
    }

    /// Ready when the socket takes something, or with an error when its reader took nothing for too long.
    fn poll_writable(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Poll::Ready(outcome) = self.stream.poll_write_ready(cx) {
            return Poll::Ready(outcome);
        }
        self.turn = 0;
        ready!(self.patience.poll_lost(cx));
        Poll::Ready(Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "the reader takes nothing any more",
        )))
    }

    /// Memory, up to the first file. The head waits for the file's first bytes to share a segment with them, unless
    /// they must come from the disk: then the player learns at once that they will.
    fn poll_text(&mut self, cx: &mut Context<'_>, text: &[IoSlice<'_>], file_follows: bool) -> Poll<io::Result<usize>> {
        let together = file_follows && self.by_sendfile && self.lane.next().is_some_and(|next| next.warm);
        let flags = if together {
            SendFlags::NOSIGNAL | SendFlags::MORE
        } else {
            SendFlags::NOSIGNAL
        };
        loop {
            ready!(self.poll_writable(cx))?;
            let stream = &self.stream;
            let write = || {
                let sent = rustix::net::sendmsg(&**stream, text, &mut SendAncillaryBuffer::default(), flags);
                sent.map_err(io::Error::from)
            };
            match stream.try_io(Interest::WRITABLE, write) {
                Err(error) if is_passing(&error) => {}
                outcome => {
                    self.patience.moved();
                    return Poll::Ready(outcome);
                }
            }
        }
    }

    /// The file at the front of the lane.
    fn poll_file(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        loop {
            if let Some(job) = self.job.as_mut() {
                let outcome = ready!(job.as_mut().poll(cx));
                self.job = None;
                if let Step::Sent(bytes) = self.fetched(outcome)? {
                    return Poll::Ready(Ok(bytes));
                }
            }
            if self.turn >= TURN {
                self.turn = 0;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            ready!(self.poll_writable(cx))?;
            if let Step::Sent(bytes) = self.step()? {
                return Poll::Ready(Ok(bytes));
            }
        }
    }

    /// One attempt; the socket is writable.
    fn step(&mut self) -> io::Result<Step> {
        if !self.copied.is_empty() {
            return self.write_copied();
        }
        let Window { file, at, bytes, warm } = self.next()?;
        let disk = self.disk.clone();
        if !self.by_sendfile {
            self.job = Some(Box::pin(disk.copy(file, at, bytes.min(COPIED))));
            return Ok(Step::Again);
        }
        let stream = &self.stream;
        if !warm {
            self.job = Some(Box::pin(disk.send(Arc::clone(stream), file, at, bytes)));
            return Ok(Step::Again);
        }
        let sent = stream.try_io(Interest::WRITABLE, || send(stream, &file, at, bytes));
        self.judge(sent)
    }

    fn next(&self) -> io::Result<Window> {
        self.lane
            .next()
            .ok_or_else(|| io::Error::other("there is no file to send"))
    }

    /// A thread came back.
    fn fetched(&mut self, outcome: io::Result<Fetched>) -> io::Result<Step> {
        match outcome {
            Ok(Fetched::Sent(0)) => {
                ask_whether_full(&self.stream);
                Ok(Step::Again)
            }
            Ok(Fetched::Sent(bytes)) => {
                self.lane.fetched(bytes);
                Ok(self.took(bytes))
            }
            Ok(Fetched::Copied(window)) => {
                self.copied = window;
                Ok(Step::Again)
            }
            Err(error) => self.judge(Err(error)),
        }
    }

    fn write_copied(&mut self) -> io::Result<Step> {
        match self.stream.try_write(&self.copied) {
            Ok(bytes) => {
                self.copied.drain(..bytes);
                Ok(self.took(bytes))
            }
            outcome => self.judge(outcome),
        }
    }

    fn judge(&mut self, sent: io::Result<usize>) -> io::Result<Step> {
        match sent {
            Ok(bytes) => Ok(self.took(bytes)),
            Err(error) if is_passing(&error) => Ok(Step::Again),
            Err(error) if self.by_sendfile && is_refusal(&error) => {
                tracing::debug!(%error, "this file system does not serve sendfile; the file is copied");
                self.by_sendfile = false;
                Ok(Step::Again)
            }
            Err(error) => {
                if is_the_files(&error) {
                    tracing::warn!(%error, "a file ended or failed while it was sent");
                    self.lane.failed(&error);
                }
                Err(error)
            }
        }
    }

    fn took(&mut self, bytes: usize) -> Step {
        self.lane.took(bytes);
        self.patience.moved();
        self.turn += bytes;
        Step::Sent(bytes)
    }
}

/// Not now, or not this time.
fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
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

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
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

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let text = slices.iter().take_while(|slice| !stands_for_a_file(slice)).count();
        let socket = self.get_mut();
        if text > 0 {
            socket.poll_text(cx, &slices[..text], text < slices.len())
        } else {
            socket.poll_file(cx)
        }
    }

    /// Without this hyper would flatten what it queues, the stand-ins among it.
    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(rustix::net::shutdown(&*self.stream, Shutdown::Write).map_err(io::Error::from))
    }
}
