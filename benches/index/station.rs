//! The station's own program.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use media_index::identity;

use crate::films::Library;
use crate::process::Watched;
use crate::trial::{Server, get};

const SETTINGS: &str = "[media]\nsweep_s = 3600\nffprobe = \"off\"\nffmpeg = \"off\"\nprepare = \"off\"\n";

/// What `config/systemd/yuanjiao.service` sets.
const UNIT: [(&str, &str); 3] = [
    ("MALLOC_TRIM_THRESHOLD_", "131072"),
    ("MALLOC_MMAP_THRESHOLD_", "131072"),
    ("MALLOC_ARENA_MAX", "2"),
];

/// The station on a free port, as its systemd unit starts it. The sweep comes so late that a restart is measured alone, and nothing is prepared: that is
/// work that minidlna does not do.
pub fn begin(library: &Library<'_>) -> Server {
    let config = library.home.join("station.toml");
    fs::write(&config, SETTINGS).expect("the settings");
    let mut child = Command::new(env!("CARGO_BIN_EXE_yuanjiao"))
        .args(["--listen", "127.0.0.1:0", "--config"])
        .arg(&config)
        .arg("--media")
        .arg(library.media())
        .arg("--data")
        .arg(library.home.join("data"))
        .envs(UNIT)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the station's program");
    let said = BufReader::new(child.stdout.take().expect("it is a pipe"));
    let address = said
        .lines()
        .map_while(Result::ok)
        .find_map(|line| Some(line.trim().strip_prefix("http://")?.trim_end_matches('/').to_owned()));
    Server {
        process: Watched(child),
        address: address.expect("the station says where it listens"),
        tiny: "/healthz",
        has: |address, _, path| get(address, &format!("/items/{}", id(path))).starts_with("HTTP/1.1 200"),
        lists: &["/", "/api/items"],
    }
}

fn id(path: &Path) -> media_index::ItemId {
    let film = File::open(path).expect("the film is there");
    let size = film.metadata().expect("it is open").len();
    identity::item_id(&film, size).expect("the film can be read")
}
