//! Files that people keep in a spreadsheet 电子表格, as lines below a heading: a workbook of Excel, or text in UTF-8 or GBK
//! with comma, semicolon or tab. Pure, and bounded whatever the file is made of.
//!
//! Whoever reads such a file says in a [`Form`] which columns it may have. What the cells mean is the reader's business; that
//! a number lost its digits, or that a text became a date, is found out here and said with its line.

mod fault;
mod text;
mod workbook;

use csv::StringRecord;

pub use fault::{Fault, LineFault};

/// No list that people keep by hand is longer.
const FILE_LIMIT: usize = 2 << 20;

/// What a cell of a column is, if a spreadsheet has an opinion of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// A text. A member number `1-2` is no day, whatever Excel makes of it.
    Text,
    /// A day, or a text.
    Day,
    /// A time of day, or a text.
    Time,
}

/// A column that a file may have.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// What it may be headed with, in small letters.
    pub names: &'static [&'static str],
    /// What its cells are.
    pub holds: Holds,
    /// Whether no file does without it.
    pub must: bool,
}

impl Column {
    /// A column of texts that may be missing.
    pub const fn new(names: &'static [&'static str]) -> Self {
        Self {
            names,
            holds: Holds::Text,
            must: false,
        }
    }

    /// The same that must be there.
    #[must_use]
    pub const fn must(self) -> Self {
        Self { must: true, ..self }
    }

    /// The same for days or times.
    #[must_use]
    pub const fn of(self, holds: Holds) -> Self {
        Self { holds, ..self }
    }

    fn is(&self, heading: &str) -> bool {
        self.names.contains(&heading)
    }
}

/// What a file must look like to be read.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    /// Its columns.
    pub columns: &'static [Column],
    /// How many lines it has at most, below the heading.
    pub lines: usize,
}

impl Form {
    /// Which of its columns a heading names.
    fn column(&self, heading: &str) -> Option<usize> {
        let heading = heading.trim_start_matches('\u{feff}').to_lowercase();
        self.columns.iter().position(|column| column.is(&heading))
    }

    /// What stands under a heading; `None` if nobody knows it.
    fn holds(&self, heading: &str) -> Option<Holds> {
        self.column(heading).map(|at| self.columns[at].holds)
    }
}

/// The lines of a file below its heading, each with where it stands, from 1.
#[derive(Debug)]
pub struct Lines {
    head: (usize, StringRecord),
    /// Each line, or what a spreadsheet spoilt in it. Empty ones are among them.
    pub rows: Vec<(usize, Result<StringRecord, Vec<Fault>>)>,
}

impl Lines {
    /// For each column of the form, where it stands in the file; or each heading that is missing or unknown.
    pub fn places(&self, form: &Form) -> Result<Vec<Option<usize>>, Vec<LineFault>> {
        let mut places = vec![None; form.columns.len()];
        let mut faults = Vec::new();
        for (at, heading) in self.head.1.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
            match form.column(heading) {
                Some(column) => places[column] = Some(at),
                None => faults.push(Fault::Unknown(heading.chars().take(40).collect())),
            }
        }
        let all = form.columns.iter().zip(&places);
        let missing = all.filter(|(column, place)| column.must && place.is_none());
        faults.extend(missing.map(|(column, _)| Fault::Missing(column.names)));
        if faults.is_empty() {
            return Ok(places);
        }
        let line = self.head.0;
        Err(faults.into_iter().map(|fault| LineFault { line, fault }).collect())
    }
}

/// Reads a file; or what is wrong with all of it.
pub fn read(file: &[u8], form: &Form) -> Result<Lines, LineFault> {
    let whole = |fault| LineFault { line: 1, fault };
    if file.len() > FILE_LIMIT {
        return Err(whole(Fault::TooLarge(form.lines)));
    }
    if workbook::is_old(file) {
        return Err(whole(Fault::OldWorkbook));
    }
    let lines = if workbook::is_one(file) {
        workbook::read(file, form)?
    } else {
        text::read(file, form)?
    };
    match lines.rows.get(form.lines) {
        Some((line, _)) => Err(LineFault {
            line: *line,
            fault: Fault::TooLarge(form.lines),
        }),
        None => Ok(lines),
    }
}

/// What stands in a file, as text with commas: of a workbook the sheet of this form. `None` of one that cannot be read, or not
/// whole: whoever went on with the rest would leave out lines without noticing.
pub fn as_text(file: &[u8], form: &Form) -> Option<String> {
    if !workbook::is_one(file) {
        return (!workbook::is_old(file)).then(|| text::decode(file));
    }
    let Lines { head: (_, head), rows } = read(file, form).ok()?;
    let mut text = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    text.write_record(&head).ok()?;
    for (_, row) in rows {
        text.write_record(&row.ok()?).ok()?;
    }
    String::from_utf8(text.into_inner().ok()?).ok()
}

#[cfg(test)]
mod tests;
