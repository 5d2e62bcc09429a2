//! Instructions per request, which no neighbour on the machine can change: the station runs under callgrind twice with
//! different numbers of the same request, and the difference is divided.
//!
//! The station is built once more for it (two minutes at the first time): rustix reads the kernel's vDSO by itself, which
//! valgrind hides, so here it goes through libc.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::process::Watched;
use super::servers;

const FEW: u32 = 200;
const MANY: u32 = 1_200;

/// Requests on one connection, each answered before the next.
const REQUESTS: [(&str, &str); 3] = [
    ("health check", "GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n"),
    (
        "256 KiB of a film",
        "GET {film} HTTP/1.1\r\nHost: {host}\r\nRange: bytes=1048576-1310719\r\n\r\n",
    ),
    (
        "a film not modified",
        "GET {film} HTTP/1.1\r\nHost: {host}\r\nIf-None-Match: *\r\n\r\n",
    ),
];

pub fn print(films: &Path) {
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("\ninstructions: valgrind is not installed");
        return;
    }
    let program = build();
    println!("\n{:<34}{:>14}", "instructions per request", "thousands");
    for (name, request) in REQUESTS {
        let count = |times| count(&program, films, request, times);
        let (few, many) = (count(FEW), count(MANY));
        #[expect(clippy::cast_precision_loss, reason = "a figure to look at")]
        let each = many.saturating_sub(few) as f64 / f64::from(MANY - FEW) / 1e3;
        println!("{name:<34}{each:>14.1}");
    }
}

fn build() -> PathBuf {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/callgrind");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "--quiet", "--target-dir"])
        .arg(&target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("RUSTFLAGS", "--cfg=rustix_use_libc")
        .status();
    assert!(
        built.is_ok_and(|status| status.success()),
        "the station can be built for valgrind"
    );
    target.join("release/yuanjiao")
}

/// Instructions of a whole run with so many requests.
fn count(program: &Path, films: &Path, request: &str, times: u32) -> u64 {
    let home = tempfile::tempdir().expect("a folder for the station");
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let address = free.expect("a free port");
    let out = home.path().join("callgrind");
    let mut command = Command::new("valgrind");
    // As the station sets it for itself by starting itself again, which valgrind does not follow.
    command.env("MALLOC_ARENA_MAX", "2");
    command
        .arg("--tool=callgrind")
        .arg(format!("--callgrind-out-file={}", out.display()));
    command
        .arg(program)
        .args(["--listen", &address.to_string(), "--config"]);
    command
        .arg(servers::station_settings(home.path()))
        .arg("--media")
        .arg(films);
    command.arg("--data").arg(home.path().join("data"));
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let station = Watched(command.spawn().expect("valgrind starts"));
    let film = servers::items(address).remove(0);
    let request = request.replace("{host}", &address.to_string()).replace("{film}", &film);
    ask_again_and_again(address, &request, times).expect("every request is answered");
    drop(station);
    let counted = std::fs::read_to_string(&out).expect("callgrind has written its count");
    let total = counted
        .lines()
        .find_map(|line| line.strip_prefix("summary: ").or(line.strip_prefix("totals: ")));
    total
        .and_then(|n| n.trim().parse().ok())
        .expect("a number of instructions")
}

fn ask_again_and_again(address: SocketAddr, request: &str, times: u32) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    for _ in 0..times {
        stream.write_all(request.as_bytes())?;
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte)?;
            head.push(byte[0]);
        }
        let head = String::from_utf8_lossy(&head).to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length = length.and_then(|n| n.trim().parse().ok()).unwrap_or(0);
        std::io::copy(&mut (&mut stream).take(length), &mut std::io::sink())?;
    }
    Ok(())
}
