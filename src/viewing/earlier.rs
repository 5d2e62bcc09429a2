//! Logs of earlier epochs, as this box carries them along: what their leaves and the district's visits date, and where their
//! lines stand in the views.

use rusqlite::Connection;

use crate::credit::settling::Settling;
use crate::ledger::epoch::{self, Carried, Epoch};
use crate::ledger::tree::{Frontier, Hash, leaf_hash};
use crate::ledger::{self, Leaf, What};
use crate::store::StoreError;
use crate::types::Origin;

/// The log of an earlier epoch.
#[derive(Debug, Default)]
pub(super) struct Earlier {
    /// Its name; `None` if its first leaf is none of ours.
    pub(super) name: Option<Origin>,
    /// The place of its first leaf in the views, below zero.
    pub(super) first: i64,
    /// What its leaves say of time.
    pub(super) settling: Settling,
}

impl Earlier {
    /// Takes in the next leaf, which stands at this place.
    pub(super) fn look(&mut self, place: i64, leaf: Option<&Leaf>) {
        if self.settling.size() == 0 {
            self.first = place;
            self.name = leaf.and_then(|leaf| named(&leaf.is));
        }
        self.settling.look(leaf);
    }

    /// The first leaf of the log after it tells of the district's last visits, which its own leaves cannot.
    pub(super) fn ends_with(&mut self, next: Option<&Leaf>) {
        let Some(What::Genesis { after: Some(past), .. }) = next.map(|leaf| &leaf.is) else {
            return;
        };
        let seen = Epoch::open(&past.statement).map(|epoch| epoch.seen).unwrap_or_default();
        for (size, unix_s) in seen {
            let unix_ms = i64::try_from(unix_s.saturating_mul(1000)).unwrap_or(i64::MAX);
            self.settling.seen(size, unix_ms);
        }
    }
}

fn named(is: &What) -> Option<Origin> {
    match is {
        What::Genesis { origin, .. } => Some(origin.clone()),
        _ => None,
    }
}

/// The first leaf of the present log.
pub(super) fn first_leaf(conn: &Connection) -> Result<Option<Leaf>, StoreError> {
    let bytes = ledger::leaves(conn, 0, 1)?.pop();
    Ok(bytes.and_then(|bytes| Leaf::read(&bytes)))
}

/// The log of this name with the root over its first `size` leaves, if it was carried along and has so many.
pub(super) fn find(conn: &Connection, name: &Origin, size: u64) -> Result<Option<(Earlier, Hash)>, StoreError> {
    let (mut log, mut edge) = (Earlier::default(), Frontier::default());
    let is_it = |log: &Earlier| log.name.as_ref() == Some(name);
    for Carried { place, index, bytes } in epoch::carried(conn)? {
        let leaf = Leaf::read(&bytes);
        if index == 0 {
            if is_it(&log) {
                log.ends_with(leaf.as_ref());
                return Ok(at_size(log, &edge, size));
            }
            (log, edge) = (Earlier::default(), Frontier::default());
        }
        log.look(place, leaf.as_ref());
        if edge.size() < size {
            let Ok(()) = edge.push::<std::convert::Infallible>(leaf_hash(&bytes), |_, _, _| Ok(()));
        }
    }
    log.ends_with(first_leaf(conn)?.as_ref());
    Ok(if is_it(&log) { at_size(log, &edge, size) } else { None })
}

fn at_size(log: Earlier, edge: &Frontier, size: u64) -> Option<(Earlier, Hash)> {
    (edge.size() == size).then(|| (log, edge.root()))
}
