//! A book as one table: columns, rows, sums. Page, print, CSV and XLSX are all made from it, so they cannot differ.

use crate::clock;
use crate::types::{Hours, Lang, Millis};

/// A text in both languages. Books are Chinese papers; English is for visitors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words(pub &'static str, pub &'static str);

impl Words {
    /// In one language.
    pub fn in_lang(self, lang: Lang) -> &'static str {
        match lang {
            Lang::Zh => self.0,
            Lang::En => self.1,
        }
    }
}

/// Where the cells of a column stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Texts.
    Left,
    /// Short words and times.
    Middle,
    /// Figures.
    Right,
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: Words,
    /// How wide it is beside the others, in Chinese characters.
    pub width: u8,
    /// Where its cells stand.
    pub align: Align,
}

/// A column of texts.
pub const fn left(zh: &'static str, en: &'static str, width: u8) -> Column {
    Column {
        name: Words(zh, en),
        width,
        align: Align::Left,
    }
}

/// A column of short words.
pub const fn middle(zh: &'static str, en: &'static str, width: u8) -> Column {
    Column {
        align: Align::Middle,
        ..left(zh, en, width)
    }
}

/// A column of figures.
pub const fn right(zh: &'static str, en: &'static str, width: u8) -> Column {
    Column {
        align: Align::Right,
        ..left(zh, en, width)
    }
}

/// What a figure opens to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum To {
    /// The record of a screening, by its id.
    Record(crate::types::SessionId),
    /// All leaves of the session or screening that begins with this leaf.
    Leaves(u64),
    /// One leaf with its proof.
    Leaf(u64),
    /// Another book of the same period, by its code, perhaps of one member only.
    Book(&'static str, Option<crate::types::MemberId>),
    /// A page of the district, by its address.
    Page(String),
}

/// A value, typed so that a spreadsheet can count with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing, or not known.
    Empty,
    /// Words.
    Text(String),
    /// A number of things.
    Count(u64),
    /// A length, shown in whole minutes, rounded down.
    Minutes(Millis),
    /// A length in hours with one decimal, rounded down.
    LongTime(Millis),
    /// Credit hours.
    Hours(Hours),
    /// A part of a whole, in percent with one decimal, rounded down: 99.96 % is not everybody.
    Share(u64, u64),
    /// A day, by a wall-clock moment in it; milliseconds since 1970.
    Day(i64),
    /// A moment to the minute.
    Moment(i64),
    /// A number that a person typed in, as he wrote it.
    Typed(String),
}

/// A value and what it opens to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The value.
    pub value: Value,
    /// What it opens to.
    pub to: Option<To>,
}

impl From<Value> for Cell {
    fn from(value: Value) -> Self {
        Self { value, to: None }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        if text.is_empty() {
            Value::Empty
        } else {
            Value::Text(text)
        }
        .into()
    }
}

impl From<u64> for Cell {
    fn from(count: u64) -> Self {
        Value::Count(count).into()
    }
}

impl From<usize> for Cell {
    fn from(count: usize) -> Self {
        Value::Count(count as u64).into()
    }
}

impl Cell {
    /// Nothing.
    pub fn empty() -> Self {
        Value::Empty.into()
    }

    /// The same, opening to something.
    #[must_use]
    pub fn opens(self, to: To) -> Self {
        Self { to: Some(to), ..self }
    }
}

/// Tenths of a percent, rounded down; `None` of nothing.
pub fn tenths(part: u64, whole: u64) -> Option<u64> {
    part.saturating_mul(1000).checked_div(whole)
}

impl Value {
    /// As people read it.
    pub fn text(&self) -> String {
        let tenth = |n: u64, unit: &str| {
            if n.is_multiple_of(10) && !unit.is_empty() {
                format!("{}{unit}", n / 10)
            } else {
                format!("{}.{}{unit}", n / 10, n % 10)
            }
        };
        match self {
            Self::Empty => String::new(),
            Self::Text(text) | Self::Typed(text) => text.clone(),
            Self::Count(n) => n.to_string(),
            Self::Minutes(ms) => (ms.as_secs() / 60).to_string(),
            Self::LongTime(ms) => tenth(ms.as_secs() / 360, ""),
            Self::Hours(hours) => hours.to_string(),
            Self::Share(part, whole) => tenths(*part, *whole).map_or_else(|| "–".to_owned(), |n| tenth(n, "%")),
            Self::Day(wall) => moment(*wall, "%Y-%m-%d"),
            Self::Moment(wall) => moment(*wall, "%Y-%m-%d %H:%M"),
        }
    }

    /// As a spreadsheet counts with it, if it is a number there, and how it is written: the number that people read,
    /// not a longer one behind it.
    #[expect(
        clippy::cast_precision_loss,
        reason = "counts and minutes of a village are far below 2^52"
    )]
    pub fn number(&self) -> Option<(f64, &'static str)> {
        match self {
            Self::Empty | Self::Text(_) => None,
            Self::Count(n) => Some((*n as f64, "0")),
            Self::Minutes(ms) => Some(((ms.as_secs() / 60) as f64, "0")),
            Self::LongTime(ms) => Some(((ms.as_secs() / 360) as f64 / 10.0, "0.0")),
            Self::Hours(hours) => Some((f64::from(hours.hundredths()) / 100.0, "0.0#")),
            Self::Share(part, whole) => tenths(*part, *whole).map(|n| (n as f64 / 1000.0, "0.0%")),
            Self::Day(wall) => serial(*wall).map(|n| (n.floor(), "yyyy-mm-dd")),
            Self::Moment(wall) => serial(*wall).map(|n| (n, "yyyy-mm-dd hh:mm")),
            Self::Typed(text) => text
                .parse()
                .ok()
                .filter(|n: &f64| n.is_finite())
                .map(|n| (n, "General")),
        }
    }
}

fn moment(wall_ms: i64, how: &str) -> String {
    clock::local(wall_ms).map_or_else(String::new, |at| at.strftime(how).to_string())
}

/// Days since 1899-12-30, as spreadsheets count them, cut to the minute; `None` outside the calendar.
#[expect(clippy::cast_precision_loss, reason = "minutes since 1970 are far below 2^52")]
fn serial(wall_ms: i64) -> Option<f64> {
    clock::local(wall_ms)?;
    let minutes = (wall_ms + i64::from(clock::UTC_OFFSET_HOURS) * 3_600_000).div_euclid(60_000);
    Some(minutes as f64 / 1440.0 + 25_569.0)
}

/// A book, or a part of one, as a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// `f1` … `f7`, in addresses and file names.
    pub code: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// Of which time, in words.
    pub period: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, each with as many cells as there are columns.
    pub rows: Vec<Vec<Cell>>,
    /// The sums, one cell a column.
    pub sums: Option<Vec<Cell>>,
    /// What a reader must know to read it.
    pub notes: Vec<String>,
    /// It needs the paper across.
    pub is_wide: bool,
    /// A single row of it is a card: one line a figure.
    pub is_card: bool,
}

impl Sheet {
    /// The names of the columns.
    pub fn head(&self, lang: Lang) -> Vec<&'static str> {
        self.columns.iter().map(|column| column.name.in_lang(lang)).collect()
    }

    /// Rows and sums as people read them.
    pub fn texts(&self) -> impl Iterator<Item = Vec<String>> + '_ {
        let all = self.rows.iter().chain(self.sums.iter());
        all.map(|row| row.iter().map(|cell| cell.value.text()).collect())
    }

    /// The name of a file with it, without its ending: in ASCII, because old browsers garble the rest.
    pub fn file_name(&self) -> String {
        let plain = self
            .period
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' });
        let period: String = plain.collect();
        let parts: Vec<&str> = period.split('-').filter(|part| !part.is_empty()).collect();
        [&[self.code], parts.as_slice()].concat().join("-")
    }
}

/// The sum of a column of counts or lengths.
pub fn sum_of(rows: &[Vec<Cell>], column: usize) -> Value {
    let values = rows.iter().filter_map(|row| row.get(column)).map(|cell| &cell.value);
    values.fold(Value::Empty, |sum, value| match (sum, value) {
        (Value::Count(a), Value::Count(b)) => Value::Count(a + b),
        (Value::Minutes(a), Value::Minutes(b)) => Value::Minutes(a.plus(*b)),
        (Value::LongTime(a), Value::LongTime(b)) => Value::LongTime(a.plus(*b)),
        (Value::Hours(a), Value::Hours(b)) => Value::Hours(Hours::from_hundredths(a.hundredths() + b.hundredths())),
        (Value::Share(a, b), Value::Share(c, d)) => Value::Share(a + c, b + d),
        (Value::Empty, other) => match other {
            Value::Text(_) | Value::Typed(_) | Value::Day(_) | Value::Moment(_) => Value::Empty,
            _ => other.clone(),
        },
        (sum, _) => sum,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_cut_and_nothing_of_nothing_is_a_dash() {
        assert_eq!(Value::Share(21, 24).text(), "87.5%");
        assert_eq!(Value::Share(2999, 3000).text(), "99.9%");
        assert_eq!(Value::Share(3, 3).text(), "100%");
        assert_eq!(Value::Share(0, 0).text(), "–");
        assert_eq!(Value::Share(0, 0).number(), None);
    }

    #[test]
    fn a_spreadsheet_is_given_the_number_that_people_read() {
        assert_eq!(Value::Minutes(Millis::secs(2_799)).number(), Some((46.0, "0")));
        assert_eq!(Value::LongTime(Millis::secs(5_399)).text(), "1.4");
        assert_eq!(
            Value::Hours(Hours::from_hundredths(2260)).number(),
            Some((22.6, "0.0#"))
        );
        // 2026-11-26T12:00+08:00 is day 46,352 and a half of the spreadsheets' calendar.
        let noon = 1_795_665_600_000;
        assert_eq!(Value::Moment(noon).text(), "2026-11-26 12:00");
        assert_eq!(Value::Moment(noon).number(), Some((46_352.5, "yyyy-mm-dd hh:mm")));
        assert_eq!(Value::Day(noon).number(), Some((46_352.0, "yyyy-mm-dd")));
    }

    #[test]
    fn sums_add_what_can_be_added() {
        let rows = vec![
            vec![Cell::from("王"), 3_u64.into(), Value::Share(1, 2).into()],
            vec![Cell::from("陈"), 4_u64.into(), Value::Share(2, 2).into()],
        ];
        assert_eq!(sum_of(&rows, 0), Value::Empty);
        assert_eq!(sum_of(&rows, 1), Value::Count(7));
        assert_eq!(sum_of(&rows, 2), Value::Share(3, 4));
    }
}
