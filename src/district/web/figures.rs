//! Figures for pages: made once for a period and kept until a leaf, a policy or a word about a branch changes them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Web;
use crate::clock::day_of;
use crate::credit::Policies;
use crate::http::Problem;
use crate::report::annual::{self, Annual, Asked, Period, Person, PersonTime};
use crate::report::survey::{FilmLine, Twice, film_lines};
use crate::report::tables::{self, MemberLine};
use crate::report::{Month, Recount, places};
use crate::types::{Grade, ItemId, MemberId, Millis};

/// So many periods are remembered: this year, the one before, and what somebody is looking at.
const REMEMBERED: usize = 4;

type Version = (i64, i64);
type Made = (Version, Period, Arc<Figures>);

/// What was made lately. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Cache(Arc<Mutex<Vec<Made>>>);

/// All that pages show of one period.
#[derive(Debug)]
pub(super) struct Figures {
    pub(super) annual: Annual,
    pub(super) times: Vec<PersonTime>,
    pub(super) people: BTreeMap<MemberId, Person>,
    /// Hours of the period's year by member.
    pub(super) lines: Vec<MemberLine>,
    /// Credited time of the period by grade A, B, C.
    pub(super) by_grade: BTreeMap<Grade, Millis>,
    /// Titles of items.
    pub(super) titles: BTreeMap<ItemId, String>,
    /// What each station did, by month.
    pub(super) months: BTreeMap<String, BTreeMap<u32, Month>>,
    /// Items, the most played first.
    pub(super) films: Vec<(ItemId, FilmLine)>,
    /// Who was at two places at once in the period.
    pub(super) twice: Vec<Twice>,
    /// The policies by which all this was made.
    pub(super) policies: Policies,
}

impl Figures {
    fn of(counts: Vec<(String, Recount)>, asked: Asked<'_>) -> Self {
        let annual = annual::annual(&counts, asked);
        let (times, _) = annual::person_times(&counts, asked);
        let people = annual::people(&counts, asked.kinds);
        let mut by_grade: BTreeMap<Grade, Millis> = BTreeMap::new();
        let mut titles = BTreeMap::new();
        for (_, count) in &counts {
            for credit in count.credits.iter().filter(|credit| credit.year == asked.period.year()) {
                let sum = by_grade.entry(credit.grade).or_default();
                *sum = sum.plus(credit.media.total());
            }
            titles.extend(count.items.iter().map(|(item, (title, _, _))| (*item, title.clone())));
        }
        let films = film_lines(&counts, asked);
        let months = counts
            .iter()
            .map(|(station, count)| (station.clone(), count.months.clone()))
            .collect();
        let names: Vec<String> = counts.iter().map(|(station, _)| station.clone()).collect();
        let counts: Vec<Recount> = counts.into_iter().map(|(_, count)| count).collect();
        Self {
            lines: tables::members(&counts, asked.policies, asked.period.year()),
            annual,
            times,
            people,
            by_grade,
            titles,
            twice: twice(&counts, &names, asked.period),
            films,
            months,
            policies: asked.policies.clone(),
        }
    }

    /// An item's title, or its number.
    pub(super) fn title(&self, item: &ItemId) -> String {
        self.titles.get(item).cloned().unwrap_or_else(|| item.to_string())
    }
}

/// Those that began in the period, the latest first.
fn twice(counts: &[Recount], names: &[String], period: Period) -> Vec<Twice> {
    let mut found = places::at_once(counts);
    found.retain(|one| period.holds(day_of(one.from_ms)));
    found.sort_by_key(|one| std::cmp::Reverse(one.from_ms));
    let twice = found.into_iter().map(|one| Twice {
        member: one.member,
        stations: one.stations.into_iter().map(|at| names[at].clone()).collect(),
        from_ms: one.from_ms,
        to_ms: one.to_ms,
    });
    twice.collect()
}

impl Web {
    /// The figures of a period, from memory if nothing changed.
    pub(super) async fn figures(&self, period: Period) -> Result<Arc<Figures>, Problem> {
        let version = self.district.version().await?;
        let lock = || self.cache.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = lock()
            .iter()
            .find(|(v, p, _)| (*v, *p) == (version, period))
            .map(|(.., f)| Arc::clone(f));
        if let Some(known) = known {
            return Ok(known);
        }
        let counts = self.district.counts().await?;
        let kinds = self.district.kinds().await?;
        let (settings, policies) = (Arc::clone(&self.settings), self.policies().await?);
        let work = move || {
            let asked = Asked {
                period,
                policies: &policies,
                skill: &settings.classes.skill,
                local: &settings.classes.local,
                kinds: &kinds,
            };
            Figures::of(counts, asked)
        };
        let made = tokio::task::spawn_blocking(work).await;
        let made = Arc::new(made.map_err(|error| Problem::internal(&error))?);
        let mut cache = lock();
        cache.retain(|(v, ..)| *v == version);
        cache.truncate(REMEMBERED - 1);
        cache.insert(0, (version, period, Arc::clone(&made)));
        Ok(made)
    }

    /// The policies of this district; before the first that it signed, the one of its settings.
    pub(super) async fn policies(&self) -> Result<Policies, Problem> {
        let (district, otherwise) = (self.district.clone(), self.settings.policy.clone());
        let policies = tokio::task::spawn_blocking(move || district.policies(otherwise)).await;
        let policies = policies.map_err(|error| Problem::internal(&error))?;
        policies.map_err(|error| Problem::internal(&error))
    }

    /// This year up to today.
    pub(super) fn this_year(&self) -> Period {
        let today = self.today();
        Period::of(jiff::civil::date(today.year(), 1, 1), today)
    }

    /// Today, by the district's clock.
    pub(super) fn today(&self) -> jiff::civil::Date {
        annual::today(crate::clock::Clock::now(&*self.district.clock).wall_ms)
    }
}
