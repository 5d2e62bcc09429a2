//! Lines of text, parted by comma, semicolon or tab.

use super::{Fault, Form, LineFault, Lines};

/// The text without the mark that Windows puts before it.
pub(super) fn decode(file: &[u8]) -> String {
    media_index::subtitle::decode(file)
        .trim_start_matches('\u{feff}')
        .to_owned()
}

/// One line more than the form allows, so that it can be told.
pub(super) fn read(file: &[u8], form: &Form) -> Result<Lines, LineFault> {
    // Windows and forms end lines with two characters, and the reader counts the line only behind both.
    let text = decode(file).replace("\r\n", "\n");
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(&text))
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let broken = |_| LineFault {
        line: 1,
        fault: Fault::NotCsv,
    };
    let head = reader.headers().map_err(broken)?.clone();
    let line = |(index, record): (usize, csv::Result<csv::StringRecord>)| {
        let place = record.as_ref().ok().and_then(csv::StringRecord::position);
        let line = place.map_or(index + 2, |p| usize::try_from(p.line()).unwrap_or(0));
        (line, record.map_err(|_| vec![Fault::NotCsv]))
    };
    Ok(Lines {
        head: (1, head),
        rows: reader.records().enumerate().map(line).take(form.lines + 1).collect(),
    })
}

/// The separator that the first line has most of.
fn delimiter(text: &str) -> u8 {
    let head = text.lines().next().unwrap_or("");
    let count = |c: &u8| head.bytes().filter(|b| b == c).count();
    [b',', b';', b'\t']
        .into_iter()
        .max_by_key(|c| (count(c), *c == b','))
        .unwrap_or(b',')
}
