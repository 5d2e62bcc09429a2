//! What a station cannot date a district decides: carried out once, counted the same at both ends, believed only if it is
//! signed by the district, about this log, and fits.

use super::*;
use crate::credit::settling::first_moment;
use crate::ledger::Unruled;
use crate::ledger::ruling::{Decision, Ruling};
use crate::viewing::Open;

pub(super) const DISTRICT: &str = "district.example/1";

/// A district with its key, and the next number of its decisions.
pub(super) struct Office {
    pub(super) keys: Keys,
    serial: std::cell::Cell<u64>,
}

impl Office {
    pub(super) fn enrols(it: &Box) -> Self {
        let keys = Keys::open_or_make(&it.dir.path().join("district")).unwrap();
        it.says(What::Enrolled {
            district: Origin::new(DISTRICT).unwrap(),
            key: data_encoding::HEXLOWER.encode(keys.public().as_bytes()),
        });
        Self {
            keys,
            serial: std::cell::Cell::new(0),
        }
    }

    fn ruling(&self, it: &Box, decides: Decision) -> Ruling {
        self.serial.set(self.serial.get() + 1);
        let read = |conn: &rusqlite::Connection| {
            let size = ledger::size(conn)?;
            Ok::<_, crate::store::StoreError>((size, ledger::root_at(conn, size)?))
        };
        let (size, root) = it.ledger.store().read_blocking(read).unwrap();
        Ruling {
            district: Origin::new(DISTRICT).unwrap(),
            station: it.ledger.origin().clone(),
            serial: self.serial.get(),
            day: "2027-01-11".into(),
            size,
            root,
            evidence: "纸质签到本第 3 页".into(),
            decides,
        }
    }

    pub(super) fn signs(&self, it: &Box, decides: Decision) -> String {
        self.ruling(it, decides).signed(&self.keys)
    }
}

pub(super) fn bring(it: &Box, note: &str) {
    let (ledger, now, note) = (it.ledger.clone(), it.clock.now(), note.to_owned());
    let act = move |tx: &crate::store::Tx<'_>| viewing::rule(&ledger, tx, now, &note);
    it.ledger.store().write_blocking(act).unwrap().unwrap();
}

/// Why decisions were not carried out, in the order of the ledger.
fn not_done(it: &Box) -> Vec<Unruled> {
    let read = |conn: &rusqlite::Connection| ledger::leaves(conn, 0, 100_000);
    let leaves = it.ledger.store().read_blocking(read).unwrap();
    let why = |bytes: &Vec<u8>| match ledger::Leaf::read(bytes)?.is {
        What::Unruled { why, .. } => Some(why),
        _ => None,
    };
    leaves.iter().filter_map(why).collect()
}

pub(super) async fn open_group(it: &Box) -> Open {
    it.viewing.without_year().await.unwrap().remove(0)
}

pub(super) fn into(year: u16, group: &Open) -> Decision {
    let spans = group.spans.iter();
    Decision::Year {
        year: Year(year),
        spans: spans
            .map(|(span, within)| (*span, first_moment(within, Year(year))))
            .collect(),
    }
}

#[tokio::test]
async fn a_year_that_no_clock_tells_is_the_districts_to_say_and_both_ends_count_the_same() {
    let it = over_new_year().await;
    let office = Office::enrols(&it);
    assert_eq!(it.viewing.settle().await.unwrap(), 0);
    let note = office.signs(&it, into(2026, &open_group(&it).await));
    bring(&it, &note);
    assert_eq!(it.years(), [(2026, 200), (2027, 100)]);
    assert_eq!(it.viewing.without_year().await.unwrap(), []);
    let ruled = it
        .ledger
        .store()
        .read_blocking(|conn| viewing::rulings_of(conn, &member(1)))
        .unwrap();
    let said: Vec<_> = ruled
        .iter()
        .map(|one| (one.year.0, one.credit.as_secs(), one.evidence.as_str()))
        .collect();
    assert_eq!(
        said,
        [(2026, 100, "纸质签到本第 3 页")],
        "the member reads who said so, and why"
    );
    let size = it.count().size();
    bring(&it, &note);
    assert_eq!(it.count().size(), size, "a stick that comes twice writes nothing");
    assert_eq!(it.years(), [(2026, 200), (2027, 100)]);
}

#[tokio::test]
async fn what_was_ruled_is_in_the_views_that_are_made_anew() {
    let it = over_new_year().await;
    let office = Office::enrols(&it);
    it.viewing.settle().await.unwrap();
    let note = office.signs(&it, into(2026, &open_group(&it).await));
    bring(&it, &note);
    let read = |it: &Box| {
        it.ledger
            .store()
            .read_blocking(|conn| viewing::rulings_of(conn, &member(1)))
            .unwrap()
    };
    let before = read(&it);
    let meddle =
        |tx: &crate::store::Tx<'_>| tx.execute_batch("DELETE FROM ruled; DELETE FROM ruling; DELETE FROM span;");
    it.ledger.store().write_blocking(meddle).unwrap().unwrap();
    it.ledger
        .store()
        .write_blocking(viewing::rebuild_views)
        .unwrap()
        .unwrap();
    assert_eq!(read(&it), before);
    let size = it.count().size();
    bring(&it, &note);
    assert_eq!(it.count().size(), size, "its number is known from the leaves");
}

#[tokio::test]
async fn what_does_not_fit_or_comes_too_late_changes_nothing_and_is_told() {
    let it = over_new_year().await;
    let office = Office::enrols(&it);
    it.viewing.settle().await.unwrap();
    let group = open_group(&it).await;
    bring(&it, &office.signs(&it, into(2030, &group)));
    let another = Ruling {
        root: [9; 32],
        ..office.ruling(&it, into(2026, &group))
    };
    bring(&it, &another.signed(&office.keys));
    let elsewhere = Ruling {
        station: Origin::new("yuanjiao.example/18").unwrap(),
        ..office.ruling(&it, into(2026, &group))
    };
    bring(&it, &elsewhere.signed(&office.keys));
    assert_eq!(it.viewing.without_year().await.unwrap(), std::slice::from_ref(&group));
    let operator = Operator::on_the_console();
    assert!(
        it.viewing
            .say_year(group.first().unwrap(), Year(2026), &operator)
            .await
            .unwrap()
    );
    bring(&it, &office.signs(&it, into(2027, &group)));
    assert_eq!(not_done(&it), [Unruled::Unfit, Unruled::OtherLog, Unruled::NothingLeft]);
    assert_eq!(it.years(), [(2026, 200), (2027, 100)]);
}

#[tokio::test]
async fn the_district_believes_no_decision_that_it_did_not_sign_nor_one_twice() {
    let it = over_new_year().await;
    let office = Office::enrols(&it);
    it.viewing.settle().await.unwrap();
    let group = open_group(&it).await;
    // The moments of the year that was signed, under another year.
    let Decision::Year { spans: signed, .. } = into(2026, &group) else {
        unreachable!()
    };
    it.says(What::Settled {
        year: Year(2027),
        spans: signed,
        by: Settler::District,
        signed: office.signs(&it, into(2026, &group)),
    });
    let Decision::Year { year, spans } = into(2027, &group) else {
        unreachable!()
    };
    let written = |signed: String| What::Settled {
        year,
        spans: spans.clone(),
        by: Settler::District,
        signed,
    };
    // Whoever owns the box signs with a key of his own, in the district's name, and says that this is its key.
    let forger = Keys::open_or_make(&it.dir.path().join("forger")).unwrap();
    it.says(What::Enrolled {
        district: Origin::new(DISTRICT).unwrap(),
        key: data_encoding::HEXLOWER.encode(forger.public().as_bytes()),
    });
    it.says(written(office.ruling(&it, into(2027, &group)).signed(&forger)));
    it.says(written(String::new()));
    // Another year than the one that was signed.
    it.says(written(office.signs(&it, into(2026, &group))));
    let count = it.count();
    assert!(
        matches!(
            count.anomalies[..],
            [
                Anomaly::WrongYear(_),
                Anomaly::WrongYear(_),
                Anomaly::WrongYear(_),
                Anomaly::WrongYear(_)
            ]
        ),
        "{:?}",
        count.anomalies
    );
    let open = count.credits.iter().filter(|credit| credit.year == Year::UNDECIDED);
    assert_eq!(open.count(), 1);
}

/// The leaves of a correction that a district ruled, written again by whoever owns the box.
#[tokio::test]
async fn a_correction_is_carried_out_once() {
    let it = Box::boots(NOVEMBER_2026);
    it.anchor(NOVEMBER_2026);
    let office = Office::enrols(&it);
    it.watches(0, 100).await;
    let span = it.count().credits[0].index;
    let moves = |from: u64, until: u64| Decision::Credit {
        of: span,
        to: Some(member(2)),
        stretch: Some((Millis::secs(from), Millis::secs(until))),
    };
    let note = office.signs(&it, moves(0, 40));
    bring(&it, &note);
    let of = |count: &Recount, who| {
        let own = count.credits.iter().filter(|credit| credit.member == member(who));
        own.map(|credit| credit.media.total().as_secs()).sum::<u64>()
    };
    let count = it.count();
    assert_eq!((of(&count, 1), of(&count, 2), &count.anomalies[..]), (60, 40, &[][..]));
    let leaves = count.corrections.len();
    assert_eq!(leaves, 2, "taken from one, given to the other");
    // Beyond the stretch that was signed, and the same decision once more.
    for (from, until, signed) in [(40, 60, office.signs(&it, moves(0, 50))), (40, 50, note)] {
        it.says(What::Correct {
            of: span,
            member: member(1),
            item: item(0),
            year: Year(2026),
            takes: Intervals::one(Millis::secs(from), Millis::secs(until)),
            gives: Intervals::none(),
            reason: "纸质签到本第 3 页".into(),
            second: None,
            signed,
            total: Millis::ZERO,
        });
    }
    let count = it.count();
    assert_eq!(
        (of(&count, 1), of(&count, 2), count.corrections.len()),
        (60, 40, leaves)
    );
    assert!(
        matches!(count.anomalies[..], [Anomaly::Unfit(_), Anomaly::Unfit(_)]),
        "{:?}",
        count.anomalies
    );
}

#[tokio::test]
async fn hours_without_a_year_are_not_corrected_before_they_have_one() {
    let it = over_new_year().await;
    let office = Office::enrols(&it);
    it.viewing.settle().await.unwrap();
    let span = open_group(&it).await.first().unwrap();
    let decides = Decision::Credit {
        of: span,
        to: Some(member(2)),
        stretch: None,
    };
    bring(&it, &office.signs(&it, decides));
    assert_eq!(not_done(&it), [Unruled::Unfit]);
    assert_eq!(it.years(), [(0, 100), (2026, 100), (2027, 100)]);
}
