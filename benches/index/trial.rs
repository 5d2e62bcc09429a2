//! What every server has to do: index a new folder while somebody asks it small questions, begin again with nothing
//! changed, and notice one more film.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, sleep};
use std::time::Duration;

use crate::films::Library;
use crate::process::Watched;

/// A server that was started just now.
pub struct Server {
    pub process: Watched,
    pub address: String,
    /// An address whose answer is small.
    pub tiny: &'static str,
    /// Whether a server at this address has so many films in all, the last of which lies there.
    pub has: fn(&str, usize, &Path) -> bool,
    /// What a viewer opens first, and what his page's script asks for.
    pub lists: &'static [&'static str],
}

/// What it cost.
pub struct Figures {
    cpu_s: f64,
    bytes: f64,
    rss_mb: f64,
    own_mb: f64,
    peak_mb: f64,
    list_mb: f64,
    own_list_mb: f64,
    tiny_ms: f64,
    restart_cpu_s: f64,
    restart_mb: f64,
    noticed_s: f64,
}

impl Figures {
    pub fn lines(&self, count: usize) -> Vec<(&'static str, f64)> {
        #[expect(clippy::cast_precision_loss, reason = "a number of files is far below 2^52")]
        let count = count as f64;
        vec![
            ("CPU ms per file", self.cpu_s * 1_000.0 / count),
            ("CPU s in all", self.cpu_s),
            ("KiB read per file", self.bytes / 1_024.0 / count),
            ("MB held, indexed", self.rss_mb),
            ("of it its own", self.own_mb),
            ("MB held, list asked for", self.list_mb),
            ("of it its own", self.own_list_mb),
            ("MB held at most", self.peak_mb),
            ("restart, CPU s", self.restart_cpu_s),
            ("restart, MB held", self.restart_mb),
            ("new file to list, s", self.noticed_s),
            ("tiny request, ms p99", self.tiny_ms),
        ]
    }
}

pub fn run(begin: fn(&Library<'_>) -> Server, library: &Library<'_>) -> Figures {
    let mut server = begin(library);
    let done = AtomicBool::new(false);
    let tiny_ms = thread::scope(|scope| {
        let asking = scope.spawn(|| ask_until(&done, &server.address, server.tiny));
        server.process.wait_until_idle();
        done.store(true, Ordering::Relaxed);
        asking.join().expect("the asking thread")
    });
    let (cpu_s, bytes) = (server.process.cpu_s(), server.process.bytes_read());
    let (rss_mb, own_mb) = (server.process.rss_mb(), server.process.own_mb());
    for list in server.lists {
        get(&server.address, list);
    }
    let (list_mb, own_list_mb) = (server.process.rss_mb(), server.process.own_mb());
    let peak_mb = server.process.peak_mb();
    drop(server);
    server = begin(library);
    server.process.wait_until_idle();
    let (restart_cpu_s, restart_mb) = (server.process.cpu_s(), server.process.rss_mb());
    let noticed_s = notice_one_more(&server, library);
    Figures {
        cpu_s,
        bytes,
        rss_mb,
        own_mb,
        peak_mb,
        list_mb,
        own_list_mb,
        tiny_ms,
        restart_cpu_s,
        restart_mb,
        noticed_s,
    }
}

/// Seconds until a new film is in the list. It is taken away again.
fn notice_one_more(server: &Server, library: &Library<'_>) -> f64 {
    let path = library.put(library.count);
    let begun = now_s();
    while !(server.has)(&server.address, library.count + 1, &path) && now_s() < begun + 60.0 {
        sleep(Duration::from_millis(20));
    }
    let noticed = now_s() - begun;
    std::fs::remove_file(path).expect("the film is there");
    noticed
}

/// Asks every 20 ms until it is `done`; the 99th percentile of the answers' times in milliseconds.
fn ask_until(done: &AtomicBool, address: &str, path: &str) -> f64 {
    let mut times = Vec::new();
    while !done.load(Ordering::Relaxed) {
        let begun = now_s();
        if !get(address, path).is_empty() {
            times.push((now_s() - begun) * 1_000.0);
        }
        sleep(Duration::from_millis(20));
    }
    times.sort_by(f64::total_cmp);
    times.get(times.len() * 99 / 100).copied().unwrap_or(f64::NAN)
}

/// One request on a connection of its own; empty if nobody answers.
pub fn get(address: &str, path: &str) -> String {
    let asked = TcpStream::connect(address).and_then(|mut stream| {
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(answer)
    });
    asked.map_or_else(|_| String::new(), |bytes| String::from_utf8_lossy(&bytes).into_owned())
}

#[expect(clippy::cast_precision_loss, reason = "the machine did not start 2^52 seconds ago")]
fn now_s() -> f64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}
