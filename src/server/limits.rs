//! How many connections there may be, and from whom.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// Bounds on connections.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Open connections in all.
    pub connections: usize,
    /// Open connections of one address: a browser opens six; behind a second router sit several phones.
    pub per_address: usize,
    /// Time for a request's headers to come in, and for an idle connection to ask something.
    pub header_time: Duration,
    /// A reader that takes nothing for so long is gone.
    pub stalled_reader: Duration,
}

/// Who is here, and who of them only sits there.
///
/// A connection *rests* while no request of it is being answered: it has sent none yet, or keeps itself open for the
/// next. When all places are taken, the one that has rested longest makes room for a newcomer; a browser opens another
/// when it needs one. So a crowd that connects and says nothing keeps nobody out.
#[derive(Debug)]
pub(super) struct Guests {
    /// When this is cancelled everybody must leave.
    farewell: CancellationToken,
    connections: usize,
    per_address: usize,
    here: Mutex<Here>,
}

#[derive(Debug, Default)]
struct Here {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
    /// Those who rest, the longest first.
    resting: BTreeMap<u64, CancellationToken>,
    next_key: u64,
}

impl Here {
    fn rest(&mut self, leave: &CancellationToken) -> u64 {
        self.next_key += 1;
        self.resting.insert(self.next_key, leave.clone());
        self.next_key
    }
}

impl Guests {
    pub(super) fn new(limits: &Limits, farewell: CancellationToken) -> Self {
        Self {
            farewell,
            connections: limits.connections,
            per_address: limits.per_address,
            here: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Here> {
        self.here.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Arc<Guest>> {
        let mut here = self.lock();
        if here.by_address.get(&address).is_some_and(|n| *n >= self.per_address) {
            return None;
        }
        if here.all >= self.connections {
            let (_, longest) = here.resting.pop_first()?;
            longest.cancel();
        }
        here.all += 1;
        *here.by_address.entry(address).or_default() += 1;
        let leave = self.farewell.child_token();
        let key = here.rest(&leave);
        Some(Arc::new(Guest {
            address,
            leave,
            state: Mutex::new(State { key, turns: 0 }),
            guests: Arc::clone(self),
        }))
    }
}

/// A place that is given back when its connection ends, however it ends.
#[derive(Debug)]
pub(super) struct Guest {
    address: IpAddr,
    leave: CancellationToken,
    state: Mutex<State>,
    guests: Arc<Guests>,
}

/// Locked before [`Guests`] is.
#[derive(Debug)]
struct State {
    /// Where it stands among those who rest.
    key: u64,
    /// Requests that are being answered: hyper begins the next before the last byte of the one before is written.
    turns: usize,
}

impl Guest {
    /// Ready when a newcomer needs the place, or the farewell is over.
    pub(super) async fn must_leave(&self) {
        self.leave.cancelled().await;
    }

    /// From here until the turn is dropped a request is being answered, and nobody takes the place.
    pub(super) fn turn(self: &Arc<Self>) -> Turn {
        let mut state = self.state();
        if state.turns == 0 {
            self.guests.lock().resting.remove(&state.key);
        }
        state.turns += 1;
        Turn(Arc::clone(self))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let key = self.state().key;
        let mut here = self.guests.lock();
        here.resting.remove(&key);
        here.all -= 1;
        match here.by_address.get_mut(&self.address) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(here.by_address.remove(&self.address)),
        }
    }
}

/// One request being answered, to the last byte.
#[derive(Debug)]
pub(super) struct Turn(Arc<Guest>);

impl Drop for Turn {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.turns -= 1;
        if state.turns == 0 {
            state.key = self.0.guests.lock().rest(&self.0.leave);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECONDS: Duration = Duration::from_secs(1);

    fn guests(connections: usize, per_address: usize) -> Arc<Guests> {
        let limits = Limits {
            connections,
            per_address,
            header_time: SECONDS,
            stalled_reader: SECONDS,
        };
        Arc::new(Guests::new(&limits, CancellationToken::new()))
    }

    fn from(n: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, n])
    }

    #[test]
    fn who_has_rested_longest_makes_room() {
        let guests = guests(2, 2);
        let (first, second) = (guests.admit(from(1)).unwrap(), guests.admit(from(2)).unwrap());
        drop(first.turn());
        let third = guests.admit(from(3)).unwrap();
        assert!(second.leave.is_cancelled(), "the first has asked something since");
        assert!(!first.leave.is_cancelled() && !third.leave.is_cancelled());
    }

    #[test]
    fn nobody_leaves_in_the_middle_of_an_answer() {
        let guests = guests(1, 1);
        let only = guests.admit(from(1)).unwrap();
        let (answer, next) = (only.turn(), only.turn());
        drop(answer);
        assert!(guests.admit(from(2)).is_none() && !only.leave.is_cancelled());
        drop(next);
        assert!(guests.admit(from(2)).is_some() && only.leave.is_cancelled());
    }

    #[test]
    fn places_come_back_and_one_address_has_its_share() {
        let guests = guests(4, 1);
        let first = guests.admit(from(1)).unwrap();
        assert!(guests.admit(from(1)).is_none());
        drop(first);
        assert!(guests.admit(from(1)).is_some());
        let here = guests.lock();
        assert_eq!((here.all, here.by_address.len(), here.resting.len()), (0, 0, 0));
    }
}
