//! Leaves a second: verified, made durable, believed.

use yuanjiao::district::District;

use crate::simulated::Simulated;
use crate::simulated::log::Village;
use crate::{district, number, timed};

pub async fn print() {
    let leaves = number("BENCH_KEEP", 300_000);
    let opaque = (0..leaves).map(|n| format!("{n:0>220}").into_bytes());
    one("verified and kept, not counted", &Simulated::new("station/1", opaque)).await;
    let village = Village::of_a_year(2, leaves);
    let leaves = village.leaves().take(usize::try_from(leaves).unwrap());
    let village = Simulated::new("station/2", leaves);
    one("verified, kept and counted, first pull", &village).await;
    more(&village).await;
    for leaves in [20_000, 200_000] {
        println!("a log of {leaves} leaves:");
        without_a_date(leaves).await;
    }
}

async fn import(district: &District, station: &Simulated) -> (u64, f64) {
    let stick = tempfile::tempdir_in(".").unwrap();
    station.export(stick.path());
    let (taken, seconds) = timed(district.import(stick.path())).await;
    let (_, pulled) = taken.unwrap();
    assert!(pulled.alerts.is_empty(), "{:?}", pulled.alerts);
    (pulled.new, seconds)
}

fn say(what: &str, (leaves, seconds): (u64, f64)) {
    println!(
        "{what:<44}{leaves:>9} leaves{seconds:>8.2} s{:>10.0} leaves/s",
        leaves as f64 / seconds
    );
}

async fn one(what: &str, station: &std::sync::Arc<Simulated>) {
    let (_folder, district) = district();
    station.enrol(&district).await;
    say(what, import(&district, station).await);
}

/// A week of a village whose year is there already.
async fn more(station: &std::sync::Arc<Simulated>) {
    let (_folder, district) = district();
    station.enrol(&district).await;
    import(&district, station).await;
    let size = station.size();
    let village = Village::of_a_year(2, size).leaves();
    let (from, week) = (usize::try_from(size).unwrap(), usize::try_from(size / 52).unwrap());
    station.grow(village.skip(from).take(week));
    say("the same log, another week of it", import(&district, station).await);
}

/// The same weeks of a village whose box was never told the date: what it earns has no year until somebody says so, and
/// every pull dates its log anew.
async fn without_a_date(leaves: u64) {
    let (_folder, district) = district();
    let village = || Village::of_a_year(3, leaves).without_a_date().leaves();
    let size = usize::try_from(leaves).unwrap();
    let station = Simulated::new("station/3", village().take(size));
    station.enrol(&district).await;
    import(&district, &station).await;
    for (what, from, leaves) in [
        ("no date, another week of it", size, size / 52),
        ("no date, one more film", size + size / 52, 101),
    ] {
        station.grow(village().skip(from).take(leaves));
        say(what, import(&district, &station).await);
    }
}
