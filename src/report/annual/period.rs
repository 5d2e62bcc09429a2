//! The days of a report.

use crate::clock;
use crate::types::Year;

/// Days of a report, both included, as days since 1970 in Chinese standard time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Period {
    /// The first.
    pub from: i64,
    /// The last.
    pub to: i64,
}

impl Period {
    /// From two dates, whichever is the earlier.
    pub fn of(a: jiff::civil::Date, b: jiff::civil::Date) -> Self {
        let (a, b) = (day_number(a), day_number(b));
        Self {
            from: a.min(b),
            to: a.max(b),
        }
    }

    /// The same days a year earlier; a 29 February becomes a 28th.
    #[must_use]
    pub fn a_year_before(self) -> Self {
        let earlier = |day| {
            let date = date_of(day);
            let moved = date.checked_sub(jiff::Span::new().years(1)).unwrap_or(date);
            day_number(moved)
        };
        Self {
            from: earlier(self.from),
            to: earlier(self.to),
        }
    }

    /// Whether a day lies in it.
    pub fn holds(self, day: i64) -> bool {
        (self.from..=self.to).contains(&day)
    }

    /// Its last day's year: whose hours are due, whose typed-in figures belong.
    pub fn year(self) -> Year {
        Year(u16::try_from(date_of(self.to).year()).unwrap_or(0))
    }
}

/// Days since 1970.
fn day_number(date: jiff::civil::Date) -> i64 {
    let first = jiff::civil::date(1970, 1, 1);
    i64::from((date - first).get_days())
}

/// The date of a day's number.
pub fn date_of(day: i64) -> jiff::civil::Date {
    let first = jiff::civil::date(1970, 1, 1);
    first
        .checked_add(jiff::Span::new().try_days(day).unwrap_or_default())
        .unwrap_or(first)
}

/// Today in China, by a clock's reading.
pub fn today(wall_ms: i64) -> jiff::civil::Date {
    clock::local_date(wall_ms).unwrap_or(jiff::civil::date(1970, 1, 1))
}
