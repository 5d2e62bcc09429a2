//! A disk that fails in the middle of a film. The disk is a real file system in an image that becomes shorter: what lay
//! behind its end can no longer be read, as with a card that is dying. Needs the right to mount.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod common;

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Station, read};
use rustix::fs::Advice;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;

/// The film is so long that most of it is not in memory when the disk fails.
const FILM: u32 = 48 << 20;

fn run(words: &[&str]) -> bool {
    let done = Command::new(words[0]).args(&words[1..]).output();
    done.is_ok_and(|done| done.status.success())
}

/// Mounted until it is dropped.
struct Card {
    image: PathBuf,
    at: PathBuf,
}

impl Card {
    fn new(home: &Path) -> Option<Self> {
        let card = Self {
            image: home.join("card.img"),
            at: home.join("media"),
        };
        fs::create_dir_all(&card.at).unwrap();
        let (image, at) = (card.image.to_str().unwrap(), card.at.to_str().unwrap());
        let made = run(&["truncate", "-s", "96M", image]) && run(&["mkfs.ext4", "-q", "-m", "0", image]);
        if made && run(&["mount", "-o", "loop", image, at]) {
            return Some(card);
        }
        eprintln!("not tested here: no disk can be mounted");
        None
    }

    /// From now on only the first half can be read.
    fn fail(&self) {
        let image = OpenOptions::new().write(true).open(&self.image).unwrap();
        image.set_len(image.metadata().unwrap().len() / 2).unwrap();
    }
}

impl Drop for Card {
    fn drop(&mut self) {
        run(&["umount", "--lazy", self.at.to_str().unwrap()]);
    }
}

/// A sample film, and so much behind it that no player looks at (a `free` box, ISO 14496-12 §8.1.2).
fn long_film(at: &Path, sample: &Path) {
    let mut bytes = read(sample);
    bytes.extend_from_slice(&FILM.to_be_bytes());
    bytes.extend_from_slice(b"free");
    bytes.extend((8..FILM).map(|n| u8::try_from(n.wrapping_mul(2_654_435_761) >> 24).unwrap()));
    fs::write(at, bytes).unwrap();
}

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("config/sample-media")
        .join(name)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fails_ends_that_film_and_the_desk_says_so_while_others_go_on() {
    let folder = TempDir::new().unwrap();
    let Some(card) = Card::new(folder.path()) else {
        return;
    };
    let (short, long) = (card.at.join("short.mp4"), card.at.join("long.mp4"));
    fs::copy(sample("党史/长征的几个数字.mp4"), &short).unwrap();
    long_film(&long, &sample("使用说明/三步看懂远教站.mp4"));
    assert!(run(&["sync"]));
    let station = Station::start_in(folder).await;
    let operator = station.operator().await;
    let (short_id, long_id) = (station.id_of("short.mp4").await, station.id_of("long.mp4").await);
    let whole = read(&long).len();

    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(64 << 10).unwrap();
    let mut reader = socket.connect(station.address).await.unwrap();
    let host = station.address;
    let request = format!("GET /media/{long_id} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    reader.write_all(request.as_bytes()).await.unwrap();
    reader.read_exact(&mut vec![0; 100_000]).await.unwrap();
    card.fail();
    rustix::fs::fadvise(File::open(&long).unwrap(), 0, None, Advice::DontNeed).unwrap();
    let mut rest = Vec::new();
    drop(reader.read_to_end(&mut rest).await);
    assert!(
        rest.len() < whole - 1_000_000,
        "the connection ends where the disk does: {}",
        rest.len()
    );

    assert!(
        station.get(&format!("/media/{short_id}"), "").await.body == read(&short),
        "the other film plays"
    );
    let desk = station.get("/desk", &format!("Cookie: {operator}\r\n")).await;
    assert_eq!(desk.status, 200);
    assert!(desk.text().contains("磁盘读不出"), "{}", desk.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_that_is_deleted_while_it_plays_plays_to_its_end() {
    let station = Station::start().await;
    let (id, _) = station.film().await;
    let path = station.file_of(&id).await;
    let whole = read(&path);
    let mut reader = TcpSocket::new_v4().unwrap().connect(station.address).await.unwrap();
    let host = station.address;
    let request = format!("GET /media/{id} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    reader.write_all(request.as_bytes()).await.unwrap();
    let mut first = vec![0; 1_000];
    reader.read_exact(&mut first).await.unwrap();
    fs::remove_file(&path).unwrap();
    let mut rest = Vec::new();
    reader.read_to_end(&mut rest).await.unwrap();
    assert!([first, rest].concat().ends_with(&whole));
    while station.get(&format!("/media/{id}"), "").await.status != 404 {
        tokio::task::yield_now().await;
    }
}
