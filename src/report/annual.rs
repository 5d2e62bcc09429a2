//! The annual report F8: the blanks that a district fills in once a year, from leaves alone. Pure.
//!
//! A *person-time* 人次 is one member in one session or screening that earned the policy's minimum; *persons* 人数 are
//! distinct members. Who belongs to two categories counts in both rows and once in the total. What has no date yet is
//! in no period, and is said apart.

mod blanks;
mod kinds;
mod period;

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

pub use blanks::Blanks;
pub use jiff::civil::Date;
pub use kinds::{BranchKind, Category};
pub use period::{Period, date_of, today};

use super::{Credit, Recount};
use crate::clock::day_of;
use crate::credit::Policies;
use crate::ledger::Listed;
use crate::types::{BranchId, Grade, ItemId, MemberId, Millis, SessionId, Year};

impl Category {
    fn takes(self, person: &Person, time: &PersonTime) -> bool {
        let secretary_of = |kind| person.listed.role == "secretary" && person.kind == kind;
        match self {
            Self::OfficeSecretary => secretary_of(BranchKind::Office),
            Self::RuralSecretary => secretary_of(BranchKind::Rural),
            Self::PrivateSecretary => secretary_of(BranchKind::Private),
            Self::Rural => person.kind == BranchKind::Rural,
            Self::New => person.listed.role == "new",
            Self::Migrant => person.is_migrant(),
            Self::Skill => time.skill,
        }
    }
}

/// A member as the report needs him.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// As the roster leaves say.
    pub listed: Listed,
    /// The station that lists him: the first, and one where he is at home before one that he visits.
    pub station: String,
    /// What his branch is.
    pub kind: BranchKind,
}

impl Person {
    /// 流动党员, in or out.
    pub fn is_migrant(&self) -> bool {
        self.listed.migrant != "no"
    }
}

/// A piece of credit, as far as person-times are made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The leaf that says so.
    pub index: u64,
    /// The last one, if several were taken together.
    pub last: u64,
    /// In which session or screening.
    pub session: SessionId,
    /// Who.
    pub member: MemberId,
    /// What.
    pub item: ItemId,
    /// On which day; `None` while the date is unknown.
    pub day: Option<i64>,
    /// How much.
    pub earned: Millis,
    /// How well proven.
    pub grade: Grade,
}

impl From<&Credit> for Piece {
    fn from(credit: &Credit) -> Self {
        Self {
            index: credit.index,
            last: credit.index,
            session: credit.session,
            member: credit.member.clone(),
            item: credit.item,
            day: (credit.year != Year::UNDECIDED).then(|| day_of(credit.at.wall)),
            earned: credit.media.total(),
            grade: credit.grade,
        }
    }
}

/// One member in one session or screening that earned the minimum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonTime {
    /// Which station.
    pub station: String,
    /// Which session or screening.
    pub session: SessionId,
    /// Who.
    pub member: MemberId,
    /// The first item that he earned something in.
    pub item: ItemId,
    /// The day of the first span; `None` while the date is unknown.
    pub day: Option<i64>,
    /// What it earned in the period.
    pub earned: Millis,
    /// The weakest proof in it.
    pub grade: Grade,
    /// The first and the last leaf.
    pub leaves: (u64, u64),
    /// Whether the minimum was earned in items of the classes that teach a trade.
    pub skill: bool,
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// When.
    pub period: Period,
    /// By which policies.
    pub policies: &'a Policies,
    /// Classes that teach a trade.
    pub skill: &'a [String],
    /// Classes of films made here.
    pub local: &'a [String],
    /// What people said of branches, by station and branch.
    pub kinds: &'a BTreeMap<(String, String), BranchKind>,
}

impl Asked<'_> {
    /// 本土电教片: the station says so of the item itself, or its class is one of films made here.
    pub fn is_local(&self, count: &Recount, item: &ItemId) -> bool {
        let class = count.items.get(item).and_then(|(_, class, _)| class.as_ref());
        count.films.get(item).is_some_and(|film| film.made_here)
            || class.is_some_and(|class| self.local.contains(class))
    }
}

/// 人次 and 人数.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pair {
    /// 人次.
    pub times: usize,
    /// 人数.
    pub persons: usize,
}

/// The report.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Annual {
    /// Rows, in the form's order.
    pub lines: Vec<(Category, Pair)>,
    /// Everything once.
    pub total: Pair,
    /// Person-times whose date is unknown; in no period.
    pub undated: usize,
    /// 远程教育站点.
    pub stations: usize,
    /// 下级基层党组织.
    pub branches: usize,
    /// 党员.
    pub members: usize,
    /// How many of them took part at least once.
    pub covered: usize,
    /// 流动党员, and how many of them took part.
    pub migrants: Pair,
    /// Films made here, and how often they were shown or watched.
    pub local: (usize, usize),
    /// Person-times of each day by row, in the order of [`Category::ALL`], behind them all of them: whoever opens a figure
    /// finds a page of it without reading the days before.
    pub by_day: BTreeMap<i64, [u32; ROWS]>,
    /// The person-times of rows that have few, the latest first: their days lie far apart. `None`: all of them.
    pub few: BTreeMap<Option<Category>, Vec<PersonTime>>,
}

/// The rows of the report, and all of them once.
pub const ROWS: usize = Category::ALL.len() + 1;

/// Where the figures of a row stand in a day of [`Annual::by_day`].
pub fn place_of(category: Option<Category>) -> usize {
    let of = |wanted| Category::ALL.iter().position(|category| *category == wanted);
    category.and_then(of).unwrap_or(ROWS - 1)
}

/// A share in tenths of a percent, cut: never more than was reached.
pub fn share(part: usize, whole: usize) -> u32 {
    u32::try_from((part * 1000).checked_div(whole).unwrap_or(0)).unwrap_or(0)
}

/// Everybody who is in a roster and has not left.
pub fn people(
    counts: &[(String, Recount)],
    kinds: &BTreeMap<(String, String), BranchKind>,
) -> BTreeMap<MemberId, Person> {
    let mut people: BTreeMap<MemberId, Person> = BTreeMap::new();
    for (station, count) in counts {
        for (member, listed) in count.members.iter().filter(|(_, listed)| !listed.left) {
            let at_home = listed.migrant != "in";
            if people
                .get(member)
                .is_some_and(|known| known.listed.migrant != "in" || !at_home)
            {
                continue;
            }
            let person = Person {
                listed: listed.clone(),
                station: station.clone(),
                kind: kind_of(station, &listed.branch, kinds),
            };
            people.insert(member.clone(), person);
        }
    }
    people
}

/// What a person said of the branch, or what its name says.
pub fn kind_of(station: &str, branch: &BranchId, kinds: &BTreeMap<(String, String), BranchKind>) -> BranchKind {
    let said = kinds.get(&(station.to_owned(), branch.to_string()));
    said.copied().unwrap_or_else(|| BranchKind::guess(branch.as_str()))
}

/// All person-times of the period, and how many have no date.
pub fn person_times(counts: &[(String, Recount)], asked: Asked<'_>) -> (Vec<PersonTime>, usize) {
    let mut times = Vec::new();
    let mut undated = 0;
    for (station, count) in counts {
        let pieces: Vec<Piece> = count.credits.iter().map(Piece::from).collect();
        let all = gather(station, teaches(count, asked), &pieces, asked);
        let dated = all.into_iter().filter(|time| {
            undated += usize::from(time.day.is_none());
            time.day.is_some()
        });
        times.extend(dated);
    }
    times.sort_by(latest_first);
    (times, undated)
}

/// The order of lists: the latest day first, and within a day as the stations' ledgers have them.
pub fn latest_first(a: &PersonTime, b: &PersonTime) -> Ordering {
    (b.day, &a.station, a.leaves.0).cmp(&(a.day, &b.station, b.leaves.0))
}

/// Whether an item of this station teaches a trade.
fn teaches<'a>(count: &'a Recount, asked: Asked<'a>) -> impl Fn(&ItemId) -> bool + 'a {
    move |item| {
        let class = count.items.get(item).and_then(|(_, class, _)| class.as_ref());
        class.is_some_and(|class| asked.skill.contains(class))
    }
}

/// Pieces of one station, in the order of its ledger, put together by session and member; `teaches` says which items teach
/// a trade. Those without a date are among them.
pub fn gather(station: &str, teaches: impl Fn(&ItemId) -> bool, pieces: &[Piece], asked: Asked<'_>) -> Vec<PersonTime> {
    let mut found: HashMap<(SessionId, &MemberId), (PersonTime, Millis)> = HashMap::new();
    for piece in pieces {
        if piece.day.is_some_and(|day| !asked.period.holds(day)) {
            continue;
        }
        let (time, skill) = found
            .entry((piece.session, &piece.member))
            .or_insert_with(|| (first_of(station, piece), Millis::ZERO));
        time.earned = time.earned.plus(piece.earned);
        time.grade = time.grade.max(piece.grade);
        time.leaves.1 = time.leaves.1.max(piece.last);
        time.day = time.day.or(piece.day);
        if teaches(&piece.item) {
            *skill = skill.plus(piece.earned);
        }
    }
    let enough = |day: Option<i64>, earned: Millis| {
        let policy = day.map_or_else(|| asked.policies.newest(), |day| asked.policies.on(day));
        earned >= policy.min_session && earned > Millis::ZERO
    };
    let reached = found.into_values().filter(|(time, _)| enough(time.day, time.earned));
    reached
        .map(|(time, skill)| PersonTime {
            skill: enough(time.day, skill),
            ..time
        })
        .collect()
}

fn first_of(station: &str, piece: &Piece) -> PersonTime {
    PersonTime {
        station: station.to_owned(),
        session: piece.session,
        member: piece.member.clone(),
        item: piece.item,
        day: piece.day,
        earned: Millis::ZERO,
        grade: piece.grade,
        leaves: (piece.index, piece.last),
        skill: false,
    }
}

/// Whether a person-time belongs to a row. A member whom no roster lists is in the total alone, and in the row of skills.
pub fn is_of(category: Category, person: Option<&Person>, time: &PersonTime) -> bool {
    person.map_or(category == Category::Skill && time.skill, |person| {
        category.takes(person, time)
    })
}

/// Fills every blank that can be measured.
pub fn annual(counts: &[(String, Recount)], asked: Asked<'_>) -> Annual {
    let people = people(counts, asked.kinds);
    let mut blanks = Blanks::new(&people, asked);
    for (station, count) in counts {
        let pieces: Vec<Piece> = count.credits.iter().map(Piece::from).collect();
        blanks.count(station, count, &pieces);
    }
    blanks.filled()
}

/// A paragraph for the document, without commas in the numbers. `until` is the day that it speaks of.
pub fn paragraph(annual: &Annual, until: Date) -> String {
    let rows: Vec<String> = annual
        .lines
        .iter()
        .map(|(category, pair)| format!("{}{}人次", category.zh(), pair.times))
        .collect();
    let reached = share(annual.covered, annual.members);
    let covered = share(annual.migrants.persons, annual.migrants.times);
    format!(
        "截至{}年{}月{}日，下级基层党组织{}个，党员{}人，远程教育站点{}个。培训{}人次、{}人，其中{}。参加学习的党员{}人，覆盖{}.{}%。流动党员{}人，参加远程教育{}人，覆盖{}.{}%。自制本土电教片{}部，播放{}场次。",
        until.year(),
        until.month(),
        until.day(),
        annual.branches,
        annual.members,
        annual.stations,
        annual.total.times,
        annual.total.persons,
        rows.join("，"),
        annual.covered,
        reached / 10,
        reached % 10,
        annual.migrants.times,
        annual.migrants.persons,
        covered / 10,
        covered % 10,
        annual.local.0,
        annual.local.1,
    )
}

#[cfg(test)]
mod tests;
