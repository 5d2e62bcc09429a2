//! The time that a book is asked for: a month, a quarter, a year, or from one day to another.

use jiff::civil::Date;

use crate::clock;
use crate::types::{Lang, Year};

/// Whole days in Chinese standard time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    first: Date,
    last: Date,
}

/// No book covers more: a longer one is a slip of the finger.
const LONGEST_DAYS: i64 = 366 * 10;

fn milliseconds(day: Date) -> i64 {
    let days = day.duration_since(Date::constant(1970, 1, 1)).as_hours() / 24;
    days * 86_400_000 - i64::from(clock::UTC_OFFSET_HOURS) * 3_600_000
}

impl Period {
    /// From one day to another, both counted.
    pub fn days(first: Date, last: Date) -> Option<Self> {
        let days = last.duration_since(first).as_hours() / 24;
        (0..LONGEST_DAYS).contains(&days).then_some(Self { first, last })
    }

    /// The month of a day.
    pub fn month_of(day: Date) -> Self {
        Self {
            first: day.first_of_month(),
            last: day.last_of_month(),
        }
    }

    /// The month of a wall-clock moment.
    pub fn month_at(wall_ms: i64) -> Self {
        Self::month_of(clock::local_date(wall_ms).unwrap_or(Date::constant(1970, 1, 1)))
    }

    /// A calendar year.
    pub fn year(year: i16) -> Option<Self> {
        let first = Date::new(year, 1, 1).ok()?;
        Some(Self {
            first,
            last: first.last_of_year(),
        })
    }

    fn quarter(year: i16, quarter: i8) -> Option<Self> {
        let first = Date::new(year, quarter.checked_mul(3)?.checked_sub(2)?, 1).ok()?;
        let last = Date::new(year, quarter * 3, 1).ok()?.last_of_month();
        Some(Self { first, last })
    }

    /// Reads what [`Period::word`] writes: `2026`, `2026-q4`, `2026-11`, `2026-11-01..2026-12-15`.
    pub fn read(word: &str) -> Option<Self> {
        if let Some((first, last)) = word.split_once("..") {
            return Self::days(first.parse().ok()?, last.parse().ok()?);
        }
        let (year, rest) = word.split_once('-').unwrap_or((word, ""));
        let year = year.parse().ok().filter(|year| (1970..=9998).contains(year))?;
        if rest.is_empty() {
            return Self::year(year);
        }
        match rest.strip_prefix(['q', 'Q']) {
            Some(quarter) => Self::quarter(year, quarter.parse().ok().filter(|n| (1..=4).contains(n))?),
            None => Date::new(year, rest.parse().ok()?, 1).ok().map(Self::month_of),
        }
    }

    /// Which quarter it is, if it is one.
    fn as_quarter(self) -> Option<i8> {
        let quarter = (self.first.month() + 2) / 3;
        (Self::quarter(self.first.year(), quarter) == Some(self)).then_some(quarter)
    }

    /// Whether it is a whole calendar month.
    pub fn is_month(self) -> bool {
        Self::month_of(self.first) == self
    }

    /// Whether it is a whole calendar year.
    pub fn is_year(self) -> bool {
        Self::year(self.first.year()) == Some(self)
    }

    /// As it stands in addresses.
    pub fn word(self) -> String {
        let (year, month) = (self.first.year(), self.first.month());
        if self.is_year() {
            return year.to_string();
        }
        match self.as_quarter() {
            Some(quarter) => format!("{year}-q{quarter}"),
            None if self.is_month() => format!("{year}-{month:02}"),
            None => format!("{}..{}", self.first, self.last),
        }
    }

    /// As people say it.
    pub fn said(self, lang: Lang) -> String {
        let (year, month) = (self.first.year(), self.first.month());
        if lang == Lang::En {
            return match self.as_quarter() {
                Some(quarter) => format!("{year}, quarter {quarter}"),
                None if self.is_year() => year.to_string(),
                None if self.is_month() => format!("{year}-{month:02}"),
                None => format!("{} to {}", self.first, self.last),
            };
        }
        let day = |d: Date| format!("{}年{}月{}日", d.year(), d.month(), d.day());
        match self.as_quarter() {
            Some(quarter) => format!(
                "{year}年第{}季度",
                ["一", "二", "三", "四"][(quarter - 1).unsigned_abs() as usize % 4]
            ),
            None if self.is_year() => format!("{year}年"),
            None if self.is_month() => format!("{year}年{month}月"),
            None => format!("{}到{}", day(self.first), day(self.last)),
        }
    }

    /// The first day.
    pub fn first(self) -> Date {
        self.first
    }

    /// The last day.
    pub fn last(self) -> Date {
        self.last
    }

    /// The year of its last day: that of a book that is kept by the year.
    pub fn of_year(self) -> Year {
        Year(self.last.year().unsigned_abs())
    }

    /// From this wall-clock moment on; milliseconds since 1970.
    pub fn from_ms(self) -> i64 {
        milliseconds(self.first)
    }

    /// Up to this moment, which is not part of it.
    pub fn until_ms(self) -> i64 {
        milliseconds(self.last) + 86_400_000
    }

    /// Whether a moment lies in it.
    pub fn holds(self, wall_ms: i64) -> bool {
        (self.from_ms()..self.until_ms()).contains(&wall_ms)
    }

    /// The same length of time before, if it is a month, a quarter or a year.
    pub fn before(self) -> Option<Self> {
        let day = self.first.yesterday().ok()?;
        self.like(day)
    }

    /// The same after.
    pub fn after(self) -> Option<Self> {
        let day = self.last.tomorrow().ok()?;
        self.like(day)
    }

    fn like(self, day: Date) -> Option<Self> {
        if self.is_year() {
            Self::year(day.year())
        } else if self.as_quarter().is_some() {
            Self::quarter(day.year(), (day.month() + 2) / 3)
        } else {
            self.is_month().then(|| Self::month_of(day))
        }
    }

    /// Its months; the first and the last perhaps cut.
    pub fn months(self) -> impl Iterator<Item = Self> {
        let mut next = Some(self.first);
        std::iter::from_fn(move || {
            let first = next.filter(|day| *day <= self.last)?;
            let last = first.last_of_month().min(self.last);
            next = last.tomorrow().ok();
            Some(Self { first, last })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_reads_back_as_it_is_written() {
        for word in ["2026", "2026-q1", "2026-q4", "2026-02", "2026-11-03..2026-12-15"] {
            assert_eq!(Period::read(word).unwrap().word(), word);
        }
        for word in [
            "",
            "26x",
            "2026-13",
            "2026-q5",
            "2026-q0",
            "2026-02-30..2026-03-01",
            "2026-12-02..2026-12-01",
            "-1",
            "0001",
        ] {
            assert_eq!(Period::read(word), None, "{word}");
        }
    }

    #[test]
    fn a_day_ends_at_midnight_in_china() {
        let november = Period::read("2026-11").unwrap();
        // 2026-11-30T15:59:59.999Z is the last millisecond of November in Beijing.
        assert!(november.holds(1_796_054_399_999));
        assert!(!november.holds(1_796_054_400_000));
        assert!(!november.holds(november.from_ms() - 1));
        assert_eq!(november.said(Lang::Zh), "2026年11月");
    }

    #[test]
    fn before_and_after_keep_the_length() {
        let word = |period: Option<Period>| period.unwrap().word();
        assert_eq!(word(Period::read("2026-01").unwrap().before()), "2025-12");
        assert_eq!(word(Period::read("2026-q4").unwrap().after()), "2027-q1");
        assert_eq!(Period::read("2026-11-03..2026-12-15").unwrap().after(), None);
    }

    #[test]
    fn months_cut_the_first_and_the_last() {
        let words: Vec<String> = Period::read("2026-01-15..2026-03-02")
            .unwrap()
            .months()
            .map(Period::word)
            .collect();
        assert_eq!(words, ["2026-01-15..2026-01-31", "2026-02", "2026-03-01..2026-03-02"]);
    }
}
