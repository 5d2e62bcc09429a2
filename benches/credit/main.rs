//! What credit costs: `cargo bench --bench credit`, or with numbers of viewers, and `year`, after `--`: `1 100 2000 year`.
//!
//! The real program on a real disk, with so many members signed in on phones of their own, each with a session and a
//! connection that stays: a beat every ten seconds. CPU time is the kernel's count for the whole process, to a hundredth
//! of a second, with what it takes at rest subtracted; bytes are what it sent to the disk (`write_bytes`, which counts whole pages).
//! Commits are counted by looking at the write-ahead log. `year` plays a quarter of a year of 200 members in this process
//! and looks how large the database became. Beside it stands what nginx takes for the same requests, which it answers with
//! two bytes, where it is installed: the least that this machine takes. `BENCH_PROGRAM` names another program than the one that cargo built.

#![expect(
    clippy::disallowed_methods,
    reason = "a bystander: it measures another process, and has no station's clock to ask"
)]
#![expect(
    clippy::cast_precision_loss,
    reason = "counts and sizes of a bench are far below 2^52"
)]

mod floor;
mod phones;
mod process;
mod year;

use std::time::{Duration, Instant};

use floor::Floor;
use phones::Village;
use process::Station;

/// A film of a minute is played from begin to end, six beats of each viewer. The first is not measured: with it a
/// connection that fetched the film comes back from where films flow, once in a sitting of hours.
const BEATS: u32 = 5;
const EVERY: Duration = Duration::from_secs(10);

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let numbers: Vec<usize> = words.iter().filter_map(|word| word.parse().ok()).collect();
    let viewers = if words.is_empty() { vec![1, 100, 2_000] } else { numbers };
    println!(
        "viewers  commits/s  CPU µs/beat  of it kernel  nginx µs/request  KB/viewer-hour  answered after, median and 99 %, ms"
    );
    for viewers in viewers {
        one(viewers);
    }
    if words.is_empty() || words.iter().any(|word| word == "year") {
        year::print();
    }
}

fn one(viewers: usize) {
    let station = Station::start(viewers);
    let runtime = tokio::runtime::Runtime::new().expect("an event loop for the phones");
    let mut village = runtime.block_on(Village::arrive(&station.address, viewers));
    runtime.block_on(village.watch(1, EVERY));
    // What was opened is on the disk, the threads that hashed the sign-ins are gone, and what the program does at rest is
    // known, before the measuring begins.
    std::thread::sleep(Duration::from_secs(12));
    let rest = station.usage();
    std::thread::sleep(Duration::from_secs(5));
    let at_rest = station.usage().since(&rest);
    let commits = station.count_commits();
    let (before, begun) = (station.usage(), Instant::now());
    let mut waits = runtime.block_on(village.watch(BEATS, EVERY));
    std::thread::sleep(Duration::from_secs(3));
    let (used, lasted) = (station.usage().since(&before), begun.elapsed().as_secs_f64());
    let commits = commits.stop();
    waits.sort_by(f64::total_cmp);
    let beats = f64::from(u32::try_from(waits.len()).unwrap_or(u32::MAX));
    let idle = |at_rest: f64| at_rest / 5.0 * lasted;
    let each = |used: f64, at_rest: f64| (used - idle(at_rest)).max(0.0) / beats * 1e6;
    drop(station);
    let least = runtime
        .block_on(least(viewers))
        .map_or_else(|| "-".to_owned(), |us| format!("{us:.0}"));
    let hours = f64::from(u32::try_from(viewers).unwrap_or(u32::MAX)) * f64::from(BEATS) * EVERY.as_secs_f64() / 3600.0;
    let at = |share: usize| waits.get(waits.len() * share / 100).copied().unwrap_or(f64::NAN);
    println!(
        "{viewers:>7}{:>11.2}{:>13.0}{:>14.0}{least:>18}{:>16.0}{:>22.0}{:>8.0}",
        f64::from(commits) / lasted,
        each(used.cpu_s, at_rest.cpu_s),
        each(used.kernel_s, at_rest.kernel_s),
        used.written / 1024.0 / hours,
        at(50),
        at(99)
    );
}

/// CPU microseconds that nginx takes for one of the same requests at the same pace.
async fn least(viewers: usize) -> Option<f64> {
    let floor = Floor::start()?;
    let mut village = Village::of_strangers(&floor.address, viewers).await;
    let before = floor.usage();
    let asked = village.watch(BEATS, EVERY).await.len();
    let used = floor.usage().since(&before);
    Some(used.cpu_s / asked as f64 * 1e6)
}
