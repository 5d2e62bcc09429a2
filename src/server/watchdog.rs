//! Tells systemd's watchdog, if it watches, that the event loop still turns.

use sd_notify::NotifyState;
use tokio_util::sync::CancellationToken;

/// Twice in each interval of `WATCHDOG_USEC` (`sd_watchdog_enabled(3)` recommends half), until the station stops. It runs
/// on the event loop that serves viewers: where that hangs, this hangs, and the station is started again.
pub(super) async fn drive(stop: CancellationToken) {
    let Some(interval) = sd_notify::watchdog_enabled() else {
        return;
    };
    let mut every = tokio::time::interval(interval / 2);
    loop {
        tokio::select! { () = stop.cancelled() => return, _ = every.tick() => {} }
        super::notify(NotifyState::Watchdog);
    }
}
