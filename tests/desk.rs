//! What the operator's first page says of who is there.

mod common;

use common::Station;

#[tokio::test(flavor = "multi_thread")]
async fn who_has_not_been_heard_of_for_a_minute_does_not_watch_though_his_session_is_open() {
    let station = Station::start().await;
    let (base, operator) = (station.base(), station.operator().await);
    let desk = async || {
        let cookie = format!("Cookie: {operator}\r\n");
        station.get("/desk", &cookie).await.text()
    };
    let member = station.sign_in().await;
    let (film, _) = station.film().await;
    let opened = station
        .json("/api/sessions", &member, &format!(r#"{{"item":"{film}"}}"#))
        .await;
    assert_eq!(opened.status, 201);
    assert!(desk().await.contains("王德明"));

    let silent = |ms: i64| {
        let act = move |tx: &yuanjiao::store::Tx<'_>| tx.execute("UPDATE live SET seen = seen - ?1", [ms]);
        base.ledger.store().write_blocking(act).unwrap().unwrap()
    };
    assert_eq!(silent(30_000), 1);
    assert!(desk().await.contains("王德明"), "one beat or two were lost on the way");
    assert_eq!(silent(31_000), 1);
    assert!(!desk().await.contains("王德明"));

    let session = opened.json()["session"].as_str().unwrap().to_owned();
    let beat = r#"{"n":1,"segments":[],"state":"paused"}"#;
    let beaten = station
        .json(&format!("/api/sessions/{session}/beats"), &member, beat)
        .await;
    assert_eq!(beaten.status, 200, "he may come back to it");
    assert!(desk().await.contains("王德明"));
}
