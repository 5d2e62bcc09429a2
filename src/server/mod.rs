//! The accept loop: connections in, within bounds; a graceful end.
//!
//! The caller brings the listener, the routes and the stop signal. What `axum::serve` does not bound is bounded here:
//! the time for headers, idle connections, their number in all and per address, and a reader that takes nothing for
//! minutes. A slow phone is never throttled. When all places are taken, who only sits there makes room.

mod framing;
mod limits;
mod outlet;
mod turned_away;
mod watchdog;

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_service::Service;

pub use limits::Limits;
use limits::{Guest, Guests};
use outlet::{Disk, Lane, Outgoing, Socket};
use turned_away::Door;

use crate::http::{Peer, Problem, lang};

/// After a refused accept (no file descriptors, no buffers) the loop rests this long instead of spinning.
const REST: Duration = Duration::from_millis(100);
/// Running answers get this long when the station stops.
const FAREWELL: Duration = Duration::from_secs(5);

/// Serves until `stop` is cancelled and the running answers are done, or five seconds have passed.
pub async fn run(listener: TcpListener, routes: Router, limits: Limits, stop: CancellationToken) {
    let guests = Arc::new(Guests::new(&limits));
    let tasks = TaskTracker::new();
    let cut = CancellationToken::new();
    let service = Arc::new(Tools {
        routes,
        limits,
        stop: stop.clone(),
        cut: cut.clone(),
        disk: Disk::default(),
        door: Door::default(),
    });
    let watchdog = tokio::spawn(watchdog::drive(stop.clone()));
    let mut failing = false;
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                failing = false;
                welcome(&tasks, &guests, &service, stream, peer);
            }
            Err(error) => {
                // Said once: it lasts until somebody leaves, and the loop comes back ten times a second.
                if !std::mem::replace(&mut failing, true) {
                    tracing::warn!(%error, "connections cannot be accepted at the moment");
                }
                tokio::select! { () = stop.cancelled() => break, () = tokio::time::sleep(REST) => {} }
            }
        }
    }
    drop(listener);
    watchdog.abort();
    tasks.close();
    if tokio::time::timeout(FAREWELL, tasks.wait()).await.is_err() {
        tracing::info!(open = tasks.len(), "the remaining connections are cut");
        cut.cancel();
        tasks.wait().await;
    }
}

struct Tools {
    routes: Router,
    limits: Limits,
    stop: CancellationToken,
    cut: CancellationToken,
    disk: Disk,
    door: Door,
}

/// Beyond the limits a connection gets a 503 at the door: a phone tries again, and those who are here keep their pace.
fn welcome(tasks: &TaskTracker, guests: &Arc<Guests>, tools: &Arc<Tools>, stream: TcpStream, peer: SocketAddr) {
    let Some(guest) = guests.admit(peer.ip()) else {
        tracing::debug!(%peer, "too many connections");
        if let Some(turning) = tools.door.turn_away(stream) {
            tasks.spawn(turning);
        }
        return;
    };
    tasks.spawn(serve(stream, peer, Arc::clone(tools), guest));
}

async fn serve(stream: TcpStream, peer: SocketAddr, tools: Arc<Tools>, guest: Arc<Guest>) {
    drop(stream.set_nodelay(true));
    let limits = &tools.limits;
    let lane = Lane::default();
    let socket = Socket::new(stream, lane.clone(), tools.disk.clone(), limits.stalled_reader);
    let routes = tools.routes.clone();
    let asked = Arc::clone(&guest);
    let service = service_fn(move |request| {
        let (lane, turn) = (lane.clone(), Arc::new(asked.turn()));
        let answering = answer(routes.clone(), peer, request);
        async move { Ok::<_, Infallible>(Outgoing::of(answering.await, &lane, turn)) }
    });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_time)
        .max_headers(100)
        .max_buf_size(64 * 1024)
        .half_close(false)
        // What `outlet` stands on: queued, never flattened.
        .writev(true)
        .pipeline_flush(false)
        .keep_alive(true);
    let connection = builder.serve_connection(TokioIo::new(socket), service);
    tokio::pin!(connection);
    let stopping = tokio::select! {
        outcome = guarded(connection.as_mut()) => Some(outcome),
        () = guest.must_leave() => Some(Ok(())),
        () = tools.stop.cancelled() => None,
    };
    let outcome = if let Some(outcome) = stopping {
        outcome
    } else {
        connection.as_mut().graceful_shutdown();
        tokio::select! { outcome = guarded(connection) => outcome, () = tools.cut.cancelled() => Ok(()) }
    };
    if let Err(error) = outcome {
        tracing::debug!(%peer, %error, "a connection ended early");
    }
    drop(guest);
}

/// A body that panics costs its own connection, and a line in the log.
async fn guarded(mut connection: Pin<&mut impl Future<Output = hyper::Result<()>>>) -> hyper::Result<()> {
    std::future::poll_fn(|cx| {
        catch_unwind(AssertUnwindSafe(|| connection.as_mut().poll(cx))).unwrap_or_else(|_| {
            tracing::error!("a connection panicked and was closed");
            Poll::Ready(Ok(()))
        })
    })
    .await
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
    let Ok(response) = std::future::poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| answering.as_mut().poll(cx)));
        polled.unwrap_or_else(|_| {
            let fault = std::io::Error::other(format!("the handler of {path} panicked"));
            Poll::Ready(Ok(Problem::internal(&fault).to_json(reader)))
        })
    })
    .await;
    response
}

/// Tells systemd, if it is listening, that the station is ready or stopping.
pub fn notify(state: sd_notify::NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::debug!(%error, "systemd was not told");
    }
}

#[cfg(test)]
mod tests;
