//! The annual report over millions of leaves, on both engines.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use yuanjiao::credit::{Policies, Policy};
use yuanjiao::district::District;
use yuanjiao::report::annual::{Annual, Asked, Period};

use crate::simulated::Simulated;
use crate::simulated::log::Village;
use crate::{district, number, timed};

const STATIONS: u64 = 500;

pub async fn print() {
    let leaves = number("BENCH_LEAVES", 5_000_000);
    let (folder, district) = district();
    let ((), seconds) = timed(take_in(&district, leaves / STATIONS)).await;
    let bytes = std::fs::metadata(folder.path().join("district.db")).map_or(0, |meta| meta.len());
    println!(
        "{leaves} leaves of {STATIONS} stations taken in: {seconds:.0} s, {:.0} leaves/s, district.db {:.0} MB",
        leaves as f64 / seconds,
        bytes as f64 / 1e6
    );
    let of_file = report("SQLite", &district);
    #[cfg(feature = "postgres")]
    on_a_server(folder.path(), &of_file);
    #[cfg(not(feature = "postgres"))]
    drop(of_file);
}

/// Stations one after the other, so that only one log is in memory.
async fn take_in(district: &District, leaves: u64) {
    for n in 0..STATIONS {
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

fn jiff_date(year: i16, month: i8, day: i8) -> yuanjiao::report::annual::Date {
    yuanjiao::report::annual::Date::constant(year, month, day)
}

/// What the report reads, on a server.
#[cfg(feature = "postgres")]
fn on_a_server(folder: &Path, expected: &Annual) {
    use yuanjiao::district::Settings;
    use yuanjiao::store::Place;
    let Some(server) = crate::server::Server::start() else {
        return;
    };
    let database = server.database("books");
    let settings = Settings {
        store: Place::Server(database.clone()),
        ..Settings::in_folder(folder.to_owned())
    };
    let begun = Instant::now();
    let district = District::open(settings).unwrap();
    let rows: u64 = district.carry_over().unwrap().into_iter().map(|(_, rows)| rows).sum();
    println!(
        "all {rows} rows carried to PostgreSQL: {:.0} s",
        begun.elapsed().as_secs_f64()
    );
    assert_eq!(report("PostgreSQL", &district), *expected);
}
