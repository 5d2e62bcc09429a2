//! The servers: ours and its peers, each as its own documentation would have it for large files, none with a log.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use tempfile::TempDir;

use super::films::FILMS;
use super::process::Watched;

const SETTINGS: &str = "[listen]\nmax_connections = 4096\nper_address_connections = 4096\n[media]\nprepare = \"off\"\n";

/// The station that cargo built, or the one that is named.
pub fn station_program() -> String {
    std::env::var("BENCH_PROGRAM").unwrap_or_else(|_| env!("CARGO_BIN_EXE_yuanjiao").to_owned())
}

/// A file with the station's settings, and one member in its roster.
pub fn station_settings(home: &Path) -> PathBuf {
    let (settings, roster) = (home.join("station.toml"), home.join("roster.csv"));
    let member = "member_no,name,branch,pin\n0021,王德明,第一支部,2468\n";
    let written = fs::write(&settings, SETTINGS).and_then(|()| fs::write(&roster, member));
    written.expect("a writable folder");
    let imported = Command::new(station_program())
        .args(["member", "import"])
        .arg(&roster)
        .arg("--data")
        .arg(home.join("data"))
        .stdout(Stdio::null())
        .status();
    assert!(imported.is_ok_and(|status| status.success()), "the roster is imported");
    settings
}

/// In the order in which they are printed.
pub const ALL: [Kind; 6] = [
    Kind::Yuanjiao,
    Kind::Nginx,
    Kind::NginxInChunks,
    Kind::Lighttpd,
    Kind::Caddy,
    Kind::StaticWebServer,
];

/// Which one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Yuanjiao,
    Nginx,
    NginxInChunks,
    Lighttpd,
    Caddy,
    StaticWebServer,
}

/// One that runs.
pub struct Server {
    pub process: Watched,
    pub address: SocketAddr,
    pub films: Vec<String>,
    pub tiny: String,
    pub folder: PathBuf,
    _home: TempDir,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Yuanjiao => "yuanjiao",
            Self::Nginx => "nginx",
            Self::NginxInChunks => "nginx, chunks of 256k",
            Self::Lighttpd => "lighttpd",
            Self::Caddy => "caddy",
            Self::StaticWebServer => "static-web-server",
        }
    }

    fn program(self) -> String {
        match self {
            Self::Yuanjiao => station_program(),
            Self::Nginx | Self::NginxInChunks => "nginx".to_owned(),
            Self::Lighttpd => "lighttpd".to_owned(),
            Self::Caddy => "caddy".to_owned(),
            Self::StaticWebServer => "static-web-server".to_owned(),
        }
    }

    pub fn is_there(self) -> bool {
        self == Self::Yuanjiao || Command::new(self.program()).arg("--help").output().is_ok()
    }

    /// Starts it on a free port and waits until it serves the films.
    pub fn start(self, films: &Path) -> Server {
        let home = TempDir::new().expect("a folder for the server");
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let address = free.expect("a free port");
        fs::write(films.join("tiny.txt"), "ok\n").expect("a writable folder");
        let process = Watched(self.command(home.path(), films, address).spawn().expect("it starts"));
        let folder = films.to_owned();
        let (films, tiny) = match self {
            Self::Yuanjiao => (items(address), "/healthz".to_owned()),
            _ => (
                (0..FILMS).map(|n| format!("/film{n}.mp4")).collect(),
                "/tiny.txt".to_owned(),
            ),
        };
        while !ask(address, &tiny).starts_with("HTTP/1.1 200") {
            sleep(Duration::from_millis(50));
        }
        Server {
            process,
            address,
            films,
            tiny,
            folder,
            _home: home,
        }
    }

    fn command(self, home: &Path, films: &Path, address: SocketAddr) -> Command {
        let conf = home.join("conf");
        let text = match self {
            Self::Yuanjiao => SETTINGS.to_owned(),
            Self::Nginx => nginx(home, films, address, ""),
            Self::NginxInChunks => nginx(home, films, address, "sendfile_max_chunk 256k;"),
            Self::Lighttpd => format!(
                "server.document-root = \"{}\"\nserver.bind = \"127.0.0.1\"\nserver.port = {}\nserver.max-fds = 8192\n\
                 server.max-connections = 4096\nserver.max-keep-alive-requests = 1000000\n\
                 mimetype.assign = (\".mp4\" => \"video/mp4\", \".txt\" => \"text/plain\")\n",
                films.display(),
                address.port()
            ),
            Self::Caddy => format!(
                "{{\n admin off\n auto_https off\n}}\nhttp://127.0.0.1:{} {{\n root * {}\n file_server\n}}\n",
                address.port(),
                films.display()
            ),
            Self::StaticWebServer => String::new(),
        };
        fs::write(&conf, text).expect("a writable folder");
        if self == Self::Yuanjiao {
            station_settings(home);
        }
        let mut command = Command::new(self.program());
        match self {
            Self::Yuanjiao => command
                .args(["station", "--listen", &address.to_string(), "--config"])
                .arg(&conf)
                .arg("--media")
                .arg(films)
                .arg("--data")
                .arg(home.join("data")),
            Self::Nginx | Self::NginxInChunks => command.arg("-c").arg(&conf).arg("-p").arg(home),
            Self::Lighttpd => command.arg("-D").arg("-f").arg(&conf),
            Self::StaticWebServer => command
                .args([
                    "--host",
                    "127.0.0.1",
                    "--log-level",
                    "error",
                    "--port",
                    &address.port().to_string(),
                    "--root",
                ])
                .arg(films),
            Self::Caddy => command.args(["run", "--adapter", "caddyfile", "--config"]).arg(&conf),
        };
        command
            .env("HOME", home)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }
}

fn nginx(home: &Path, films: &Path, address: SocketAddr, more: &str) -> String {
    format!(
        "daemon off; worker_processes 2; pid {0}/pid; error_log /dev/null;\n\
         user root;\n\
         events {{ worker_connections 4096; }}\n\
         http {{ sendfile on; tcp_nopush on; keepalive_requests 1000000; access_log off; {more}\n\
         client_body_temp_path {0}/body; proxy_temp_path {0}/proxy; fastcgi_temp_path {0}/fastcgi;\n\
         uwsgi_temp_path {0}/uwsgi; scgi_temp_path {0}/scgi;\n\
         server {{ listen {address}; root {1}; }} }}\n",
        home.display(),
        films.display()
    )
}

/// The addresses of our films, once all are on the shelf.
pub fn items(address: SocketAddr) -> Vec<String> {
    loop {
        let answer = ask(address, "/api/items");
        let body = answer
            .split("\r\n\r\n")
            .nth(1)
            .and_then(|body| serde_json::from_str::<serde_json::Value>(body).ok());
        let items = body
            .as_ref()
            .and_then(|body| body["items"].as_array())
            .map_or(&[][..], Vec::as_slice);
        let ready: Vec<String> = items
            .iter()
            .filter(|item| item["kind"] == "film")
            .filter_map(|item| item["id"].as_str())
            .map(|id| format!("/media/{id}"))
            .collect();
        if ready.len() >= FILMS {
            return ready;
        }
        sleep(Duration::from_millis(200));
    }
}

fn ask(address: SocketAddr, path: &str) -> String {
    let mut answer = String::new();
    let asked = TcpStream::connect(address).and_then(|mut stream| {
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
        )?;
        stream.read_to_string(&mut answer)
    });
    asked.map_or_else(|_| String::new(), |_| answer)
}
