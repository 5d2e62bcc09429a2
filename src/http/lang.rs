//! The reader's language: the cookie if he chose one, else what his browser says, else Chinese.

use axum::http::{HeaderMap, header};

use super::cookie;
use crate::types::Lang;

/// Name of the cookie that keeps the choice.
pub const COOKIE: &str = "lang";

/// The language for this request.
pub fn of(headers: &HeaderMap) -> Lang {
    match cookie::value(headers, COOKIE) {
        Some("en") => Lang::En,
        Some("zh") => Lang::Zh,
        _ => by_browser(headers),
    }
}

/// RFC 9110 §12.5.4, as far as two languages need it: English if it is wanted and Chinese is wanted less.
fn by_browser(headers: &HeaderMap) -> Lang {
    let accepted = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or("");
    let weight = |tag: &str| {
        let wanted = accepted.split(',').take(32).filter_map(|part| {
            let (name, parameters) = part.trim().split_once(';').unwrap_or((part.trim(), ""));
            let q = parameters
                .trim()
                .strip_prefix("q=")
                .map_or(1.0, |q| q.parse().unwrap_or(0.0));
            name.get(..tag.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(tag))
                .then_some(q)
        });
        wanted.fold(0.0_f32, f32::max)
    };
    if weight("en") > weight("zh") {
        Lang::En
    } else {
        Lang::Zh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_comes_first_unless_the_reader_wants_english_more() {
        let ask = |name: &'static str, value: &str| {
            of(&HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]))
        };
        assert_eq!(of(&HeaderMap::new()), Lang::Zh);
        assert_eq!(ask("accept-language", "zh-CN,zh;q=0.9,en;q=0.8"), Lang::Zh);
        assert_eq!(ask("accept-language", "en-US,en;q=0.9"), Lang::En);
        assert_eq!(ask("accept-language", "en;q=0.5, zh;q=0.5"), Lang::Zh);
        assert_eq!(ask("cookie", "a=b; lang=en"), Lang::En);
    }
}
