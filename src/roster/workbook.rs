//! An Excel workbook 工作簿 as the lines of a roster: pure, and bounded whatever the file is made of.
//!
//! 1. The archive is unpacked once into nothing, up to a limit: a small file may claim to be gigabytes.
//! 2. Cells come one by one, as the file has them; what lies outside a roster's measure ends the reading.
//! 3. Merged cells say the same in each of their cells: a branch beside many members, a heading over two lines.
//! 4. The heading is the line that names the most columns; a title above it is passed over. One sheet must be a roster, and
//!    not two: which of them holds is for a person to say.
//! 5. What Excel made of a text that looks like a number is said, not guessed.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use calamine::{Data, DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx};
use csv::StringRecord;

use super::columns::{COLUMNS, REQUIRED, ROW_LIMIT, Rows, column, may_be_a_day};
use super::fault::{Fault, LineFault};

/// All parts of an honest workbook of 20,000 members are some 20 MB of XML.
const UNPACKED: u64 = 48 << 20;
/// An empty workbook of Office has a dozen parts.
const PARTS: usize = 2_000;
/// The text of all cells together: a shared string may be named by every one of them.
const TEXT: usize = 16 << 20;
/// A heading stands among the first lines, below a title and a remark or two.
const HEAD_WITHIN: u32 = 20;
/// A roster has 16 columns; whoever keeps more beside it must take them out.
const WIDTH: u32 = 64;
/// Cells that are filled because they are merged with another one.
const FILLED: usize = 400_000;
/// From here on a number has more digits than Excel keeps.
const FIFTEEN_DIGITS: f64 = 1e15;

/// What stands in a cell.
#[derive(Debug, Clone)]
enum Cell {
    Text(String),
    /// A day, as people write it.
    Day(String),
    /// A number of which Excel has lost digits, as it shows it.
    Rounded(String),
    /// `#N/A` and its like.
    Broken,
}

type Cells = BTreeMap<u32, BTreeMap<u32, Cell>>;

/// Whether these bytes are an archive, as workbooks of today are.
pub(super) fn is_workbook(file: &[u8]) -> bool {
    file.starts_with(b"PK\x03\x04")
}

/// Whether these bytes are a workbook of before 2007, or one with a password.
pub(super) fn is_old_workbook(file: &[u8]) -> bool {
    file.starts_with(&[0xd0, 0xcf, 0x11, 0xe0])
}

/// The lines of the one sheet that is a roster.
pub(super) fn read(file: &[u8]) -> Result<Rows, LineFault> {
    let whole = |fault| LineFault { line: 1, fault };
    fits(file)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(file)).map_err(|_| whole(Fault::NotAWorkbook))?;
    let sheets = book.sheets_metadata().to_owned();
    let seen = sheets
        .into_iter()
        .filter(|sheet| sheet.visible == SheetVisible::Visible && sheet.typ == SheetType::WorkSheet);
    let mut rosters: Vec<(String, u32, Cells)> = Vec::new();
    let mut first = None;
    for sheet in seen {
        let cells = cells(&mut book, &sheet.name)?;
        match heading(&cells) {
            Some(head) => rosters.push((sheet.name, head, cells)),
            None => first = first.or(Some(cells)),
        }
    }
    match rosters.len() {
        0 => Ok(nothing_found(first.as_ref())),
        1 => Ok(rows(rosters.remove(0))),
        _ => Err(whole(Fault::SeveralSheets(
            rosters.into_iter().map(|(name, ..)| name).collect(),
        ))),
    }
}

/// Unpacks everything into nothing: what the archive says of its sizes is no proof.
fn fits(file: &[u8]) -> Result<(), LineFault> {
    let whole = |fault| LineFault { line: 1, fault };
    let mut archive = zip::ZipArchive::new(Cursor::new(file)).map_err(|_| whole(Fault::NotAWorkbook))?;
    if archive.len() > PARTS {
        return Err(whole(Fault::TooLarge));
    }
    let mut left = UNPACKED;
    for part in 0..archive.len() {
        let part = archive.by_index(part).map_err(|_| whole(Fault::NotAWorkbook))?;
        let read = std::io::copy(&mut part.take(left + 1), &mut std::io::sink());
        let read = read.map_err(|_| whole(Fault::NotAWorkbook))?;
        left = left.checked_sub(read).ok_or_else(|| whole(Fault::TooLarge))?;
    }
    Ok(())
}

/// All cells of a sheet that are not empty, by line and column.
fn cells(book: &mut Xlsx<Cursor<&[u8]>>, sheet: &str) -> Result<Cells, LineFault> {
    let fault = |line: u32, fault| LineFault {
        line: line as usize + 1,
        fault,
    };
    let broken = |_| fault(0, Fault::NotAWorkbook);
    let (mut cells, mut text) = (Cells::new(), 0);
    let mut reader = book.worksheet_cells_reader(sheet).map_err(broken)?;
    while let Some(cell) = reader.next_cell().map_err(broken)? {
        let (line, column) = cell.get_position();
        let Some(value) = value(cell.get_value()) else { continue };
        if let Cell::Text(words) = &value {
            text += words.len();
        }
        let known = cells.len();
        let row = cells.entry(line).or_default();
        row.insert(column, value);
        if text > TEXT || known > ROW_LIMIT + HEAD_WITHIN as usize || column >= WIDTH {
            return Err(fault(line, Fault::TooLarge));
        }
    }
    drop(reader);
    let merged = book.merge_cells_by_sheet_name(sheet).unwrap_or_default();
    fill(&mut cells, &merged);
    Ok(cells)
}

/// Merged cells say the same in each of them. Lines on which nothing else stands stay empty.
fn fill(cells: &mut Cells, merged: &[calamine::Dimensions]) {
    let mut left = FILLED;
    for part in merged {
        let (top, bottom) = (part.start.0.min(part.end.0), part.start.0.max(part.end.0));
        let (first, last) = (part.start.1.min(part.end.1), part.start.1.max(part.end.1));
        let Some(value) = cells.get(&top).and_then(|row| row.get(&first)).cloned() else {
            continue;
        };
        for (_, row) in cells.range_mut(top..=bottom) {
            for column in first..=last.min(WIDTH) {
                row.entry(column).or_insert_with(|| value.clone());
                left = left.saturating_sub(1);
            }
            if left == 0 {
                return;
            }
        }
    }
}

fn value(cell: &DataRef<'_>) -> Option<Cell> {
    let text = |text: &str| {
        Some(text.trim())
            .filter(|text| !text.is_empty())
            .map(|text| Cell::Text(text.to_owned()))
    };
    match cell {
        DataRef::Empty => None,
        DataRef::String(words) | DataRef::DurationIso(words) => text(words),
        DataRef::SharedString(words) => text(words),
        DataRef::Int(n) => text(&n.to_string()),
        DataRef::Float(n) => Some(number(*n)),
        DataRef::Bool(yes) => text(if *yes { "是" } else { "否" }),
        DataRef::DateTime(moment) => Some(day(*moment)),
        DataRef::DateTimeIso(moment) => Some(Cell::Day(moment.chars().take(10).collect())),
        DataRef::Error(_) => Some(Cell::Broken),
    }
}

/// A number as it was meant: a year, a telephone, a member number of up to fifteen digits.
fn number(n: f64) -> Cell {
    if n.abs() >= FIFTEEN_DIGITS {
        Cell::Rounded(Data::Float(n).to_string().chars().take(40).collect())
    } else {
        Cell::Text(n.to_string())
    }
}

fn day(moment: ExcelDateTime) -> Cell {
    if !moment.is_datetime() {
        return number(moment.as_f64());
    }
    let (year, month, day, ..) = moment.to_ymd_hms_milli();
    Cell::Day(format!("{year:04}-{month:02}-{day:02}"))
}

fn names(row: &BTreeMap<u32, Cell>) -> impl Iterator<Item = &'static str> + '_ {
    row.values().filter_map(|cell| match cell {
        Cell::Text(name) => column(name).map(|at| COLUMNS[at].0),
        _ => None,
    })
}

/// The line among the first that names the most columns, the required ones among them.
fn heading(cells: &Cells) -> Option<u32> {
    let count = |(line, row): (&u32, &BTreeMap<u32, Cell>)| {
        let known: Vec<&str> = names(row).collect();
        let is_whole = COLUMNS[..REQUIRED].iter().all(|(name, _)| known.contains(name));
        is_whole.then_some((known.len(), *line))
    };
    let found = cells.range(..HEAD_WITHIN).filter_map(count);
    // Of equal ones the lower: a heading over two lines is told in full by its second.
    found.max().map(|(_, line)| line)
}

/// No sheet is a roster: what its first line lacks is said as of any other file.
fn nothing_found(first: Option<&Cells>) -> Rows {
    let most = |cells: &Cells| {
        let lines = cells.range(..HEAD_WITHIN);
        let best = lines.max_by_key(|(line, row)| (names(row).count(), std::cmp::Reverse(**line)));
        best.map(|(line, row)| (*line, row.clone()))
    };
    let (line, row) = first.and_then(most).unwrap_or_default();
    Rows {
        head: (
            line as usize + 1,
            record(&row, &StringRecord::new()).unwrap_or_default(),
        ),
        rows: Vec::new(),
    }
}

fn rows((_, head, cells): (String, u32, Cells)) -> Rows {
    let line = |line: u32| line as usize + 1;
    let heading = cells.get(&head).map(|row| record(row, &StringRecord::new()));
    let heading = heading.and_then(Result::ok).unwrap_or_default();
    let below = cells.range(head + 1..);
    let rows = below.map(|(at, row)| (line(*at), record(row, &heading))).collect();
    Rows {
        head: (line(head), heading),
        rows,
    }
}

/// A line, or what Excel spoilt in it.
fn record(row: &BTreeMap<u32, Cell>, heading: &StringRecord) -> Result<StringRecord, Vec<Fault>> {
    let mut faults = Vec::new();
    let last = row.keys().next_back().map_or(0, |last| last + 1);
    let last = last.max(u32::try_from(heading.len()).unwrap_or(last));
    let text = |column: u32| {
        let title = heading.get(column as usize).unwrap_or("");
        match row.get(&column) {
            None => String::new(),
            Some(Cell::Text(text)) => text.clone(),
            Some(Cell::Day(day)) => {
                if !may_be_a_day(title) {
                    faults.push(Fault::Dated(title.to_owned(), day.clone()));
                }
                day.clone()
            }
            Some(Cell::Rounded(number)) => {
                faults.push(Fault::Rounded(title.to_owned(), number.clone()));
                String::new()
            }
            Some(Cell::Broken) => {
                faults.push(Fault::Broken(title.to_owned()));
                String::new()
            }
        }
    };
    let texts: Vec<String> = (0..last).map(text).collect();
    if faults.is_empty() {
        Ok(StringRecord::from(texts))
    } else {
        Err(faults)
    }
}

#[cfg(test)]
mod tests;
