//! What the operator writes and decides about a film hangs on its content: it outlives a new name, another folder, and the
//! loss of the index.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod common;

use std::fs;
use std::io::Write;
use std::process::Command;

use common::{Answer, Station};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const TITLE: &str = "%E6%B0%B4%E7%A8%BB%E8%82%B2%E7%A7%A7";

fn csrf(page: &Answer) -> String {
    assert_eq!(page.status, 200, "{}", page.text());
    let text = page.text();
    let value = text
        .split("name=\"csrf\" value=\"")
        .nth(1)
        .expect("a form with its token");
    value.split('"').next().unwrap().to_owned()
}

/// Fills in a form of the desk and sends it.
async fn send(station: &Station, operator: &str, page: &str, to: &str, fields: &str) {
    let cookie = format!("Cookie: {operator}\r\n");
    let token = csrf(&station.get(page, &cookie).await);
    let head = format!("Content-Type: application/x-www-form-urlencoded\r\n{cookie}");
    let sent = station.ask("POST", to, &head, &format!("csrf={token}&{fields}")).await;
    assert_eq!(sent.status, 303, "{}", sent.text());
}

/// What members are told of a film; `None` if it is not shown to them.
async fn told(station: &Station, id: &str) -> Option<[String; 3]> {
    let items = station.get("/api/items", "").await.json();
    let mut all = items["items"].as_array().unwrap().iter();
    let item = all.find(|item| item["id"] == id)?;
    Some(["title", "class", "file"].map(|key| item[key].as_str().unwrap_or("").to_owned()))
}

/// The desk's list, once it shows this.
async fn desk_with(station: &Station, operator: &str, text: &str) -> String {
    let cookie = format!("Cookie: {operator}\r\n");
    let mut page = String::new();
    for _ in 0..300 {
        page = station.get("/desk/library", &cookie).await.text();
        if page.contains(text) {
            return page;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("{text} never came: {page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_about_a_film_outlives_a_new_name_another_folder_and_the_index() {
    let mut station = Station::start().await;
    let (id, _) = station.film().await;
    let operator = station.operator().await;
    let page = format!("/desk/library/{id}");
    let fields = format!("title={TITLE}&class=%E5%86%9C%E6%8A%80&source=&speaker=%E6%9D%8E%E5%BB%BA%E5%9B%BD&local=on");
    send(&station, &operator, &page, &page, &fields).await;
    let written = |file: &str| Some(["水稻育秧", "农技", file].map(str::to_owned));
    let before = told(&station, &id).await.unwrap();
    assert_eq!(Some(before.clone()), written(&before[2]));

    station.stop().await;
    fs::create_dir(station.media().join("别处")).unwrap();
    fs::rename(
        station.media().join(&before[2]),
        station.media().join("别处/新名字.mp4"),
    )
    .unwrap();
    for file in ["index.db", "index.db-wal", "index.db-shm"] {
        let index = station.folder.path().join("data").join(file);
        assert!(
            fs::remove_file(index).is_ok() || file != "index.db",
            "there was an index"
        );
    }
    station.start_again(|_| {}).await;
    assert_eq!(station.id_of("别处/新名字.mp4").await, id);
    assert_eq!(told(&station, &id).await, written("别处/新名字.mp4"));
    let operator = format!("Cookie: {operator}\r\n");
    let desk = station.get(&page, &operator).await.text();
    assert!(
        desk.contains("李建国") && desk.contains("checked"),
        "speaker and 本土 are kept too"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_hidden_stays_hidden_under_another_name_and_without_the_index() {
    let mut station = Station::start().await;
    let (id, _) = station.film().await;
    let operator = station.operator().await;
    let file = told(&station, &id).await.unwrap()[2].clone();
    send(
        &station,
        &operator,
        "/desk/library",
        "/desk/library",
        &format!("item={id}&act=hide"),
    )
    .await;
    assert_eq!(told(&station, &id).await, None);
    station.stop().await;
    let moved = station.media().join("又一个.mp4");
    fs::rename(station.media().join(&file), &moved).unwrap();
    fs::remove_file(station.folder.path().join("data/index.db")).unwrap();
    station.start_again(|_| {}).await;
    desk_with(&station, &operator, &id).await;
    assert_eq!(told(&station, &id).await, None, "no name and no scan brings it back");
    send(
        &station,
        &operator,
        "/desk/library",
        "/desk/library",
        &format!("item={id}&act=show"),
    )
    .await;
    assert!(told(&station, &id).await.is_some());
}

/// The film of this item with forty megabytes of nothing behind it, which no kernel holds for a reader that stands still.
async fn long_film(station: &Station, id: &str) -> String {
    const NOTHING: u32 = 40 << 20;
    let film = station.media().join("长片.mp4");
    fs::copy(station.file_of(id).await, &film).unwrap();
    let mut longer = fs::OpenOptions::new().append(true).open(&film).unwrap();
    longer
        .write_all(&[&NOTHING.to_be_bytes()[..], b"free"].concat())
        .unwrap();
    let size = longer.metadata().unwrap().len();
    longer.set_len(size + u64::from(NOTHING) - 8).unwrap();
    station.id_of("长片.mp4").await
}

/// Somebody takes a film slowly, so that its file is open and at hand for everybody else.
#[tokio::test(flavor = "multi_thread")]
async fn a_film_that_is_on_its_way_to_one_reader_goes_to_nobody_else_once_it_is_hidden() {
    let station = Station::start().await;
    let (sample, _) = station.film().await;
    let operator = station.operator().await;
    let id = long_film(&station, &sample).await;
    let mut slow = TcpStream::connect(station.address).await.unwrap();
    let asked = format!("GET /media/{id} HTTP/1.1\r\nHost: {}\r\n\r\n", station.address);
    slow.write_all(asked.as_bytes()).await.unwrap();
    assert_eq!(&read_some(&mut slow).await[..12], b"HTTP/1.1 200");
    let part = "Range: bytes=5-9\r\n";
    let members = async || station.get(&format!("/media/{id}"), part).await.status;
    let operators = async || {
        let head = format!("{part}Cookie: {operator}\r\n");
        station.get(&format!("/media/{id}"), &head).await.status
    };
    assert_eq!((members().await, members().await), (206, 206));
    for (act, seen) in [("hide", 404), ("show", 206), ("hide", 404)] {
        let fields = format!("item={id}&act={act}");
        send(&station, &operator, "/desk/library", "/desk/library", &fields).await;
        assert_eq!((operators().await, members().await), (206, seen), "after {act}");
        assert_eq!(
            (operators().await, members().await),
            (206, seen),
            "and again after {act}"
        );
    }
    assert!(
        !read_some(&mut slow).await.is_empty(),
        "who was being sent it is sent it"
    );
}

async fn read_some(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = vec![0; 1000];
    let count = stream.read(&mut bytes).await.unwrap();
    bytes.truncate(count);
    bytes
}

/// The settings of these tests let nothing be prepared.
#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_is_prepared_the_desk_says_what_to_do_and_the_shelf_has_a_drawn_card() {
    let folder = TempDir::new().unwrap();
    fs::create_dir_all(folder.path().join("media/实用技术")).unwrap();
    for (name, codec) in [("old.wmv", "wmv2"), ("new.mp4", "libx264")] {
        let picture = "testsrc2=size=160x120:rate=5:duration=2";
        let made = Command::new("ffmpeg")
            .args(["-v", "error", "-f", "lavfi", "-i", picture])
            .args(["-pix_fmt", "yuv420p", "-c:v", codec])
            .arg(folder.path().join("media/实用技术").join(name))
            .status();
        assert!(made.expect("ffmpeg is needed to make the film").success());
    }
    let station = Station::start_in(folder).await;
    let id = station.id_of("实用技术/new.mp4").await;
    let operator = station.operator().await;
    let desk = desk_with(&station, &operator, "手机浏览器打不开 WMV 文件").await;
    assert!(desk.contains("请在电脑上转成 MP4"), "what to do about it");
    assert!(desk.contains("设置里关掉了转换"), "and who can change it");
    assert!(
        !desk.contains("没有转换程序"),
        "ffmpeg is not missing, it may not be used"
    );
    let home = station.get("/", "").await.text();
    let card = home.split(&format!("/items/{id}")).nth(1).expect("it is on the shelf");
    let card = card.split("/items/").next().unwrap();
    assert!(
        card.contains("<svg class=\"art\"") && card.contains("实用技术"),
        "{card}"
    );
    assert!(!card.contains("<img"), "no picture was made");
}
