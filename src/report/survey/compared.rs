//! Year on year 同比: beside each line what its chief figure was on the same days of the year before.

use std::collections::HashMap;

use super::annual::change;
use crate::report::sheet::{Cell, Sheet, Value, right};
use crate::types::Hours;

/// A sheet of more columns has no room for another two on a desk's screen.
const WIDE: usize = 18;

/// Adds a column to a sheet: one figure of each line as it was a year before, by the same sheet of that time; and, if it has
/// room, how much it grew. Lines are the same if their first `keys` cells read the same.
#[must_use]
pub fn compared(mut now: Sheet, before: &Sheet, keys: usize, figure: usize) -> Sheet {
    let name = |row: &[Cell]| row.iter().take(keys).map(|cell| cell.value.text()).collect::<Vec<_>>();
    let of = |row: &[Cell]| match row.get(figure).map(|cell| &cell.value) {
        Some(Value::Count(n)) => Some(*n),
        Some(Value::Hours(hours)) => Some(u64::from(hours.hundredths())),
        _ => None,
    };
    let is_hours = |row: &[Cell]| matches!(row.get(figure).map(|cell| &cell.value), Some(Value::Hours(_)));
    let mut earlier: HashMap<Vec<String>, u64> = HashMap::new();
    for (key, n) in before.rows.iter().filter_map(|row| Some((name(row), of(row)?))) {
        *earlier.entry(key).or_default() += n;
    }
    let has_room = now.columns.len() <= WIDE;
    let beside = |row: &mut Vec<Cell>, before: Option<u64>| {
        let count = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let grown = of(row)
            .zip(before)
            .map(|(now, before)| change(count(now), count(before)));
        let as_hours = is_hours(row);
        row.push(before.map_or_else(Cell::empty, |n| {
            if as_hours {
                Value::Hours(Hours::from_hundredths(u32::try_from(n).unwrap_or(u32::MAX))).into()
            } else {
                n.into()
            }
        }));
        if has_room {
            row.push(grown.unwrap_or_else(Cell::empty));
        }
    };
    for row in &mut now.rows {
        let before = earlier.get(&name(row)).copied();
        beside(row, Some(before.unwrap_or(0)));
    }
    if let Some(sums) = &mut now.sums {
        beside(sums, before.sums.as_deref().and_then(of).or(Some(0)));
    }
    let chief = now.columns.get(figure).map_or("", |column| column.name.0);
    now.columns.push(right("上年同期", "Year before", 4));
    if has_room {
        now.columns.push(right("增减", "Change", 4));
    }
    now.notes
        .push(format!("上年同期是“{chief}”在上一年的同样几天（{}）。", before.period));
    now
}
