//! Hours that no clock dates, as the clerk of a district decides about them: the real program at both ends, from the first
//! page to what the member reads.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

#[path = "common/in_1970.rs"]
mod in_1970;
#[path = "common/office.rs"]
mod office;
#[path = "common/program.rs"]
mod program;

use std::process::Command;

use office::{Office, between, village};
use tempfile::TempDir;

const EVIDENCE: &str = "放映登记本第 3 页，2026 年 11 月";

/// The member's own page for scripts, as he asks it again and again.
struct Mine<'a> {
    at: &'a str,
    cookie: String,
}

impl<'a> Mine<'a> {
    fn of(at: &'a str) -> Self {
        let (_, head, _) = program::ask(at, "POST", "/api/login", "", r#"{"member":"0021","pin":"2468"}"#).unwrap();
        let cookie = between(&head, "set-cookie: ", ";");
        Self { at, cookie }
    }

    /// Year and milliseconds of what he has.
    fn hours(&self) -> Vec<(u64, u64)> {
        let (_, _, mine) = program::ask(self.at, "GET", "/api/me", &self.cookie, "").unwrap();
        let mine: serde_json::Value = serde_json::from_str(&mine).unwrap();
        let items = mine["items"].as_array().unwrap().iter();
        let years = items.map(|item| (item["year"].as_u64().unwrap(), item["credited_ms"].as_u64().unwrap()));
        years.filter(|(_, credited)| *credited > 0).collect()
    }
}

/// Two years from now, as far as these programs know: then more than one year fits what no clock dates, and somebody has to
/// decide. `false` if this run is that one.
fn runs_two_years_from_now(test: &str) -> bool {
    if std::env::var_os("FAKETIME").is_some() {
        return false;
    }
    let this = std::env::current_exe().unwrap();
    let later = Command::new("faketime")
        .args(["-f", "+2y"])
        .arg(this)
        .args(["--exact", test, "--nocapture"])
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .output();
    match later {
        // Its own words only if it failed, or it would be counted as a test of its own.
        Ok(done) => assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout)),
        Err(error) => eprintln!("not tested here: faketime: {error}"),
    }
    true
}

#[test]
fn the_clerk_finds_hours_without_a_year_on_his_first_page_and_a_pull_takes_his_decision_to_the_station() {
    if runs_two_years_from_now(
        "the_clerk_finds_hours_without_a_year_on_his_first_page_and_a_pull_takes_his_decision_to_the_station",
    ) {
        return;
    }
    let (books, box_of) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let data = box_of.path().join("data");
    std::fs::create_dir_all(&data).unwrap();
    let events = tokio::runtime::Runtime::new().unwrap();
    events.block_on(in_1970::an_evening(&data));
    let mut office = Office::open(books.path());
    let (village, code) = village(box_of.path());
    let mine = Mine::of(&village.0.address);
    assert_eq!(mine.hours(), [(0, 120_000)]);

    let station = office.enrol(&village, &code, "柳溪村");
    let first = office.wait_for("/", |page| page.contains("/station/rulings?"));
    let link = between(&first, "<a href=\"/station/rulings?", "\"").replace("&amp;", "&");
    let link = format!("/station/rulings?{link}");
    let page = office.get(&link);
    assert!(page.contains("0021") && page.contains("2 分钟"), "{page}");
    let of = between(&page, "name=\"of\" value=\"", "\"");
    let leaf = between(&page, "name=\"first\" value=\"", "\"");
    let year = between(&page, "name=\"year\" value=\"", "\"");
    let decision = |year: &str| {
        let fields = [
            ("act", "year"),
            ("of", of.as_str()),
            ("first", &leaf),
            ("year", year),
            ("evidence", EVIDENCE),
        ];
        office.post(&link, "/station/rulings", &office.cookie, &fields)
    };
    assert_eq!(decision("1999").0, 200, "the page again, with what is wrong");
    assert!(decision("1999").2.contains("role=\"alert\""));
    assert_eq!(decision(&year).0, 303);
    let sign = [("act", "sign"), ("of", of.as_str()), ("number", "1")];
    assert_eq!(office.post(&link, "/station/rulings", &office.cookie, &sign).0, 303);

    office.pull_now(&station);
    let decided = [(year.parse().unwrap(), 120_000)];
    office.wait_for(&station, |_| mine.hours() == decided);
    office.pull_now(&station);
    office.wait_for(&link, |page| page.contains("站点已照办"));
    assert!(
        !office.get("/").contains("/station/rulings?"),
        "nothing is left to decide"
    );
}
