//! How far a district carries: `cargo bench --bench district`, or with some of `keep`, `pull`, `annual`, `sums` after `--`.
//!
//! `keep`: one log from a folder, verified and made durable; once of bytes that are no leaves of ours, which a count passes
//! over, and once of a village's, with everything that is counted of it. `pull`: the real program pulls hundreds of
//! simulated stations, which are another process and speak the real protocol over sockets; its memory is the kernel's high
//! mark. `annual`: the annual report over five million leaves (`BENCH_LEAVES` names another number), which a district took
//! in itself; then everything is carried to a PostgreSQL server, and it is asked there. `BENCH_BOOKS` names a folder that keeps
//! those books for another run, `BENCH_SERVER` the address of a server that keeps them. `sums`: what the reports by member,
//! branch and item hold in memory for a thousand stations (`BENCH_SUMS` leaves in all).
//!
//! Data lie in a folder of the working directory, since `/tmp` is memory on many machines. `BENCH_PROGRAM` names another
//! program than the one that cargo built.

#![expect(
    clippy::disallowed_methods,
    reason = "a bystander: it has no district's clock to ask"
)]
#![expect(
    clippy::cast_precision_loss,
    reason = "counts and sizes of a bench are far below 2^52"
)]
#![expect(clippy::unwrap_used, reason = "a bench that cannot go on should say where")]

mod annual;
mod keep;
mod pull;
#[cfg(feature = "postgres")]
#[path = "../../tests/common/server.rs"]
#[allow(dead_code, reason = "the tests use other parts")]
mod server;
#[path = "../../tests/common/simulated/mod.rs"]
mod simulated;
mod sums;

use std::time::Instant;

use tempfile::TempDir;
use yuanjiao::district::{District, Settings};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let wanted = |name: &str| words.is_empty() || words.iter().any(|word| word == name);
    if words.first().is_some_and(|word| word == pull::STATIONS) {
        return pull::be_stations(&words);
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if wanted("keep") {
        runtime.block_on(keep::print());
    }
    if wanted("pull") {
        runtime.block_on(pull::print());
    }
    if wanted("annual") {
        runtime.block_on(annual::print());
    }
    if wanted("sums") {
        runtime.block_on(sums::print());
    }
}

/// A district with books of its own, in a folder on the disk.
fn district() -> (TempDir, District) {
    let folder = tempfile::tempdir_in(".").unwrap();
    let district = open(folder.path());
    (folder, district)
}

/// The books in a folder.
fn open(folder: &std::path::Path) -> District {
    let settings = Settings {
        deadline: std::time::Duration::from_secs(3_600),
        ..Settings::in_folder(folder.to_owned())
    };
    District::open(settings).unwrap()
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(otherwise)
}

/// How long something takes, in seconds.
async fn timed<T>(act: impl Future<Output = T>) -> (T, f64) {
    let begun = Instant::now();
    let done = act.await;
    (done, begun.elapsed().as_secs_f64())
}
