//! Checking in 签到 only from the station's own network: a phone in the hall and one behind a router, each with an address
//! of its own, send the same right code.
//!
//! Three hosts on one machine, made of the kernel's network namespaces: the station, a router, a phone elsewhere. Only
//! root may make them; elsewhere the test says so and is left out.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

#[path = "common/program.rs"]
mod program;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// Where the station is reached: from its own network, and by the way over the router.
const STATION: &str = "http://10.77.1.2:8080";
const PASSPHRASE: &str = "a village on the river";

/// The hosts; gone when dropped.
struct Hosts(String);

impl Hosts {
    /// The station and the router in one network, router and phone in another. `None` for whom the kernel lets make none.
    fn make() -> Option<Self> {
        let hosts = Self(format!("yj{}", std::process::id()));
        for name in ["station", "router", "phone"] {
            ip(&["netns", "add", &hosts.name(name)])?;
        }
        hosts.line(("station", "10.77.1.2/24"), ("router", "10.77.1.1/24"));
        hosts.line(("phone", "172.30.9.2/24"), ("router", "172.30.9.1/24"));
        hosts.on("station", &["ip", "route", "add", "default", "via", "10.77.1.1"]);
        hosts.on("phone", &["ip", "route", "add", "default", "via", "172.30.9.1"]);
        hosts.on("router", &["sysctl", "-qw", "net.ipv4.ip_forward=1"]);
        Some(hosts)
    }

    fn name(&self, host: &str) -> String {
        format!("{}{host}", self.0)
    }

    /// A cable between two hosts, with the address of each end.
    fn line(&self, (a, at_a): (&str, &str), (b, at_b): (&str, &str)) {
        let (left, right) = (format!("to-{b}"), format!("to-{a}"));
        ip(&[
            "link",
            "add",
            &left,
            "netns",
            &self.name(a),
            "type",
            "veth",
            "peer",
            "name",
            &right,
            "netns",
            &self.name(b),
        ])
        .unwrap();
        for (host, end, address) in [(a, left, at_a), (b, right, at_b)] {
            self.on(host, &["ip", "addr", "add", address, "dev", &end]);
            self.on(host, &["ip", "link", "set", &end, "up"]);
            self.on(host, &["ip", "link", "set", "lo", "up"]);
        }
    }

    fn on(&self, host: &str, words: &[&str]) {
        let name = self.name(host);
        assert!(ip(&[&["netns", "exec", &name], words].concat()).is_some(), "{words:?}");
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        for name in ["station", "router", "phone"] {
            ip(&["netns", "del", &self.name(name)]);
        }
    }
}

/// Runs `ip`; `None` where it is missing or may not.
fn ip(words: &[&str]) -> Option<()> {
    let done = Command::new("ip").args(words).output().ok()?;
    done.status.success().then_some(())
}

/// A browser of few words, on one of the hosts: follows redirects and keeps cookies.
struct Browser {
    host: String,
    jar: PathBuf,
}

impl Browser {
    fn ask(&self, path: &str, form: &[(&str, &str)]) -> String {
        let mut curl = Command::new("ip");
        curl.args(["netns", "exec", &self.host, "curl", "-sSL", "-m", "60", "-b"]);
        curl.arg(&self.jar).arg("-c").arg(&self.jar);
        for (name, value) in form {
            curl.args(["--data-urlencode", &format!("{name}={value}")]);
        }
        let answer = curl.arg(format!("{STATION}{path}")).output().unwrap();
        assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
        String::from_utf8(answer.stdout).unwrap()
    }

    /// Sends the form of a page with its token.
    fn send(&self, page: &str, action: &str, form: &[(&str, &str)]) -> String {
        let token = between(page, "name=\"csrf\" value=\"", "\"");
        self.ask(action, &[&[("csrf", token)], form].concat())
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text
        .split_once(before)
        .unwrap_or_else(|| panic!("no {before} in {text}"));
    rest.split_once(after).unwrap().0
}

/// The real program on the station's host, and the one-time code that it prints at its first start.
struct Running(Child, String);

impl Running {
    fn start(hosts: &Hosts, folder: &Path) -> Self {
        let mut there = Command::new("ip");
        there.args(["netns", "exec", &hosts.name("station"), env!("CARGO_BIN_EXE_yuanjiao")]);
        let mut child = program::in_folder(&mut there, folder)
            .args(["--listen", "0.0.0.0:8080"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut code = String::new();
        for line in lines.map_while(Result::ok) {
            if let Some((_, given)) = line.split_once("验证码：") {
                given.trim().clone_into(&mut code);
            }
            if line.contains("课件文件夹") {
                break;
            }
        }
        Self(child, code)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.0.kill().is_ok() {
            self.0.wait().unwrap();
        }
    }
}

/// The operator lets a screen in and opens an evening on it, at the station itself; the six digits on the screen.
fn open_evening(operator: &Browser, screen: &Browser, code: &str) -> impl Fn() -> String {
    let first = operator.ask("/desk/first", &[]);
    let words = [("code", code), ("passphrase", PASSPHRASE), ("repeat", PASSPHRASE)];
    operator.send(&first, "/desk/first", &words);
    let waiting = screen.ask("/tv", &[]);
    let shown = between(&waiting, "code-xl\">", "<");
    let live = operator.ask("/desk/live", &[]);
    operator.send(&live, "/desk/live", &[("act", "let_in"), ("text", shown)]);
    let live = operator.ask("/desk/live", &[]);
    let (device, film) = (
        between(&live, "name=\"screen\" value=\"", "\""),
        between(between(&live, "id=\"item\"", "</select>"), "value=\"", "\""),
    );
    operator.send(
        &live,
        "/desk/live",
        &[("act", "begin"), ("item", film), ("screen", device)],
    );
    || {
        let state: serde_json::Value = serde_json::from_str(&screen.ask("/api/tv", &[])).unwrap();
        state["code"].as_str().unwrap().replace(char::is_whitespace, "")
    }
}

#[test]
fn a_right_code_from_outside_the_stations_network_checks_nobody_in() {
    let Some(hosts) = Hosts::make() else {
        println!("left out: network namespaces need root and iproute2");
        return;
    };
    let dir = TempDir::new().unwrap();
    program::prepare(dir.path());
    let running = Running::start(&hosts, dir.path());
    let browser = |host, jar| Browser {
        host: hosts.name(host),
        jar: dir.path().join(jar),
    };
    let (operator, screen) = (browser("station", "operator"), browser("station", "screen"));
    program_has_films(&operator);
    let code = open_evening(&operator, &screen, &running.1);
    let check_in = |phone: &Browser| {
        let page = phone.ask("/checkin", &[]);
        phone.send(
            &page,
            "/checkin",
            &[("code", &code()), ("member", "0021"), ("pin", "2468")],
        )
    };
    let elsewhere = check_in(&browser("phone", "elsewhere"));
    assert!(elsewhere.contains("手机要连站点的无线网"), "{elsewhere}");
    // A copied link does not help, either: what was scanned outside is not remembered for later.
    let scanned = browser("phone", "scanned");
    let page = scanned.ask(&format!("/checkin/{}", code()), &[]);
    assert!(
        scanned
            .send(&page, "/checkin/out", &[("code", &code())])
            .contains("手机要连站点的无线网")
    );
    assert_eq!(present(&screen), 0);
    // The router stands in the station's own network: so does every phone whose address it hides behind its own.
    let here = check_in(&browser("router", "here"));
    assert!(here.contains("签到成功"), "{here}");
    assert_eq!(present(&screen), 1);
}

fn present(screen: &Browser) -> u64 {
    program::number(&screen.ask("/api/tv", &[]), "present")
}

/// The samples lie on the shelf.
fn program_has_films(browser: &Browser) {
    while !browser.ask("/api/items", &[]).contains("长征的几个数字") {}
}
