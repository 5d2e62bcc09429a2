//! Tells systemd's watchdog, if it watches, that both event loops still turn.

use std::sync::Arc;

use sd_notify::NotifyState;

use super::Tools;

/// Twice in each interval of `WATCHDOG_USEC` (`sd_watchdog_enabled(3)` recommends half), until the station stops. It runs
/// on the event loop that answers and asks the one of films: where either hangs, this hangs, and the station is started
/// again.
pub(super) async fn drive(tools: Arc<Tools>) {
    let Some(interval) = sd_notify::watchdog_enabled() else {
        return;
    };
    let mut every = tokio::time::interval(interval / 2);
    loop {
        tokio::select! { () = tools.stop.cancelled() => return, _ = every.tick() => {} }
        tools.lanes.films_turn().await;
        super::notify(NotifyState::Watchdog);
    }
}
