//! Workbooks as `LibreOffice` writes them (`tests/cases/down`), and as `rust_xlsxwriter` does.

use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

use super::*;
use crate::spreadsheet::Fault as OfFile;
use crate::types::{ItemId, Millis};

const CALC: &[u8] = include_bytes!("../../../../tests/cases/down/calc-plan.xlsx");
const SPOILT: &[u8] = include_bytes!("../../../../tests/cases/down/calc-plan-spoilt.xlsx");
const LIST: &[u8] = include_bytes!("../../../../tests/cases/down/calc-approved.xlsx");

fn known() -> Known {
    let titles = ["一条水渠三代人", "春耕", "1921"];
    let item = |(n, title): (u8, &str)| {
        let id = ItemId::from_digest(&[n; 32]);
        (id, title.to_owned(), None, Millis::secs(60))
    };
    Known::new((1..).zip(titles).map(item).collect())
}

fn evenings(pieces: &[Piece]) -> Vec<String> {
    let said = |piece: &Piece| {
        let plan: Plan = serde_json::from_str(&piece.text).unwrap();
        format!("{} {} {}", plan.when, plan.titles(), plan.place)
    };
    pieces.iter().map(said).collect()
}

fn lines(faults: Vec<Faulty>) -> Vec<(usize, Fault)> {
    faults.into_iter().map(|faulty| (faulty.line, faulty.fault)).collect()
}

#[test]
fn a_programme_of_calc_with_a_title_days_times_and_merged_cells_is_read() {
    let pieces = plan(CALC, &known()).unwrap();
    assert_eq!(
        evenings(&pieces),
        [
            "2026-12-03 09:05 春耕 会议室",
            "2026-12-03 19:30 一条水渠三代人》《春耕 会议室",
            "2026-12-09 19:30 1921 会议室",
        ]
    );
    let first: Plan = serde_json::from_str(&pieces[0].text).unwrap();
    let branches: Vec<&str> = first.branches.iter().map(BranchId::as_str).collect();
    assert_eq!((branches, first.who), (vec!["第一支部", "第二支部"], Who::New));
    // The same as text, edited on the page, is the same programme.
    let text = as_text(Kind::Plan, CALC).unwrap();
    assert_eq!(plan(text.as_bytes(), &known()).unwrap(), pieces);
}

#[test]
fn what_calc_spoilt_is_said_with_its_line_in_the_file() {
    let faults = lines(plan(SPOILT, &known()).unwrap_err());
    let dated = Fault::File(OfFile::Dated("课件".into(), "2026-03-05".into()));
    let expected = [
        (4, dated.clone()),
        (5, Fault::File(OfFile::Broken("课件".into()))),
        // Somebody typed 19.30, and a spreadsheet keeps no zeros.
        (6, Fault::When("2026/12/9 19.3".into())),
    ];
    assert_eq!(faults, expected);
    assert!(
        dated
            .sentence(true)
            .contains("“课件”里的内容被 Excel 当成了日期或时间 2026-03-05")
    );
    assert!(dated.sentence(false).contains("made a date or a time of it"));
    assert_eq!(as_text(Kind::Plan, SPOILT), None, "half of it is nothing to go on with");
}

#[test]
fn a_list_of_calc_is_read_and_a_day_that_is_none_is_named() {
    let pieces = approved(LIST, &known(), "2026-11-26").unwrap();
    let days: Vec<_> = pieces
        .iter()
        .map(|piece| (piece.reference.clone(), piece.from.as_str()))
        .collect();
    let id = |n: u8| ItemId::from_digest(&[n; 32]).to_string();
    assert_eq!(days, [(id(2), "2026-11-26"), (id(1), "2027-01-01")]);
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_row(0, 0, ["课件", "起"]).unwrap();
    sheet.write_row(1, 0, ["春耕", "明年"]).unwrap();
    sheet.write(2, 0, "没有的").unwrap();
    let noon = ExcelDateTime::from_hms(12, 0, 0.0).unwrap();
    sheet.write(3, 0, "春耕").unwrap();
    sheet
        .write_with_format(3, 1, &noon, &Format::new().set_num_format("hh:mm"))
        .unwrap();
    let faults = lines(approved(&book.save_to_buffer().unwrap(), &known(), "2026-11-26").unwrap_err());
    let expected = [
        (2, Fault::When("明年".into())),
        (3, Fault::NoItem("没有的".into())),
        (4, Fault::File(OfFile::Dated("起".into(), "12:00".into()))),
    ];
    assert_eq!(faults, expected);
}

#[test]
fn a_workbook_of_another_list_is_told_what_it_lacks() {
    let faults = lines(plan(LIST, &known()).unwrap_err());
    let sentences: Vec<String> = faults.iter().map(|(_, fault)| fault.sentence(true)).collect();
    assert_eq!(
        sentences,
        ["不认识“起”这一列。", "缺少“日期”这一列。", "缺少“时间”这一列。"]
    );
    assert!(faults.iter().all(|(line, _)| *line == 1));
    // A workbook of before 2007, one that broke off, and one line too many.
    assert_eq!(
        lines(plan(&[0xd0, 0xcf, 0x11, 0xe0], &known()).unwrap_err())[0].1,
        Fault::File(OfFile::OldWorkbook)
    );
    let half = &CALC[..CALC.len() / 2];
    assert_eq!(
        lines(plan(half, &known()).unwrap_err())[0].1,
        Fault::File(OfFile::NotAWorkbook)
    );
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write(0, 0, "课件").unwrap();
    for line in 1..=10_001 {
        sheet.write(line, 0, "春耕").unwrap();
    }
    let faults = lines(approved(&book.save_to_buffer().unwrap(), &known(), "2026-11-26").unwrap_err());
    assert_eq!(faults, [(10_002, Fault::File(OfFile::TooLarge(LINES)))]);
    assert!(faults[0].1.sentence(true).contains("10000 行"));
}
