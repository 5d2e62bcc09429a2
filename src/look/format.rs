//! How numbers, times and lengths are written.

use crate::clock;
use crate::types::{Lang, Millis};

/// `28:40`, or `1:02:03` from an hour on.
pub fn clock_length(ms: Millis) -> String {
    let s = ms.as_secs();
    match s / 3600 {
        0 => format!("{}:{:02}", s / 60, s % 60),
        hours => format!("{hours}:{:02}:{:02}", s / 60 % 60, s % 60),
    }
}

/// `28 分 40 秒` or `28 min 40 s`; hours from 100 minutes on.
pub fn length(ms: Millis, lang: Lang) -> String {
    let s = ms.as_secs();
    let (hour, minute, second) = match lang {
        Lang::Zh => ("小时", "分", "秒"),
        Lang::En => ("h", "min", "s"),
    };
    match s {
        0..60 => format!("{s} {second}"),
        60..6000 if s.is_multiple_of(60) && lang == Lang::Zh => format!("{} 分钟", s / 60),
        60..6000 if s.is_multiple_of(60) => format!("{} {minute}", s / 60),
        60..6000 => format!("{} {minute} {} {second}", s / 60, s % 60),
        _ => format!("{} {hour} {} {minute}", s / 3600, s / 60 % 60),
    }
}

/// `11/25`; empty while the date is unknown.
pub fn short_date(wall_ms: i64) -> String {
    dated(wall_ms).map_or_else(String::new, |d| format!("{}/{:02}", d.month(), d.day()))
}

/// `11月25日` or `25 Nov`; empty while the date is unknown.
pub fn date(wall_ms: i64, lang: Lang) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let Some(d) = dated(wall_ms) else { return String::new() };
    match lang {
        Lang::Zh => format!("{}月{}日", d.month(), d.day()),
        Lang::En => format!("{} {}", d.day(), MONTHS[usize::from(d.month().unsigned_abs()) - 1]),
    }
}

/// `2026年11月25日` or `25 Nov 2026`; empty while the date is unknown.
pub fn full_date(wall_ms: i64, lang: Lang) -> String {
    let (day, year) = (date(wall_ms, lang), dated(wall_ms).map(jiff::civil::Date::year));
    match (year, lang) {
        (None, _) => String::new(),
        (Some(year), Lang::Zh) => format!("{year}年{day}"),
        (Some(year), Lang::En) => format!("{day} {year}"),
    }
}

/// `周三` or `Wed`.
pub fn weekday(wall_ms: i64, lang: Lang) -> &'static str {
    let zh = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"];
    let en = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let Some(d) = dated(wall_ms) else { return "" };
    let day = usize::from(d.weekday().to_monday_zero_offset().unsigned_abs());
    match lang {
        Lang::Zh => zh[day],
        Lang::En => en[day],
    }
}

/// `16:40`.
pub fn time(wall_ms: i64) -> String {
    clock::local(wall_ms).map_or_else(String::new, |t| format!("{:02}:{:02}", t.hour(), t.minute()))
}

fn dated(wall_ms: i64) -> Option<jiff::civil::Date> {
    (clock::plausibility(wall_ms) != clock::Trust::Unset)
        .then(|| clock::local_date(wall_ms))
        .flatten()
}

/// `6 GB`, `640 MB`, `12 KB`.
pub fn bytes(n: u64) -> String {
    match n {
        0..1_000_000 => format!("{} KB", n.div_ceil(1_000)),
        1_000_000..1_000_000_000 => format!("{} MB", n / 1_000_000),
        _ => format!("{}.{} GB", n / 1_000_000_000, n / 100_000_000 % 10),
    }
}

/// `18,402`.
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A share in percent with two decimals, for the `x` and `width` of a bar.
pub fn percent(part: u64, whole: u64) -> String {
    let hundredths = part.min(whole).saturating_mul(10_000).checked_div(whole).unwrap_or(0);
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

/// Fills `{0}`, `{1}` … in a sentence.
pub fn fill(sentence: &str, values: &[&dyn std::fmt::Display]) -> String {
    let mut out = sentence.to_owned();
    for (at, value) in values.iter().enumerate() {
        out = out.replace(&format!("{{{at}}}"), &value.to_string());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_numbers_are_written_as_people_write_them() {
        assert_eq!(clock_length(Millis::secs(1720)), "28:40");
        assert_eq!(clock_length(Millis::secs(3723)), "1:02:03");
        assert_eq!(length(Millis::secs(1720), Lang::Zh), "28 分 40 秒");
        assert_eq!(length(Millis::secs(1740), Lang::Zh), "29 分钟");
        assert_eq!(length(Millis::secs(40), Lang::En), "40 s");
        assert_eq!(thousands(18_402), "18,402");
        assert_eq!(bytes(6_400_000_000), "6.4 GB");
        assert_eq!(percent(1, 3), "33.33%");
        assert_eq!(date(1_795_000_000_000, Lang::Zh), "11月18日");
        assert_eq!(full_date(1_795_000_000_000, Lang::Zh), "2026年11月18日");
        assert_eq!(full_date(1_795_000_000_000, Lang::En), "18 Nov 2026");
        assert_eq!(date(5_000, Lang::Zh), "", "a clock in 1970 names no date");
        assert_eq!(
            fill("还差 {0} 学时，还有 {1} 天", &[&"9.4", &35]),
            "还差 9.4 学时，还有 35 天"
        );
    }
}
