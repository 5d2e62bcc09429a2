//! What is behind a figure: the same person-times as the figure counts, and never by reading all leaves.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::Books;
use super::log::{self, OF_A_FILM, Village};
use super::overheard::Overheard;
use crate::credit::Policies;
use crate::district::drill::{self, Wish};
use crate::district::{counting, days, figures, rows};
use crate::report::Recount;
use crate::report::annual::{self, Annual, Asked, Category, Period, PersonTime, is_of};
use crate::store::{Place, Sql, StoreError, Value};

/// Does something on a connection, and what the engine says about how it would find each thing that it is asked for.
fn plans_of(
    conn: &dyn Sql,
    how: &str,
    act: impl FnOnce(&dyn Sql) -> Result<(), StoreError>,
) -> Result<Vec<String>, StoreError> {
    let said = RefCell::default();
    let column = if how == "EXPLAIN" { 0 } else { 3 };
    let explain = |sql: &str, values: &[Value]| {
        conn.each(&format!("{how} {sql}"), values, &mut |row| {
            Vec::push(&mut said.borrow_mut(), row.get(column)?);
            Ok(())
        })
    };
    act(&Overheard::by(conn, &explain))?;
    Ok(said.take())
}

/// What grows with leaves. Stations, items and members are few beside them.
const LARGE: [&str; 6] = ["leaf", "span", "part", "day_sheet", "item_day", "listed"];

/// Plans that read one of the large tables from one end to the other.
fn scans(said: &[String]) -> Vec<&String> {
    let is_scan = |line: &&String| {
        let line = line.trim_start_matches([' ', '-', '>']);
        // SQLite: "SCAN leaf"; PostgreSQL: "Seq Scan on leaf  (cost=...". A search by an index says so.
        let table = line.strip_prefix("SCAN ").or_else(|| line.strip_prefix("Seq Scan on "));
        let table = table.or_else(|| line.strip_prefix("Parallel Seq Scan on "));
        // An index that holds one kind of row alone is read whole, which is what it is for.
        let is_of_few = line.contains("USING INDEX part_");
        table.is_some_and(|table| !is_of_few && LARGE.contains(&table.split(' ').next().unwrap_or("")))
    };
    said.iter().filter(is_scan).collect()
}

struct Question {
    policies: Policies,
    skill: [String; 1],
    kinds: BTreeMap<(String, String), annual::BranchKind>,
    period: Period,
}

impl Question {
    fn new() -> Self {
        let first = crate::clock::day_of(log::NEW_YEAR);
        Self {
            policies: crate::credit::Policy::built_in().into(),
            skill: ["实用技术".to_owned()],
            kinds: BTreeMap::new(),
            period: Period {
                from: first + 3,
                to: first + 340,
            },
        }
    }

    fn asked(&self) -> Asked<'_> {
        Asked {
            period: self.period,
            policies: &self.policies,
            skill: &self.skill,
            local: &[],
            kinds: &self.kinds,
        }
    }
}

/// A village of a year, in the books of this engine.
fn village(place: &Place) -> Books {
    let mut books = Books::at(place);
    let leaves = usize::try_from(30 * OF_A_FILM).unwrap();
    books.take_in(Village::of_a_year(17, 30 * OF_A_FILM).leaves().take(leaves).collect());
    books
}

fn report(conn: &dyn Sql, asked: Asked<'_>) -> Result<(Annual, Vec<(String, Recount)>), StoreError> {
    let counts = figures::counts(conn)?;
    let people = annual::people(&counts, asked.kinds);
    let blanks = annual::Blanks::new(&people, asked);
    Ok((
        crate::district::books::fill(conn, &counts, blanks, asked.period)?,
        counts,
    ))
}

/// Every wish that a page makes, of the first person-time that there is.
fn wishes(of: &PersonTime) -> [Wish; 5] {
    let wish = Wish::default();
    [
        Wish {
            station: Some(of.station.clone()),
            ..wish.clone()
        },
        Wish {
            member: Some(of.member.clone()),
            ..wish.clone()
        },
        Wish {
            item: Some(of.item),
            ..wish.clone()
        },
        Wish {
            member: Some(of.member.clone()),
            item: Some(of.item),
            category: Some(Category::Rural),
            ..wish.clone()
        },
        Wish {
            station: Some("station/18".to_owned()),
            ..wish
        },
    ]
}

/// Whether an item teaches a trade is asked for only where that is the row.
fn plain(time: &PersonTime) -> PersonTime {
    PersonTime {
        skill: false,
        ..time.clone()
    }
}

fn a_figure_opens_to_what_it_counts(books: &Books) {
    let question = Question::new();
    let asked = question.asked();
    let read = |conn: &dyn Sql| {
        let (whole, counts) = report(conn, asked)?;
        let (all, _) = annual::person_times(&counts, asked);
        let people = annual::people(&counts, asked.kinds);
        assert!(all.len() > 400 && whole.few.len() > 2, "{}", all.len());
        // The same report, as if every row of it were long.
        let long = Annual {
            few: BTreeMap::new(),
            ..whole.clone()
        };
        for category in [None].into_iter().chain(Category::ALL.map(Some)) {
            let expected: Vec<&PersonTime> = all
                .iter()
                .filter(|time| category.is_none_or(|category| is_of(category, people.get(&time.member), time)))
                .collect();
            for (report, page) in [(&whole, 150), (&long, 150), (&long, 7)] {
                let mut found = Vec::new();
                for skip in (0..expected.len() + page).step_by(page) {
                    let some = drill::page(conn, asked, category, report, (skip, page))?;
                    assert_eq!(some.all.times, expected.len(), "{category:?}");
                    found.extend(some.times);
                }
                let found: Vec<PersonTime> = found.iter().map(plain).collect();
                let expected: Vec<PersonTime> = expected.iter().map(|time| plain(time)).collect();
                assert!(
                    found == expected,
                    "{category:?} by {page}: {} of {}",
                    found.len(),
                    expected.len()
                );
            }
        }
        for wish in wishes(&all[all.len() / 2]) {
            let some = drill::some(conn, asked, &wish, (0, usize::MAX))?;
            let takes = |time: &&PersonTime| {
                wish.station.as_ref().is_none_or(|station| time.station == *station)
                    && wish.member.as_ref().is_none_or(|member| time.member == *member)
                    && wish.item.is_none_or(|item| time.item == item)
            };
            let expected: Vec<&PersonTime> = all.iter().filter(takes).collect();
            let (found, expected): (Vec<_>, Vec<_>) = (
                some.times.iter().map(plain).collect(),
                expected.into_iter().map(plain).collect(),
            );
            assert!(found == expected, "{wish:?}: {} of {}", found.len(), expected.len());
            assert_eq!(some.titles.is_empty(), found.is_empty());
        }
        Ok::<_, StoreError>(())
    };
    books.store.read_blocking(read).unwrap();
}

fn nothing_large_is_read_from_end_to_end(books: &Books, how: &'static str) {
    let question = Question::new();
    let asked = question.asked();
    let read = |conn: &dyn Sql| {
        let (whole, counts) = report(conn, asked)?;
        let (all, _) = annual::person_times(&counts, asked);
        let of = &all[all.len() / 2];
        if how == "EXPLAIN" {
            // A table of a test is so small that reading all of it is right. Which index would serve is what counts.
            conn.batch("SET LOCAL enable_seqscan = off")?;
        }
        let long = Annual {
            few: BTreeMap::new(),
            ..whole
        };
        plans_of(conn, how, |conn| {
            for category in [None, Some(Category::New), Some(Category::Skill)] {
                assert!(!drill::page(conn, asked, category, &long, (10, 5))?.times.is_empty());
            }
            for wish in wishes(of) {
                drill::some(conn, asked, &wish, (0, 5))?;
            }
            let (from, to) = (of.leaves.0 - 200, of.leaves.1 + 200);
            let session = of.session.to_string();
            let leaves = rows::leaves_with(conn, &books.station.origin, (from, to), session.as_bytes())?;
            assert_eq!(leaves.len(), 5, "opened, three spans, closed");
            // The annual report itself, beside the people in rosters.
            days::each_station(conn, asked.period, |_, _| ())?;
            counting::films(conn, &mut BTreeMap::new())?;
            Ok(())
        })
    };
    let said = books.store.read_blocking(read).unwrap();
    assert!(said.len() > 20, "{said:?}");
    assert_eq!(scans(&said), [""; 0], "{said:#?}");
    // A plan that reads everything would be seen.
    let whole = books.store.read_blocking(|conn| {
        let everything = "SELECT bytes FROM leaf WHERE length(bytes) = 7";
        plans_of(conn, how, |conn| conn.each(everything, &[], &mut |_| Ok(())))
    });
    assert_eq!(scans(&whole.unwrap()).len(), 1);
}

#[test]
fn a_figure_opens_to_the_person_times_that_it_counts_page_by_page() {
    a_figure_opens_to_what_it_counts(&village(&Place::File));
}

#[test]
fn what_is_behind_a_figure_is_found_by_an_index() {
    nothing_large_is_read_from_end_to_end(&village(&Place::File), "EXPLAIN QUERY PLAN");
}

#[test]
fn a_page_of_a_row_reads_the_days_that_it_shows_and_no_others() {
    let (books, question) = (village(&Place::File), Question::new());
    let asked = question.asked();
    let read = |conn: &dyn Sql| {
        let (whole, _) = report(conn, asked)?;
        let long = Annual {
            few: BTreeMap::new(),
            ..whole
        };
        let counting = Overheard::by(conn, &|_, _| Ok(()));
        drill::page(&counting, asked, None, &long, (0, 5))?;
        Ok::<_, StoreError>(counting.rows())
    };
    // One or two days of a village whose year has thirty, five members, and the title of an item.
    let rows = books.store.read_blocking(read).unwrap();
    assert!(rows <= 10, "{rows}");
}

#[cfg(feature = "postgres")]
#[path = "../../../tests/common/server.rs"]
#[allow(dead_code, clippy::unwrap_used, reason = "the tests use other parts")]
mod server;

#[cfg(feature = "postgres")]
#[test]
fn both_hold_on_a_server() {
    let Some(server) = server::Server::start() else { return };
    let books = village(&Place::Server(server.database("books")));
    a_figure_opens_to_what_it_counts(&books);
    nothing_large_is_read_from_end_to_end(&books, "EXPLAIN");
}
