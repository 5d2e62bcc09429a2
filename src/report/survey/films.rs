//! Items by what became of them: played, watched to the end, rated, answered; and which of them were made here.

use std::collections::{BTreeMap, BTreeSet};

use super::Source;
use crate::clock::day_of;
use crate::report::Recount;
use crate::report::annual::Asked;
use crate::report::sheet::{Cell, Sheet, Value, left, middle, right};
use crate::types::{Intervals, ItemId, MemberId, Millis, SessionId, Year};

/// Watched to the end is nine tenths, as in the xAPI export: nobody watches the credits. In thousandths.
const TO_THE_END: u64 = 900;

/// One item over all stations, in one period.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FilmLine {
    /// Title.
    pub title: String,
    /// Class; empty if it has none.
    pub class: String,
    /// Length.
    pub length: Millis,
    /// 本土电教片.
    pub made_here: bool,
    /// Stations that have shown it.
    pub stations: usize,
    /// Sessions and screenings in which somebody earned something with it.
    pub plays: usize,
    /// One member in one of those.
    pub times: usize,
    /// Distinct members.
    pub persons: usize,
    /// Of them watched it to the end.
    pub finished: usize,
    /// Credited, over everybody.
    pub credited: Millis,
    /// Stars of all times, added up, and by how many.
    pub stars: (u64, u64),
    /// Right answers of all times, of so many.
    pub answers: (u64, u64),
    /// How many members would like to see it together 想看, by now.
    pub wishes: u64,
}

#[derive(Default)]
struct Seen<'a> {
    stations: BTreeSet<usize>,
    plays: BTreeSet<(usize, SessionId)>,
    times: BTreeSet<(usize, SessionId, &'a MemberId)>,
    media: BTreeMap<&'a MemberId, Intervals>,
    credited: Millis,
}

/// Every item that any station told of, the most played first.
pub fn film_lines(counts: &[(String, Recount)], asked: Asked<'_>) -> Vec<(ItemId, FilmLine)> {
    let mut seen: BTreeMap<ItemId, Seen<'_>> = BTreeMap::new();
    for (station, (_, count)) in counts.iter().enumerate() {
        let dated = count.credits.iter().filter(|credit| credit.year != Year::UNDECIDED);
        for credit in dated.filter(|credit| asked.period.holds(day_of(credit.at.wall)) && !credit.media.is_empty()) {
            let seen = seen.entry(credit.item).or_default();
            seen.stations.insert(station);
            seen.plays.insert((station, credit.session));
            seen.times.insert((station, credit.session, &credit.member));
            let media = seen.media.entry(&credit.member).or_default();
            *media = media.union(&credit.media);
            seen.credited = seen.credited.plus(credit.media.total());
        }
    }
    let mut lines = told(counts, asked);
    for (item, seen) in seen {
        let line = lines.entry(item).or_default();
        let enough =
            |media: &&Intervals| line.length > Millis::ZERO && media.total().0 * 1000 >= line.length.0 * TO_THE_END;
        line.finished = seen.media.values().filter(enough).count();
        line.stations = seen.stations.len();
        (line.plays, line.times, line.persons) = (seen.plays.len(), seen.times.len(), seen.media.len());
        line.credited = seen.credited;
    }
    let mut lines: Vec<(ItemId, FilmLine)> = lines.into_iter().collect();
    lines.sort_by(|(_, a), (_, b)| (b.plays, b.times, &a.title).cmp(&(a.plays, a.times, &b.title)));
    lines
}

/// What stations say of items, and what people say. A member's stars count once, wherever he gave them.
fn told(counts: &[(String, Recount)], asked: Asked<'_>) -> BTreeMap<ItemId, FilmLine> {
    let mut lines: BTreeMap<ItemId, FilmLine> = BTreeMap::new();
    let mut stars: BTreeMap<ItemId, BTreeMap<&MemberId, u8>> = BTreeMap::new();
    for (_, count) in counts {
        for (item, (title, class, length)) in &count.items {
            let line = lines.entry(*item).or_default();
            line.made_here |= asked.is_local(count, item);
            (line.title, line.length) = (title.clone(), *length);
            line.class = class.clone().unwrap_or_default();
        }
        for (item, film) in &count.films {
            let line = lines.entry(*item).or_default();
            line.answers.0 += film.right;
            line.answers.1 += film.questions;
            line.wishes += u64::from(film.wishes);
            stars
                .entry(*item)
                .or_default()
                .extend(film.stars.iter().map(|(member, n)| (member, *n)));
        }
    }
    for (item, given) in stars {
        let sum = given.values().map(|n| u64::from(*n)).sum();
        lines.entry(item).or_default().stars = (sum, given.len() as u64);
    }
    lines
}

/// One line per item.
pub fn films(source: &Source<'_>) -> Sheet {
    let columns = vec![
        left("课件", "Item", 12),
        left("类别", "Class", 5),
        middle("本土", "Made here", 3),
        right("时长分钟", "Length, min", 4),
        right("站点", "Stations", 3),
        right("播放场次", "Plays", 4),
        right("人次", "Person-times", 3),
        right("人数", "Persons", 3),
        right("看完人数", "Finished", 4),
        right("看完比例", "Completion", 4),
        right("计入小时", "Hours", 4),
        right("平均评分", "Stars", 4),
        right("评分人数", "Ratings", 4),
        right("测验答对", "Right answers", 4),
        right("想看人数", "Wishes", 4),
    ];
    let rows = source
        .films
        .iter()
        .map(|(item, line)| row(source, *item, line))
        .collect();
    let mut sheet = source.sheet("films", "课件播放", columns, rows);
    sheet.notes = vec![
        "播放场次：有人计入学时的收看会话和集中收看。看完是看过九成以上。评分 1 到 5 分，和测验一样是历来的，一人一票。想看人数是各站点现在还想一起看的人数，集中放过就清零。".to_owned(),
    ];
    sheet
}

fn row(source: &Source<'_>, item: ItemId, line: &FilmLine) -> Vec<Cell> {
    let behind = source.behind(&format!("&item={item}"));
    let title = if line.title.is_empty() {
        item.to_string()
    } else {
        line.title.clone()
    };
    vec![
        title.into(),
        line.class.as_str().into(),
        if line.made_here { "本土" } else { "" }.into(),
        Value::Minutes(line.length).into(),
        line.stations.into(),
        Cell::from(line.plays).opens(behind),
        line.times.into(),
        line.persons.into(),
        line.finished.into(),
        Value::Share(line.finished as u64, line.persons as u64).into(),
        Value::LongTime(line.credited).into(),
        average(line.stars),
        line.stars.1.into(),
        Value::Share(line.answers.0, line.answers.1).into(),
        line.wishes.into(),
    ]
}

/// With one decimal, cut: 4.96 are not five stars.
fn average((sum, n): (u64, u64)) -> Cell {
    let tenths = (sum * 10).checked_div(n);
    tenths.map_or_else(Cell::empty, |tenths| {
        Value::Typed(format!("{}.{}", tenths / 10, tenths % 10)).into()
    })
}
