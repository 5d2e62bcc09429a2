//! The Merkle tree of RFC 6962 §2.1, as pure functions over stored nodes.
//!
//! Only *complete* subtrees are stored: node `(level, pos)` covers the leaves `pos·2^level … (pos+1)·2^level`. They never
//! change once written, which is why tiles of them can be copied and compared for ever. The ragged right edge is
//! computed when it is asked for.

use sha2::{Digest, Sha256};

/// SHA-256, 32 bytes.
pub type Hash = [u8; 32];

/// `SHA-256(0x00 ‖ leaf)`.
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    Sha256::new_with_prefix([0]).chain_update(leaf).finalize().into()
}

/// `SHA-256(0x01 ‖ left ‖ right)`.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new_with_prefix([1])
        .chain_update(left)
        .chain_update(right)
        .finalize()
        .into()
}

/// The root of no leaves: the hash of nothing.
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// Where complete subtrees are kept.
pub trait Nodes {
    /// Why one could not be read.
    type Error;
    /// The hash of the complete subtree at `(level, pos)`.
    fn node(&self, level: u8, pos: u64) -> Result<Hash, Self::Error>;
}

/// The right edge of a growing tree: the roots of its complete subtrees, from the largest to the smallest, one for each
/// bit set in the size. Enough to append and to know the root; a district needs nothing more to follow a station.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The edge of a tree of `size` leaves whose nodes are stored.
    pub fn load<N: Nodes>(nodes: &N, size: u64) -> Result<Self, N::Error> {
        let mut peaks = Vec::new();
        let mut from = 0;
        for level in (0..64_u8).rev().filter(|level| size >> level & 1 == 1) {
            peaks.push(nodes.node(level, from >> level)?);
            from += 1 << level;
        }
        Ok(Self { size, peaks })
    }

    /// The edge of a tree of `size` leaves, from its peaks as [`Self::peaks`] gives them; `None` if so many cannot be those
    /// of that size. Whether they are the right ones only a checkpoint can say.
    pub fn of_peaks(size: u64, peaks: &[u8]) -> Option<Self> {
        let (peaks, rest) = peaks.as_chunks::<32>();
        let fits = rest.is_empty() && u32::try_from(peaks.len()) == Ok(size.count_ones());
        fits.then(|| Self {
            size,
            peaks: peaks.to_vec(),
        })
    }

    /// The roots of the complete subtrees one after the other, from the largest to the smallest: 32 bytes each.
    pub fn peaks(&self) -> Vec<u8> {
        self.peaks.concat()
    }

    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends one leaf's hash; `keep` receives each subtree that became complete: `(level, pos, hash)`.
    pub fn push<E>(&mut self, leaf: Hash, mut keep: impl FnMut(u8, u64, &Hash) -> Result<(), E>) -> Result<(), E> {
        keep(0, self.size, &leaf)?;
        let mut hash = leaf;
        let mut level = 0_u8;
        while self.size >> level & 1 == 1 {
            let left = self.peaks.pop().expect("each bit set in the size has its peak");
            hash = node_hash(&left, &hash);
            level += 1;
            keep(level, self.size >> level, &hash)?;
        }
        self.peaks.push(hash);
        self.size += 1;
        Ok(())
    }

    /// The root over all leaves.
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else {
            return empty_root();
        };
        peaks.fold(*last, |right, left| node_hash(left, &right))
    }
}

/// The largest power of two below `n` (`n` ≥ 2).
fn split(n: u64) -> u64 {
    1 << (n - 1).ilog2()
}

/// The hash over the leaves `from … to` (`from < to`), at a place where RFC 6962 splits.
fn subtree<N: Nodes>(nodes: &N, from: u64, to: u64) -> Result<Hash, N::Error> {
    let n = to - from;
    if n.is_power_of_two() && from.is_multiple_of(n) {
        let level = u8::try_from(n.trailing_zeros()).expect("below 64");
        return nodes.node(level, from >> level);
    }
    let middle = from + split(n);
    Ok(node_hash(&subtree(nodes, from, middle)?, &subtree(nodes, middle, to)?))
}

/// The root of the tree of the first `size` leaves.
pub fn root<N: Nodes>(nodes: &N, size: u64) -> Result<Hash, N::Error> {
    if size == 0 {
        return Ok(empty_root());
    }
    subtree(nodes, 0, size)
}

/// RFC 6962 §2.1.1: proves that leaf `index` is in the tree of `size` leaves (`index < size`).
pub fn inclusion_proof<N: Nodes>(nodes: &N, index: u64, size: u64) -> Result<Vec<Hash>, N::Error> {
    let (mut from, mut to) = (0, size);
    let mut proof = Vec::new();
    while to - from > 1 {
        let middle = from + split(to - from);
        if index < middle {
            proof.push(subtree(nodes, middle, to)?);
            to = middle;
        } else {
            proof.push(subtree(nodes, from, middle)?);
            from = middle;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// Checks an inclusion proof (RFC 9162 §2.1.3.2, whose trees are the same).
pub fn inclusion_holds(leaf: &Hash, index: u64, size: u64, root: &Hash, proof: &[Hash]) -> bool {
    if index >= size {
        return false;
    }
    let (mut place, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for step in proof {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            hash = node_hash(step, &hash);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, step);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::collections::HashMap;
    use std::convert::Infallible;

    #[derive(Default)]
    pub(crate) struct InMemory(HashMap<(u8, u64), Hash>);

    impl Nodes for InMemory {
        type Error = Infallible;
        fn node(&self, level: u8, pos: u64) -> Result<Hash, Infallible> {
            Ok(self.0[&(level, pos)])
        }
    }

    fn grown(n: u64) -> (InMemory, Frontier, Vec<Hash>) {
        let (mut nodes, mut edge, mut leaves) = (InMemory::default(), Frontier::default(), vec![]);
        for i in 0..n {
            let hash = leaf_hash(i.to_string().as_bytes());
            leaves.push(hash);
            let Ok(()) = edge.push::<Infallible>(hash, |level, pos, hash| {
                nodes.0.insert((level, pos), *hash);
                Ok(())
            });
        }
        (nodes, edge, leaves)
    }

    /// RFC 6962 §2.1, word for word.
    fn by_definition(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => empty_root(),
            [one] => *one,
            many => {
                let mut k = 1;
                while k * 2 < many.len() {
                    k *= 2;
                }
                node_hash(&by_definition(&many[..k]), &by_definition(&many[k..]))
            }
        }
    }

    #[test]
    fn the_root_is_that_of_the_rfc_for_every_size() {
        for n in 0..130 {
            let (nodes, edge, leaves) = grown(n);
            let expected = by_definition(&leaves);
            assert_eq!(edge.root(), expected, "edge of {n}");
            let Ok(stored) = root(&nodes, n);
            assert_eq!(stored, expected, "nodes of {n}");
            let Ok(loaded) = Frontier::load(&nodes, n);
            assert_eq!(loaded, edge, "loaded edge of {n}");
        }
    }

    #[test]
    fn an_edge_that_was_put_down_is_the_same_edge_and_no_other_size_has_its_peaks() {
        for n in 0..70 {
            let (_, edge, _) = grown(n);
            assert_eq!(Frontier::of_peaks(n, &edge.peaks()), Some(edge.clone()));
            assert_eq!(
                Frontier::of_peaks(n + 1, &edge.peaks()).is_some(),
                (n + 1).count_ones() == n.count_ones()
            );
        }
        assert_eq!(Frontier::of_peaks(1, &[0; 31]), None);
    }

    #[test]
    fn every_leaf_proves_itself_and_no_other() {
        let (nodes, _, leaves) = grown(70);
        for size in 1..=70_u64 {
            let Ok(top) = root(&nodes, size);
            for index in 0..size {
                let Ok(proof) = inclusion_proof(&nodes, index, size);
                let leaf = &leaves[usize::try_from(index).unwrap()];
                assert!(inclusion_holds(leaf, index, size, &top, &proof), "{index} of {size}");
                let forged = leaf_hash(b"forged");
                assert!(!inclusion_holds(&forged, index, size, &top, &proof));
                assert!(!inclusion_holds(leaf, index, size, &forged, &proof));
            }
        }
    }
}
