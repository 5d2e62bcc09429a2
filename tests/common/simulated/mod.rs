//! Stations that are nothing but their logs: the real protocol over real sockets, hundreds of them in one process. The log
//! lies in memory, is signed with a key of its own, and grows by the cosignatures that a district posts.

#![allow(dead_code, reason = "each user needs its own part")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

pub mod log;
#[path = "../question.rs"]
mod question;

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use data_encoding::HEXLOWER;
use question::question;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use yuanjiao::clock::Trust;
use yuanjiao::district::{District, StationRow};
use yuanjiao::exchange::{CosignIn, Enrol, Enrolled, station_tag};
use yuanjiao::keys::Keys;
use yuanjiao::ledger::tiles::{TileName, WIDTH, write_entries};
use yuanjiao::ledger::tree::{Frontier, leaf_hash};
use yuanjiao::ledger::{At, Checkpoint, Leaf, What};
use yuanjiao::types::{Millis, Origin};

pub const CODE: &str = "6KU2-UL4Z-KCTI";

#[derive(Default)]
struct Log {
    leaves: Vec<Vec<u8>>,
    edge: Frontier,
}

/// One station. Dropping the last handle does not stop it; its process does.
pub struct Simulated {
    pub origin: Origin,
    keys: Keys,
    log: Mutex<Log>,
    /// Requests that were answered, enrolment not counted.
    pub requests: AtomicUsize,
    /// Cosignatures that came.
    pub cosigned: AtomicUsize,
    /// While it is set, whoever cosigns is sent away.
    pub loses_cosignatures: AtomicBool,
    /// While it is set, a cosignature is taken, and does not become a leaf.
    pub forgets_cosignatures: AtomicBool,
    /// The request, counted from the first, that gets no answer before its asker has hung up; 0 is none.
    pub hangs_at: AtomicUsize,
    /// Somebody waits for that answer.
    pub hangs: AtomicBool,
    /// How long it takes to find its next answer.
    pub drags: Mutex<Duration>,
    /// Conversations at this moment, from a connection to its end, and the most that there were at once.
    pub busy: AtomicUsize,
    pub busiest: AtomicUsize,
    _folder: TempDir,
}

impl Simulated {
    pub fn new(origin: &str, leaves: impl Iterator<Item = Vec<u8>>) -> Arc<Self> {
        let folder = TempDir::new().unwrap();
        let station = Self {
            origin: Origin::new(origin).unwrap(),
            keys: Keys::open_or_make(folder.path()).unwrap(),
            log: Mutex::default(),
            requests: AtomicUsize::new(0),
            cosigned: AtomicUsize::new(0),
            loses_cosignatures: AtomicBool::new(false),
            forgets_cosignatures: AtomicBool::new(false),
            hangs_at: AtomicUsize::new(0),
            hangs: AtomicBool::new(false),
            drags: Mutex::default(),
            busy: AtomicUsize::new(0),
            busiest: AtomicUsize::new(0),
            _folder: folder,
        };
        station.grow(leaves);
        Arc::new(station)
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap()
    }

    pub fn size(&self) -> u64 {
        self.log().edge.size()
    }

    /// Appends leaves.
    pub fn grow(&self, leaves: impl Iterator<Item = Vec<u8>>) {
        let mut log = self.log();
        for leaf in leaves {
            log.edge.push(leaf_hash(&leaf), |_, _, _| Ok::<(), ()>(())).unwrap();
            log.leaves.push(leaf);
        }
    }

    /// Lets its leaves go: hundreds of logs may be brought one after the other.
    pub fn forget(&self) {
        self.log().leaves = Vec::new();
    }

    /// Serves until the process ends; its address.
    pub async fn serve(self: &Arc<Self>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let station = Arc::clone(self);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let station = Arc::clone(&station);
                // Somebody who hangs up in the middle is no fault of ours.
                tokio::spawn(async move { drop(station.converse(stream).await) });
            }
        });
        format!("http://{address}")
    }

    /// Serves, and lets a district pin it.
    pub async fn enrol(self: &Arc<Self>, district: &District) -> StationRow {
        district.enrol(&self.serve().await, CODE).await.unwrap()
    }

    async fn converse(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let (path, body) = question(&mut stream).await?;
        if path == "/log/challenge" {
            let busy = self.busy.fetch_add(1, Ordering::SeqCst) + 1;
            self.busiest.fetch_max(busy, Ordering::SeqCst);
            let drags = *self.drags.lock().unwrap();
            // Whoever died hangs up; so the pull is over then, and not when its answer would be ready.
            let mut nothing = [0; 1];
            let gone = tokio::time::timeout(drags, stream.read(&mut nothing)).await.is_ok();
            self.busy.fetch_sub(1, Ordering::SeqCst);
            if gone {
                return Ok(());
            }
        }
        if path != "/log/enrol"
            && self.requests.fetch_add(1, Ordering::SeqCst) + 1 == self.hangs_at.load(Ordering::SeqCst)
        {
            self.hangs.store(true, Ordering::SeqCst);
            stream.read_exact(&mut [0; 1]).await?;
        }
        let (status, body) = self.answer(&path, &body);
        let length = body.len();
        let head = format!("HTTP/1.1 {status} OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(&body).await
    }

    fn answer(&self, path: &str, body: &[u8]) -> (u16, Vec<u8>) {
        if path == "/log/enrol" {
            let wanted: Enrol = serde_json::from_slice(body).unwrap();
            let key = HEXLOWER.encode(self.keys.public().as_bytes());
            let tag = station_tag(CODE, &wanted, &self.origin, &key);
            let origin = self.origin.clone();
            return (200, serde_json::to_vec(&Enrolled { origin, key, tag }).unwrap());
        }
        match path {
            "/log/challenge" => {
                let challenge =
                    serde_json::json!({ "nonce": "00112233445566778899aabbccddeeff", "origin": self.origin });
                (200, challenge.to_string().into_bytes())
            }
            "/log/checkpoint" => (200, self.checkpoint().into_bytes()),
            "/log/cosign" if self.loses_cosignatures.load(Ordering::SeqCst) => (503, Vec::new()),
            "/log/cosign" => {
                self.cosign(&serde_json::from_slice(body).unwrap());
                (204, Vec::new())
            }
            path => match path.strip_prefix("/log/tile/entries/").and_then(TileName::parse) {
                Some(name) => (200, self.bundle(name)),
                None => (404, Vec::new()),
            },
        }
    }

    fn checkpoint(&self) -> String {
        let (origin, log) = (self.origin.clone(), self.log());
        let point = Checkpoint {
            origin,
            size: log.edge.size(),
            root: log.edge.root(),
        };
        point.signed(&self.keys)
    }

    fn bundle(&self, name: TileName) -> Vec<u8> {
        let (from, log) = (usize::try_from(name.index * WIDTH).unwrap(), self.log());
        write_entries(&log.leaves[from..from + usize::try_from(name.width).unwrap()])
    }

    /// Keeps a cosignature as a real station does: as a leaf, in the second of the leaf before it.
    fn cosign(&self, told: &CosignIn) {
        self.cosigned.fetch_add(1, Ordering::SeqCst);
        if self.forgets_cosignatures.load(Ordering::SeqCst) {
            return;
        }
        let last = self
            .log()
            .leaves
            .last()
            .and_then(|bytes| Leaf::read(bytes))
            .map(|leaf| leaf.at);
        let at = last.unwrap_or(At {
            boot: 1,
            mono: Millis::ZERO,
            wall: log::NEW_YEAR,
            trust: Trust::District,
        });
        let district = told.line.split(' ').nth(1).unwrap();
        let is = What::CheckpointSeen {
            district: Origin::new(district).unwrap(),
            size: told.size,
            time: yuanjiao::ledger::note::time_of(&told.line).unwrap(),
            cosignature: told.line.clone(),
        };
        self.grow([Leaf { v: 1, at, is }.to_bytes()].into_iter());
    }

    /// Writes the log as a stick carries it.
    pub fn export(&self, folder: &Path) {
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join("checkpoint"), self.checkpoint()).unwrap();
        for name in TileName::covering(0, self.size()) {
            let path = folder.join("tile/entries").join(name.path());
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, self.bundle(name)).unwrap();
        }
    }
}
