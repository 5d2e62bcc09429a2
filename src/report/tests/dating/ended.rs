//! Hours of a log that has ended: decided by the district, carried out in the log after it, counted once and the same at both
//! ends.

use super::ruling::{DISTRICT, Office, bring, into, open_group};
use super::*;
use crate::credit::settling::{Settled, first_moment};
use crate::ledger::epoch::{Epoch, next_name};
use crate::viewing::Open;

/// The log is given up, and another begins that carries all of it along.
fn begins_anew(it: &Box, office: &Office) -> Box {
    let read = |conn: &rusqlite::Connection| ledger::leaves(conn, 0, 100_000);
    let leaves = it.ledger.store().read_blocking(read).unwrap();
    let root = it.ledger.store().read_blocking({
        let size = leaves.len() as u64;
        move |conn| ledger::root_at(conn, size)
    });
    let keys = Keys::open_or_make(&it.dir.path().join("keys")).unwrap();
    let epoch = Epoch {
        next: next_name(&it.name).unwrap(),
        old: it.name.clone(),
        key: keys.public(),
        size: leaves.len() as u64,
        root: root.unwrap(),
        district: Origin::new(DISTRICT).unwrap(),
        district_key: office.keys.public(),
        seen: Vec::new(),
    };
    let dir = TempDir::new().unwrap();
    let store = Store::open(
        &dir.path().join("ledger.db"),
        &[ledger::SCHEMA, viewing::SCHEMA],
        Options::default(),
    )
    .unwrap();
    std::fs::create_dir(dir.path().join("keys")).unwrap();
    for key in std::fs::read_dir(it.dir.path().join("keys"))
        .unwrap()
        .map(Result::unwrap)
    {
        std::fs::copy(key.path(), dir.path().join("keys").join(key.file_name())).unwrap();
    }
    let before = it.ledger.store().read_blocking(ledger::epoch::carried).unwrap();
    let before = before.into_iter().map(|leaf| (leaf.index, leaf.bytes));
    let carried: Vec<_> = before.chain((0..).zip(leaves)).collect();
    let carry = move |tx: &crate::store::Tx<'_>| ledger::epoch::carry(tx, &carried);
    store.write_blocking(carry).unwrap().unwrap();
    let past = epoch.past(&epoch.signed(&office.keys), true);
    Ledger::begin_epoch(store, &keys, &epoch, past, it.clock.now()).unwrap();
    let (clock, ledger, viewing) = open(&dir, &epoch.next, it.boot + 1, NEW_YEAR + 20 * DAY);
    Box {
        dir,
        before: it.count(),
        name: epoch.next,
        boot: it.boot + 1,
        clock,
        ledger,
        viewing,
    }
}

/// A log with hours that no clock dates was given up: a district's decision about them, and the log after it.
struct Ended {
    it: Box,
    office: Office,
    group: Open,
    note: String,
    next: Box,
}

async fn an_ended_log() -> Ended {
    let it = over_new_year().await;
    let office = Office::enrols(&it);
    it.viewing.settle().await.unwrap();
    let group = open_group(&it).await;
    let note = office.signs(&it, into(2026, &group));
    let next = begins_anew(&it, &office);
    next.says(What::Enrolled {
        district: Origin::new(DISTRICT).unwrap(),
        key: data_encoding::HEXLOWER.encode(office.keys.public().as_bytes()),
    });
    Ended {
        it,
        office,
        group,
        note,
        next,
    }
}

/// Credited seconds by year at the station, after its views were made anew.
fn at_the_station(it: &Box) -> Vec<(u16, u64)> {
    let rebuilt = it.ledger.store().write_blocking(viewing::rebuild_views).unwrap();
    assert!(!rebuilt.unwrap(), "the views are what the leaves say");
    let read = |conn: &rusqlite::Connection| viewing::credited_items(conn, &member(1));
    let all = it.ledger.store().read_blocking(read).unwrap();
    let of = |c: &Credited| (c.year.0, c.media.total().as_secs());
    let mut years: Vec<_> = all.iter().map(of).filter(|(_, seconds)| *seconds > 0).collect();
    years.sort_unstable();
    years
}

#[tokio::test]
async fn hours_of_an_ended_log_are_decided_in_the_next_one_and_do_not_earn_again() {
    let Ended {
        it,
        office,
        group,
        note,
        next,
    } = an_ended_log().await;
    assert_eq!(at_the_station(&next), at_the_station(&it));
    bring(&next, &note);
    assert_eq!(at_the_station(&next), [(2026, 200), (2027, 100)]);
    let size = next.count().size();
    bring(&next, &note);
    assert_eq!(next.count().size(), size, "once");

    // In 2026, as its clock claims, he goes on where he was, and a part of it once more.
    next.clock.set_wall(NEW_YEAR - 40 * DAY);
    next.watches(150, 150).await;
    let years = at_the_station(&next);
    let count = next.count();
    assert_eq!(count.anomalies, [], "the district counts the same");
    let fresh: u64 = count.credits.iter().map(|credit| credit.media.total().as_secs()).sum();
    assert_eq!(years, [(2026, 200 + fresh), (2027, 100)]);
    assert!(fresh > 0 && fresh < 150, "{fresh}");

    // The log that ended has the decision in its own figures, and a third epoch goes on from all of it.
    let mut old = it.count();
    old.say(decided(&group, 2026));
    old.settle_rest(&[]);
    assert!(old.credits.iter().all(|credit| credit.year != Year::UNDECIDED));
    let third = begins_anew(&next, &office);
    assert_eq!(at_the_station(&third), years);
}

fn decided(group: &Open, year: u16) -> Vec<(Settled, Intervals)> {
    let settled = |(span, within): &(u64, crate::credit::dating::Dated)| Settled {
        span: *span,
        year: Year(year),
        wall_ms: first_moment(within, Year(year)),
    };
    group
        .spans
        .iter()
        .map(|one| (settled(one), Intervals::default()))
        .collect()
}

/// What the last leaf carried out of a decision about an ended log.
fn carried_out(it: &Box) -> Vec<(Settled, Intervals)> {
    let read = |conn: &rusqlite::Connection| ledger::leaves(conn, 0, 100_000);
    let leaves = it.ledger.store().read_blocking(read).unwrap();
    let leaf = leaves
        .iter()
        .rev()
        .find_map(|bytes| match ledger::Leaf::read(bytes)?.is {
            What::SettledBefore { year, spans, twice, .. } => Some((year, spans, twice)),
            _ => None,
        });
    let (year, spans, twice) = leaf.unwrap();
    let had = |span| twice.iter().find(|(of, _)| *of == span).map(|(_, media)| media.clone());
    let one = |(span, wall_ms)| (Settled { span, year, wall_ms }, had(span).unwrap_or_default());
    spans.into_iter().map(one).collect()
}

#[tokio::test]
async fn hours_of_an_ended_log_that_were_earned_again_before_they_were_decided_count_once() {
    let Ended { it, note, next, .. } = an_ended_log().await;
    next.clock.set_wall(NEW_YEAR - 40 * DAY);
    next.watches(0, 300).await;
    bring(&next, &note);
    let station = at_the_station(&next);
    assert!(station.iter().all(|(year, _)| *year != 0), "{station:?}");

    let said = carried_out(&next);
    assert!(said.iter().any(|(_, twice)| !twice.is_empty()), "some of it he had");
    let (mut old, new) = (it.count(), next.count());
    old.say(said);
    old.settle_rest(&[]);
    assert_eq!(new.anomalies, []);
    let mut district: HashMap<u16, u64> = HashMap::new();
    for credit in old.credits.iter().chain(&new.credits) {
        *district.entry(credit.year.0).or_default() += credit.media.total().as_secs();
    }
    let mut district: Vec<_> = district.into_iter().filter(|(_, seconds)| *seconds > 0).collect();
    district.sort_unstable();
    assert_eq!(district, station, "both ends count the same");
}

#[tokio::test]
async fn a_leaf_about_an_ended_log_that_no_decision_carries_is_named_and_moves_nothing() {
    let Ended {
        it, group, note, next, ..
    } = an_ended_log().await;
    let spans = carried_spans(&group);
    let forged = |year, signed: &str| What::SettledBefore {
        log: it.name.clone(),
        year: Year(year),
        spans: spans.clone(),
        twice: Vec::new(),
        signed: signed.to_owned(),
    };
    next.says(forged(2026, "no note"));
    next.says(forged(2027, &note));
    next.says(What::SettledBefore {
        log: Origin::new("yuanjiao.example/18").unwrap(),
        year: Year(2026),
        spans: spans.clone(),
        twice: Vec::new(),
        signed: note.clone(),
    });
    let count = next.count();
    let named = count
        .anomalies
        .iter()
        .filter(|one| matches!(one, Anomaly::WrongYear(_)));
    assert_eq!(named.count(), 3, "{:?}", count.anomalies);
}

fn carried_spans(group: &Open) -> Vec<(u64, i64)> {
    let spans = group.spans.iter();
    spans
        .map(|(span, within)| (*span, first_moment(within, Year(2026))))
        .collect()
}
