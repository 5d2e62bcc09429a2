//! Many readers doing whatever readers do, at random, while the film is dropped from memory again and again: every byte
//! that arrives is compared, and the station is as it was afterwards.
//!
//! `YUANJIAO_SOAK=600 cargo test --release --test soak` goes on for ten minutes; by default each reader takes 60 steps.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

#[path = "common/chance.rs"]
mod chance;
mod common;

use std::collections::HashSet;
use std::fs::{self, File};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use chance::Chance;
use common::{Station, read};
use rustix::fs::Advice;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use yuanjiao::clock::monotonic;
use yuanjiao::types::Millis;

const READERS: u64 = 24;
const STEPS: u64 = 60;
const BEHIND: u32 = 24 << 20;

/// Mostly small, sometimes to the end, sometimes one byte.
fn some_of(chance: &mut Chance, length: u64) -> Range<u64> {
    let from = chance.below(length);
    let to = match chance.below(4) {
        0 => from + 1,
        1 => length,
        _ => from + 1 + chance.below(600_000),
    };
    from..to.min(length)
}

struct Soak {
    at: std::net::SocketAddr,
    path: String,
    film: Vec<u8>,
    /// When to stop; none for a number of steps.
    until: Option<Millis>,
    compared: AtomicU64,
}

impl Soak {
    fn goes_on(&self, step: u64) -> bool {
        self.until.map_or(step < STEPS, |until| monotonic() < until)
    }
}

/// One connection, which may be gone already.
struct Reader(TcpStream);

impl Reader {
    async fn connect(soak: &Soak, n: u64, buffer: Option<u32>) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        if let Some(bytes) = buffer {
            socket.set_recv_buffer_size(bytes).unwrap();
        }
        let own = std::net::Ipv4Addr::new(127, 3, 0, u8::try_from(n + 1).unwrap());
        socket.bind((own, 0).into()).unwrap();
        Self(socket.connect(soak.at).await.unwrap())
    }

    async fn send(&mut self, soak: &Soak, method: &str, path: &str, extra: &str) {
        let request = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n{extra}\r\n", soak.at);
        self.0.write_all(request.as_bytes()).await.unwrap();
    }

    async fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.0.read_u8().await.unwrap());
        }
        String::from_utf8(head).unwrap().to_lowercase()
    }

    async fn body(&mut self, head: &str) -> Vec<u8> {
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .unwrap();
        let mut body = vec![0; length.trim().parse().unwrap()];
        self.0.read_exact(&mut body).await.unwrap();
        body
    }

    async fn ask_range(&mut self, soak: &Soak, range: &Range<u64>) {
        let wanted = format!("Range: bytes={}-{}\r\n", range.start, range.end - 1);
        self.send(soak, "GET", &soak.path, &wanted).await;
    }

    async fn take_range(&mut self, soak: &Soak, range: Range<u64>) {
        let head = self.head().await;
        assert!(head.starts_with("http/1.1 206"), "{head}");
        let body = self.body(&head).await;
        let (from, to) = (
            usize::try_from(range.start).unwrap(),
            usize::try_from(range.end).unwrap(),
        );
        assert!(body == soak.film[from..to], "{range:?}");
        soak.compared.fetch_add(body.len() as u64, Ordering::Relaxed);
    }
}

async fn read_at_random(soak: Arc<Soak>, n: u64) {
    let mut chance = Chance(n + 1);
    let length = soak.film.len() as u64;
    let mut reader = Reader::connect(&soak, n, None).await;
    let mut step = 0;
    while soak.goes_on(step) {
        step += 1;
        let range = some_of(&mut chance, length);
        match chance.below(9) {
            0 => {
                reader.send(&soak, "HEAD", &soak.path, "").await;
                assert!(reader.head().await.contains(&format!("content-length: {length}\r\n")));
            }
            1 => {
                reader.send(&soak, "GET", &soak.path, "If-None-Match: *\r\n").await;
                assert!(reader.head().await.starts_with("http/1.1 304"));
            }
            2 => {
                reader.send(&soak, "GET", "/healthz", "").await;
                let head = reader.head().await;
                assert_eq!(reader.body(&head).await, b"ok\n");
            }
            3 => {
                // Two at once, on one connection.
                let next = some_of(&mut chance, length);
                reader.ask_range(&soak, &range).await;
                reader.ask_range(&soak, &next).await;
                reader.take_range(&soak, range).await;
                reader.take_range(&soak, next).await;
            }
            4 => {
                // Leaves in the middle, with or without a reset.
                reader.ask_range(&soak, &(range.start..length)).await;
                drop(reader.0.read(&mut [0; 4096]).await);
                if chance.below(2) == 0 {
                    reader.0.set_zero_linger().unwrap();
                }
                reader = Reader::connect(&soak, n, None).await;
            }
            5 => {
                reader = Reader::connect(&soak, n, Some(8 << 10)).await;
                let small = range.start..range.end.min(range.start + 200_000);
                reader.ask_range(&soak, &small).await;
                reader.take_range(&soak, small).await;
                reader = Reader::connect(&soak, n, None).await;
            }
            _ => {
                reader.ask_range(&soak, &range).await;
                reader.take_range(&soak, range).await;
            }
        }
    }
}

/// A sample film, and behind it what no player looks at (a `free` box, ISO 14496-12 §8.1.2).
fn make_film(file: &Path) {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/sample-media/使用说明/三步看懂远教站.mp4");
    let mut bytes = read(&sample);
    bytes.extend_from_slice(&BEHIND.to_be_bytes());
    bytes.extend_from_slice(b"free");
    bytes.extend((8..BEHIND).map(|n| u8::try_from(n.wrapping_mul(2_654_435_761) >> 24).unwrap()));
    fs::write(file, bytes).unwrap();
}

/// Connections that this process has open, of both sides; an event loop has sockets of its own that are none.
fn connections() -> usize {
    let tcp = fs::read_to_string("/proc/self/net/tcp").unwrap();
    let inode = |line: &str| line.split_whitespace().nth(9).map(|inode| format!("socket:[{inode}]"));
    let tcp: HashSet<String> = tcp.lines().skip(1).filter_map(inode).collect();
    let open = fs::read_dir("/proc/self/fd").unwrap();
    let target = |entry: std::io::Result<fs::DirEntry>| fs::read_link(entry.ok()?.path()).ok();
    open.filter_map(target)
        .filter(|to| tcp.contains(&*to.to_string_lossy()))
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_readers_do_every_byte_is_right_and_nothing_is_left_open() {
    let folder = tempfile::TempDir::new().unwrap();
    let mut settings = Station::settings(folder.path());
    // A machine that stands still for half a minute would end whoever rests on a connection just then.
    settings.listen.header_time = Duration::from_secs(600);
    let station = Station::start_with(folder, settings).await;
    let file = station.media().join("long.mp4");
    make_film(&file);
    let id = station.id_of("long.mp4").await;
    let before = connections();
    let seconds = std::env::var("YUANJIAO_SOAK").ok().and_then(|s| s.parse().ok());
    let soak = Arc::new(Soak {
        at: station.address,
        path: format!("/media/{id}"),
        film: read(&file),
        until: seconds.map(|s| monotonic().plus(Millis::secs(s))),
        compared: AtomicU64::new(0),
    });
    let (over, is_over) = std::sync::mpsc::channel::<()>();
    let dropping = std::thread::spawn(move || {
        let open = File::open(&file).unwrap();
        while is_over.recv_timeout(Duration::from_millis(20)) == Err(RecvTimeoutError::Timeout) {
            rustix::fs::fadvise(&open, 0, None, Advice::DontNeed).unwrap();
        }
    });
    let mut readers = JoinSet::new();
    (0..READERS).for_each(|n| drop(readers.spawn(read_at_random(Arc::clone(&soak), n))));
    while let Some(done) = readers.join_next().await {
        done.unwrap();
    }
    drop(over);
    dropping.join().unwrap();
    eprintln!("{} MB compared", soak.compared.load(Ordering::Relaxed) / 1_000_000);
    // The last connections end when the station has noticed that their readers are gone.
    while connections() > before {
        assert_eq!(station.get("/healthz", "").await.status, 200);
    }
}
