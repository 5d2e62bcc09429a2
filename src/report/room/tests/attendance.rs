//! Who earns what: late, early, ticked, on another phone, out and in again.

use super::*;

#[tokio::test]
async fn row_24_to_27_each_gets_what_he_attended() {
    let hall = Hall::new().await;
    hall.evening().await;
    for (number, device) in [("all", 1), ("left", 2), ("missed", 4)] {
        assert!(matches!(
            hall.comes(number, device).await,
            Ok(CheckedIn::Welcome { .. })
        ));
    }
    hall.room.start(hall.screen).await.unwrap();
    hall.play(0, 900).await;
    for (number, device) in [("all", 1), ("missed", 4)] {
        let confirmed = CheckedIn::Confirmed { at_the_end: false };
        assert_eq!(hall.comes(number, device).await.unwrap(), confirmed);
    }
    assert!(matches!(
        hall.comes("late", 3).await,
        Ok(CheckedIn::Welcome { is_late: true, .. })
    ));
    hall.play(900, 900).await;
    for (number, device) in [("all", 1), ("late", 3)] {
        hall.comes(number, device).await.unwrap();
    }
    hall.play(1800, 900).await;
    hall.ends(&[("all", 1), ("late", 3), ("missed", 4)]).await;
    let seconds = ["all", "left", "late", "missed"].map(|number| hall.credit(number).0);
    assert_eq!(seconds, [2700, 0, 1800, 900]);
    assert_eq!(hall.credit("all").1, [Grade::B]);
}

#[tokio::test]
async fn row_28_a_pause_counts_for_nobody() {
    let hall = Hall::new().await;
    hall.evening().await;
    hall.comes("m1", 1).await.unwrap();
    hall.room.start(hall.screen).await.unwrap();
    hall.play(0, 900).await;
    hall.comes("m1", 1).await.unwrap();
    hall.play(900, 150).await;
    // Ten minutes of silence from a screen that stands still, then it goes on until 2700 s have passed.
    hall.clock.advance(Millis::secs(600));
    hall.beat(1050, 1050, false).await.unwrap();
    hall.play(1050, 750).await;
    hall.comes("m1", 1).await.unwrap();
    hall.play(1800, 300).await;
    hall.ends(&[("m1", 1)]).await;
    assert_eq!(hall.credit("m1").0, 2100);
}

#[tokio::test]
async fn row_58_whom_the_operator_ticked_is_grade_c() {
    let hall = Hall::new().await;
    let id = hall.evening_with(vec![film(1, 600)]).await;
    let by = Operator::on_the_console();
    let ticked = hall.room.tick(id, (member("old"), None), "没带手机".into(), &by).await;
    assert!(matches!(ticked, Ok(CheckedIn::Welcome { .. })));
    hall.room.start(hall.screen).await.unwrap();
    hall.play(0, 600).await;
    hall.room.end(hall.screen).await.unwrap();
    assert_eq!(hall.room.tick_all_again(id, &by).await.unwrap(), 1);
    hall.room.end(hall.screen).await.unwrap();
    assert_eq!(hall.credit("old"), (600, vec![Grade::C]));
    let reasons = hall
        .leaves()
        .iter()
        .filter_map(|leaf| match Leaf::read(leaf)?.is {
            What::Attend { reason, .. } => Some(reason),
            _ => None,
        })
        .collect::<Vec<_>>();
    assert_eq!(reasons, ["没带手机"]);
}

#[tokio::test]
async fn row_59_one_phone_checks_in_one_person() {
    let hall = Hall::new().await;
    hall.evening().await;
    hall.comes("m1", 1).await.unwrap();
    let second = hall.comes("m2", 1).await;
    assert!(matches!(second, Err(ScreeningError::OnePhone(other)) if other == member("m1")));
}

#[tokio::test]
async fn row_59_the_phone_of_one_who_went_home_checks_in_nobody_else() {
    let hall = Hall::new().await;
    let id = hall.evening().await;
    hall.comes("m1", 1).await.unwrap();
    hall.room.leave(id, member("m1")).await.unwrap();
    let second = hall.comes("m2", 1).await;
    assert!(matches!(second, Err(ScreeningError::OnePhone(other)) if other == member("m1")));
}

#[tokio::test]
async fn who_goes_out_and_comes_back_earns_what_lies_around_it() {
    let hall = Hall::new().await;
    let id = hall.evening_with(vec![film(1, 800)]).await;
    hall.comes("m1", 1).await.unwrap();
    hall.room.start(hall.screen).await.unwrap();
    hall.play(0, 200).await;
    hall.room.leave(id, member("m1")).await.unwrap();
    hall.play(200, 200).await;
    hall.comes("m1", 1).await.unwrap();
    hall.play(400, 400).await;
    hall.ends(&[("m1", 1)]).await;
    assert_eq!(hall.credit("m1").0, 400, "nobody saw him when he left");
}

#[tokio::test]
async fn who_watches_on_his_phone_is_taken_from_there_into_the_room() {
    let hall = Hall::new().await;
    let facts = ItemFacts {
        item: film(7, 600).item,
        title: "another".into(),
        class: None,
        length: Millis::secs(600),
        made_here: false,
    };
    let viewing = &hall.viewing;
    let opened = viewing.open(member("m1"), phone(1), facts, Mode::Alone).await.unwrap();
    hall.evening().await;
    hall.comes("m1", 1).await.unwrap();
    let ended = viewing.prove(opened.session).await;
    assert!(matches!(ended, Err(ViewingError::Ended(_))));
    assert!(hall.room.where_is(member("m1")).await.unwrap().is_some());
}

#[tokio::test]
async fn two_films_follow_each_other_and_the_end_comes_by_itself() {
    let hall = Hall::new().await;
    hall.evening_with(vec![film(1, 100), film(2, 60)]).await;
    hall.comes("m1", 1).await.unwrap();
    hall.room.start(hall.screen).await.unwrap();
    hall.play(0, 90).await;
    hall.clock.advance(Millis::secs(10));
    let answer = hall.beat(90, 100, true).await.unwrap();
    assert_eq!((answer.state.turn, answer.state.position), (1, Millis::ZERO));
    hall.play(0, 50).await;
    hall.clock.advance(Millis::secs(10));
    let answer = hall.beat(50, 60, true).await.unwrap();
    assert_eq!(answer.state.stage, Stage::Ending);
    hall.comes("m1", 1).await.unwrap();
    hall.clock.advance(Millis::secs(601));
    let over = hall.room.on_screen(hall.screen).await;
    assert!(
        over.is_ok_and(|answer| answer.state.stage == Stage::Closed),
        "the last check closes by itself"
    );
    assert_eq!(hall.credit("m1").0, 160);
}

#[tokio::test]
async fn the_record_says_how_many_checks_each_was_asked_and_passed() {
    let hall = Hall::new().await;
    let id = hall.evening().await;
    for (number, device) in [("all", 1), ("missed", 2), ("early", 3)] {
        hall.comes(number, device).await.unwrap();
    }
    hall.room.start(hall.screen).await.unwrap();
    hall.play(0, 900).await;
    // The first check is open: two answer it, one of them goes, and a latecomer answers it by coming in.
    hall.comes("all", 1).await.unwrap();
    hall.comes("early", 3).await.unwrap();
    hall.room.leave(id, member("early")).await.unwrap();
    hall.comes("late", 4).await.unwrap();
    hall.play(900, 900).await;
    // The second: who went and comes back while it is open is no less there.
    hall.comes("all", 1).await.unwrap();
    hall.comes("missed", 2).await.unwrap();
    hall.play(1800, 900).await;
    hall.ends(&[("all", 1), ("late", 4)]).await;
    let record = hall.room.record(id).await.unwrap().unwrap();
    let of = |number: &str| {
        let line = record
            .lines
            .iter()
            .find(|line| line.who.member == member(number))
            .unwrap();
        (line.checks.passed, line.checks.asked)
    };
    let all = ["all", "missed", "early", "late"].map(of);
    assert_eq!(all, [(3, 3), (1, 3), (1, 1), (2, 3)]);
}

#[tokio::test]
async fn what_nobody_says_of_an_evening_is_as_it_was_the_last_time() {
    let hall = Hall::new().await;
    let id = hall.evening_with(vec![film(1, 600)]).await;
    let by = Operator::on_the_console();
    let said = Remarks {
        operator: "陈桂兰".into(),
        place: "一楼大厅".into(),
        ..Remarks::default()
    };
    hall.room.remark(id, said, &by).await.unwrap();
    hall.room.end(hall.screen).await.unwrap();
    // Nobody came, so there is nobody to ask at the end.
    let without_place = hall.room.begin(plain_evening(hall.screen, String::new())).await;
    let remarks = without_place.unwrap().remarks;
    assert_eq!(
        (remarks.operator.as_str(), remarks.place.as_str()),
        ("陈桂兰", "一楼大厅")
    );
    hall.room.end(hall.screen).await.unwrap();
    let elsewhere = hall.room.begin(plain_evening(hall.screen, "祠堂".into())).await;
    let remarks = elsewhere.unwrap().remarks;
    assert_eq!((remarks.operator.as_str(), remarks.place.as_str()), ("陈桂兰", "祠堂"));
}
