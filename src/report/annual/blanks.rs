//! The blanks, filled station by station: of a province's pieces of credit only one station's are in memory at a time.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Annual, Asked, Category, Pair, Person, PersonTime, Piece, ROWS, gather, is_of, latest_first, teaches};
use crate::report::Recount;
use crate::types::{BranchId, ItemId, MemberId, SessionId};

/// In the first seven bits stand the rows in which a member was counted; here, that he was counted at all.
const AT_ALL: u8 = 1 << 7;
/// A row of up to so many person-times keeps them, ten pages; the days of a longer one are dense enough.
const FEW: usize = 2_000;

/// A count of person-times that goes on station by station.
#[derive(Debug)]
pub struct Blanks<'a> {
    asked: Asked<'a>,
    people: &'a BTreeMap<MemberId, Person>,
    /// Everybody who is listed or took part, and in which rows he was counted.
    seen: HashMap<MemberId, (Option<&'a Person>, u8)>,
    times: [usize; ROWS],
    by_day: BTreeMap<i64, [u32; ROWS]>,
    few: [Vec<PersonTime>; ROWS],
    undated: usize,
    stations: usize,
    films: BTreeSet<ItemId>,
    plays: usize,
}

impl<'a> Blanks<'a> {
    /// Nothing is counted yet; `people` is everybody who is in a roster.
    pub fn new(people: &'a BTreeMap<MemberId, Person>, asked: Asked<'a>) -> Self {
        Self {
            asked,
            people,
            seen: people
                .iter()
                .map(|(member, person)| (member.clone(), (Some(person), 0)))
                .collect(),
            times: [0; ROWS],
            by_day: BTreeMap::new(),
            few: [const { Vec::new() }; ROWS],
            undated: 0,
            stations: 0,
            films: BTreeSet::new(),
            plays: 0,
        }
    }

    /// Counts one station: `count` says what its items are, `pieces` is its credit in the order of its ledger, at least what
    /// lies in the period or has no date.
    pub fn count(&mut self, station: &str, count: &Recount, pieces: &[Piece]) {
        self.stations += 1;
        self.count_local(count, pieces);
        for time in gather(station, teaches(count, self.asked), pieces, self.asked) {
            let Some(day) = time.day else {
                self.undated += 1;
                continue;
            };
            if !self.seen.contains_key(&time.member) {
                self.seen.insert(time.member.clone(), (None, 0));
            }
            let Some((person, rows)) = self.seen.get_mut(&time.member) else {
                continue;
            };
            *rows |= AT_ALL;
            let today = self.by_day.entry(day).or_default();
            for (at, today) in today.iter_mut().enumerate() {
                let category = Category::ALL.get(at);
                if category.is_some_and(|category| !is_of(*category, *person, &time)) {
                    continue;
                }
                *rows |= 1 << at;
                self.times[at] += 1;
                *today += 1;
                if self.times[at] <= FEW {
                    self.few[at].push(time.clone());
                }
            }
        }
    }

    /// Films made here, and in how many sessions and screenings of the period one was seen.
    fn count_local(&mut self, count: &Recount, pieces: &[Piece]) {
        let items = count.items.keys();
        let here: BTreeSet<ItemId> = items.filter(|item| self.asked.is_local(count, item)).copied().collect();
        let seen: BTreeSet<(SessionId, ItemId)> = pieces
            .iter()
            .filter(|piece| piece.day.is_some_and(|day| self.asked.period.holds(day)))
            .filter(|piece| here.contains(&piece.item))
            .map(|piece| (piece.session, piece.item))
            .collect();
        self.plays += seen.len();
        self.films.extend(here);
    }

    /// The report.
    pub fn filled(self) -> Annual {
        let persons = |bit: u8| self.seen.values().filter(|(_, rows)| rows & bit != 0).count();
        let lines = Category::ALL.into_iter().enumerate().map(|(at, category)| {
            let pair = Pair {
                times: self.times[at],
                persons: persons(1 << at),
            };
            (category, pair)
        });
        let kept = Category::ALL.into_iter().map(Some).chain([None]);
        let few = kept.zip(self.few).zip(self.times).filter(|(_, times)| *times <= FEW);
        let few = few.map(|((category, mut times), _)| {
            times.sort_by(latest_first);
            (category, times)
        });
        let branches: BTreeSet<(&str, &BranchId)> = self
            .people
            .values()
            .filter(|person| person.listed.migrant != "in")
            .map(|person| (person.station.as_str(), &person.listed.branch))
            .collect();
        let listed = || {
            self.seen
                .values()
                .filter_map(|(person, rows)| Some(((*person)?, *rows)))
        };
        let migrants = || listed().filter(|(person, _)| person.is_migrant());
        Annual {
            lines: lines.collect(),
            total: Pair {
                times: self.times[ROWS - 1],
                persons: persons(AT_ALL),
            },
            undated: self.undated,
            stations: self.stations,
            branches: branches.len(),
            members: self.people.len(),
            covered: listed().filter(|(_, rows)| *rows != 0).count(),
            migrants: Pair {
                times: migrants().count(),
                persons: migrants().filter(|(_, rows)| *rows != 0).count(),
            },
            local: (self.films.len(), self.plays),
            few: few.collect(),
            by_day: self.by_day,
        }
    }
}
