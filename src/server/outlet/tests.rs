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
use served::{LENGTH, LONG, Served, keep_cold};

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
mod served;
mod warmth;
