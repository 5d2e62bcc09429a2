//! A connection whose reader takes nothing at all for minutes is closed: its phone has left the room.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// Watches one connection's writes. One timer per connection, set when a write first has to wait and looked at only when
/// it rings: a reader that moves costs nothing, and one that stands still is noticed after one to two patiences.
#[derive(Debug)]
pub(super) struct Patience {
    span: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    moved: bool,
}

impl Patience {
    pub(super) fn new(span: Duration) -> Self {
        Self {
            span,
            timer: None,
            moved: false,
        }
    }

    /// The reader took something.
    pub(super) fn moved(&mut self) {
        self.moved = true;
    }

    /// The write waits for the reader. Ready when he has taken nothing for too long.
    pub(super) fn poll_lost(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let span = self.span;
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(span)));
        loop {
            ready!(timer.as_mut().poll(cx));
            if !std::mem::take(&mut self.moved) {
                return Poll::Ready(());
            }
            let rang = timer.deadline();
            timer.as_mut().reset((rang + span).max(after(rang, span)));
        }
    }
}

/// An old alarm, from a time when the reader needed no waiting for, must not ring again at once.
fn after(rang: Instant, span: Duration) -> Instant {
    rang + rang.elapsed() + span
}
