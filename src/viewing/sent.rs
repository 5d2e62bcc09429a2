//! What this station really sent, per device and item, since it was started.
//!
//! Bytes earn nothing by themselves; a beat for media that were never sent earns nothing either. Kept in memory only:
//! the address of an item carries a tag of this run, so a phone asks for the bytes anew after a restart.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use crate::clock::monotonic;
use crate::types::{DeviceId, ItemId, Millis};

/// More pairs than a village has phones and films in one run; beyond it the least recently used are forgotten.
const PAIRS: usize = 4_096;
/// A player that seeks wildly leaves pieces; beyond this the pieces are few bytes each and the smallest is dropped.
const PIECES: usize = 512;

#[derive(Debug, Default)]
struct Notes {
    turn: u64,
    pairs: HashMap<(DeviceId, ItemId), Pair>,
}

#[derive(Debug, Default)]
struct Pair {
    used: u64,
    at: Millis,
    /// Sorted, disjoint, not touching.
    pieces: Vec<Range<u64>>,
}

/// The notes of all devices. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Sent(Arc<Mutex<Notes>>);

impl Sent {
    /// Notes that these bytes of the item went to the device.
    pub fn note(&self, device: DeviceId, item: ItemId, bytes: Range<u64>) {
        if bytes.is_empty() {
            return;
        }
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        notes.turn += 1;
        let turn = notes.turn;
        if notes.pairs.len() >= PAIRS && !notes.pairs.contains_key(&(device, item)) {
            notes.forget_the_oldest();
        }
        let pair = notes.pairs.entry((device, item)).or_default();
        pair.used = turn;
        pair.at = monotonic();
        merge(&mut pair.pieces, bytes);
    }

    /// How many devices were sent anything within the last so many milliseconds.
    pub fn devices_within(&self, span: Millis) -> usize {
        let since = monotonic().minus(span);
        let notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lately = notes.pairs.iter().filter(|(_, pair)| pair.at >= since);
        lately.map(|((device, _), _)| device).collect::<HashSet<_>>().len()
    }

    /// The bytes that went there: sorted and disjoint.
    pub fn bytes(&self, device: DeviceId, item: ItemId) -> Vec<Range<u64>> {
        let notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        notes
            .pairs
            .get(&(device, item))
            .map_or_else(Vec::new, |pair| pair.pieces.clone())
    }
}

impl Notes {
    /// An eighth at a time, so that a flood of invented devices does not cost a search each.
    fn forget_the_oldest(&mut self) {
        let mut ages: Vec<u64> = self.pairs.values().map(|pair| pair.used).collect();
        ages.sort_unstable();
        let limit = ages[ages.len() / 8];
        self.pairs.retain(|_, pair| pair.used > limit);
    }
}

/// The common case, a film that flows, lengthens one piece and allocates nothing.
fn merge(pieces: &mut Vec<Range<u64>>, bytes: Range<u64>) {
    let first = pieces.partition_point(|piece| piece.end < bytes.start);
    let after = pieces.partition_point(|piece| piece.start <= bytes.end);
    if first == after {
        pieces.insert(first, bytes);
        if pieces.len() > PIECES {
            drop_smallest(pieces);
        }
        return;
    }
    let joined = pieces[first].start.min(bytes.start)..pieces[after - 1].end.max(bytes.end);
    pieces[first] = joined;
    pieces.drain(first + 1..after);
}

fn drop_smallest(pieces: &mut Vec<Range<u64>>) {
    let smallest = pieces
        .iter()
        .enumerate()
        .min_by_key(|(_, piece)| piece.end - piece.start);
    if let Some((index, _)) = smallest {
        pieces.remove(index);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(list: &[Range<u64>]) -> Vec<Range<u64>> {
        let mut pieces = Vec::new();
        for bytes in list {
            merge(&mut pieces, bytes.clone());
        }
        pieces
    }

    #[test]
    #[expect(clippy::single_range_in_vec_init, reason = "a list of one piece is what is expected")]
    fn windows_that_touch_become_one_piece() {
        assert_eq!(merged(&[0..10, 10..20, 20..30]), [0..30]);
        assert_eq!(merged(&[20..30, 0..10, 9..21]), [0..30]);
        assert_eq!(merged(&[0..10, 20..30, 5..8]), [0..10, 20..30]);
        assert_eq!(merged(&[10..20, 0..40]), [0..40]);
    }

    #[test]
    fn memory_is_bounded_whatever_a_client_invents() {
        let sent = Sent::default();
        let item = ItemId::from_digest(&[1; 32]);
        for n in 0..10_000_u128 {
            sent.note(DeviceId::from_bytes(n.to_le_bytes()), item, 0..10);
        }
        assert!(sent.0.lock().unwrap().pairs.len() <= PAIRS);
        let last = DeviceId::from_bytes(9_999_u128.to_le_bytes());
        assert_eq!(sent.bytes(last, item).len(), 1);
        (0..10_000).for_each(|n| sent.note(last, item, n * 100..n * 100 + 50));
        assert!(sent.bytes(last, item).len() <= PIECES);
    }
}
