use super::*;
use crate::credit::hours::Tally;
use crate::ledger::{Home, Listed};
use crate::report::annual::{BranchKind, Pair};
use crate::report::tables::UNLISTED;
use crate::report::{csv, xlsx};
use crate::types::{BranchId, Grade, Hours, Intervals, Lang, Millis, Mode, SessionId};
use calamine::{Data, Reader};

/// 2026-11-26, as days since 1970.
const DAY: i64 = 20_783;

struct Village {
    annual: Annual,
    before: Annual,
    times: Vec<PersonTime>,
    people: BTreeMap<MemberId, Person>,
    visitors: BTreeMap<MemberId, Home>,
    lines: Vec<MemberLine>,
    stations: BTreeMap<String, Named>,
    months: BTreeMap<String, BTreeMap<u32, Month>>,
    twice: Vec<Twice>,
}

fn member(id: &str) -> MemberId {
    MemberId::new(id).unwrap()
}

fn person(id: &str, station: &str) -> (MemberId, Person) {
    let listed = Listed {
        member: member(id),
        branch: BranchId::new("青石桥村党支部").unwrap(),
        role: "member".into(),
        migrant: "no".into(),
        left: false,
    };
    let person = Person {
        listed,
        station: station.into(),
        kind: BranchKind::Rural,
    };
    (member(id), person)
}

/// Hundredths of hours in front of the television and alone; minutes of grade B and C.
fn line(id: &str, hours: [u32; 2], minutes: [u64; 2]) -> MemberLine {
    let parts = [Mode::Screening, Mode::Alone]
        .into_iter()
        .zip(hours.map(Hours::from_hundredths));
    let grades = [Grade::B, Grade::C]
        .into_iter()
        .zip(minutes.map(|n| Millis::secs(n * 60)));
    MemberLine {
        member: member(id),
        branch: "青石桥村党支部".into(),
        role: "member".into(),
        migrant: "no".into(),
        tally: Tally {
            total: Hours::from_hundredths(hours.iter().sum()),
            by_mode: parts.collect(),
            ..Tally::default()
        },
        due: Some(Hours::whole(32)),
        sessions: 1,
        by_grade: grades.filter(|(_, earned)| *earned > Millis::ZERO).collect(),
    }
}

fn time(id: &str, station: &str) -> PersonTime {
    PersonTime {
        station: station.into(),
        session: SessionId::from_bytes([7; 16]),
        member: member(id),
        item: ItemId::from_digest(&[1; 32]),
        day: Some(DAY),
        earned: Millis::secs(1800),
        grade: Grade::B,
        leaves: (4, 9),
        skill: false,
    }
}

impl Village {
    /// Three members at two stations of one township; the third never came, the second also watched at the other station.
    fn new() -> Self {
        let named = |name: &str| Named {
            name: name.into(),
            township: "松林镇".into(),
        };
        let total = |times, persons| Annual {
            total: Pair { times, persons },
            members: 3,
            covered: 2,
            ..Annual::default()
        };
        Self {
            annual: total(3, 2),
            before: total(2, 2),
            times: vec![
                time("0001", "station/a"),
                time("0002", "station/a"),
                time("0002", "station/b"),
            ],
            people: [("0001", "station/a"), ("0002", "station/b"), ("0003", "station/b")]
                .map(|(id, station)| person(id, station))
                .into(),
            lines: vec![
                line("0001", [3200, 0], [1440, 480]),
                line("0002", [1050, 500], [930, 0]),
                line("0003", [0, 0], [0, 0]),
            ],
            visitors: BTreeMap::new(),
            months: BTreeMap::new(),
            twice: Vec::new(),
            stations: [
                ("station/a".to_owned(), named("青石桥村")),
                ("station/b".to_owned(), named("后坪村")),
            ]
            .into(),
        }
    }

    fn source<'a>(&'a self, typed: &'a [TypedIn], titles: &'a BTreeMap<ItemId, String>) -> Source<'a> {
        Source {
            period: Period {
                from: DAY - 300,
                to: DAY,
            },
            annual: &self.annual,
            before: &self.before,
            times: &self.times,
            people: &self.people,
            visitors: &self.visitors,
            lines: &self.lines,
            titles,
            stations: &self.stations,
            months: &self.months,
            films: &[],
            twice: &self.twice,
            frequency: Frequency {
                screenings: 2,
                open: Millis::secs(20 * 3600),
                attendance_percent: 90,
            },
            typed,
            policy: "默认办法",
        }
    }

    fn make(&self, which: impl Fn(&Source<'_>) -> Sheet) -> Sheet {
        let typed = [TypedIn {
            label: "经费（万元）",
            value: "12.5".into(),
        }];
        which(&self.source(&typed, &BTreeMap::new()))
    }
}

fn texts(row: &[Cell]) -> Vec<String> {
    row.iter().map(|cell| cell.value.text()).collect()
}

#[test]
fn migrants_are_counted_at_home_and_who_was_never_seen_stands_first() {
    let mut village = Village::new();
    for (id, migrant) in [("0001", "no"), ("0002", "out"), ("0003", "out")] {
        village.people.get_mut(&member(id)).unwrap().listed.migrant = migrant.into();
    }
    for line in &mut village.lines {
        line.migrant = village.people[&line.member].listed.migrant.clone();
    }
    let contacts = Contacts::from([(member("0002"), true), (member("0003"), false)]);
    let sheet = village.make(|source| migrants(source, &contacts));
    // 0002 studied once at each station; both are the home branch's. Nobody has the 32 hours.
    let expected = ["2", "2", "1", "1", "50%", "1", "0", "0%", "1", "0"];
    assert_eq!(texts(&sheet.rows[0])[..2], ["青石桥村党支部", "后坪村"]);
    assert_eq!(texts(&sheet.rows[0])[2..], expected);
    assert_eq!(texts(sheet.sums.as_ref().unwrap())[2..], expected);
    let people = village.make(|source| migrant_members(source, &contacts));
    let lines: Vec<Vec<String>> = people.rows.iter().map(|row| texts(row)).collect();
    assert_eq!(lines[0][4..7], ["没有", "0", "0"]);
    assert_eq!((lines[0][0].as_str(), lines[0][9].as_str()), ("0003", "一次没来"));
    assert_eq!(lines[1][4..7], ["有", "2", "1"]);
}

#[test]
fn a_visitor_whom_no_roster_lists_stands_with_the_branch_that_he_named_until_a_roster_has_him() {
    let mut village = Village::new();
    let home = Home {
        station: "b".into(),
        branch: BranchId::new("柳树湾村党支部").unwrap(),
    };
    village.visitors.insert(member("4711"), home);
    village.times.push(time("4711", "station/a"));
    village.lines.push(MemberLine {
        branch: "柳树湾村党支部".into(),
        migrant: UNLISTED.into(),
        role: String::new(),
        due: None,
        ..line("4711", [100, 0], [60, 0])
    });
    let contacts = Contacts::new();
    let coverage = village.make(|source| migrants(source, &contacts));
    let row = texts(&coverage.rows[0]);
    assert_eq!(
        (row[0].as_str(), row[1].as_str()),
        ("柳树湾村党支部", "后坪村"),
        "{row:?}"
    );
    assert_eq!((row[2].as_str(), row[11].as_str()), ("0", "1"));
    let people = village.make(|source| migrant_members(source, &contacts));
    let last = texts(people.rows.last().unwrap());
    assert_eq!(last[..6], ["4711", "柳树湾村党支部", "后坪村", "不在册", "", "1"]);
    assert_eq!(last[9], "不在任何花名册");
    // His person-time is his branch's, which has no member of it; the whole counts him once.
    let branches = village.make(|source| groups(source, By::Branch));
    let of: Vec<_> = branches.rows.iter().map(|row| texts(row)).collect();
    let his = of.iter().find(|row| row[0] == "柳树湾村党支部").unwrap();
    assert_eq!(his[..7], ["柳树湾村党支部", "后坪村", "0", "0", "–", "1", "1"]);
    assert_eq!(
        texts(branches.sums.as_ref().unwrap())[2..7],
        ["3", "2", "66.6%", "4", "3"]
    );
    // The roster comes: he is one of its people, and nowhere else.
    village.people.extend([person("4711", "station/b")]);
    village.visitors.clear();
    village.lines.last_mut().unwrap().migrant = "out".into();
    village.people.get_mut(&member("4711")).unwrap().listed.migrant = "out".into();
    let coverage = village.make(|source| migrants(source, &contacts));
    assert_eq!(
        texts(coverage.sums.as_ref().unwrap())[2..],
        ["1", "0", "", "1", "100%", "1", "0", "–", "0", "0"]
    );
    assert_eq!(village.make(|source| migrant_members(source, &contacts)).rows.len(), 1);
}

#[test]
fn hours_of_a_member_stand_beside_those_of_the_year_before() {
    let (now, mut then) = (Village::new(), Village::new());
    then.lines[0] = line("0001", [2000, 0], [900, 0]);
    then.lines.pop();
    let sheet = compared(now.make(members), &then.make(members), 1, 10);
    assert_eq!(texts(&sheet.rows[0])[17..], ["20.0", "增 60.0%"]);
    assert_eq!(texts(&sheet.rows[1])[17..], ["15.5", "增 0.0%"]);
    assert_eq!(texts(&sheet.rows[2])[17..], ["0.0", "–"], "nobody knew him then");
}

#[test]
fn a_member_stands_with_what_he_owes_and_how_much_rests_on_a_word() {
    let sheet = Village::new().make(members);
    let row = texts(&sheet.rows[0]);
    assert_eq!(row[..6], ["0001", "青石桥村党支部", "青石桥村", "松林镇", "党员", ""]);
    assert_eq!(row[6..12], ["32.0", "32.0", "0.0", "0.0", "32.0", "0.0"]);
    assert_eq!(row[12..], ["1", "0", "1440", "480", "25%"]);
    assert_eq!(
        texts(&sheet.rows[2])[10..],
        ["0.0", "32.0", "1", "0", "0", "0", "–"],
        "nobody forgets who never came"
    );
    let Some(To::Page(behind)) = &sheet.rows[1][10].to else {
        panic!("it opens")
    };
    assert!(behind.ends_with("&member=0002"), "{behind}");
}

#[test]
fn stations_count_their_own_members_and_every_session_that_they_saw() {
    let sheet = Village::new().make(|source| groups(source, By::Station));
    let rows: Vec<Vec<String>> = sheet.rows.iter().map(|row| texts(row)).collect();
    // Two members, one of them came; the visitor's evening counts where it was.
    assert_eq!(rows[0][..7], ["后坪村", "松林镇", "2", "1", "50%", "1", "1"]);
    assert_eq!(rows[1][..7], ["青石桥村", "松林镇", "1", "1", "100%", "2", "2"]);
    assert_eq!(rows[0][7..15], ["64.0", "10.5", "5.0", "0.0", "15.5", "7.7", "0", "0%"]);
    assert_eq!(rows[1][13..], ["1", "100%", "0", "1440", "480", "25%"]);
    let sums = texts(sheet.sums.as_ref().unwrap());
    assert_eq!(
        sums[2..8],
        ["3", "2", "66.6%", "3", "2", "96.0"],
        "a person at two stations is one person"
    );
}

#[test]
fn the_year_before_stands_beside_each_line_and_the_sum() {
    let (now, mut then) = (Village::new(), Village::new());
    then.times.retain(|time| time.member == member("0002"));
    then.stations.remove("station/b");
    let make = |village: &Village| village.make(|source| groups(source, By::Station));
    let sheet = compared(make(&now), &make(&then), 2, 5);
    let ends = |row: &[Cell]| texts(row)[19..].to_vec();
    assert_eq!(texts(&sheet.rows[0])[0], "后坪村");
    assert_eq!(ends(&sheet.rows[0]), ["0"], "nobody knew it then");
    assert_eq!(ends(&sheet.rows[1]), ["1"]);
    assert_eq!(ends(sheet.sums.as_ref().unwrap()), ["2"]);
    assert!(sheet.notes.last().unwrap().contains("人次"), "{:?}", sheet.notes);
    // A narrow one says how much it grew, too.
    let few = |mut sheet: Sheet| {
        sheet.columns.truncate(7);
        sheet.rows.iter_mut().for_each(|row| row.truncate(7));
        sheet.sums = None;
        sheet
    };
    let narrow = compared(few(make(&now)), &few(make(&then)), 2, 5);
    assert_eq!(texts(&narrow.rows[0])[7..], ["0", "–"]);
    assert_eq!(texts(&narrow.rows[1])[7..], ["1", "增 100.0%"]);
    assert_eq!(narrow.columns.len(), 9);
}

#[test]
fn a_township_and_a_branch_add_up_to_the_same_whole() {
    let village = Village::new();
    let whole = |by| texts(village.make(|source| groups(source, by)).sums.as_ref().unwrap());
    assert_eq!(whole(By::Township), whole(By::Branch));
    assert_eq!(whole(By::Station), whole(By::Branch));
}

#[test]
fn the_blanks_are_numbers_in_a_workbook_and_typed_in_ones_say_so() {
    let sheet = Village::new().make(|source| annual(&source.blanks()));
    let bytes = xlsx::workbook_of(&[sheet.clone(), Village::new().make(members)], "澄源县", Lang::Zh).unwrap();
    let mut book: calamine::Xlsx<_> = calamine::Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
    assert_eq!(book.sheet_names(), ["年度数字", "党员学时"]);
    let cells = book.worksheet_range("年度数字").unwrap();
    let row = |name: &str| {
        let mut rows = cells.rows();
        rows.find(|row| row[0] == Data::String(name.into())).unwrap().to_vec()
    };
    assert_eq!(row("合计")[1..3], [Data::Float(3.0), Data::Float(2.0)]);
    assert_eq!(row("合计")[4..], [Data::Float(2.0), Data::String("增 50.0%".into())]);
    assert_eq!(row("党员覆盖率")[1], Data::Float(0.666));
    assert_eq!(row("经费（万元）")[1], Data::Float(12.5));
    assert_eq!(row("经费（万元）")[3], Data::String("人工填写".into()));
    let table = String::from_utf8(csv::sheet(&sheet, Lang::Zh).unwrap()).unwrap();
    assert!(table.contains("合计,3,2,实测,2,增 50.0%"), "{table}");
}

#[test]
fn a_station_is_measured_by_months_that_reached_what_is_asked() {
    let mut village = Village::new();
    let month = |screenings, hours: u64, came| Month {
        screenings,
        due: 20,
        came,
        open: Intervals::one(
            Millis::secs(came * 1_000_000),
            Millis::secs(came * 1_000_000 + hours * 3600),
        ),
        unattended: Millis::secs(90),
        ..Month::default()
    };
    let months = [
        (202_610, month(2, 19, 18)),
        (202_611, month(1, 20, 19)),
        (202_512, month(9, 99, 20)),
    ];
    village.months.insert("station/a".into(), months.into());
    let sheet = village.make(activity);
    // From January to November; the year before is not asked about, and who did nothing stands there, too.
    let rows: Vec<Vec<String>> = sheet.rows.iter().map(|row| texts(row)).collect();
    assert_eq!(
        rows[0][..8],
        ["青石桥村", "松林镇", "11", "3", "1", "39.0", "1", "92.5%"]
    );
    assert_eq!(rows[0][9], "3");
    assert_eq!(rows[1][..7], ["后坪村", "松林镇", "11", "0", "0", "0.0", "0"]);
    assert_eq!(texts(sheet.sums.as_ref().unwrap())[3], "3");
}

#[test]
fn months_of_a_period_cross_new_year() {
    let period = Period::of(jiff::civil::date(2026, 11, 30), jiff::civil::date(2027, 2, 1));
    assert_eq!(months_of(period), [202_611, 202_612, 202_701, 202_702]);
}

#[test]
fn who_was_at_two_places_at_once_is_named_with_both() {
    let mut village = Village::new();
    village.twice.push(Twice {
        member: member("0002"),
        stations: vec!["station/a".into(), "station/b".into()],
        from_ms: 1_795_780_800_000,
        to_ms: 1_795_780_800_000 + 1_800_000,
    });
    let sheet = village.make(twice);
    assert_eq!(
        texts(&sheet.rows[0])[2..],
        ["青石桥村、后坪村", "2026-11-27 20:00", "2026-11-27 20:30", "30"]
    );
}
