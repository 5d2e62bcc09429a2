//! Lines of reports: hours per member, sessions, and the sums.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Recount;
use super::places::{self, Counted};
use crate::clock::{self, day_of};
use crate::credit::Policies;
use crate::credit::hours::{Earned, Tally, tally};
use crate::ledger::{Home, Listed};
use crate::types::{Grade, Hours, Intervals, ItemId, MemberId, Millis, Mode, SessionId, Year};

/// The word for a visitor whom no roster lists, where others are migrants or not: his branch is the one that he named.
pub const UNLISTED: &str = "unlisted";

/// One member in one year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberLine {
    /// Who.
    pub member: MemberId,
    /// Branch, as the roster leaves say; empty if unknown.
    pub branch: String,
    /// Role.
    pub role: String,
    /// Migrant.
    pub migrant: String,
    /// Hours by the policy, split by mode, and the milliseconds behind them.
    pub tally: Tally,
    /// Hours due, if the policy says so.
    pub due: Option<Hours>,
    /// Person-times 人次: sessions that earned the minimum.
    pub sessions: usize,
    /// Credited time by evidence grade 证据等级, before weights and caps.
    pub by_grade: BTreeMap<Grade, Millis>,
}

/// The sums of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums {
    /// 人次.
    pub person_times: usize,
    /// 人数.
    pub persons: usize,
    /// Credited time.
    pub credited: Millis,
}

/// The years in which anything was credited, the latest first.
pub fn years(counts: &[Recount]) -> Vec<Year> {
    let all: BTreeSet<Year> = counts
        .iter()
        .flat_map(|count| count.credits.iter().map(|c| c.year))
        .collect();
    all.into_iter().rev().collect()
}

/// Hours per member over all stations. What a member saw at two stations counts once, and so does the time of one who was
/// at two of them at once.
pub fn members(counts: &[Recount], policies: &Policies, year: Year) -> Vec<MemberLine> {
    let mut counted = fresh(counts, year);
    places::cut(&places::at_once(counts), &mut counted);
    let mut pieces: BTreeMap<MemberId, Vec<Earned>> = BTreeMap::new();
    let mut grades: BTreeMap<MemberId, BTreeMap<Grade, Millis>> = BTreeMap::new();
    for Counted { credit, fresh, .. } in counted {
        let grade = grades.entry(credit.member.clone()).or_default();
        let grade = grade.entry(credit.grade).or_default();
        *grade = grade.plus(fresh);
        let piece = Earned {
            day: day_of(credit.at.wall),
            mode: credit.mode,
            item: credit.item,
            credit: fresh,
        };
        pieces.entry(credit.member.clone()).or_default().push(piece);
    }
    for member in counts.iter().flat_map(|count| count.members.keys()) {
        pieces.entry(member.clone()).or_default();
    }
    let times = person_times(counts, policies, year);
    let (listed, homes) = (at_home(counts), homes(counts));
    let mut line = |(member, pieces): (MemberId, Vec<Earned>)| MemberLine {
        sessions: times.get(&member).copied().unwrap_or(0),
        by_grade: grades.remove(&member).unwrap_or_default(),
        ..line(
            (listed.get(&member).copied(), homes.get(&member).copied()),
            policies,
            year,
            member.clone(),
            pieces,
        )
    };
    pieces.into_iter().map(&mut line).collect()
}

/// The credit of a year, with how much of each is new to its member, whatever station he saw it at before.
fn fresh(counts: &[Recount], year: Year) -> Vec<Counted<'_>> {
    let mut seen: BTreeMap<(MemberId, ItemId), Intervals> = BTreeMap::new();
    let all = counts.iter().enumerate();
    let of_year = all.flat_map(|(station, count)| count.credits.iter().map(move |credit| (station, credit)));
    let counted = of_year
        .filter(|(_, credit)| credit.year == year)
        .map(|(station, credit)| {
            let have = seen.entry((credit.member.clone(), credit.item)).or_default();
            let fresh = credit.media.minus(have).total();
            *have = have.union(&credit.media);
            Counted { station, credit, fresh }
        });
    counted.collect()
}

fn line(
    (listed, home): (Option<&Listed>, Option<&Home>),
    policies: &Policies,
    year: Year,
    member: MemberId,
    pieces: Vec<Earned>,
) -> MemberLine {
    let role = listed.map_or(String::new(), |l| l.role.clone());
    let (tally, in_the_end) = (tally(policies, pieces), policies.on(end_of(year)));
    let tally = if tally.policies.is_empty() {
        Tally {
            policies: vec![in_the_end.name.clone()],
            ..tally
        }
    } else {
        tally
    };
    MemberLine {
        branch: listed
            .map(|l| &l.branch)
            .or(home.map(|home| &home.branch))
            .map_or(String::new(), ToString::to_string),
        migrant: match (listed, home) {
            (Some(listed), _) => listed.migrant.clone(),
            (None, Some(_)) => UNLISTED.to_owned(),
            (None, None) => String::new(),
        },
        due: in_the_end.due(&role, year),
        tally,
        sessions: 0,
        by_grade: BTreeMap::new(),
        role,
        member,
    }
}

/// What the rosters say of a member: where he is at home before where he visits, and where he still is before where he
/// was. So what a migrant earned elsewhere is his home branch's.
fn at_home(counts: &[Recount]) -> HashMap<&MemberId, &Listed> {
    let rank = |listed: &Listed| (listed.left, listed.migrant == "in");
    let mut all: HashMap<&MemberId, &Listed> = HashMap::new();
    for (member, listed) in counts.iter().flat_map(|count| &count.members) {
        let known = all.entry(member).or_insert(listed);
        // Of equals the first station's.
        if rank(listed) < rank(known) {
            *known = listed;
        }
    }
    all
}

/// Where visitors belong, as the first station says that met them.
fn homes(counts: &[Recount]) -> HashMap<&MemberId, &Home> {
    let mut all = HashMap::new();
    for (member, home) in counts.iter().flat_map(|count| &count.homes) {
        all.entry(member).or_insert(home);
    }
    all
}

/// The policies by which lines were made, in the order of their names.
pub fn policy_names(lines: &[MemberLine]) -> Vec<String> {
    let names: BTreeSet<&String> = lines.iter().flat_map(|line| &line.tally.policies).collect();
    names.into_iter().cloned().collect()
}

/// Person-times 人次 of a year by member: sessions and screenings in which he earned the policy's minimum.
fn person_times(counts: &[Recount], policies: &Policies, year: Year) -> BTreeMap<MemberId, usize> {
    let mut times = BTreeMap::new();
    for count in counts {
        let mut earned: HashMap<(SessionId, &MemberId), (i64, Millis)> = HashMap::new();
        for credit in count.credits.iter().filter(|credit| credit.year == year) {
            let day = day_of(credit.at.wall);
            let (_, sum) = earned
                .entry((credit.session, &credit.member))
                .or_insert((day, Millis::ZERO));
            *sum = sum.plus(credit.media.total());
        }
        let reached = earned
            .into_iter()
            .filter(|(_, (day, sum))| *sum >= policies.on(*day).min_session && *sum > Millis::ZERO);
        for ((_, member), _) in reached {
            *times.entry(member.clone()).or_default() += 1;
        }
    }
    times
}

/// The sums of a year: 人次 and 人数.
pub fn sums(counts: &[Recount], policies: &Policies, year: Year) -> Sums {
    let times = person_times(counts, policies, year);
    let credited = members(counts, policies, year)
        .iter()
        .map(|line| line.tally.raw.0)
        .sum();
    Sums {
        person_times: times.values().sum(),
        persons: times.len(),
        credited: Millis(credited),
    }
}

/// The last day of a year; of no year, the last of all.
fn end_of(year: Year) -> i64 {
    clock::day_named(&format!("{:04}-12-31", year.0)).unwrap_or(i64::MAX)
}

/// The Chinese word for a mode, as the books have it.
pub fn mode_word(mode: Mode) -> &'static str {
    match mode {
        Mode::Screening => "集中收看",
        Mode::Alone => "个人自学",
        Mode::Brought => "送学上门",
        Mode::MakeUp => "补学",
        Mode::Migrant => "流动党员远程",
    }
}
