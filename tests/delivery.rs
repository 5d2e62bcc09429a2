//! Bytes out, over real sockets, against the file on the disk. What is expected is from RFC 9110.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod common;

use std::fs::{self, OpenOptions};

use common::{Answer, Station, read};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test(flavor = "multi_thread")]
async fn whole_and_ranges_come_out_byte_for_byte() {
    let station = Station::start().await;
    let (id, _) = station.film().await;
    let file = read(&station.file_of(&id).await);
    let (path, n) = (format!("/media/{id}"), file.len());
    let whole = station.get(&path, "").await;
    assert_eq!((whole.status, whole.header("accept-ranges").as_str()), (200, "bytes"));
    assert!(whole.body == file, "the whole film");
    let cases = [
        ("bytes=0-", 0..n),
        ("bytes=0-0", 0..1),
        ("bytes=100-70000", 100..70_001),
        ("bytes=-1", n - 1..n),
        ("bytes=-1000", n - 1000..n),
        ("bytes=65536-65536", 65_536..65_537),
        ("bytes=1000-99999999", 1000..n),
    ];
    for (range, expected) in cases {
        let answer = station.get(&path, &format!("Range: {range}\r\n")).await;
        let said = format!("bytes {}-{}/{n}", expected.start, expected.end - 1);
        assert_eq!((answer.status, answer.header("content-range")), (206, said), "{range}");
        assert!(answer.body == file[expected], "{range}");
    }
    for range in [format!("bytes={n}-"), "bytes=-0".to_owned()] {
        let answer = station.get(&path, &format!("Range: {range}\r\n")).await;
        assert_eq!(
            (answer.status, answer.header("content-range")),
            (416, format!("bytes */{n}"))
        );
    }
    for range in ["bytes=5-4", "items=0-5", "bytes=0-,0-,0-"] {
        let answer = station.get(&path, &format!("Range: {range}\r\n")).await;
        assert_eq!((answer.status, answer.body.len()), (200, n), "{range}");
    }
}

/// RFC 9110 §15.3.7.2 and §14.6: the parts carry their ranges, the answer itself carries none.
#[tokio::test(flavor = "multi_thread")]
async fn several_ranges_come_as_parts() {
    let station = Station::start().await;
    let (id, _) = station.film().await;
    let file = read(&station.file_of(&id).await);
    let (path, n) = (format!("/media/{id}"), file.len());
    let answer = station.get(&path, "Range: bytes=1000-1999,-5\r\n").await;
    assert_eq!((answer.status, answer.header("content-range").as_str()), (206, ""));
    let kind = answer.header("content-type");
    let boundary = kind.strip_prefix("multipart/byteranges; boundary=").unwrap();
    let mut expected = Vec::new();
    for part in [1000..2000, n - 5..n] {
        let head = format!(
            "\r\n--{boundary}\r\nContent-Type: video/mp4\r\nContent-Range: bytes {}-{}/{n}\r\n\r\n",
            part.start,
            part.end - 1
        );
        expected.extend_from_slice(head.as_bytes());
        expected.extend_from_slice(&file[part]);
    }
    expected.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    assert!(answer.body == expected);
    assert_eq!(answer.header("content-length"), expected.len().to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn methods_are_told_and_odd_addresses_are_refused() {
    let station = Station::start().await;
    let (id, _) = station.film().await;
    let path = format!("/media/{id}");
    let told = station.ask("OPTIONS", &path, "", "").await;
    assert_eq!(
        (told.status, told.header("allow").as_str()),
        (204, "GET, HEAD, OPTIONS")
    );
    let wrong = station.ask("PUT", &path, "", "").await;
    assert_eq!(wrong.status, 405);
    assert!(wrong.header("allow").contains("GET"), "{}", wrong.head);
    let odd = station.get("/media/%ff", "").await;
    assert_eq!(
        (odd.status, odd.header("content-type").as_str()),
        (400, "application/problem+json")
    );
    let page = station.get("/items/%ff", "").await;
    assert_eq!(
        (page.status, page.header("content-type").as_str()),
        (400, "text/html; charset=utf-8")
    );
    let two = format!(
        "GET {path} HTTP/1.0\r\nHost: {0}\r\nHost: evil.example\r\n\r\n",
        station.address
    );
    assert_eq!(Answer::of(&station.raw(&two).await).status, 400);
    let absolute = format!(
        "GET http://{0}{path} HTTP/1.1\r\nHost: {0}\r\nConnection: close\r\n\r\n",
        station.address
    );
    assert_eq!(Answer::of(&station.raw(&absolute).await).status, 200);
    let foreign = format!(
        "GET http://evil.example{path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
        station.address
    );
    assert_eq!(Answer::of(&station.raw(&foreign).await).status, 421);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_overwritten_in_its_place_is_not_served_under_the_old_address() {
    let station = Station::start().await;
    let (id, _) = station.film().await;
    let path = station.file_of(&id).await;
    let mut file = read(&path);
    assert!(station.get(&format!("/media/{id}"), "").await.body == file);
    let middle = file.len() / 2;
    file[middle] ^= 1;
    fs::write(&path, &file).unwrap();
    let answer = station.get(&format!("/media/{id}"), "").await;
    assert_eq!(answer.status, 404, "the same size, another content, another item");
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_are_honoured() {
    let station = Station::start().await;
    let (id, _) = station.film().await;
    let path = format!("/media/{id}");
    let etag = station.get(&path, "").await.header("etag");
    let cases = [
        (format!("If-None-Match: {etag}\r\n"), 304),
        ("If-None-Match: *\r\n".to_owned(), 304),
        ("If-None-Match: \"x\"\r\n".to_owned(), 200),
        ("If-Match: \"x\"\r\n".to_owned(), 412),
        (format!("If-Range: {etag}\r\nRange: bytes=0-9\r\n"), 206),
        ("If-Range: \"x\"\r\nRange: bytes=0-9\r\n".to_owned(), 200),
        ("If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT\r\n".to_owned(), 304),
    ];
    for (lines, status) in cases {
        let answer = station.get(&path, &lines).await;
        assert_eq!(answer.status, status, "{lines}");
        if status == 304 {
            let length = answer.header("content-length");
            assert!(
                answer.body.is_empty() && length != "0",
                "a 304 says nothing false about its length: {length}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn head_http_1_0_and_pipelining_are_right() {
    let station = Station::start().await;
    let (id, _) = station.film().await;
    let file = read(&station.file_of(&id).await);
    let head = station
        .ask("HEAD", &format!("/media/{id}"), "Range: bytes=0-0\r\n", "")
        .await;
    assert_eq!(
        (head.status, head.header("content-length"), head.body.len()),
        (200, file.len().to_string(), 0)
    );
    let old = Answer::of(
        &station
            .raw(&format!("GET /media/{id} HTTP/1.0\r\nRange: bytes=0-9\r\n\r\n"))
            .await,
    );
    assert!(old.status == 206 && old.body == file[..10], "{}", old.head);
    let host = station.address;
    let one = |range: &str, end: &str| {
        format!("GET /media/{id} HTTP/1.1\r\nHost: {host}\r\nRange: bytes={range}\r\n{end}\r\n")
    };
    let both = station
        .raw(&format!("{}{}", one("0-4", ""), one("5-9", "Connection: close\r\n")))
        .await;
    let text = String::from_utf8_lossy(&both);
    assert_eq!(text.matches("206 Partial Content").count(), 2);
    assert!(both.ends_with(&file[5..10]));
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_and_odd_requests_get_a_right_answer() {
    let station = Station::start().await;
    let host = station.address;
    let get = |path: &str, host: &str| format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let status = |bytes: Vec<u8>| Answer::of(&bytes).status;
    assert_eq!(status(station.raw(&get("/", "evil.example")).await), 421);
    assert_eq!(
        status(station.raw("GET / HTTP/1.1\r\nConnection: close\r\n\r\n").await),
        400
    );
    for path in [
        "/media/../../etc/passwd",
        "/media/%2e%2e%2fetc%2fpasswd",
        "/media/x",
        "/nowhere",
    ] {
        assert_eq!(status(station.raw(&get(path, &host.to_string())).await), 404, "{path}");
    }
    let foreign = station
        .ask(
            "POST",
            "/api/login",
            "Origin: http://evil.example\r\nContent-Type: application/json\r\n",
            "{}",
        )
        .await;
    assert_eq!(foreign.status, 403);
    let (id, _) = station.film().await;
    assert_eq!(station.ask("DELETE", &format!("/media/{id}"), "", "").await.status, 405);
    let large = "x".repeat(100_000);
    assert_eq!(station.json("/api/login", "", &large).await.status, 413);
    assert_eq!(station.json("/api/login", "", "{").await.status, 400);
    assert_eq!(station.json("/api/login", "", r#"{"member":1}"#).await.status, 422);
    assert_eq!(station.ask("POST", "/api/login", "", "{}").await.status, 415);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_an_item_is_not_shown_before_the_item_is() {
    let folder = tempfile::TempDir::new().unwrap();
    let mut settings = Station::settings(folder.path());
    settings.media.approval = yuanjiao::config::Approval::Desk;
    let station = Station::start_with(folder, settings).await;
    let cookie = format!("Cookie: {}\r\n", station.operator().await);
    let id = loop {
        let items = station.get("/api/items", &cookie).await.json();
        let items = items["items"].as_array().unwrap().clone();
        let with_subtitles = items.iter().find(|item| item["title"] == "油菜越冬五件事");
        if let Some(item) = with_subtitles.filter(|item| item["state"] != "copying") {
            break item["id"].as_str().unwrap().to_owned();
        }
    };
    let paths = ["", "/subtitles/0", "/poster", "/thumb"].map(|what| format!("/media/{id}{what}"));
    for path in &paths {
        assert_eq!(station.get(path, "").await.status, 404, "{path}");
    }
    for path in &paths[..2] {
        assert_eq!(station.get(path, &cookie).await.status, 200, "{path}");
    }
}

/// What is data stays data: no policy for documents lets a script run.
#[tokio::test(flavor = "multi_thread")]
async fn documents_have_a_policy_of_their_own() {
    let station = Station::start().await;
    let pdf = "%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\nstartxref\n9\n%%EOF\n";
    let cases = [
        ("讲义.pdf", pdf, false),
        ("讲义.txt", "<script>alert(1)</script>\n", true),
    ];
    for (name, content, sandboxed) in cases {
        fs::write(station.media().join(name), content).unwrap();
        let id = station.id_of(name).await;
        let policy = station
            .get(&format!("/media/{id}"), "")
            .await
            .header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'") && !policy.contains("script-src"),
            "{name}: {policy}"
        );
        assert_eq!(policy.starts_with("sandbox"), sandboxed, "{name}: {policy}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn beats_and_refusals_are_short() {
    let station = Station::start().await;
    let long = format!("{{\"n\":1,\"x\":\"{}\"}}", "x".repeat(20_000));
    assert_eq!(station.json("/api/sessions/x/beats", "", &long).await.status, 413);
    let odd = format!("{{\"member\":\"{}\",\"pin\":7}}", "x".repeat(20_000));
    let refused = station.json("/api/login", "", &odd).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.len() < 1_000, "{}", refused.text());
    let form = format!("{}=1", "x".repeat(20_000));
    let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
    let refused = station.ask("POST", "/sign-in", kind, &form).await;
    assert!(refused.status >= 400 && refused.body.len() < 20_000, "{}", refused.head);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aborted_reader_and_a_film_that_shrinks_harm_nobody() {
    let station = Station::start().await;
    let (mut id, _) = station.film().await;
    let path = station.file_of(&id).await;
    let file = read(&path);
    let request = format!(
        "GET /media/{id} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
        station.address
    );
    let mut gone = TcpStream::connect(station.address).await.unwrap();
    gone.write_all(request.as_bytes()).await.unwrap();
    let mut some = vec![0; 1000];
    gone.read_exact(&mut some).await.unwrap();
    drop(gone);
    assert!(station.get(&format!("/media/{id}"), "").await.body == file);

    let long = station.media().join("long.mp4");
    make_long(&long, &file);
    let short = std::mem::replace(&mut id, station.id_of("long.mp4").await);
    let mut slow = TcpStream::connect(station.address).await.unwrap();
    let request = request.replace(&short, &id);
    slow.write_all(request.as_bytes()).await.unwrap();
    slow.read_exact(&mut some).await.unwrap();
    let open = OpenOptions::new().write(true).open(&long).unwrap();
    open.set_len(2_000).unwrap();
    let mut rest = Vec::new();
    drop(slow.read_to_end(&mut rest).await);
    assert!((rest.len() as u64) < LONG, "no byte is made up");
    // The next request finds another file under the name and does not serve it under the old id.
    assert_eq!(station.get(&format!("/media/{id}"), "").await.status, 404);
}

/// More than the kernel keeps for one connection on both sides together.
const LONG: u64 = 64 << 20;

/// A film with a `free` box (ISO 14496-12 §8.1.2) behind it that no player looks at and that takes no room on the disk.
fn make_long(at: &std::path::Path, film: &[u8]) {
    let size = u32::try_from(LONG).unwrap().to_be_bytes();
    fs::write(at, [film, &size[..], b"free"].concat()).unwrap();
    let open = OpenOptions::new().write(true).open(at).unwrap();
    open.set_len(film.len() as u64 + LONG).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_download_is_finished_before_the_station_stops() {
    let mut station = Station::start().await;
    let (id, _) = station.film().await;
    let file = read(&station.file_of(&id).await);
    let request = format!("GET /media/{id} HTTP/1.1\r\nHost: {}\r\n\r\n", station.address);
    let mut stream = TcpStream::connect(station.address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut first = vec![0; 100];
    stream.read_exact(&mut first).await.unwrap();
    let reading = tokio::spawn(async move {
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.unwrap();
        rest
    });
    station.stop().await;
    let rest = reading.await.unwrap();
    assert!([first, rest].concat().ends_with(&file));
}
