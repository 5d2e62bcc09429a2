//! A district's office: the real program as a process of its own, and the pages as a clerk uses them.

#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use yuanjiao::store::{Options, Place, Shared};

use super::program::{self, Running, WaitTimeout};

#[path = "server.rs"]
mod server;

pub const PASSPHRASE: &str = "一二三四五六七八";

pub struct Office {
    pub child: Child,
    pub address: String,
    pub cookie: String,
    pub folder: PathBuf,
}

impl Drop for Office {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

pub struct Village(pub Running);

impl Drop for Village {
    fn drop(&mut self) {
        self.0.child.kill().unwrap();
        self.0.child.wait().unwrap();
    }
}

pub fn district(folder: &Path, words: &[&str], input: &str) -> bool {
    let mut child = Command::new(env!("CARGO_BIN_EXE_yuanjiao"))
        .arg("district")
        .args(words)
        .arg("--config")
        .arg(folder.join("district.toml"))
        .arg("--data")
        .arg(folder.join("data"))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait().unwrap().success()
}

impl Office {
    /// An office with one account that may sign; sessions of a second count.
    pub fn open(folder: &Path) -> Self {
        let policy = include_str!("../../config/policy.toml").replace("min_seconds = 120", "min_seconds = 1");
        std::fs::write(folder.join("policy.toml"), policy).unwrap();
        let store = match server::place(folder) {
            Place::File => String::new(),
            Place::Server(address) => address,
        };
        let config = format!(
            "[district]\nname = \"澄源县党员远程教育\"\n[data]\nstore = \"{store}\"\n[policy]\nfile = \"{}\"\n",
            folder.join("policy.toml").display()
        );
        std::fs::write(folder.join("district.toml"), config).unwrap();
        assert!(district(folder, &["account", "主任", "--role", "sign"], PASSPHRASE));
        let mut office = Self::start(folder);
        office.cookie = office.sign_in("主任", PASSPHRASE).unwrap();
        office
    }

    pub fn start(folder: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_yuanjiao"))
            .args(["district", "serve", "--listen", "127.0.0.1:0", "--config"])
            .arg(folder.join("district.toml"))
            .arg("--data")
            .arg(folder.join("data"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let address = lines
            .find_map(|line| Some(line.trim().strip_prefix("http://")?.trim_end_matches('/').to_owned()))
            .expect("the address");
        Self {
            child,
            address,
            cookie: String::new(),
            folder: folder.to_owned(),
        }
    }

    /// Its books, beside the program that has them open: on a file, or on a server.
    pub fn books(&self) -> Shared {
        let (place, file) = (server::place(&self.folder), self.folder.join("data/district.db"));
        Shared::open(&place, &file, &[], Options::default()).unwrap()
    }

    pub fn ask(&self, method: &str, path: &str, cookie: &str, extra: &str, body: &str) -> (u16, String, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let (host, length) = (&self.address, body.len());
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nCookie: {cookie}\r\n{extra}\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let text = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head.to_owned(), body.to_owned())
    }

    pub fn bytes(&self, path: &str) -> Vec<u8> {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let (host, cookie) = (&self.address, &self.cookie);
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nCookie: {cookie}\r\n\r\n"
        )
        .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{path}");
        let head = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        answer.split_off(head + 4)
    }

    pub fn get(&self, path: &str) -> String {
        let (status, _, body) = self.ask("GET", path, &self.cookie, "", "");
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// A form with the token of the page that shows it.
    pub fn post(&self, page: &str, path: &str, cookie: &str, fields: &[(&str, &str)]) -> (u16, String, String) {
        let (_, _, shown) = self.ask("GET", page, cookie, "", "");
        let token = between(&shown, "name=\"csrf\" value=\"", "\"");
        self.ask("POST", path, cookie, "", &form(&token, fields))
    }

    pub fn sign_in(&self, name: &str, passphrase: &str) -> Option<String> {
        let fields = [("account", name), ("passphrase", passphrase)];
        let (status, head, _) = self.post("/signin", "/signin", "", &fields);
        let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: "))?;
        assert_eq!(status, 303);
        assert!(
            cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
            "{cookie}"
        );
        cookie.split(';').next().map(str::to_owned)
    }

    /// A colleague who may only look: his cookie.
    pub fn with_a_looker(&self) -> String {
        let new = [
            ("act", "set"),
            ("name", "小王"),
            ("role", "see"),
            ("passphrase", PASSPHRASE),
        ];
        assert_eq!(self.post("/accounts", "/accounts", &self.cookie, &new).0, 303);
        self.sign_in("小王", PASSPHRASE).unwrap()
    }

    /// Enrols a station on the page; the path of its own page.
    pub fn enrol(&self, village: &Village, code: &str, name: &str) -> String {
        let fields = [
            ("url", village.0.address.as_str()),
            ("code", code),
            ("name", name),
            ("town", "松林镇"),
        ];
        let (status, head, body) = self.post("/stations", "/stations", &self.cookie, &fields);
        assert_eq!(status, 303, "{body}");
        between(&head, "location: ", "\r\n")
    }

    /// Asks a page until it says something; the scheduler works beside us.
    pub fn wait_for(&mut self, path: &str, what: impl Fn(&str) -> bool) -> String {
        for _ in 0..600 {
            let page = self.get(path);
            if what(&page) {
                return page;
            }
            assert!(self.child.wait_timeout_ms(100).is_none(), "the office closed");
        }
        panic!("{path} never said it: {}", self.get(path));
    }

    pub fn pull_now(&self, station: &str) {
        let of = percent_decoded(station.split("of=").nth(1).unwrap());
        let (status, ..) = self.post(station, "/station", &self.cookie, &[("of", &of), ("act", "pull")]);
        assert_eq!(status, 303);
    }
}

pub fn between(text: &str, before: &str, after: &str) -> String {
    let from = text.find(before).map(|at| at + before.len());
    let rest = &text[from.unwrap_or_else(|| panic!("no {before:?} in {text}"))..];
    rest[..rest.find(after).unwrap_or(rest.len())].to_owned()
}

pub fn form(token: &str, fields: &[(&str, &str)]) -> String {
    let encoded = |text: &str| text.bytes().fold(String::new(), |all, b| all + &format!("%{b:02X}"));
    let start = format!("csrf={token}");
    fields
        .iter()
        .fold(start, |all, (name, value)| format!("{all}&{name}={}", encoded(value)))
}

pub fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        if *first == b'%' {
            bytes.push(u8::from_str_radix(std::str::from_utf8(&tail[..2]).unwrap(), 16).unwrap());
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// A village with one member: its program and the code with which a district may enrol it.
pub fn village(folder: &Path) -> (Village, String) {
    program::prepare(folder);
    let running = program::start(folder);
    (Village(running), code(folder))
}

pub fn code(folder: &Path) -> String {
    let made = Command::new(env!("CARGO_BIN_EXE_yuanjiao"))
        .args(["enrol-code", "--data"])
        .arg(folder.join("data"))
        .output()
        .unwrap();
    String::from_utf8(made.stdout).unwrap().trim().to_owned()
}
