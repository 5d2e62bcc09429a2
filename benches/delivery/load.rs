//! The clients: those who take ranges as fast as they come, those who watch at the speed of a film, and one who only asks
//! for something tiny meanwhile.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use rustix::fs::Advice;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use super::Figures;
use super::process::machine_cpu_s;
use super::servers::Server;

/// What the clients do.
#[derive(Debug, Clone, Copy)]
pub enum Load {
    /// Keep-alive clients that ask for random ranges of 1 to 8 MiB, so many bytes in all.
    Busy { clients: u64, bytes: u64 },
    /// Viewers at 2 Mbit/s.
    Slow { clients: u64, seconds: u64 },
    /// Busy clients while the films are dropped from memory all the time.
    Cold { clients: u64, seconds: u64 },
    /// Nobody else: one who jumps to and fro in a film, and waits for the first byte.
    Jump { seconds: u64 },
}

/// What all clients of one round share.
pub struct Shared {
    pub address: std::net::SocketAddr,
    pub films: Vec<String>,
    pub folder: PathBuf,
    taken: AtomicU64,
    pub over: AtomicBool,
}

/// Nothing taken yet.
pub fn shared(server: &Server) -> Arc<Shared> {
    Arc::new(Shared {
        address: server.address,
        films: server.films.clone(),
        folder: server.folder.clone(),
        taken: AtomicU64::new(0),
        over: AtomicBool::new(false),
    })
}

/// One round; `calls` says whether system calls are counted, which costs a little.
pub async fn run(load: Load, server: &Server, calls: bool) -> Figures {
    let shared = shared(server);
    let (cpu, machine) = (server.process.cpu_s(), machine_cpu_s());
    let counted = calls.then(|| server.process.count_calls()).flatten();
    let clients = match load {
        Load::Busy { clients, .. } | Load::Cold { clients, .. } => (0..clients)
            .map(|n| tokio::spawn(watched(Arc::clone(&shared), busy(Arc::clone(&shared), n))))
            .collect::<Vec<_>>(),
        Load::Slow { clients, .. } => (0..clients)
            .map(|n| tokio::spawn(watched(Arc::clone(&shared), slow(Arc::clone(&shared), n))))
            .collect(),
        Load::Jump { .. } => Vec::new(),
    };
    let tiny = match load {
        Load::Jump { .. } => tokio::spawn(jump(Arc::clone(&shared))),
        _ => tokio::spawn(tiny(Arc::clone(&shared), server.tiny.clone())),
    };
    wait(load, &shared).await;
    let (taken, spent) = (shared.taken.load(Relaxed), server.process.cpu_s() - cpu);
    let all_spent = machine_cpu_s() - machine;
    let rss_mb = server.process.rss_mb();
    let calls = counted.and_then(super::process::Calls::stop);
    shared.over.store(true, Relaxed);
    clients.iter().for_each(tokio::task::JoinHandle::abort);
    let mut waits = tiny.await.unwrap_or_default();
    waits.sort_unstable();
    let p99 = waits.get(waits.len() * 99 / 100).copied().unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "a figure to look at")]
    let gb = taken as f64 / 1e9;
    Figures {
        cpu_s_per_gb: spent / gb,
        machine_s_per_gb: all_spent / gb,
        gb,
        rss_mb,
        calls_per_gb: calls.map_or(f64::NAN, |calls| u32::try_from(calls).map_or(f64::NAN, f64::from) / gb),
        tiny_p99_ms: p99.as_secs_f64() * 1e3,
    }
}

async fn wait(load: Load, shared: &Arc<Shared>) {
    match load {
        Load::Busy { bytes, .. } => {
            while shared.taken.load(Relaxed) < bytes {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        Load::Slow { seconds, .. } | Load::Jump { seconds } => tokio::time::sleep(Duration::from_secs(seconds)).await,
        Load::Cold { seconds, .. } => {
            let until = Instant::now() + Duration::from_secs(seconds);
            while Instant::now() < until {
                let folder = shared.folder.clone();
                drop(tokio::task::spawn_blocking(move || forget_films(&folder)).await);
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}

/// A client that gives up would make its server look idle, and so cheap.
pub async fn watched(shared: Arc<Shared>, client: impl Future<Output = std::io::Result<()>>) {
    if let Err(error) = client.await
        && !shared.over.load(Relaxed)
    {
        eprintln!("a client gave up, and what is printed for this round is worth nothing: {error}");
        std::process::exit(1);
    }
}

/// Drops the films from memory, as far as nobody is just reading them.
pub fn forget_films(folder: &Path) {
    for n in 0..super::films::FILMS {
        let dropped = File::open(folder.join(format!("film{n}.mp4")))
            .and_then(|file| Ok(rustix::fs::fadvise(&file, 0, None, Advice::DontNeed)?));
        drop(dropped);
    }
}

/// A client's own chance: the same in every round.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

pub async fn busy(shared: Arc<Shared>, n: u64) -> std::io::Result<()> {
    let mut chance = Chance(n + 1);
    let mut stream = as_device(n)?.connect(shared.address).await?;
    let mut buffer = vec![0; 128 << 10];
    loop {
        let length = (1 + chance.below(8)) << 20;
        let from = chance.below(180 << 20);
        ask(
            &mut stream,
            &shared,
            chance.below(shared.films.len() as u64),
            from,
            length,
        )
        .await?;
        let mut left = length;
        while left > 0 {
            let some = stream
                .read(&mut buffer[..usize::try_from(left.min(128 << 10)).unwrap_or(1)])
                .await?;
            if some == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            left -= some as u64;
            shared.taken.fetch_add(some as u64, Relaxed);
        }
    }
}

/// A quarter of a megabyte each second, in tenths, with the buffer of a small phone.
pub async fn slow(shared: Arc<Shared>, n: u64) -> std::io::Result<()> {
    let mut chance = Chance(n + 1);
    let socket = as_device(n)?;
    socket.set_recv_buffer_size(64 << 10)?;
    let mut stream = socket.connect(shared.address).await?;
    ask(
        &mut stream,
        &shared,
        n % shared.films.len() as u64,
        chance.below(64 << 20),
        120 << 20,
    )
    .await?;
    let mut buffer = vec![0; 25_000];
    let mut every = tokio::time::interval(Duration::from_millis(100));
    loop {
        every.tick().await;
        stream.read_exact(&mut buffer).await?;
        shared.taken.fetch_add(25_000, Relaxed);
    }
}

/// A socket with an address of its own, as each phone has one.
fn as_device(n: u64) -> std::io::Result<TcpSocket> {
    let [.., c, d] = (n + 1).to_be_bytes();
    let socket = TcpSocket::new_v4()?;
    socket.bind((std::net::Ipv4Addr::new(127, 2, c, d), 0).into())?;
    Ok(socket)
}

/// Sends the request and reads the head of its answer.
async fn ask(stream: &mut TcpStream, shared: &Shared, film: u64, from: u64, length: u64) -> std::io::Result<()> {
    let film = &shared.films[usize::try_from(film).unwrap_or(0)];
    let (to, host) = (from + length - 1, shared.address);
    let request = format!("GET {film} HTTP/1.1\r\nHost: {host}\r\nRange: bytes={from}-{to}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    head(stream).await
}

async fn head(stream: &mut TcpStream) -> std::io::Result<()> {
    let mut head = Vec::with_capacity(512);
    let mut peeked = [0; 1024];
    while !head.ends_with(b"\r\n\r\n") {
        let seen = stream.peek(&mut peeked).await?;
        let end = peeked[..seen]
            .windows(4)
            .position(|w| w == b"\r\n\r\n")
            .map_or(seen.min(1), |at| at + 4);
        let mut some = vec![0; end.max(1)];
        stream.read_exact(&mut some).await?;
        head.extend_from_slice(&some);
    }
    if head.starts_with(b"HTTP/1.1 20") {
        return Ok(());
    }
    Err(std::io::Error::other(String::from_utf8_lossy(&head).into_owned()))
}

/// How long the first byte of 64 KiB takes, at a random place of a film, on a connection that stays open.
async fn jump(shared: Arc<Shared>) -> Vec<Duration> {
    let mut chance = Chance(1);
    let mut waits = Vec::new();
    let Ok(mut stream) = TcpStream::connect(shared.address).await else {
        return waits;
    };
    let mut rest = vec![0; 64 << 10];
    while !shared.over.load(Relaxed) {
        let (film, from) = (chance.below(shared.films.len() as u64), chance.below(180 << 20));
        let begun = Instant::now();
        let asked = ask(&mut stream, &shared, film, from, 64 << 10).await;
        let first = stream.peek(&mut [0]).await;
        waits.push(begun.elapsed());
        let taken = stream.read_exact(&mut rest).await;
        if asked.is_err() || first.is_err() || taken.is_err() {
            return Vec::new();
        }
        shared.taken.fetch_add(64 << 10, Relaxed);
    }
    waits
}

/// How long something tiny takes meanwhile, ten times a second.
async fn tiny(shared: Arc<Shared>, path: String) -> Vec<Duration> {
    let mut waits = Vec::new();
    while !shared.over.load(Relaxed) {
        let begun = Instant::now();
        let asked = async {
            let mut stream = TcpStream::connect(shared.address).await?;
            let request = format!(
                "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
                shared.address
            );
            stream.write_all(request.as_bytes()).await?;
            stream.read_to_end(&mut Vec::new()).await
        };
        if asked.await.is_ok() {
            waits.push(begun.elapsed());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    waits
}
