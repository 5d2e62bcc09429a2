//! Figures for pages: made once for a period and kept until a leaf, a policy or a word about a branch changes them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Web;
use crate::clock::{day_of, monotonic};
use crate::credit::Policies;
use crate::district::{District, Found, Wish};
use crate::http::Problem;
use crate::ledger::Home;
use crate::report::annual::{self, Annual, Asked, Period, Person, PersonTime};
use crate::report::survey::{FilmLine, Twice, film_lines};
use crate::report::tables::{self, MemberLine};
use crate::report::{Month, Recount, places};
use crate::store::StoreError;
use crate::types::{Grade, ItemId, MemberId, Millis};

/// So many periods are remembered: this year, the one before, and what somebody is looking at.
const REMEMBERED: usize = 4;

type Version = (i64, i64);

/// A figure that was read is opened within this time.
const LATELY: Millis = Millis::secs(600);

/// Something that was made, of what, and when by the monotonic clock.
#[derive(Debug)]
struct Made<T> {
    version: Version,
    period: Period,
    at: Millis,
    is: Arc<T>,
}

/// What was made lately. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Cache {
    figures: Shelf<Figures>,
    reports: Shelf<Report>,
}

/// Things that were made of a version of the books, for a period.
#[derive(Debug)]
struct Shelf<T>(Arc<Mutex<Vec<Made<T>>>>);

impl<T> Clone for Shelf<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Shelf<T> {
    fn find(&self, version: Version, period: Period) -> Option<Arc<T>> {
        self.first(|made| (made.version, made.period) == (version, period))
    }

    /// The newest of a period that was made within some minutes, of whichever version.
    fn find_lately(&self, period: Period) -> Option<Arc<T>> {
        let now = monotonic();
        self.first(|made| made.period == period && now.minus(made.at) <= LATELY)
    }

    fn first(&self, is_it: impl Fn(&Made<T>) -> bool) -> Option<Arc<T>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().find(|made| is_it(made)).map(|made| Arc::clone(&made.is))
    }

    fn keep(&self, version: Version, period: Period, made: T) -> Arc<T> {
        let is = Arc::new(made);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|made| made.version == version);
        all.truncate(REMEMBERED - 1);
        let made = Made {
            version,
            period,
            at: monotonic(),
            is: Arc::clone(&is),
        };
        all.insert(0, made);
        is
    }
}

/// The blanks of the annual report: what its page, its print and its table need, and nothing more, since it is asked for
/// over a whole province.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) annual: Annual,
    /// The same days a year before.
    pub(super) before: Annual,
    /// The policies by which they were made.
    pub(super) policies: Policies,
}

/// All that pages show of one period.
#[derive(Debug)]
pub(super) struct Figures {
    pub(super) annual: Annual,
    pub(super) times: Vec<PersonTime>,
    pub(super) people: BTreeMap<MemberId, Person>,
    /// Visitors whom no roster lists, and where they say that they belong.
    pub(super) visitors: BTreeMap<MemberId, Home>,
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
    /// Stations with hours that no clock dates and nobody decided, the most first: how many members, and how much.
    pub(super) undated: Vec<(String, usize, Millis)>,
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
        let mut visitors = BTreeMap::new();
        for (member, home) in counts.iter().flat_map(|(_, count)| &count.homes) {
            if !people.contains_key(member) {
                visitors.entry(member.clone()).or_insert_with(|| home.clone());
            }
        }
        let mut by_grade: BTreeMap<Grade, Millis> = BTreeMap::new();
        let mut titles = BTreeMap::new();
        for (_, count) in &counts {
            for credit in count.credits.iter().filter(|credit| credit.year == asked.period.year()) {
                let sum = by_grade.entry(credit.grade).or_default();
                *sum = sum.plus(credit.media.total());
            }
            titles.extend(count.items.iter().map(|(item, (title, _, _))| (*item, title.clone())));
        }
        let undated = undated(&counts);
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
            visitors,
            by_grade,
            titles,
            undated,
            twice: twice(&counts, &names, asked.period),
            films,
            months,
            policies: asked.policies.clone(),
        }
    }
}

/// What is in no period, by station.
fn undated(counts: &[(String, Recount)]) -> Vec<(String, usize, Millis)> {
    let all = counts.iter().map(|(station, count)| {
        let (members, sum) = count.without_year();
        (station.clone(), members, sum)
    });
    let mut undated: Vec<_> = all.filter(|(_, members, _)| *members > 0).collect();
    undated.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| a.0.cmp(&b.0)));
    undated
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
        if let Some(known) = self.cache.figures.find(version, period) {
            return Ok(known);
        }
        let counts = self.district.counts().await?;
        let kinds = self.district.kinds().await?;
        let (settings, policies) = (Arc::clone(&self.settings), self.policies().await?);
        let work = move || Figures::of(counts, settings.asked(period, &policies, &kinds));
        let made = tokio::task::spawn_blocking(work).await;
        let made = made.map_err(|error| Problem::internal(&error))?;
        Ok(self.cache.figures.keep(version, period, made))
    }

    /// The annual report of a period, from memory if nothing changed.
    pub(super) async fn report(&self, period: Period) -> Result<Arc<Report>, Problem> {
        let version = self.district.version().await?;
        if let Some(known) = self.cache.reports.find(version, period) {
            return Ok(known);
        }
        let kinds = self.district.kinds().await?;
        let (settings, policies) = (Arc::clone(&self.settings), self.policies().await?);
        let district = self.district.clone();
        let work = move || {
            let asked = |period| settings.asked(period, &policies, &kinds);
            let (annual, before) = district.annual(asked(period), asked(period.a_year_before()))?;
            Ok::<_, StoreError>(Report {
                annual,
                before,
                policies,
            })
        };
        let made = tokio::task::spawn_blocking(work).await;
        let made = made.map_err(|error| Problem::internal(&error))??;
        Ok(self.cache.reports.keep(version, period, made))
    }

    /// The annual report of a period as it was made lately, also if leaves came since: a figure that somebody has just read
    /// opens to what it counted, and while hundreds of stations are pulled nobody waits for it to be counted again.
    async fn report_lately(&self, period: Period) -> Result<Arc<Report>, Problem> {
        match self.cache.reports.find_lately(period) {
            Some(known) => Ok(known),
            None => self.report(period).await,
        }
    }

    /// A page of what is behind a figure: `lines` are how many lie before it, and how many it shows.
    pub(super) async fn page(&self, period: Period, wish: Wish, lines: (usize, usize)) -> Result<Found, Problem> {
        if !wish.is_of_row() {
            return self
                .behind(period, move |district, asked| district.some_of(asked, &wish, lines))
                .await;
        }
        let report = self.report_lately(period).await?;
        self.behind(period, move |district, asked| {
            district.page_of_row(asked, wish.category, &report.annual, lines)
        })
        .await
    }

    /// All of what is behind a figure.
    pub(super) async fn all_of(&self, period: Period, wish: Wish) -> Result<Found, Problem> {
        self.behind(period, move |district, asked| {
            district.some_of(asked, &wish, (0, usize::MAX))
        })
        .await
    }

    async fn behind(
        &self,
        period: Period,
        read: impl FnOnce(&District, Asked<'_>) -> Result<Found, StoreError> + Send + 'static,
    ) -> Result<Found, Problem> {
        let (district, kinds) = (self.district.clone(), self.district.kinds().await?);
        let (settings, policies) = (Arc::clone(&self.settings), self.policies().await?);
        let work = move || read(&district, settings.asked(period, &policies, &kinds));
        let made = tokio::task::spawn_blocking(work).await;
        Ok(made.map_err(|error| Problem::internal(&error))??)
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
