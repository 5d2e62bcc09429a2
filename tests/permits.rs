//! Permits for a new epoch over HTTP: only the operator uses one, by a form of the station's own, and only one that is for
//! this box, of a district that is known or was heard. What happens on the pages is in `tests/browser/epoch.test.mjs`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod common;

use std::path::Path;

use common::{Answer, Station, patient_district};
use tempfile::TempDir;
use yuanjiao::clock::Clock;
use yuanjiao::district::District;
use yuanjiao::ledger::{self, What};
use yuanjiao::types::Origin;

fn field(page: &Answer, name: &str) -> String {
    let text = page.text();
    let value = text.split(&format!("name=\"{name}\" value=\"")).nth(1);
    let value = value.unwrap_or_else(|| panic!("no {name} in {text}"));
    value.split('"').next().unwrap().to_owned()
}

/// Shows a permit to the station, as a file chosen in the form.
async fn show(station: &Station, cookie: &str, csrf: &str, permit: &str) -> Answer {
    let head = format!("Cookie: {cookie}\r\nContent-Type: multipart/form-data; boundary=seam\r\n");
    let part = |name: &str, file: &str, value: &str| {
        format!("--seam\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{value}\r\n")
    };
    let body =
        part("csrf", "", csrf) + &part("permit", "; filename=\"yuanjiao-epoch.permit\"", permit) + "--seam--\r\n";
    station.ask("POST", "/desk/ledger", &head, &body).await
}

async fn begin(station: &Station, cookie: &str, csrf: &str, ticket: &str) -> Answer {
    let head = format!("Cookie: {cookie}\r\nContent-Type: application/x-www-form-urlencoded\r\n");
    let body = format!("csrf={csrf}&ticket={ticket}");
    station.ask("POST", "/desk/ledger/begin", &head, &body).await
}

async fn desk(station: &Station, cookie: &str) -> Answer {
    station.get("/desk/ledger", &format!("Cookie: {cookie}\r\n")).await
}

/// A district that has seen the station's log, and what it signed.
async fn permitted(folder: &Path, station: &Station) -> (District, Origin, String) {
    let district = patient_district(folder);
    station.enrols_at(&district).await;
    district.pull(None).await.unwrap().remove(0).1.unwrap();
    let old = station.base().ledger.origin().clone();
    let (next, statement) = district.epoch(old.as_str()).unwrap();
    (district, next, statement)
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_permit_of_a_known_district_the_station_stops_and_begins_the_epoch_when_it_starts() {
    let mut station = Station::start().await;
    let folder = TempDir::new().unwrap();
    let credited = station.watch(&station.sign_in().await).await;
    let (district, next, statement) = permitted(folder.path(), &station).await;
    let base = station.base();
    let (log, now) = (base.ledger.clone(), base.clock.now());
    let later = move |tx: &yuanjiao::store::Tx<'_>| log.append(tx, now, What::Stop {});
    base.ledger.store().write_blocking(later).unwrap().unwrap();
    drop(base);

    let operator = station.operator().await;
    let csrf = field(&desk(&station, &operator).await, "csrf");
    let offer = show(&station, &operator, &csrf, &statement).await;
    let text = offer.text();
    assert!(text.contains(next.as_str()) && text.contains("签名核对无误"), "{text}");
    assert!(
        !text.contains("name=\"spoken\""),
        "whom the station knows nobody need hear"
    );
    let begun = begin(&station, &operator, &csrf, &field(&offer, "ticket")).await;
    assert!(begun.text().contains("正在重新开始"), "{}", begun.text());
    // It stops by itself; what starts it again is the program around it.
    station.ended().await;
    station.start_again(|_| ()).await;
    let base = station.base();
    assert_eq!(base.ledger.origin(), &next);
    let carried = base.ledger.store().read_blocking(ledger::epoch::carried).unwrap();
    assert!(!carried.is_empty(), "what was cosigned came along");
    drop(base);
    let page = desk(&station, &station.operator().await).await.text();
    assert!(page.contains("epochs/1"), "the old log is put aside: {page}");
    assert_eq!(station.watch(&station.sign_in().await).await.min(credited), credited);
    station.enrols_at(&district).await;
    let first = district.pull(None).await.unwrap().remove(0).1.unwrap();
    assert!(first.alerts.is_empty(), "{:?}", first.alerts);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_begins_an_epoch_and_no_other_file_does() {
    let (station, other) = (Station::start().await, Station::start().await);
    let folders = [(); 2].map(|()| TempDir::new().unwrap());
    let (_, _, statement) = permitted(folders[0].path(), &station).await;
    let (_, _, for_another) = permitted(folders[1].path(), &other).await;
    let operator = station.operator().await;
    let csrf = field(&desk(&station, &operator).await, "csrf");
    let ticket = field(&show(&station, &operator, &csrf, &statement).await, "ticket");

    let member = station.sign_in().await;
    for cookie in ["", &member] {
        assert!(!desk(&station, cookie).await.text().contains("permit-file"));
        for refused in [
            show(&station, cookie, &csrf, &statement).await,
            begin(&station, cookie, &csrf, &ticket).await,
        ] {
            assert!(matches!(refused.status, 303 | 401 | 403), "{}", refused.status);
        }
    }
    assert_eq!(
        show(&station, &operator, "x", &statement).await.status,
        403,
        "a form of another page"
    );
    assert_eq!(begin(&station, &operator, "x", &ticket).await.status, 403);

    let says = |answer: Answer, what: &str| assert!(answer.text().contains(what), "{what}: {}", answer.text());
    says(show(&station, &operator, &csrf, "a letter").await, "这不是许可文件");
    says(show(&station, &operator, &csrf, &for_another).await, "给另一台机器的");
    let forged = statement.replace("~2", "~3");
    says(show(&station, &operator, &csrf, &forged).await, "签名不对");
    let unknown = "0".repeat(ticket.len());
    says(begin(&station, &operator, &csrf, &unknown).await, "放得太久了");
    assert!(
        !station.folder.path().join("data/permit").exists(),
        "nothing waits for a start"
    );
}
