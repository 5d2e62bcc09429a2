//! The real program, started as a process of its own, spoken to over sockets.

#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

pub struct Running {
    pub child: Child,
    pub address: String,
}

/// Starts the real program on a port that the system chooses, and reads the address that it prints.
pub fn start(folder: &Path) -> Running {
    run(folder, Stdio::null())
}

/// The same on an address that the test chooses.
pub fn start_at(folder: &Path, address: &str) -> Running {
    wait_until_open(spawn(folder, address, Stdio::null()))
}

/// The same, without waiting for anything.
pub fn begin_to_start(folder: &Path, address: &str) -> Child {
    spawn(folder, address, Stdio::null())
}

/// The same; what the program says of itself is added to a file.
pub fn start_saying(folder: &Path, said: &Path) -> Running {
    let said = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(said)
        .unwrap();
    run(folder, said.into())
}

fn run(folder: &Path, errors: Stdio) -> Running {
    wait_until_open(spawn(folder, "127.0.0.1:0", errors))
}

/// Settings, data and films lie in this folder.
pub fn in_folder<'a>(command: &'a mut Command, folder: &Path) -> &'a mut Command {
    command
        .arg("--config")
        .arg(folder.join("station.toml"))
        .arg("--data")
        .arg(folder.join("data"))
        .arg("--media")
        .arg(folder.join("media"))
}

fn spawn(folder: &Path, address: &str, errors: Stdio) -> Child {
    in_folder(&mut Command::new(env!("CARGO_BIN_EXE_yuanjiao")), folder)
        .args(["--listen", address])
        .stdout(Stdio::piped())
        .stderr(errors)
        .spawn()
        .unwrap()
}

fn wait_until_open(mut child: Child) -> Running {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let address = lines
        .by_ref()
        .map_while(Result::ok)
        .find_map(|line| Some(line.trim().strip_prefix("http://")?.trim_end_matches('/').to_owned()))
        .expect("the address");
    lines
        .by_ref()
        .map_while(Result::ok)
        .find(|line| line.contains("课件文件夹"))
        .expect("it is open");
    Running { child, address }
}

pub fn ask(address: &str, method: &str, path: &str, cookie: &str, body: &str) -> Option<(u16, String, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Cookie: {cookie}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let text = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, head.to_owned(), body.to_owned()))
}

pub fn command(folder: &Path, words: &[&str]) -> bool {
    let done = Command::new(env!("CARGO_BIN_EXE_yuanjiao"))
        .args(words)
        .arg("--data")
        .arg(folder.join("data"))
        .arg("--media")
        .arg(folder.join("media"))
        .output()
        .unwrap();
    done.status.success()
}

pub fn number(text: &str, key: &str) -> u64 {
    let value: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    value[key].as_u64().unwrap_or(0)
}

/// Puts a village into a folder: settings without waiting, and one member.
pub fn prepare(dir: &Path) {
    std::fs::write(
        dir.join("station.toml"),
        "[viewing]\ncommit_within_ms = 0\n[media]\nsettle_ms = 200\n",
    )
    .unwrap();
    std::fs::write(
        dir.join("roster.csv"),
        "member_no,name,branch,pin\n0021,王德明,第一支部,2468\n",
    )
    .unwrap();
    assert!(command(
        dir,
        &["member", "import", dir.join("roster.csv").to_str().unwrap()]
    ));
}

/// Opens a session with the first film and fetches the film: the session, what is credited so far, the film's address.
pub fn open(at: &str) -> (String, u64, String, String) {
    let (cookie, item) = arrive(at);
    let body = format!(r#"{{"item":"{item}"}}"#);
    let (_, _, opened) = ask(at, "POST", "/api/sessions", &cookie, &body).unwrap();
    let kept = number(&opened, "credited_ms");
    let opened: serde_json::Value = serde_json::from_str(&opened).unwrap();
    let media = opened["media"].as_str().unwrap().to_owned();
    ask(at, "GET", &media, &cookie, "").unwrap();
    (opened["session"].as_str().unwrap().to_owned(), kept, media, cookie)
}

/// Signs in and waits until the film about the Long March is on the shelf: the cookie and the item. Always the same film:
/// which one is found first differs from start to start.
pub fn arrive(at: &str) -> (String, String) {
    let (status, head, _) = ask(at, "POST", "/api/login", "", r#"{"member":"0021","pin":"2468"}"#).unwrap();
    assert_eq!(status, 204);
    let cookie = head
        .lines()
        .find_map(|l| l.strip_prefix("set-cookie: ")?.split(';').next())
        .unwrap()
        .to_owned();
    (cookie, film(at))
}

/// The film about the Long March, once it is on the shelf.
pub fn film(at: &str) -> String {
    loop {
        let (_, _, body) = ask(at, "GET", "/api/items", "", "").unwrap();
        let items: serde_json::Value = serde_json::from_str(&body).unwrap();
        let all = items["items"].as_array().unwrap();
        if let Some(item) = all.iter().find(|item| item["file"] == "党史/长征的几个数字.mp4") {
            return item["id"].as_str().unwrap().to_owned();
        }
    }
}

/// Waiting for an end that should not come, which is a way to let some time pass.
pub trait WaitTimeout {
    fn wait_timeout_ms(&mut self, ms: u64) -> Option<()>;
}

impl WaitTimeout for Child {
    fn wait_timeout_ms(&mut self, ms: u64) -> Option<()> {
        let (_never, end) = std::sync::mpsc::channel::<()>();
        let waited = end.recv_timeout(std::time::Duration::from_millis(ms));
        assert!(waited.is_err());
        self.try_wait().unwrap().map(drop)
    }
}
