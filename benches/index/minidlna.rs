//! minidlna, on the same files.

use std::fs;
use std::net::TcpListener;
use std::process::{Command, Stdio};

use crate::films::Library;
use crate::process::Watched;
use crate::trial::{Server, get};

const PROGRAM: &str = "minidlnad";

pub fn is_there() -> bool {
    let mut asked = Command::new(PROGRAM);
    asked
        .arg("-V")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok()
}

/// minidlna in the foreground, with settings as its package has them, but for folders and port.
pub fn begin(library: &Library<'_>) -> Server {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
    let port = free.expect("a free port").port();
    let data = library.home.join("minidlna");
    fs::create_dir_all(&data).expect("a folder for minidlna");
    let config = library.home.join("minidlna.conf");
    let lines = [
        format!("media_dir=V,{}", library.media().display()),
        format!("db_dir={}", data.display()),
        format!("log_dir={}", data.display()),
        format!("port={port}"),
        "inotify=yes".to_owned(),
    ];
    fs::write(&config, lines.join("\n")).expect("the settings");
    let child = Command::new(PROGRAM)
        .arg("-S")
        .arg("-f")
        .arg(&config)
        .arg("-P")
        .arg(data.join("pid"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    Server {
        process: Watched(child.expect("minidlna")),
        address: format!("127.0.0.1:{port}"),
        tiny: "/rootDesc.xml",
        has: |address, count, _| get(address, "/").contains(&format!("<td>Video files</td><td>{count}</td>")),
        lists: &["/"],
    }
}
