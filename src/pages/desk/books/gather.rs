//! What a book is made of, read once: the leaves of its period, the roster, the calendar of the ledger.

use std::sync::{MutexGuard, PoisonError};

use crate::clock::{self, Reading};
use crate::http::Problem;
use crate::pages::Pages;
use crate::report::books::{Calendar, Facts, Names, Period, Source};
use crate::roster::{Member, Visiting};
use crate::store::StoreError;
use crate::types::Lang;

/// Everything that was read.
pub(in crate::pages) struct Gathered {
    pub(in crate::pages) facts: Facts,
    pub(in crate::pages) members: Vec<Member>,
    pub(in crate::pages) visiting: Vec<Visiting>,
    pub(in crate::pages) period: Period,
    pub(in crate::pages) now: Reading,
}

fn lock(pages: &Pages) -> MutexGuard<'_, Calendar> {
    pages.calendar.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads what a period's books are made of.
pub(in crate::pages) async fn gather(pages: &Pages, period: Period) -> Result<Gathered, Problem> {
    let calendar = std::sync::Arc::clone(&pages.calendar);
    // What was counted to a year may have been proven in its first weeks after New Year.
    let reach = if period.is_year() {
        let after = period.after().and_then(|next| next.months().next());
        after
            .and_then(|january| Period::days(period.first(), january.last()))
            .unwrap_or(period)
    } else {
        period
    };
    let read = move |conn: &rusqlite::Connection| {
        let mut calendar = calendar.lock().unwrap_or_else(PoisonError::into_inner);
        calendar.update(conn)?;
        Facts::read(conn, &calendar, reach)
    };
    Ok(Gathered {
        facts: pages.ledger.store().read::<_, StoreError, _>(read).await?,
        members: pages.roster.members().await?,
        visiting: pages.roster.visiting().await?,
        period,
        now: pages.clock.now(),
    })
}

impl Gathered {
    /// The names of members and of those who belong elsewhere.
    pub(in crate::pages) fn names(&self) -> Names<'_> {
        Names::of(&self.members).and_visitors(&self.visiting)
    }

    /// Makes something of it. The calendar is held meanwhile, so nothing that waits.
    pub(in crate::pages) fn make<T>(&self, pages: &Pages, lang: Lang, make: impl FnOnce(&Source<'_>) -> T) -> T {
        let names = self.names();
        let calendar = lock(pages);
        let policies = pages.viewing.policies();
        let last_day = clock::day_of((self.period.until_ms() - 1).min(self.now.wall_ms));
        make(&Source {
            calendar: &calendar,
            facts: &self.facts,
            names: &names,
            policy: policies.on(last_day),
            policies: &policies,
            period: self.period,
            now_ms: self.now.wall_ms,
            lang,
        })
    }
}
