//! A year that no clock tells, asked for and signed at a district: what fits, who may, and what the note says of the log.

use super::super::{District, Manager, NotRuled, Settings, Signer};
use super::*;
use crate::clock::Clock;
use crate::credit::settling::first_moment;
use crate::ledger::ruling::{Decision, Ruling};
use crate::ledger::{Closing, Proof};
use crate::report::Undecided;
use crate::types::{Grade, Intervals, ItemId, Year};

/// 2027-01-01T00:00+08:00.
const NEW_YEAR: i64 = 1_798_732_800_000;
const DAY: i64 = 86_400_000;

/// A box that was seen before New Year, credited a minute while it had no clock, and was seen after it.
fn over_new_year() -> Vec<Vec<u8>> {
    let origin = Origin::new("station/17").unwrap();
    let at = |boot, seconds, wall, trust| At {
        boot,
        mono: Millis::secs(seconds),
        wall,
        trust,
    };
    let known = |boot, seconds, wall| at(boot, seconds, wall, Trust::Operator);
    let anchor = |unix_ms| What::ClockAnchor {
        source: Trust::Operator,
        unix_ms,
    };
    let undated = |seconds| at(2, seconds, 5_000, Trust::Unset);
    let mut leaves = vec![
        (
            known(1, 10, NEW_YEAR - 2 * DAY),
            What::Genesis {
                origin,
                key: String::new(),
                after: None,
            },
        ),
        (known(1, 20, NEW_YEAR - 2 * DAY), anchor(NEW_YEAR - 2 * DAY)),
    ];
    leaves.extend((1..).zip(a_minute()).map(|(n, is)| (undated(n * 70), is)));
    leaves.push((known(3, 10, NEW_YEAR + 3 * DAY), anchor(NEW_YEAR + 3 * DAY)));
    leaves
        .into_iter()
        .map(|(at, is)| Leaf { v: 1, at, is }.to_bytes())
        .collect()
}

/// A minute is watched and proven.
fn a_minute() -> Vec<What> {
    let (member, item) = (MemberId::new("0021").unwrap(), ItemId::from_digest(&[1; 32]));
    let session = SessionId::from_bytes([7; 16]);
    vec![
        What::Item {
            item,
            title: "film".into(),
            class: None,
            length: Millis::secs(600),
            made_here: false,
        },
        What::Open {
            session,
            member: member.clone(),
            item,
            device: DeviceId::from_bytes([1; 16]),
            mode: Mode::Alone,
        },
        What::Span {
            session,
            member,
            item,
            year: Year::UNDECIDED,
            mode: Mode::Alone,
            grade: Grade::A,
            proof: Proof::Asked,
            media: Intervals::one(Millis::ZERO, Millis::secs(60)),
            total: Millis::secs(60),
        },
        What::Close {
            session,
            why: Closing::End,
            unconfirmed: Millis::ZERO,
            flags: Vec::new(),
        },
    ]
}

/// The books of a district that has this log.
fn office() -> (District, Origin, tempfile::TempDir) {
    let folder = tempfile::TempDir::new().unwrap();
    let district = District::open(Settings::in_folder(folder.path().to_owned())).unwrap();
    // In January: what is decided was earned before.
    district.clock.correct(NEW_YEAR + 10 * DAY, Trust::Operator);
    let station = StationRow {
        origin: Origin::new("station/17").unwrap(),
        url: "http://a".into(),
        key: district.keys.public(),
        size: 0,
        after: None,
        is_ended: false,
        frozen_at: None,
    };
    let keys = district.keys.clone();
    let name = station.origin.clone();
    let act = move |tx: &dyn Sql| {
        rows::pin(tx, &station)?;
        let leaves = over_new_year();
        fetched::keep(tx, &station.origin, 0, &leaves)?;
        let grown = edge::grown(tx, &station, leaves.len() as u64, |_| None)?.expect("it is what is kept");
        let text = note(&grown, &station, &keys);
        let found = pull::take_in(tx, &station, &grown, &text, "a cosignature", 1_000)?;
        assert_eq!(found, Some(Vec::new()));
        Ok::<_, StoreError>(())
    };
    district.store.write_blocking(act).unwrap().unwrap();
    (district, name, folder)
}

fn into(year: u16, open: &[Undecided]) -> Decision {
    let year = Year(year);
    let spans = open.iter().map(|one| (one.span, first_moment(&one.within, year)));
    Decision::Year {
        year,
        spans: spans.collect(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_clock_dates_is_shown_asked_for_and_signed_for_the_log_that_was_checked() {
    let (district, station, _folder) = office();
    let open = district.undecided(&station).await.unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!((open[0].member.as_str(), open[0].credit), ("0021", Millis::secs(60)));
    // The first page says the same of what is kept ready for figures.
    let kept = district.counts().await.unwrap();
    assert_eq!(kept[0].1.without_year(), (1, Millis::secs(60)));
    let by = Manager::on_the_console();
    for year in [2025, 2028] {
        let asked = district.ask_ruling(&station, into(year, &open), "签到本", &by).await;
        assert!(matches!(asked, Err(NotRuled::NotOpen)), "{year}: {asked:?}");
    }
    let number = district
        .ask_ruling(&station, into(2026, &open), "签到本", &by)
        .await
        .unwrap();
    // A year takes one person: the same console may sign it.
    district
        .sign_ruling(&station, number, &Signer::on_the_console())
        .await
        .unwrap();
    let read = |conn: &dyn Sql| super::super::rulings::under_way(conn, &Origin::new("station/17").unwrap(), 9);
    let notes: Vec<String> = district.store.read_blocking(read).unwrap();
    let ruling = Ruling::open(&notes[0], |_| Some(district.keys.public())).unwrap();
    let known = district.stations().unwrap().remove(0);
    let root = district
        .store
        .read_blocking::<_, StoreError, _>(|conn| Ok(edge::of(conn, &known)?.root()));
    assert_eq!((ruling.size, ruling.root), (7, root.unwrap()));
    assert_eq!((ruling.day.as_str(), ruling.decides), ("2027-01-11", into(2026, &open)));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_signed_about_a_log_in_doubt() {
    let (district, station, _folder) = office();
    let open = district.undecided(&station).await.unwrap();
    let by = Manager::on_the_console();
    let number = district
        .ask_ruling(&station, into(2027, &open), "签到本", &by)
        .await
        .unwrap();
    let freeze = |tx: &dyn Sql| tx.execute("UPDATE station SET frozen_at = 6", []);
    district.store.write_blocking(freeze).unwrap().unwrap();
    let signed = district.sign_ruling(&station, number, &Signer::on_the_console()).await;
    assert!(matches!(signed, Err(NotRuled::InDoubt)), "{signed:?}");
    district.drop_ruling(&station, number, &by).await.unwrap();
    assert_eq!(district.rulings(&station).await.unwrap(), []);
}
