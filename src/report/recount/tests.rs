use super::*;
use crate::clock::Trust;
use crate::ledger::{Closing, Proof};
use crate::types::{Grade, Mode};

fn at(mono_s: u64) -> At {
    At {
        boot: 1,
        mono: Millis::secs(mono_s),
        wall: 1_795_000_000_000,
        trust: Trust::Ntp,
    }
}

fn leaf(mono_s: u64, is: What) -> Vec<u8> {
    Leaf {
        v: 1,
        at: at(mono_s),
        is,
    }
    .to_bytes()
}

fn member() -> MemberId {
    MemberId::new("0021").unwrap()
}

fn session() -> SessionId {
    SessionId::from_bytes([1; 16])
}

fn item() -> ItemId {
    ItemId::from_digest(&[2; 32])
}

/// A film of so many seconds, and a session with it.
fn film_of(seconds: u64) -> [What; 2] {
    let film = What::Item {
        item: item(),
        title: "油菜".into(),
        class: None,
        length: Millis::secs(seconds),
        made_here: false,
    };
    let open = What::Open {
        session: session(),
        member: member(),
        item: item(),
        device: session(),
        mode: Mode::Alone,
    };
    [film, open]
}

fn opened() -> Recount {
    let mut count = Recount::default();
    let [film, open] = film_of(100);
    count.count(&leaf(1, film));
    count.count(&leaf(2, open));
    count
}

fn span(from_s: u64, to_s: u64, total_s: u64) -> What {
    What::Span {
        session: session(),
        member: member(),
        item: item(),
        year: Year(2026),
        mode: Mode::Alone,
        grade: Grade::A,
        proof: Proof::Asked,
        media: Intervals::one(Millis::secs(from_s), Millis::secs(to_s)),
        total: Millis::secs(total_s),
    }
}

#[test]
fn honest_spans_add_up_without_a_remark() {
    let mut count = opened();
    count.count(&leaf(100, span(0, 50, 50)));
    count.count(&leaf(200, span(50, 90, 90)));
    assert_eq!(count.anomalies, []);
    assert_eq!(count.sessions().next().unwrap().credited, Millis::secs(90));
}

#[test]
fn what_cannot_be_is_named_with_its_leaf() {
    let cases = [
        (
            span(0, 50, 60),
            100,
            Anomaly::TotalDiffers {
                index: 2,
                claimed: Millis::secs(60),
                counted: Millis::secs(50),
            },
        ),
        (span(50, 120, 70), 200, Anomaly::BeyondTheEnd(2)),
        (span(0, 50, 50), 40, Anomaly::FasterThanTime(2)),
    ];
    for (is, mono, expected) in cases {
        let mut count = opened();
        count.count(&leaf(mono, is));
        assert_eq!(count.anomalies, [expected]);
    }
    let mut count = opened();
    count.count(&leaf(100, span(0, 50, 50)));
    count.count(&leaf(200, span(40, 60, 60)));
    assert_eq!(count.anomalies, [Anomaly::CountedTwice(3)]);
    count.count(&leaf(150, What::Stop {}));
    assert_eq!(count.anomalies[1], Anomaly::ClockWentBack(4));
}

#[test]
fn a_span_after_its_session_was_closed_is_named() {
    let mut count = opened();
    let close = What::Close {
        session: session(),
        why: Closing::End,
        unconfirmed: Millis::ZERO,
        flags: vec![],
    };
    count.count(&leaf(50, close));
    count.count(&leaf(100, span(0, 50, 50)));
    assert_eq!(count.anomalies, [Anomaly::NoSession(3)]);
}

#[test]
fn bytes_that_are_no_leaf_take_their_place_and_nothing_else() {
    let mut count = opened();
    count.count(b"garbage");
    assert_eq!((count.size(), count.anomalies.len()), (3, 0));
}

/// Case 17 at the district: what was pending when the plug was pulled is confirmed seconds after the next boot.
#[test]
fn an_honest_power_cut_is_not_faster_than_time() {
    let mut count = opened();
    let next_boot = |mono_s, is| Leaf {
        v: 1,
        at: At { boot: 2, ..at(mono_s) },
        is,
    };
    count.count(&next_boot(20, span(0, 90, 90)).to_bytes());
    assert_eq!(count.anomalies, []);
}

#[test]
fn what_was_left_in_an_earlier_boot_may_be_confirmed_at_once() {
    let mut count = opened();
    let close = What::Close {
        session: session(),
        why: Closing::End,
        unconfirmed: Millis::secs(80),
        flags: vec![],
    };
    count.count(&leaf(90, close));
    let again = What::Open {
        session: SessionId::from_bytes([3; 16]),
        member: member(),
        item: item(),
        device: session(),
        mode: Mode::Alone,
    };
    let later = |mono_s, is| {
        let at = At { boot: 2, ..at(mono_s) };
        Leaf { v: 1, at, is }.to_bytes()
    };
    count.count(&later(10, again));
    let What::Span {
        item,
        year,
        mode,
        grade,
        proof,
        media,
        total,
        member,
        ..
    } = span(0, 80, 80)
    else {
        panic!("a span");
    };
    let session = SessionId::from_bytes([3; 16]);
    let confirmed = What::Span {
        session,
        member,
        item,
        year,
        mode,
        grade,
        proof,
        media,
        total,
    };
    count.count(&later(20, confirmed));
    assert_eq!(count.anomalies, []);
}

/// Case 50: a simulator that runs fast, between two visits.
#[test]
fn forty_hours_between_visits_a_day_apart_are_named() {
    let film = |hours: u64| {
        let mut count = Recount::default();
        let [long, open] = film_of(100 * 3600);
        count.count(&leaf(1, long));
        count.count(&leaf(2, visit(1, 1_795_000_000)));
        count.count(&leaf(3, open));
        let later = hours * 3600 + 10;
        count.count(&leaf(later, span(0, hours * 3600, hours * 3600)));
        count.count(&leaf(later, visit(4, 1_795_000_000 + 24 * 3600)));
        count.anomalies
    };
    // Whoever makes up hours makes up the time of his box as well.
    assert_eq!(
        film(40),
        [Anomaly::FasterThanTheDistrict(4), Anomaly::ClockStretched(4)]
    );
    assert_eq!(film(24), []);
}

fn visit(size: u64, time: u64) -> What {
    What::CheckpointSeen {
        district: Origin::new("district.example/1").unwrap(),
        size,
        time,
        cosignature: String::new(),
    }
}

/// A stick is exported, cosigned at the district, and comes back days later; people watch meanwhile, honestly.
#[test]
fn what_was_watched_while_a_stick_was_under_way_is_no_haste_and_does_not_get_away() {
    const HOUR: u64 = 3_600;
    const FIRST: u64 = 1_795_000_000;
    // Two hours before the second export, then `meanwhile` until its cosignature is back a hundred hours later, and nothing
    // more until a third visit `third` hours after the second.
    let stick = |meanwhile: u64, third: u64| {
        let mut count = Recount::default();
        let [long, open] = film_of(200 * HOUR);
        count.count(&leaf(1, long));
        count.count(&leaf(2, open));
        count.count(&leaf(HOUR, visit(2, FIRST)));
        count.count(&leaf(5 * HOUR, span(0, 2 * HOUR, 2 * HOUR)));
        let both = (2 + meanwhile) * HOUR;
        count.count(&leaf(130 * HOUR, span(2 * HOUR, both, both)));
        count.count(&leaf(131 * HOUR, visit(4, FIRST + 24 * HOUR)));
        count.count(&leaf(132 * HOUR, visit(6, FIRST + (24 + third) * HOUR)));
        count.anomalies
    };
    assert_eq!(
        stick(60, 100),
        [],
        "sixty hours in a hundred, though the visits are a day apart"
    );
    assert_eq!(
        stick(90, 40),
        [Anomaly::FasterThanTheDistrict(6)],
        "ninety hours in 64 by the district's clock"
    );
}

/// A simulator that makes up hours: its clock ran 24 hours while the district's ran 20. By whatever way the visits come.
#[test]
fn a_clock_that_ran_faster_than_the_districts_is_named_and_one_that_slept_is_not() {
    let ran = |box_s: u64, district_s: u64, told_after_s: u64| {
        let mut count = Recount::default();
        let visit = |size, time| What::CheckpointSeen {
            district: Origin::new("district.example/1").unwrap(),
            size,
            time,
            cosignature: String::new(),
        };
        count.count(&leaf(100, What::Stop {}));
        count.count(&leaf(105, visit(1, 1_795_000_000)));
        count.count(&leaf(105 + box_s, What::Stop {}));
        // A stick may be days under way: what the box ran meanwhile proves nothing.
        count.count(&leaf(105 + box_s + told_after_s, visit(3, 1_795_000_000 + district_s)));
        count.anomalies
    };
    let hour = 3_600;
    assert_eq!(ran(24 * hour, 20 * hour, 5), [Anomaly::ClockStretched(3)]);
    assert_eq!(
        ran(20 * hour + 370, 20 * hour, 5),
        [Anomaly::ClockStretched(3)],
        "six minutes in twenty hours"
    );
    assert_eq!(ran(20 * hour + 300, 20 * hour, 5), [], "within half a percent");
    assert_eq!(ran(hour, 20 * hour, 5), [], "a PC that slept");
    assert_eq!(ran(20 * hour, 20 * hour, 70 * hour), [], "by stick");
}
