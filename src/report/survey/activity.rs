//! What stations did, month by month, against what is asked of them; and members who were at two of them at once.

use super::Source;
use crate::report::Month;
use crate::report::annual::{Period, date_of};
use crate::report::sheet::{Cell, Sheet, Value, left, middle, right, sum_of};

/// The months of a period as numbers, 202611, the first first.
pub fn months_of(period: Period) -> Vec<u32> {
    let number = |day: i64| {
        let date = date_of(day);
        (
            u32::from(date.year().unsigned_abs()),
            u32::from(date.month().unsigned_abs()),
        )
    };
    let ((mut year, mut month), last) = (number(period.from), number(period.to));
    let mut all = Vec::new();
    while (year, month) <= last {
        all.push(year * 100 + month);
        (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    }
    all
}

/// One line per station: screenings and time on in whole months, the months that reached what is asked, attendance,
/// what ran for nobody, what people said.
pub fn activity(source: &Source<'_>) -> Sheet {
    let columns = vec![
        left("站点", "Station", 7),
        left("乡镇", "Township", 6),
        right("月数", "Months", 3),
        right("集中收看", "Screenings", 4),
        right("场次达标月", "Months with enough", 4),
        right("开放小时", "Hours open", 4),
        right("开放达标月", "Months open enough", 4),
        right("到课率", "Attendance", 4),
        right("放映分钟", "Minutes shown", 4),
        right("无人收看分钟", "Shown to nobody", 4),
        right("未确认分钟", "Unconfirmed", 4),
        right("手机收看", "Sessions", 4),
        right("群众人次", "Guests", 4),
        right("反馈", "Feedback", 3),
        right("想看", "Wishes", 3),
        right("开机小时", "Hours on", 4),
        right("开机次数", "Starts", 3),
    ];
    let months = months_of(source.period);
    let rows: Vec<Vec<Cell>> = source
        .stations
        .keys()
        .map(|origin| row(source, origin, &months))
        .collect();
    let mut sums: Vec<Cell> = (0..columns.len())
        .map(|column| Cell::from(sum_of(&rows, column)))
        .collect();
    sums[0] = "合计".into();
    let mut sheet = source.sheet("activity", "站点活动", columns, rows);
    sheet.sums = (!sheet.rows.is_empty()).then_some(sums);
    sheet.notes = vec![format!(
        "按整月计：{} 到 {}。每月应集中收看 {} 场、开放 {} 小时（《{}》）；最后一个月没有过完，也算在月数里。开放是有人在的时间：有人到的集中收看，和各人自学计入的时间，同时的只算一次。时钟没有校准时发生的不在里面。",
        months.first().copied().unwrap_or(0),
        months.last().copied().unwrap_or(0),
        source.frequency.screenings,
        source.frequency.open.as_secs() / 3600,
        source.policy,
    )];
    sheet
}

fn row(source: &Source<'_>, origin: &str, months: &[u32]) -> Vec<Cell> {
    let facts = |month: &u32| {
        source
            .months
            .get(origin)
            .and_then(|all| all.get(month))
            .cloned()
            .unwrap_or_default()
    };
    let all: Vec<Month> = months.iter().map(facts).collect();
    let sum = all.iter().fold(Month::default(), Month::plus);
    let reached = |enough: &dyn Fn(&Month) -> bool| Cell::from(all.iter().filter(|month| enough(month)).count());
    vec![
        source.station(origin).into(),
        source.township(origin).into(),
        months.len().into(),
        sum.screenings.into(),
        reached(&|month| month.screenings >= source.frequency.screenings),
        Value::LongTime(sum.open.total()).into(),
        reached(&|month| month.open.total() >= source.frequency.open),
        Value::Share(sum.came, sum.due).into(),
        Value::Minutes(sum.shown).into(),
        Value::Minutes(sum.unattended).into(),
        Value::Minutes(sum.unconfirmed).into(),
        sum.sessions.into(),
        sum.guests.into(),
        sum.feedback.into(),
        sum.wishes.into(),
        Value::LongTime(sum.time_on).into(),
        sum.boots.into(),
    ]
}

/// One line per member and time at which several stations saw him at once: it counted once.
pub fn twice(source: &Source<'_>) -> Sheet {
    let columns = vec![
        middle("党员编号", "Member no.", 5),
        left("党支部", "Branch", 8),
        left("站点", "Stations", 16),
        middle("从", "From", 7),
        middle("到", "To", 7),
        right("分钟", "Minutes", 4),
    ];
    let row = |one: &super::Twice| {
        let names: Vec<String> = one.stations.iter().map(|origin| source.station(origin)).collect();
        let branch = source
            .people
            .get(&one.member)
            .map(|person| person.listed.branch.to_string());
        let lasted = u64::try_from(one.to_ms - one.from_ms).unwrap_or(0);
        vec![
            Cell::from(one.member.to_string()).opens(source.behind(&format!("&member={}", one.member))),
            branch.unwrap_or_default().into(),
            names.join("、").into(),
            Value::Moment(one.from_ms).into(),
            Value::Moment(one.to_ms).into(),
            Value::Minutes(crate::types::Millis(lasted)).into(),
        ]
    };
    let mut sheet = source.sheet("twice", "同时在两地", columns, source.twice.iter().map(row).collect());
    sheet.notes = vec!["两个站点的时钟相差五分钟以内不算。同时的时间只计一份，两边的记录都留着。".to_owned()];
    sheet
}
