//! A sheet as a workbook of Office and WPS: numbers are numbers, the head stays in sight, and it prints on A4.

use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};

use super::sheet::{Align, Sheet, Value};
use crate::types::Lang;

/// Why a workbook could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the workbook cannot be written: {0}")]
pub struct WorkbookError(#[from] XlsxError);

/// Title, station and period, then the head.
const HEAD: u32 = 2;
/// A Chinese character is as wide as two of the digits by which spreadsheets measure.
const DIGITS: f64 = 2.0;

/// One workbook with one sheet.
pub fn workbook(sheet: &Sheet, station: &str, lang: Lang) -> Result<Vec<u8>, WorkbookError> {
    workbook_of(std::slice::from_ref(sheet), station, lang)
}

/// One workbook with several sheets, each under its title.
pub fn workbook_of(sheets: &[Sheet], station: &str, lang: Lang) -> Result<Vec<u8>, WorkbookError> {
    let mut book = Workbook::new();
    for sheet in sheets {
        add(book.add_worksheet(), sheet, station, lang)?;
    }
    Ok(book.save_to_buffer()?)
}

fn add(page: &mut Worksheet, sheet: &Sheet, station: &str, lang: Lang) -> Result<(), XlsxError> {
    page.set_name(sheet.title)?;
    page.set_paper_size(9)
        .set_print_fit_to_pages(1, 0)
        .set_repeat_rows(HEAD, HEAD)?;
    page.set_freeze_panes(HEAD + 1, 0)?;
    if sheet.is_wide {
        page.set_landscape();
    }
    let title = Format::new().set_bold().set_font_size(14.0);
    page.write_string_with_format(0, 0, sheet.title, &title)?;
    page.write_string(1, 0, format!("{station}　{}", sheet.period))?;
    let head = Format::new()
        .set_bold()
        .set_border_bottom(FormatBorder::Thin)
        .set_text_wrap();
    for (at, column) in (0_u16..).zip(&sheet.columns) {
        page.set_column_width(at, f64::from(column.width) * DIGITS + 2.0)?;
        page.write_string_with_format(HEAD, at, column.name.in_lang(lang), &head)?;
    }
    let mut at = HEAD;
    for row in sheet.rows.iter().chain(&sheet.sums) {
        at += 1;
        let is_sum = at as usize > HEAD as usize + sheet.rows.len();
        for ((place, cell), column) in (0_u16..).zip(row).zip(&sheet.columns) {
            write(page, at, place, &cell.value, format_of(column.align, is_sum))?;
        }
    }
    for note in &sheet.notes {
        at += 1;
        page.write_string(at + 1, 0, note)?;
    }
    Ok(())
}

fn format_of(align: Align, is_sum: bool) -> Format {
    let format = Format::new().set_align(match align {
        Align::Left => FormatAlign::Left,
        Align::Middle => FormatAlign::Center,
        Align::Right => FormatAlign::Right,
    });
    if is_sum {
        return format.set_bold().set_border_top(FormatBorder::Thin);
    }
    format.set_text_wrap()
}

/// Texts are written as texts, also those that begin like a formula.
fn write(page: &mut Worksheet, row: u32, column: u16, value: &Value, format: Format) -> Result<(), XlsxError> {
    match value.number() {
        Some((number, how)) => page.write_number_with_format(row, column, number, &format.set_num_format(how)),
        None => page.write_string_with_format(row, column, value.text(), &format),
    }
    .map(drop)
}
