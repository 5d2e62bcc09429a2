//! The short form in which leaves lie in the table: a leaf is JSON, of which three quarters are the same words again, and
//! identifiers written in hexadecimal. What is hashed, signed and sent is the leaf; this form is seen by nobody else.
//!
//! A row begins with the form's number, 1; a leaf that lies there as it is begins with `{`. Then follow, for 1:
//!
//! | byte | stands for |
//! |---|---|
//! | 00, length, bytes | these bytes as they are |
//! | 01-07, as many bytes | a number in decimal digits, of at least three, without a zero before it |
//! | 08, 16 bytes | 32 hexadecimal digits |
//! | 09, 32 bytes | 64 hexadecimal digits |
//! | 20-7E | itself |
//! | 80-EF | the phrase with this number in [`PHRASES`] |
//!
//! Every sequence of bytes has a short form, and gives itself back.

/// The number of this form. Another table of phrases is another form with another number: rows in the field keep theirs.
const FORM: u8 = 1;
/// Nothing that is unfolded is longer: a leaf of 64 KiB, and a damaged row must not fill the memory.
const MOST: usize = 1 << 17;

const RAW: u8 = 0;
const HEX_16: u8 = 8;
const HEX_32: u8 = 9;
const FIRST_PHRASE: u8 = 0x80;

/// What leaves are made of. The order is the form: never changed, only another form may have another.
const PHRASES: [&str; 85] = [
    "{\"v\":1,\"at\":{\"boot\":",
    ",\"mono\":",
    ",\"wall\":",
    ",\"trust\":\"ntp\"},\"is\":{\"kind\":\"",
    ",\"trust\":\"district\"},\"is\":{\"kind\":\"",
    ",\"trust\":\"operator\"},\"is\":{\"kind\":\"",
    ",\"trust\":\"phones\"},\"is\":{\"kind\":\"",
    ",\"trust\":\"plausible\"},\"is\":{\"kind\":\"",
    ",\"trust\":\"unset\"},\"is\":{\"kind\":\"",
    "open\",\"session\":\"",
    "span\",\"session\":\"",
    "close\",\"session\":\"",
    "\",\"member\":\"",
    "\",\"item\":\"",
    "\",\"device\":\"",
    "\",\"mode\":\"alone\"}}",
    "\",\"year\":",
    ",\"mode\":\"alone\",\"grade\":\"A\",\"proof\":\"asked\",\"media\":[[",
    ",\"mode\":\"alone\",\"grade\":\"A\",\"proof\":\"offered\",\"media\":[[",
    ",\"mode\":\"alone\",\"grade\":\"A\",\"proof\":\"station_failure\",\"media\":[[",
    ",\"mode\":\"screening\",\"grade\":\"B\",\"proof\":\"checks\",\"media\":[[",
    ",\"mode\":\"screening\",\"grade\":\"C\",\"proof\":\"checks\",\"media\":[[",
    "]],\"total\":",
    "],[",
    "}}",
    "\",\"why\":\"end\",\"unconfirmed\":",
    "\",\"why\":\"superseded\",\"unconfirmed\":",
    "\",\"why\":\"idle\",\"unconfirmed\":",
    "\",\"why\":\"station_failure\",\"unconfirmed\":",
    ",\"flags\":[]}}",
    ",\"flags\":[\"",
    "\"]}}",
    "\",\"",
    "overclaim",
    "unattended",
    "range",
    "screening\",\"screening\":\"",
    "attend\",\"screening\":\"",
    "shown\",\"screening\":\"",
    "check\",\"screening\":\"",
    "screened\",\"screening\":\"",
    "excused\",\"screening\":\"",
    "noted\",\"screening\":\"",
    "photo\",\"screening\":\"",
    "confirmed\",\"screening\":\"",
    "moved\",\"screening\":\"",
    "rating\",\"member\":\"",
    "quiz\",\"member\":\"",
    "correct\",\"of\":",
    "item\",\"item\":\"",
    "boot\",\"id\":\"",
    "stop\"}}",
    "health\",\"disk_percent\":",
    "health\",\"faults\":[",
    ",\"faults\":[",
    "]}}",
    "roster\",\"members\":",
    ",\"digest\":\"",
    "\",\"changed\":[",
    "{\"member\":\"",
    "\",\"branch\":\"",
    "\",\"role\":\"",
    "\",\"migrant\":\"no\"}",
    "\",\"migrant\":\"",
    "checkpoint_seen\",\"district\":\"",
    "\",\"size\":",
    ",\"time\":",
    ",\"cosignature\":\"",
    "\",\"title\":\"",
    "\",\"class\":",
    ",\"length\":",
    "\",\"shown\":",
    ",\"shown\":",
    ",\"present\":true,\"by\":\"code\",\"device\":\"",
    ",\"present\":true,\"by\":\"ticked\",\"reason\":\"",
    ",\"present\":false,\"by\":\"",
    "\",\"pieces\":[{\"item\":\"",
    "},{\"item\":\"",
    ",\"from\":",
    ",\"to\":",
    "}]}}",
    ",\"passed\":[\"",
    ",\"passed\":[]",
    ",\"ticked\":[]}}",
    ",\"stars\":",
];

/// The row of a leaf.
pub(super) fn fold(leaf: &[u8]) -> Vec<u8> {
    let mut row = vec![FORM];
    let mut rest = leaf;
    while let Some(&first) = rest.first() {
        let taken = hex(rest, &mut row)
            .or_else(|| number(rest, &mut row))
            .or_else(|| phrase(rest, &mut row))
            .unwrap_or_else(|| as_it_is(first, rest, &mut row));
        rest = &rest[taken..];
    }
    if row.len() < leaf.len() || leaf.first() == Some(&FORM) {
        row
    } else {
        leaf.to_vec()
    }
}

/// Each of these writes what it knows and says how much of the leaf that was.
fn hex(rest: &[u8], row: &mut Vec<u8>) -> Option<usize> {
    let digits = rest
        .iter()
        .take(64)
        .take_while(|b| b"0123456789abcdef".contains(b))
        .count();
    let (op, digits) = match digits {
        64 => (HEX_32, 64),
        32.. => (HEX_16, 32),
        _ => return None,
    };
    let bytes = data_encoding::HEXLOWER.decode(&rest[..digits]).ok()?;
    row.push(op);
    row.extend(bytes);
    Some(digits)
}

fn number(rest: &[u8], row: &mut Vec<u8>) -> Option<usize> {
    // 16 digits are below 2^56.
    let digits = rest.iter().take(16).take_while(|b| b.is_ascii_digit()).count();
    if digits < 3 || rest[0] == b'0' {
        return None;
    }
    let number: u64 = std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()?;
    let bytes = number.to_be_bytes();
    let skipped = usize::try_from(number.leading_zeros() / 8).ok()?;
    row.push(u8::try_from(8 - skipped).ok()?);
    row.extend(&bytes[skipped..]);
    Some(digits)
}

fn phrase(rest: &[u8], row: &mut Vec<u8>) -> Option<usize> {
    let fitting = (FIRST_PHRASE..)
        .zip(PHRASES)
        .filter(|(_, p)| rest.starts_with(p.as_bytes()));
    let (op, longest) = fitting.max_by_key(|(_, p)| p.len())?;
    row.push(op);
    Some(longest.len())
}

const fn is_itself(byte: u8) -> bool {
    byte >= b' ' && byte <= b'~'
}

fn as_it_is(first: u8, rest: &[u8], row: &mut Vec<u8>) -> usize {
    if is_itself(first) {
        row.push(first);
        return 1;
    }
    let run = rest.iter().take(255).take_while(|byte| !is_itself(**byte)).count();
    row.push(RAW);
    row.push(u8::try_from(run).expect("at most 255 were taken"));
    row.extend(&rest[..run]);
    run
}

/// The leaf of a row; `None` for a row that is damaged.
pub(super) fn unfold(row: Vec<u8>) -> Option<Vec<u8>> {
    if row.first() != Some(&FORM) {
        return Some(row);
    }
    let mut leaf = Vec::with_capacity(4 * row.len());
    let mut rest = &row[1..];
    while let Some((&op, after)) = rest.split_first() {
        rest = after;
        match op {
            RAW => {
                let (length, after) = rest.split_first()?;
                rest = after;
                leaf.extend(take(&mut rest, (*length).into())?);
            }
            1..=7 => {
                let number = take(&mut rest, op.into())?;
                let number = number.iter().fold(0_u64, |n, byte| n << 8 | u64::from(*byte));
                leaf.extend(number.to_string().bytes());
            }
            HEX_16 => leaf.extend(data_encoding::HEXLOWER.encode(take(&mut rest, 16)?).bytes()),
            HEX_32 => leaf.extend(data_encoding::HEXLOWER.encode(take(&mut rest, 32)?).bytes()),
            FIRST_PHRASE.. => leaf.extend(PHRASES.get(usize::from(op - FIRST_PHRASE))?.bytes()),
            byte if is_itself(byte) => leaf.push(byte),
            _ => return None,
        }
        if leaf.len() > MOST {
            return None;
        }
    }
    Some(leaf)
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(count)?;
    *rest = after;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Reading, Trust};
    use crate::ledger::{Closing, Leaf, Proof, What};
    use crate::types::{DeviceId, Grade, Intervals, ItemId, MemberId, Millis, Mode, SessionId, Year};

    fn leaf(is: What) -> Vec<u8> {
        let at = Reading {
            boot: 12,
            mono: Millis(81_234_567),
            wall_ms: 1_795_000_123_456,
            trust: Trust::District,
        };
        Leaf::new(at, is).to_bytes()
    }

    fn ids() -> (SessionId, MemberId, ItemId) {
        (
            SessionId::from_bytes([0xa5; 16]),
            MemberId::new("0231").unwrap(),
            ItemId::from_digest(&[7; 32]),
        )
    }

    /// Half an hour alone, as it is every day: opened, three spans, closed.
    fn an_evening() -> Vec<Vec<u8>> {
        let (session, member, item) = ids();
        let span = |from: u64| What::Span {
            session,
            member: member.clone(),
            item,
            year: Year(2026),
            mode: Mode::Alone,
            grade: Grade::A,
            proof: Proof::Asked,
            media: Intervals::one(Millis(from), Millis(from + 600_000)),
            total: Millis(from + 600_000),
        };
        let open = What::Open {
            session,
            member: member.clone(),
            item,
            device: DeviceId::from_bytes([3; 16]),
            mode: Mode::Alone,
        };
        let close = What::Close {
            session,
            why: Closing::End,
            unconfirmed: Millis::ZERO,
            flags: Vec::new(),
        };
        let all = [open, span(0), span(600_000), span(1_200_000), close];
        all.into_iter().map(leaf).collect()
    }

    #[test]
    fn an_evening_takes_a_third_of_its_room_and_comes_back_to_the_byte() {
        let (mut long, mut short) = (0, 0);
        for leaf in an_evening() {
            let row = fold(&leaf);
            long += leaf.len();
            short += row.len();
            assert_eq!(unfold(row), Some(leaf));
        }
        assert!(short * 3 < long, "{long} bytes became {short}");
    }

    #[test]
    fn whatever_the_bytes_are_they_come_back() {
        let texts: [&[u8]; 9] = [
            b"",
            b"{}",
            &[1],
            &[1, 1, 1, 255],
            "{\"title\":\"\u{201c}第一课\u{201d}\\n007 100 0 00123\"}".as_bytes(),
            b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123",
            b"99999999999999999999999999999999999",
            b"1795000123456,000,12,123,18446744073709551616",
            &[0; 600],
        ];
        for text in texts {
            assert_eq!(unfold(fold(text)).as_deref(), Some(text), "{text:?}");
        }
        // Pieces of leaves and odd bytes in every order that a simple generator gives.
        let mut state = 17_u32;
        let evening = an_evening();
        for _ in 0..3_000 {
            let mut text = Vec::new();
            for _ in 0..6 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let leaf = &evening[state as usize >> 8 & 3];
                let from = state as usize >> 12 & 127;
                text.extend(&leaf[from..from + (state as usize >> 20 & 31)]);
                text.push(state.to_be_bytes()[0]);
            }
            assert_eq!(unfold(fold(&text)), Some(text));
        }
    }

    #[test]
    fn a_damaged_row_gives_another_leaf_or_none_and_never_a_panic() {
        for leaf in an_evening() {
            let row = fold(&leaf);
            for at in 1..row.len() {
                assert_ne!(unfold(row[..at].to_vec()).as_ref(), Some(&leaf));
                let mut flipped = row.clone();
                flipped[at] ^= 0x80;
                assert_ne!(unfold(flipped), Some(leaf.clone()), "byte {at}");
            }
        }
        let bomb: Vec<u8> = std::iter::once(FORM)
            .chain(std::iter::repeat_n(FIRST_PHRASE + 3, 60_000))
            .collect();
        assert_eq!(unfold(bomb), None);
    }
}
