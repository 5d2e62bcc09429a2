//! Workbooks as `LibreOffice` writes them (`tests/cases/roster`), as `rust_xlsxwriter` writes them, and as nobody honest does.

use std::io::Write;

use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet};
use zip::write::SimpleFileOptions;

use super::super::fault::{Fault, LineFault};
use super::super::import::{Plan, as_text, plan};
use super::super::member::{Migrant, NewMember, Role};
use super::OfFile;

const CALC: &[u8] = include_bytes!("../../../tests/cases/roster/calc.xlsx");
const SPOILT: &[u8] = include_bytes!("../../../tests/cases/roster/calc-spoilt.xlsx");
const HEAD: [&str; 4] = ["党员编号", "姓名", "党支部", "联系电话"];

fn book(fill: impl FnOnce(&mut Workbook)) -> Vec<u8> {
    let mut book = Workbook::new();
    fill(&mut book);
    book.save_to_buffer().unwrap()
}

fn line(sheet: &mut Worksheet, at: u32, cells: &[&str]) {
    for (column, text) in (0..).zip(cells) {
        sheet.write(at, column, *text).unwrap();
    }
}

fn roster(sheet: &mut Worksheet, people: &[[&str; 4]]) {
    line(sheet, 0, &HEAD);
    for (at, person) in (1..).zip(people) {
        line(sheet, at, person);
    }
}

fn faults(plan: &Plan) -> Vec<(usize, Fault)> {
    plan.faults
        .iter()
        .map(|fault| (fault.line, fault.fault.clone()))
        .collect()
}

fn only(file: &[u8]) -> Fault {
    let plan = plan(file, &[]);
    assert!(plan.added.is_empty());
    match &plan.faults[..] {
        [LineFault { fault, .. }] => fault.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_roster_of_calc_with_a_title_a_heading_over_two_lines_and_merged_branches_is_read() {
    let plan = plan(CALC, &[]);
    assert_eq!(faults(&plan), []);
    let said = |new: &NewMember| {
        let member = &new.member;
        let details = &member.details;
        [
            member.id.as_str(),
            &member.name,
            member.branch.as_str(),
            &details.joined,
            &details.phone,
            &details.since,
        ]
        .map(str::to_owned)
    };
    let people: Vec<[String; 6]> = plan.added.iter().map(said).collect();
    assert_eq!(
        people,
        [
            ["0021", "王德明", "第一支部", "2001-07-01", "13900000021", ""],
            ["0012", "陈桂兰", "第一支部", "1994-06-18", "13900000012", ""],
            ["47", "罗大山", "第二支部", "", "", "2025-03-02"],
        ]
    );
    assert_eq!(
        (plan.added[1].member.role, plan.added[2].member.migrant),
        (Role::Secretary, Migrant::Out)
    );
}

#[test]
fn what_excel_made_of_numbers_is_said_at_its_line_and_column() {
    let [
        (4, Fault::File(OfFile::Rounded(column, text))),
        (5, Fault::File(OfFile::Dated(other, day))),
        (5, Fault::File(OfFile::Rounded(phone, _))),
    ] = &faults(&plan(SPOILT, &[]))[..]
    else {
        panic!("{:?}", plan(SPOILT, &[]).faults)
    };
    assert_eq!(
        (column.as_str(), other.as_str(), phone.as_str()),
        ("编号", "编号", "手机")
    );
    assert_eq!(day, "2026-02-03");
    let sentence = Fault::File(OfFile::Rounded(column.clone(), text.clone())).zh();
    assert!(
        sentence.contains("后几位已经丢了") && sentence.contains("371502198001011"),
        "{sentence}"
    );
    // The same loss in a table that Excel saved as text.
    let table = "党员编号,姓名,党支部,联系电话\n3.71502E+17,王德明,第一支部,\n0012,陈桂兰,第一支部,1.39E+10\n";
    let found = faults(&plan(table.as_bytes(), &[]));
    let rounded = |column: &str, text: &str| Fault::File(OfFile::Rounded(column.into(), text.into()));
    assert_eq!(
        found,
        [
            (2, rounded("党员编号", "3.71502E+17")),
            (3, rounded("联系电话", "1.39E+10"))
        ]
    );
}

#[test]
fn a_workbook_and_a_table_of_the_same_people_are_the_same_roster() {
    let people = [
        ["0021", "王德明", "第一支部", "13900000021"],
        ["A-7_x", "陈桂兰", "第二支部", ""],
    ];
    let workbook = book(|book| roster(book.add_worksheet(), &people));
    let table: String = std::iter::once(HEAD)
        .chain(people)
        .map(|row| row.join(",") + "\n")
        .collect();
    let (of_workbook, of_table) = (plan(&workbook, &[]), plan(table.as_bytes(), &[]));
    assert_eq!(of_workbook, of_table);
    assert_eq!(of_workbook.added.len(), 2);
    assert_eq!(as_text(&workbook), Some(table), "and shown as such");
    // A number cell of a whole number is that number; one with a half is no member number.
    let mixed = book(|book| {
        let sheet = book.add_worksheet();
        roster(sheet, &[["", "王德明", "第一支部", ""], ["", "陈桂兰", "第一支部", ""]]);
        sheet.write(1, 0, 123_456_789_012_345_f64).unwrap();
        sheet.write(2, 0, 1.5).unwrap();
    });
    let plan = plan(&mixed, &[]);
    assert_eq!(faults(&plan), [(3, Fault::Number("1.5".into()))]);
}

#[test]
fn of_several_sheets_the_one_that_is_a_roster_is_read_and_two_are_a_question() {
    let one = [["0021", "王德明", "第一支部", ""]];
    let with_notes = book(|book| {
        line(book.add_worksheet(), 0, &["填表说明"]);
        roster(book.add_worksheet().set_name("花名册").unwrap(), &one);
        roster(book.add_worksheet().set_name("去年").unwrap().set_hidden(true), &one);
    });
    assert_eq!(plan(&with_notes, &[]).added.len(), 1);
    let two = book(|book| {
        roster(book.add_worksheet().set_name("一支部").unwrap(), &one);
        roster(book.add_worksheet().set_name("二支部").unwrap(), &one);
    });
    let fault = only(&two);
    assert_eq!(
        fault,
        Fault::File(OfFile::SeveralSheets(vec!["一支部".into(), "二支部".into()]))
    );
    assert!(fault.zh().contains("一支部、二支部"));
    // None: the line that comes nearest is judged as any heading.
    let none = book(|book| {
        let sheet = book.add_worksheet();
        line(sheet, 0, &["青石桥村"]);
        line(sheet, 2, &["党员编号", "姓名", "电子邮箱"]);
    });
    let expected = [
        (3, Fault::File(OfFile::Unknown("电子邮箱".into()))),
        (
            3,
            Fault::File(OfFile::Missing(&["branch", "党支部", "支部", "所在支部"])),
        ),
    ];
    assert_eq!(faults(&plan(&none, &[])), expected);
    assert_eq!(only_missing(&book(|book| line(book.add_worksheet(), 0, &[]))), 3);
}

fn only_missing(file: &[u8]) -> usize {
    let plan = plan(file, &[]);
    assert!(
        plan.faults
            .iter()
            .all(|fault| matches!(fault.fault, Fault::File(OfFile::Missing(_))))
    );
    plan.faults.len()
}

#[test]
fn dates_errors_and_formulas_stand_as_what_they_show() {
    let file = book(|book| {
        let sheet = book.add_worksheet();
        line(sheet, 0, &["党员编号", "姓名", "党支部", "入党时间", "送学"]);
        line(sheet, 1, &["0021", "王德明", "第一支部"]);
        let day = ExcelDateTime::from_ymd(2001, 7, 1).unwrap();
        sheet
            .write_with_format(1, 3, &day, &Format::new().set_num_format("yyyy-mm-dd"))
            .unwrap();
        sheet.write(1, 4, true).unwrap();
        line(sheet, 2, &["0012", "", "第一支部"]);
        sheet
            .write_formula(2, 1, Formula::new("=\"陈\"&\"桂兰\"").set_result("陈桂兰"))
            .unwrap();
    });
    let plan_of = plan(&file, &[]);
    assert_eq!(faults(&plan_of), []);
    let details = &plan_of.added[0].member.details;
    assert_eq!((details.joined.as_str(), details.brought), ("2001-07-01", true));
    assert_eq!(plan_of.added[1].member.name, "陈桂兰");
    let broken = book(|book| {
        let sheet = book.add_worksheet();
        roster(sheet, &[["0021", "", "第一支部", ""]]);
        sheet
            .write_formula(1, 1, Formula::new("=NA()").set_result("#N/A"))
            .unwrap();
    });
    assert_eq!(
        faults(&plan(&broken, &[])),
        [(2, Fault::File(OfFile::Broken("姓名".into())))]
    );
}

#[test]
fn limits_hold_whatever_the_archive_says_of_itself() {
    let archive = |parts: &[(&str, Vec<u8>)]| {
        let mut made = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, bytes) in parts {
            made.start_file(*name, SimpleFileOptions::default()).unwrap();
            made.write_all(bytes).unwrap();
        }
        made.finish().unwrap().into_inner()
    };
    // Sixty-four megabytes of nothing in some sixty kilobytes, beside an honest book or alone.
    let bomb = archive(&[("xl/sharedStrings.xml", vec![b' '; 64 << 20])]);
    assert!(bomb.len() < 1 << 20);
    assert_eq!(only(&bomb), Fault::File(OfFile::TooLarge(20_000)));
    // The same, if its directory says that it is small.
    let mut lying = bomb.clone();
    for at in 0..lying.len() - 4 {
        if lying[at..at + 4] == u32::to_le_bytes(64 << 20) {
            lying[at..at + 4].copy_from_slice(&9_u32.to_le_bytes());
        }
    }
    assert_ne!(lying, bomb);
    assert!(matches!(
        only(&lying),
        Fault::File(OfFile::TooLarge(20_000) | OfFile::NotAWorkbook)
    ));
    let crowd: Vec<(String, Vec<u8>)> = (0..3_000).map(|n| (format!("{n}"), Vec::new())).collect();
    let crowd: Vec<(&str, Vec<u8>)> = crowd
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.clone()))
        .collect();
    assert_eq!(only(&archive(&crowd)), Fault::File(OfFile::TooLarge(20_000)));
    for file in [
        &b"PK\x03\x04"[..],
        &CALC[..CALC.len() / 2],
        &archive(&[("a.txt", b"hello".to_vec())]),
    ] {
        assert_eq!(only(file), Fault::File(OfFile::NotAWorkbook));
        assert_eq!(as_text(file), None);
    }
    assert_eq!(only(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1]), Fault::File(OfFile::OldWorkbook));
    assert_eq!(only(&vec![b'P'; 3 << 20]), Fault::File(OfFile::TooLarge(20_000)));
    // Far away cells, and one more line than may be.
    let far = book(|book| {
        let sheet = book.add_worksheet();
        roster(sheet, &[]);
        sheet.write(1_048_575, 16_383, "x").unwrap();
    });
    assert_eq!(only(&far), Fault::File(OfFile::TooLarge(20_000)));
    let long = book(|book| {
        let sheet = book.add_worksheet();
        line(sheet, 0, &HEAD[..3]);
        for at in 1..=20_001 {
            line(sheet, at, &[&at.to_string(), "甲", "乙"]);
        }
    });
    assert_eq!(only(&long), Fault::File(OfFile::TooLarge(20_000)));
    // Merged cells far below the last line cost no more than the lines that are there.
    let merged = book(|book| {
        let sheet = book.add_worksheet();
        roster(sheet, &[["0021", "王德明", "", ""], ["0022", "李", "", ""]]);
        sheet.merge_range(1, 2, 30_000, 2, "第一支部", &Format::new()).unwrap();
    });
    assert_eq!(plan(&merged, &[]).added.len(), 2);
}

#[test]
fn a_workbook_that_was_damaged_anywhere_is_refused_or_read_and_never_panics() {
    for at in (0..CALC.len()).step_by(7) {
        let mut damaged = CALC.to_vec();
        damaged[at] ^= 0x55;
        drop(plan(&damaged, &[]));
        drop(plan(&CALC[..at], &[]));
    }
}
