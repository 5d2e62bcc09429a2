//! Drawings: icons, title cards, bars. All of it inline SVG; nothing is fetched.

use super::format::{clock_length, percent};
use crate::types::{Intervals, Millis};

/// An icon on a grid of 24, drawn in the colour of its text; always beside a word.
pub fn icon(name: &str) -> String {
    let path = match name {
        "home" => r#"<path d="M4 11 12 4l8 7M6 9.5V20h12V9.5"/>"#,
        "find" => r#"<circle cx="10.5" cy="10.5" r="6"/><path d="m15 15 5 5"/>"#,
        "hours" => r#"<circle cx="12" cy="12" r="8.5"/><path d="M12 7v5l3.5 2"/>"#,
        "back" => r#"<path d="m15 5-7 7 7 7"/>"#,
        "more" => r#"<path d="m9 5 7 7-7 7"/>"#,
        "paper" => r#"<path d="M7 3h7l4 4v14H7zM14 3v4h4M10 12h5M10 16h5"/>"#,
        "rewind" => r#"<path d="M5 4v5h5M5.3 9A8 8 0 1 1 4 13"/>"#,
        "forward" => r#"<path d="M19 4v5h-5M18.7 9A8 8 0 1 0 20 13"/>"#,
        "play" => r#"<path d="M8 5v14l11-7z"/>"#,
        "pause" => r#"<path d="M8.5 5v14M15.5 5v14" stroke-width="3"/>"#,
        "speed" => r#"<path d="m5 6 7 6-7 6zM13 6l7 6-7 6z"/>"#,
        "subtitles" => r#"<rect x="3" y="6" width="18" height="12" rx="2"/><path d="M7 11.5h5M14 11.5h3M7 15h8"/>"#,
        "full" => r#"<path d="M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5"/>"#,
        "ok" => r#"<path d="m5 12.5 4.5 4.5L19 7.5"/>"#,
        "warn" => r#"<path d="M12 4 2.8 20h18.4zM12 10v4.5M12 17v.5"/>"#,
        "print" => r#"<path d="M7 9V4h10v5M7 17H4V9h16v8h-3M7 14h10v6H7z"/>"#,
        "add" => r#"<path d="M12 5v14M5 12h14"/>"#,
        "load" => r#"<path d="M12 19V8M8 12l4-4 4 4M5 4h14"/>"#,
        _ => "",
    };
    let solid = if name == "play" { "i i-f" } else { "i" };
    format!(r#"<svg class="{solid}" viewBox="0 0 24 24" aria-hidden="true">{path}</svg>"#)
}

/// A class 类别 by the words that folders use, with its colour and its drawing on a grid of 48.
fn class(name: Option<&str>) -> (&'static str, &'static str) {
    let name = name.unwrap_or("");
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if has(&["理论", "党章", "思想"]) {
        (
            "theory",
            "M24 13C19 9 13 8 6 8v29c7 0 13 1 18 5 5-4 11-5 18-5V8c-7 0-13 1-18 5zM24 13v29",
        )
    } else if has(&["政策", "法规"]) {
        ("policy", "M12 5h17l8 8v30H12zM29 5v8h8M18 21h13M18 28h13M18 35h8")
    } else if has(&["党史", "历史"]) {
        (
            "history",
            "M3 37h42M7 37c0-11 7-19 17-19s17 8 17 19M15 37c0-6 4-10 9-10s9 4 9 10M3 24c6-6 12-9 21-9s15 3 21 9M12 18v-5M24 15v-5M36 18v-5",
        )
    } else if has(&["技术", "农", "种植", "养殖"]) {
        (
            "tech",
            "M24 45V16M24 23c-5 0-9-3-9-9 5 0 9 3 9 9zM24 23c5 0 9-3 9-9-5 0-9 3-9 9zM24 32c-5 0-9-3-9-9 5 0 9 3 9 9zM24 32c5 0 9-3 9-9-5 0-9 3-9 9zM24 41c-5 0-9-3-9-9 5 0 9 3 9 9zM24 41c5 0 9-3 9-9-5 0-9 3-9 9zM24 16c-3-3-3-8 0-12 3 4 3 9 0 12z",
        )
    } else if has(&["法律", "法治"]) {
        (
            "law",
            "M24 5v38M14 43h20M9 12h30M9 12 3 28h12zM39 12l-6 16h12zM3 28c1 4 11 4 12 0M33 28c1 4 11 4 12 0",
        )
    } else if has(&["卫生", "健康", "医"]) {
        (
            "health",
            "M24 41C10 31 4 24 4 16c0-6 4-10 10-10 4 0 8 2 10 6 2-4 6-6 10-6 6 0 10 4 10 10 0 8-6 15-20 25zM5 22h10l4-6 6 12 4-6h14",
        )
    } else if has(&["典型", "本土", "先进"]) {
        (
            "model",
            "M2 40h44M9 40c4-9 9-14 15-14s11 5 15 14M24 6v9M9 14l5 7M39 14l-5 7M2 26l7 3M46 26l-7 3",
        )
    } else {
        ("other", "M6 9h36v24H6zM16 41h16M24 33v8M20 15v12l10-6z")
    }
}

/// A title card 题签: the cloth's colour, a hanging slip with the class, a drawing, the length. Used when an item has no
/// picture of its own. `class_name` is shown as text, escaped.
pub fn card(class_name: Option<&str>, length: Millis) -> String {
    let (kind, drawing) = class(class_name);
    let slip = class_name
        .filter(|name| name.chars().count() <= 6)
        .map_or_else(String::new, |name| {
            format!(r#"<span class="slip">{}</span>"#, escape(name))
        });
    let length = if length == Millis::ZERO {
        String::new()
    } else {
        format!(r#"<span class="dur">{}</span>"#, clock_length(length))
    };
    format!(
        r#"<span class="cv c-{kind}">{slip}<svg class="art" viewBox="0 0 48 48" aria-hidden="true"><path d="{drawing}"/></svg>{length}</span>"#
    )
}

/// The class's drawing alone, for the index of classes.
pub fn class_drawing(name: &str) -> String {
    let (kind, drawing) = class(Some(name));
    format!(r#"<svg class="t-{kind}" viewBox="0 0 48 48" aria-hidden="true"><path d="{drawing}"/></svg>"#)
}

/// For text that goes into markup by hand.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// The pattern of pending time: once per page that shows some.
pub const HATCH: &str = r#"<svg width="0" height="0" class="hide" aria-hidden="true"><defs><pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse"><path class="hat" d="M-1 8 8-1M-1 1 1-1M6 8 8 6"/></pattern></defs></svg>"#;

/// The bar of a film: what is credited in gold, what is pending hatched, the rest empty.
pub fn film_bar(class: &str, length: Millis, credited: &Intervals, pending: &Intervals) -> String {
    let rect = |fill: &str, set: &Intervals| {
        let one = |(from, to): &(u64, u64)| {
            format!(
                r#"<rect x="{}" width="{}" height="100%" {fill}/>"#,
                percent(*from, length.0),
                percent(to - from, length.0)
            )
        };
        set.pairs().iter().map(one).fold(String::new(), |all, rect| all + &rect)
    };
    format!(
        r#"<svg class="bar {class}" aria-hidden="true"><rect class="k-bg" width="100%" height="100%"/>{}{}</svg>"#,
        rect(r#"class="k-1""#, credited),
        rect(r#"fill="url(#hatch)""#, pending),
    )
}

/// A single share, e.g. 43 % copied.
pub fn share_bar(part: u64, whole: u64) -> String {
    format!(
        r#"<svg class="bar bar-s" aria-hidden="true"><rect class="k-bg" width="100%" height="100%"/><rect x="0%" width="{}" height="100%" class="k-1"/></svg>"#,
        percent(part, whole)
    )
}

/// The ruler of the year: hours by mode, a tick per hour, a needle at the sum. `parts` in hundredths of an hour.
pub fn ruler(parts: &[u32], due: u32, label: &str) -> String {
    let whole = u64::from(due.max(parts.iter().sum()).max(100));
    let mut bars = String::new();
    let mut at = 0_u64;
    for (index, part) in parts.iter().enumerate().filter(|(_, part)| **part > 0) {
        let width = u64::from(*part);
        let class = index.min(2) + 1;
        let bar = format!(
            r#"<rect x="{x}" width="{w}" height="16" class="k-{class}"/><rect class="k-gap" x="{end}" width="2" height="16" transform="translate(-1 0)"/>"#,
            x = percent(at, whole),
            w = percent(width, whole),
            end = percent(at + width, whole),
        );
        bars += &bar;
        at += width;
    }
    let ticks = (0..=whole / 100)
        .map(|hour| {
            let height = if hour % 8 == 0 { 10 } else { 5 };
            let shift = if hour == 0 {
                ""
            } else {
                r#" transform="translate(-1 0)""#
            };
            format!(
                r#"<rect class="k-tick" x="{}" width="1" height="{height}" y="20"{shift}/>"#,
                percent(hour * 100, whole)
            )
        })
        .fold(String::new(), |all, tick| all + &tick);
    let needle = format!(
        r#"<rect class="k-ink" x="{}" width="2" height="22" y="-3" transform="translate(-1 0)"/>"#,
        percent(at, whole)
    );
    format!(
        r#"<svg class="bar bar-l" role="img" aria-label="{}"><rect class="k-bg" width="100%" height="16"/>{bars}{needle}{ticks}</svg>"#,
        escape(label)
    )
}
