//! A browser's part that matters to a test against the real program: cookies, forms with their token, answers or none.

#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;

#[derive(Clone)]
pub struct Phone {
    pub at: String,
    cookies: BTreeMap<String, String>,
}

pub struct Heard {
    pub status: u16,
    pub body: String,
}

impl Heard {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// What stands between two texts.
pub fn between(text: &str, before: &str, after: &str) -> String {
    let rest = text
        .split(before)
        .nth(1)
        .unwrap_or_else(|| panic!("{before} in {text}"));
    rest.split(after).next().unwrap().to_owned()
}

pub fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

impl Phone {
    /// A device that nobody knows yet, at a station's address.
    pub fn new(at: &str) -> Self {
        Self {
            at: at.to_owned(),
            cookies: BTreeMap::new(),
        }
    }

    pub fn with_cookie(mut self, name: &str, value: &str) -> Self {
        self.cookies.insert(name.to_owned(), value.to_owned());
        self
    }

    /// `None` if nobody answered to the end.
    pub fn ask(&mut self, method: &str, path: &str, kind: &str, body: &[u8]) -> Option<Heard> {
        let mut stream = TcpStream::connect(&self.at).ok()?;
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: {kind}\r\nCookie: {}\r\n\
             Content-Length: {}\r\n\r\n",
            self.at,
            cookies.join("; "),
            body.len()
        );
        stream.write_all(head.as_bytes()).ok()?;
        stream.write_all(body).ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        let text = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = text.split_once("\r\n\r\n")?;
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: ")?.trim().parse::<usize>().ok());
        // Half an answer is none: the plug may be pulled in the middle of it.
        let whole = answer.len() - head.len() - 4;
        (length.is_none_or(|length| whole >= length)).then_some(())?;
        for set in head.lines().filter_map(|line| line.strip_prefix("set-cookie: ")) {
            if let Some((name, value)) = set.split(';').next().and_then(|pair| pair.split_once('=')) {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let body = body.to_owned();
        Some(Heard { status, body })
    }

    pub fn get(&mut self, path: &str) -> Option<Heard> {
        self.ask("GET", path, "text/plain", b"")
    }

    pub fn json(&mut self, path: &str, body: &str) -> Option<Heard> {
        self.ask("POST", path, "application/json", body.as_bytes())
    }

    /// The token of a page's forms.
    pub fn token(&mut self, page: &str) -> Option<String> {
        let shown = self.get(page)?;
        Some(between(&shown.body, "name=\"csrf\" value=\"", "\""))
    }

    /// Sends a form whose token stands on `page`.
    pub fn form(&mut self, page: &str, to: &str, fields: &str) -> Option<Heard> {
        let token = self.token(page)?;
        let body = format!("csrf={token}&{fields}");
        self.ask("POST", to, "application/x-www-form-urlencoded", body.as_bytes())
    }
}
