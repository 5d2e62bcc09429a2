mod log;

use log::{Log, at};

use super::figures::{self, Figures};
use super::*;
use crate::clock::Trust;
use crate::ledger::{At, Before, Broken, Closing, Ending, Entry, Leaf, Listed, Proof, What};
use crate::report::sheet::{Sheet, Value};
use crate::types::{BranchId, DeviceId, Grade, Intervals, Millis, Piece, SessionId, Year};

/// 2026-11-26T19:30+08:00, an evening in November.
const EVENING: i64 = 1_795_692_600_000;
const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

fn id(n: u8) -> SessionId {
    SessionId::from_bytes([n; 16])
}

fn item(n: u8) -> ItemId {
    ItemId::from_digest(&[n; 32])
}

fn who(number: &str) -> MemberId {
    MemberId::new(number).unwrap()
}

fn texts(row: &[crate::report::sheet::Cell]) -> Vec<String> {
    row.iter().map(|cell| cell.value.text()).collect()
}

/// Two members expected and one who lives elsewhere; both came, one by the operator's tick, and a visitor.
fn november() -> Log {
    let mut log = Log::default();
    log.roster(
        EVENING - DAY,
        &[("1", "甲", "no"), ("2", "甲", "no"), ("3", "乙", "out")],
    );
    let came = [
        ("1", Entry::Code, 2_400),
        ("2", Entry::Ticked, 60),
        ("9", Entry::Code, 2_400),
    ];
    log.evening(EVENING, 1, 2, &came);
    log.alone(EVENING + 2 * HOUR, 2, "1", 600);
    log.alone(EVENING + 4 * HOUR, 3, "2", 119);
    log
}

#[test]
fn a_month_counts_screenings_person_times_and_persons() {
    let figures = november().figures("2026-11");
    assert_eq!((figures.screenings, figures.shown), (1, Millis::secs(2_700)));
    assert_eq!(figures.unattended, Millis::secs(300));
    // 1 in the room and on the phone, the visitor in the room; 2 stayed below two minutes both times.
    assert_eq!((figures.person_times, figures.persons.len()), (3, 2));
    // The visitor was not expected, so he does not make the attendance better.
    assert_eq!((figures.came, figures.due), (2, 2));
    assert_eq!(figures.items.len(), 2);
    assert_eq!(november().figures("2026-10"), Figures::default());
}

#[test]
fn what_the_operator_ticked_is_shown_apart() {
    let mut log = Log::default();
    log.evening(EVENING, 1, 2, &[("1", Entry::Code, 2_400), ("2", Entry::Ticked, 2_400)]);
    let figures = log.figures("2026-11");
    assert_eq!((figures.ticked, figures.person_times), (1, 2));
    let card = log.sheet("2026-11", month_card);
    assert!(card.is_card);
    assert_eq!(card.rows[0][6].value.text(), "50%");
}

#[test]
fn a_lobby_that_was_called_off_is_no_screening() {
    let mut log = Log::default();
    let screening = id(1);
    log.at(
        EVENING,
        What::Screening {
            screening,
            screen: DeviceId::from_bytes([8; 16]),
            mode: Mode::Screening,
            branches: Vec::new(),
            due: 5,
            plan: None,
        },
    );
    let figures = log.figures("2026-11");
    assert_eq!((figures.screenings, figures.due), (0, 0));
}

#[test]
fn a_session_over_midnight_belongs_to_the_month_in_which_it_was_opened() {
    let mut log = Log::default();
    // 30 November, 23:50.
    let late = EVENING + 4 * DAY + 4 * HOUR + 20 * 60_000;
    log.alone(late, 1, "1", 600);
    log.span(late + 20 * 60_000, 1, "1", 600, Mode::Alone, Grade::A);
    assert_eq!(log.figures("2026-11").person_times, 1);
    assert_eq!(log.figures("2026-12").person_times, 0);
    // The year has it once.
    assert_eq!(log.figures("2026").person_times, 1);
}

#[test]
fn a_year_has_a_row_a_month_and_counts_persons_once() {
    let mut log = november();
    log.alone(EVENING + 10 * DAY, 4, "1", 600);
    let card = log.sheet("2026", month_card);
    assert_eq!(card.rows.len(), 12);
    let sums = texts(card.sums.as_ref().unwrap());
    assert_eq!((sums[3].as_str(), sums[4].as_str()), ("4", "2"), "{sums:?}");
    assert_eq!(texts(&card.rows[11])[4], "1");
}

#[test]
fn a_power_cut_ends_a_run_at_its_last_sign_of_life() {
    let mut log = Log::default();
    log.boot(EVENING, Before::First, None);
    let health = |percent| What::Health {
        disk_percent: Some(percent),
        faults: vec!["disk_low".into()],
    };
    log.at(EVENING + 60_000, health(91));
    // The cut came three hours later; nothing was written but the sign of life.
    log.boot(EVENING + 12 * HOUR, Before::Cut, Some(EVENING + 3 * HOUR));
    log.at(EVENING + 14 * HOUR, What::Stop {});
    let runs = log.sheet("2026-11", runs);
    let first = texts(&runs.rows[0]);
    assert_eq!(
        first[1..],
        ["2026-11-26 22:30", "3.0", "停电或断电", "91%", "课件硬盘快满 19:31 起"]
    );
    assert_eq!(texts(&runs.rows[1])[2..4], ["2.0", "正常关机"]);
    let figures = log.figures("2026-11");
    assert_eq!((figures.boots, figures.power_cuts, figures.days_on), (2, 1, 2));
    assert_eq!(figures.time_on, Millis::secs(5 * 3_600));
}

/// Given trouble of the ledger's disk for seven minutes, a films' disk that was away over midnight, and a fault that an
/// older program told of, when the book of runs is opened, then each stands there with its times, in words.
#[test]
fn faults_stand_in_the_book_of_runs_from_when_to_when() {
    let mut log = Log::default();
    log.boot(EVENING, Before::First, None);
    let full = |began| What::Fault {
        what: Broken::DiskFull,
        lasted: Millis::secs(7 * 60),
        began,
    };
    log.at(
        EVENING + HOUR,
        full(Some(at(EVENING + HOUR - 8 * 60_000, Trust::Operator))),
    );
    let health = |faults: &[&str]| What::Health {
        disk_percent: Some(50),
        faults: faults.iter().map(|word| (*word).to_owned()).collect(),
    };
    log.at(EVENING + 2 * HOUR, health(&["media_away"]));
    log.at(EVENING + 3 * HOUR, health(&["media_away"]));
    log.at(EVENING + 5 * HOUR, health(&[]));
    log.at(EVENING + 6 * HOUR, full(None));
    log.at(EVENING + 6 * HOUR + 1, full(Some(at(5_000, Trust::Unset))));
    log.at(EVENING + 7 * HOUR, What::Stop {});
    let book = log.sheet("2026-11", runs);
    assert_eq!(
        texts(&book.rows[0])[5],
        "台账硬盘满了 20:22–20:29，课件硬盘不在 21:30–11-27 00:30，台账硬盘满了，台账硬盘满了"
    );
}

#[test]
fn the_station_is_open_while_somebody_is_there_and_not_because_it_is_switched_on() {
    let mut log = Log::default();
    log.boot(EVENING - DAY, Before::First, None);
    // Nobody came: a film for the wall opens nothing.
    log.evening(EVENING - 5 * HOUR, 1, 10, &[]);
    log.leaves.iter_mut().for_each(|(_, _, is)| {
        if let What::Screened { guests, .. } = is {
            *guests = 0;
        }
    });
    assert_eq!(log.figures("2026-11").time_open, Millis::ZERO);
    // From the lobby to the end: 47 minutes; a phone's ten minutes within it and one's ten minutes hours later.
    log.evening(EVENING, 2, 10, &[("1", Entry::Code, 2_400)]);
    log.alone(EVENING + 60_000, 3, "2", 600);
    log.alone(EVENING + 3 * HOUR, 4, "2", 600);
    let figures = log.figures("2026-11");
    assert_eq!(figures.time_open, Millis::secs(47 * 60 + 600));
    assert!(figures.time_on >= Millis::secs(24 * 3_600), "{:?}", figures.time_on);
}

#[test]
fn an_evening_that_the_station_broke_off_was_open_until_it_was_heard_of_last() {
    let mut log = Log::default();
    log.evening(EVENING, 2, 10, &[("1", Entry::Code, 2_400)]);
    let Some((wall, _, What::Screened { how, .. })) = log.leaves.last_mut() else {
        panic!("the last leaf ends the evening");
    };
    // It was closed nine hours later, because nobody came back to it.
    (*wall, *how) = (EVENING + 9 * HOUR, Ending::StationFailure);
    assert_eq!(log.figures("2026-11").time_open, Millis::secs(45 * 60));
}

#[test]
fn a_run_that_learned_the_date_later_is_dated_from_then() {
    let mut calendar = Calendar::default();
    let leaf = |mono: u64, wall: i64, trust: Trust, is: What| {
        let at = At {
            boot: 1,
            mono: Millis(mono),
            wall,
            trust,
        };
        Leaf { v: 1, at, is }.to_bytes()
    };
    let boot = What::Boot {
        id: "b".into(),
        version: "1".into(),
        before: Before::First,
        last: None,
    };
    calendar.count(&leaf(1_000, 5_000, Trust::Unset, boot));
    assert_eq!(calendar.runs[0].began, None);
    calendar.count(&leaf(61_000, EVENING, Trust::District, What::Stop {}));
    assert_eq!(calendar.runs[0].began, Some(EVENING - 60_000));
}

#[test]
fn what_has_no_date_is_in_no_month_and_is_said() {
    let mut log = november();
    log.undated(What::Stop {});
    let card = log.sheet("2026-11", month_card);
    assert!(card.notes[0].contains("1 条"), "{:?}", card.notes);
}

#[test]
fn hours_are_split_by_mode_and_grade_and_open_to_the_person_times() {
    let mut log = november();
    log.roster(EVENING, &[]);
    let hours = log.sheet("2026", |source| hours(source, &[]));
    let head = hours.head(Lang::Zh);
    let place = |name: &str| head.iter().position(|other| *other == name).unwrap();
    let row = hours.rows.iter().find(|row| row[0].value.text() == "1").unwrap();
    // 2,400 s in the room and 600 s alone are 50 minutes: 0.8 hours, cut to a tenth.
    assert_eq!(row[place("已学")].value.text(), "0.8");
    assert_eq!(row[place("A级分钟")].value.text(), "10");
    assert_eq!(row[place("B级分钟")].value.text(), "40");
    assert_eq!(row[place("次数")].value.text(), "2");
    assert!(row[place("次数")].to.is_some());
    let parts = log.sheet("2026", |source| parts(source, Some(&who("1"))));
    assert_eq!(parts.rows.len(), 2);
    assert_eq!(parts.sums.unwrap()[5].value, Value::Minutes(Millis::secs(3_000)));
}

#[test]
fn a_correction_takes_credit_away_again() {
    let mut log = Log::default();
    log.alone(EVENING, 1, "1", 600);
    log.at(
        EVENING + DAY,
        What::Correct {
            of: 1,
            member: who("1"),
            item: item(1),
            year: Year(2026),
            takes: Intervals::one(Millis::ZERO, Millis::secs(550)),
            gives: Intervals::none(),
            reason: "认错了人".into(),
            second: Some(who("2")),
            signed: String::new(),
            total: Millis::secs(50),
        },
    );
    // Fifty seconds are below what makes a person-time.
    assert_eq!(log.figures("2026-11").person_times, 0);
}

#[test]
fn the_light_says_what_is_missing() {
    let policy = Policy::built_in();
    let lights = lights(&policy, &november().figures("2026-11"));
    let reached: Vec<Option<bool>> = lights.iter().map(|light| light.is_reached).collect();
    // One screening of two; open for an hour, not twenty; everybody came.
    assert_eq!(reached, [Some(false), Some(false), Some(true)]);
    let nothing = super::lights(&policy, &Figures::default());
    assert_eq!(nothing[2].is_reached, None, "no screening, no attendance");
}

#[test]
fn the_calendar_finds_the_leaves_of_a_month() {
    let mut log = november();
    let november = log.leaves.len() as u64;
    log.alone(EVENING + 10 * DAY, 7, "1", 600);
    let (calendar, _) = log.count(Period::read("2026-12").unwrap());
    let december = Period::read("2026-12").unwrap();
    assert_eq!(
        calendar.leaves_between(december.from_ms(), december.until_ms()),
        november..log.leaves.len() as u64
    );
    let empty = Period::read("2025-01").unwrap();
    assert!(calendar.leaves_between(empty.from_ms(), empty.until_ms()).is_empty());
}

#[test]
fn a_span_that_found_its_year_later_is_dated_by_that() {
    let (mut calendar, member) = (Calendar::default(), who("1"));
    let span = |wall, trust| Leaf {
        v: 1,
        at: at(wall, trust),
        is: What::Span {
            session: id(1),
            member: member.clone(),
            item: item(1),
            year: Year::UNDECIDED,
            mode: Mode::Alone,
            grade: Grade::A,
            proof: Proof::Asked,
            media: Intervals::one(Millis::ZERO, Millis::secs(600)),
            total: Millis::secs(600),
        },
    };
    let settled = What::Settled {
        year: Year(2026),
        spans: vec![(0, EVENING)],
        by: crate::ledger::Settler::Dating,
        signed: String::new(),
    };
    calendar.count(&span(5_000, Trust::Unset).to_bytes());
    let later = Leaf {
        v: 1,
        at: at(EVENING + 40 * DAY, Trust::District),
        is: settled,
    };
    calendar.count(&later.to_bytes());
    let november = Period::read("2026-11").unwrap();
    assert_eq!(calendar.leaves_between(november.from_ms(), november.until_ms()), 0..1);
    let mut facts = Facts::default();
    facts.count(0, calendar.dated(0, span(5_000, Trust::Unset)), november);
    assert_eq!((facts.spans[0].year, facts.spans[0].at.wall), (Year(2026), EVENING));
}
