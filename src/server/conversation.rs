//! One connection from its first byte to its last: requests and answers by hyper, films by ourselves, in turn.

use std::convert::Infallible;
use std::error::Error;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{HttpService, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;

use super::lanes::{Lane, Traveller};
use super::limits::Guest;
use super::outlet::{Film, Handover, Outgoing, Socket, goes_on};
use super::{Tools, framing};
use crate::clock;
use crate::http::{Answers, Peer, Problem, lang};
use crate::media;

type Fault = Box<dyn Error + Send + Sync>;

/// A connection on one of the lanes.
pub(super) struct Talk {
    lane: Lane,
    socket: Socket,
    handover: Handover,
    /// What is to be sent before anything else is asked.
    film: Option<Box<Film>>,
    peer: SocketAddr,
    guest: Arc<Guest>,
}

impl Talk {
    /// On the desk's lane, where connections come in.
    pub(super) fn begins(stream: TcpStream, peer: SocketAddr, guest: Arc<Guest>, tools: &Tools) -> Self {
        drop(stream.set_nodelay(true));
        let handover = Handover::default();
        Self {
            lane: Lane::Desk,
            socket: Socket::new(stream, handover.clone(), tools.limits.stalled_reader),
            handover,
            film: None,
            peer,
            guest,
        }
    }

    /// On the lane whose event loop this is.
    fn arrives(traveller: Traveller, tools: &Tools) -> io::Result<Self> {
        let stream = TcpStream::from_std(traveller.stream)?;
        let mut talk = Self::begins(stream, traveller.peer, traveller.guest, tools);
        talk.lane = traveller.to;
        talk.socket.put_back(&traveller.unread);
        talk.film = traveller.film;
        Ok(talk)
    }

    /// Away from this event loop.
    fn leaves(self, to: Lane) -> io::Result<Traveller> {
        let (stream, unread) = self.socket.leave()?;
        Ok(Traveller {
            to,
            stream,
            unread,
            film: self.film,
            peer: self.peer,
            guest: self.guest,
        })
    }
}

/// Serves a connection until its end, or until it moves to the other lane and goes on there; it is cut when its place is
/// needed or the farewell is over.
pub(super) async fn hold(talk: Talk, tools: Arc<Tools>) {
    let (peer, guest) = (talk.peer, Arc::clone(&talk.guest));
    let outcome = {
        let conversation = pin!(converse(talk, &tools));
        tokio::select! {
            biased;
            outcome = guarded(conversation) => outcome,
            () = guest.must_leave() => Ok(None),
        }
    };
    match outcome {
        Ok(None) => {}
        Ok(Some(traveller)) => go_on(*traveller, tools),
        Err(error) => tracing::debug!(%peer, %error, "a connection ended early"),
    }
}

/// Goes on where the traveller wants to be.
fn go_on(traveller: Traveller, tools: Arc<Tools>) {
    let (lane, tasks) = (tools.lanes.handle(traveller.to), tools.tasks.clone());
    let going: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(async move {
        match Talk::arrives(traveller, &tools) {
            Ok(talk) => hold(talk, tools).await,
            Err(error) => tracing::warn!(%error, "a connection could not change its event loop"),
        }
    });
    tasks.spawn_on(going, &lane);
}

/// A body that panics costs its own connection, and a line in the log.
async fn guarded<T>(
    mut conversation: Pin<&mut impl Future<Output = Result<Option<T>, Fault>>>,
) -> Result<Option<T>, Fault> {
    poll_fn(|cx| {
        catch_unwind(AssertUnwindSafe(|| conversation.as_mut().poll(cx))).unwrap_or_else(|_| {
            tracing::error!("a connection panicked and was closed");
            Poll::Ready(Ok(None))
        })
    })
    .await
}

/// Until the end (nothing is left), or until the other lane is the right one.
async fn converse(mut talk: Talk, tools: &Tools) -> Result<Option<Box<Traveller>>, Fault> {
    loop {
        if let Some(film) = talk.film.take() {
            let goes_on = film.goes_on;
            film.send(&mut talk.socket, &tools.disk).await?;
            if !goes_on || tools.stop.is_cancelled() {
                talk.socket.end()?;
                return Ok(None);
            }
        }
        // Who only sits there has no hyper yet, and no buffers.
        let is_over = tokio::select! {
            biased;
            asked = talk.socket.asked() => asked.map(|()| false)?,
            () = tools.stop.cancelled() => true,
            () = tokio::time::sleep(tools.limits.header_time) => true,
        };
        if is_over {
            talk.socket.end()?;
            return Ok(None);
        }
        if talk.lane == Lane::Films && !talk.socket.asks_below(media::DOOR) {
            return Ok(Some(Box::new(talk.leaves(Lane::Desk)?)));
        }
        let speaking = speak(talk.socket, &talk.handover, talk.peer, tools, &talk.guest);
        let Some((socket, film)) = Box::pin(speaking).await? else {
            return Ok(None);
        };
        (talk.socket, talk.film) = (socket, Some(Box::new(film)));
        if talk.lane == Lane::Desk {
            return Ok(Some(Box::new(talk.leaves(Lane::Films)?)));
        }
    }
}

/// Requests and answers, until hyper has announced a film; none if the connection is over.
async fn speak(
    socket: Socket,
    handover: &Handover,
    peer: SocketAddr,
    tools: &Tools,
    guest: &Arc<Guest>,
) -> hyper::Result<Option<(Socket, Film)>> {
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let (turn, goes_on) = (Arc::new(guest.turn()), goes_on(&request));
        let answering = answer(&*tools.routes, peer, request);
        async move { Ok::<_, Infallible>(Outgoing::of(answering.await, handover, turn, goes_on)) }
    });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(tools.limits.header_time)
        .max_headers(100)
        .max_buf_size(64 * 1024)
        .half_close(false)
        // By a date from 1970 a phone would think that what it keeps is half a century old (RFC 9110 §6.6.1).
        .auto_date_header(clock::present().is_some())
        .pipeline_flush(false)
        .keep_alive(true);
    let mut connection = builder.serve_connection(TokioIo::new(socket), service);
    let ended = tokio::select! {
        biased;
        ended = poll_fn(|cx| until_a_film(&mut connection, handover, cx)) => Some(ended),
        () = tools.stop.cancelled() => None,
    };
    let ended = if let Some(ended) = ended {
        ended
    } else {
        Pin::new(&mut connection).graceful_shutdown();
        poll_fn(|cx| until_a_film(&mut connection, handover, cx)).await
    };
    Ok(ended?.map(|film| {
        let parts = connection.into_parts();
        let mut socket = parts.io.into_inner();
        socket.put_back(&parts.read_buf);
        (socket, film)
    }))
}

type Connection<S> = http1::Connection<TokioIo<Socket>, S>;

fn until_a_film<S>(
    connection: &mut Connection<S>,
    handover: &Handover,
    cx: &mut Context<'_>,
) -> Poll<hyper::Result<Option<Film>>>
where
    S: HttpService<Incoming, ResBody = Outgoing, Error = Infallible> + Unpin,
{
    match Pin::new(connection).poll(cx) {
        Poll::Ready(outcome) => Poll::Ready(outcome.map(|()| None)),
        Poll::Pending => handover
            .take()
            .map_or(Poll::Pending, |film| Poll::Ready(Ok(Some(film)))),
    }
}

/// A handler that panics costs its own request and nothing else.
async fn answer(routes: &dyn Answers, peer: SocketAddr, request: hyper::Request<Incoming>) -> Response {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(Peer(peer));
    let path = request.uri().path().to_owned();
    let reader = lang::of(request.headers());
    if !framing::is_plain(request.headers()) {
        return framing::refusal(reader);
    }
    let mut answering = routes.answer(request);
    poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| answering.as_mut().poll(cx)));
        polled.unwrap_or_else(|_| {
            let fault = io::Error::other(format!("the handler of {path} panicked"));
            Poll::Ready(Problem::internal(&fault).to_json(reader))
        })
    })
    .await
}
