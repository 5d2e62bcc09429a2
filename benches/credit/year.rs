//! How large the database becomes: a quarter of a year of 200 members, in this process, with a clock in the hand. A
//! district has cosigned what each film led to before the next one begins, so rows are trimmed as in the field.

use std::path::Path;
use std::sync::Arc;

use tokio::task::JoinSet;
use yuanjiao::clock::{Clock, HandClock};
use yuanjiao::credit::Policy;
use yuanjiao::keys::Keys;
use yuanjiao::ledger::{self, Ledger, What};
use yuanjiao::store::{Options, Store, StoreError, Tx};
use yuanjiao::types::{DeviceId, Intervals, ItemId, MemberId, Millis, Mode, Origin};
use yuanjiao::viewing::{self, BeatIn, ItemFacts, MediaMap, Viewing};

const MEMBERS: u16 = 200;
/// 32 hours a year are 64 films of half an hour; a quarter of them.
const FILMS: u8 = 16;
const LENGTH: Millis = Millis::secs(1_800);
/// As far apart as beats may be: what is kept does not depend on how many there were.
const BEAT: Millis = Millis::secs(120);
const NOVEMBER_2026: i64 = 1_795_000_000_000;

#[derive(Debug)]
struct ByteIsMillisecond;

impl MediaMap for ByteIsMillisecond {
    fn media_of(&self, item: &ItemId, sent: &dyn Fn(ItemId) -> Vec<std::ops::Range<u64>>) -> Intervals {
        Intervals::from(sent(*item).iter().map(|b| (b.start, b.end)).collect::<Vec<_>>())
    }
}

pub fn print() {
    let home = tempfile::tempdir_in(".").expect("a folder on the disk");
    let path = home.path().join("ledger.db");
    let runtime = tokio::runtime::Runtime::new().expect("an event loop");
    let (leaves, tables) = runtime.block_on(quarter(&path, &home.path().join("keys")));
    let bytes = std::fs::metadata(&path).map_or(0, |meta| meta.len());
    let per_year = f64::from(u32::try_from(bytes / 1024).unwrap_or(u32::MAX)) * 4.0;
    println!(
        "a year of {MEMBERS} members, 64 films each: {:.1} MB, {:.0} KB a member, {} leaves",
        per_year / 1024.0,
        per_year / f64::from(MEMBERS),
        leaves * 4
    );
    for (table, bytes) in tables {
        println!("  {table:<28}{:>8.1} MB", bytes as f64 * 4.0 / 1e6);
    }
}

/// The largest tables and indices.
fn tables(store: &Store) -> Vec<(String, i64)> {
    let read = |conn: &rusqlite::Connection| {
        let mut query = conn.prepare("SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 9")?;
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok::<_, StoreError>(rows.collect::<Result<Vec<_>, _>>()?)
    };
    store.read_blocking(read).expect("the sizes of tables")
}

async fn quarter(path: &Path, keys: &Path) -> (u64, Vec<(String, i64)>) {
    let clock = Arc::new(HandClock::new(1, NOVEMBER_2026));
    let store = Store::open(path, &[ledger::SCHEMA, viewing::SCHEMA], Options::default()).expect("a database");
    let keys = Keys::open_or_make(keys).expect("keys");
    let origin = Origin::new("yuanjiao.example/17").expect("a name");
    let ledger = Ledger::open(store.clone(), keys, origin, clock.now()).expect("a ledger");
    let viewing = Viewing::new(
        ledger.clone(),
        clock.clone(),
        Arc::new(Policy::built_in()),
        Arc::new(ByteIsMillisecond),
    );
    for film in 0..FILMS {
        let mut sessions = everybody(&viewing, move |viewing, member| open(viewing, member, film)).await;
        for n in 1..=15 {
            clock.advance(BEAT);
            sessions = each(&viewing, sessions, move |viewing, session| async move {
                let from = i64::from(n - 1) * 120_000;
                let beat = BeatIn {
                    n,
                    segments: vec![(from, from + 120_000)],
                    ended: false,
                    urgent: false,
                    digest: from.to_le_bytes(),
                };
                viewing.beat(session, beat).await.expect("taken");
                // The question comes about every ten minutes.
                if n % 5 == 0 {
                    viewing.prove(session).await.expect("taken");
                }
                session
            })
            .await;
        }
        each(&viewing, sessions, |viewing, session| async move {
            viewing.close(session).await.expect("closed");
            session
        })
        .await;
        cosign(&ledger, &clock);
        while viewing.trim().await.expect("trimmed").1 {}
    }
    (store.read_blocking(ledger::size).expect("a size"), tables(&store))
}

/// A district has seen all of it.
fn cosign(ledger: &Ledger, clock: &Arc<HandClock>) {
    let (theirs, now) = (ledger.clone(), clock.now());
    let act = move |tx: &Tx<'_>| {
        let seen = What::CheckpointSeen {
            district: Origin::new("district.example").expect("a name"),
            size: ledger::size(tx)?,
            time: 1_795_000_000,
            cosignature: "A".repeat(160),
        };
        theirs.keep_cosignature(tx, now, seen)
    };
    ledger.store().write_blocking(act).expect("written").expect("kept");
}

type Session = yuanjiao::types::SessionId;

async fn everybody<F, W>(viewing: &Viewing, act: F) -> Vec<Session>
where
    F: Fn(Viewing, u16) -> W,
    W: Future<Output = Session> + Send + 'static,
{
    let mut all = JoinSet::new();
    for member in 0..MEMBERS {
        all.spawn(act(viewing.clone(), member));
    }
    all.join_all().await
}

async fn each<F, W>(viewing: &Viewing, sessions: Vec<Session>, act: F) -> Vec<Session>
where
    F: Fn(Viewing, Session) -> W,
    W: Future<Output = Session> + Send + 'static,
{
    let mut all = JoinSet::new();
    for session in sessions {
        all.spawn(act(viewing.clone(), session));
    }
    all.join_all().await
}

async fn open(viewing: Viewing, member: u16, film: u8) -> Session {
    let item = ItemId::from_digest(&[film + 1; 32]);
    let mut own = [0; 16];
    own[..2].copy_from_slice(&member.to_be_bytes());
    let device = DeviceId::from_bytes(own);
    viewing.sent().note(device, item, 0..LENGTH.0);
    let facts = ItemFacts {
        item,
        title: format!("一部半小时的片子，第 {film} 部"),
        class: Some("实用技术".into()),
        length: LENGTH,
        made_here: false,
    };
    let member = MemberId::new(&format!("{member:04}")).expect("a number");
    viewing
        .open(member, device, facts, Mode::Alone)
        .await
        .expect("opened")
        .session
}
