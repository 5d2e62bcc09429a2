//! The accept loop: connections in, within bounds; a graceful end.
//!
//! The caller brings the listener, the routes and the stop signal. What `axum::serve` does not bound is bounded here:
//! the time for headers, idle connections, their number in all and per address, and a reader that takes nothing for
//! minutes. A slow phone is never throttled. When all places are taken, who only sits there makes room. Films flow on an
//! event loop of their own (`lanes`).

mod conversation;
mod framing;
mod lanes;
mod limits;
mod outlet;
mod turned_away;
mod watchdog;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use conversation::Talk;
use lanes::Lanes;
use limits::Guests;
pub use limits::Limits;
use outlet::Disk;
use turned_away::Door;

use crate::clock::monotonic;
use crate::http::Answers;
use crate::types::Millis;

/// After a refused accept (no file descriptors, no buffers) the loop rests this long instead of spinning.
const REST: Duration = Duration::from_millis(100);
/// Running answers get this long when the station stops.
const FAREWELL: Duration = Duration::from_secs(5);

/// Serves until `stop` is cancelled and the running answers are done, or five seconds have passed.
pub async fn run(listener: TcpListener, routes: impl Answers + 'static, limits: Limits, stop: CancellationToken) {
    without_pacing(&listener);
    let cut = CancellationToken::new();
    let guests = Arc::new(Guests::new(&limits, cut.clone()));
    let tools = Arc::new(Tools {
        routes: Box::new(routes),
        limits,
        stop: stop.clone(),
        disk: Disk::default(),
        door: Door::default(),
        lanes: Lanes::from_here(),
        tasks: TaskTracker::new(),
    });
    let watchdog = tokio::spawn(watchdog::drive(Arc::clone(&tools)));
    let mut complaint = Complaint::default();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                welcome(&guests, &tools, stream, peer);
            }
            Err(error) => {
                if complaint.is_due(monotonic()) {
                    tracing::warn!(%error, "connections cannot be accepted at the moment");
                }
                tokio::select! { () = stop.cancelled() => break, () = tokio::time::sleep(REST) => {} }
            }
        }
    }
    drop(listener);
    watchdog.abort();
    tools.tasks.close();
    if tokio::time::timeout(FAREWELL, tools.tasks.wait()).await.is_err() {
        tracing::info!(open = tools.tasks.len(), "the remaining connections are cut");
        cut.cancel();
        tools.tasks.wait().await;
    }
}

/// The connections of this listener shall not be paced. Some systems pace every connection by themselves (BBR): its
/// timers cost four times the processor per gigabyte here, and what it saves is on long ways with lossy routers, not in a
/// village's own network. The kernel's own default is asked for by name; where it may not be chosen all stays as it is.
fn without_pacing(listener: &TcpListener) {
    if let Err(error) = rustix::net::sockopt::set_tcp_congestion(listener, "cubic") {
        tracing::debug!(%error, "connections are paced as the system wants it");
    }
}

/// What lasts until somebody leaves, and comes back ten times a second, is said once a minute.
#[derive(Debug, Default)]
struct Complaint {
    said: Option<Millis>,
}

impl Complaint {
    fn is_due(&mut self, now: Millis) -> bool {
        let due = self.said.is_none_or(|said| now.minus(said) >= Millis::secs(60));
        if due {
            self.said = Some(now);
        }
        due
    }
}

struct Tools {
    routes: Box<dyn Answers>,
    limits: Limits,
    stop: CancellationToken,
    disk: Disk,
    door: Door,
    lanes: Lanes,
    tasks: TaskTracker,
}

/// Beyond the limits a connection gets a 503 at the door: a phone tries again, and those who are here keep their pace.
fn welcome(guests: &Arc<Guests>, tools: &Arc<Tools>, stream: TcpStream, peer: SocketAddr) {
    let Some(guest) = guests.admit(peer.ip()) else {
        tracing::debug!(%peer, "too many connections");
        if let Some(turning) = tools.door.turn_away(stream) {
            tools.tasks.spawn(turning);
        }
        return;
    };
    let talk = Talk::begins(stream, peer, guest, tools);
    tools.tasks.spawn(conversation::hold(talk, Arc::clone(tools)));
}

/// Tells systemd, if it is listening, that the station is ready or stopping.
pub fn notify(state: sd_notify::NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::debug!(%error, "systemd was not told");
    }
}

#[cfg(test)]
mod tests;
