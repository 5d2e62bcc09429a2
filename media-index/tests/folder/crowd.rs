//! Twenty thousand files at once, and a film among them.

use std::fs;

use crate::station::{Station, film, shown};

const FILES: usize = 20_000;

/// CPU-seconds of this process so far.
fn cpu_s() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    fields[11..13]
        .iter()
        .map(|ticks| ticks.parse::<f64>().unwrap())
        .sum::<f64>()
        / 100.0
}

#[test]
fn twenty_thousand_files_are_all_shown_and_a_restart_finds_nothing_to_do() {
    let mut station = Station::off();
    for n in 0..FILES {
        station.put(
            format!("class {:03}/note {n:05}.txt", n / 100),
            format!("note {n}").as_bytes(),
        );
    }
    let begun = cpu_s();
    station.switch_on();
    let catalogue = station.until(|catalogue, status| status.is_idle() && catalogue.items().count() == FILES);
    let indexed = cpu_s();
    station.switch_off();
    station.switch_on();
    let again = station.until(|_, status| status.is_idle());
    let restarted = cpu_s();
    assert_eq!(shown(&again), shown(&catalogue));
    station.put("class 007/film.mp4", film());
    station.until(|catalogue, status| status.is_idle() && catalogue.items().any(|item| item.title == "film"));
    eprintln!(
        "{FILES} files, all tests of this program together: {:.1} CPU-s to index, {:.1} to start again, {:.1} for one more",
        indexed - begun,
        restarted - indexed,
        cpu_s() - restarted
    );
}
