//! A map in few bytes.
//!
//! The step in milliseconds, then for each entry two hulls: their length (0 is nothing), and for those that are not
//! empty how far they begin behind the end of the hull before them on the same track, as a signed number (zigzag). All
//! are numbers of seven bits a byte, the lowest first, the eighth bit for "goes on".

use std::sync::Arc;

use super::Hulls;

pub(super) fn pack(step: u64, hulls: &[Hulls]) -> Arc<[u8]> {
    let mut bytes = Vec::with_capacity(hulls.len() * 12);
    put(&mut bytes, step);
    let mut ends = [0_u64; 2];
    for hulls in hulls {
        for ((from, to), end) in hulls.iter().zip(&mut ends) {
            put(&mut bytes, to - from);
            if from < to {
                put(&mut bytes, zigzag(from.wrapping_sub(*end).cast_signed()));
                *end = *to;
            }
        }
    }
    bytes.into()
}

fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}

fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63).cast_unsigned()
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

/// The entries of a packed map, one after the other.
pub(super) struct Packed<'a> {
    pub(super) step: u64,
    rest: std::slice::Iter<'a, u8>,
    ends: [u64; 2],
}

impl<'a> Packed<'a> {
    /// `None` if not even the step can be read.
    pub(super) fn open(bytes: &'a [u8]) -> Option<Self> {
        let mut packed = Self {
            step: 0,
            rest: bytes.iter(),
            ends: [0; 2],
        };
        packed.step = packed.number().filter(|step| (1_000..1 << 32).contains(step))?;
        Some(packed)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.rest.next()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn hull(&mut self, track: usize) -> Option<(u64, u64)> {
        let length = self.number()?;
        if length == 0 {
            return Some((0, 0));
        }
        let behind = unzigzag(self.number()?);
        let from = self.ends[track].checked_add_signed(behind)?;
        self.ends[track] = from.checked_add(length)?;
        Some((from, self.ends[track]))
    }
}

impl Iterator for Packed<'_> {
    type Item = Hulls;

    fn next(&mut self) -> Option<Hulls> {
        Some([self.hull(0)?, self.hull(1)?])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_comes_back_those_in_disorder_too() {
        let hulls = [
            [(0, 0), (0, 0)],
            [(5_000_000_000, 5_000_250_000), (40, 41)],
            [(0, 0), (5_000_250_000, 5_000_266_000)],
            [(7, 90), (1, u64::MAX / 4)],
        ];
        let bytes = pack(1_000, &hulls);
        let packed = Packed::open(&bytes).unwrap();
        assert_eq!(packed.step, 1_000);
        assert_eq!(packed.collect::<Vec<_>>(), hulls);
    }
}
