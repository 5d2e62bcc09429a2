//! Stations that lie, drag or flood, on real sockets beside an honest one: each costs only itself, in bounded memory and
//! time, and its page says what was wrong.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod common;
#[path = "common/question.rs"]
mod question;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use common::Station;
use data_encoding::HEXLOWER;
use question::question;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use yuanjiao::district::{District, Fault, Settings};
use yuanjiao::exchange::{Enrol, Enrolled, station_tag};
use yuanjiao::keys::Keys;
use yuanjiao::ledger::Checkpoint;
use yuanjiao::ledger::tiles::write_entries;
use yuanjiao::ledger::tree::{Frontier, leaf_hash};
use yuanjiao::types::Origin;

/// What a station does wrong, and at which question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trick {
    /// It takes the connection and says nothing.
    Silent,
    /// Bytes that are no HTTP.
    Garbage,
    /// A head that never ends, byte by byte.
    SlowHead,
    /// A body that never ends, byte by byte.
    SlowBody,
    /// An answer to the first question without end.
    EndlessAnswer,
    /// A checkpoint without end.
    EndlessCheckpoint,
    /// Leaves without end.
    EndlessLeaves,
    /// A bundle that says it has ten terabytes.
    Terabytes,
    /// A leaf that says it is longer than what follows.
    GiantLeaf,
    /// One leaf less than the checkpoint says.
    LeafMissing,
    /// It sends the district elsewhere.
    Redirect,
    /// It answers for somebody else.
    AnotherName,
}

const TRICKS: [(Trick, Fault); 12] = [
    (Trick::Silent, Fault::Slow),
    (Trick::Garbage, Fault::Broken),
    (Trick::SlowHead, Fault::Slow),
    (Trick::SlowBody, Fault::Slow),
    (Trick::EndlessAnswer, Fault::TooMuch),
    (Trick::EndlessCheckpoint, Fault::TooMuch),
    (Trick::EndlessLeaves, Fault::TooMuch),
    (Trick::Terabytes, Fault::TooMuch),
    (Trick::GiantLeaf, Fault::Nonsense),
    (Trick::LeafMissing, Fault::Nonsense),
    (Trick::Redirect, Fault::Refused),
    (Trick::AnotherName, Fault::Nonsense),
];

const CODE: &str = "6KU2-UL4Z-KCTI";

/// A station that is enrolled honestly, and then is not honest any more.
struct Liar {
    trick: Trick,
    origin: Origin,
    keys: Keys,
    elsewhere: String,
    /// Bytes that it got rid of: more than a limit and what sockets buffer, and somebody keeps them.
    sent: AtomicU64,
    _folder: TempDir,
}

impl Liar {
    fn new(trick: Trick, elsewhere: &str) -> Arc<Self> {
        let folder = TempDir::new().unwrap();
        Arc::new(Self {
            trick,
            origin: Origin::new(&format!("station/{trick:?}")).unwrap(),
            keys: Keys::open_or_make(folder.path()).unwrap(),
            elsewhere: elsewhere.to_owned(),
            sent: AtomicU64::new(0),
            _folder: folder,
        })
    }

    /// Serves until the test ends; its address.
    async fn serve(self: &Arc<Self>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let liar = Arc::clone(self);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let liar = Arc::clone(&liar);
                // A reader that has gone is what ends an endless answer.
                tokio::spawn(async move { drop(liar.answer(stream).await) });
            }
        });
        format!("http://{address}")
    }

    async fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let (path, body) = question(&mut stream).await?;
        if path == "/log/enrol" {
            let wanted: Enrol = serde_json::from_slice(&body).unwrap();
            let key = HEXLOWER.encode(self.keys.public().as_bytes());
            let tag = station_tag(CODE, &wanted, &self.origin, &key);
            let origin = self.origin.clone();
            let enrolled = serde_json::to_vec(&Enrolled { origin, key, tag }).unwrap();
            return self.whole(&mut stream, &enrolled).await;
        }
        match self.trick {
            Trick::Silent => return self.wait_for_the_end(&mut stream).await,
            Trick::Garbage => return self.write(&mut stream, b"\x16\x03\x01\x00\xff no http\r\n\r\n").await,
            Trick::SlowHead => return self.drip(&mut stream, b"HTTP/1.1 200 OK\r\n", b"X").await,
            Trick::EndlessAnswer => return self.endless(&mut stream).await,
            Trick::Redirect => {
                let head = format!(
                    "HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n",
                    self.elsewhere
                );
                return self.write(&mut stream, head.as_bytes()).await;
            }
            _ => {}
        }
        if path == "/log/challenge" {
            let origin = match self.trick {
                Trick::AnotherName => "station/somebody-else",
                _ => self.origin.as_str(),
            };
            let challenge = serde_json::json!({ "nonce": "00112233445566778899aabbccddeeff", "origin": origin });
            return self.whole(&mut stream, challenge.to_string().as_bytes()).await;
        }
        if path == "/log/checkpoint" {
            return match self.trick {
                Trick::EndlessCheckpoint => self.endless(&mut stream).await,
                Trick::SlowBody => {
                    self.drip(&mut stream, b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n", b" ")
                        .await
                }
                _ => self.whole(&mut stream, self.checkpoint().as_bytes()).await,
            };
        }
        self.leaves(&mut stream).await
    }

    async fn leaves(&self, stream: &mut TcpStream) -> std::io::Result<()> {
        match self.trick {
            Trick::EndlessLeaves => self.endless(stream).await,
            Trick::Terabytes => {
                self.write(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000000\r\n\r\n")
                    .await?;
                self.fill(stream).await
            }
            Trick::GiantLeaf => self.whole(stream, b"\xff\xff a few bytes").await,
            _ => self.whole(stream, &write_entries(&[leaf(0), leaf(1)])).await,
        }
    }

    /// Of three leaves, signed as it should be.
    fn checkpoint(&self) -> String {
        let mut edge = Frontier::default();
        for n in 0..3 {
            edge.push(leaf_hash(&leaf(n)), |_, _, _| Ok::<(), ()>(())).unwrap();
        }
        let (origin, root) = (self.origin.clone(), edge.root());
        Checkpoint { origin, size: 3, root }.signed(&self.keys)
    }

    async fn write(&self, stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
        stream.write_all(bytes).await?;
        self.sent.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(())
    }

    async fn whole(&self, stream: &mut TcpStream, body: &[u8]) -> std::io::Result<()> {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        self.write(stream, head.as_bytes()).await?;
        self.write(stream, body).await
    }

    async fn endless(&self, stream: &mut TcpStream) -> std::io::Result<()> {
        self.write(stream, b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
            .await?;
        self.fill(stream).await
    }

    async fn fill(&self, stream: &mut TcpStream) -> std::io::Result<()> {
        loop {
            self.write(stream, &vec![b' '; 65_536]).await?;
        }
    }

    /// A byte now and then, for ever.
    async fn drip(&self, stream: &mut TcpStream, head: &[u8], drop: &[u8]) -> std::io::Result<()> {
        self.write(stream, head).await?;
        loop {
            self.write(stream, drop).await?;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn wait_for_the_end(&self, stream: &mut TcpStream) -> std::io::Result<()> {
        stream.read(&mut [0; 1]).await.map(|_| ())
    }
}

fn leaf(n: u8) -> Vec<u8> {
    vec![b'0' + n; 40]
}

/// A place that nobody may be led to.
async fn trap() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, visits) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let seen = Arc::clone(&visits);
    tokio::spawn(async move {
        while let Ok((_stream, _)) = listener.accept().await {
            seen.fetch_add(1, Ordering::Relaxed);
        }
    });
    (format!("http://{address}/"), visits)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dozen_hostile_stations_cost_only_themselves() {
    let (honest, books) = (Station::start().await, TempDir::new().unwrap());
    let (elsewhere, visits) = trap().await;
    // Fewer places than liars: one that holds its place must give it back.
    let district = District::open(Settings {
        concurrent: 3,
        connect: Duration::from_secs(20),
        deadline: Duration::from_secs(4),
        store: common::server::place(books.path()),
        ..Settings::in_folder(books.path().to_owned())
    })
    .unwrap();
    let mut liars = Vec::new();
    for (trick, fault) in TRICKS {
        let liar = Liar::new(trick, &elsewhere);
        district.enrol(&liar.serve().await, CODE).await.unwrap();
        liars.push((liar, fault));
    }
    let code = honest.base().exchange.enrol_code().unwrap();
    let station = district
        .enrol(&format!("http://{}", honest.address), &code)
        .await
        .unwrap();

    let outcomes = district.pull(None).await.unwrap();
    assert_eq!(outcomes.len(), TRICKS.len() + 1);
    let of = |origin: &Origin| {
        outcomes
            .iter()
            .find(|(name, _)| name == origin)
            .map(|(_, outcome)| outcome)
            .unwrap()
    };
    let pulled = of(&station.origin).as_ref().unwrap();
    assert!(
        pulled.size > 0 && pulled.cosigned.is_some() && pulled.alerts.is_empty(),
        "{pulled:?}"
    );

    let watched = district.watched().await.unwrap();
    for (liar, fault) in &liars {
        let error = of(&liar.origin).as_ref().expect_err("nothing of it is believed");
        assert_eq!(error.fault(), *fault, "{:?}: {error}", liar.trick);
        let row = watched.iter().find(|row| row.origin == liar.origin).unwrap();
        assert_eq!(
            (row.size, row.fault, row.failures),
            (0, Some(*fault), 1),
            "{:?}",
            liar.trick
        );
        // Three honest leaves are at most 196 KiB; a socket on both sides buffers a few megabytes.
        let sent = liar.sent.load(Ordering::Relaxed);
        assert!(sent < 32 << 20, "{:?} got rid of {sent} bytes", liar.trick);
    }
    let row = watched.iter().find(|row| row.origin == station.origin).unwrap();
    assert_eq!((row.fault, row.failures), (None, 0));
    assert_eq!(visits.load(Ordering::Relaxed), 0, "nobody followed the redirect");
}
