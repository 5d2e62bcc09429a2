//! A connection whose reader takes nothing at all for minutes is closed: its phone has left the room.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::Sleep;

/// A write that waits tries once in a while without being told to: a file that ended or failed in the middle of a
/// stretch looks like a socket that is full, until the next attempt says why.
const TRY_EVERY: Duration = Duration::from_secs(2);

/// What to do when a write has waited for some time.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Waited {
    /// Try, whether or not the socket is said to be ready.
    Try,
    /// The reader has taken nothing for too long.
    Lost,
}

/// Watches one connection's writes. One timer per connection, set when a write first has to wait and looked at only when
/// it rings: a reader that moves costs next to nothing.
#[derive(Debug)]
pub(super) struct Patience {
    span: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    moved: bool,
    /// How long nothing has moved, as far as the timer has rung.
    stood: Duration,
}

impl Patience {
    pub(super) fn new(span: Duration) -> Self {
        Self {
            span,
            timer: None,
            moved: false,
            stood: Duration::ZERO,
        }
    }

    /// The reader took something.
    pub(super) fn moved(&mut self) {
        self.moved = true;
    }

    /// The write waits for the reader.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Waited> {
        let every = self.span.min(TRY_EVERY);
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(every)));
        ready!(timer.as_mut().poll(cx));
        // From now, not from when it should have rung: an alarm from a time that needed no waiting is old.
        let now = timer.deadline() + timer.deadline().elapsed();
        timer.as_mut().reset(now + every);
        // Polled at once, or nothing would ring.
        let rings_later = timer.as_mut().poll(cx);
        debug_assert!(rings_later.is_pending());
        if std::mem::take(&mut self.moved) {
            self.stood = Duration::ZERO;
        } else {
            self.stood += every;
        }
        let waited = if self.stood >= self.span {
            Waited::Lost
        } else {
            Waited::Try
        };
        Poll::Ready(waited)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_stands_still_is_tried_and_then_lost_and_who_moves_is_neither() {
        let mut patience = Patience::new(TRY_EVERY * 3);
        let mut rings = Vec::new();
        for moves in [true, false, true, false, false, false] {
            if moves {
                patience.moved();
            }
            rings.push(poll_fn(|cx| patience.poll(cx)).await);
        }
        let (last, before) = rings.split_last().unwrap();
        assert_eq!(*last, Waited::Lost);
        assert!(before.iter().all(|waited| *waited == Waited::Try), "{before:?}");
    }
}
