//! Row 54: a disk that is full costs no time, and forgives nothing that lapsed.

use super::*;

/// From now on the database may have so many pages: one is none at all, and a million is enough.
fn limit(store: &Store, pages: i64) {
    let outcome = store.write_blocking(move |tx| {
        tx.query_row(&format!("PRAGMA max_page_count={pages}"), [], |_| {
            Ok::<_, rusqlite::Error>(())
        })
    });
    outcome.unwrap().unwrap();
}

/// A beat that needs more room than there is.
fn large_beat(n: u32) -> BeatIn {
    BeatIn {
        n,
        segments: (0..4_000).map(|k| (700_000 + k * 2, 700_001 + k * 2)).collect(),
        ended: false,
        urgent: false,
        digest: [3; 8],
    }
}

#[tokio::test]
async fn case_54_a_question_that_the_full_disk_kept_open_may_be_answered_once_there_is_room() {
    let policy = Policy::built_in()
        .text
        .replace("presence_jitter_s = 120", "presence_jitter_s = 0");
    for is_full in [true, false] {
        let station = Station::with(Policy::parse(&policy).unwrap());
        let session = station.open("m1", 1, 1).await;
        let n = station.play(session, 1, 0, 600).await;
        let store = station.viewing.ledger.store().clone();
        // Asked at 600 s. The member taps, and for five minutes nothing can be recorded.
        if is_full {
            limit(&store, 1);
        }
        for _ in 0..30 {
            station.clock.advance(Millis::secs(10));
            if is_full {
                let refused = station.viewing.beat(session, large_beat(n)).await.unwrap_err();
                assert_eq!(refused.trouble(), Some(Trouble::DiskFull), "{refused:?}");
            }
        }
        limit(&store, 1_000_000);
        let answer = station.viewing.prove(session).await.unwrap();
        let credited = answer.credited.total();
        let expected = if is_full { Millis::secs(600) } else { Millis::ZERO };
        assert_eq!(credited, expected, "the disk was full: {is_full}");
    }
}

#[tokio::test]
async fn case_54_a_question_that_lapsed_between_two_full_disks_stays_lapsed() {
    let policy = Policy::built_in()
        .text
        .replace("presence_jitter_s = 120", "presence_jitter_s = 0");
    let station = Station::with(Policy::parse(&policy).unwrap());
    let store = station.viewing.ledger.store().clone();
    let session = station.open("m1", 1, 1).await;
    let other = station.open("m2", 1, 2).await;
    let full = async || {
        limit(&store, 1);
        let refused = station.viewing.beat(other, large_beat(1)).await.unwrap_err();
        assert_eq!(refused.trouble(), Some(Trouble::DiskFull), "{refused:?}");
        limit(&store, 1_000_000);
    };
    let n = station.play(session, 1, 0, 100).await;
    full().await;
    // Asked at 600 s, and nobody answers; by then there has been room for long.
    station.play(session, n, 100, 500).await;
    station.clock.advance(Millis::secs(300));
    full().await;
    let answer = station.viewing.prove(session).await.unwrap();
    assert_eq!(answer.credited.total(), Millis::ZERO);
}

#[tokio::test]
async fn case_54_a_full_disk_costs_no_time_once_there_is_room_again() {
    let station = Station::new();
    let session = station.open("m1", 1, 1).await;
    let n = station.play(session, 1, 0, 100).await;
    let store = station.viewing.ledger.store().clone();
    limit(&store, 1);
    station.clock.advance(Millis::secs(10));
    let segments: Vec<(i64, i64)> = (0..4_000).map(|k| (100_000 + k * 2, 100_001 + k * 2)).collect();
    let full = BeatIn {
        n,
        segments,
        ended: false,
        urgent: false,
        digest: [3; 8],
    };
    let refused = station.viewing.beat(session, full.clone()).await.unwrap_err();
    assert_eq!(refused.trouble(), Some(Trouble::DiskFull), "{refused:?}");
    limit(&store, 1_000_000);
    station.viewing.beat(session, full).await.unwrap();
    station.clock.advance(Millis::secs(10));
    station.beat(session, n + 1, 110, 130).await.unwrap();
    let answer = station.viewing.prove(session).await.unwrap();
    assert_eq!(
        answer.credited.total(),
        Millis::secs(100 + 4 + 15),
        "four claimed, five of the six left over kept, ten that passed"
    );
}
