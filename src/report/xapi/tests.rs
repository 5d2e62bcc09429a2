use serde_json::Value;

use super::{Home, Statements};
use crate::clock::{Reading, Trust};
use crate::ledger::{Closing, Ending, Entry, Leaf, Proof, What};
use crate::types::{DeviceId, Grade, Intervals, ItemId, MemberId, Millis, Mode, Origin, SessionId, Year};

/// 23 November 2026, 08:00 UTC.
const EIGHT: i64 = 1_795_420_800_000;

fn member(number: &str) -> MemberId {
    MemberId::new(number).unwrap()
}

fn film() -> ItemId {
    ItemId::from_digest(&[7; 32])
}

fn session() -> SessionId {
    SessionId::from_bytes([1; 16])
}

fn bytes(minute: u64, trust: Trust, is: What) -> Vec<u8> {
    let now = Reading {
        boot: 1,
        mono: Millis::secs(60 * minute),
        wall_ms: EIGHT + i64::try_from(minute).unwrap() * 60_000,
        trust,
    };
    Leaf::new(now, is).to_bytes()
}

fn half_an_hour_of_film() -> What {
    What::Item {
        item: film(),
        title: "治村十法".into(),
        class: None,
        length: Millis::secs(1_800),
        made_here: false,
    }
}

fn opened() -> What {
    What::Open {
        session: session(),
        member: member("1024"),
        item: film(),
        device: DeviceId::from_bytes([2; 16]),
        mode: Mode::Alone,
    }
}

fn watched(session: SessionId, who: &str, from_s: u64, to_s: u64, grade: Grade) -> What {
    What::Span {
        session,
        member: member(who),
        item: film(),
        year: Year(2026),
        mode: Mode::Alone,
        grade,
        proof: Proof::Asked,
        media: Intervals::one(Millis::secs(from_s), Millis::secs(to_s)),
        total: Millis::secs(to_s),
    }
}

fn said(leaves: &[Vec<u8>]) -> Vec<Value> {
    let home = Home::new("https://study.example.cn/").unwrap();
    let mut statements = Statements::new(home, Origin::new("village/17").unwrap());
    leaves.iter().flat_map(|bytes| statements.leaf(bytes)).collect()
}

fn verbs(statements: &[Value]) -> Vec<&str> {
    statements
        .iter()
        .map(|s| s["verb"]["display"]["en-US"].as_str().unwrap())
        .collect()
}

fn alone() -> Vec<Vec<u8>> {
    let close = What::Close {
        session: session(),
        why: Closing::End,
        unconfirmed: Millis::ZERO,
        flags: Vec::new(),
    };
    vec![
        bytes(0, Trust::District, half_an_hour_of_film()),
        bytes(0, Trust::District, opened()),
        bytes(10, Trust::District, watched(session(), "1024", 0, 600, Grade::A)),
        bytes(30, Trust::District, watched(session(), "1024", 600, 1_700, Grade::A)),
        bytes(31, Trust::District, close),
    ]
}

#[test]
fn a_film_watched_alone_is_told_in_the_words_of_the_video_profile() {
    let statements = said(&alone());
    assert_eq!(
        verbs(&statements),
        ["initialized", "paused", "paused", "completed", "terminated"]
    );
    let paused = &statements[2];
    let result = |word: &str| &paused["result"]["extensions"][format!("https://w3id.org/xapi/video/extensions/{word}")];
    assert_eq!(result("time"), 1_700.0);
    assert_eq!(result("progress"), 0.944);
    assert_eq!(result("played-segments"), "0.000[.]1700.000");
    assert_eq!(paused["timestamp"], "2026-11-23T08:30:00Z");
    assert_eq!(paused["actor"]["account"]["name"], "1024");
    assert_eq!(paused["actor"]["account"]["homePage"], "https://study.example.cn");
    assert_eq!(
        paused["context"]["extensions"]["https://w3id.org/xapi/video/extensions/session-id"], statements[0]["id"],
        "the session is named by the statement that began it"
    );
    let completed = &statements[3];
    assert_eq!(
        (&completed["result"]["completion"], &completed["result"]["duration"]),
        (&Value::Bool(true), &"PT1700S".into())
    );
    for s in &statements {
        let length = &s["context"]["extensions"]["https://w3id.org/xapi/video/extensions/length"];
        assert_eq!(length, 1_800.0, "{s}");
    }
}

#[test]
fn the_same_log_gives_the_same_statements_each_with_its_own_id() {
    let (once, twice) = (said(&alone()), said(&alone()));
    assert_eq!(once, twice);
    let ids: std::collections::BTreeSet<&str> = once.iter().map(|s| s["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), once.len());
    // Version 5 and the variant of RFC 9562.
    assert!(
        ids.iter()
            .all(|id| id.as_bytes()[14] == b'5' && b"89ab".contains(&id.as_bytes()[19]))
    );
}

#[test]
fn what_happened_while_the_date_was_unknown_carries_no_timestamp() {
    let mut leaves = alone();
    leaves[2] = bytes(10, Trust::Unset, watched(session(), "1024", 0, 600, Grade::A));
    let statements = said(&leaves);
    assert_eq!(statements[1].get("timestamp"), None);
    assert!(statements[2].get("timestamp").is_some());
}

#[test]
fn a_film_that_was_left_early_is_not_completed() {
    let mut leaves = alone();
    leaves[3] = bytes(30, Trust::District, watched(session(), "1024", 600, 1_600, Grade::A));
    assert_eq!(verbs(&said(&leaves)), ["initialized", "paused", "paused", "terminated"]);
}

fn evening() -> SessionId {
    SessionId::from_bytes([9; 16])
}

fn attend(who: &str, by: Entry) -> What {
    What::Attend {
        screening: evening(),
        member: member(who),
        shown: Millis::ZERO,
        present: true,
        by,
        device: None,
        reason: String::new(),
        home: None,
    }
}

fn check(passed: &[&str]) -> What {
    What::Check {
        screening: evening(),
        shown: Millis::secs(900),
        passed: passed.iter().map(|who| member(who)).collect(),
        ticked: Vec::new(),
        void: false,
    }
}

/// Three came: one passed both checks, one came after the first, one was ticked and missed the last.
fn three_came() -> [What; 10] {
    let begun = What::Screening {
        screening: evening(),
        screen: DeviceId::from_bytes([3; 16]),
        mode: Mode::Screening,
        branches: Vec::new(),
        due: 3,
        plan: None,
    };
    let ended = What::Screened {
        screening: evening(),
        how: Ending::Done,
        shown: Millis::secs(1_800),
        unattended: Millis::ZERO,
        guests: 0,
    };
    [
        half_an_hour_of_film(),
        begun,
        attend("1", Entry::Code),
        attend("3", Entry::Ticked),
        check(&["1", "3"]),
        attend("2", Entry::Code),
        check(&["1", "2"]),
        watched(evening(), "1", 0, 1_800, Grade::B),
        watched(evening(), "2", 900, 1_800, Grade::B),
        ended,
    ]
}

#[test]
fn an_evening_is_one_statement_for_each_who_came() {
    let leaves: Vec<Vec<u8>> = (0..)
        .zip(three_came())
        .map(|(minute, is)| bytes(minute, Trust::Ntp, is))
        .collect();
    let statements = said(&leaves);
    let facts = |s: &Value| {
        let own = |word: &str| s["result"]["extensions"][format!("https://study.example.cn/xapi/ext/{word}")].clone();
        let number = |word: &str| own(word).as_u64().unwrap();
        let name = s["actor"]["account"]["name"].as_str().unwrap().to_owned();
        let duration = s["result"]["duration"].as_str().unwrap().to_owned();
        (
            name,
            duration,
            own("grade"),
            number("checks-asked"),
            number("checks-passed"),
        )
    };
    assert_eq!(
        statements.iter().map(facts).collect::<Vec<_>>(),
        [
            ("1".into(), "PT1800S".into(), "B".into(), 2, 2),
            ("2".into(), "PT900S".into(), "B".into(), 1, 1),
            ("3".into(), "PT0S".into(), "C".into(), 2, 1),
        ]
    );
}

#[test]
fn a_correction_takes_seconds_away_again() {
    let mut leaves = alone();
    let correct = What::Correct {
        of: 3,
        member: member("1024"),
        item: film(),
        year: Year(2026),
        takes: Intervals::one(Millis::secs(600), Millis::secs(1_700)),
        gives: Intervals::none(),
        reason: "号码填错了".into(),
        second: Some(member("12")),
        signed: String::new(),
        total: Millis::secs(600),
    };
    leaves.push(bytes(40, Trust::District, correct));
    let statements = said(&leaves);
    let credited = |s: &Value| s["result"]["extensions"]["https://study.example.cn/xapi/ext/credited-seconds"].as_f64();
    let counted = statements
        .iter()
        .filter(|s| matches!(s["verb"]["display"]["en-US"].as_str(), Some("paused" | "corrected")));
    let sum = std::time::Duration::from_secs_f64(counted.filter_map(credited).sum());
    assert_eq!(sum.as_secs(), 600);
}

#[test]
fn only_an_absolute_address_names_people() {
    for bad in [
        "",
        "study.example.cn",
        "ftp://study.example.cn",
        "https://",
        "https://a.example/?x=1",
    ] {
        assert!(Home::new(bad).is_err(), "{bad}");
    }
    Home::new("http://study.example.cn/340600").unwrap();
}
