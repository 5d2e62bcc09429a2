//! Hours that no clock dates, as the clerk of a district decides about them: the real program at both ends, from the first
//! page to what the member reads.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

#[path = "common/in_1970.rs"]
mod in_1970;
#[path = "common/office.rs"]
mod office;
#[path = "common/program.rs"]
mod program;

use std::path::Path;
use std::process::Command;

use office::{Office, Village, between, village};
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
    // As the runner names it: this file may be a part of another one.
    let within = module_path!().split_once("::").map(|(_, module)| format!("{module}::"));
    let test = within.unwrap_or_default() + test;
    let this = std::env::current_exe().unwrap();
    let later = Command::new("faketime")
        .args(["-f", "+2y"])
        .arg(this)
        .args(["--exact", &test, "--nocapture"])
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .output();
    match later {
        // Its own words only if it failed, or it would be counted as a test of its own.
        Ok(done) => {
            let said = [done.stdout, done.stderr].concat();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&said));
        }
        Err(error) => eprintln!("not tested here: faketime: {error}"),
    }
    true
}

/// An office, and a village whose box had a boot of 1970.
fn beginning(books: &Path, box_of: &Path) -> (Office, Village, String) {
    let data = box_of.join("data");
    std::fs::create_dir_all(&data).unwrap();
    let events = tokio::runtime::Runtime::new().unwrap();
    events.block_on(in_1970::an_evening(&data));
    let office = Office::open(books);
    let (village, code) = village(box_of);
    (office, village, code)
}

/// The address to which the first page leads for hours without a year.
fn link_on_the_first_page(office: &mut Office) -> String {
    let first = office.wait_for("/", |page| page.contains("/station/rulings?"));
    let link = between(&first, "<a href=\"/station/rulings?", "\"").replace("&amp;", "&");
    format!("/station/rulings?{link}")
}

/// Decides about the hours of this page for the first year that it offers, and signs; which year.
fn decide(office: &Office, link: &str) -> u64 {
    let page = office.get(link);
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
        office.post(link, "/station/rulings", &office.cookie, &fields)
    };
    assert_eq!(decision("1999").0, 200, "the page again, with what is wrong");
    assert!(decision("1999").2.contains("role=\"alert\""));
    assert_eq!(decision(&year).0, 303);
    let sign = [("act", "sign"), ("of", of.as_str()), ("number", "1")];
    assert_eq!(office.post(link, "/station/rulings", &office.cookie, &sign).0, 303);
    year.parse().unwrap()
}

#[test]
fn the_clerk_finds_hours_without_a_year_on_his_first_page_and_a_pull_takes_his_decision_to_the_station() {
    if runs_two_years_from_now(
        "the_clerk_finds_hours_without_a_year_on_his_first_page_and_a_pull_takes_his_decision_to_the_station",
    ) {
        return;
    }
    let (books, box_of) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (mut office, village, code) = beginning(books.path(), box_of.path());
    let mine = Mine::of(&village.0.address);
    assert_eq!(mine.hours(), [(0, 120_000)]);

    let station = office.enrol(&village, &code, "柳溪村");
    let link = link_on_the_first_page(&mut office);
    let decided = [(decide(&office, &link), 120_000)];

    office.pull_now(&station);
    office.wait_for(&station, |_| mine.hours() == decided);
    office.pull_now(&station);
    office.wait_for(&link, |page| page.contains("站点已照办"));
    assert!(
        !office.get("/").contains("/station/rulings?"),
        "nothing is left to decide"
    );
    // Nor once the log has ended and everything is counted again.
    drop(village);
    begin_anew(&office, &station, box_of.path());
    let (done, listed) = told(&office, &["undated"]);
    assert!(done && !listed.contains(" entry "), "{listed}");
    let year = decided[0].0.to_string();
    let (done, report) = told(&office, &["report", "--year", &year]);
    assert!(done && report.contains("1 人，120 秒"), "{report}");
    let (_, other) = told(&office, &["report", "--year", "0"]);
    assert!(other.contains("0 人，0 秒"), "{other}");
}

/// What a command of the district says, and whether it did what it was told.
fn told(office: &Office, words: &[&str]) -> (bool, String) {
    let (config, data) = (office.folder.join("district.toml"), office.folder.join("data"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_yuanjiao"));
    command.arg("district").args(words).arg("--config").arg(config);
    let output = command.arg("--data").arg(data).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

/// The same as on the page, by commands; which year.
fn decide_by_commands(office: &Office, log: &str) -> u64 {
    let (done, listed) = told(office, &["undated"]);
    assert!(done && listed.starts_with(&format!("{log} entry ")), "{listed}");
    assert!(listed.contains("0021 120 s"), "{listed}");
    let (entry, years) = (between(&listed, " entry ", ":"), between(&listed, ", in ", "\n"));
    let year = years.split(" or ").last().unwrap().to_owned();
    let decide = |entry: &str, year: &str, evidence| told(office, &["year", log, entry, year, "--evidence", evidence]);
    let (done, said) = decide("99999", &year, EVIDENCE);
    assert!(!done && said.contains("undated lists them"), "{said}");
    let (done, said) = decide(&entry, "1999", EVIDENCE);
    assert!(!done && said.contains(&years), "{said}");
    let (done, said) = decide(&entry, &year, " ");
    assert!(!done && said.contains("names its evidence"), "{said}");
    let (done, said) = decide(&entry, &year, EVIDENCE);
    assert!(done && said.contains("next pull"), "{said}");
    let (done, listed) = told(office, &["undated"]);
    assert!(done && !listed.contains(" entry "), "{listed}");
    year.parse().unwrap()
}

/// The station begins another log, as the district signed: by the commands, on a stick.
fn begin_anew(office: &Office, station: &str, box_of: &Path) {
    let origin = office::percent_decoded(station.split("of=").nth(1).unwrap());
    let stick = office.folder.join("stick");
    assert!(office::district(
        &office.folder,
        &["epoch", &origin, stick.to_str().unwrap()],
        ""
    ));
    let begun = program::in_folder(&mut Command::new(env!("CARGO_BIN_EXE_yuanjiao")), box_of)
        .arg("epoch")
        .arg(&stick)
        .output()
        .unwrap();
    assert!(begun.status.success(), "{}", String::from_utf8_lossy(&begun.stderr));
}

#[test]
fn hours_of_a_ledger_that_has_ended_are_decided_in_the_one_after_it() {
    if runs_two_years_from_now("hours_of_a_ledger_that_has_ended_are_decided_in_the_one_after_it") {
        return;
    }
    let (books, box_of) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (mut office, village, code) = beginning(books.path(), box_of.path());
    let old = office.enrol(&village, &code, "柳溪村");
    link_on_the_first_page(&mut office);
    drop(village);
    begin_anew(&office, &old, box_of.path());
    let village = Village(program::start(box_of.path()));
    let mine = Mine::of(&village.0.address);
    assert_eq!(mine.hours(), [(0, 120_000)], "carried along, still without a year");
    let station = office.enrol(&village, &office::code(box_of.path()), "柳溪村");
    assert_ne!(station, old);

    let link = link_on_the_first_page(&mut office);
    assert!(
        link.ends_with(old.split('?').nth(1).unwrap()),
        "it is about the old ledger: {link}"
    );
    assert!(office.get(&link).contains("柳溪村") && !office.get(&link).contains("id=\"correct\""));
    let name = office::percent_decoded(old.split("of=").nth(1).unwrap());
    let decided = [(decide_by_commands(&office, &name), 120_000)];
    office.pull_now(&station);
    office.wait_for(&station, |_| mine.hours() == decided);
    office.pull_now(&station);
    office.wait_for(&link, |page| page.contains("站点已照办"));
    office.wait_for("/", |page| !page.contains("/station/rulings?"));
    assert!(!office.get(&station).contains("wrong_year"));

    // The views are made anew from the leaves at the next start, and say the same.
    drop(village);
    let village = Village(program::start(box_of.path()));
    assert_eq!(Mine::of(&village.0.address).hours(), decided);
}
