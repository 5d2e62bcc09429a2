//! Bits in the order in which the codecs write them, from the top of each byte, and the start codes between them.

/// A cursor over bits; every step past the end is `None`.
#[derive(Debug, Clone)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn flag(&mut self) -> Option<bool> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(bit == 1)
    }

    /// The next `n` bits, up to 32.
    pub(super) fn take(&mut self, n: u32) -> Option<u32> {
        (0..n).try_fold(0, |value: u32, _| Some(value << 1 | u32::from(self.flag()?)))
    }

    pub(super) fn skip(&mut self, n: usize) -> Option<()> {
        self.at = self.at.checked_add(n)?;
        (self.at / 8 <= self.bytes.len()).then_some(())
    }

    /// Unsigned Exp-Golomb (ITU-T H.264 §9.1).
    pub(super) fn ue(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        Some((1_u32 << zeros) - 1 + self.take(zeros)?)
    }

    /// Signed Exp-Golomb (§9.1.1).
    pub(super) fn se(&mut self) -> Option<i64> {
        let code = i64::from(self.ue()?);
        Some(if code % 2 == 0 { -code / 2 } else { code / 2 + 1 })
    }
}

/// The units between start codes (`00 00 01`), each from the byte after its start code; the last may be cut off.
pub(super) fn units(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = start_code(bytes).map(|at| &bytes[at + 3..]);
    std::iter::from_fn(move || {
        let unit = rest?;
        let next = start_code(unit);
        rest = next.map(|at| &unit[at + 3..]);
        Some(&unit[..next.unwrap_or(unit.len())])
    })
}

/// Where the first start code begins.
pub(super) fn start_code(bytes: &[u8]) -> Option<usize> {
    bytes.windows(3).position(|w| w == [0, 0, 1])
}

/// A parameter set is far shorter than this.
const UNIT_LIMIT: usize = 4_096;

/// A unit without the bytes that keep start codes out of it (ITU-T H.264 §7.4.1.1: `00 00 03`).
pub(super) fn unescape(unit: &[u8]) -> Vec<u8> {
    let mut zeros = 0;
    let plain = unit.iter().take(UNIT_LIMIT).filter(|byte| {
        let is_escape = zeros >= 2 && **byte == 3;
        zeros = if **byte == 0 { zeros + 1 } else { 0 };
        !is_escape
    });
    plain.copied().collect()
}
