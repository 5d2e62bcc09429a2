//! Another process, as the kernel counts it.

use std::fs;
use std::process::Child;
use std::thread::sleep;
use std::time::Duration;

/// Ticks of `/proc/PID/stat` per second, on every Linux.
const TICKS: f64 = 100.0;

/// A process that is ended when this is dropped.
pub struct Watched(pub Child);

impl Watched {
    /// CPU-seconds so far, with those of children that ended.
    pub fn cpu_s(&self) -> f64 {
        let stat = self.read("stat");
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
        let ticks = fields.get(11..15).unwrap_or(&[]).iter();
        ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / TICKS
    }

    /// Bytes that were asked for with `read` and the like, with those of children that ended.
    pub fn bytes_read(&self) -> f64 {
        line(&self.read("io"), "rchar:")
    }

    /// Memory that is held now, in MB.
    pub fn rss_mb(&self) -> f64 {
        line(&self.read("status"), "VmRSS:") / 1024.0
    }

    /// What of it is its own, in MB: without the program's pages and libraries, which depend on how it was built.
    pub fn own_mb(&self) -> f64 {
        line(&self.read("status"), "RssAnon:") / 1024.0
    }

    /// The most memory that was held, in MB.
    pub fn peak_mb(&self) -> f64 {
        line(&self.read("status"), "VmHWM:") / 1024.0
    }

    /// Waits until it and its children did nothing for three seconds: longer than any pause of either server while there
    /// is something to do.
    pub fn wait_until_idle(&self) {
        let (mut last, mut quiet) = (self.cpu_s(), 0);
        while quiet < 6 {
            sleep(Duration::from_millis(500));
            let now = self.cpu_s();
            let has_children = !self.read(&format!("task/{}/children", self.0.id())).trim().is_empty();
            quiet = if now > last + 0.015 || has_children {
                0
            } else {
                quiet + 1
            };
            last = now;
        }
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{name}", self.0.id())).unwrap_or_default()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let id = i32::try_from(self.0.id()).ok().and_then(rustix::process::Pid::from_raw);
        if let Some(id) = id {
            let _ended_already = rustix::process::kill_process(id, rustix::process::Signal::TERM);
        }
        drop(self.0.wait());
    }
}

fn line(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|rest| rest.split_whitespace().next());
    number.and_then(|n| n.parse().ok()).unwrap_or(0.0)
}
