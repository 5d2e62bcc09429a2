//! `Range` (RFC 9110 §14): which bytes of a representation are asked for.

use std::ops::Range;

/// What to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// 200, everything: no range, one that this server does not understand, or more of them than a reader needs.
    Whole,
    /// 206, these bytes: never empty, within the representation.
    Part(Range<u64>),
    /// 206, several parts as `multipart/byteranges`: two or more, none empty, apart from each other, in the order asked.
    Parts(Vec<Range<u64>>),
    /// 416: understood, and nothing of it exists.
    Unsatisfiable,
}

/// A header line longer than this asks for more pieces than any player does; it is ignored, as §14.2 allows.
const LINE: usize = 1_024;

/// Readers of documents ask for a handful of ranges; whoever asks for more wants to make work (§14.2 allows to ignore it).
const RANGES: usize = 16;
/// Parts nearer than this cost less as one than the lines between them do (§15.3.7.2 suggests it).
const NEAR: u64 = 128;
/// §14.2: more than two overlapping ranges are the mark of a broken or a hostile client.
const OVERLAPS: usize = 2;

/// Evaluates a `Range` header for a representation of `length` bytes.
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
    match specs {
        Some(specs) if (1..=RANGES).contains(&specs.len()) => several(&specs, length),
        // Too many, or (§14.2) an invalid ranges-specifier: ignored.
        _ => Outcome::Whole,
    }
}

/// What cannot be satisfied is left out, as long as something can (§14.1.2).
fn several(specs: &[Spec], length: u64) -> Outcome {
    let parts: Vec<Range<u64>> = specs.iter().filter_map(|spec| part(*spec, length)).collect();
    if overlaps(&parts) > OVERLAPS {
        return Outcome::Whole;
    }
    let mut parts = joined(parts);
    match parts.len() {
        0 => Outcome::Unsatisfiable,
        // §15.3.7.2: one range is never a multipart.
        1 => Outcome::Part(parts.remove(0)),
        _ => Outcome::Parts(parts),
    }
}

fn overlaps(parts: &[Range<u64>]) -> usize {
    let overlap = |a: &Range<u64>, b: &Range<u64>| a.start < b.end && b.start < a.end;
    let pairs = parts.iter().enumerate();
    pairs
        .map(|(n, a)| parts[..n].iter().filter(|b| overlap(a, b)).count())
        .sum()
}

/// Overlapping and near parts become one, at the place of the first.
fn joined(parts: Vec<Range<u64>>) -> Vec<Range<u64>> {
    let near =
        |a: &Range<u64>, b: &Range<u64>| a.start <= b.end.saturating_add(NEAR) && b.start <= a.end.saturating_add(NEAR);
    let mut kept: Vec<Range<u64>> = Vec::with_capacity(parts.len());
    for mut part in parts {
        // What grew may have come near to others: again until nothing is near.
        let mut place = kept.len();
        while let Some(n) = kept.iter().position(|other| near(&part, other)) {
            let other = kept.remove(n);
            part = part.start.min(other.start)..part.end.max(other.end);
            place = place.min(n);
        }
        kept.insert(place.min(kept.len()), part);
    }
    kept
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
fn part(spec: Spec, length: u64) -> Option<Range<u64>> {
    match spec {
        Spec::From(first, last) if first < length => {
            let end = last.map_or(length, |last| last.saturating_add(1).min(length));
            Some(first..end)
        }
        Spec::Last(suffix) if suffix > 0 && length > 0 => Some(length - suffix.min(length)..length),
        _ => None,
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
            ("bytes=0-0,-1", Outcome::Parts(vec![0..1, 9999..10_000])),
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

    /// §15.3.7.2 and §14.2: order as asked, near ones joined, abuse answered with the whole.
    #[test]
    fn several_ranges_are_parts_and_floods_of_them_are_ignored() {
        let cases: [(&str, Outcome); 8] = [
            ("bytes=500-600, 9000-9100", Outcome::Parts(vec![500..601, 9000..9101])),
            ("bytes=9000-9100,500-600", Outcome::Parts(vec![9000..9101, 500..601])),
            ("bytes=500-600,601-999", Outcome::Part(500..1000)),
            (
                "bytes=500-700,601-999,2000-",
                Outcome::Parts(vec![500..1000, 2000..10_000]),
            ),
            ("bytes=0-10,5000-5010,100-5000", Outcome::Part(0..5011)),
            ("bytes=0-10,20000-", Outcome::Part(0..11)),
            ("bytes=20000-,-0", Outcome::Unsatisfiable),
            ("bytes=0-,0-,0-", Outcome::Whole),
        ];
        for (header, expected) in cases {
            assert_eq!(evaluate(Some(header), 10_000), expected, "{header}");
        }
        let tiny: Vec<String> = (0..17).map(|n| format!("{}-{}", n * 500, n * 500)).collect();
        assert_eq!(
            evaluate(Some(&format!("bytes={}", tiny.join(","))), 10_000),
            Outcome::Whole
        );
        assert_eq!(evaluate(Some("bytes=0-1,x"), 10_000), Outcome::Whole);
    }
}
