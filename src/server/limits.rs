//! How many connections there may be, and from whom.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

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

/// Who is here.
#[derive(Debug)]
pub(super) struct Guests {
    connections: usize,
    per_address: usize,
    here: Mutex<HashMap<IpAddr, usize>>,
}

impl Guests {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            connections: limits.connections,
            per_address: limits.per_address,
            here: Mutex::default(),
        }
    }

    pub(super) fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Guest> {
        let mut here = self.here.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = here.values().sum();
        let from_there = here.get(&address).copied().unwrap_or(0);
        if all >= self.connections || from_there >= self.per_address {
            return None;
        }
        here.insert(address, from_there + 1);
        Some(Guest {
            address,
            guests: Arc::clone(self),
        })
    }
}

/// A place that is given back when its connection ends, however it ends.
#[derive(Debug)]
pub(super) struct Guest {
    address: IpAddr,
    guests: Arc<Guests>,
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut here = self.guests.here.lock().unwrap_or_else(PoisonError::into_inner);
        match here.get_mut(&self.address) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(here.remove(&self.address)),
        }
    }
}
