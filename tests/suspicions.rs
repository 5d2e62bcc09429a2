//! Rows 50 and 52 of `tests/cases/credit/README.md`: logs in which every leaf is in order, and what they say cannot be. Real
//! stations' databases, brought on sticks.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod common;

use common::Station;
use tempfile::TempDir;
use yuanjiao::app::Base;
use yuanjiao::clock::{Clock, Reading, Trust};
use yuanjiao::credit::Policy;
use yuanjiao::district::{Alert, District, Pulled, Settings};
use yuanjiao::exchange::{self, CosignIn};
use yuanjiao::ledger::{Closing, Ending, Entry, Proof, What, note};
use yuanjiao::report::{Anomaly, tables};
use yuanjiao::types::{DeviceId, Grade, Intervals, ItemId, MemberId, Millis, Mode, SessionId, Year};

const HOUR: u64 = 3_600;
/// 2026-11-27T19:30+08:00.
const EVENING: i64 = 1_795_779_000_000;

struct Office {
    district: District,
    _books: TempDir,
}

impl Office {
    fn new() -> Self {
        let books = TempDir::new().unwrap();
        let district = District::open(Settings {
            store: common::server::place(books.path()),
            ..Settings::in_folder(books.path().to_owned())
        });
        Self {
            district: district.unwrap(),
            _books: books,
        }
    }

    /// Enrols a station, and switches it off: from then on its box is in somebody's hands.
    async fn enrol(&self, station: &mut Station) -> Village {
        let origin = station.enrols_at(&self.district).await;
        station.stop().await;
        Village {
            base: station.base(),
            now: station.base().clock.now(),
            origin: origin.to_string(),
            sessions: 0,
        }
    }

    async fn brings(&self, village: &Village) -> Pulled {
        let stick = TempDir::new().unwrap();
        exchange::export(&village.base.ledger, stick.path()).unwrap();
        self.district.import(stick.path()).await.unwrap().1
    }

    async fn open(&self, kind: &str) -> Vec<(String, Vec<String>)> {
        let open = self.district.open_alarms().await.unwrap();
        let of_kind = open.into_iter().filter(|alarm| alarm.kind == kind);
        of_kind.map(|alarm| (alarm.station, alarm.evidence)).collect()
    }
}

fn member(number: &str) -> MemberId {
    MemberId::new(number).unwrap()
}

/// A station's ledger, written by whoever has its box and its key.
struct Village {
    base: Base,
    now: Reading,
    origin: String,
    sessions: u8,
}

impl Village {
    fn leaf(&self, is: What) -> u64 {
        let (ledger, now) = (self.base.ledger.clone(), self.now);
        let act = move |tx: &yuanjiao::store::Tx<'_>| ledger.append(tx, now, is);
        self.base.ledger.store().write_blocking(act).unwrap().unwrap();
        self.base.ledger.store().read_blocking(yuanjiao::ledger::size).unwrap() - 1
    }

    fn pass(&mut self, seconds: u64) {
        self.now.mono = self.now.mono.plus(Millis::secs(seconds));
        self.now.wall_ms += i64::try_from(seconds * 1_000).unwrap();
    }

    fn at(&mut self, wall_ms: i64) {
        (self.now.wall_ms, self.now.trust) = (wall_ms, Trust::District);
    }

    /// A film of so many seconds, watched from end to end.
    fn watches(&mut self, who: &str, seconds: u64) {
        self.sessions += 1;
        let mut digest = [self.sessions; 32];
        digest[1..9].copy_from_slice(&self.now.wall_ms.to_be_bytes());
        let item = ItemId::from_digest(&digest);
        let session = SessionId::from_bytes(digest[..16].try_into().unwrap());
        self.leaf(What::Item {
            item,
            title: format!("第{}课", self.sessions),
            class: None,
            length: Millis::secs(seconds),
            made_here: false,
        });
        self.leaf(What::Open {
            session,
            member: member(who),
            item,
            device: DeviceId::from_bytes([1; 16]),
            mode: Mode::Alone,
        });
        self.pass(seconds);
        self.leaf(What::Span {
            session,
            member: member(who),
            item,
            year: Year(2026),
            mode: Mode::Alone,
            grade: Grade::A,
            proof: Proof::Asked,
            media: Intervals::one(Millis::ZERO, Millis::secs(seconds)),
            total: Millis::secs(seconds),
        });
        self.leaf(What::Close {
            session,
            why: Closing::End,
            unconfirmed: Millis::ZERO,
            flags: Vec::new(),
        });
    }

    /// An evening to which these people came, each by this entry.
    fn evening(&mut self, came: &[(&str, Entry)]) -> SessionId {
        self.sessions += 1;
        let screening = SessionId::from_bytes([self.sessions; 16]);
        self.leaf(What::Screening {
            screening,
            screen: DeviceId::from_bytes([7; 16]),
            mode: Mode::Screening,
            branches: Vec::new(),
            due: 5,
            plan: None,
        });
        for (who, by) in came {
            self.leaf(What::Attend {
                screening,
                member: member(who),
                shown: Millis::ZERO,
                present: true,
                by: *by,
                device: None,
                reason: String::new(),
                home: None,
            });
        }
        self.pass(HOUR);
        self.leaf(What::Screened {
            screening,
            how: Ending::Done,
            shown: Millis::ZERO,
            unattended: Millis::ZERO,
            guests: 0,
        });
        screening
    }

    /// The district's cosignature came back, given so many seconds after it really was.
    fn hears(&self, cosigned: &CosignIn, later_s: u64) -> u64 {
        self.leaf(What::CheckpointSeen {
            district: yuanjiao::types::Origin::new(cosigned.line.split(' ').nth(1).unwrap()).unwrap(),
            size: cosigned.size,
            time: note::time_of(&cosigned.line).unwrap() + later_s,
            cosignature: cosigned.line.clone(),
        })
    }
}

/// What comes of so many hours in films of one hour between two visits that lie a day apart.
async fn hours_in_a_day(hours: u64) -> (Vec<Alert>, Vec<(String, Vec<String>)>, u64, String) {
    let (mut station, office) = (Station::start().await, Office::new());
    let mut village = office.enrol(&mut station).await;
    village.at(EVENING);
    let first = office.brings(&village).await;
    assert!(first.alerts.is_empty(), "{:?}", first.alerts);
    village.hears(&first.cosigned.unwrap(), 0);
    for _ in 0..hours {
        village.watches("0021", HOUR);
    }
    let second = office.brings(&village).await;
    assert!(
        second.alerts.is_empty(),
        "nobody can tell before the second visit is told of: {second:?}"
    );
    let leaf = village.hears(&second.cosigned.unwrap(), 24 * HOUR);
    let third = office.brings(&village).await;
    (
        third.alerts,
        office.open("too_many_hours").await,
        leaf,
        village.origin.clone(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn row_50_forty_hours_between_visits_a_day_apart_are_an_alert_that_names_the_leaf() {
    let (alerts, open, leaf, origin) = hours_in_a_day(40).await;
    assert!(
        alerts.contains(&Alert::Count(Anomaly::FasterThanTheDistrict(leaf))),
        "{alerts:?}"
    );
    assert_eq!(open, [(origin, vec![leaf.to_string()])]);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_50_twenty_three_hours_of_a_day_are_none() {
    let (alerts, open, ..) = hours_in_a_day(23).await;
    assert_eq!((alerts, open), (vec![], vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn row_52_one_member_at_two_stations_at_once_counts_once_and_is_an_alert_that_names_both() {
    let (mut one, mut other, office) = (Station::start().await, Station::start().await, Office::new());
    let (mut here, mut there) = (office.enrol(&mut one).await, office.enrol(&mut other).await);
    // Half an hour each, the second begun ten minutes after the first; and somebody who was at both, one after the other.
    here.at(EVENING);
    here.watches("0021", HOUR / 2);
    here.at(EVENING + 3_600_000);
    here.watches("0047", HOUR / 2);
    there.at(EVENING + 600_000);
    there.watches("0021", HOUR / 2);
    there.at(EVENING + 2 * 3_600_000);
    there.watches("0047", HOUR / 2);
    assert!(
        office.brings(&here).await.alerts.is_empty(),
        "one station alone says nothing"
    );
    let pulled = office.brings(&there).await;
    let [
        Alert::TwoPlaces {
            member: who, origins, ..
        },
    ] = &pulled.alerts[..]
    else {
        panic!("{:?}", pulled.alerts)
    };
    assert_eq!((who.as_str(), origins.as_str()), ("0021", here.origin.as_str()));
    assert!(pulled.cosigned.is_some(), "the log itself is in order");
    let evidence = office.open("two_places").await;
    let name = office.district.watched().await.unwrap();
    let name = name
        .iter()
        .find(|station| station.origin.as_str() == here.origin)
        .unwrap();
    let expected = ["0021", &name.name, "2026-11-27 19:30", "2026-11-27 20:10"].map(str::to_owned);
    assert_eq!(evidence, [(there.origin.clone(), expected.to_vec())]);
    // Whatever comes later of both logs, it is told once.
    there.at(EVENING + 86_400_000);
    there.watches("0021", HOUR / 2);
    assert_eq!(office.brings(&there).await.alerts, []);
    here.at(EVENING + 2 * 86_400_000);
    here.watches("0021", HOUR / 2);
    assert!(office.brings(&here).await.alerts.len() <= 1);
    // From the first coming to the last going there were forty minutes, not an hour; and an hour on the days after.
    let counts = office.district.counts().await.unwrap();
    let counts: Vec<_> = counts.into_iter().map(|(_, count)| count).collect();
    let lines = tables::members(&counts, &Policy::built_in().into(), Year(2026));
    let minutes = |who: &str| {
        let line = lines.iter().find(|line| line.member.as_str() == who).unwrap();
        line.tally.raw.as_secs() / 60
    };
    assert_eq!((minutes("0021"), minutes("0047")), (40 + 60, 60));
}

#[tokio::test(flavor = "multi_thread")]
async fn row_58_an_evening_where_everybody_was_ticked_is_an_alert_that_names_it() {
    let (mut station, office) = (Station::start().await, Office::new());
    let mut village = office.enrol(&mut station).await;
    let everybody = [("1", Entry::Ticked), ("2", Entry::Ticked), ("3", Entry::Ticked)];
    let (one, other) = (village.evening(&everybody), village.evening(&everybody));
    let of = |screening| Alert::AllTicked { screening, people: 3 };
    assert_eq!(office.brings(&village).await.alerts, [of(one), of(other)]);

    village.evening(&[("1", Entry::Ticked), ("2", Entry::Code), ("3", Entry::Ticked)]);
    village.evening(&[("1", Entry::Ticked), ("2", Entry::Ticked)]);
    let again = office.brings(&village).await.alerts;
    assert_eq!(
        again,
        [],
        "one phone is enough, two people prove nothing; nor those of before again"
    );
    let open = office.open("all_ticked").await;
    let evidence = |screening: SessionId| (village.origin.clone(), vec!["3".to_owned(), screening.to_string()]);
    assert_eq!(open, [evidence(one), evidence(other)]);
}
