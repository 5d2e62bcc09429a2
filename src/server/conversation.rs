//! One connection from its first byte to its last: requests and answers by hyper, films by ourselves, in turn.

use std::convert::Infallible;
use std::error::Error;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{HttpService, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tower_service::Service;

use super::limits::Guest;
use super::outlet::{Film, Handover, Outgoing, Socket, goes_on};
use super::{Tools, framing};
use crate::http::{Peer, Problem, lang};

type Fault = Box<dyn Error + Send + Sync>;

/// Serves a connection until its end; it is cut when its place is needed or the farewell is over.
pub(super) async fn hold(stream: TcpStream, peer: SocketAddr, tools: Arc<Tools>, guest: Arc<Guest>) {
    let conversation = pin!(converse(stream, peer, &tools, &guest));
    let outcome = tokio::select! {
        biased;
        outcome = guarded(conversation) => outcome,
        () = guest.must_leave() => Ok(()),
    };
    if let Err(error) = outcome {
        tracing::debug!(%peer, %error, "a connection ended early");
    }
}

/// A body that panics costs its own connection, and a line in the log.
async fn guarded(mut conversation: Pin<&mut impl Future<Output = Result<(), Fault>>>) -> Result<(), Fault> {
    poll_fn(|cx| {
        catch_unwind(AssertUnwindSafe(|| conversation.as_mut().poll(cx))).unwrap_or_else(|_| {
            tracing::error!("a connection panicked and was closed");
            Poll::Ready(Ok(()))
        })
    })
    .await
}

async fn converse(stream: TcpStream, peer: SocketAddr, tools: &Tools, guest: &Arc<Guest>) -> Result<(), Fault> {
    drop(stream.set_nodelay(true));
    let handover = Handover::default();
    let mut socket = Socket::new(stream, handover.clone(), tools.limits.stalled_reader);
    loop {
        // Who only sits there has no hyper yet, and no buffers.
        tokio::select! {
            biased;
            asked = socket.asked() => asked?,
            () = tools.stop.cancelled() => return Ok(socket.end()?),
            () = tokio::time::sleep(tools.limits.header_time) => return Ok(socket.end()?),
        }
        let Some((back, film)) = Box::pin(speak(socket, &handover, peer, tools, guest)).await? else {
            return Ok(());
        };
        socket = back;
        let goes_on = film.goes_on;
        film.send(&mut socket, &tools.disk).await?;
        if !goes_on || tools.stop.is_cancelled() {
            return Ok(socket.end()?);
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
        let answering = answer(tools.routes.clone(), peer, request);
        async move { Ok::<_, Infallible>(Outgoing::of(answering.await, handover, turn, goes_on)) }
    });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(tools.limits.header_time)
        .max_headers(100)
        .max_buf_size(64 * 1024)
        .half_close(false)
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
async fn answer(mut routes: Router, peer: SocketAddr, request: hyper::Request<Incoming>) -> Response {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(Peer(peer));
    let path = request.uri().path().to_owned();
    let reader = lang::of(request.headers());
    if !framing::is_plain(request.headers()) {
        return framing::refusal(reader);
    }
    let mut answering = Box::pin(routes.call(request));
    let Ok(response) = poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| answering.as_mut().poll(cx)));
        polled.unwrap_or_else(|_| {
            let fault = std::io::Error::other(format!("the handler of {path} panicked"));
            Poll::Ready(Ok(Problem::internal(&fault).to_json(reader)))
        })
    })
    .await;
    response
}
