//! F1 学习收看记录: the list of a period's screenings, and the people of one.

use std::collections::HashMap;

use super::station::{sheet, sums_of};
use super::{Names, Source, mode_words};
use crate::clock;
use crate::ledger::Entry;
use crate::report::sheet::{Cell, Column, Sheet, To, Value, Words, left, middle, right};
use crate::roster::{Member, Migrant};
use crate::screening::{Line, Record};
use crate::types::{Grade, Lang, SessionId};

/// The grade of what a member earned; of how he came in, while he has earned nothing.
pub fn grade(line: &Line) -> Grade {
    let earned = line.earned.keys().map(|(_, _, grade)| *grade).max();
    earned.unwrap_or(match line.who.entry {
        Entry::Code => Grade::B,
        Entry::Ticked => Grade::C,
    })
}

fn time(wall_ms: i64) -> String {
    clock::local(wall_ms).map_or_else(String::new, |at| at.strftime("%H:%M").to_string())
}

/// The screenings of a period, one a row. `records` know what people wrote; the figures come from the leaves.
pub fn list(source: &Source<'_>, records: &[Record], is_signed: &dyn Fn(&Record) -> bool) -> Sheet {
    let columns = vec![
        right("编号", "No.", 3),
        middle("日期", "Date", 6),
        middle("起止", "From, to", 6),
        left("课件", "Films", 10),
        left("地点", "Place", 6),
        left("主持人", "Chair", 4),
        right("应到", "Due", 3),
        right("到场", "Came", 3),
        right("请假", "Excused", 3),
        right("群众", "Others", 3),
        right("到会率", "Attendance", 4),
        right("放映分钟", "Minutes", 4),
        right("无人分钟", "For nobody", 4),
        right("登记人数", "By the operator", 4),
        middle("签字", "Signed", 3),
    ];
    let by_id: HashMap<SessionId, &Record> = records.iter().map(|record| (record.state.id, record)).collect();
    let rooms = source.facts.rooms.iter();
    let mut rooms: Vec<_> = rooms
        .filter(|(_, room)| room.took_place() && source.period.holds(room.opened.wall))
        .collect();
    rooms.sort_by_key(|(_, room)| room.leaf);
    let row = |(id, room): &(&SessionId, &super::Room)| {
        let record = by_id.get(id);
        let titles: Vec<String> = room.items.iter().map(|(item, _)| source.title(item)).collect();
        let came = room.came_of_due(source.calendar).min(u64::from(room.due));
        let ended = room.ended.map(|at| time(at.wall)).unwrap_or_default();
        let wrote = |what: fn(&Record) -> &str| record.map_or("", |record| what(record)).to_owned();
        let signed = record.is_some_and(|record| is_signed(record));
        vec![
            record
                .map_or_else(Cell::empty, |record| Cell::from(record.serial.unsigned_abs()))
                .opens(To::Record(**id)),
            Cell::from(Value::Day(room.opened.wall)).opens(To::Leaves(room.leaf)),
            Cell::from(format!("{}-{ended}", time(room.opened.wall))),
            Cell::from(titles.join(" / ")),
            Cell::from(wrote(|record| &record.state.remarks.place)),
            Cell::from(wrote(|record| &record.state.remarks.chair)),
            Cell::from(u64::from(room.due)),
            Cell::from(room.came.len()),
            Cell::from(room.excused.len()),
            Cell::from(u64::from(room.guests)),
            Value::Share(came, u64::from(room.due)).into(),
            Value::Minutes(room.shown).into(),
            Value::Minutes(room.unattended).into(),
            Cell::from(room.ticked()),
            Cell::from(source.say(if signed { Words("已签", "yes") } else { Words("", "") })),
        ]
    };
    let rows: Vec<Vec<Cell>> = rooms.iter().map(row).collect();
    let sums = sums_of(source, &rows, columns.len(), 6..14);
    let mut sheet = sheet(source, "f1", Words("学习收看记录目录", "Screenings"), columns, rows);
    sheet.is_wide = true;
    sheet.sums = (!sheet.rows.is_empty()).then_some(sums);
    sheet
}

/// The people of one screening; the last column is for their signatures.
pub fn people(record: &Record, names: &Names<'_>, lang: Lang) -> Sheet {
    let columns: Vec<Column> = vec![
        middle("序", "#", 2),
        left("姓名", "Name", 4),
        middle("编号", "Number", 4),
        left("支部", "Branch", 6),
        left("身份", "Role", 3),
        middle("流动", "Migrant", 2),
        middle("签到", "In", 3),
        middle("离场", "Out", 3),
        middle("抽查", "Asked", 2),
        middle("通过", "Passed", 2),
        middle("分钟", "Minutes", 2),
        middle("等级", "Grade", 2),
        left("签名", "Signature", 6),
    ];
    let rows = record.lines.iter().enumerate();
    let rows = rows.map(|(n, line)| person(record, names, lang, n + 1, line)).collect();
    Sheet {
        code: "f1",
        title: Words("学习收看记录", "Record of a screening").in_lang(lang),
        period: record.serial.to_string(),
        columns,
        rows,
        sums: None,
        notes: Vec::new(),
        is_wide: false,
        is_card: false,
    }
}

fn person(record: &Record, names: &Names<'_>, lang: Lang, n: usize, line: &Line) -> Vec<Cell> {
    let member = names.member(&line.who.member);
    let of =
        |what: fn(&Member, Lang) -> String| Cell::from(member.map(|member| what(member, lang)).unwrap_or_default());
    let home = line.who.home.as_ref();
    let branch = member.map_or_else(
        || home.map(|home| home.branch.to_string()).unwrap_or_default(),
        |member| member.branch.to_string(),
    );
    let role = member.map_or_else(
        || home.map_or("", |_| Words("外站", "visitor").in_lang(lang)),
        |member| Words(member.role.zh(), member.role.word()).in_lang(lang),
    );
    let out = line.who.went_ms.or(record.state.ended_ms).map(time).unwrap_or_default();
    vec![
        Cell::from(n),
        Cell::from(names.name(&line.who.member)),
        Cell::from(line.who.member.as_str()),
        Cell::from(branch),
        Cell::from(role),
        of(|member, lang| match member.migrant {
            Migrant::No => String::new(),
            migrant => Words(migrant.zh(), migrant.word()).in_lang(lang).to_owned(),
        }),
        Cell::from(time(line.who.came_ms)),
        Cell::from(out),
        Cell::from(line.checks.asked),
        Cell::from(line.checks.passed),
        Value::Minutes(line.total()).into(),
        Cell::from(format!("{:?}", grade(line))),
        Cell::empty(),
    ]
}

/// What a mode is called, with what it stands for in the plan.
pub fn mode_said(record: &Record, lang: Lang) -> &'static str {
    mode_words(record.state.mode).in_lang(lang)
}
