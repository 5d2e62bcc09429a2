//! What is behind a figure: one line per person-time, with the leaves that prove it.

use std::collections::BTreeMap;

use super::{Named, sheet};
use crate::report::annual::{Period, PersonTime, date_of};
use crate::report::sheet::{Cell, Sheet, left, middle, right};
use crate::types::{ItemId, MemberId};

/// Spreadsheets end at 1,048,576 rows; title, head and notes need some.
const ROWS: usize = 1_000_000;

/// Person-times, and what there is to say of them.
#[derive(Clone, Copy)]
pub struct Behind<'a> {
    /// Of which days.
    pub period: Period,
    /// The person-times.
    pub times: &'a [PersonTime],
    /// The branch of a member, as far as anybody knows.
    pub branch: &'a dyn Fn(&MemberId) -> String,
    /// Titles of items.
    pub titles: &'a BTreeMap<ItemId, String>,
    /// Stations by their names in ledgers.
    pub stations: &'a BTreeMap<String, Named>,
    /// The policy by which they were made, by name.
    pub policy: &'a str,
}

/// These person-times.
pub fn sessions(behind: &Behind<'_>) -> Sheet {
    let times = behind.times;
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
    let rows = times.iter().take(ROWS).map(|time| row(behind, time)).collect();
    let mut sheet = sheet((behind.period, behind.policy), "sessions", "收看明细", columns, rows);
    if times.len() > ROWS {
        let missing = times.len() - ROWS;
        sheet
            .notes
            .push(format!("一张表放不下，还有 {missing} 行，请把日期分开导出。"));
    }
    sheet
}

fn row(behind: &Behind<'_>, time: &PersonTime) -> Vec<Cell> {
    let title = behind.titles.get(&time.item);
    let station = behind.stations.get(&time.station);
    let station = station.map_or_else(|| time.station.clone(), |known| known.name.clone());
    vec![
        time.day.map_or_else(String::new, |day| date_of(day).to_string()).into(),
        station.into(),
        time.station.as_str().into(),
        time.member.to_string().into(),
        (behind.branch)(&time.member).into(),
        title.map_or_else(|| time.item.to_string(), Clone::clone).into(),
        time.earned.as_secs().into(),
        time.grade.letter().into(),
        time.session.to_string().into(),
        time.leaves.0.into(),
        time.leaves.1.into(),
    ]
}
