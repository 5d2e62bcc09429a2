//! What goes wrong, and who cheats: the light goes out, a film for the wall, old codes, screens that claim too much,
//! forged leaves.

use super::*;

#[tokio::test]
async fn row_29_a_television_for_the_wall_is_reported_as_such() {
    let hall = Hall::new().await;
    let id = hall.evening().await;
    hall.room.start(hall.screen).await.unwrap();
    hall.play(0, FILM).await;
    hall.ends(&[]).await;
    let record = hall.room.record(id).await.unwrap().unwrap();
    assert_eq!((record.state.unattended, record.lines.len()), (Millis::secs(FILM), 0));
    let count = hall.recount();
    assert!(count.credits.is_empty());
    assert_eq!(count.rooms().next().unwrap().unattended, Millis::secs(FILM));
}

#[tokio::test]
async fn row_30_a_photographed_code_holds_for_a_minute() {
    for (after, is_taken) in [(20, true), (59, true), (61, false), (600, false)] {
        let hall = Hall::new().await;
        hall.evening().await;
        // The clock in the hand stands at the beginning of a step.
        let photographed = hall.code().await;
        hall.clock.advance(Millis::secs(after));
        let who = (member("home"), None);
        let answer = hall.room.check_in(&photographed, who, phone(9), HERE).await;
        match answer {
            Ok(CheckedIn::Welcome { .. }) => assert!(is_taken, "after {after} s"),
            Err(ScreeningError::WrongCode) => assert!(!is_taken, "after {after} s"),
            other => panic!("after {after} s: {other:?}"),
        }
    }
}

#[tokio::test]
async fn row_30_a_code_of_a_minute_ago_opens_nothing() {
    let hall = Hall::new().await;
    hall.evening().await;
    let photographed = hall.code().await;
    hall.clock.advance(Millis::secs(61));
    let refused = hall
        .room
        .check_in(&photographed, (member("home"), None), phone(9), HERE)
        .await;
    assert!(matches!(refused, Err(ScreeningError::WrongCode)));
    for _ in 0..29 {
        drop(
            hall.room
                .check_in("nonsense", (member("home"), None), phone(9), HERE)
                .await,
        );
    }
    let paused = hall
        .room
        .check_in(&hall.code().await, (member("home"), None), phone(9), HERE)
        .await;
    assert!(matches!(paused, Err(ScreeningError::Paused(_))), "a guesser waits");
}

#[tokio::test]
async fn an_evening_survives_a_power_cut_at_the_second_where_it_stood() {
    let mut hall = Hall::new().await;
    let id = hall.evening().await;
    hall.comes("m1", 1).await.unwrap();
    hall.room.start(hall.screen).await.unwrap();
    hall.play(0, 900).await;
    // The check is open when the light goes out: nobody has missed it.
    assert!(hall.room.on_screen(hall.screen).await.unwrap().check_left.is_some());
    hall.power_cut();
    hall.viewing
        .sent()
        .note(hall.screen, film(1, FILM).item, 0..FILM * 1000);
    let back = hall.room.start(hall.screen).await.unwrap();
    assert_eq!(
        (back.id, back.position, back.shown),
        (id, Millis::secs(900), Millis::secs(900))
    );
    assert_eq!(hall.room.on_screen(hall.screen).await.unwrap().present.len(), 1);
    hall.play(900, 900).await;
    hall.comes("m1", 1).await.unwrap();
    hall.play(1800, 900).await;
    hall.ends(&[("m1", 1)]).await;
    assert_eq!(hall.credit("m1").0, 2700);
}

#[tokio::test]
async fn a_last_check_that_a_power_cut_interrupted_is_put_again() {
    let mut hall = Hall::new().await;
    hall.evening_with(vec![film(1, 600)]).await;
    hall.comes("m1", 1).await.unwrap();
    hall.room.start(hall.screen).await.unwrap();
    hall.play(0, 600).await;
    hall.room.end(hall.screen).await.unwrap();
    hall.power_cut();
    let back = hall.room.on_screen(hall.screen).await.unwrap();
    assert!(back.state.check.is_some_and(|check| check.at_the_end));
    assert!(back.check_left.is_some_and(|left| left > Millis::ZERO));
    hall.comes("m1", 1).await.unwrap();
    hall.room.end(hall.screen).await.unwrap();
    assert_eq!(hall.credit("m1").0, 600);
}

#[tokio::test]
async fn a_screen_that_goes_on_after_a_power_cut_without_a_reload_earns_from_its_first_beat_on() {
    let mut hall = Hall::new().await;
    hall.evening().await;
    hall.comes("m1", 1).await.unwrap();
    hall.room.start(hall.screen).await.unwrap();
    hall.play(0, 600).await;
    hall.power_cut();
    let sent = hall.viewing.sent();
    sent.note(hall.screen, film(1, FILM).item, 0..FILM * 1000);
    hall.play(600, 110).await;
    hall.ends(&[("m1", 1)]).await;
    assert_eq!(hall.credit("m1").0, 700, "the first ten seconds lie before it");
}

#[tokio::test]
async fn an_evening_that_never_goes_on_is_closed_and_what_was_attended_is_kept() {
    let mut hall = Hall::new().await;
    hall.evening().await;
    hall.comes("m1", 1).await.unwrap();
    hall.room.start(hall.screen).await.unwrap();
    hall.play(0, 600).await;
    hall.power_cut();
    hall.clock.advance(Millis::secs(9 * 3600));
    assert_eq!(hall.room.close_left_lying().await.unwrap(), 1);
    assert_eq!(hall.credit("m1").0, 600);
}

#[tokio::test]
async fn the_screen_earns_no_more_than_time_and_what_it_was_sent() {
    let hall = Hall::new().await;
    let id = hall.evening().await;
    hall.comes("m1", 1).await.unwrap();
    hall.room.start(hall.screen).await.unwrap();
    hall.clock.advance(Millis::secs(10));
    hall.beat(0, 2000, false).await.unwrap();
    let shown = || async { hall.room.record(id).await.unwrap().unwrap().state.shown };
    assert_eq!(shown().await, Millis::secs(10), "time is the bound");
    hall.clock.advance(Millis::secs(100));
    hall.beat(2600, 2800, false).await.unwrap();
    assert_eq!(shown().await, Millis::secs(110), "the film ends at 2700");
    hall.clock.advance(Millis::secs(10));
    hall.beat(0, 10, false).await.unwrap();
    assert_eq!(shown().await, Millis::secs(110), "the same part again is nothing new");
    hall.ends(&[("m1", 1)]).await;
    assert_eq!(hall.credit("m1").0, 110);
}

#[tokio::test]
async fn a_strange_screen_shows_nothing() {
    let hall = Hall::new().await;
    let stranger = phone(66);
    let begun = hall.room.begin(plain_evening(stranger, String::new()));
    assert!(matches!(begun.await, Err(ScreeningError::NoScreen)));
    let by = Operator::on_the_console();
    hall.room.send_away(hall.screen, &by).await.unwrap();
    assert_eq!(hall.room.screen(hall.screen).await.unwrap(), None);
}

#[tokio::test]
async fn a_screen_that_was_sent_away_during_an_evening_earns_nothing_more() {
    let hall = Hall::new().await;
    hall.evening_with(vec![film(1, 600)]).await;
    hall.comes("m1", 1).await.unwrap();
    hall.room.start(hall.screen).await.unwrap();
    hall.play(0, 100).await;
    let by = Operator::on_the_console();
    hall.room.send_away(hall.screen, &by).await.unwrap();
    hall.clock.advance(Millis::secs(10));
    let refused = hall.beat(100, 110, false).await;
    assert!(matches!(refused, Err(ScreeningError::NoScreen)), "{refused:?}");
    assert!(matches!(
        hall.room.start(hall.screen).await,
        Err(ScreeningError::NoScreen)
    ));
    hall.let_in(hall.screen).await;
    hall.n.set(hall.n.get() - 1);
    let again = hall.beat(100, 110, false).await;
    assert!(again.is_ok(), "let in again, the same beat counts: {again:?}");
}

#[tokio::test]
async fn a_forged_span_of_a_screening_is_named_by_the_district() {
    let hall = Hall::new().await;
    hall.evening_with(vec![film(1, 600)]).await;
    hall.comes("m1", 1).await.unwrap();
    hall.room.start(hall.screen).await.unwrap();
    hall.play(0, 600).await;
    hall.ends(&[("m1", 1)]).await;
    let mut count = Recount::default();
    for bytes in hall.leaves() {
        let mut leaf = Leaf::read(&bytes).unwrap();
        if let What::Check { passed, .. } = &mut leaf.is {
            passed.clear();
        }
        count.count(&leaf.to_bytes());
    }
    assert!(
        matches!(count.anomalies[..], [Anomaly::NotAttended(_)]),
        "{:?}",
        count.anomalies
    );
}
