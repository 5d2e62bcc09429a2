//! Day and time of an entry, as forms and people write them.

use std::fmt;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::clock;

/// A day and a time of the station's calendar. Sorts by time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct When {
    /// `2026-11-26`.
    pub day: String,
    /// `19:30`.
    pub time: String,
}

impl When {
    /// Reads what a form sends; browsers without a calendar send what people type.
    pub fn read(day: &str, time: &str) -> Option<Self> {
        let day = day_of(&narrow(day))?;
        let time = narrow(time).replace('.', ":");
        let (hour, minute) = time.split_once(':')?;
        let (hour, minute): (u8, u8) = (hour.parse().ok()?, minute.get(..2)?.parse().ok()?);
        (hour < 24 && minute < 60).then(|| Self {
            day: day.to_string(),
            time: format!("{hour:02}:{minute:02}"),
        })
    }

    /// The day of the month.
    pub fn of_month(&self) -> &str {
        self.day.get(8..).unwrap_or("")
    }

    /// Milliseconds since 1970 of that moment, for [`crate::look::format`].
    pub fn wall_ms(&self) -> i64 {
        let moment = self.day.parse::<Date>().ok().and_then(|day| {
            let (hour, minute) = self.time.split_once(':')?;
            let at = day.at(hour.parse().ok()?, minute.parse().ok()?, 0, 0);
            jiff::tz::offset(clock::UTC_OFFSET_HOURS).to_timestamp(at).ok()
        });
        moment.map_or(0, jiff::Timestamp::as_millisecond)
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.day, self.time)
    }
}

/// 2026-11-26, 2026/1/6 as spreadsheets write it, 2026年1月6日.
fn day_of(text: &str) -> Option<Date> {
    let text = text.trim_end_matches('日').replace(['/', '.', '年', '月'], "-");
    let mut parts = text.split('-').map(|part| {
        let part = part.trim();
        part.bytes().all(|c| c.is_ascii_digit()).then_some(part)
    });
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let is_whole = year.len() == 4 && parts.next().is_none();
    let of = is_whole.then(|| Some((year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)));
    let (year, month, day) = of??;
    Date::new(year, month, day).ok()
}

/// Wide digits and signs of a Chinese keyboard become narrow.
fn narrow(text: &str) -> String {
    let one = |c: char| match c {
        '０'..='９' => char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')).unwrap_or(c),
        '：' => ':',
        '－' => '-',
        '／' => '/',
        other => other,
    };
    text.trim().chars().map(one).collect()
}

/// A month of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month(Date);

impl Month {
    /// Reads `2026-11`.
    pub fn read(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok().map(Self)
    }

    /// The month of a moment.
    pub fn of(wall_ms: i64) -> Option<Self> {
        clock::local_date(wall_ms).map(|day| Self(day.first_of_month()))
    }

    /// So many months later.
    #[must_use]
    pub fn plus(self, months: i32) -> Self {
        self.0.checked_add(months.months()).map_or(self, Self)
    }

    /// Its first and last day.
    pub fn days(self) -> (String, String) {
        (self.0.to_string(), self.0.last_of_month().to_string())
    }

    /// Its year and number.
    pub fn numbers(self) -> (i16, i8) {
        (self.0.year(), self.0.month())
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.year(), self.0.month())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_and_time_are_taken_as_people_type_them() {
        let when = |day, time| When::read(day, time).map(|when| when.to_string());
        let same = Some("2026-11-26 19:30".to_owned());
        assert_eq!(when("2026-11-26", "19:30"), same);
        assert_eq!(when("2026/11/26", "19：30"), same);
        assert_eq!(when("２０２６-11-26", "19:30:00"), same);
        assert_eq!(when("2026年11月26日", "19.30"), same);
        assert_eq!(when("2026/1/6", "9:05"), Some("2026-01-06 09:05".to_owned()));
        for day in [
            "2026-11-31",
            "26-11-26",
            "2026-11",
            "2026-11-26-1",
            "2026-+1-26",
            "-2026-11-26",
            "明天",
        ] {
            assert_eq!(when(day, "19:30"), None, "{day}");
        }
        assert_eq!(when("2026-11-26", "24:00"), None);
        assert_eq!(when("", ""), None);
    }

    #[test]
    fn a_moment_is_in_chinese_time() {
        let when = When::read("2026-11-26", "07:30").unwrap();
        let local = clock::local(when.wall_ms()).unwrap();
        assert_eq!((local.day(), local.hour(), local.minute()), (26, 7, 30));
    }

    #[test]
    fn months_follow_each_other_across_new_year() {
        let december = Month::read("2026-12").unwrap();
        assert_eq!(december.plus(1).to_string(), "2027-01");
        assert_eq!(december.plus(-11).to_string(), "2026-01");
        assert_eq!(
            Month::read("2028-02").unwrap().days(),
            ("2028-02-01".into(), "2028-02-29".into())
        );
        assert_eq!(Month::read("2026-13"), None);
    }
}
