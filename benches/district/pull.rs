//! Hundreds of stations in one run of the real program.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::simulated::Simulated;
use crate::simulated::log::Village;
use crate::{district, number};

/// The word by which this program is told to be the stations.
pub const STATIONS: &str = "be-stations";

/// Serves so many stations of so many leaves, says where, and ends with its standard input.
pub fn be_stations(words: &[String]) {
    let [_, stations, leaves] = words else {
        panic!("how many, how long")
    };
    let (stations, leaves): (u32, usize) = (stations.parse().unwrap(), leaves.parse().unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let serving = runtime.block_on(async {
        let mut serving = Vec::new();
        for n in 0..stations {
            let log = Village::of_a_year(n, leaves as u64).leaves().take(leaves);
            let station = Simulated::new(&format!("station/{n}"), log);
            println!("{}", station.serve().await);
            serving.push(station);
        }
        serving
    });
    std::io::stdout().flush().unwrap();
    drop(std::io::stdin().read_line(&mut String::new()));
    let cosigned = |station: &Arc<Simulated>| station.cosigned.load(std::sync::atomic::Ordering::SeqCst) > 0;
    assert!(serving.iter().all(cosigned), "every station was cosigned");
}

struct Stations(Child, Vec<String>);

impl Stations {
    fn start(stations: u64, leaves: u64) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([STATIONS, &stations.to_string(), &leaves.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let addresses = lines
            .map_while(Result::ok)
            .take(usize::try_from(stations).unwrap())
            .collect();
        Self(child, addresses)
    }
}

impl Drop for Stations {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        drop(self.0.wait());
    }
}

pub async fn print() {
    let (stations, leaves) = (number("BENCH_STATIONS", 500), number("BENCH_STATION_LEAVES", 1_000));
    let villages = Stations::start(stations, leaves);
    let (folder, district) = district();
    for address in &villages.1 {
        district.enrol(address, crate::simulated::CODE).await.unwrap();
    }
    drop(district);
    for what in ["the first pull", "one new leaf each", "nothing new"] {
        let (seconds, memory) = pull(folder.path());
        println!("{stations} stations, {what:<20}{seconds:>8.2} s{memory:>8.0} MB at most");
    }
}

/// One run of the real program: how long it takes, and the most memory that it has had.
fn pull(folder: &std::path::Path) -> (f64, f64) {
    let program = std::env::var("BENCH_PROGRAM").unwrap_or_else(|_| env!("CARGO_BIN_EXE_yuanjiao").to_owned());
    let begun = Instant::now();
    let mut child = Command::new(program)
        .args(["district", "pull", "--data"])
        .arg(folder)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut most = 0.0;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        let said = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let high = said.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let high = high.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
        most = high.map_or(most, |kib| kib * 1_024.0 / 1e6);
        std::thread::sleep(Duration::from_millis(5));
    };
    assert!(status.success(), "every station was pulled");
    (begun.elapsed().as_secs_f64(), most)
}
