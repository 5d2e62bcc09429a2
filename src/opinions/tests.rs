use std::sync::Arc;

use super::*;
use crate::clock::{Clock, HandClock};
use crate::keys::{self, Keys};
use crate::ledger::{self, Leaf, voice};
use crate::store::{Options, Store};
use crate::types::Origin;

fn room() -> (tempfile::TempDir, Opinions) {
    let dir = tempfile::TempDir::new().unwrap();
    let path = dir.path().join("ledger.db");
    let store = Store::open(&path, &[ledger::SCHEMA, SCHEMA], Options::default()).unwrap();
    let keys = Keys::open_or_make(&dir.path().join("keys")).unwrap();
    let clock = Arc::new(HandClock::new(1, 1_795_000_000_000));
    let origin = Origin::new("yuanjiao.example/17").unwrap();
    let ledger = Ledger::open(store, keys, origin, clock.now()).unwrap();
    (dir, Opinions::new(ledger, clock))
}

fn film(n: u8) -> ItemId {
    ItemId::from_digest(&[n; 32])
}

fn who(number: &str) -> MemberId {
    MemberId::new(number).unwrap()
}

fn leaves(room: &Opinions) -> Vec<What> {
    let store = room.ledger.store();
    let all = store.read_blocking(|conn| ledger::leaves(conn, 0, 100)).unwrap();
    all.iter()
        .filter_map(|bytes| Leaf::read(bytes))
        .map(|leaf| leaf.is)
        .collect()
}

#[tokio::test]
async fn the_latest_rating_counts_and_the_same_again_is_no_news() {
    let (_dir, room) = room();
    let evening = keys::random_id();
    for stars in [2, 4, 4] {
        room.rate(who("0021"), film(1), Some(evening), stars).await.unwrap();
    }
    room.rate(who("0012"), film(1), None, 9).await.unwrap();
    let all = room.liked().await.unwrap();
    assert_eq!((all[0].ratings, all[0].stars, all[0].tenths()), (2, 9, 45));
    let there = room.liked_at(evening).await.unwrap();
    assert_eq!((there[0].ratings, there[0].stars), (1, 4));
    assert_eq!(room.of_member(who("0021"), film(1)).await.unwrap(), (Some(4), false));
    let told: Vec<u8> = leaves(&room)
        .into_iter()
        .filter_map(|leaf| match leaf {
            What::Rating(voice::Rating { stars, .. }) => Some(stars),
            _ => None,
        })
        .collect();
    assert_eq!(told, [2, 4, 5]);
}

#[tokio::test]
async fn wishes_are_counted_by_members_until_the_item_was_shown() {
    let (_dir, room) = room();
    for number in ["1", "2", "3"] {
        room.wish(who(number), film(2), true).await.unwrap();
        room.wish(who(number), film(2), true).await.unwrap();
    }
    room.wish(who("1"), film(3), true).await.unwrap();
    room.wish(who("3"), film(2), false).await.unwrap();
    assert_eq!(room.wishes(9).await.unwrap(), [(film(2), 2), (film(3), 1)]);
    room.fulfilled(vec![film(2)]).await.unwrap();
    assert_eq!(room.wishes(9).await.unwrap(), [(film(3), 1)]);
    let told: Vec<(ItemId, u32)> = leaves(&room)
        .into_iter()
        .filter_map(|leaf| match leaf {
            What::Wished(voice::Wished { item, members }) => Some((item, members)),
            _ => None,
        })
        .collect();
    let expected = [(2, 1), (2, 2), (2, 3), (3, 1), (2, 2), (2, 0)].map(|(item, members)| (film(item), members));
    assert_eq!(told, expected, "each change once, and no number of a member");
}

#[tokio::test]
async fn the_best_answer_stands_in_the_record_and_every_try_in_the_ledger() {
    let (_dir, room) = room();
    let evening = keys::random_id();
    for right in [1, 3, 2] {
        let answered = Answered {
            member: who("0021"),
            item: film(1),
            right,
            questions: 3,
        };
        room.answered(answered, Some(evening), right == 1).await.unwrap();
    }
    let record = room.answers_at(evening).await.unwrap();
    assert_eq!((record.len(), record[0].right, record[0].questions), (1, 3, 3));
    let tries = leaves(&room).into_iter().filter(|leaf| matches!(leaf, What::Quiz(_)));
    assert_eq!(tries.count(), 3);
}
