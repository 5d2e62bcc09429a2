use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

use super::*;

const FORM: Form = Form {
    columns: &[
        Column::new(&["名称", "name"]).must(),
        Column::new(&["日期", "day"]).of(Holds::Day),
        Column::new(&["时间", "time"]).of(Holds::Time),
    ],
    lines: 3,
};

fn said(row: &Result<StringRecord, Vec<Fault>>) -> String {
    match row {
        Ok(record) => record.iter().collect::<Vec<_>>().join("|"),
        Err(faults) => format!("{faults:?}"),
    }
}

#[test]
fn times_of_every_kind_of_cell_are_times_to_the_minute() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_row(0, 0, ["名称", "日期", "时间", ""]).unwrap();
    // As a time, as a span, as the bare number behind both; and what lies just below midnight stays on its day.
    let formats = [("hh:mm", 0.8125), ("[h]:mm", 0.25), ("General", 0.999_99)];
    for (line, (format, part)) in (1..).zip(formats) {
        sheet.write(line, 0, "甲").unwrap();
        sheet
            .write_with_format(line, 2, part, &Format::new().set_num_format(format))
            .unwrap();
    }
    // Beside the columns somebody noted a time.
    let noon = ExcelDateTime::from_hms(12, 0, 0.0).unwrap();
    sheet
        .write_with_format(1, 3, &noon, &Format::new().set_num_format("hh:mm"))
        .unwrap();
    let lines = read(&book.save_to_buffer().unwrap(), &FORM).unwrap();
    let rows: Vec<String> = lines.rows.iter().map(|(_, row)| said(row)).collect();
    assert_eq!(rows, ["甲||19:30|12:00", "甲||06:00", "甲||23:59"]);
}

#[test]
fn a_day_where_a_text_or_a_time_belongs_is_said_and_not_guessed() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_row(0, 0, ["名称", "日期", "时间"]).unwrap();
    let day = ExcelDateTime::from_ymd(2026, 12, 3).unwrap();
    let format = Format::new().set_num_format("m/d");
    for column in 0..3 {
        sheet.write_with_format(1, column, &day, &format).unwrap();
    }
    let lines = read(&book.save_to_buffer().unwrap(), &FORM).unwrap();
    let dated = |title: &str| Fault::Dated(title.into(), "2026-12-03".into());
    let (line, row) = &lines.rows[0];
    assert_eq!((*line, row.clone()), (2, Err(vec![dated("名称"), dated("时间")])));
}

#[test]
fn a_heading_that_is_missing_has_a_name_in_the_readers_language() {
    let lines = read("day;time\n".as_bytes(), &FORM).unwrap();
    let fault = &lines.places(&FORM).unwrap_err()[0].fault;
    assert_eq!(fault.sentence(true), "缺少“名称”这一列。");
    assert_eq!(fault.sentence(false), "The column “name” is missing.");
    let places = read("时间\t名称\r\n1\t2\r\n".as_bytes(), &FORM).unwrap().places(&FORM);
    assert_eq!(places, Ok(vec![Some(1), None, Some(0)]));
}

#[test]
fn one_line_more_than_the_form_has_is_named() {
    let file = |lines: usize| format!("名称\n{}", "甲\n".repeat(lines));
    assert_eq!(read(file(3).as_bytes(), &FORM).unwrap().rows.len(), 3);
    let fault = read(file(4).as_bytes(), &FORM).unwrap_err();
    assert_eq!((fault.line, fault.fault), (5, Fault::TooLarge(3)));
}
