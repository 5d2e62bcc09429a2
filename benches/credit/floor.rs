//! What the same requests cost a server that does nothing with them: nginx, which answers each with two bytes. Phones
//! that ask once in ten seconds find every cache cold, so that the least a machine takes for one is not what a request in
//! a row of a million costs.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::process::Usage;

pub struct Floor {
    child: Child,
    _home: TempDir,
    pub address: String,
}

impl Floor {
    /// One process; none if nginx is not installed.
    pub fn start() -> Option<Self> {
        let home = tempfile::tempdir().expect("a folder");
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let address = free.expect("a free port").to_string();
        let settings = home.path().join("nginx.conf");
        let words = format!(
            "daemon off; master_process off; pid {home}/pid; error_log {home}/error.log;\n\
             events {{ worker_connections 8192; }}\n\
             http {{ access_log off; keepalive_timeout 300; client_body_temp_path {home}/body;\n\
             server {{ listen {address}; location / {{ default_type application/json; return 200 '{{}}'; }} }} }}\n",
            home = home.path().display()
        );
        fs::write(&settings, words).expect("a writable folder");
        let mut nginx = Command::new("nginx");
        nginx.arg("-c").arg(&settings).arg("-p").arg(home.path());
        let child = nginx.stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
        let floor = Self {
            child,
            _home: home,
            address,
        };
        let answers = || {
            (0..100).any(|_| {
                std::thread::sleep(Duration::from_millis(50));
                TcpStream::connect(&floor.address).is_ok()
            })
        };
        answers().then_some(floor)
    }

    pub fn usage(&self) -> Usage {
        Usage::of(&self.child)
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
