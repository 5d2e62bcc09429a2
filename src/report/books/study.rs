//! F5 the roster, F7 hours by member, and the person-times behind the figures.

use std::collections::BTreeMap;

use super::calendar::wall;
use super::facts::Span;
use super::figures;
use super::station::{sheet, sums_of};
use super::{Source, mode_words};
use crate::clock;
use crate::credit::hours::{Earned, tally};
use crate::report::sheet::{Cell, Sheet, To, Value, Words, left, middle, right};
use crate::roster::{Member, Migrant};
use crate::types::{Grade, Hours, Lang, MemberId, Millis, Mode};

const MODES: [Mode; 5] = [Mode::Screening, Mode::Alone, Mode::Brought, Mode::MakeUp, Mode::Migrant];

/// F5 花名册, as it stands.
pub fn roster(source: &Source<'_>, members: &[Member]) -> Sheet {
    let columns = vec![
        left("编号", "Number", 4),
        left("姓名", "Name", 4),
        middle("性别", "Sex", 2),
        middle("出生年", "Born", 3),
        middle("入党时间", "Joined", 5),
        left("党支部", "Branch", 6),
        middle("身份", "Role", 3),
        middle("类别", "Status", 3),
        middle("流动", "Migrant", 3),
        left("流入流出地", "Where", 6),
        middle("流动起始", "Since", 5),
        left("联系电话", "Telephone", 6),
        left("活动证号", "Certificate", 5),
        left("联系人", "Contact", 4),
        middle("送学", "Brought", 3),
        right("应学", "Due", 3),
    ];
    let year = source.period.of_year();
    let row = |member: &Member| {
        let details = &member.details;
        let migrant = if member.migrant == Migrant::No {
            ""
        } else {
            word(source, member.migrant.zh(), member.migrant.word())
        };
        let due = source.policy.due(member.role.word(), year);
        vec![
            Cell::from(member.id.as_str()),
            Cell::from(member.name.clone()),
            Cell::from(details.sex.clone()),
            Cell::from(details.born.clone()),
            Cell::from(details.joined.clone()),
            Cell::from(member.branch.as_str()),
            Cell::from(word(source, member.role.zh(), member.role.word())),
            Cell::from(word(source, member.status.zh(), member.status.word())),
            Cell::from(migrant),
            Cell::from(details.place.clone()),
            Cell::from(details.since.clone()),
            Cell::from(details.phone.clone()),
            Cell::from(details.certificate.clone()),
            Cell::from(details.contact.clone()),
            Cell::from(if details.brought {
                source.say(Words("是", "yes"))
            } else {
                ""
            }),
            due.map_or_else(Cell::empty, |due| Value::Hours(due).into()),
        ]
    };
    let rows: Vec<Vec<Cell>> = members.iter().map(row).collect();
    let people = rows.len();
    let mut sheet = sheet(source, "f5", Words("党员花名册", "Roster"), columns, rows);
    sheet.is_wide = true;
    sheet.period = match source.lang {
        Lang::Zh => format!("{people} 人"),
        Lang::En => format!("{people} members"),
    };
    sheet.notes.clear();
    sheet
}

fn word(source: &Source<'_>, zh: &'static str, en: &'static str) -> &'static str {
    source.say(Words(zh, en))
}

/// F7 学时台账. A whole year counts what was counted to that year; any other time what was proven in it, and then nothing
/// is due.
pub fn hours(source: &Source<'_>, members: &[Member]) -> Sheet {
    let mut columns = vec![
        left("编号", "Number", 4),
        left("姓名", "Name", 4),
        left("党支部", "Branch", 6),
        middle("身份", "Role", 3),
        right("应学", "Due", 3),
        right("已学", "Done", 3),
    ];
    columns.extend(MODES.iter().map(|mode| {
        let Words(zh, en) = mode_words(*mode);
        right(zh, en, 3)
    }));
    columns.extend([
        right("A级分钟", "Grade A min", 3),
        right("B级分钟", "Grade B min", 3),
        right("C级分钟", "Grade C min", 3),
        right("还差", "Gap", 3),
        right("次数", "Sessions", 3),
        middle("最近一次", "Last seen", 5),
    ]);
    let by_member = spans(source);
    let mut who: Vec<MemberId> = members.iter().map(|member| member.id.clone()).collect();
    who.extend(by_member.keys().filter(|id| source.names.member(id).is_none()).cloned());
    let row = |id: &MemberId| hours_row(source, id, by_member.get(id).map_or(&[][..], Vec::as_slice));
    let rows: Vec<Vec<Cell>> = who.iter().map(row).collect();
    let sums = sums_of(source, &rows, columns.len(), 4..columns.len() - 1);
    let mut sheet = sheet(source, "f7", Words("学时台账", "Hours"), columns, rows);
    sheet.sums = (!sheet.rows.is_empty()).then_some(sums);
    sheet.is_wide = true;
    sheet.notes.push(match source.lang {
        Lang::Zh => format!("学时按《{}》，{} 分钟为 1 学时。A 级自己的手机并有在学确认，B 级电视上的码，C 级管理员登记。", source.policy.name, source.policy.hour.as_secs() / 60),
        Lang::En => format!("Policy “{}”, {} minutes an hour. A: own phone with proofs, B: the code on the television, C: by the operator.", source.policy.name, source.policy.hour.as_secs() / 60),
    });
    if !source.period.is_year() {
        sheet.notes.push(
            source
                .say(Words("不是整年，不算应学和还差。", "Not a whole year: nothing is due."))
                .to_owned(),
        );
    }
    sheet
}

fn spans<'a>(source: &Source<'a>) -> BTreeMap<MemberId, Vec<&'a Span>> {
    let is_in = |span: &&Span| {
        if source.period.is_year() {
            span.year == source.period.of_year()
        } else {
            wall(span.at).is_some_and(|wall| source.period.holds(wall))
        }
    };
    let mut by_member: BTreeMap<MemberId, Vec<&Span>> = BTreeMap::new();
    for span in source.facts.spans.iter().filter(is_in) {
        by_member.entry(span.member.clone()).or_default().push(span);
    }
    by_member
}

fn hours_row(source: &Source<'_>, id: &MemberId, spans: &[&Span]) -> Vec<Cell> {
    let member = source.names.member(id);
    let piece = |span: &&Span| Earned {
        day: clock::day_of(span.at.wall),
        mode: span.mode,
        item: span.item,
        credit: span.credit,
    };
    let tally = tally(source.policies, spans.iter().map(piece));
    let due = member
        .filter(|_| source.period.is_year())
        .and_then(|member| source.policy.due(member.role.word(), source.period.of_year()));
    let by_grade = figures::by_grade(spans.iter().copied());
    let minutes = |grade: Grade| Cell::from(Value::Minutes(by_grade.get(&grade).copied().unwrap_or_default()));
    let mut sessions: BTreeMap<_, Millis> = BTreeMap::new();
    for span in spans {
        let sum = sessions.entry(span.session).or_default();
        *sum = sum.plus(span.credit);
    }
    let enough = |credit: &&Millis| **credit >= source.policy.min_session && **credit > Millis::ZERO;
    let last = spans.iter().filter_map(|span| wall(span.at)).max();
    let optional = |hours: Option<Hours>| hours.map_or_else(Cell::empty, |hours| Value::Hours(hours).into());
    let to = || To::Book("parts", Some(id.clone()));
    let mut row = vec![
        Cell::from(id.as_str()),
        Cell::from(source.names.name(id)),
        Cell::from(member.map_or_else(String::new, |member| member.branch.to_string())),
        Cell::from(member.map_or("", |member| word(source, member.role.zh(), member.role.word()))),
        optional(due),
        Cell::from(Value::Hours(tally.total)).opens(to()),
    ];
    row.extend(MODES.iter().map(|mode| {
        let hours = tally.by_mode.get(mode).copied().unwrap_or_default();
        if hours == Hours::default() {
            Cell::empty()
        } else {
            Value::Hours(hours).into()
        }
    }));
    row.extend([minutes(Grade::A), minutes(Grade::B), minutes(Grade::C)]);
    row.push(optional(due.map(|due| due.minus(tally.total))));
    row.push(Cell::from(sessions.values().filter(enough).count()).opens(to()));
    row.push(last.map_or_else(Cell::empty, |wall| Value::Day(wall).into()));
    row
}

/// The person-times 人次 of a period, of all members or of one: each opens to its leaves.
pub fn parts(source: &Source<'_>, only: Option<&MemberId>) -> Sheet {
    let columns = vec![
        middle("时间", "When", 8),
        left("编号", "Number", 4),
        left("姓名", "Name", 4),
        middle("收看方式", "Mode", 5),
        left("课件", "Films", 14),
        right("计入分钟", "Minutes", 4),
        middle("等级", "Grade", 3),
    ];
    let all = figures::parts(source.facts, source.policy);
    let is_wanted =
        |part: &&figures::Part| source.period.holds(part.opened_ms) && only.is_none_or(|id| part.member == *id);
    let row = |part: &figures::Part| {
        let (mode, titles) = if part.is_screening {
            let room = &source.facts.rooms[&part.session];
            let titles: Vec<String> = room.items.iter().map(|(item, _)| source.title(item)).collect();
            (room.mode, titles.join(" / "))
        } else {
            let session = &source.facts.sessions[&part.session];
            (session.mode, source.title(&session.item))
        };
        vec![
            Cell::from(Value::Moment(part.opened_ms)).opens(To::Leaves(part.leaf)),
            Cell::from(part.member.as_str()),
            Cell::from(source.names.name(&part.member)),
            Cell::from(source.say(mode_words(mode))),
            Cell::from(titles),
            Value::Minutes(part.credited).into(),
            Cell::from(format!("{:?}", part.grade)),
        ]
    };
    let rows: Vec<Vec<Cell>> = all.iter().filter(is_wanted).map(row).collect();
    let sums = sums_of(source, &rows, columns.len(), 5..6);
    let mut sheet = sheet(source, "parts", Words("人次明细", "Person-times"), columns, rows);
    sheet.sums = Some(sums);
    sheet
}
