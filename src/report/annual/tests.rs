use super::*;
use crate::clock::Trust;
use crate::ledger::{At, Leaf, What, voice};
use crate::report::survey::film_lines;
use crate::types::{DeviceId, Intervals, Mode};

const NOON: i64 = 1_795_752_000_000; // 2026-11-27 12:00 in China
const DAY: i64 = 86_400_000;

fn at(index: u64, wall: i64) -> At {
    At {
        boot: 1,
        mono: Millis::secs(10_000 + index * 2_000),
        wall,
        trust: Trust::District,
    }
}

/// A village's log, leaf by leaf.
#[derive(Default)]
struct Village {
    count: Recount,
    index: u64,
    credited: BTreeMap<(String, u8, u16), u64>,
}

fn item(n: u8) -> ItemId {
    ItemId::from_digest(&[n; 32])
}

impl Village {
    fn leaf(&mut self, at: At, is: What) {
        self.count.count(&Leaf { v: 1, at, is }.to_bytes());
        self.index += 1;
    }

    fn lists(mut self, people: &[(&str, &str, &str, &str)]) -> Self {
        let changed = people.iter().map(|(member, branch, role, migrant)| Listed {
            member: MemberId::new(member).unwrap(),
            branch: BranchId::new(branch).unwrap(),
            role: (*role).to_owned(),
            migrant: (*migrant).to_owned(),
            left: *role == "gone",
        });
        let is = What::Roster {
            members: 0,
            digest: String::new(),
            changed: changed.collect(),
            removed: Vec::new(),
        };
        self.leaf(at(self.index, NOON), is);
        self
    }

    /// Tells of a film that was made here, whatever its class is called.
    fn made(mut self, n: u8) -> Self {
        let is = What::Item {
            item: item(n),
            title: format!("第{n}课"),
            class: Some("典型".to_owned()),
            length: Millis::secs(3600),
            made_here: true,
        };
        self.leaf(at(self.index, NOON), is);
        self
    }

    fn rates(mut self, who: &str, n: u8, stars: u8) -> Self {
        let is = What::Rating(voice::Rating {
            member: MemberId::new(who).unwrap(),
            item: item(n),
            screening: None,
            stars,
        });
        self.leaf(at(self.index, NOON), is);
        self
    }

    fn answers(mut self, who: &str, n: u8, right: u32) -> Self {
        let is = What::Quiz(voice::Quiz {
            member: MemberId::new(who).unwrap(),
            item: item(n),
            screening: None,
            right,
            questions: 4,
            proof: false,
        });
        self.leaf(at(self.index, NOON), is);
        self
    }

    fn has(mut self, n: u8, class: &str) -> Self {
        let is = What::Item {
            item: item(n),
            title: format!("第{n}课"),
            class: Some(class.to_owned()),
            length: Millis::secs(3600),
            made_here: false,
        };
        self.leaf(at(self.index, NOON), is);
        self
    }

    /// A phone session of so many seconds, going on where the member stopped in that film.
    fn watches(mut self, who: &str, film: u8, seconds: u64, wall: i64, year: u16) -> Self {
        let session = SessionId::from_bytes([u8::try_from(self.index).unwrap(); 16]);
        let member = MemberId::new(who).unwrap();
        let from = self.credited.entry((who.to_owned(), film, year)).or_default();
        let media = Intervals::one(Millis(*from), Millis(*from + seconds * 1000));
        *from += seconds * 1000;
        let total = Millis(*from);
        let open = What::Open {
            session,
            member: member.clone(),
            item: item(film),
            device: DeviceId::from_bytes([1; 16]),
            mode: Mode::Alone,
        };
        self.leaf(at(self.index, wall), open);
        let span = What::Span {
            session,
            member,
            item: item(film),
            year: Year(year),
            mode: Mode::Alone,
            grade: Grade::A,
            proof: crate::ledger::Proof::Asked,
            media,
            total,
        };
        self.leaf(at(self.index, wall), span);
        self
    }
}

fn asked<'a>(
    policies: &'a Policies,
    period: Period,
    classes: &'a [String; 2],
    kinds: &'a BTreeMap<(String, String), BranchKind>,
) -> Asked<'a> {
    Asked {
        period,
        policies,
        skill: &classes[..1],
        local: &classes[1..],
        kinds,
    }
}

fn year() -> Period {
    Period::of(jiff::civil::date(2026, 1, 1), jiff::civil::date(2026, 11, 27))
}

fn of(report: &Annual, category: Category) -> (usize, usize) {
    let (_, pair) = report.lines.iter().find(|(found, _)| *found == category).unwrap();
    (pair.times, pair.persons)
}

fn report(counts: &[(String, Recount)], period: Period) -> Annual {
    let (policies, kinds) = (Policies::always(crate::credit::Policy::built_in()), BTreeMap::new());
    let classes = ["实用技术".to_owned(), "本土电教片".to_owned()];
    let report = annual(counts, asked(&policies, period, &classes, &kinds));
    for (_, count) in counts {
        assert!(
            count.anomalies.is_empty(),
            "the leaves of the test are sound: {:?}",
            count.anomalies
        );
    }
    report
}

fn one(village: Village) -> Vec<(String, Recount)> {
    vec![("station/1".into(), village.count)]
}

#[test]
fn who_is_in_two_categories_counts_in_both_rows_and_once_in_the_total() {
    let village = Village::default()
        .lists(&[
            ("1", "青石桥村党支部", "secretary", "out"),
            ("2", "青石桥村党支部", "member", "no"),
        ])
        .has(1, "政治理论")
        .watches("1", 1, 600, NOON, 2026)
        .watches("1", 1, 600, NOON, 2026)
        .watches("2", 1, 300, NOON, 2026);
    let report = report(&one(village), year());
    assert_eq!(of(&report, Category::RuralSecretary), (2, 1));
    assert_eq!(of(&report, Category::Migrant), (2, 1));
    assert_eq!(of(&report, Category::Rural), (3, 2));
    assert_eq!((report.total.times, report.total.persons), (3, 2));
    assert_eq!(report.migrants, Pair { times: 1, persons: 1 });
}

#[test]
fn a_session_below_the_minimum_is_no_person_time() {
    let village = Village::default()
        .lists(&[("1", "青石桥村党支部", "member", "no")])
        .has(1, "政治理论")
        .watches("1", 1, 119, NOON, 2026)
        .watches("1", 1, 120, NOON, 2026);
    assert_eq!(report(&one(village), year()).total, Pair { times: 1, persons: 1 });
}

#[test]
fn a_trade_is_taught_by_class_of_item_and_to_members_that_no_roster_lists_too() {
    let village = Village::default()
        .lists(&[("1", "机关党支部", "secretary", "no")])
        .has(1, "实用技术")
        .has(2, "党史")
        .watches("1", 1, 600, NOON, 2026)
        .watches("1", 2, 600, NOON, 2026)
        .watches("77", 1, 600, NOON, 2026);
    let report = report(&one(village), year());
    assert_eq!(of(&report, Category::Skill), (2, 2));
    assert_eq!(of(&report, Category::OfficeSecretary), (2, 1));
    assert_eq!(of(&report, Category::Rural), (0, 0));
    assert_eq!(report.total, Pair { times: 3, persons: 2 });
}

#[test]
fn days_outside_the_period_and_days_that_nobody_knows_are_not_in_it() {
    let village = Village::default()
        .lists(&[("1", "青石桥村党支部", "new", "no")])
        .has(1, "党史")
        .watches("1", 1, 600, NOON - 200 * DAY, 2026)
        .watches("1", 1, 600, NOON, 2026)
        .watches("1", 1, 600, NOON, 0);
    let counts = one(village);
    let whole = report(&counts, year());
    assert_eq!((of(&whole, Category::New), whole.undated), ((2, 1), 1));
    let november = Period::of(jiff::civil::date(2026, 11, 1), jiff::civil::date(2026, 11, 30));
    assert_eq!(of(&report(&counts, november), Category::New), (1, 1));
    let before = report(&counts, year().a_year_before());
    assert_eq!(before.total, Pair::default());
}

#[test]
fn a_migrant_whom_two_stations_list_is_one_person_of_his_home_branch() {
    let host = Village::default().lists(&[("9", "河口村党支部", "member", "in")]);
    let home = Village::default().lists(&[
        ("9", "青石桥村党支部", "member", "out"),
        ("8", "青石桥村党支部", "gone", "no"),
    ]);
    let counts = vec![
        ("station/1".to_owned(), host.count),
        ("station/2".to_owned(), home.count),
    ];
    let people = people(&counts, &BTreeMap::new());
    assert_eq!(people.len(), 1, "who left is not counted");
    assert_eq!(people[&MemberId::new("9").unwrap()].station, "station/2");
    let report = report(&counts, year());
    assert_eq!((report.branches, report.members, report.stations), (1, 1, 2));
    assert_eq!(report.migrants, Pair { times: 1, persons: 0 }, "due, and never seen");
}

#[test]
fn local_films_and_their_plays() {
    let village = Village::default()
        .lists(&[("1", "青石桥村党支部", "member", "no")])
        .has(1, "本土电教片")
        .has(2, "本土电教片")
        .watches("1", 1, 60, NOON, 2026)
        .watches("1", 1, 60, NOON, 2026);
    assert_eq!(report(&one(village), year()).local, (2, 2));
}

#[test]
fn what_a_person_says_of_a_branch_goes_before_what_its_name_says() {
    let branch = BranchId::new("第一支部").unwrap();
    let mut kinds = BTreeMap::new();
    assert_eq!(kind_of("station/1", &branch, &kinds), BranchKind::Rural);
    kinds.insert(("station/1".to_owned(), "第一支部".to_owned()), BranchKind::Office);
    assert_eq!(kind_of("station/1", &branch, &kinds), BranchKind::Office);
    assert_eq!(kind_of("station/2", &branch, &kinds), BranchKind::Rural);
    for (name, kind) in [
        ("县教育局机关党支部", BranchKind::Office),
        ("河口社区党支部", BranchKind::Rural),
        ("永丰茶叶有限公司党支部", BranchKind::Private),
        ("松林镇中心小学党支部", BranchKind::Other),
    ] {
        assert_eq!(BranchKind::guess(name), kind, "{name}");
    }
}

#[test]
fn the_paragraph_has_no_commas_in_its_numbers_and_names_its_day() {
    let report = Annual {
        lines: vec![(
            Category::Rural,
            Pair {
                times: 96_344,
                persons: 8_127,
            },
        )],
        total: Pair {
            times: 118_406,
            persons: 8_894,
        },
        covered: 8_894,
        members: 9_846,
        branches: 312,
        stations: 236,
        migrants: Pair {
            times: 992,
            persons: 742,
        },
        local: (37, 1_914),
        undated: 0,
        ..Annual::default()
    };
    assert_eq!(
        paragraph(&report, jiff::civil::date(2026, 11, 25)),
        "截至2026年11月25日，下级基层党组织312个，党员9846人，远程教育站点236个。培训118406人次、8894人，其中农村党员远程教育96344人次。参加学习的党员8894人，覆盖90.3%。流动党员992人，参加远程教育742人，覆盖74.7%。自制本土电教片37部，播放1914场次。"
    );
}

#[test]
fn a_leap_day_has_a_day_a_year_earlier() {
    let leap = Period::of(jiff::civil::date(2028, 2, 29), jiff::civil::date(2028, 3, 1));
    let before = leap.a_year_before();
    assert_eq!(date_of(before.from), jiff::civil::date(2027, 2, 28));
    assert_eq!(date_of(before.to), jiff::civil::date(2027, 3, 1));
}

#[test]
fn a_film_is_told_by_plays_ends_stars_and_answers_over_all_stations() {
    let here = Village::default()
        .made(1)
        .has(2, "党史")
        .watches("0001", 1, 1_800, NOON, 2026)
        .watches("0001", 1, 1_500, NOON - DAY, 2026)
        .watches("0002", 1, 600, NOON, 2026)
        .rates("0001", 1, 3)
        .rates("0001", 1, 5)
        .answers("0001", 1, 3);
    let there = Village::default()
        .made(1)
        .watches("0003", 1, 600, NOON, 2026)
        .rates("0003", 1, 4)
        .answers("0003", 1, 1);
    let counts = [
        ("station/a".to_owned(), here.count),
        ("station/b".to_owned(), there.count),
    ];
    let (policies, kinds) = (Policies::from(crate::credit::Policy::built_in()), BTreeMap::new());
    let classes = ["实用技术".to_owned(), "本土电教片".to_owned()];
    let asked = asked(&policies, year(), &classes, &kinds);
    let lines = film_lines(&counts, asked);
    let (id, line) = &lines[0];
    assert_eq!((*id, line.made_here, line.stations), (item(1), true, 2));
    // Two days of one member are two plays of one person, who saw nine tenths of it: 3,300 of 3,600 seconds.
    assert_eq!((line.plays, line.times, line.persons, line.finished), (4, 4, 3, 1));
    assert_eq!(line.stars, (9, 2), "the latest stars of each");
    assert_eq!(line.answers, (4, 8));
    assert_eq!(
        (lines[1].1.title.as_str(), lines[1].1.plays),
        ("第2课", 0),
        "what nobody played is listed, too"
    );
    assert_eq!(
        annual(&counts, asked).local,
        (1, 4),
        "made here by the station's word, not by its class"
    );
}
