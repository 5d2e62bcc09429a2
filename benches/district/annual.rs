//! The annual report over millions of leaves, on both engines.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use yuanjiao::credit::{Policies, Policy};
use yuanjiao::district::{District, Wish};
use yuanjiao::report::annual::{Annual, Asked, Category, Period};

use crate::simulated::Simulated;
use crate::simulated::log::Village;
use crate::{district, number, open, timed};

const STATIONS: u64 = 500;

pub async fn print() {
    let leaves = number("BENCH_LEAVES", 5_000_000);
    let (folder, district) = books();
    if district.stations().unwrap().is_empty() {
        let ((), seconds) = timed(take_in(&district, STATIONS, leaves / STATIONS)).await;
        let bytes = std::fs::metadata(folder.join("district.db")).map_or(0, |meta| meta.len());
        println!(
            "{leaves} leaves of {STATIONS} stations taken in: {seconds:.0} s, {:.0} leaves/s, district.db {:.0} MB",
            leaves as f64 / seconds,
            bytes as f64 / 1e6
        );
    }
    let of_file = report("SQLite", &district);
    opened("SQLite", &district, &of_file);
    #[cfg(feature = "postgres")]
    on_a_server(&folder, &of_file);
    #[cfg(not(feature = "postgres"))]
    drop(of_file);
}

/// New books, or those that an earlier run left in the folder of `BENCH_BOOKS`.
fn books() -> (Folder, District) {
    let Some(folder) = std::env::var_os("BENCH_BOOKS") else {
        let (folder, district) = district();
        return (Folder::Own(folder), district);
    };
    let folder = PathBuf::from(folder);
    std::fs::create_dir_all(&folder).unwrap();
    let district = open(&folder);
    (Folder::Kept(folder), district)
}

/// Where the books lie, and whether they are taken away in the end.
enum Folder {
    Own(tempfile::TempDir),
    Kept(PathBuf),
}

impl std::ops::Deref for Folder {
    type Target = Path;

    fn deref(&self) -> &Path {
        match self {
            Self::Own(folder) => folder.path(),
            Self::Kept(folder) => folder,
        }
    }
}

/// Stations one after the other, so that only one log is in memory.
pub async fn take_in(district: &District, stations: u64, leaves: u64) {
    for n in 0..stations {
        let log = Village::of_a_year(u32::try_from(n).unwrap(), leaves).leaves();
        let station = Simulated::new(&format!("station/{n}"), log.take(usize::try_from(leaves).unwrap()));
        station.enrol(district).await;
        let stick = tempfile::tempdir_in(".").unwrap();
        station.export(stick.path());
        let (_, pulled) = district.import(stick.path()).await.unwrap();
        assert!(pulled.alerts.is_empty(), "{:?}", pulled.alerts);
        // It is served until the end, but nobody asks it any more.
        station.forget();
    }
}

/// The report of the year and of the one before, three times.
fn report(engine: &str, district: &District) -> Annual {
    let policies: Policies = Policy::built_in().into();
    let (kinds, skill) = (BTreeMap::new(), ["实用技术".to_owned()]);
    let asked = |year: i16| Asked {
        period: Period::of(jiff_date(year, 1, 1), jiff_date(year, 12, 31)),
        policies: &policies,
        skill: &skill,
        local: &[],
        kinds: &kinds,
    };
    let mut last = Annual::default();
    for _ in 0..3 {
        let begun = Instant::now();
        (last, _) = district.annual(asked(2026), asked(2025)).unwrap();
        let high = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let rss = high
            .lines()
            .find(|line| line.starts_with("VmRSS"))
            .unwrap_or_default()
            .to_owned();
        println!(
            "{engine}: annual report {:.2} s, {} person-times of {} persons ({rss})",
            begun.elapsed().as_secs_f64(),
            last.total.times,
            last.total.persons
        );
    }
    last
}

/// How long something takes, and the same again.
fn twice(engine: &str, what: &str, read: &dyn Fn() -> usize) {
    for _ in 0..2 {
        let begun = Instant::now();
        let found = read();
        let ms = begun.elapsed().as_secs_f64() * 1e3;
        println!("{engine}: {what:<44}{found:>9} found{ms:>8.1} ms");
    }
}

/// What is behind figures: the first page of rows of the report, of a member, of an item, of a station, a page in the middle
/// of everything, and the leaves of a session.
fn opened(engine: &str, district: &District, report: &Annual) {
    const LINES: usize = 200;
    let policies: Policies = Policy::built_in().into();
    let (kinds, skill) = (BTreeMap::new(), ["实用技术".to_owned()]);
    let asked = Asked {
        period: Period::of(jiff_date(2026, 1, 1), jiff_date(2026, 12, 31)),
        policies: &policies,
        skill: &skill,
        local: &[],
        kinds: &kinds,
    };
    let row = |category, skip| district.page_of_row(asked, category, report, (skip, LINES)).unwrap();
    let some = |wish: Wish| district.some_of(asked, &wish, (0, LINES)).unwrap();
    let middle = report.total.times / 2;
    let of = row(None, middle).times.remove(0);
    let one = |what: &str, read: &dyn Fn() -> usize| twice(engine, what, read);
    one("everything, first page", &|| row(None, 0).all.times);
    one("everything, in the middle", &|| row(None, middle).all.times);
    one("of new members, first page", &|| row(Some(Category::New), 0).all.times);
    one("of skills, in the middle", &|| {
        row(Some(Category::Skill), middle / 3).all.times
    });
    let wish = Wish::default();
    one("of a member", &|| {
        some(Wish {
            member: Some(of.member.clone()),
            ..wish.clone()
        })
        .all
        .times
    });
    one("of an item", &|| {
        some(Wish {
            item: Some(of.item),
            ..wish.clone()
        })
        .all
        .times
    });
    one("of a station", &|| {
        some(Wish {
            station: Some(of.station.clone()),
            ..wish.clone()
        })
        .all
        .times
    });
    let origin = yuanjiao::types::Origin::new(&of.station).unwrap();
    let (from, to) = (of.leaves.0.saturating_sub(10_000), of.leaves.1 + 10_000);
    let session = of.session.to_string();
    let read = |from, to, word: &str| {
        let reading = district.leaves_with(&origin, from, to, word);
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(reading))
            .unwrap()
            .len()
    };
    one("leaves of a session or an evening", &|| read(from, to, &session));
    one("a bundle of leaves", &|| read(5_000, 5_255, ""));
}

fn jiff_date(year: i16, month: i8, day: i8) -> yuanjiao::report::annual::Date {
    yuanjiao::report::annual::Date::constant(year, month, day)
}

/// What the report reads, on a server.
#[cfg(feature = "postgres")]
fn on_a_server(folder: &Path, expected: &Annual) {
    use yuanjiao::district::Settings;
    use yuanjiao::store::Place;
    let (mut _server, mut address) = (None, std::env::var("BENCH_SERVER").unwrap_or_default());
    if address.is_empty() {
        let Some(started) = crate::server::Server::start() else {
            return;
        };
        address = started.database("books");
        _server = Some(started);
    }
    let settings = Settings {
        store: Place::Server(address),
        ..Settings::in_folder(folder.to_owned())
    };
    let begun = Instant::now();
    let district = District::open(settings).unwrap();
    if district.stations().unwrap().is_empty() {
        let rows: u64 = district.carry_over().unwrap().into_iter().map(|(_, rows)| rows).sum();
        println!(
            "all {rows} rows carried to PostgreSQL: {:.0} s",
            begun.elapsed().as_secs_f64()
        );
    }
    let found = report("PostgreSQL", &district);
    assert_eq!(found, *expected);
    opened("PostgreSQL", &district, &found);
}
