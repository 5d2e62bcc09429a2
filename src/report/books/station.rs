//! F2 feedback, F3 equipment, F4 runs of the box, F6 the month card.

use std::ops::Range;

use super::Source;
use super::calendar::{Run, RunFault};
use super::figures::{self, Figures};
use super::period::Period;
use crate::clock;
use crate::ledger::{About, Before};
use crate::records::{Equipment, Feedback};
use crate::report::sheet::{Cell, Column, Sheet, To, Value, Words, left, middle, right, sum_of};
use crate::types::{Lang, Millis};

/// What feedback is about.
pub fn about_words(about: About) -> Words {
    match about {
        About::Opinion => Words("意见", "Opinion"),
        About::Need => Words("需求", "Need"),
        About::Wish => Words("想看", "Wish"),
    }
}

/// F2 信息反馈.
pub fn feedback(source: &Source<'_>, all: &[Feedback]) -> Sheet {
    let columns = vec![
        middle("日期", "Date", 6),
        left("反馈人", "From", 5),
        middle("类别", "About", 3),
        left("内容", "What was said", 16),
        left("答复", "Answer", 14),
        middle("答复日期", "Answered", 6),
        middle("办结", "Closed", 3),
    ];
    let row = |said: &Feedback| {
        let from = said.member.as_ref().map(|id| source.names.name(id));
        vec![
            if said.dated {
                Value::Day(said.wall_ms).into()
            } else {
                Cell::empty()
            },
            Cell::from(from.unwrap_or_else(|| said.said_by.clone())),
            Cell::from(source.say(about_words(said.about))),
            Cell::from(said.text.clone()),
            Cell::from(said.answer.clone()),
            said.answered_ms
                .map_or_else(Cell::empty, |wall| Value::Day(wall).into()),
            Cell::from(if said.closed {
                source.say(Words("是", "yes"))
            } else {
                ""
            }),
        ]
    };
    // The pages list what is new first, a book what is old.
    let rows = all.iter().rev().map(row).collect();
    sheet(source, "f2", Words("信息反馈登记", "Feedback"), columns, rows)
}

/// F3 设备资料: what is there now, whatever the period.
pub fn equipment(source: &Source<'_>, all: &[Equipment]) -> Sheet {
    let columns = vec![
        left("名称", "Name", 8),
        left("型号", "Model", 7),
        left("规格", "Specification", 8),
        left("编号", "Serial", 7),
        right("数量", "Count", 3),
        middle("购置时间", "Bought", 6),
        left("经手人", "Handler", 5),
        left("状态", "State", 5),
    ];
    let row = |piece: &Equipment| {
        vec![
            Cell::from(piece.name.clone()),
            Cell::from(piece.model.clone()),
            Cell::from(piece.spec.clone()),
            Cell::from(piece.serial.clone()),
            Cell::from(u64::from(piece.count)),
            Cell::from(piece.bought.clone()),
            Cell::from(piece.handler.clone()),
            Cell::from(piece.state.clone()),
        ]
    };
    let rows: Vec<Vec<Cell>> = all.iter().map(row).collect();
    let mut sums = blank_sums(source, columns.len());
    sums[4] = sum_of(&rows, 4).into();
    let mut sheet = sheet(source, "f3", Words("设备资料登记", "Equipment"), columns, rows);
    source
        .say(Words("现有设备", "as it stands"))
        .clone_into(&mut sheet.period);
    sheet.sums = (!sheet.rows.is_empty()).then_some(sums);
    sheet
}

/// F4 设备运行.
pub fn runs(source: &Source<'_>) -> Sheet {
    let columns = vec![
        middle("开机", "On", 9),
        middle("关机", "Off", 9),
        right("运行小时", "Hours on", 5),
        left("关机原因", "How it ended", 8),
        right("硬盘已用", "Disk used", 5),
        left("故障", "Faults", 22),
    ];
    let is_in = |run: &&Run| figures::within(run, source.period, source.now_ms).is_some();
    let all: Vec<&Run> = source.calendar.runs.iter().filter(is_in).collect();
    let rows: Vec<Vec<Cell>> = all.iter().map(|run| run_row(source, run)).collect();
    let mut sums = blank_sums(source, columns.len());
    sums[2] = sum_of(&rows, 2).into();
    let undated = source.calendar.runs.iter().filter(|run| run.began.is_none()).count();
    let mut sheet = sheet(
        source,
        "f4",
        Words("设备运行记录", "Runs of the station"),
        columns,
        rows,
    );
    sheet.sums = Some(sums);
    sheet.notes.push(source.say(Words(
        "由站点自己记录。停电没有告别，关机时间是停电前最后一次记录。",
        "Written by the station itself. A power cut says no goodbye: the end is the last sign of life before it.",
    )).to_owned());
    if undated > 0 {
        sheet.notes.push(match source.lang {
            Lang::Zh => format!("另有 {undated} 次开机时站点不知道日期，没有列出。"),
            Lang::En => format!("{undated} runs without a date are not listed."),
        });
    }
    sheet
}

fn run_row(source: &Source<'_>, run: &Run) -> Vec<Cell> {
    let on = figures::within(run, source.period, source.now_ms).map_or(0, |(from, until)| from.abs_diff(until));
    let why = match run.how {
        None => Words("正在运行", "running"),
        Some(Before::Stopped) => Words("正常关机", "stopped in order"),
        Some(Before::Cut | Before::First) => Words("停电或断电", "power cut"),
    };
    let ended = run.how.and(run.ended);
    vec![
        run.began
            .map_or_else(Cell::empty, |wall| Value::Moment(wall).into())
            .opens(To::Leaf(run.leaf)),
        ended.map_or_else(Cell::empty, |wall| Value::Moment(wall).into()),
        Value::LongTime(Millis(on)).into(),
        Cell::from(source.say(why)),
        run.disk
            .map_or_else(Cell::empty, |percent| Value::Share(u64::from(percent), 100).into()),
        Cell::from(faults(source, run)),
    ]
}

/// So many faults of a run are listed; a disk that is full for weeks is told again and again.
const LISTED: usize = 6;

/// What was wrong, each with its times, and how often more.
fn faults(source: &Source<'_>, run: &Run) -> String {
    let began = run.began.and_then(clock::local_date);
    let mut all: Vec<String> = run
        .faults
        .iter()
        .take(LISTED)
        .map(|told| fault(source, told, began))
        .collect();
    let more = run.faults.len() - all.len();
    if more > 0 {
        all.push(match source.lang {
            Lang::Zh => format!("另 {more} 次"),
            Lang::En => format!("{more} more"),
        });
    }
    all.join(source.say(Words("，", ", ")))
}

fn fault(source: &Source<'_>, told: &RunFault, began: Option<jiff::civil::Date>) -> String {
    let (word, from) = (
        source.say(fault_words(&told.word)),
        told.from.and_then(|from| at(from, began)),
    );
    let Some(from) = from else { return word.to_owned() };
    let first = told.from.and_then(clock::local_date);
    match told.to.and_then(|to| at(to, first)) {
        Some(to) if to == from => format!("{word} {from}"),
        Some(to) => format!("{word} {from}–{to}"),
        None => match source.lang {
            Lang::Zh => format!("{word} {from} 起"),
            Lang::En => format!("{word} since {from}"),
        },
    }
}

/// `16:40`; with the day before it, if that is another one than the reader thinks of.
fn at(wall_ms: i64, day: Option<jiff::civil::Date>) -> Option<String> {
    let moment = clock::local(wall_ms)?;
    let time = format!("{:02}:{:02}", moment.hour(), moment.minute());
    Some(if Some(moment.date()) == day {
        time
    } else {
        format!("{:02}-{:02} {time}", moment.month(), moment.day())
    })
}

/// The words of health leaves.
fn fault_words(word: &str) -> Words {
    match word {
        "media_away" => Words("课件硬盘不在", "media disk away"),
        "disk_failing" => Words("课件硬盘读不出", "media disk failing"),
        "disk_low" => Words("课件硬盘快满", "media disk nearly full"),
        "clock_unset" => Words("时钟没有校准", "clock never set"),
        "disk_full" => Words("台账硬盘满了", "ledger disk full"),
        "disk_broken" => Words("台账硬盘读写出错", "ledger disk failing"),
        "views" => Words("学时重新算过", "credit counted again"),
        "cannot_write" => Words("台账写不进去", "ledger cannot be written"),
        _ => Words("其他", "other"),
    }
}

/// F6 月报卡: one row a month, and the whole period below.
pub fn month_card(source: &Source<'_>) -> Sheet {
    let columns = vec![
        left("月份", "Month", 7),
        right("集中收看场次", "Screenings", 4),
        right("放映分钟", "Minutes shown", 4),
        right("人次", "Person-times", 4),
        right("人数", "Persons", 4),
        right("到会率", "Attendance", 5),
        right("管理员登记占", "By the operator", 5),
        right("放映课件", "Items played", 4),
        right("反馈条数", "Feedback", 4),
        right("开机次数", "Starts", 4),
        right("开机天数", "Days on", 4),
        right("开机小时", "Hours on", 5),
        right("开放小时", "Hours open", 5),
        right("无人收看分钟", "Minutes for nobody", 5),
    ];
    let count = |period: Period| figures::count(source.facts, source.calendar, source.policy, period, source.now_ms);
    let months: Vec<Period> = source.period.months().collect();
    let rows = months
        .iter()
        .map(|month| card_row(source, *month, &count(*month)))
        .collect();
    let mut sheet = sheet(source, "f6", Words("月报卡", "Month card"), columns, rows);
    if months.len() > 1 {
        let mut sums = card_row(source, source.period, &count(source.period));
        sums[0] = Cell::from(source.say(Words("合计", "Sum")));
        sheet.sums = Some(sums);
    }
    // One month is a card of two columns, upright; more are a table across.
    sheet.is_card = months.len() == 1;
    sheet.is_wide = !sheet.is_card;
    sheet.notes.push(match source.lang {
        Lang::Zh => format!(
            "一场收看学满 {} 秒算一个人次；人数不重复计。开放小时只算有人在的时间。学时办法《{}》。",
            source.policy.min_session.as_secs(),
            source.policy.name
        ),
        Lang::En => format!(
            "A session of {} credited seconds is a person-time; persons are counted once. It is open while somebody is there. Policy “{}”.",
            source.policy.min_session.as_secs(),
            source.policy.name
        ),
    });
    sheet
}

fn card_row(source: &Source<'_>, month: Period, figures: &Figures) -> Vec<Cell> {
    let of_book = |cell: Cell, book| {
        if month == source.period {
            cell.opens(To::Book(book, None))
        } else {
            cell
        }
    };
    vec![
        Cell::from(month.said(source.lang)),
        of_book(Cell::from(figures.screenings), "f1"),
        of_book(Value::Minutes(figures.shown).into(), "f1"),
        of_book(Cell::from(figures.person_times), "parts"),
        of_book(Cell::from(figures.persons.len()), "parts"),
        of_book(Value::Share(figures.came, figures.due).into(), "f1"),
        Value::Share(figures.ticked, figures.person_times).into(),
        Cell::from(figures.items.len()),
        of_book(Cell::from(figures.feedback), "f2"),
        of_book(Cell::from(figures.boots), "f4"),
        of_book(Cell::from(figures.days_on), "f4"),
        of_book(Value::LongTime(figures.time_on).into(), "f4"),
        of_book(Value::LongTime(figures.time_open).into(), "parts"),
        of_book(Value::Minutes(figures.unattended).into(), "f1"),
    ]
}

/// A row with the sums of these columns.
pub(super) fn sums_of(source: &Source<'_>, rows: &[Vec<Cell>], columns: usize, summed: Range<usize>) -> Vec<Cell> {
    let mut sums = blank_sums(source, columns);
    for (column, sum) in sums
        .iter_mut()
        .enumerate()
        .filter(|(column, _)| summed.contains(column))
    {
        *sum = sum_of(rows, column).into();
    }
    sums
}

/// A row of sums with its word in the first column.
pub(super) fn blank_sums(source: &Source<'_>, columns: usize) -> Vec<Cell> {
    let mut sums = vec![Cell::empty(); columns];
    sums[0] = Cell::from(source.say(Words("合计", "Sum")));
    sums
}

pub(super) fn sheet(
    source: &Source<'_>,
    code: &'static str,
    title: Words,
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
) -> Sheet {
    Sheet {
        code,
        title: source.say(title),
        period: source.period.said(source.lang),
        columns,
        rows,
        sums: None,
        notes: source.undated_note().into_iter().collect(),
        is_wide: false,
        is_card: false,
    }
}
