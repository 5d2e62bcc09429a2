//! What is behind a figure: one line per person-time, with the leaves that prove it.

use super::Source;
use crate::report::annual::{PersonTime, date_of};
use crate::report::sheet::{Cell, Sheet, left, middle, right};

/// Spreadsheets end at 1,048,576 rows; title, head and notes need some.
const ROWS: usize = 1_000_000;

/// These person-times.
pub fn sessions(source: &Source<'_>, times: &[&PersonTime]) -> Sheet {
    let columns = vec![
        middle("日期", "Date", 5),
        left("站点", "Station", 7),
        left("台账名", "Origin", 9),
        middle("党员编号", "Member no.", 5),
        left("党支部", "Branch", 8),
        left("课件", "Item", 12),
        right("计入秒数", "Seconds", 4),
        middle("证据等级", "Grade", 4),
        left("收看会话", "Session", 16),
        right("首条", "First leaf", 4),
        right("末条", "Last leaf", 4),
    ];
    let rows = times.iter().take(ROWS).map(|time| row(source, time)).collect();
    let mut sheet = source.sheet("sessions", "收看明细", columns, rows);
    if times.len() > ROWS {
        let missing = times.len() - ROWS;
        sheet
            .notes
            .push(format!("一张表放不下，还有 {missing} 行，请把日期分开导出。"));
    }
    sheet
}

fn row(source: &Source<'_>, time: &PersonTime) -> Vec<Cell> {
    let title = source.titles.get(&time.item);
    let branch = source
        .people
        .get(&time.member)
        .map(|person| person.listed.branch.to_string());
    vec![
        time.day.map_or_else(String::new, |day| date_of(day).to_string()).into(),
        source.station(&time.station).into(),
        time.station.as_str().into(),
        time.member.to_string().into(),
        branch.unwrap_or_default().into(),
        title.map_or_else(|| time.item.to_string(), Clone::clone).into(),
        time.earned.as_secs().into(),
        time.grade.letter().into(),
        time.session.to_string().into(),
        time.leaves.0.into(),
        time.leaves.1.into(),
    ]
}
