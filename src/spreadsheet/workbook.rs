//! An Excel workbook 工作簿 as the lines of a form.
//!
//! 1. The archive is unpacked once into nothing, up to a limit: a small file may claim to be gigabytes.
//! 2. Cells come one by one, as the file has them; what lies outside the form's measure ends the reading.
//! 3. Merged cells say the same in each of their cells: a branch beside many members, a heading over two lines.
//! 4. The heading is the line that names the most columns; a title above it is passed over. One sheet must have the form, and
//!    not two: which of them holds is for a person to say.
//! 5. What Excel made of a text that looks like a number is said, not guessed. Days and times are written as people write
//!    them, where a column holds such.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use calamine::{Data, DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx};
use csv::StringRecord;

use super::{Fault, Form, Holds, LineFault, Lines};

/// All parts of an honest workbook of 20,000 members are some 20 MB of XML.
const UNPACKED: u64 = 48 << 20;
/// An empty workbook of Office has a dozen parts.
const PARTS: usize = 2_000;
/// The text of all cells together: a shared string may be named by every one of them.
const TEXT: usize = 16 << 20;
/// A heading stands among the first lines, below a title and a remark or two.
const HEAD_WITHIN: u32 = 20;
/// A roster, the widest of all, has 16 columns; whoever keeps more beside it must take them out.
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
    /// A time of day, likewise.
    Time(String),
    /// A number less than one: under a column of times, the part of the day that has gone by.
    Part(f64),
    /// A number of which Excel has lost digits, as it shows it.
    Rounded(String),
    /// `#N/A` and its like.
    Broken,
}

type Line = BTreeMap<u32, Cell>;
type Cells = BTreeMap<u32, Line>;

/// Whether these bytes are an archive, as workbooks of today are.
pub(super) fn is_one(file: &[u8]) -> bool {
    file.starts_with(b"PK\x03\x04")
}

/// Whether these bytes are a workbook of before 2007, or one with a password.
pub(super) fn is_old(file: &[u8]) -> bool {
    file.starts_with(&[0xd0, 0xcf, 0x11, 0xe0])
}

/// The lines of the one sheet that has the form.
pub(super) fn read(file: &[u8], form: &Form) -> Result<Lines, LineFault> {
    let whole = |fault| LineFault { line: 1, fault };
    fits(file, form)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(file)).map_err(|_| whole(Fault::NotAWorkbook))?;
    let sheets = book.sheets_metadata().to_owned();
    let seen = sheets
        .into_iter()
        .filter(|sheet| sheet.visible == SheetVisible::Visible && sheet.typ == SheetType::WorkSheet);
    let mut found: Vec<(String, u32, Cells)> = Vec::new();
    let mut first = None;
    for sheet in seen {
        let cells = cells(&mut book, &sheet.name, form)?;
        match heading(&cells, form) {
            Some(head) => found.push((sheet.name, head, cells)),
            None => first = first.or(Some(cells)),
        }
    }
    match found.len() {
        0 => Ok(nothing_found(first.as_ref(), form)),
        1 => Ok(lines(found.remove(0), form)),
        _ => Err(whole(Fault::SeveralSheets(
            found.into_iter().map(|(name, ..)| name).collect(),
        ))),
    }
}

/// Unpacks everything into nothing: what the archive says of its sizes is no proof.
fn fits(file: &[u8], form: &Form) -> Result<(), LineFault> {
    let whole = |fault| LineFault { line: 1, fault };
    let mut archive = zip::ZipArchive::new(Cursor::new(file)).map_err(|_| whole(Fault::NotAWorkbook))?;
    if archive.len() > PARTS {
        return Err(whole(Fault::TooLarge(form.lines)));
    }
    let mut left = UNPACKED;
    for part in 0..archive.len() {
        let part = archive.by_index(part).map_err(|_| whole(Fault::NotAWorkbook))?;
        let read = std::io::copy(&mut part.take(left + 1), &mut std::io::sink());
        let read = read.map_err(|_| whole(Fault::NotAWorkbook))?;
        left = left
            .checked_sub(read)
            .ok_or_else(|| whole(Fault::TooLarge(form.lines)))?;
    }
    Ok(())
}

/// All cells of a sheet that are not empty, by line and column.
fn cells(book: &mut Xlsx<Cursor<&[u8]>>, sheet: &str, form: &Form) -> Result<Cells, LineFault> {
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
        if text > TEXT || known > form.lines + HEAD_WITHIN as usize || column >= WIDTH {
            return Err(fault(line, Fault::TooLarge(form.lines)));
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
    } else if n > 0.0 && n < 1.0 {
        Cell::Part(n)
    } else {
        Cell::Text(n.to_string())
    }
}

/// A moment whose day is the first of Excel's calendar has none; half past seven in the evening is 0.8125.
fn day(moment: ExcelDateTime) -> Cell {
    let n = moment.as_f64();
    if (0.0..1.0).contains(&n) {
        return Cell::Time(time(n));
    }
    if !moment.is_datetime() {
        return number(n);
    }
    let (year, month, day, ..) = moment.to_ymd_hms_milli();
    Cell::Day(format!("{year:04}-{month:02}-{day:02}"))
}

/// The part of a day that has gone by, as a time to the minute.
fn time(part: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at least 0 and less than 1,440"
    )]
    let minutes = (part * 1440.0).round().clamp(0.0, 1439.0) as u32;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// The columns that a line names.
fn named<'a>(line: &'a Line, form: &'a Form) -> impl Iterator<Item = usize> + 'a {
    line.values().filter_map(|cell| match cell {
        Cell::Text(name) => form.column(name),
        _ => None,
    })
}

/// The line among the first that names the most columns, the required ones among them.
fn heading(cells: &Cells, form: &Form) -> Option<u32> {
    let count = |(at, line): (&u32, &Line)| {
        let known: Vec<usize> = named(line, form).collect();
        let mut must = form.columns.iter().enumerate().filter(|(_, column)| column.must);
        let is_whole = must.all(|(column, _)| known.contains(&column));
        is_whole.then_some((known.len(), *at))
    };
    let found = cells.range(..HEAD_WITHIN).filter_map(count);
    // Of equal ones the lower: a heading over two lines is told in full by its second.
    found.max().map(|(_, line)| line)
}

/// No sheet has the form: what its first line lacks is said as of any other file.
fn nothing_found(first: Option<&Cells>, form: &Form) -> Lines {
    let most = |cells: &Cells| {
        let lines = cells.range(..HEAD_WITHIN);
        let best = lines.max_by_key(|(at, line)| (named(line, form).count(), std::cmp::Reverse(**at)));
        best.map(|(at, line)| (*at, line.clone()))
    };
    let (at, line) = first.and_then(most).unwrap_or_default();
    Lines {
        head: (at as usize + 1, heads(&line, form)),
        rows: Vec::new(),
    }
}

fn heads(line: &Line, form: &Form) -> StringRecord {
    record(line, &StringRecord::new(), form).unwrap_or_default()
}

fn lines((_, head, cells): (String, u32, Cells), form: &Form) -> Lines {
    let place = |line: u32| line as usize + 1;
    let heading = cells.get(&head).map(|line| heads(line, form)).unwrap_or_default();
    let below = cells.range(head + 1..);
    let rows = below.map(|(at, line)| (place(*at), record(line, &heading, form)));
    Lines {
        rows: rows.collect(),
        head: (place(head), heading),
    }
}

/// A line, or what Excel spoilt in it.
fn record(line: &Line, heading: &StringRecord, form: &Form) -> Result<StringRecord, Vec<Fault>> {
    let last = line.keys().next_back().map_or(0, |last| last + 1);
    let last = last.max(u32::try_from(heading.len()).unwrap_or(last));
    let mut faults = Vec::new();
    let text = |column: u32| {
        let title = heading.get(column as usize).unwrap_or("");
        let shown = line
            .get(&column)
            .map_or(Ok(String::new()), |cell| shown(cell, title, form));
        shown.map_err(|fault| faults.push(fault)).unwrap_or_default()
    };
    let texts: Vec<String> = (0..last).map(text).collect();
    if faults.is_empty() {
        Ok(StringRecord::from(texts))
    } else {
        Err(faults)
    }
}

/// A cell as its column takes it.
fn shown(cell: &Cell, title: &str, form: &Form) -> Result<String, Fault> {
    let column = form.holds(title);
    let is_of = |holds: Holds| column.is_none_or(|column| column == holds);
    match cell {
        Cell::Text(text) => Ok(text.clone()),
        Cell::Day(day) if is_of(Holds::Day) => Ok(day.clone()),
        Cell::Time(time) if is_of(Holds::Time) => Ok(time.clone()),
        Cell::Day(text) | Cell::Time(text) => Err(Fault::Dated(title.to_owned(), text.clone())),
        Cell::Part(part) if column == Some(Holds::Time) => Ok(time(*part)),
        Cell::Part(part) => Ok(part.to_string()),
        Cell::Rounded(number) => Err(Fault::Rounded(title.to_owned(), number.clone())),
        Cell::Broken => Err(Fault::Broken(title.to_owned())),
    }
}
