//! `Range` (RFC 9110 §14): which bytes of a representation are asked for.

use std::ops::Range;

/// What to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// 200, everything: no range, one that this server does not understand, or several.
    Whole,
    /// 206, these bytes: never empty, within the representation.
    Part(Range<u64>),
    /// 416: understood, and nothing of it exists.
    Unsatisfiable,
}

/// A header line longer than this asks for more pieces than any player does; it is ignored, as §14.2 allows.
const LINE: usize = 1_024;

/// Evaluates a `Range` header for a representation of `length` bytes. Several ranges are answered with the whole, which
/// §14.2 allows; `multipart/byteranges` is not spoken here.
pub fn evaluate(header: Option<&str>, length: u64) -> Outcome {
    let Some(set) = header.filter(|h| h.len() <= LINE).and_then(byte_set) else {
        return Outcome::Whole;
    };
    let specs: Option<Vec<Spec>> = set
        .split(',')
        .map(str::trim)
        .filter(|s| !s.is_empty())
        .map(parse)
        .collect();
    match specs.as_deref() {
        Some([one]) => part(*one, length),
        // Several, or (§14.2) an invalid ranges-specifier, which is ignored.
        _ => Outcome::Whole,
    }
}

/// §14.1: range units are case-insensitive; only `bytes` is known here.
fn byte_set(header: &str) -> Option<&str> {
    let (unit, set) = header.split_once('=')?;
    unit.trim().eq_ignore_ascii_case("bytes").then_some(set)
}

#[derive(Debug, Clone, Copy)]
enum Spec {
    /// `first-` or `first-last`.
    From(u64, Option<u64>),
    /// `-length`.
    Last(u64),
}

/// §14.1.1: an int-range whose last is below its first is invalid.
fn parse(spec: &str) -> Option<Spec> {
    let (first, last) = spec.split_once('-')?;
    if first.is_empty() {
        return number(last).map(Spec::Last);
    }
    let first = number(first)?;
    if last.is_empty() {
        return Some(Spec::From(first, None));
    }
    let last = number(last)?;
    (first <= last).then_some(Spec::From(first, Some(last)))
}

/// Digits of any length: beyond 2^64 is only "very large", not invalid.
fn number(digits: &str) -> Option<u64> {
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(digits.parse().unwrap_or(u64::MAX))
}

/// §14.1.2: satisfiable if it begins within the representation, or is a suffix that is not empty; clamped to what is there.
fn part(spec: Spec, length: u64) -> Outcome {
    match spec {
        Spec::From(first, last) if first < length => {
            let end = last.map_or(length, |last| last.saturating_add(1).min(length));
            Outcome::Part(first..end)
        }
        Spec::Last(suffix) if suffix > 0 && length > 0 => Outcome::Part(length - suffix.min(length)..length),
        _ => Outcome::Unsatisfiable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 9110 §14.1.2 for a representation of 10,000 bytes, and its edges.
    #[test]
    fn ranges_come_out_as_the_rfc_has_them() {
        let cases: [(&str, Outcome); 21] = [
            ("bytes=0-499", Outcome::Part(0..500)),
            ("bytes=500-999", Outcome::Part(500..1000)),
            ("bytes=-500", Outcome::Part(9500..10_000)),
            ("bytes=9500-", Outcome::Part(9500..10_000)),
            ("bytes=0-0", Outcome::Part(0..1)),
            ("bytes=-1", Outcome::Part(9999..10_000)),
            ("bytes=9999-9999", Outcome::Part(9999..10_000)),
            ("bytes=9000-20000", Outcome::Part(9000..10_000)),
            ("bytes=-20000", Outcome::Part(0..10_000)),
            ("bytes=0-99999999999999999999999999", Outcome::Part(0..10_000)),
            ("BYTES=0-0", Outcome::Part(0..1)),
            ("bytes=10000-", Outcome::Unsatisfiable),
            ("bytes=10000-10001", Outcome::Unsatisfiable),
            ("bytes=-0", Outcome::Unsatisfiable),
            ("bytes=5-4", Outcome::Whole),
            ("bytes=abc", Outcome::Whole),
            ("bytes=", Outcome::Whole),
            ("bytes=--5", Outcome::Whole),
            ("bytes=+1-2", Outcome::Whole),
            ("items=0-5", Outcome::Whole),
            ("bytes=0-0,-1", Outcome::Whole),
        ];
        for (header, expected) in cases {
            assert_eq!(evaluate(Some(header), 10_000), expected, "{header}");
        }
        assert_eq!(evaluate(None, 10_000), Outcome::Whole);
    }

    #[test]
    fn an_empty_representation_satisfies_nothing() {
        for header in ["bytes=0-", "bytes=0-0", "bytes=-1"] {
            assert_eq!(evaluate(Some(header), 0), Outcome::Unsatisfiable, "{header}");
        }
    }
}
