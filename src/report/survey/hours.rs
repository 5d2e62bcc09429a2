//! Hours against what is due: of each member, and of branches, townships and stations.

use std::collections::{BTreeMap, BTreeSet};

use super::Source;
use crate::report::sheet::{Cell, Sheet, Value, left, middle, right};
use crate::report::tables::{MemberLine, UNLISTED};
use crate::roster::Role;
use crate::types::{Grade, Hours, MemberId, Millis, Mode};

/// By what members are taken together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// 党支部, of one station each.
    Branch,
    /// 乡镇.
    Township,
    /// 站点, where they are at home.
    Station,
}

fn by_mode(line: &MemberLine, modes: &[Mode]) -> Hours {
    let hundredths = modes
        .iter()
        .map(|mode| line.tally.by_mode.get(mode).copied().unwrap_or_default());
    Hours::from_hundredths(hundredths.map(Hours::hundredths).sum())
}

const OTHER: [Mode; 3] = [Mode::Brought, Mode::MakeUp, Mode::Migrant];
const GRADES: [Grade; 3] = [Grade::A, Grade::B, Grade::C];

/// One line per member: due, earned by mode and grade, what is missing.
pub fn members(source: &Source<'_>) -> Sheet {
    let columns = vec![
        middle("党员编号", "Member no.", 5),
        left("党支部", "Branch", 8),
        left("站点", "Station", 7),
        left("乡镇", "Township", 5),
        middle("身份", "Role", 4),
        middle("流动", "Migrant", 3),
        right("应学", "Due", 3),
        right("集中收看", "Screenings", 4),
        right("个人自学", "Alone", 4),
        right("其他方式", "Other", 4),
        right("已学学时", "Hours", 4),
        right("还差", "Gap", 3),
        right("人次", "Person-times", 3),
        right("A级分钟", "Grade A min", 4),
        right("B级分钟", "Grade B min", 4),
        right("C级分钟", "Grade C min", 4),
        right("C级占比", "Share of C", 4),
    ];
    let rows = source.lines.iter().map(|line| member(source, line)).collect();
    let mut sheet = source.sheet("members", "党员学时", columns, rows);
    sheet.period = source.year();
    sheet
}

fn member(source: &Source<'_>, line: &MemberLine) -> Vec<Cell> {
    let origin = source
        .people
        .get(&line.member)
        .map_or("", |person| person.station.as_str());
    let (station, township) = match source.visitor(&line.member).filter(|_| origin.is_empty()) {
        Some((_, station)) => (station, String::new()),
        None => (source.station(origin), source.township(origin)),
    };
    let behind = source.behind(&format!("&member={}", line.member));
    let gap = line.due.map(|due| due.minus(line.tally.total));
    let or_empty = |hours: Option<Hours>| hours.map_or_else(Cell::empty, |hours| Value::Hours(hours).into());
    let mut row: Vec<Cell> = vec![
        Cell::from(line.member.to_string()).opens(behind.clone()),
        line.branch.as_str().into(),
        station.into(),
        township.into(),
        role_word(&line.role).into(),
        migrant_word(&line.migrant).into(),
        or_empty(line.due),
        Value::Hours(by_mode(line, &[Mode::Screening])).into(),
        Value::Hours(by_mode(line, &[Mode::Alone])).into(),
        Value::Hours(by_mode(line, &OTHER)).into(),
        Cell::from(Value::Hours(line.tally.total)).opens(behind),
        or_empty(gap),
        line.sessions.into(),
    ];
    row.extend(grades(&line.by_grade));
    row
}

/// Minutes by grade, and how much of them rests on the operator's word alone.
fn grades(by_grade: &BTreeMap<Grade, Millis>) -> Vec<Cell> {
    let of = |grade| by_grade.get(&grade).copied().unwrap_or_default();
    let whole: u64 = GRADES.iter().map(|grade| of(*grade).0).sum();
    let mut cells: Vec<Cell> = GRADES.iter().map(|grade| Value::Minutes(of(*grade)).into()).collect();
    cells.push(Value::Share(of(Grade::C).0, whole).into());
    cells
}

fn role_word(role: &str) -> &str {
    Role::read(role).map_or(role, |known| known.zh())
}

pub(super) fn migrant_word(migrant: &str) -> &str {
    match migrant {
        "out" => "流出",
        "in" => "流入",
        UNLISTED => "不在册",
        _ => "",
    }
}

/// What a group came to.
#[derive(Debug, Clone, Default)]
struct Group {
    members: u64,
    /// For whom hours are due, and who of them has them.
    due: (u64, u64),
    covered: u64,
    due_hours: u64,
    hours: [u64; 3],
    times: u64,
    persons: BTreeSet<MemberId>,
    by_grade: BTreeMap<Grade, Millis>,
}

impl Group {
    fn take(&mut self, line: &MemberLine, is_covered: bool) {
        self.members += 1;
        self.covered += u64::from(is_covered);
        if let Some(due) = line.due {
            self.due.0 += 1;
            self.due.1 += u64::from(line.tally.total >= due);
            self.due_hours += u64::from(due.hundredths());
        }
        let parts = [&[Mode::Screening][..], &[Mode::Alone], &OTHER];
        for (sum, modes) in self.hours.iter_mut().zip(parts) {
            *sum += u64::from(by_mode(line, modes).hundredths());
        }
        for (grade, earned) in &line.by_grade {
            let sum = self.by_grade.entry(*grade).or_default();
            *sum = sum.plus(*earned);
        }
    }

    fn row(&self) -> Vec<Cell> {
        let hours =
            |hundredths: u64| Value::Hours(Hours::from_hundredths(u32::try_from(hundredths).unwrap_or(u32::MAX)));
        let whole: u64 = self.hours.iter().sum();
        // Cut to a tenth, as every hour of a page: an average is never more than was earned.
        let average = whole.checked_div(self.members).unwrap_or(0) / 10 * 10;
        let mut row: Vec<Cell> = vec![
            self.members.into(),
            self.covered.into(),
            Value::Share(self.covered, self.members).into(),
            self.times.into(),
            self.persons.len().into(),
            hours(self.due_hours).into(),
        ];
        row.extend(self.hours.iter().map(|part| Cell::from(hours(*part))));
        row.extend([
            hours(whole).into(),
            hours(average).into(),
            self.due.1.into(),
            Value::Share(self.due.1, self.due.0).into(),
        ]);
        row.extend(grades(&self.by_grade));
        row
    }
}

/// One line per group, the whole district below: members of its rosters, whom of them it reached, hours against due.
pub fn groups(source: &Source<'_>, by: By) -> Sheet {
    let (code, title, first) = match by {
        By::Branch => ("branches", "党支部学时", left("党支部", "Branch", 9)),
        By::Township => ("townships", "乡镇学时", left("乡镇", "Township", 7)),
        By::Station => ("stations", "站点学时", left("站点", "Station", 7)),
    };
    let columns = vec![
        first,
        left(if by == By::Township { "范围" } else { "所在" }, "Where", 7),
        right("党员", "Members", 3),
        right("参加学习", "Took part", 4),
        right("覆盖率", "Coverage", 4),
        right("人次", "Person-times", 3),
        right("人数", "Persons", 3),
        right("应学合计", "Due", 4),
        right("集中收看", "Screenings", 4),
        right("个人自学", "Alone", 4),
        right("其他方式", "Other", 4),
        right("学时合计", "Hours", 4),
        right("人均学时", "Average", 4),
        right("学满人数", "Reached", 4),
        right("学满比例", "Share", 4),
        right("A级分钟", "Grade A min", 4),
        right("B级分钟", "Grade B min", 4),
        right("C级分钟", "Grade C min", 4),
        right("C级占比", "Share of C", 4),
    ];
    let (groups, whole) = gather(source, by);
    let row = |((name, place, condition), group): (&(String, String, String), &Group)| {
        let mut row: Vec<Cell> = vec![name.as_str().into(), place.as_str().into()];
        row.extend(group.row());
        if !condition.is_empty() {
            row[5].to = Some(source.behind(condition));
        }
        row
    };
    let rows = groups.iter().map(row).collect();
    let mut sums: Vec<Cell> = vec!["合计".into(), Cell::empty()];
    sums.extend(whole.row());
    let mut sheet = source.sheet(code, title, columns, rows);
    sheet.sums = Some(sums);
    sheet.notes.push(format!(
        "学时是 {} 全年的；参加学习、人次和人数是 {} 的。党员按花名册所在的党支部和站点计。",
        source.year(),
        source.days()
    ));
    sheet
}

type Groups = BTreeMap<(String, String, String), Group>;

/// Groups by name, place and the condition behind their figures; and everybody once.
fn gather(source: &Source<'_>, by: By) -> (Groups, Group) {
    let (mut groups, mut whole): (Groups, Group) = (BTreeMap::new(), Group::default());
    let key = |member: &MemberId| {
        let Some(person) = source.people.get(member) else {
            // Whom no roster lists is nobody's member; what he did is the branch's that he named.
            let (branch, station) = source.visitor(member).filter(|_| by == By::Branch)?;
            return Some((branch.to_owned(), station, String::new()));
        };
        let (origin, branch) = (person.station.as_str(), person.listed.branch.to_string());
        Some(match by {
            By::Branch => (branch, source.station(origin), String::new()),
            By::Township => (source.township(origin), "全乡镇".to_owned(), String::new()),
            By::Station => {
                let condition = format!("&of={}", in_address(origin));
                (source.station(origin), source.township(origin), condition)
            }
        })
    };
    let covered: BTreeSet<&MemberId> = source.times.iter().map(|time| &time.member).collect();
    for line in source.lines {
        if let Some(key) = key(&line.member).filter(|_| source.people.contains_key(&line.member)) {
            let is_covered = covered.contains(&line.member);
            groups.entry(key).or_default().take(line, is_covered);
            whole.take(line, is_covered);
        }
    }
    for time in source.times {
        whole.times += 1;
        whole.persons.insert(time.member.clone());
        let group = match by {
            // A station's person-times are those that it saw, also of visitors: its page says the same.
            By::Station => Some((
                source.station(&time.station),
                source.township(&time.station),
                format!("&of={}", in_address(&time.station)),
            )),
            _ => key(&time.member),
        };
        if let Some(key) = group {
            let group = groups.entry(key).or_default();
            group.times += 1;
            group.persons.insert(time.member.clone());
        }
    }
    (groups, whole)
}

/// A station's name in an address: its slash is the only character that needs care.
fn in_address(origin: &str) -> String {
    origin.replace('/', "%2F")
}
