//! The static layout of C2SP tlog-tiles: what a district fetches, over HTTP or from a stick, byte for byte the same.
//!
//! An *entry bundle* holds up to 256 leaves, each with a two-byte length before it. A *tile* `L/N` holds up to 256 hashes
//! of level `8·L`. A tile that is not full yet carries its width in its name (`.p/W`) and is superseded by wider ones.

use rusqlite::Connection;

use super::rows;
use crate::store::StoreError;

/// Leaves or hashes in a full tile.
pub const WIDTH: u64 = 256;

/// Which tile: the index, and the width if it is a partial one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TileName {
    /// The N-th tile of its kind.
    pub index: u64,
    /// 1 to 256 entries.
    pub width: u64,
}

impl TileName {
    /// The tiles that hold the leaves `from … size`, the first ones cut to what is there; none if there are no such leaves.
    pub fn covering(from: u64, size: u64) -> impl Iterator<Item = Self> {
        let end = if from < size { size.div_ceil(WIDTH) } else { 0 };
        (from / WIDTH..end).map(move |index| Self {
            index,
            width: (size - index * WIDTH).min(WIDTH),
        })
    }

    /// The path below `tile/entries/`: `x001/x234/067`, with `.p/W` if it is partial.
    pub fn path(&self) -> String {
        let mut path = format!("{:03}", self.index % 1000);
        let mut rest = self.index / 1000;
        while rest > 0 {
            path = format!("x{:03}/{path}", rest % 1000);
            rest /= 1000;
        }
        match self.width {
            WIDTH => path,
            width => format!("{path}.p/{width}"),
        }
    }

    /// Reads such a path; `None` for anything that [`Self::path`] would not write.
    pub fn parse(path: &str) -> Option<Self> {
        let (digits, width) = match path.split_once(".p/") {
            Some((digits, width)) => (digits, width.parse().ok()?),
            None => (path, WIDTH),
        };
        let mut index = 0_u64;
        for group in digits.split('/') {
            let group = group.strip_prefix('x').unwrap_or(group);
            if group.len() != 3 || !group.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            index = index.checked_mul(1000)?.checked_add(group.parse().ok()?)?;
        }
        let name = Self { index, width };
        (index < 1 << 40 && (1..=WIDTH).contains(&width) && name.path() == path).then_some(name)
    }
}

/// An entry bundle; `None` if the ledger does not hold all of it.
pub fn entries(conn: &Connection, name: TileName) -> Result<Option<Vec<u8>>, StoreError> {
    let from = name.index * WIDTH;
    let leaves = rows::leaves(conn, from, from + name.width)?;
    if leaves.len() as u64 != name.width {
        return Ok(None);
    }
    Ok(Some(write_entries(&leaves)))
}

/// Leaves as an entry bundle: each with its length before it.
pub fn write_entries(leaves: &[Vec<u8>]) -> Vec<u8> {
    leaves.iter().fold(Vec::new(), |mut bundle, leaf| {
        let length = u16::try_from(leaf.len()).expect("append refuses longer leaves");
        bundle.extend_from_slice(&length.to_be_bytes());
        bundle.extend_from_slice(leaf);
        bundle
    })
}

/// A tile of hashes on tile level `level`; `None` if the ledger does not hold all of it.
pub fn hashes(conn: &Connection, level: u8, name: TileName) -> Result<Option<Vec<u8>>, StoreError> {
    if level > 7 {
        return Ok(None);
    }
    let nodes = rows::nodes(conn, level * 8, name.index * WIDTH, name.width)?;
    Ok((nodes.len() as u64 == name.width).then(|| nodes.concat()))
}

/// Takes an entry bundle apart; `None` unless it holds exactly `width` leaves and nothing else.
pub fn read_entries(mut bundle: &[u8], width: u64) -> Option<Vec<Vec<u8>>> {
    let mut leaves = Vec::new();
    while let Some((length, rest)) = bundle.split_first_chunk::<2>() {
        let (leaf, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
        leaves.push(leaf.to_vec());
        bundle = rest;
    }
    (bundle.is_empty() && leaves.len() as u64 == width).then_some(leaves)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tile_paths_are_those_of_the_format() {
        let full = |index| TileName { index, width: 256 };
        assert_eq!(full(5).path(), "005");
        assert_eq!(full(1_234_067).path(), "x001/x234/067");
        assert_eq!(TileName { index: 273, width: 112 }.path(), "273.p/112");
        for index in [0, 999, 1_000, 1_000_000, 123_456_789] {
            assert_eq!(TileName::parse(&full(index).path()), Some(full(index)));
        }
    }

    #[test]
    fn anything_else_is_no_tile() {
        for path in [
            "",
            "5",
            "x005",
            "005/006",
            "x000/005",
            "005.p/0",
            "005.p/256",
            "005.p/300",
            "../005",
            "005.p/07",
            "00a",
        ] {
            assert_eq!(TileName::parse(path), None, "{path}");
        }
    }

    #[test]
    fn a_bundle_with_one_byte_too_many_or_too_few_is_refused() {
        let bundle = [0, 2, b'h', b'i', 0, 0];
        assert_eq!(read_entries(&bundle, 2), Some(vec![b"hi".to_vec(), vec![]]));
        assert_eq!(read_entries(&bundle, 3), None);
        assert_eq!(read_entries(&bundle[..5], 2), None);
        assert_eq!(read_entries(&[0, 200, 1], 1), None);
    }
}
