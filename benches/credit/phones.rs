//! The phones: each signs in, keeps its device's cookie, is sent the film, opens a session, and reports beats over a
//! connection that stays.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::process::number;

/// Arrivals at the same time: sign-ins are hashed one after another, and more than a few dozen may not wait.
const ARRIVING: usize = 16;

struct Phone {
    stream: TcpStream,
    host: String,
    session: String,
    /// Beats that it has sent.
    n: u32,
}

pub struct Village(Vec<Phone>);

impl Village {
    pub async fn arrive(address: &str, viewers: usize) -> Self {
        let film = film(address).await;
        let mut phones = Vec::with_capacity(viewers);
        for first in (0..viewers).step_by(ARRIVING) {
            let mut arriving = JoinSet::new();
            for viewer in first..viewers.min(first + ARRIVING) {
                let (address, film) = (address.to_owned(), film.clone());
                arriving.spawn(async move { arrive(&address, &film, viewer).await });
            }
            phones.extend(arriving.join_all().await);
        }
        Self(phones)
    }

    /// So many phones that nobody knows, for a server that does not ask.
    pub async fn of_strangers(address: &str, viewers: usize) -> Self {
        let mut phones = Vec::with_capacity(viewers);
        for _ in 0..viewers {
            phones.push(Phone {
                stream: TcpStream::connect(address).await.expect("the server is there"),
                host: address.to_owned(),
                session: "0".repeat(32),
                n: 0,
            });
        }
        Self(phones)
    }

    /// Everybody watches, each at his own moment of the ten seconds; returns how long each beat waited, in milliseconds.
    pub async fn watch(&mut self, beats: u32, every: Duration) -> Vec<f64> {
        let mut watching = JoinSet::new();
        let count = self.0.len();
        for (n, phone) in self.0.drain(..).enumerate() {
            let moment = every.mul_f64(n as f64 / count as f64);
            watching.spawn(watch(phone, beats, every, moment));
        }
        let (phones, waits): (_, Vec<_>) = watching.join_all().await.into_iter().unzip();
        self.0 = phones;
        waits.concat()
    }
}

async fn watch(mut phone: Phone, beats: u32, every: Duration, moment: Duration) -> (Phone, Vec<f64>) {
    let begun = Instant::now();
    let mut waits = Vec::new();
    for beat in 1..=beats {
        tokio::time::sleep((moment + every * beat).saturating_sub(begun.elapsed())).await;
        phone.n += 1;
        let n = phone.n;
        let (from, to) = ((n - 1) * 10_000, n * 10_000);
        let body = format!(r#"{{"n":{n},"segments":[[{from},{to}]],"state":"playing"}}"#);
        let path = format!("/api/sessions/{}/beats", phone.session);
        let asked = Instant::now();
        let (status, _, answer) = ask(&mut phone.stream, &phone.host, "POST", &path, "", &body).await;
        assert_eq!(status, 200, "{answer}");
        waits.push(asked.elapsed().as_secs_f64() * 1000.0);
    }
    (phone, waits)
}

async fn arrive(address: &str, film: &str, viewer: usize) -> Phone {
    let mut stream = TcpStream::connect(address).await.expect("the station is there");
    let (_, head, _) = ask(&mut stream, address, "GET", "/signin", "", "").await;
    let device = cookie(&head);
    let login = format!(r#"{{"member":"{}","pin":"2468"}}"#, number(viewer));
    let (status, head, answer) = ask(&mut stream, address, "POST", "/api/login", &device, &login).await;
    assert_eq!(status, 204, "{answer}");
    let cookies = format!("{device}; {}", cookie(&head));
    let open = format!(r#"{{"item":"{film}"}}"#);
    let (status, _, answer) = ask(&mut stream, address, "POST", "/api/sessions", &cookies, &open).await;
    assert_eq!(status, 201, "{answer}");
    let opened: serde_json::Value = serde_json::from_str(&answer).expect("JSON");
    let text = |key: &str| opened[key].as_str().expect("a text").to_owned();
    let (status, ..) = ask(&mut stream, address, "GET", &text("media"), &cookies, "").await;
    assert_eq!(status, 200);
    Phone {
        stream,
        host: address.to_owned(),
        session: text("session"),
        n: 0,
    }
}

fn cookie(head: &str) -> String {
    let line = head.lines().find_map(|line| line.strip_prefix("set-cookie: "));
    line.and_then(|line| line.split(';').next())
        .unwrap_or_default()
        .to_owned()
}

/// The sample film of a minute and a little more, once it is on the shelf.
async fn film(address: &str) -> String {
    loop {
        let mut stream = TcpStream::connect(address).await.expect("the station is there");
        let (_, _, body) = ask(&mut stream, address, "GET", "/api/items", "", "").await;
        let items: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
        let all = items["items"].as_array().cloned().unwrap_or_default();
        let long = all.iter().find(|item| item["duration_ms"].as_u64() >= Some(60_000));
        if let Some(id) = long.and_then(|item| item["id"].as_str()) {
            return id.to_owned();
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn ask(
    stream: &mut TcpStream,
    host: &str,
    method: &str,
    path: &str,
    cookies: &str,
    body: &str,
) -> (u16, String, String) {
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nCookie: {cookies}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream
        .write_all(request.as_bytes())
        .await
        .expect("the connection stays");
    let mut bytes = Vec::new();
    let mut piece = vec![0; 64 * 1024];
    let gap = loop {
        let n = stream.read(&mut piece).await.expect("the connection stays");
        assert!(n > 0, "the station closed the connection");
        bytes.extend_from_slice(&piece[..n]);
        if let Some(gap) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break gap + 4;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..gap]).to_lowercase();
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).expect("a status");
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok());
    let length: usize = length.unwrap_or(0);
    while bytes.len() < gap + length {
        let n = stream.read(&mut piece).await.expect("the connection stays");
        assert!(n > 0, "the station closed the connection");
        bytes.extend_from_slice(&piece[..n]);
    }
    (status, head, String::from_utf8_lossy(&bytes[gap..]).into_owned())
}
