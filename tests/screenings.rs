//! A running station and a screening 集中收看: nobody is in the room and before his phone at once.

mod common;

use std::ops::Range;
use std::sync::Arc;

use common::Station;
use yuanjiao::credit::Policy;
use yuanjiao::roster::Operator;
use yuanjiao::screening::{Evening, Screenings, Showing};
use yuanjiao::types::{DeviceId, Intervals, ItemId, MemberId, Millis, Mode};
use yuanjiao::viewing::{MediaMap, Viewing};

/// Nothing is played here.
#[derive(Debug)]
struct NoMedia;

impl MediaMap for NoMedia {
    fn media_of(&self, _: &ItemId, _: &dyn Fn(ItemId) -> Vec<Range<u64>>) -> Intervals {
        Intervals::none()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sits_in_a_screening_opens_no_film_on_his_phone_until_he_goes() {
    let station = Station::start().await;
    let cookie = station.sign_in().await;
    let (film, _) = station.film().await;
    let (base, by) = (station.base(), Operator::on_the_console());
    let policy = Arc::new(Policy::built_in());
    let viewing = Viewing::new(base.ledger.clone(), base.clock.clone(), policy, Arc::new(NoMedia));
    let room = Screenings::new(viewing, base.ledger.clone(), base.clock.clone());
    let screen = DeviceId::from_bytes([200; 16]);
    assert!(room.let_in(&room.waiting_code(screen), "会议室", &by).await.unwrap());
    let evening = Evening {
        screen,
        programme: vec![Showing {
            item: ItemId::parse(&film).unwrap(),
            title: "长征的几个数字".into(),
            class: None,
            length: Millis::secs(600),
            made_here: false,
        }],
        mode: Mode::Screening,
        branches: Vec::new(),
        due: 2,
        expected: Vec::new(),
        plan: None,
        from: Millis::ZERO,
        place: String::new(),
        chair: String::new(),
    };
    let id = room.begin(evening).await.unwrap().id;
    let who = MemberId::new("0021").unwrap();
    let seen = room.tick(id, (who.clone(), None), "没带手机".into(), &by);
    seen.await.unwrap();
    let body = format!(r#"{{"item":"{film}"}}"#);
    let refused = station.json("/api/sessions", &cookie, &body).await;
    assert_eq!(refused.status, 409, "{}", refused.text());
    assert!(refused.text().contains("in_a_screening"));
    room.leave(id, who).await.unwrap();
    assert_eq!(station.json("/api/sessions", &cookie, &body).await.status, 201);
}
