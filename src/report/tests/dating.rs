//! Hours without a date find their year, at the station and in the district's count alike: boots in 1970 and 2099, jumps
//! during a film, several boots, New Year.

mod ended;
mod ruling;

use super::*;
use crate::clock::Trust;
use crate::ledger::{Settler, What};
use crate::report::Anomaly;
use crate::roster::Operator;
use crate::types::Year;
use crate::viewing::Credited;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// 2027-01-01T00:00+08:00.
const NEW_YEAR: i64 = 1_798_732_800_000;
const Y1970: i64 = 5_000;
const Y2099: i64 = 4_070_908_800_000;

struct Box {
    dir: TempDir,
    /// What the log before this one came to.
    before: Recount,
    name: Origin,
    boot: u32,
    clock: Arc<HandClock>,
    ledger: Ledger,
    viewing: Viewing,
}

fn open(dir: &TempDir, name: &Origin, boot: u32, wall_ms: i64) -> (Arc<HandClock>, Ledger, Viewing) {
    let clock = Arc::new(HandClock::new(boot, wall_ms));
    clock.advance(Millis::secs(30));
    let path = dir.path().join("ledger.db");
    let store = Store::open(&path, &[ledger::SCHEMA, viewing::SCHEMA], Options::default()).unwrap();
    let keys = Keys::open_or_make(&dir.path().join("keys")).unwrap();
    let ledger = Ledger::open(store, keys, name.clone(), clock.now()).unwrap();
    let policy = Arc::new(Policy::built_in());
    let viewing = Viewing::new(ledger.clone(), clock.clone(), policy, Arc::new(ByteIsMillisecond));
    ledger.store().write_blocking(viewing::rebuild_views).unwrap().unwrap();
    viewing.recover().unwrap();
    (clock, ledger, viewing)
}

impl Box {
    /// A box that boots with this on its clock.
    fn boots(wall_ms: i64) -> Self {
        let dir = TempDir::new().unwrap();
        let name = Origin::new("yuanjiao.example/17").unwrap();
        let (clock, ledger, viewing) = open(&dir, &name, 1, wall_ms);
        Self {
            dir,
            before: Recount::default(),
            name,
            boot: 1,
            clock,
            ledger,
            viewing,
        }
    }

    /// The power goes and comes back, and the clock shows this.
    fn boots_again(&mut self, wall_ms: i64) {
        self.boot += 1;
        (self.clock, self.ledger, self.viewing) = open(&self.dir, &self.name, self.boot, wall_ms);
    }

    /// The member watches so many seconds of the first film from a place on, and taps.
    async fn watches(&self, from: u64, seconds: u64) {
        let device = DeviceId::from_bytes([1; 16]);
        self.viewing.sent().note(device, item(0), 0..FILMS[0]);
        let facts = ItemFacts {
            item: item(0),
            title: "film".into(),
            class: None,
            length: Millis(FILMS[0]),
            made_here: false,
        };
        let opened = self.viewing.open(member(1), device, facts, Mode::Alone).await.unwrap();
        for (n, at) in (1..).zip((from..from + seconds).step_by(10)) {
            self.clock.advance(Millis::secs(10));
            let from = i64::try_from(at * 1000).unwrap();
            let beat = BeatIn {
                n,
                segments: vec![(from, from + 10_000)],
                ended: false,
                urgent: false,
                digest: from.to_le_bytes(),
            };
            self.viewing.beat(opened.session, beat).await.unwrap();
        }
        self.viewing.prove(opened.session).await.unwrap();
        self.viewing.close(opened.session).await.unwrap();
    }

    fn says(&self, leaf: What) {
        let (ledger, now) = (self.ledger.clone(), self.clock.now());
        let act = move |tx: &crate::store::Tx<'_>| ledger.append(tx, now, leaf);
        self.ledger.store().write_blocking(act).unwrap().unwrap();
    }

    fn anchor(&self, unix_ms: i64) {
        self.says(What::ClockAnchor {
            source: Trust::Operator,
            unix_ms,
        });
    }

    fn district_came(&self, unix_ms: i64) {
        let size = self.ledger.store().read_blocking(ledger::size).unwrap();
        self.says(What::CheckpointSeen {
            district: Origin::new("district.example/1").unwrap(),
            size,
            time: u64::try_from(unix_ms / 1000).unwrap(),
            cosignature: String::new(),
        });
    }

    fn count(&self) -> Recount {
        let leaves = self
            .ledger
            .store()
            .read_blocking(|conn| ledger::leaves(conn, 0, 100_000))
            .unwrap();
        let mut count = Recount::after(&self.before);
        for leaf in &leaves {
            count.count(leaf);
        }
        count
    }

    /// Credited seconds by year, the same at the station, in its views made anew, and in the district's count.
    fn years(&self) -> Vec<(u16, u64)> {
        let station = || {
            let who = member(1);
            let all = self
                .ledger
                .store()
                .read_blocking(|conn| viewing::credited_items(conn, &who))
                .unwrap();
            let of = |c: &Credited| (c.year.0, c.media.total().as_secs());
            let mut years: Vec<_> = all.iter().map(of).filter(|(_, seconds)| *seconds > 0).collect();
            years.sort_unstable();
            years
        };
        let there = station();
        let differed = self
            .ledger
            .store()
            .write_blocking(viewing::rebuild_views)
            .unwrap()
            .unwrap();
        assert!(!differed, "the views are what the leaves say");
        let mut counted: HashMap<u16, u64> = HashMap::new();
        let count = self.count();
        assert_eq!(count.anomalies, []);
        for credit in &count.credits {
            *counted.entry(credit.year.0).or_default() += credit.media.total().as_secs();
        }
        let mut counted: Vec<_> = counted.into_iter().filter(|(_, seconds)| *seconds > 0).collect();
        counted.sort_unstable();
        assert_eq!(counted, there, "the district counts the same");
        there
    }
}

#[tokio::test]
async fn what_was_watched_in_1970_counts_to_the_year_that_an_anchor_of_the_same_boot_names() {
    let it = Box::boots(Y1970);
    it.watches(0, 200).await;
    assert_eq!(it.years(), [(0, 200)]);
    assert_eq!(it.viewing.settle().await.unwrap(), 0, "nobody knows better yet");
    it.clock.advance(Millis::secs(600));
    it.clock.set_wall(NOVEMBER_2026);
    it.anchor(NOVEMBER_2026);
    assert_eq!(it.viewing.settle().await.unwrap(), 1);
    assert_eq!(it.years(), [(2026, 200)]);
    it.watches(100, 200).await;
    assert_eq!(
        it.years(),
        [(2026, 300)],
        "what was counted in the other year is not new"
    );
    assert_eq!(it.viewing.settle().await.unwrap(), 0, "once is enough");
}

#[tokio::test]
async fn a_jump_to_2099_during_a_film_is_undone_by_the_districts_visit_in_a_later_boot() {
    let mut it = Box::boots(NOVEMBER_2026);
    it.watches(0, 100).await;
    it.clock.set_wall(Y2099);
    it.watches(100, 100).await;
    it.boots_again(Y1970);
    it.watches(150, 100).await;
    assert_eq!(it.years(), [(0, 150), (2026, 100)]);
    it.boots_again(NOVEMBER_2026 + 2 * DAY);
    it.district_came(NOVEMBER_2026 + 2 * DAY);
    assert_eq!(it.viewing.settle_at_the_start().unwrap(), 2);
    assert_eq!(it.years(), [(2026, 250)]);
}

#[tokio::test]
async fn the_same_part_in_a_known_and_an_unknown_year_counts_once_when_they_are_the_same() {
    let it = Box::boots(NOVEMBER_2026);
    it.watches(0, 100).await;
    it.clock.set_wall(Y1970);
    it.watches(50, 100).await;
    assert_eq!(it.years(), [(0, 100), (2026, 100)]);
    it.clock.set_wall(NOVEMBER_2026 + HOUR);
    it.anchor(NOVEMBER_2026 + HOUR);
    it.viewing.settle().await.unwrap();
    assert_eq!(it.years(), [(2026, 150)]);
}

#[tokio::test]
async fn a_plausible_clock_that_was_a_year_behind_gives_way_to_one_that_is_dated() {
    let it = Box::boots(NOVEMBER_2026);
    it.watches(0, 100).await;
    it.clock.set_wall(NEW_YEAR + 40 * DAY);
    it.anchor(NEW_YEAR + 40 * DAY);
    it.viewing.settle().await.unwrap();
    assert_eq!(it.years(), [(2027, 100)]);
}

/// One boot before New Year, one that nobody dated, one after it.
async fn over_new_year() -> Box {
    let mut it = Box::boots(NEW_YEAR - 2 * DAY);
    it.anchor(NEW_YEAR - 2 * DAY + HOUR);
    it.watches(0, 100).await;
    it.boots_again(Y1970);
    it.watches(100, 100).await;
    it.boots_again(NEW_YEAR + 3 * DAY);
    it.anchor(NEW_YEAR + 3 * DAY);
    it.watches(200, 100).await;
    it
}

#[tokio::test]
async fn across_new_year_a_person_says_which_year_and_no_other_fits() {
    let it = over_new_year().await;
    assert_eq!(it.viewing.settle().await.unwrap(), 0);
    assert_eq!(it.years(), [(0, 100), (2026, 100), (2027, 100)]);
    let open = it.viewing.without_year().await.unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!(
        (open[0].credit, open[0].years.as_slice()),
        (Millis::secs(100), &[Year(2027), Year(2026)][..])
    );
    let operator = Operator::on_the_console();
    let first = open[0].first().unwrap();
    assert!(!it.viewing.say_year(first, Year(2030), &operator).await.unwrap());
    assert!(it.viewing.say_year(first, Year(2026), &operator).await.unwrap());
    assert_eq!(it.years(), [(2026, 200), (2027, 100)]);
    assert_eq!(it.viewing.without_year().await.unwrap(), []);
}

#[tokio::test]
async fn a_year_that_does_not_fit_is_named_by_the_district_and_changes_nothing() {
    let it = over_new_year().await;
    let span = it.viewing.without_year().await.unwrap()[0].first().unwrap();
    let forged = |year, by| What::Settled {
        year: Year(year),
        spans: vec![(span, NEW_YEAR)],
        by,
        signed: String::new(),
    };
    it.says(forged(2026, Settler::Dating));
    it.says(forged(2030, Settler::Operator));
    let count = it.count();
    assert!(
        matches!(count.anomalies[..], [Anomaly::WrongYear(_), Anomaly::WrongYear(_)]),
        "{:?}",
        count.anomalies
    );
    let undated = count.credits.iter().filter(|credit| credit.year == Year::UNDECIDED);
    assert_eq!(undated.map(|credit| credit.media.total().as_secs()).sum::<u64>(), 100);
}

/// A station that is reached by stick never hears of the district's visit; the district dates by its own.
#[tokio::test]
async fn the_districts_own_visit_dates_what_the_station_cannot() {
    let it = Box::boots(Y1970);
    it.watches(0, 100).await;
    let mut count = it.count();
    let size = count.size();
    count.settle_rest(&[(size, NOVEMBER_2026)]);
    let years: Vec<_> = count.credits.iter().map(|credit| credit.year.0).collect();
    assert_eq!(
        years,
        [2026],
        "the program did not exist before 2026, and the leaf was there in November"
    );
}

#[tokio::test]
async fn pending_time_that_is_confirmed_after_new_year_stays_undecided_under_an_unset_clock() {
    let mut it = Box::boots(NEW_YEAR - DAY);
    it.anchor(NEW_YEAR - DAY);
    it.clock.set_wall(Y1970);
    let device = DeviceId::from_bytes([1; 16]);
    it.viewing.sent().note(device, item(0), 0..FILMS[0]);
    let facts = ItemFacts {
        item: item(0),
        title: "film".into(),
        class: None,
        length: Millis(FILMS[0]),
        made_here: false,
    };
    let opened = it.viewing.open(member(1), device, facts, Mode::Alone).await.unwrap();
    it.clock.advance(Millis::secs(10));
    let beat = BeatIn {
        n: 1,
        segments: vec![(0, 10_000)],
        ended: false,
        urgent: false,
        digest: [1; 8],
    };
    it.viewing.beat(opened.session, beat).await.unwrap();
    it.viewing.close(opened.session).await.unwrap();
    it.boots_again(Y1970);
    it.watches(10, 10).await;
    it.clock.set_wall(NEW_YEAR + DAY);
    it.anchor(NEW_YEAR + DAY);
    it.viewing.settle().await.unwrap();
    assert_eq!(
        it.years(),
        [(0, 20)],
        "ten of them were seen before New Year, nobody can say which from the leaf alone"
    );
}
