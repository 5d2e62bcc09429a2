//! What happens beside the film: breaks, going early, another screen, visitors, questions.

use super::*;

#[tokio::test]
async fn a_break_asks_everybody_and_who_does_not_come_back_has_gone() {
    let hall = Hall::new().await;
    hall.evening().await;
    hall.comes("back", 1).await.unwrap();
    hall.comes("home", 2).await.unwrap();
    hall.room.start(hall.screen).await.unwrap();
    hall.play(0, 600).await;
    hall.room.pause(hall.screen).await.unwrap();
    let answer = hall.room.on_screen(hall.screen).await.unwrap();
    assert_eq!(answer.state.stage, Stage::Break);
    hall.clock.advance(Millis::secs(900));
    let outcome = hall.comes("back", 1).await.unwrap();
    assert_eq!(outcome, CheckedIn::Confirmed { at_the_end: false });
    hall.beat(600, 1500, false).await.unwrap();
    hall.n.set(hall.n.get() - 1);
    hall.room.start(hall.screen).await.unwrap();
    hall.play(600, 300).await;
    hall.ends(&[("back", 1), ("home", 2)]).await;
    assert_eq!(hall.credit("back"), (900, vec![Grade::B]));
    assert_eq!(
        hall.credit("home").0,
        0,
        "he missed the break's check, which costs both its sides"
    );
    assert_eq!(hall.recount().anomalies, []);
}

#[tokio::test]
async fn who_confirmed_just_before_a_break_is_asked_again_on_coming_back() {
    let hall = Hall::new().await;
    let id = hall.evening().await;
    for (number, device) in [("back", 1), ("home", 2), ("slow", 3)] {
        hall.comes(number, device).await.unwrap();
    }
    hall.room.start(hall.screen).await.unwrap();
    hall.play(0, 900).await;
    // The check is open, two have answered it, and somebody presses for the break.
    hall.comes("back", 1).await.unwrap();
    hall.comes("home", 2).await.unwrap();
    hall.room.pause(hall.screen).await.unwrap();
    assert_eq!(hall.room.on_screen(hall.screen).await.unwrap().passed, 0);
    hall.comes("back", 1).await.unwrap();
    hall.comes("slow", 3).await.unwrap();
    hall.room.start(hall.screen).await.unwrap();
    hall.play(900, 300).await;
    hall.ends(&[("back", 1), ("slow", 3)]).await;
    let seconds = ["back", "home", "slow"].map(|number| hall.credit(number).0);
    assert_eq!(
        seconds,
        [1200, 900, 1200],
        "the check that the break cut short was missed by nobody"
    );
    let record = hall.room.record(id).await.unwrap().unwrap();
    let home = record
        .lines
        .iter()
        .find(|line| line.who.member == member("home"))
        .unwrap();
    assert_eq!((home.checks.passed, home.checks.asked), (1, 3));
}

#[tokio::test]
async fn who_goes_early_and_says_so_keeps_what_he_saw() {
    let hall = Hall::new().await;
    let id = hall.evening().await;
    hall.comes("early", 1).await.unwrap();
    hall.comes("silent", 2).await.unwrap();
    hall.comes("late", 3).await.unwrap();
    hall.room.start(hall.screen).await.unwrap();
    hall.play(0, 500).await;
    let code = hall.code().await;
    let out = |number: &str, device: u8| hall.room.check_out(&code, member(number), phone(device), HERE);
    assert!(
        matches!(out("early", 9).await, Err(ScreeningError::NotHere)),
        "another phone"
    );
    out("early", 1).await.unwrap();
    hall.room.leave(id, member("silent")).await.unwrap();
    // He comes back after the film went on.
    hall.play(500, 100).await;
    hall.comes("early", 1).await.unwrap();
    hall.play(600, 100).await;
    hall.ends(&[("early", 1), ("late", 3)]).await;
    assert_eq!(
        hall.credit("early").0,
        600,
        "500 before he went, 100 after he came back"
    );
    assert_eq!(hall.credit("silent").0, 0);
    assert_eq!(hall.credit("late").0, 700);
    assert_eq!(hall.recount().anomalies, []);
}

#[tokio::test]
async fn who_confirmed_a_check_and_then_goes_keeps_it_at_the_district_too() {
    let hall = Hall::new().await;
    let id = hall.evening().await;
    hall.comes("goes", 1).await.unwrap();
    hall.comes("stays", 2).await.unwrap();
    hall.room.start(hall.screen).await.unwrap();
    hall.play(0, 900).await;
    assert!(hall.room.on_screen(hall.screen).await.unwrap().state.check.is_some());
    hall.comes("goes", 1).await.unwrap();
    hall.comes("stays", 2).await.unwrap();
    hall.room.leave(id, member("goes")).await.unwrap();
    hall.clock.advance(Millis::secs(130));
    hall.room.on_screen(hall.screen).await.unwrap();
    hall.room.start(hall.screen).await.unwrap();
    hall.play(900, 300).await;
    hall.ends(&[("stays", 2)]).await;
    assert_eq!(hall.credit("goes").0, 900);
    assert_eq!(hall.credit("stays").0, 1200);
    assert_eq!(hall.recount().anomalies, []);
}

#[tokio::test]
async fn an_evening_goes_on_before_another_screen_at_the_same_second() {
    let mut hall = Hall::new().await;
    let id = hall.evening().await;
    hall.comes("a", 1).await.unwrap();
    hall.room.start(hall.screen).await.unwrap();
    hall.play(0, 400).await;
    let by = Operator::on_the_console();
    let other = phone(201);
    let unknown = hall.room.move_to(id, other, &by).await;
    assert!(matches!(unknown, Err(ScreeningError::NoScreen)));
    hall.let_in(other).await;
    let state = hall.room.move_to(id, other, &by).await.unwrap();
    assert_eq!((state.position, state.shown), (Millis::secs(400), Millis::secs(400)));
    let dead = hall.beat(400, 410, false).await;
    assert!(
        matches!(dead, Err(ScreeningError::NoScreening)),
        "the first screen shows nothing any more"
    );
    hall.n.set(hall.n.get() - 1);
    hall.screen = other;
    hall.viewing.sent().note(other, film(1, FILM).item, 0..FILM * 1000);
    hall.room.start(other).await.unwrap();
    hall.play(400, 200).await;
    hall.ends(&[("a", 1)]).await;
    assert_eq!(hall.credit("a").0, 600);
    assert_eq!(hall.recount().anomalies, []);
}

#[tokio::test]
async fn two_screens_show_at_once_and_a_member_is_at_one() {
    let mut hall = Hall::new().await;
    let first = hall.evening().await;
    hall.comes("a", 1).await.unwrap();
    hall.comes("b", 2).await.unwrap();
    hall.room.start(hall.screen).await.unwrap();
    hall.play(0, 300).await;
    let (first_screen, other) = (hall.screen, phone(201));
    hall.let_in(other).await;
    hall.screen = other;
    let second = hall.evening_with(vec![film(2, FILM)]).await;
    hall.comes("b", 2).await.unwrap();
    assert_eq!(hall.room.where_is(member("b")).await.unwrap(), Some(second));
    assert_eq!(hall.room.where_is(member("a")).await.unwrap(), Some(first));
    hall.room.start(other).await.unwrap();
    hall.play(0, 300).await;
    hall.ends(&[("b", 2)]).await;
    hall.screen = first_screen;
    hall.ends(&[("a", 1)]).await;
    assert_eq!(hall.credit("b").0, 300, "the second film alone");
    assert_eq!(hall.credit("a").0, 300);
    assert_eq!(hall.recount().anomalies, []);
}

#[tokio::test]
async fn a_visitor_earns_under_his_own_number_and_the_leaf_says_where_he_belongs() {
    let hall = Hall::new().await;
    hall.evening().await;
    let home = ledger::Home {
        station: "0042".into(),
        branch: crate::types::BranchId::new("后坪村支部").unwrap(),
    };
    let code = hall.code().await;
    let who = (member("4711"), Some(home.clone()));
    hall.room.check_in(&code, who, phone(7), HERE).await.unwrap();
    hall.room.start(hall.screen).await.unwrap();
    hall.play(0, 300).await;
    hall.ends(&[("4711", 7)]).await;
    assert_eq!(hall.credit("4711"), (300, vec![Grade::B]));
    let said = hall
        .leaves()
        .iter()
        .filter_map(|bytes| Leaf::read(bytes))
        .any(|leaf| matches!(leaf.is, What::Attend { home: Some(said), .. } if said == home));
    assert!(said);
    assert_eq!(hall.recount().anomalies, []);
}

#[tokio::test]
async fn questions_answered_on_ones_own_phone_pass_the_check_that_is_open() {
    let hall = Hall::new().await;
    let id = hall.evening().await;
    hall.comes("a", 1).await.unwrap();
    hall.comes("b", 2).await.unwrap();
    hall.room.start(hall.screen).await.unwrap();
    hall.play(0, 300).await;
    assert!(
        !hall.room.answered(id, member("a"), phone(1)).await.unwrap(),
        "nothing is asked"
    );
    hall.room.end(hall.screen).await.unwrap();
    assert!(hall.room.answered(id, member("a"), phone(1)).await.unwrap());
    assert!(
        !hall.room.answered(id, member("b"), phone(1)).await.unwrap(),
        "another one's phone"
    );
    hall.room.end(hall.screen).await.unwrap();
    assert_eq!((hall.credit("a").0, hall.credit("b").0), (300, 0));
    assert_eq!(hall.recount().anomalies, []);
}

#[tokio::test]
async fn a_film_that_was_broken_off_goes_on_from_there() {
    let hall = Hall::new().await;
    hall.evening().await;
    hall.comes("a", 1).await.unwrap();
    hall.room.start(hall.screen).await.unwrap();
    hall.play(0, 700).await;
    hall.ends(&[("a", 1)]).await;
    let stopped = hall.room.broken_off().await.unwrap();
    assert_eq!(stopped, [(film(1, FILM).item, Millis::secs(700))]);
    hall.n.set(0);
    let evening = Evening {
        programme: vec![film(1, FILM)],
        due: 1,
        expected: vec![member("a")],
        from: stopped[0].1,
        ..plain_evening(hall.screen, String::new())
    };
    let state = hall.room.begin(evening).await.unwrap();
    assert_eq!(state.position, Millis::secs(700));
    hall.comes("a", 1).await.unwrap();
    hall.room.start(hall.screen).await.unwrap();
    hall.play(700, 1990).await;
    let record = hall.room.record(state.id).await.unwrap().unwrap();
    assert_eq!(record.expected, [member("a")]);
    assert_eq!(
        hall.room.broken_off().await.unwrap(),
        stopped,
        "while it runs, nothing is known of its end"
    );
}
