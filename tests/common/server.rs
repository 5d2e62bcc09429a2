//! A PostgreSQL server of the tests' own, from Debian's package: in a folder of its own, on a socket there, as a user who is
//! not root. It ends with the process that started it, however that ends.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use sha2::{Digest, Sha256};
use tempfile::TempDir;
use yuanjiao::store::Place;

/// Starts a server, says so, and takes it away when its own standard input ends, that is with whoever holds it.
const KEEPER: &str = r#"
"$0/initdb" -D "$1/data" -U tests -A trust -E UTF8 --locale=C --no-sync >/dev/null &&
"$0/pg_ctl" -D "$1/data" -l "$1/log" -w -t 120 -o "-k $1 -c listen_addresses='' -c fsync=off -c max_connections=200" start >/dev/null &&
echo ready
cat >/dev/null
"$0/pg_ctl" -D "$1/data" -m immediate stop >/dev/null 2>&1
"#;

pub struct Server {
    keeper: Child,
    programs: PathBuf,
    folder: TempDir,
    user: (u32, u32),
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        drop(self.keeper.wait());
    }
}

/// Where Debian puts the programs of the newest version that is installed.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    let mut found: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    found.retain(|bin| bin.join("initdb").exists() && bin.join("postgres").exists());
    found.sort();
    found.pop()
}

/// The number of a user and of his group, who may run a server: it refuses root.
fn user() -> Option<(u32, u32)> {
    let users = fs::read_to_string("/etc/passwd").ok()?;
    let of = |name: &str| {
        let line = users.lines().find(|line| line.starts_with(&format!("{name}:")))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    of("postgres").or_else(|| of("nobody"))
}

impl Server {
    /// `None`, with the reason printed, if the package is not installed.
    pub fn start() -> Option<Self> {
        let (Some(programs), Some(user)) = (programs(), user()) else {
            eprintln!("skipped: no PostgreSQL server is installed (apt-get install postgresql)");
            return None;
        };
        let folder = TempDir::new().unwrap();
        let is_root = fs::read_to_string("/proc/self/status").unwrap().contains("\nUid:\t0\t");
        if is_root {
            std::os::unix::fs::chown(folder.path(), Some(user.0), Some(user.1)).unwrap();
        }
        let mut command = Command::new("sh");
        command.arg("-c").arg(KEEPER).arg(&programs).arg(folder.path());
        command
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        if is_root {
            command.uid(user.0).gid(user.1);
        }
        let mut keeper = command.spawn().unwrap();
        let said = BufReader::new(keeper.stdout.take().unwrap()).lines().next();
        let server = Self {
            keeper,
            programs,
            folder,
            user,
        };
        assert_eq!(said.unwrap().unwrap(), "ready", "{}", server.log());
        Some(server)
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Stops the server, whatever it is doing, and starts it again.
    pub fn restart(&self) {
        let mut command = Command::new(self.programs.join("pg_ctl"));
        command.arg("-D").arg(self.folder.path().join("data"));
        command.arg("-l").arg(self.folder.path().join("log"));
        command
            .args(["-w", "-t", "120", "-m", "immediate", "restart"])
            .stdout(Stdio::null());
        if std::os::unix::fs::MetadataExt::uid(&fs::metadata("/proc/self").unwrap()) == 0 {
            command.uid(self.user.0).gid(self.user.1);
        }
        assert!(
            command.current_dir(self.folder.path()).status().unwrap().success(),
            "{}",
            self.log()
        );
    }

    /// The address of a database of that name, which is made if it is not there.
    pub fn database(&self, name: &str) -> String {
        let address = |database: &str| {
            format!(
                "postgresql:///{database}?host={}&user=tests",
                self.folder.path().display()
            )
        };
        let make = std::thread::scope(|scope| {
            let make = || {
                let mut client = postgres::Client::connect(&address("postgres"), postgres::NoTls).unwrap();
                client.batch_execute(&format!("CREATE DATABASE {name}"))
            };
            scope.spawn(make).join().unwrap()
        });
        if let Err(error) = make {
            assert_eq!(error.code().unwrap().code(), "42P04", "only that it is there: {error}");
        }
        address(name)
    }
}

/// A certificate of an authority of its own, made out to `localhost`, and a key that only the server may read.
const CERTIFY: &str = r#"
key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
openssl req -x509 $key -days 30 -subj /CN=tests -keyout ca.key -out ca.pem &&
openssl req $key -subj /CN=localhost -keyout server.key -out server.csr &&
echo subjectAltName=DNS:localhost >names &&
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile names -out server.pem &&
chmod 600 server.key
"#;

impl Server {
    /// From now on it is asked over TCP, at the port that is returned; encrypted if `is_encrypted`, with a certificate that
    /// the authority in the returned file signed.
    pub fn listen(&self, is_encrypted: bool) -> (u16, PathBuf) {
        let folder = self.folder.path();
        let mut certify = Command::new("sh");
        certify
            .arg("-ec")
            .arg(CERTIFY)
            .current_dir(folder)
            .stderr(Stdio::null());
        if fs::metadata("/proc/self").is_ok_and(|it| std::os::unix::fs::MetadataExt::uid(&it) == 0) {
            certify.uid(self.user.0).gid(self.user.1);
        }
        assert!(certify.status().unwrap().success(), "openssl");
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let (ssl, at) = (if is_encrypted { "on" } else { "off" }, folder.display());
        let config = format!(
            "listen_addresses = 'localhost'\nport = {port}\nssl = {ssl}\n\
             ssl_cert_file = '{at}/server.pem'\nssl_key_file = '{at}/server.key'\n"
        );
        let path = folder.join("data/postgresql.auto.conf");
        let before = fs::read_to_string(&path).unwrap();
        fs::write(&path, before + &config).unwrap();
        // What was given on the line of the start goes before any file.
        let mut command = Command::new(self.programs.join("pg_ctl"));
        command
            .arg("-D")
            .arg(folder.join("data"))
            .arg("-l")
            .arg(folder.join("log"));
        command.args(["-w", "-t", "120", "-m", "immediate", "-o"]);
        command.arg(format!("-k {} -c fsync=off -c max_connections=200", folder.display()));
        command.arg("restart").stdout(Stdio::null());
        if fs::metadata("/proc/self").is_ok_and(|it| std::os::unix::fs::MetadataExt::uid(&it) == 0) {
            command.uid(self.user.0).gid(self.user.1);
        }
        assert!(
            command.current_dir(folder).status().unwrap().success(),
            "{}",
            self.log()
        );
        (port, folder.join("ca.pem"))
    }
}

/// Whether this is `tests/postgres.rs`.
pub fn is_of_this_file() -> bool {
    env!("CARGO_CRATE_NAME") == "postgres"
}

/// Where the books of the district in this folder are. In `tests/postgres.rs`, which runs the tests of other files again,
/// they are on a server.
pub fn place(folder: &Path) -> Place {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    if !is_of_this_file() {
        return Place::File;
    }
    let Some(server) = SERVER.get_or_init(Server::start) else {
        return Place::File;
    };
    let name = data_encoding::HEXLOWER.encode(&Sha256::digest(folder.as_os_str().as_encoded_bytes())[..8]);
    Place::Server(server.database(&format!("books_{name}")))
}
