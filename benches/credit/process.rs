//! A station with a roster, started as a process, and what the kernel counts for it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tempfile::TempDir;

const SETTINGS: &str = "[listen]\nmax_connections = 8192\nper_address_connections = 8192\nheader_timeout_s = 300\n\
    [media]\nprepare = \"off\"\n";

/// The member with this number among the viewers.
pub fn number(viewer: usize) -> String {
    format!("{:04}", viewer + 1)
}

/// CPU-seconds, the kernel's share of them, and bytes to the disk.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    pub cpu_s: f64,
    pub kernel_s: f64,
    pub written: f64,
}

impl Usage {
    /// The process as a whole, threads that have ended included: a thread of the pool that ends in between would else
    /// take its sign-ins along. The kernel keeps the sum exactly and tells it in hundredths of a second; which part of it
    /// was the kernel's own it samples.
    pub fn of(child: &Child) -> Self {
        let process = PathBuf::from(format!("/proc/{}", child.id()));
        let stat = fs::read_to_string(process.join("stat")).unwrap_or_default();
        let after_name = stat.rsplit(") ").next().unwrap_or_default();
        let hundredths = |n| after_name.split(' ').nth(n).and_then(|word| word.parse::<f64>().ok());
        let (user, kernel) = (hundredths(11).unwrap_or(0.0), hundredths(12).unwrap_or(0.0));
        let io = fs::read_to_string(process.join("io")).unwrap_or_default();
        let written = io
            .lines()
            .find_map(|line| line.strip_prefix("write_bytes: ")?.parse().ok());
        Self {
            cpu_s: (user + kernel) / 100.0,
            kernel_s: kernel / 100.0,
            written: written.unwrap_or(0.0),
        }
    }

    pub fn since(&self, before: &Self) -> Self {
        Self {
            cpu_s: self.cpu_s - before.cpu_s,
            kernel_s: self.kernel_s - before.kernel_s,
            written: self.written - before.written,
        }
    }
}

pub struct Station {
    child: Child,
    home: TempDir,
    pub address: String,
}

fn program() -> String {
    std::env::var("BENCH_PROGRAM").unwrap_or_else(|_| env!("CARGO_BIN_EXE_yuanjiao").to_owned())
}

impl Station {
    /// In a folder of the working directory, since `/tmp` is memory on many machines.
    pub fn start(members: usize) -> Self {
        let home = tempfile::tempdir_in(".").expect("a folder on the disk");
        let row = |viewer| format!("{},学员,第一支部,2468\n", number(viewer));
        let rows = (0..members).map(row).collect::<Vec<_>>().concat();
        let (settings, roster) = (home.path().join("station.toml"), home.path().join("roster.csv"));
        fs::write(&settings, SETTINGS).expect("a writable folder");
        fs::write(&roster, format!("member_no,name,branch,pin\n{rows}")).expect("a writable folder");
        let data = home.path().join("data");
        let imported = command(&["member", "import"])
            .arg(&roster)
            .arg("--data")
            .arg(&data)
            .stdout(Stdio::null())
            .status();
        assert!(imported.is_ok_and(|status| status.success()), "the roster is imported");
        let mut child = command(&["--listen", "127.0.0.1:0", "--config"])
            .arg(&settings)
            .arg("--data")
            .arg(&data)
            .arg("--media")
            .arg(home.path().join("media"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let said = BufReader::new(child.stdout.take().expect("its words")).lines();
        let mut words = said.map_while(Result::ok);
        let address =
            words.find_map(|line| Some(line.trim().strip_prefix("http://")?.trim_end_matches('/').to_owned()));
        Self {
            child,
            home,
            address: address.expect("the address that it prints"),
        }
    }

    pub fn usage(&self) -> Usage {
        Usage::of(&self.child)
    }

    /// Looks at the write-ahead log again and again: each commit appends to it in one burst.
    pub fn count_commits(&self) -> Commits {
        let log = self.home.path().join("data/ledger.db-wal");
        let stop = Arc::new(AtomicBool::new(false));
        let ours = Arc::clone(&stop);
        let counter = std::thread::spawn(move || {
            let written = || fs::metadata(&log).and_then(|meta| meta.modified()).ok();
            let (mut last, mut at, mut commits) = (written(), Instant::now(), 0);
            while !ours.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(10));
                let now = written();
                if now != last {
                    // Within one burst the log is written several times.
                    commits += u32::from(at.elapsed() > Duration::from_millis(50));
                    (last, at) = (now, Instant::now());
                }
            }
            commits
        });
        Commits { stop, counter }
    }
}

impl Drop for Station {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

pub struct Commits {
    stop: Arc<AtomicBool>,
    counter: JoinHandle<u32>,
}

impl Commits {
    pub fn stop(self) -> u32 {
        self.stop.store(true, Ordering::Relaxed);
        self.counter.join().unwrap_or(0)
    }
}

fn command(words: &[&str]) -> Command {
    let mut command = Command::new(program());
    command.args(words);
    command
}
