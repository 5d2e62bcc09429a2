use super::*;
use crate::clock::{Clock, HandClock};
use crate::keys::Keys;
use crate::ledger;
use crate::roster::{Details, Limits, Member, Migrant, NewMember, Operator, Role, Status};
use crate::store::{Options, Store, Urgency};
use std::sync::Arc;

/// 2026-11-26 12:00 in Chinese standard time.
const NOON: i64 = 1_795_665_600_000;
const DAY: i64 = 86_400_000;

struct Room {
    _dir: tempfile::TempDir,
    clock: Arc<HandClock>,
    district: Keys,
    dispatches: Dispatches,
    roster: Roster,
    serial: u64,
}

impl Room {
    fn new() -> Self {
        let dir = tempfile::TempDir::new().unwrap();
        let keys = Keys::open_or_make(&dir.path().join("keys")).unwrap();
        let schemas = [ledger::SCHEMA, crate::roster::SCHEMA, crate::programme::SCHEMA, SCHEMA];
        let store = Store::open(&dir.path().join("ledger.db"), &schemas, Options::default()).unwrap();
        let clock = Arc::new(HandClock::new(1, NOON));
        let origin = Origin::new("yuanjiao/17").unwrap();
        let ledger = Ledger::open(store.clone(), keys.clone(), origin, clock.now()).unwrap();
        let roster = Roster::new(store, keys, clock.clone(), Limits::default());
        Self {
            dispatches: Dispatches::new(ledger, roster.clone(), clock.clone()),
            district: Keys::open_or_make(&dir.path().join("district")).unwrap(),
            clock,
            roster,
            serial: 0,
            _dir: dir,
        }
    }

    fn send(&mut self, body: &Body, from: &str) -> Outcome {
        self.serial += 1;
        let file = self.file(body, from, self.serial);
        self.bring(file)
    }

    fn file(&self, body: &Body, from: &str, serial: u64) -> String {
        let text = body.text();
        let head = Head {
            district: Origin::new("district").unwrap(),
            kind: body.kind(),
            station: Origin::new("yuanjiao/17").unwrap(),
            serial,
            from: from.into(),
            digest: digest_of(&text),
        };
        head.signed(&text, &self.district)
    }

    fn bring(&self, file: String) -> Outcome {
        let (room, now, key) = (self.dispatches.clone(), self.clock.now(), self.district.public());
        let act = move |tx: &Tx<'_>| room.take(tx, now, &file, |_| Some(key));
        self.dispatches.ledger.store().write_blocking(act).unwrap().unwrap()
    }

    async fn names(&self) -> Vec<String> {
        let members = self.roster.members().await.unwrap();
        members
            .into_iter()
            .map(|member| format!("{} {}", member.name, member.role.zh()))
            .collect()
    }
}

fn member(number: &str, name: &str, role: Role) -> Member {
    Member {
        id: MemberId::new(number).unwrap(),
        name: name.into(),
        branch: BranchId::new("第一支部").unwrap(),
        role,
        status: Status::Full,
        migrant: Migrant::No,
        details: Details::default(),
    }
}

fn roster(members: &[Member]) -> Body {
    Body::Roster(Members {
        members: members.to_vec(),
    })
}

fn taken(kind: Kind, from: &str) -> Outcome {
    Outcome::Taken(kind, from.into())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_roster_holds_from_its_day_on_and_what_was_written_here_can_be_put_back() {
    let mut room = Room::new();
    let (wang, chen) = (
        member("0021", "王德明", Role::Member),
        member("0012", "陈桂兰", Role::Member),
    );
    let sent = room.send(&roster(&[wang.clone(), chen.clone()]), "2026-11-01");
    assert_eq!(sent, taken(Kind::Roster, "2026-11-01"));
    assert_eq!(room.names().await, ["陈桂兰 党员", "王德明 党员"]);

    let local = NewMember {
        member: member("0021", "王德明", Role::Committee),
        pin: None,
    };
    let by = Operator::on_the_console();
    room.roster.save(vec![local], &by).await.unwrap();
    assert_eq!(
        room.roster.differs().await.unwrap().len(),
        1,
        "said on the desk, and left alone"
    );

    let secretary = member("0021", "王德明", Role::Secretary);
    assert_eq!(
        room.send(&roster(&[secretary]), "2026-11-28"),
        taken(Kind::Roster, "2026-11-28")
    );
    assert!(!room.dispatches.carry_out_due().unwrap(), "its day has not come");
    assert_eq!(room.names().await, ["陈桂兰 党员", "王德明 委员"]);
    room.clock.set_wall(NOON + 2 * DAY);
    assert!(room.dispatches.carry_out_due().unwrap());
    assert_eq!(
        room.names().await,
        ["王德明 书记"],
        "the district's word, and 陈桂兰 is listed no more"
    );

    let gave_way = room.roster.gave_way().await.unwrap();
    assert_eq!(gave_way.len(), 2, "nothing is lost");
    let back = MemberId::new("0021").unwrap();
    assert!(room.roster.settle(back.clone(), true, &by).await.unwrap());
    assert!(!room.roster.settle(back, true, &by).await.unwrap());
    assert_eq!(room.names().await, ["王德明 委员"]);
    assert_eq!(room.roster.differs().await.unwrap()[0].theirs.role, Role::Secretary);
}

#[test]
fn older_foreign_and_oversized_records_change_nothing() {
    let mut room = Room::new();
    let board = |title: &str| {
        Body::Notices(Board {
            notices: vec![Notice {
                title: title.into(),
                text: String::new(),
                from: "2026-11-20".into(),
                until: "2026-11-26".into(),
            }],
        })
    };
    assert_eq!(
        room.bring(room.file(&board("二"), "2026-11-20", 9)),
        taken(Kind::Notices, "2026-11-20")
    );
    assert_eq!(room.bring(room.file(&board("二"), "2026-11-20", 9)), Outcome::Known);
    assert_eq!(room.bring(room.file(&board("一"), "2026-11-20", 8)), Outcome::Older);
    let stranger = Keys::open_or_make(tempfile::TempDir::new().unwrap().path()).unwrap();
    let ours = std::mem::replace(&mut room.district, stranger);
    let forged = room.file(&board("假的"), "2026-11-20", 10);
    room.district = ours;
    assert!(matches!(
        room.bring(forged),
        Outcome::Refused(PaperError::BadSignature(_))
    ));
    assert!(matches!(
        room.bring(room.file(&board(""), "2026-11-20", 11)),
        Outcome::Unreadable(_)
    ));
    let twice = roster(&[member("0021", "王", Role::Member), member("0021", "李", Role::Member)]);
    assert!(matches!(
        room.bring(room.file(&twice, "2026-11-20", 1)),
        Outcome::Unreadable(_)
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_is_shown_from_its_first_day_to_its_last() {
    let mut room = Room::new();
    let notice = |title: &str, from: &str, until: &str| Notice {
        title: title.into(),
        text: String::new(),
        from: from.into(),
        until: until.into(),
    };
    let notices = vec![
        notice("今天", "2026-11-26", "2026-11-26"),
        notice("明天起", "2026-11-27", "2026-11-30"),
        notice("昨天止", "2026-11-01", "2026-11-25"),
    ];
    room.send(&Body::Notices(Board { notices }), "2026-11-26");
    let titles = |all: Vec<(String, Notice)>| all.into_iter().map(|(_, n)| n.title).collect::<Vec<_>>();
    assert_eq!(titles(room.dispatches.notices().await.unwrap()), ["今天"]);
    room.clock.set_wall(NOON + DAY);
    assert_eq!(titles(room.dispatches.notices().await.unwrap()), ["明天起"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approved_item_is_listed_from_its_day_on_and_a_number_finds_its_home() {
    let mut room = Room::new();
    assert_eq!(room.dispatches.approved().unwrap(), None, "no list was ever sent");
    let item = |n: u8, from: &str| Approved {
        item: ItemId::from_digest(&[n; 32]),
        title: "片子".into(),
        from: from.into(),
    };
    let items = vec![item(1, "2026-01-01"), item(2, "2027-01-01")];
    room.send(&Body::Approved(List { items }), "2026-11-26");
    let first = HashSet::from([ItemId::from_digest(&[1; 32])]);
    assert_eq!(room.dispatches.approved().unwrap(), Some(first));
    let homes = vec![Home {
        station: "后坪村".into(),
        branch: BranchId::new("后坪村支部").unwrap(),
        numbers: vec![MemberId::new("4711").unwrap()],
    }];
    room.send(&Body::Visitors(Visitors { homes }), "2026-11-26");
    let home = |n: &str| room.dispatches.home_of(MemberId::new(n).unwrap());
    assert_eq!(home("4711").await.unwrap().unwrap().0, "后坪村");
    assert_eq!(home("4712").await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_removed_here_is_forgotten_by_a_roster_that_waits() {
    let mut room = Room::new();
    room.send(
        &roster(&[
            member("0021", "王德明", Role::Member),
            member("0012", "陈桂兰", Role::Member),
        ]),
        "2026-12-01",
    );
    let gone = [MemberId::new("0021").unwrap()];
    let store = room.dispatches.ledger.store().clone();
    store
        .write(Urgency::Now, move |tx| forget(tx, &gone))
        .await
        .unwrap()
        .unwrap();
    room.clock.set_wall(NOON + 10 * DAY);
    room.dispatches.carry_out_due().unwrap();
    assert_eq!(room.names().await, ["陈桂兰 党员"]);
}
