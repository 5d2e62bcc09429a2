//! Waiting for the next thing to do; what comes in a burst is taken together.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use crate::monotonic::now_ms;

/// Events come in bursts; a short breath puts the two halves of a rename into one look. It is counted from the first
/// event: a copy that never pauses must not hold up everything else.
const BREATH_MS: u64 = 150;
/// So many touched places are looked at one by one; more are a sweep.
const TOUCHED: usize = 1_000;

/// Why the thread wakes up.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wake {
    Touched(PathBuf),
    Sweep,
    /// What lies there is the library now: the operator says so.
    Accept,
    Stop,
}

/// What is to be looked at.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// These; none if only the time has come.
    Touched(BTreeSet<PathBuf>),
    Everything {
        /// And take it for the library, whatever it is.
        accept: bool,
    },
    Stop,
}

/// Waits until `until` (milliseconds of the machine's clock) or until something is heard.
pub(super) fn wait(wakes: &Receiver<Wake>, mut until: u64) -> Heard {
    let mut touched = BTreeSet::new();
    let (mut everything, mut accept) = (false, false);
    loop {
        match wakes.recv_timeout(Duration::from_millis(until.saturating_sub(now_ms()))) {
            Ok(Wake::Touched(path)) => drop(touched.insert(path)),
            Ok(Wake::Sweep) => everything = true,
            Ok(Wake::Accept) => (everything, accept) = (true, true),
            Ok(Wake::Stop) | Err(RecvTimeoutError::Disconnected) => return Heard::Stop,
            Err(RecvTimeoutError::Timeout) if everything => return Heard::Everything { accept },
            Err(RecvTimeoutError::Timeout) => return Heard::Touched(touched),
        }
        until = until.min(now_ms().saturating_add(BREATH_MS));
        if touched.len() > TOUCHED {
            return Heard::Everything { accept };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::sync_channel;

    #[test]
    fn a_copy_that_never_pauses_does_not_hold_up_the_rest() {
        let (wake, wakes) = sync_channel(1);
        let never_pauses = std::thread::spawn(move || while wake.send(Wake::Touched("a.mp4".into())).is_ok() {});
        let heard = wait(&wakes, u64::MAX);
        drop(wakes);
        never_pauses.join().unwrap();
        assert_eq!(heard, Heard::Touched([PathBuf::from("a.mp4")].into()));
    }

    #[test]
    fn a_flood_of_names_is_a_sweep() {
        let (wake, wakes) = sync_channel(2 * TOUCHED);
        for n in 0..=TOUCHED {
            wake.send(Wake::Touched(n.to_string().into())).unwrap();
        }
        assert_eq!(wait(&wakes, u64::MAX), Heard::Everything { accept: false });
    }
}
