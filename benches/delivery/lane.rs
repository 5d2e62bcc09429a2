//! What those wait who want something small from a station that is busy with films: a health check, the list of films,
//! and a beat, which is answered when the disk has it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::load::{self, Shared};
use super::servers::Kind;

const SLOW: u64 = 2_000;
const COLD: u64 = 64;
const SECONDS: u64 = 20;

/// Runs the station alone, first idle and then under load.
pub fn print(runtime: &tokio::runtime::Runtime, films: &Path) {
    println!("\n{:<34}{:>12}{:>12}", "lane, ms", "p50", "p99");
    for (crowd, name) in [(false, "idle"), (true, "2,000 slow and 64 cold readers")] {
        let server = Kind::Yuanjiao.start(films);
        let waits = runtime.block_on(measure(&load::shared(&server), crowd));
        for (what, mut waits) in waits {
            waits.sort_unstable();
            let at = |percent: usize| waits[(waits.len() - 1) * percent / 100].as_secs_f64() * 1e3;
            println!("{what:<12}{name:<22}{:>12.1}{:>12.1}", at(50), at(99));
        }
    }
}

async fn measure(shared: &Arc<Shared>, crowd: bool) -> [(&'static str, Vec<Duration>); 3] {
    let member = Member::signs_in(shared).await.expect("the member signs in");
    let mut clients = Vec::new();
    if crowd {
        clients.extend(
            (0..SLOW).map(|n| tokio::spawn(load::watched(Arc::clone(shared), load::slow(Arc::clone(shared), n)))),
        );
        clients.extend((0..COLD).map(|n| {
            tokio::spawn(load::watched(
                Arc::clone(shared),
                load::busy(Arc::clone(shared), SLOW + n),
            ))
        }));
        // All of them are there before anything is measured.
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
    let mut waits = [("health", Vec::new()), ("list", Vec::new()), ("beat", Vec::new())];
    let until = Instant::now() + Duration::from_secs(SECONDS);
    let mut n = 0;
    while Instant::now() < until {
        if crowd && n % 4 == 0 {
            load::forget_films(&shared.folder);
        }
        n += 1;
        let beat = format!("{{\"n\":{n},\"segments\":[[0,1000]],\"state\":\"paused\"}}");
        let beats = format!("/api/sessions/{}/beats", member.session);
        for ((_, waits), (method, path, body)) in waits.iter_mut().zip([
            ("GET", "/healthz", ""),
            ("GET", "/api/items", ""),
            ("POST", beats.as_str(), beat.as_str()),
        ]) {
            let begun = Instant::now();
            let answer = ask(shared.address, method, path, &member.cookie, body).await;
            assert!(answer.is_ok_and(|answer| answer.starts_with("HTTP/1.1 20")), "{path}");
            waits.push(begun.elapsed());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    shared.over.store(true, Relaxed);
    clients.iter().for_each(tokio::task::JoinHandle::abort);
    waits
}

struct Member {
    cookie: String,
    session: String,
}

impl Member {
    async fn signs_in(shared: &Shared) -> Option<Self> {
        let login = r#"{"member":"0021","pin":"2468"}"#;
        let answer = ask(shared.address, "POST", "/api/login", "", login).await.ok()?;
        let cookie = answer.lines().find_map(|line| line.strip_prefix("set-cookie: "))?;
        let cookie = cookie.split(';').next()?.to_owned();
        let item = shared.films[0].strip_prefix("/media/")?;
        let open = format!("{{\"item\":\"{item}\"}}");
        let answer = ask(shared.address, "POST", "/api/sessions", &cookie, &open)
            .await
            .ok()?;
        let opened: serde_json::Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1)?).ok()?;
        let session = opened["session"].as_str()?.to_owned();
        Some(Self { cookie, session })
    }
}

async fn ask(at: SocketAddr, method: &str, path: &str, cookie: &str, body: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(at).await?;
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Cookie: {cookie}\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}
