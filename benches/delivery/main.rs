//! What it costs to send films, beside nginx, lighttpd, caddy (Debian's packages) and static-web-server, as far as they are installed, on the same files:
//! `cargo bench --bench delivery`, or with the words of the trials to run after `--`: `busy64 busy1000 slow cold jump`, and of
//! the station alone `lane` (what beats and the desk wait beside 2,000 slow and 64 cold readers) and `instructions` (what
//! one request costs the processor, counted by callgrind).
//!
//! Every server gets the same load in turn, round after round, so that what else the machine does falls on all of them;
//! the median of the rounds is printed, and its ratio to plain nginx. The last column is how long something tiny waits
//! meanwhile; in `jump`, how long the first byte at a random place of a film takes. CPU-seconds and memory are the kernel's count for
//! the server's processes and do not depend on the client; times do, and are printed to be read with that in mind.
//! `BENCH_ROUNDS` (3) says how often; `BENCH_PROGRAM` names another program than the one that cargo built.

#![expect(
    clippy::disallowed_methods,
    reason = "a bystander: it measures other processes, and has no station's clock to ask"
)]

mod films;
mod instructions;
mod lane;
mod load;
mod process;
mod servers;

use load::Load;
use servers::Kind;

const TRIALS: [(&str, Load); 5] = [
    (
        "busy64",
        Load::Busy {
            clients: 64,
            bytes: 3 << 30,
        },
    ),
    (
        "busy1000",
        Load::Busy {
            clients: 1_000,
            bytes: 3 << 30,
        },
    ),
    (
        "slow",
        Load::Slow {
            clients: 2_000,
            seconds: 10,
        },
    ),
    (
        "cold",
        Load::Cold {
            clients: 64,
            seconds: 10,
        },
    ),
    ("jump", Load::Jump { seconds: 3 }),
];

/// What one server did in one round.
#[derive(Debug, Clone, Copy, Default)]
struct Figures {
    cpu_s_per_gb: f64,
    machine_s_per_gb: f64,
    gb: f64,
    rss_mb: f64,
    calls_per_gb: f64,
    tiny_p99_ms: f64,
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let rounds = std::env::var("BENCH_ROUNDS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(3);
    let home = tempfile::tempdir().expect("a folder for the films");
    films::make(home.path());
    let runtime = tokio::runtime::Runtime::new().expect("an event loop for the clients");
    let known = TRIALS.map(|(word, _)| word).into_iter().chain(["lane", "instructions"]);
    let chosen = words.iter().any(|word| known.clone().any(|trial| trial == word));
    let is_wanted = |trial: &str| !chosen || words.iter().any(|word| word == trial);
    if is_wanted("instructions") {
        instructions::print(home.path());
    }
    if is_wanted("lane") {
        lane::print(&runtime, home.path());
    }
    for (word, load) in TRIALS {
        if !is_wanted(word) {
            continue;
        }
        let kinds: Vec<Kind> = servers::ALL.into_iter().filter(|kind| kind.is_there()).collect();
        let mut figures = vec![Vec::new(); kinds.len()];
        for _ in 0..rounds {
            for (n, kind) in kinds.iter().enumerate() {
                let server = kind.start(home.path());
                figures[n].push(runtime.block_on(load::run(load, &server, false)));
            }
        }
        // Counting calls costs those most who make many: it has a round of its own.
        for (n, kind) in kinds.iter().enumerate() {
            let server = kind.start(home.path());
            let counted = runtime.block_on(load::run(load, &server, true)).calls_per_gb;
            figures[n].iter_mut().for_each(|round| round.calls_per_gb = counted);
        }
        print(word, &kinds, &figures);
    }
}

fn print(word: &str, kinds: &[Kind], figures: &[Vec<Figures>]) {
    println!(
        "\n{word:<24}{:>12}{:>9}{:>12}{:>9}{:>9}{:>12}{:>10}",
        "CPU-s/GB", "ratio", "machine's", "GB", "RSS MB", "calls/GB", "p99 ms"
    );
    let base = kinds.iter().position(|kind| *kind == Kind::Nginx);
    let base = base.map(|n| median(&figures[n], |f| f.cpu_s_per_gb));
    for (kind, rounds) in kinds.iter().zip(figures) {
        let of = |what: fn(&Figures) -> f64| median(rounds, what);
        let cpu = of(|f| f.cpu_s_per_gb);
        let ratio = base.map_or(f64::NAN, |base| cpu / base);
        let (gb, rss, tiny) = (of(|f| f.gb), of(|f| f.rss_mb), of(|f| f.tiny_p99_ms));
        let (calls, machine) = (of(|f| f.calls_per_gb), of(|f| f.machine_s_per_gb));
        println!(
            "{:<24}{cpu:>12.3}{ratio:>9.2}{machine:>12.3}{gb:>9.2}{rss:>9.1}{calls:>12.0}{tiny:>10.1}",
            kind.name()
        );
    }
}

fn median(rounds: &[Figures], what: fn(&Figures) -> f64) -> f64 {
    let mut all: Vec<f64> = rounds.iter().map(what).collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}
