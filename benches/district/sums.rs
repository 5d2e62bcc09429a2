//! What the reports of hours by member, branch and item take over a province: a thousand stations, a hundred thousand members.

use std::time::Instant;

use yuanjiao::credit::Policy;
use yuanjiao::report::Recount;
use yuanjiao::report::tables;
use yuanjiao::types::Year;

use crate::annual::take_in;
use crate::{district, number, timed};

/// A village has a hundred members.
const STATIONS: u64 = 1_000;

pub async fn print() {
    let leaves = number("BENCH_SUMS", 2_000_000);
    let (_folder, district) = district();
    let ((), seconds) = timed(take_in(&district, STATIONS, leaves / STATIONS)).await;
    println!("{leaves} leaves of {STATIONS} stations taken in: {seconds:.0} s");
    let before = resident();
    let (counts, seconds) = timed(district.counts()).await;
    let counts: Vec<Recount> = counts.unwrap().into_iter().map(|(_, count)| count).collect();
    let credits: usize = counts.iter().map(|count| count.credits.len()).sum();
    println!(
        "{credits} pieces of credit read: {seconds:.1} s, {:.0} MB",
        resident() - before
    );
    let begun = Instant::now();
    let lines = tables::members(&counts, &Policy::built_in().into(), Year(2026));
    println!(
        "hours of {} members: {:.1} s, {:.0} MB with everything",
        lines.len(),
        begun.elapsed().as_secs_f64(),
        resident() - before
    );
}

/// What this process holds, in megabytes.
fn resident() -> f64 {
    let said = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = said.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() * 1_024.0 / 1e6
}
