//! Migrant members 流动党员: how many there are, who has a contact, who studied at all and where, who has the hours that are
//! due, and who was never seen. What a migrant did at another station is his home branch's. Visitors whom no roster lists
//! stand with the branch that they named, apart from the members of it, until a roster has them.

use std::collections::BTreeMap;

use super::Source;
use crate::report::sheet::{Cell, Sheet, Value, left, middle, right};
use crate::report::tables::{MemberLine, UNLISTED};
use crate::types::MemberId;

/// Whether the district's own roster names a contact 联系人 or a telephone of a member; who is not in it is not known.
pub type Contacts = BTreeMap<MemberId, bool>;

/// One migrant.
struct Migrant<'a> {
    line: &'a MemberLine,
    station: &'a str,
    has_contact: Option<bool>,
    /// Person-times of the period, and those of them at other stations than his own.
    times: (u64, u64),
    has_hours: bool,
}

fn all<'a>(source: &'a Source<'_>, contacts: &Contacts) -> Vec<Migrant<'a>> {
    let mut times: BTreeMap<&MemberId, (u64, u64)> = BTreeMap::new();
    for time in source.times {
        let home = source.people.get(&time.member).map(|person| person.station.as_str());
        let count = times.entry(&time.member).or_default();
        count.0 += 1;
        count.1 += u64::from(home.is_some_and(|home| home != time.station));
    }
    let migrant = |line: &'a MemberLine| {
        let person = source.people.get(&line.member).filter(|person| person.is_migrant())?;
        Some(Migrant {
            line,
            station: &person.station,
            has_contact: contacts.get(&line.member).copied(),
            times: times.get(&line.member).copied().unwrap_or_default(),
            has_hours: line.due.is_some_and(|due| line.tally.total >= due),
        })
    };
    source.lines.iter().filter_map(migrant).collect()
}

/// What a branch, or the district, came to.
#[derive(Default)]
struct Group {
    members: u64,
    due: u64,
    /// Of those about whom the district's roster says anything, who has a contact.
    contacts: (u64, u64),
    seen: u64,
    elsewhere: u64,
    has_hours: u64,
    unlisted: u64,
}

impl Group {
    fn take(&mut self, one: &Migrant<'_>) {
        self.members += 1;
        self.due += u64::from(one.line.due.is_some());
        self.contacts.0 += u64::from(one.has_contact == Some(true));
        self.contacts.1 += u64::from(one.has_contact.is_some());
        self.seen += u64::from(one.times.0 > 0);
        self.elsewhere += u64::from(one.times.1 > 0);
        self.has_hours += u64::from(one.has_hours);
    }

    fn cells(&self) -> [Cell; 10] {
        let contacts = if self.contacts.1 == 0 {
            Cell::empty()
        } else {
            self.contacts.0.into()
        };
        [
            self.members.into(),
            self.due.into(),
            contacts,
            self.seen.into(),
            Value::Share(self.seen, self.members).into(),
            self.elsewhere.into(),
            self.has_hours.into(),
            Value::Share(self.has_hours, self.due).into(),
            (self.members - self.seen).into(),
            self.unlisted.into(),
        ]
    }
}

/// Coverage by home branch, the whole district below.
pub fn migrants(source: &Source<'_>, contacts: &Contacts) -> Sheet {
    let columns = vec![
        left("党支部", "Branch", 9),
        left("站点", "Station", 7),
        right("流动党员", "Migrants", 4),
        right("应学人数", "Due", 4),
        right("有联系人", "With a contact", 4),
        right("参加学习", "Took part", 4),
        right("覆盖率", "Coverage", 4),
        right("在外站学过", "Elsewhere", 4),
        right("学满人数", "Reached", 4),
        right("学满比例", "Share", 4),
        right("一次没来", "Never seen", 4),
        right("不在册的", "In no roster", 4),
    ];
    let mut groups: BTreeMap<(&str, String), Group> = BTreeMap::new();
    let mut whole = Group::default();
    let all = all(source, contacts);
    for one in &all {
        let key = (one.line.branch.as_str(), source.station(one.station));
        groups.entry(key).or_default().take(one);
        whole.take(one);
    }
    for home in unlisted(source).filter_map(|line| source.visitor(&line.member)) {
        groups.entry(home).or_default().unlisted += 1;
        whole.unlisted += 1;
    }
    let row = |((branch, station), group): (&(&str, String), &Group)| {
        let mut row: Vec<Cell> = vec![(*branch).into(), station.as_str().into()];
        row.extend(group.cells());
        row
    };
    let rows = groups.iter().map(row).collect();
    let mut sums: Vec<Cell> = vec!["合计".into(), Cell::empty()];
    sums.extend(whole.cells());
    let mut sheet = source.sheet("migrants", "流动党员覆盖", columns, rows);
    sheet.sums = Some(sums);
    sheet.notes.push(notes(source));
    sheet
}

fn notes(source: &Source<'_>) -> String {
    format!(
        "流动党员包括流出和流入，按花名册所在的党支部计，在外站学的也记在这里。学满按 {} 全年的学时，其余是 {} 的。有联系人按县里下发的花名册，没有下发过的空着。不在册的是来过、而任何花名册里都没有的外站党员，按他自己说的党支部列出，不算进覆盖率；花名册里有了他的编号，就按花名册计。",
        source.year(),
        source.days()
    )
}

/// Those who came and whom no roster lists.
fn unlisted<'a>(source: &Source<'a>) -> impl Iterator<Item = &'a MemberLine> {
    source.lines.iter().filter(|line| line.migrant == UNLISTED)
}

fn visitor_row(source: &Source<'_>, line: &MemberLine) -> Option<Vec<Cell>> {
    let (branch, station) = source.visitor(&line.member)?;
    let times = source.times.iter().filter(|time| time.member == line.member).count();
    let behind = source.behind(&format!("&member={}", line.member));
    Some(vec![
        Cell::from(line.member.to_string()).opens(behind.clone()),
        branch.into(),
        station.into(),
        super::hours::migrant_word(&line.migrant).into(),
        Cell::empty(),
        Cell::from(times).opens(behind),
        times.into(),
        Value::Hours(line.tally.total).into(),
        Cell::empty(),
        "不在任何花名册".into(),
    ])
}

/// One line per migrant, who was never seen first; below them the visitors whom no roster lists.
pub fn migrant_members(source: &Source<'_>, contacts: &Contacts) -> Sheet {
    let columns = vec![
        middle("党员编号", "Member no.", 5),
        left("党支部", "Branch", 8),
        left("站点", "Station", 7),
        middle("流动", "Migrant", 3),
        middle("联系人", "Contact", 3),
        right("人次", "Person-times", 3),
        right("其中外站", "Elsewhere", 4),
        right("已学学时", "Hours", 4),
        right("应学", "Due", 3),
        middle("情况", "Standing", 5),
    ];
    let mut all = all(source, contacts);
    all.sort_by_key(|one| (one.times.0, one.line.tally.total, &one.line.member));
    let row = |one: &Migrant<'_>| -> Vec<Cell> {
        let behind = source.behind(&format!("&member={}", one.line.member));
        let contact = match one.has_contact {
            Some(true) => "有",
            Some(false) => "没有",
            None => "",
        };
        let standing = match (one.times.0, one.has_hours) {
            (0, _) => "一次没来",
            (_, true) => "学满了",
            (_, false) => "学过，没满",
        };
        vec![
            Cell::from(one.line.member.to_string()).opens(behind.clone()),
            one.line.branch.as_str().into(),
            source.station(one.station).into(),
            super::hours::migrant_word(&one.line.migrant).into(),
            contact.into(),
            Cell::from(one.times.0).opens(behind),
            one.times.1.into(),
            Value::Hours(one.line.tally.total).into(),
            one.line.due.map_or_else(Cell::empty, |due| Value::Hours(due).into()),
            standing.into(),
        ]
    };
    let mut rows: Vec<Vec<Cell>> = all.iter().map(row).collect();
    rows.extend(unlisted(source).filter_map(|line| visitor_row(source, line)));
    let mut sheet = source.sheet("migrant-members", "流动党员名单", columns, rows);
    sheet.notes.push(notes(source));
    sheet
}
