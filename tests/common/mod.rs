//! A station in this process, on a port of its own, in a folder of its own. Dropping it stops it, verifies its ledger
//! and checks its database, so every test ends with both for free.

#![allow(dead_code, reason = "each test file uses its own part of the fixture")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

pub mod server;

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use yuanjiao::app::{Base, Station as Built};
use yuanjiao::config;
use yuanjiao::district::{District, Settings};
use yuanjiao::types::Origin;

pub const ROSTER: &str = "member_no,name,branch,role,status,migrant,pin\n\
    0021,王德明,第一支部,党员,正式,否,2468\n0012,陈桂兰,第一支部,书记,正式,否,1357\n";

/// A district with the patience that a busy machine needs, on the engine that the tests run on.
pub fn patient_district(folder: &Path) -> District {
    const WAIT: Duration = Duration::from_secs(60);
    District::open(Settings {
        concurrent: 1,
        connect: WAIT,
        deadline: WAIT,
        store: server::place(folder),
        ..Settings::in_folder(folder.to_owned())
    })
    .unwrap()
}

pub struct Station {
    pub folder: TempDir,
    pub address: SocketAddr,
    stop: CancellationToken,
    running: Option<JoinHandle<()>>,
}

impl Station {
    pub fn settings(folder: &Path) -> config::Station {
        let mut settings = config::Station::load(None).unwrap();
        settings.data = folder.join("data");
        settings.media.folder = folder.join("media");
        settings.media.settle = Duration::from_millis(200);
        settings.media.prepare = config::Prepare::Off;
        settings.viewing.commit_within = yuanjiao::types::Millis(50);
        settings
    }

    pub async fn start() -> Self {
        Self::start_in(TempDir::new().unwrap()).await
    }

    /// In a folder that was prepared: `media` may be there already.
    pub async fn start_in(folder: TempDir) -> Self {
        let settings = Self::settings(folder.path());
        Self::start_with(folder, settings).await
    }

    pub async fn start_with(folder: TempDir, settings: config::Station) -> Self {
        let (address, stop, running) = serve(settings).await;
        let station = Self {
            folder,
            address,
            stop,
            running: Some(running),
        };
        station.import_roster().await;
        station
    }

    /// After [`Self::stop`]: the same folder, another port, settings changed as you like.
    pub async fn start_again(&mut self, change: impl FnOnce(&mut config::Station)) {
        let mut settings = Self::settings(self.folder.path());
        change(&mut settings);
        let (address, stop, running) = serve(settings).await;
        (self.address, self.stop, self.running) = (address, stop, Some(running));
    }

    pub fn media(&self) -> PathBuf {
        self.folder.path().join("media")
    }

    pub fn base(&self) -> Base {
        Base::open(&Self::settings(self.folder.path())).unwrap()
    }

    async fn import_roster(&self) {
        let base = self.base();
        let plan = base.roster.plan(ROSTER.into()).await.unwrap();
        base.roster
            .apply(plan, &yuanjiao::roster::Operator::on_the_console())
            .await
            .unwrap()
            .unwrap();
    }

    pub async fn stop(&mut self) {
        self.stop.cancel();
        if let Some(running) = self.running.take() {
            running.await.unwrap();
        }
        self.let_go().await;
    }

    /// The station ends by itself.
    pub async fn ended(&mut self) {
        if let Some(running) = self.running.take() {
            running.await.unwrap();
        }
        self.let_go().await;
    }

    /// A program that stopped holds nothing any more; here its last handle may go a moment later than its last answer.
    /// Until then nobody may put another file in the place of the database. A test that holds a handle itself waits for
    /// nobody.
    async fn let_go(&self) {
        let database = self.folder.path().join("data/ledger.db");
        let is_held = || {
            let open = fs::read_dir("/proc/self/fd").unwrap();
            open.flatten()
                .any(|fd| fs::read_link(fd.path()).is_ok_and(|target| target == database))
        };
        for _ in 0..200 {
            if !is_held() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Sends raw bytes and reads until the station closes the connection.
    pub async fn raw(&self, request: &str) -> Vec<u8> {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        answer
    }

    /// One request; extra lines end in CRLF each.
    pub async fn ask(&self, method: &str, path: &str, extra: &str, body: &str) -> Answer {
        let length = body.len();
        let host = self.address;
        let head =
            format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n");
        Answer::of(&self.raw(&format!("{head}{extra}\r\n{body}")).await)
    }

    pub async fn get(&self, path: &str, extra: &str) -> Answer {
        self.ask("GET", path, extra, "").await
    }

    pub async fn json(&self, path: &str, cookie: &str, body: &str) -> Answer {
        self.ask(
            "POST",
            path,
            &format!("Content-Type: application/json\r\nCookie: {cookie}\r\n"),
            body,
        )
        .await
    }

    /// Sets the operator's passphrase with a one-time code; returns his cookie.
    pub async fn operator(&self) -> String {
        let roster = self.base().roster;
        let console = yuanjiao::roster::Operator::on_the_console();
        let set = tokio::task::spawn_blocking(move || {
            let code = roster.one_time_code(&console).unwrap();
            (roster, code)
        });
        let (roster, code) = set.await.unwrap();
        let here = std::net::Ipv4Addr::LOCALHOST.into();
        let token = roster
            .set_passphrase(&code, "a village on the river", here)
            .await
            .unwrap();
        format!("{}={token}", yuanjiao::roster::OPERATOR_COOKIE)
    }

    /// Signs the first member in; returns his cookie.
    pub async fn sign_in(&self) -> String {
        let answer = self.json("/api/login", "", r#"{"member":"0021","pin":"2468"}"#).await;
        assert_eq!(answer.status, 204, "{}", answer.text());
        answer.header("set-cookie").split(';').next().unwrap().to_owned()
    }

    /// Watches the first second of the first film, honestly, and proves it; what is credited for it then.
    pub async fn watch(&self, cookie: &str) -> u64 {
        let (id, _) = self.film().await;
        let opened = self
            .json("/api/sessions", cookie, &format!(r#"{{"item":"{id}"}}"#))
            .await;
        assert_eq!(opened.status, 201, "{}", opened.text());
        let opened = opened.json();
        let with_cookie = format!("Cookie: {cookie}\r\n");
        self.get(opened["media"].as_str().unwrap(), &with_cookie).await;
        let session = opened["session"].as_str().unwrap();
        // The budget is what has passed: a beat claims a second, however little of it has passed.
        let beat = r#"{"n":1,"segments":[[0,1000]],"state":"paused"}"#;
        self.json(&format!("/api/sessions/{session}/beats"), "", beat).await;
        let proven = self.json(&format!("/api/sessions/{session}/proof"), "", "{}").await;
        proven.json()["credited_ms"].as_u64().unwrap()
    }

    /// A film, once it is on the shelf: its id and its length in milliseconds. Always the same one of the samples where they
    /// are: which is found first differs from start to start.
    pub async fn film(&self) -> (String, u64) {
        let sample = "党史/长征的几个数字.mp4";
        let has_it = self.media().join(sample).exists();
        loop {
            let items: serde_json::Value = self.get("/api/items", "").await.json();
            let fits = |item: &&serde_json::Value| !has_it || item["file"] == sample;
            if let Some(item) = items["items"].as_array().unwrap().iter().find(fits) {
                return (
                    item["id"].as_str().unwrap().to_owned(),
                    item["duration_ms"].as_u64().unwrap(),
                );
            }
            tokio::task::yield_now().await;
        }
    }

    /// The id of a file, once it is on the shelf.
    pub async fn id_of(&self, file: &str) -> String {
        loop {
            let items: serde_json::Value = self.get("/api/items", "").await.json();
            let all = items["items"].as_array().unwrap();
            if let Some(item) = all.iter().find(|item| item["file"] == file) {
                return item["id"].as_str().unwrap().to_owned();
            }
            tokio::task::yield_now().await;
        }
    }

    /// The file of an item.
    pub async fn file_of(&self, id: &str) -> PathBuf {
        let items: serde_json::Value = self.get("/api/items", "").await.json();
        let item = items["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|i| i["id"] == id)
            .unwrap();
        self.media().join(item["file"].as_str().unwrap())
    }

    /// A district enrols this station, by a code of its own.
    pub async fn enrols_at(&self, district: &District) -> Origin {
        let code = self.base().exchange.enrol_code().unwrap();
        let url = format!("http://{}", self.address);
        district.enrol(&url, &code).await.unwrap().origin
    }
}

async fn serve(settings: config::Station) -> (SocketAddr, CancellationToken, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let built = tokio::task::spawn_blocking(move || Built::build(settings).unwrap())
        .await
        .unwrap();
    let stop = CancellationToken::new();
    let ours = stop.clone();
    let running = tokio::spawn(async move {
        built.serve(listener, ours).await.unwrap();
    });
    (address, stop, running)
}

impl Drop for Station {
    fn drop(&mut self) {
        self.stop.cancel();
        if std::thread::panicking() {
            return;
        }
        let found = self.base().ledger.verify().unwrap();
        assert!(found.faults.is_empty(), "{:?}", found.faults);
        let base = self.base();
        let check = base
            .ledger
            .store()
            .read_blocking::<String, yuanjiao::store::StoreError, _>(|conn| {
                Ok(conn.query_row("PRAGMA integrity_check", [], |row| row.get(0))?)
            });
        assert_eq!(check.unwrap(), "ok");
    }
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn of(bytes: &[u8]) -> Self {
        let gap = bytes.windows(4).position(|w| w == b"\r\n\r\n").expect("a whole head");
        let head = String::from_utf8_lossy(&bytes[..gap]).into_owned();
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|s| s.parse().ok())
            .expect("a status line");
        let mut body = bytes[gap + 4..].to_vec();
        if head.to_lowercase().contains("transfer-encoding: chunked") {
            body = unchunked(&body);
        }
        Self { status, head, body }
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    pub fn header(&self, name: &str) -> String {
        let wanted = format!("{name}: ");
        let line = self.head.lines().find(|line| line.to_lowercase().starts_with(&wanted));
        line.map(|line| line[wanted.len()..].to_owned()).unwrap_or_default()
    }
}

fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some(end) = body.windows(2).position(|w| w == b"\r\n") {
        let size = usize::from_str_radix(&String::from_utf8_lossy(&body[..end]), 16).unwrap_or(0);
        if size == 0 {
            break;
        }
        out.extend_from_slice(&body[end + 2..end + 2 + size]);
        body = &body[end + 4 + size..];
    }
    out
}

pub fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap()
}
