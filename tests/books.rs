//! The books of a running station, asked for as an operator's browser does: every book in every form, opened by a reader
//! that is not ours; photos for the operator and an enrolled district alone.

mod common;

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use common::{Answer, Station};

const BOOKS: [&str; 8] = ["f1", "f2", "f3", "f4", "f5", "f6", "f7", "parts"];

/// Posts a form of the desk with the token that its page carries.
async fn post(station: &Station, cookie: &str, page: &str, to: &str, fields: &str) -> Answer {
    let shown = station.get(page, &format!("Cookie: {cookie}\r\n")).await.text();
    let token = shown.split("name=\"csrf\" value=\"").nth(1).expect("a form");
    let token = token.split('"').next().expect("a token");
    let origin = format!("http://{}", station.address);
    let extra = format!("Cookie: {cookie}\r\nOrigin: {origin}\r\nContent-Type: application/x-www-form-urlencoded\r\n");
    station.ask("POST", to, &extra, &format!("csrf={token}&{fields}")).await
}

async fn book(station: &Station, cookie: &str, path: &str) -> Answer {
    station
        .get(&format!("/desk/books/{path}"), &format!("Cookie: {cookie}\r\n"))
        .await
}

fn rows(answer: &Answer) -> Vec<Vec<Data>> {
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(answer.body.clone())).expect("a workbook");
    let range = workbook.worksheet_range_at(0).expect("a sheet").expect("cells");
    range.rows().map(<[Data]>::to_vec).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_book_opens_as_page_table_and_workbook_and_says_the_same() {
    let station = Station::start().await;
    let cookie = station.operator().await;
    let entered = post(
        &station,
        &cookie,
        "/desk/books/f3",
        "/desk/equipment",
        "act=save&key=0&name=%3D1%2B1&model=55E3&count=2&state=ok",
    )
    .await;
    assert_eq!(entered.status, 303, "{}", entered.text());
    for code in BOOKS {
        let page = book(&station, &cookie, code).await;
        assert_eq!(page.status, 200, "{code}: {}", page.text());
        let csv = book(&station, &cookie, &format!("{code}/table.csv")).await;
        let text = csv.text();
        assert!(text.starts_with('\u{feff}'), "{code}");
        let workbook = rows(&book(&station, &cookie, &format!("{code}/table.xlsx")).await);
        // Title, station and period stand above the head; below it lie as many rows as the table has.
        let head: Vec<String> = workbook[2].iter().map(ToString::to_string).collect();
        assert_eq!(
            text.lines().next().unwrap().trim_start_matches('\u{feff}'),
            head.join(","),
            "{code}"
        );
        let lines = text.lines().count() - 1;
        assert!(
            workbook.len() >= 3 + lines,
            "{code}: {lines} lines, {} rows",
            workbook.len()
        );
    }
    let equipment = rows(&book(&station, &cookie, "f3/table.xlsx").await);
    assert_eq!(equipment[3][0], Data::String("=1+1".into()), "a text, not a formula");
    assert_eq!(equipment[3][4], Data::Float(2.0), "a number is a number");
    let csv = book(&station, &cookie, "f3/table.csv").await.text();
    assert!(csv.contains("'=1+1"), "{csv}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_roster_and_the_runs_fill_themselves_in() {
    let mut station = Station::start().await;
    let cookie = station.operator().await;
    let roster = rows(&book(&station, &cookie, "f5/table.xlsx").await);
    let names: Vec<String> = roster[3..].iter().map(|row| row[1].to_string()).collect();
    assert_eq!(names, ["陈桂兰", "王德明"]);
    assert_eq!(roster[3][15], Data::Float(56.0), "a secretary owes 56 hours");
    let runs = book(&station, &cookie, "f4/table.csv").await.text();
    assert!(runs.contains("正在运行"), "{runs}");
    let card = rows(&book(&station, &cookie, "f6/table.xlsx").await);
    let place = card[2].iter().position(|name| *name == "开机次数").unwrap();
    assert_eq!(card[3][place], Data::Float(1.0));
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_the_operator_reads_the_books_and_nobody_unknown_gets_a_photo() {
    let station = Station::start().await;
    for path in [
        "/desk/books",
        "/desk/books/f5",
        "/desk/books/f5/table.csv",
        "/desk/leaf/0",
        "/desk/leaves/0",
    ] {
        let answer = station.get(path, "").await;
        assert!(
            answer.status == 303 || answer.status == 401,
            "{path}: {}",
            answer.status
        );
        assert!(!answer.text().contains("王德明"), "{path}");
    }
    let digest = "0".repeat(64);
    assert_eq!(station.get(&format!("/log/blob/{digest}"), "").await.status, 401);
    let cookie = station.operator().await;
    let operator = format!("Cookie: {cookie}\r\n");
    for odd in [digest.as_str(), "..%2F..%2Fkeys", "zz"] {
        assert_eq!(
            station.get(&format!("/desk/blob/{odd}"), &operator).await.status,
            404,
            "{odd}"
        );
    }
    assert_eq!(station.get("/desk/books/f9", &operator).await.status, 404);
    assert_eq!(station.get("/desk/books/f6?p=2026-13", &operator).await.status, 422);
    assert_eq!(station.get("/desk/leaf/99999999", &operator).await.status, 404);
    let leaf = station.get("/desk/leaf/0", &operator).await.text();
    assert!(leaf.contains("leaf-holds") && leaf.contains("genesis"), "{leaf}");
}
