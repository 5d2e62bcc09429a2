use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::http::Peer;

const SHORT: Duration = Duration::from_millis(200);

struct Running {
    address: SocketAddr,
    stop: CancellationToken,
    done: tokio::task::JoinHandle<()>,
}

async fn start(routes: Router, per_address: usize) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let limits = Limits {
        connections: 8,
        per_address,
        header_time: SHORT,
        stalled_reader: SHORT,
    };
    let done = tokio::spawn(run(listener, routes, limits, stop.clone()));
    Running { address, stop, done }
}

fn hello() -> Router {
    Router::new().route("/", get(|Peer(peer): Peer| async move { peer.ip().to_string() }))
}

async fn ask(running: &Running, request: &str) -> String {
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer).await);
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_request_is_answered_and_its_peer_known() {
    let running = start(hello(), 8).await;
    let answer = ask(
        &running,
        "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    )
    .await;
    assert!(
        answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("127.0.0.1"),
        "{answer}"
    );
    let answer = ask(&running, "GET / HTTP/1.0\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.0 200 OK"), "{answer}");
}

#[tokio::test]
async fn slow_headers_and_idle_connections_are_let_go() {
    let running = start(hello(), 8).await;
    let answer = ask(&running, "GET / HTTP/1.1\r\nHost: local").await;
    assert!(!answer.contains("200 OK"), "{answer}");
    let answer = ask(&running, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(answer.contains("200 OK"), "answered, then idle, then let go: {answer}");
}

#[tokio::test]
async fn header_floods_are_refused() {
    let running = start(hello(), 8).await;
    let many = (0..200).fold(String::new(), |all, n| all + &format!("X-{n}: 1\r\n"));
    let answer = ask(&running, &format!("GET / HTTP/1.1\r\nHost: localhost\r\n{many}\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    let long = "x".repeat(200_000);
    let answer = ask(
        &running,
        &format!("GET / HTTP/1.1\r\nHost: localhost\r\nX: {long}\r\n\r\n"),
    )
    .await;
    assert!(!answer.contains("200 OK"), "{answer}");
}

#[tokio::test]
async fn one_address_cannot_take_all_places() {
    let running = start(hello(), 1).await;
    let mut first = TcpStream::connect(running.address).await.unwrap();
    first
        .write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await
        .unwrap();
    let mut some = [0; 16];
    first.read_exact(&mut some).await.unwrap();
    let refused = ask(
        &running,
        "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    )
    .await;
    assert!(
        refused.starts_with("HTTP/1.1 503 ") && refused.contains("Retry-After: 5\r\n"),
        "{refused}"
    );
}

#[tokio::test]
async fn who_takes_nothing_is_cut_when_the_farewell_is_over() {
    let routes = Router::new().route("/", get(|| async { vec![0_u8; 64 << 20] }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let limits = Limits {
        connections: 8,
        per_address: 8,
        header_time: SHORT,
        stalled_reader: Duration::from_secs(3_600),
    };
    let done = tokio::spawn(run(listener, routes, limits, stop.clone()));
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await
        .unwrap();
    stream.read_u8().await.unwrap();
    stop.cancel();
    done.await.unwrap();
    let mut rest = Vec::new();
    drop(stream.read_to_end(&mut rest).await);
    assert!(rest.len() < 64 << 20);
}

#[tokio::test]
async fn a_body_that_panics_costs_its_own_connection() {
    let broken = || async { Body::from_stream(tokio_util::io::ReaderStream::new(Broken)) };
    let running = start(hello().route("/panic", get(broken)), 8).await;
    let answer = ask(&running, "GET /panic HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(
        !answer.ends_with("0\r\n\r\n"),
        "a whole answer would be a lie: {answer}"
    );
    let answer = ask(
        &running,
        "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

struct Broken;

impl tokio::io::AsyncRead for Broken {
    fn poll_read(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
        _: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        panic!("a fault in a body")
    }
}

#[tokio::test]
async fn a_reader_that_takes_nothing_is_let_go() {
    let routes = Router::new().route("/", get(|| async { vec![0_u8; 64 << 20] }));
    let running = start(routes, 8).await;
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await
        .unwrap();
    running.stop.cancel();
    // Only the stall ends this connection: nobody reads, and the farewell is much longer.
    running.done.await.unwrap();
    let mut rest = Vec::new();
    drop(stream.read_to_end(&mut rest).await);
    assert!(rest.len() < 64 << 20);
}

#[tokio::test]
async fn a_handler_that_panics_answers_500_and_others_go_on() {
    let routes = hello().route("/panic", get(faulty));
    let running = start(routes, 8).await;
    let answer = ask(
        &running,
        "GET /panic HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 500"), "{answer}");
    let answer = ask(
        &running,
        "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

async fn faulty() -> &'static str {
    panic!("a fault in a handler")
}

#[test]
fn what_fails_ten_times_a_second_is_said_once_a_minute() {
    let mut complaint = Complaint::default();
    let said = (0..1_200).filter(|n| complaint.is_due(Millis(n * 100))).count();
    assert_eq!(said, 2, "two minutes");
}

#[tokio::test]
async fn connections_are_not_paced_whatever_the_system_prefers() {
    let available = std::fs::read_to_string("/proc/sys/net/ipv4/tcp_available_congestion_control").unwrap_or_default();
    if !available.split_whitespace().any(|name| name == "cubic") {
        eprintln!("left out: this kernel has no cubic");
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    without_pacing(&listener);
    let _client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (accepted, _) = listener.accept().await.unwrap();
    assert_eq!(rustix::net::sockopt::tcp_congestion(&accepted).unwrap(), "cubic");
}
