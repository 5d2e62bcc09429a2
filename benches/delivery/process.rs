//! A server and its children, as the kernel counts them.

use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Ticks of `/proc/PID/stat` per second, on every Linux.
const TICKS: f64 = 100.0;

/// A process that is ended, with its children, when this is dropped.
pub struct Watched(pub Child);

impl Watched {
    /// CPU-seconds so far of all of them.
    pub fn cpu_s(&self) -> f64 {
        self.all().iter().map(|id| cpu_ticks(*id)).sum::<f64>() / TICKS
    }

    /// Memory that they hold now and share with nobody else, in MB: shared pages are counted once.
    pub fn rss_mb(&self) -> f64 {
        let pss = |id: &u32| line(&read(*id, "smaps_rollup"), "Pss:");
        self.all().iter().map(pss).sum::<f64>() / 1024.0
    }

    /// Counts their system calls from now on; none where `perf` is not installed or may not count. It has begun when it holds
    /// a counter for each of their threads: a round may be over sooner than it starts.
    pub fn count_calls(&self) -> Option<Calls> {
        let all = self.all();
        let ids: Vec<String> = all.iter().map(u32::to_string).collect();
        let mut command = Command::new("perf");
        command.args(["stat", "-x,", "-e", "raw_syscalls:sys_enter", "-p", &ids.join(",")]);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let counting = command.spawn().ok()?;
        let threads: usize = all.iter().map(|id| entries(*id, "task").len()).sum();
        let is_counter =
            |path: &PathBuf| fs::read_link(path).is_ok_and(|of| of.to_string_lossy().contains("perf_event"));
        for _ in 0..500 {
            if entries(counting.id(), "fd")
                .iter()
                .filter(|path| is_counter(path))
                .count()
                >= threads
            {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Some(Calls(counting))
    }

    fn all(&self) -> Vec<u32> {
        let mut all = vec![self.0.id()];
        let mut next = 0;
        while let Some(id) = all.get(next).copied() {
            next += 1;
            let children = read(id, &format!("task/{id}/children"));
            all.extend(children.split_whitespace().filter_map(|word| word.parse::<u32>().ok()));
        }
        all
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        signal(&self.0, rustix::process::Signal::TERM);
        drop(self.0.wait());
    }
}

/// A running count.
pub struct Calls(Child);

impl Calls {
    /// Ends it: how many there were.
    pub fn stop(mut self) -> Option<u64> {
        signal(&self.0, rustix::process::Signal::INT);
        let mut said = String::new();
        self.0.stderr.take()?.read_to_string(&mut said).ok()?;
        drop(self.0.wait());
        let line = said.lines().find(|line| line.contains("sys_enter"))?;
        line.split(',').next()?.parse().ok()
    }
}

fn signal(child: &Child, signal: rustix::process::Signal) {
    let id = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
    if let Some(id) = id {
        let _ended_already = rustix::process::kill_process(id, signal);
    }
}

/// CPU-seconds of the whole machine that were not idle, so far.
pub fn machine_cpu_s() -> f64 {
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    let ticks = stat.lines().next().unwrap_or("").split_whitespace().skip(1);
    let ticks: Vec<f64> = ticks.filter_map(|ticks| ticks.parse().ok()).collect();
    // user, nice, system; then idle and waiting for the disk; then interrupts, hard and soft.
    let busy = [0, 1, 2, 5, 6].map(|at| ticks.get(at).copied().unwrap_or(0.0));
    busy.iter().sum::<f64>() / TICKS
}

fn cpu_ticks(id: u32) -> f64 {
    let stat = read(id, "stat");
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = fields.get(11..13).unwrap_or(&[]).iter();
    ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum()
}

fn entries(id: u32, name: &str) -> Vec<PathBuf> {
    let all = fs::read_dir(format!("/proc/{id}/{name}"));
    all.map_or_else(|_| Vec::new(), |all| all.flatten().map(|entry| entry.path()).collect())
}

fn read(id: u32, name: &str) -> String {
    fs::read_to_string(format!("/proc/{id}/{name}")).unwrap_or_default()
}

fn line(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|rest| rest.split_whitespace().next());
    number.and_then(|n| n.parse().ok()).unwrap_or(0.0)
}
