//! F8 年度数字: what is measured, and apart from it what was typed in.

use super::{Blanks, behind, sheet};
use crate::report::annual::{Pair, share};
use crate::report::sheet::{Cell, Sheet, Value, left, middle, right};

/// Every blank, with the same days of the year before.
pub fn annual(source: &Blanks<'_>) -> Sheet {
    let columns = vec![
        left("项目", "Figure", 16),
        right("人次或数量", "Person-times, or number", 6),
        right("人数", "Persons", 4),
        middle("来源", "From", 5),
        right("上年同期", "Year before", 5),
        right("增减", "Change", 4),
    ];
    let (now, before) = (source.now, source.before);
    let lines = now.lines.iter().zip(&before.lines);
    let mut rows: Vec<Vec<Cell>> = lines
        .map(|((category, pair), (_, earlier))| {
            let behind = behind(source.period, &format!("&category={}", category.word()));
            let mut row = pairs(category.zh(), *pair, *earlier);
            row[1].to = Some(behind.clone());
            row[2].to = Some(behind);
            row
        })
        .collect();
    let mut total = pairs("合计", now.total, before.total);
    total[1].to = Some(behind(source.period, "&category=all"));
    rows.push(total);
    for (name, n, earlier) in [
        ("下级基层党组织", now.branches, None),
        ("党员", now.members, None),
        ("远程教育站点", now.stations, None),
        ("参加学习的党员", now.covered, Some(before.covered)),
        ("流动党员", now.migrants.times, None),
        (
            "参加远程教育的流动党员",
            now.migrants.persons,
            Some(before.migrants.persons),
        ),
        ("自制本土电教片（部）", now.local.0, None),
        ("本土电教片播放（场次）", now.local.1, Some(before.local.1)),
        ("日期待定的人次（不在以上数字里）", now.undated, None),
    ] {
        rows.push(number(name, n, earlier));
    }
    rows.push(part("党员覆盖率", now.covered, now.members));
    rows.push(part("流动党员覆盖率", now.migrants.persons, now.migrants.times));
    for typed in source.typed {
        let value = Value::Typed(typed.value.clone());
        rows.push(vec![
            typed.label.into(),
            value.into(),
            Cell::empty(),
            "人工填写".into(),
            Cell::empty(),
            Cell::empty(),
        ]);
    }
    sheet((source.period, source.policy), "annual", "年度数字", columns, rows)
}

fn pairs(name: &str, now: Pair, before: Pair) -> Vec<Cell> {
    let mut row = number(name, now.times, Some(before.times));
    row[2] = now.persons.into();
    row
}

fn number(name: &str, now: usize, before: Option<usize>) -> Vec<Cell> {
    vec![
        name.into(),
        now.into(),
        Cell::empty(),
        "实测".into(),
        before.map_or_else(Cell::empty, Cell::from),
        before.map_or_else(Cell::empty, |before| change(now, before)),
    ]
}

fn part(name: &str, part: usize, whole: usize) -> Vec<Cell> {
    let value = Value::Share(part as u64, whole as u64);
    vec![
        name.into(),
        value.into(),
        Cell::empty(),
        "实测".into(),
        Cell::empty(),
        Cell::empty(),
    ]
}

/// More or less than a year before; a dash if there was nothing then.
pub(super) fn change(now: usize, before: usize) -> Cell {
    if before == 0 {
        return "–".into();
    }
    let tenths = share(now.abs_diff(before), before);
    let sign = if now >= before { "增" } else { "减" };
    format!("{sign} {}.{}%", tenths / 10, tenths % 10).into()
}
