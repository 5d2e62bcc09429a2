//! Conditional requests (RFC 9110 §13): does the reader have it already, and is it still what he thinks?

use std::time::SystemTime;

use axum::http::{HeaderMap, HeaderName, Method, header};

/// What the representation is now.
#[derive(Debug, Clone, Copy)]
pub struct Validators<'a> {
    /// A strong entity tag with its quotes.
    pub etag: &'a str,
    /// The date of the last change, if it can be believed.
    pub modified: Option<SystemTime>,
}

/// How to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// As asked.
    Proceed,
    /// As asked, but whole: `If-Range` names another representation.
    ProceedWhole,
    /// 304.
    NotModified,
    /// 412.
    PreconditionFailed,
}

/// Evaluates in the order of §13.2.2.
pub fn evaluate(method: &Method, headers: &HeaderMap, now: Validators<'_>) -> Outcome {
    let reading = *method == Method::GET || *method == Method::HEAD;
    match all(headers, &header::IF_MATCH) {
        Some(tags) if !any_matches(&tags, now.etag, Comparison::Strong) => return Outcome::PreconditionFailed,
        None if modified_since(headers, &header::IF_UNMODIFIED_SINCE, now) == Some(true) => {
            return Outcome::PreconditionFailed;
        }
        _ => {}
    }
    match all(headers, &header::IF_NONE_MATCH) {
        Some(tags) if any_matches(&tags, now.etag, Comparison::Weak) => {
            return if reading {
                Outcome::NotModified
            } else {
                Outcome::PreconditionFailed
            };
        }
        None if reading && modified_since(headers, &header::IF_MODIFIED_SINCE, now) == Some(false) => {
            return Outcome::NotModified;
        }
        _ => {}
    }
    if *method == Method::GET && !if_range_holds(headers, now) {
        Outcome::ProceedWhole
    } else {
        Outcome::Proceed
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Comparison {
    Strong,
    Weak,
}

/// All lines of a list header joined, as §5.3 allows.
fn all(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let lines: Vec<&str> = headers.get_all(name).iter().filter_map(|v| v.to_str().ok()).collect();
    (!lines.is_empty()).then(|| lines.join(","))
}

/// `*` matches whatever exists. Our tags hold no commas, so splitting at commas is safe for the ones that can match.
fn any_matches(tags: &str, etag: &str, how: Comparison) -> bool {
    tags.split(',').map(str::trim).any(|tag| match tag.strip_prefix("W/") {
        _ if tag == "*" => true,
        Some(opaque) => how == Comparison::Weak && opaque == etag,
        None => tag == etag,
    })
}

/// Whether the representation changed after the date in the header; `None` without a date that can be read (§13.1.3
/// says to ignore it) or without one of our own.
fn modified_since(headers: &HeaderMap, name: &HeaderName, now: Validators<'_>) -> Option<bool> {
    let date = httpdate::parse_http_date(headers.get(name)?.to_str().ok()?).ok()?;
    Some(whole_second(now.modified?) > date)
}

/// §13.1.5: strong comparison; a date counts only if it is exactly ours. Our dates are strong as far as a clock on such
/// a box can be, so an entity tag is what players should send.
fn if_range_holds(headers: &HeaderMap, now: Validators<'_>) -> bool {
    let Some(value) = headers.get(header::IF_RANGE) else {
        return true;
    };
    let Ok(value) = value.to_str() else { return false };
    if value.starts_with('"') || value.starts_with("W/") {
        return value == now.etag;
    }
    match (httpdate::parse_http_date(value), now.modified) {
        (Ok(date), Some(modified)) => date == whole_second(modified),
        _ => false,
    }
}

/// HTTP dates have no fractions.
fn whole_second(at: SystemTime) -> SystemTime {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const OLD: &str = "Sat, 29 Oct 1994 19:43:31 GMT";
    const NEW: &str = "Sat, 29 Oct 2044 19:43:31 GMT";

    fn check(method: &Method, lines: &[(&'static str, &str)]) -> Outcome {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        let modified = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000));
        evaluate(
            method,
            &headers,
            Validators {
                etag: "\"a7\"",
                modified,
            },
        )
    }

    #[test]
    fn conditions_come_out_as_the_rfc_has_them() {
        use Outcome::{NotModified, PreconditionFailed, Proceed, ProceedWhole};
        let cases: [(&[(&'static str, &str)], Outcome); 18] = [
            (&[], Proceed),
            (&[("if-none-match", "\"a7\"")], NotModified),
            (&[("if-none-match", "W/\"a7\"")], NotModified),
            (&[("if-none-match", "\"b\", \"a7\"")], NotModified),
            (&[("if-none-match", "\"b\""), ("if-none-match", "\"a7\"")], NotModified),
            (&[("if-none-match", "*")], NotModified),
            (&[("if-none-match", "\"b\"")], Proceed),
            (&[("if-none-match", "\"b\""), ("if-modified-since", NEW)], Proceed),
            (&[("if-modified-since", NEW)], NotModified),
            (&[("if-modified-since", OLD)], Proceed),
            (&[("if-modified-since", "yesterday")], Proceed),
            (&[("if-match", "\"b\"")], PreconditionFailed),
            (&[("if-match", "W/\"a7\"")], PreconditionFailed),
            (&[("if-match", "*")], Proceed),
            (&[("if-unmodified-since", OLD)], PreconditionFailed),
            (&[("if-range", "\"a7\"")], Proceed),
            (&[("if-range", "W/\"a7\"")], ProceedWhole),
            (&[("if-range", OLD)], ProceedWhole),
        ];
        for (lines, expected) in cases {
            assert_eq!(check(&Method::GET, lines), expected, "{lines:?}");
        }
    }

    #[test]
    fn what_would_change_something_fails_where_reading_is_not_modified() {
        assert_eq!(
            check(&Method::POST, &[("if-none-match", "*")]),
            Outcome::PreconditionFailed
        );
    }
}
