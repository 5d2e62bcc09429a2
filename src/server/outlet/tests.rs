//! What a file holds is what a reader gets, byte for byte, however he asks and whatever happens meanwhile.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rustix::fs::Advice;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_util::sync::CancellationToken;

use super::warmth::Warmth;
use super::{Disk, Film, Handover, Socket};
use crate::http::{FileBody, Piece, SharedFile, range};
use crate::server::{Limits, run};

const LENGTH: usize = (3 << 20) + 123;
/// More than the kernel keeps for one connection, on both sides together.
const LONG: u64 = 64 << 20;

#[derive(Clone)]
struct Reel {
    path: Arc<std::path::PathBuf>,
    noted: Arc<Mutex<Vec<Range<u64>>>>,
}

impl Reel {
    fn body(&self, range: Range<u64>) -> FileBody {
        let noted = Arc::clone(&self.noted);
        let file = File::open(&*self.path).unwrap();
        let length = file.metadata().unwrap().len();
        let file = Arc::new(SharedFile::new(file, length));
        FileBody::new(
            file,
            range,
            Arc::new(move |bytes: Range<u64>| noted.lock().unwrap().push(bytes)),
        )
    }
}

async fn film(State(film): State<Reel>, method: Method, headers: HeaderMap) -> Response {
    let length = fs::metadata(&*film.path).unwrap().len();
    let wanted = headers.get(header::RANGE).and_then(|v| v.to_str().ok());
    let (status, part) = match range::evaluate(wanted, length) {
        range::Outcome::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
        _ => (StatusCode::OK, 0..length),
    };
    let length = [(header::CONTENT_LENGTH, (part.end - part.start).to_string())];
    let mut response = (status, length).into_response();
    if method == Method::GET {
        response.extensions_mut().insert(film.body(part));
    }
    response
}

/// Two ranges with words around them.
async fn parts(State(film): State<Reel>) -> Response {
    let mut body = film.body(0..0);
    let text = |text: &'static str| Piece::Text(text.into());
    body.pieces = [
        text("one:"),
        Piece::File(10..300_000),
        text(":two:"),
        Piece::File(5..6),
        text(":end"),
    ]
    .into();
    let mut response = [(header::CONTENT_LENGTH, body.len().to_string())].into_response();
    response.extensions_mut().insert(body);
    response
}

struct Served {
    folder: TempDir,
    film: Reel,
    content: Vec<u8>,
    address: SocketAddr,
    stop: CancellationToken,
    done: tokio::task::JoinHandle<()>,
}

impl Served {
    async fn start() -> Self {
        Self::with_patience(Duration::from_secs(60)).await
    }

    async fn with_patience(stalled_reader: Duration) -> Self {
        let folder = TempDir::new().unwrap();
        let path = Arc::new(folder.path().join("film"));
        let content = noise(LENGTH);
        fs::write(&*path, &content).unwrap();
        let film_ = Reel {
            path,
            noted: Arc::default(),
        };
        let routes = Router::new()
            .route("/film", get(film))
            .route("/parts", get(parts))
            .route("/api", get(|| async { "an answer" }))
            .route("/media/film", get(film))
            .route("/thread", get(lanes::thread))
            .route("/media/thread", get(lanes::thread))
            .route("/media/stand", get(lanes::stand))
            .with_state(film_.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let limits = Limits {
            connections: 100,
            per_address: 100,
            header_time: Duration::from_secs(60),
            stalled_reader,
        };
        let done = tokio::spawn(run(listener, routes, limits, stop.clone()));
        Self {
            folder,
            film: film_,
            content,
            address,
            stop,
            done,
        }
    }

    async fn connect(&self) -> Client {
        Client(TcpStream::connect(self.address).await.unwrap())
    }

    async fn connect_with_buffer(&self, bytes: u32) -> Client {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(bytes).unwrap();
        Client(socket.connect(self.address).await.unwrap())
    }

    /// A film that no buffer holds, without taking room on the disk.
    fn make_long(&self) {
        File::options()
            .write(true)
            .open(&*self.film.path)
            .unwrap()
            .set_len(LONG)
            .unwrap();
    }

    fn noted(&self) -> u64 {
        self.film.noted.lock().unwrap().iter().map(|r| r.end - r.start).sum()
    }
}

/// Not random, and nowhere like itself at the distances that matter.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let next = |_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    };
    (0..length).map(next).collect()
}

struct Client(TcpStream);

impl Client {
    async fn send(&mut self, method: &str, path: &str, extra: &str) {
        let request = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{extra}\r\n");
        self.0.write_all(request.as_bytes()).await.unwrap();
    }

    async fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.0.read_u8().await.unwrap());
        }
        String::from_utf8(head).unwrap().to_lowercase()
    }

    async fn answer(&mut self) -> Vec<u8> {
        let head = self.head().await;
        let length = head.lines().find_map(|l| l.strip_prefix("content-length: ")).unwrap();
        let mut body = vec![0; length.parse().unwrap()];
        self.0.read_exact(&mut body).await.unwrap();
        body
    }

    async fn get(&mut self, path: &str, extra: &str) -> Vec<u8> {
        self.send("GET", path, extra).await;
        self.answer().await
    }

    async fn rest(&mut self) -> usize {
        let mut rest = Vec::new();
        drop(self.0.read_to_end(&mut rest).await);
        rest.len()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_range_is_what_the_file_holds_and_the_connection_goes_on() {
    let served = Served::start().await;
    let mut client = served.connect().await;
    let n = LENGTH;
    for range in [
        0..n,
        0..1,
        n - 1..n,
        4095..4097,
        262_143..262_145,
        1..n - 1,
        1_000_000..2_900_001,
    ] {
        let asked = format!("Range: bytes={}-{}\r\n", range.start, range.end - 1);
        assert!(
            client.get("/film", &asked).await == served.content[range.clone()],
            "{range:?}"
        );
        assert_eq!(client.get("/api", "").await, b"an answer");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_noted_is_what_was_sent_and_a_head_notes_nothing() {
    let served = Served::start().await;
    let mut client = served.connect().await;
    client.send("HEAD", "/film", "").await;
    assert!(client.head().await.contains(&format!("content-length: {LENGTH}")));
    assert_eq!(client.get("/api", "").await, b"an answer");
    assert_eq!(served.noted(), 0);
    client.get("/film", "Range: bytes=7-1000006\r\n").await;
    assert_eq!(client.get("/api", "").await, b"an answer");
    assert_eq!(served.noted(), 1_000_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn pipelined_requests_are_answered_in_their_order() {
    let served = Served::start().await;
    let mut client = served.connect().await;
    for _ in 0..3 {
        client.send("GET", "/film", "Range: bytes=5-700000\r\n").await;
        client.send("GET", "/api", "").await;
        client.send("GET", "/film", "Range: bytes=-3\r\n").await;
    }
    for _ in 0..3 {
        assert!(client.answer().await == served.content[5..=700_000]);
        assert_eq!(client.answer().await, b"an answer");
        assert_eq!(client.answer().await, served.content[LENGTH - 3..]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn old_clients_get_the_whole_and_the_end_of_the_connection() {
    let served = Served::start().await;
    let mut client = served.connect().await;
    client.0.write_all(b"GET /film HTTP/1.0\r\n\r\n").await.unwrap();
    let mut all = Vec::new();
    client.0.read_to_end(&mut all).await.unwrap();
    assert!(all.ends_with(&served.content));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_client_that_wishes_it_keeps_its_connection() {
    let served = Served::start().await;
    let mut client = served.connect().await;
    for range in [3..10, 262_000..900_000] {
        let (from, to) = (range.start, range.end - 1);
        let request = format!("GET /film HTTP/1.0\r\nConnection: keep-alive\r\nRange: bytes={from}-{to}\r\n\r\n");
        client.0.write_all(request.as_bytes()).await.unwrap();
        assert!(client.answer().await == served.content[range]);
    }
}

/// RFC 9112 §9.3: a server that does not read a request's body must close the connection.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_hidden_in_a_body_that_nobody_reads_is_not_answered() {
    let served = Served::start().await;
    let mut client = served.connect().await;
    let hidden = "GET /api HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let length = format!("Range: bytes=0-9\r\nContent-Length: {}\r\n", hidden.len());
    client.send("GET", "/film", &length).await;
    client.0.write_all(hidden.as_bytes()).await.unwrap();
    assert!(client.head().await.contains("connection: close"));
    let mut rest = Vec::new();
    client.0.read_to_end(&mut rest).await.unwrap();
    assert_eq!(rest, served.content[..10]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_more_than_a_stopping_station_gives_gets_the_film_whole() {
    let served = Served::start().await;
    served.make_long();
    let mut client = served.connect().await;
    client.send("GET", "/film", "").await;
    client.send("GET", "/api", "").await;
    client.head().await;
    served.stop.cancel();
    let mut all = Vec::new();
    client.0.read_to_end(&mut all).await.unwrap();
    assert_eq!(all.len() as u64, LONG, "the film, and no other answer");
    assert!(all.starts_with(&served.content));
    served.done.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn text_and_ranges_come_in_their_order() {
    let served = Served::start().await;
    let mut client = served.connect().await;
    let mut expected = b"one:".to_vec();
    expected.extend_from_slice(&served.content[10..300_000]);
    expected.extend_from_slice(b":two:");
    expected.push(served.content[5]);
    expected.extend_from_slice(b":end");
    for _ in 0..3 {
        assert!(client.get("/parts", "").await == expected);
        assert!(client.get("/film", "").await == served.content);
    }
}

/// Drops the film's pages from memory, again and again, until told to end.
fn keep_cold(path: &std::path::Path, end: &Arc<AtomicBool>) -> std::thread::JoinHandle<()> {
    let (file, end) = (File::open(path).unwrap(), Arc::clone(end));
    file.sync_all().unwrap();
    std::thread::spawn(move || {
        while !end.load(Ordering::Relaxed) {
            rustix::fs::fadvise(&file, 0, None, Advice::DontNeed).unwrap();
            std::thread::yield_now();
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_whose_pages_are_dropped_all_the_time_arrives_whole() {
    let served = Served::start().await;
    let end = Arc::new(AtomicBool::new(false));
    let dropping = keep_cold(&served.film.path, &end);
    let mut client = served.connect().await;
    for _ in 0..5 {
        assert!(client.get("/film", "").await == served.content);
        assert!(client.get("/film", "Range: bytes=1000001-\r\n").await == served.content[1_000_001..]);
        assert_eq!(client.get("/api", "").await, b"an answer");
    }
    end.store(true, Ordering::Relaxed);
    dropping.join().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_with_tiny_buffers_get_every_byte_cold_or_warm() {
    let served = Served::start().await;
    let end = Arc::new(AtomicBool::new(false));
    let dropping = keep_cold(&served.film.path, &end);
    let (mut cold, mut warm) = (
        served.connect_with_buffer(8192).await,
        served.connect_with_buffer(8192).await,
    );
    assert!(cold.get("/film", "").await == served.content);
    end.store(true, Ordering::Relaxed);
    dropping.join().unwrap();
    assert!(warm.get("/film", "").await == served.content);
    assert!(warm.get("/parts", "").await.ends_with(b":end"));
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_who_leave_or_reset_harm_nobody() {
    let served = Served::start().await;
    for reset in [true, false] {
        for taken in [0, 1, 100_000] {
            let mut client = served.connect().await;
            client.send("GET", "/film", "").await;
            let mut some = vec![0; taken];
            client.0.read_exact(&mut some).await.unwrap();
            if reset {
                rustix::net::sockopt::set_socket_linger(&client.0, Some(Duration::ZERO)).unwrap();
            }
        }
    }
    assert!(served.connect().await.get("/film", "").await == served.content);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_that_shrinks_ends_its_connection_short_of_what_was_promised() {
    let served = Served::start().await;
    served.make_long();
    let mut client = served.connect().await;
    client.send("GET", "/film", "").await;
    assert!(client.head().await.contains(&format!("content-length: {LONG}")));
    File::options()
        .write(true)
        .open(&*served.film.path)
        .unwrap()
        .set_len(1 << 20)
        .unwrap();
    assert!((client.rest().await as u64) < LONG, "no byte is made up");
    assert_eq!(served.connect().await.get("/film", "").await, served.content[..1 << 20]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_that_is_replaced_goes_on_as_it_was() {
    let served = Served::start().await;
    served.make_long();
    let mut client = served.connect().await;
    client.send("GET", "/film", "").await;
    client.head().await;
    let other = served.folder.path().join("other");
    fs::write(&other, b"another film").unwrap();
    fs::rename(&other, &*served.film.path).unwrap();
    let mut all = vec![0; usize::try_from(LONG).unwrap()];
    client.0.read_exact(&mut all).await.unwrap();
    assert!(all[..LENGTH] == served.content && all[LENGTH..].iter().all(|b| *b == 0));
    assert_eq!(client.get("/film", "").await, b"another film");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_of_a_film_who_takes_nothing_is_let_go() {
    let served = Served::with_patience(Duration::from_millis(100)).await;
    served.make_long();
    let mut client = served.connect().await;
    client.send("GET", "/film", "").await;
    client.head().await;
    served.stop.cancel();
    // Only the stall ends this connection: the farewell is much longer, and nobody reads.
    served.done.await.unwrap();
    assert!((client.rest().await as u64) < LONG);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_lets_a_cold_film_come_to_its_end() {
    let served = Served::start().await;
    let end = Arc::new(AtomicBool::new(false));
    let dropping = keep_cold(&served.film.path, &end);
    let mut client = served.connect_with_buffer(8192).await;
    client.send("GET", "/film", "").await;
    client.head().await;
    served.stop.cancel();
    let mut all = Vec::new();
    client.0.read_to_end(&mut all).await.unwrap();
    assert!(all == served.content);
    served.done.await.unwrap();
    end.store(true, Ordering::Relaxed);
    dropping.join().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn where_sendfile_is_refused_the_file_is_copied() {
    let served = Served::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let film = served.film.clone();
    let sending = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut socket = Socket::new(stream, Handover::default(), Duration::from_secs(60));
        let film = Film {
            body: film.body(0..LENGTH as u64),
            warmth: Warmth::default(),
            goes_on: false,
            _held: Arc::new(()),
        };
        film.send_by(false, &mut socket, &Disk::default()).await.unwrap();
    });
    let mut client = TcpStream::connect(address).await.unwrap();
    let mut copied = Vec::new();
    client.read_to_end(&mut copied).await.unwrap();
    sending.await.unwrap();
    assert!(copied == served.content);
    assert_eq!(served.noted(), LENGTH as u64);
}

mod lanes;
mod warmth;
