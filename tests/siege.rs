//! What nobody should send, and crowds that nobody invited: each gets a right answer or none, memory stays bounded, and
//! an honest viewer beside them is served.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod common;
#[path = "common/program.rs"]
mod program;

use std::io::{BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use common::Station;
use program::{Running, ask};
use rustix::process::{Resource, Rlimit};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

const POST: &str = "POST /api/login HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n";
const GET: &str = "GET /healthz HTTP/1.1\r\nHost: {host}\r\n";

/// Requests in which two readers could see different ends. `{post}` and `{get}` stand for a proper beginning.
const SMUGGLED: [(&str, &str); 35] = [
    (
        "both lengths",
        "{post}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "both the other way round",
        "{post}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    ),
    ("two lengths", "{post}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
    ("a list of lengths", "{post}Content-Length: 2, 2\r\n\r\n{}"),
    ("a signed length", "{post}Content-Length: +2\r\n\r\n{}"),
    ("a negative length", "{post}Content-Length: -2\r\n\r\n{}"),
    ("a length in hexadecimal", "{post}Content-Length: 0x2\r\n\r\n{}"),
    (
        "a length beyond all numbers",
        "{post}Content-Length: 99999999999999999999\r\n\r\n{}",
    ),
    ("no length after the name", "{post}Content-Length: \r\n\r\n{}"),
    (
        "an unknown coding",
        "{post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "no coding, named",
        "{post}Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}",
    ),
    (
        "a coding after chunked",
        "{post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    ),
    (
        "a coding before chunked",
        "{post}Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "chunked twice",
        "{post}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "two codings",
        "{post}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    ),
    (
        "an odd space before chunked",
        "{post}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "a space before the colon",
        "{post}Transfer-Encoding : chunked\r\nContent-Length: 2\r\n\r\n{}",
    ),
    ("a folded line", "{post}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"),
    (
        "a chunk in hexadecimal with its mark",
        "{post}Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n",
    ),
    (
        "a negative chunk",
        "{post}Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
    ),
    (
        "a chunk beyond all numbers",
        "{post}Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n",
    ),
    (
        "a chunk whose line ends early",
        "{post}Transfer-Encoding: chunked\r\n\r\n2\n{}\r\n0\r\n\r\n",
    ),
    (
        "an extension whose line ends early",
        "{post}Transfer-Encoding: chunked\r\n\r\n2;a=\n{}\r\n0\r\n\r\n",
    ),
    (
        "a chunk longer than it says",
        "{post}Transfer-Encoding: chunked\r\n\r\n2\r\n{}XX0\r\n\r\n",
    ),
    (
        "a lone carriage return",
        "{post}X: a\rTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n{}",
    ),
    ("a zero byte", "{post}X: a\0b\r\nContent-Length: 2\r\n\r\n{}"),
    (
        "a line without a colon",
        "{post}nonsense\r\nContent-Length: 2\r\n\r\n{}",
    ),
    ("a line without a name", "{post}: x\r\nContent-Length: 2\r\n\r\n{}"),
    (
        "a space before the first line",
        "POST /api/login HTTP/1.1\r\n X: x\r\nContent-Length: 2\r\n\r\n{}",
    ),
    (
        "chunks in HTTP/1.0",
        "POST /api/login HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    ("another version", "GET /healthz HTTP/1.2\r\nHost: {host}\r\n\r\n"),
    ("no version", "GET /healthz\r\n"),
    ("tabs", "GET\t/healthz\tHTTP/1.1\r\nHost: {host}\r\n\r\n"),
    ("two spaces", "GET  /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n"),
    ("small letters", "GET /healthz http/1.1\r\nHost: {host}\r\n\r\n"),
];

/// Odd requests with one meaning, and the answers to them and to the request behind them.
const ODD: [(&str, &str, [&str; 2]); 13] = [
    (
        "the same length twice",
        "{post}Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
        ["422", "200"],
    ),
    (
        "line feeds alone",
        "GET /healthz HTTP/1.1\nHost: {host}\n\n",
        ["200", "200"],
    ),
    ("empty lines first", "\r\n\r\n{get}\r\n", ["200", "200"]),
    ("two hosts", "{get}Host: elsewhere\r\n\r\n", ["400", "200"]),
    (
        "another's host",
        "GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        ["421", "200"],
    ),
    (
        "another's address",
        "GET http://evil.example/healthz HTTP/1.1\r\nHost: {host}\r\n\r\n",
        ["421", "200"],
    ),
    (
        "our own whole address",
        "GET http://{host}/healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        ["200", "200"],
    ),
    (
        "a tunnel",
        "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n",
        ["421", "200"],
    ),
    (
        "a trace",
        "TRACE /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n",
        ["405", "200"],
    ),
    (
        "an unknown method",
        "BREW /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n",
        ["405", "200"],
    ),
    (
        "the whole station's methods",
        "OPTIONS * HTTP/1.1\r\nHost: {host}\r\n\r\n",
        ["204", "200"],
    ),
    (
        "another protocol",
        "{get}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
        ["200", "200"],
    ),
    (
        "a host in the trailer",
        "{post}Transfer-Encoding: chunked\r\nTrailer: Host\r\n\r\n2\r\n{}\r\n0\r\nHost: evil.example\r\n\r\n",
        ["422", "200"],
    ),
];

fn put(shape: &str, host: SocketAddr) -> String {
    let shape = shape.replace("{post}", POST).replace("{get}", GET);
    shape.replace("{host}", &host.to_string())
}

/// A request that would answer 200 if it were taken for one.
fn next(host: SocketAddr) -> String {
    put("{get}Connection: close\r\n\r\n", host)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_with_two_ends_is_refused_and_what_follows_is_not_read() {
    let station = Station::start().await;
    for (name, shape) in SMUGGLED {
        let request = put(shape, station.address) + &next(station.address);
        let answer = String::from_utf8_lossy(&station.raw(&request).await).into_owned();
        let status = answer.get(9..12).unwrap_or_default();
        assert_eq!(status, "400", "{name}: {answer}");
        assert_eq!(answer.matches("HTTP/1.").count(), 1, "{name}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_requests_with_one_meaning_have_it() {
    let station = Station::start().await;
    for (name, shape, expected) in ODD {
        let request = put(shape, station.address) + &next(station.address);
        let answer = String::from_utf8_lossy(&station.raw(&request).await).into_owned();
        let statuses: Vec<&str> = answer
            .split("HTTP/1.1 ")
            .skip(1)
            .filter_map(|rest| rest.get(..3))
            .collect();
        assert_eq!(statuses, expected, "{name}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_address_leads_out_of_the_house() {
    let station = Station::start().await;
    let (id, _) = station.film().await;
    let paths = [
        "/../../../../etc/passwd",
        "//etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/media/..%2f..%2f..%2fetc%2fpasswd",
        "/media/%2fetc%2fpasswd",
        "/media/....//....//etc/passwd",
        "/media/..%5c..%5cetc%5cpasswd",
        "/media/%00",
        "/media/%c0%ae%c0%ae/etc/passwd",
        "/media/%252e%252e%252fetc%252fpasswd",
        "/assets/../Cargo.toml",
        "/assets/%2e%2e/Cargo.toml",
        "/assets//etc/passwd",
        "/items/..",
        "/media/{id}/../../etc/passwd",
        "/media/{id}/subtitles/../../../etc/passwd",
        "/media/{id}/subtitles/99999999999999999999",
        "/media/{id}%00.mp4",
        "/media/{id}/poster/x",
        "/%ff%fe",
        "/%zz",
    ];
    for path in paths {
        let path = path.replace("{id}", &id);
        let answer = station.get(&path, "").await;
        assert!((400..500).contains(&answer.status), "{path}: {}", answer.status);
        assert!(
            !answer.text().contains("root:") && !answer.text().contains("[package]"),
            "{path}"
        );
    }
    let long = format!("/{}", "a".repeat(70_000));
    let answer = String::from_utf8_lossy(&station.raw(&format!("GET {long} HTTP/1.1\r\n\r\n")).await).into_owned();
    assert!(
        answer.starts_with("HTTP/1.1 414") || answer.starts_with("HTTP/1.1 431"),
        "{answer}"
    );
}

/// Memory that a process holds now, in MiB.
fn held_mib(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() / 1024
}

/// A film's bytes, by an honest viewer from his own address.
async fn watch(at: SocketAddr, path: &str) -> Vec<u8> {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::new(127, 0, 9, 9), 0).into()).unwrap();
    let mut stream = socket.connect(at).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    answer
}

/// One of a crowd: connects from an address of its own choice and begins a request that never ends.
async fn sit_there(at: SocketAddr, n: u32) -> Option<TcpStream> {
    let socket = TcpSocket::new_v4().ok()?;
    let [.., b, c] = (n / 100).to_be_bytes();
    let from: IpAddr = Ipv4Addr::new(127, 1, b, c).into();
    socket.bind((from, 0).into()).ok()?;
    let mut stream = socket.connect(at).await.ok()?;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: ").await.ok()?;
    Some(stream)
}

fn village() -> TempDir {
    let folder = TempDir::new().unwrap();
    program::prepare(folder.path());
    folder
}

fn end(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_who_say_nothing_keep_nobody_out() {
    let many = Rlimit {
        current: Some(12_000),
        maximum: rustix::process::getrlimit(Resource::Nofile).maximum,
    };
    if rustix::process::setrlimit(Resource::Nofile, many).is_err() {
        eprintln!("not tested here: fewer than 12,000 open files are allowed");
        return;
    }
    let folder = village();
    let (child, at, media) = tokio::task::spawn_blocking(move || {
        let Running { child, address } = program::start(folder.path());
        let (_, _, media, _) = program::open(&address);
        (child, address.parse::<SocketAddr>().unwrap(), (folder, media))
    })
    .await
    .unwrap();
    let (_folder, media) = media;
    let whole = watch(at, &media).await;
    assert!(whole.starts_with(b"HTTP/1.1 200"));
    let before = held_mib(&child);
    let mut crowd = Vec::new();
    for n in 0..10_000 {
        crowd.extend(sit_there(at, n).await);
        if n % 1_000 == 999 {
            let now = watch(at, &media).await;
            assert!(now.len() == whole.len(), "after {n} came: {} bytes", now.len());
        }
    }
    assert_eq!(crowd.len(), 10_000);
    let more = held_mib(&child).saturating_sub(before);
    eprintln!("{before} MiB before, {more} MiB more with ten thousand at the door");
    assert!(more < 32, "{more} MiB more");
    drop(crowd);
    let answered = tokio::task::spawn_blocking(move || ask(&at.to_string(), "GET", "/healthz", "", "")).await;
    assert_eq!(answered.unwrap().unwrap().0, 200);
    end(child);
}

#[test]
fn a_station_without_file_descriptors_waits_and_goes_on() {
    let folder = village();
    let Running { child, address: at } = program::start(folder.path());
    let (_, _, media, cookie) = program::open(&at);
    let pid = rustix::process::Pid::from_child(&child);
    let open = std::fs::read_dir(format!("/proc/{}/fd", child.id())).unwrap().count();
    let few = Rlimit {
        current: Some(open as u64 + 8),
        maximum: Some(open as u64 + 8),
    };
    if rustix::process::prlimit(Some(pid), Resource::Nofile, few).is_err() {
        eprintln!("not tested here: the limit of another process cannot be set");
        end(child);
        return;
    }
    let connect = || std::net::TcpStream::connect(&at).unwrap();
    let crowd: Vec<_> = (0..40).map(|_| connect()).collect();
    // The kernel has taken these; the station cannot, and must neither end nor spin.
    let ticks = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
        let fields: Vec<_> = stat
            .rsplit(')')
            .next()
            .unwrap()
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    };
    let before = ticks();
    let (_never, a_second) = std::sync::mpsc::channel::<()>();
    assert!(a_second.recv_timeout(std::time::Duration::from_secs(1)).is_err());
    assert!(
        ticks() - before < 20,
        "a fifth of a second of work in a second of waiting"
    );
    drop(crowd);
    let (status, ..) = ask(&at, "GET", &media, &cookie, "").unwrap();
    assert_eq!(status, 200);
    end(child);
}

/// `strace(1)` makes calls of a running program fail. `None` where there is none, or where it may not.
fn make_accepts_fail(child: &Child, error: &str, times: u32, told: &Path) -> Option<Child> {
    let mut strace = Command::new("strace")
        .args(["-f", "-p", &child.id().to_string(), "-e", "trace=accept4", "-e"])
        .arg(format!("inject=accept4:error={error}:when=1..{times}"))
        .arg("-o")
        .arg(told)
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    let lines = BufReader::new(strace.stderr.take()?).lines();
    let (attached, is_attached) = std::sync::mpsc::channel();
    // To its end, or it would write to nobody and die.
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok).filter(|line| line.contains("attached")) {
            drop(attached.send(line));
        }
    });
    is_attached.recv().ok().map(|_| strace)
}

#[test]
fn a_kernel_without_buffers_or_with_a_client_that_is_gone_already_is_asked_again() {
    let folder = village();
    let Running { child, address: at } = program::start(folder.path());
    for error in ["ENOBUFS", "ENOMEM", "ECONNABORTED"] {
        let told = folder.path().join(error);
        let Some(strace) = make_accepts_fail(&child, error, 3, &told) else {
            eprintln!("not tested here: no strace, or it may not attach");
            break;
        };
        let (status, ..) = ask(&at, "GET", "/healthz", "", "").unwrap();
        assert_eq!(status, 200, "{error}");
        // Politely, so that the station goes on without it.
        rustix::process::kill_process(rustix::process::Pid::from_child(&strace), rustix::process::Signal::INT).unwrap();
        strace.wait_with_output().unwrap();
        let told = std::fs::read_to_string(&told).unwrap();
        assert_eq!(told.matches(&format!("{error} ")).count(), 3, "{told}");
    }
    end(child);
}
