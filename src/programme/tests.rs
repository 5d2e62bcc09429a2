use super::*;
use crate::store::Options;
use crate::types::MemberId;

fn room() -> (tempfile::TempDir, Programme) {
    let dir = tempfile::TempDir::new().unwrap();
    let store = Store::open(&dir.path().join("ledger.db"), &[SCHEMA], Options::default()).unwrap();
    (dir, Programme::new(store))
}

fn plan(day: &str, time: &str) -> Plan {
    Plan {
        when: When::read(day, time).unwrap(),
        items: vec![Planned {
            item: ItemId::from_digest(&[1; 32]),
            title: "一条水渠三代人".into(),
            class: Some("典型".into()),
            length: Millis::secs(2760),
        }],
        mode: Mode::Screening,
        branches: Vec::new(),
        who: Who::Everybody,
        place: "会议室".into(),
        chair: "陈桂兰".into(),
    }
}

fn member(branch: &str, role: Role, migrant: Migrant) -> Member {
    Member {
        id: MemberId::new("0021").unwrap(),
        name: "王德明".into(),
        branch: BranchId::new(branch).unwrap(),
        role,
        status: Status::Full,
        migrant,
        details: crate::roster::Details::default(),
    }
}

async fn november(room: &Programme) -> Vec<(u64, String)> {
    let (from, to) = Month::read("2026-11").unwrap().days();
    let all = room.between(from, to).await.unwrap();
    all.into_iter()
        .map(|entry| (entry.number, entry.plan.when.to_string()))
        .collect()
}

#[tokio::test]
async fn a_month_is_in_the_order_of_time_and_a_number_is_never_given_twice() {
    let (_dir, room) = room();
    let by = Operator::on_the_console();
    let late = room.add(plan("2026-11-26", "19:30"), &by).await.unwrap();
    let early = room.add(plan("2026-11-05", "19:30"), &by).await.unwrap();
    room.add(plan("2026-12-01", "09:00"), &by).await.unwrap();
    assert_eq!(
        november(&room).await,
        [(early, "2026-11-05 19:30".into()), (late, "2026-11-26 19:30".into())]
    );
    assert!(room.change(late, plan("2026-11-03", "08:00"), &by).await.unwrap());
    assert_eq!(november(&room).await[0].0, late);
    assert!(room.remove(3, &by).await.unwrap());
    assert!(!room.remove(3, &by).await.unwrap());
    assert_eq!(room.add(plan("2026-11-30", "09:00"), &by).await.unwrap(), 4);
}

#[tokio::test]
async fn a_districts_plan_replaces_what_it_planned_before_and_nothing_else() {
    let (_dir, room) = room();
    let by = Operator::on_the_console();
    let own = room.add(plan("2026-11-20", "19:30"), &by).await.unwrap();
    let district = Origin::new("district.example").unwrap();
    let take = |plans: Vec<(String, Plan)>| {
        let (room, district) = (room.clone(), district.clone());
        let store = room.store.clone();
        async move {
            let take = move |tx: &Tx<'_>| room.take_over(tx, &district, "2026-11-10", &plans);
            store.write(Urgency::Now, take).await.unwrap().unwrap();
        }
    };
    take(vec![
        ("a".into(), plan("2026-11-05", "19:30")),
        ("b".into(), plan("2026-11-12", "19:30")),
        ("c".into(), plan("2026-11-19", "19:30")),
    ])
    .await;
    let numbers = |all: Vec<(u64, String)>| all.into_iter().map(|(number, _)| number).collect::<Vec<_>>();
    assert_eq!(numbers(november(&room).await), [2, 3, 4, own]);
    take(vec![("c".into(), plan("2026-11-21", "19:30"))]).await;
    let now = november(&room).await;
    assert_eq!(
        now,
        [
            (2, "2026-11-05 19:30".into()),
            (own, "2026-11-20 19:30".into()),
            (4, "2026-11-21 19:30".into())
        ],
        "what lies behind stays, what goes on keeps its number"
    );
    assert!(!room.remove(4, &by).await.unwrap(), "the district's own");
    assert_eq!(room.entry(4).await.unwrap().unwrap().from, Some(district));
}

#[test]
fn expected_is_who_lives_here_and_is_meant() {
    let everybody = plan("2026-11-26", "19:30");
    let committee = Plan {
        who: Who::Committee,
        branches: vec![BranchId::new("第一支部").unwrap()],
        ..everybody.clone()
    };
    let cases = [
        ("第一支部", Role::Member, Migrant::No, true, false),
        ("第一支部", Role::Secretary, Migrant::No, true, true),
        ("第二支部", Role::Secretary, Migrant::No, true, false),
        ("第一支部", Role::Secretary, Migrant::Out, false, false),
        ("第一支部", Role::Committee, Migrant::In, true, true),
    ];
    for (branch, role, migrant, of_all, of_committee) in cases {
        let member = member(branch, role, migrant);
        let said = (everybody.expects(&member), committee.expects(&member));
        assert_eq!(said, (of_all, of_committee), "{branch} {role:?} {migrant:?}");
    }
}
