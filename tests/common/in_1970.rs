//! What a box without a clock did in a boot of 1970, before the programs of a test start: one member's two minutes, which no
//! clock dates.

use std::path::Path;
use std::sync::Arc;

use yuanjiao::clock::{Clock, HandClock};
use yuanjiao::credit::Policy;
use yuanjiao::keys::Keys;
use yuanjiao::ledger::{self, Ledger};
use yuanjiao::store::{Options, Store};
use yuanjiao::types::{DeviceId, Intervals, ItemId, MemberId, Millis, Mode, Origin};
use yuanjiao::viewing::{self, BeatIn, ItemFacts, MediaMap, Viewing};

const FILM: u64 = 600_000;

#[derive(Debug)]
struct ByteIsMillisecond;

impl MediaMap for ByteIsMillisecond {
    fn media_of(&self, item: &ItemId, sent: &dyn Fn(ItemId) -> Vec<std::ops::Range<u64>>) -> Intervals {
        Intervals::from(sent(*item).iter().map(|b| (b.start, b.end)).collect::<Vec<_>>())
    }
}

/// Member 0021 watched two minutes and tapped.
pub async fn an_evening(data: &Path) {
    let clock = Arc::new(HandClock::new(1, 5_000));
    clock.advance(Millis::secs(60));
    let store = Store::open(
        &data.join("ledger.db"),
        &[ledger::SCHEMA, viewing::SCHEMA],
        Options::default(),
    )
    .unwrap();
    assert_eq!(ledger::boot_number(&store, "the boot of 1970".into()).unwrap(), 1);
    let keys = Keys::open_or_make(&data.join("keys")).unwrap();
    let ledger = Ledger::open(store, keys, Origin::new("yuanjiao.example/17").unwrap(), clock.now()).unwrap();
    let policy = Arc::new(Policy::built_in());
    let viewing = Viewing::new(ledger, clock.clone(), policy, Arc::new(ByteIsMillisecond));
    let (item, device) = (ItemId::from_digest(&[1; 32]), DeviceId::from_bytes([1; 16]));
    viewing.sent().note(device, item, 0..FILM);
    let facts = ItemFacts {
        item,
        title: "油菜越冬".into(),
        class: None,
        length: Millis(FILM),
        made_here: false,
    };
    let member = MemberId::new("0021").unwrap();
    let opened = viewing.open(member, device, facts, Mode::Alone).await.unwrap();
    clock.advance(Millis::secs(120));
    let beat = BeatIn {
        n: 1,
        segments: vec![(0, 120_000)],
        ended: false,
        urgent: true,
        digest: [1; 8],
    };
    viewing.beat(opened.session, beat).await.unwrap();
    viewing.prove(opened.session).await.unwrap();
    viewing.close(opened.session).await.unwrap();
}
