//! Leases: which program pulls which station at this moment, so that several share the stations of one set of books.
//!
//! Before a station is pulled its row is marked with the puller and the second until which nobody else may begin, by the
//! clock of the database, in one statement that only one of several pullers can win. The lease lasts twice as long as a
//! pull may take. It ends when what came of the pull is written down; a puller that died lets go when it runs out, and at
//! once if the books are a file and its process is gone.

use super::schedule::Due;
use crate::store::{Sql, StoreError, params, sql};
use crate::types::Origin;

/// A program that pulls, by its process and a random number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Puller(String);

impl Puller {
    /// This program.
    pub(super) fn new() -> Self {
        Self(format!("{} {}", std::process::id(), crate::keys::random_id()))
    }

    /// The process that wrote this.
    fn process(text: &str) -> Option<i32> {
        text.split(' ').next()?.parse().ok()
    }
}

/// Takes a station for so many seconds; `false` while another program has it. One that this program itself left behind is
/// its own still.
pub(super) fn take(
    conn: &dyn Sql,
    station: &Origin,
    puller: &Puller,
    now_s: u64,
    for_s: u64,
) -> Result<bool, StoreError> {
    let now = conn.now_s(now_s)?;
    let taken = conn.execute(
        "UPDATE watch SET puller = ?2, leased_until_s = ?3
         WHERE station = ?1 AND (leased_until_s <= ?4 OR puller = ?2)",
        params![station.as_str(), puller.0, sql(now + for_s), sql(now)],
    )?;
    Ok(taken > 0)
}

/// Takes at most `most` stations that are due, the longest overdue first, but for those that `is_ours` already pulls.
pub(super) fn take_due(
    conn: &dyn Sql,
    puller: &Puller,
    (now_s, for_s): (u64, u64),
    most: usize,
    is_ours: impl Fn(&Origin) -> bool,
) -> Result<Due, StoreError> {
    let now = conn.now_s(now_s)?;
    let query = "SELECT station FROM watch WHERE next_s <= ?1 AND (leased_until_s <= ?1 OR puller = ?2)
         ORDER BY next_s, station LIMIT ?3";
    // Those that this program pulls at this moment are listed as well.
    let limit = i64::try_from(most)
        .unwrap_or(i64::MAX)
        .saturating_mul(2)
        .saturating_add(1_000);
    let names = conn.query_map(query, params![sql(now), puller.0, limit], |row| row.get::<String>(0))?;
    let mut due = Due::default();
    for station in names.iter().filter_map(|name| Origin::new(name).ok()) {
        if due.stations.len() == most {
            break;
        }
        if !is_ours(&station) && take(conn, &station, puller, now_s, for_s)? {
            due.stations.push(station);
        }
    }
    let next = "SELECT min(CASE WHEN leased_until_s > next_s THEN leased_until_s ELSE next_s END) FROM watch
         WHERE next_s > ?1 OR leased_until_s > ?1";
    let next: Option<i64> = conn.query_row(next, [sql(now)], |row| row.get(0))?;
    due.next_in_s = next
        .and_then(|next| u64::try_from(next).ok())
        .map(|next| next.saturating_sub(now));
    Ok(due)
}

/// Lets a station go.
pub(super) fn end(conn: &dyn Sql, station: &Origin, puller: &Puller) -> Result<(), StoreError> {
    conn.execute(
        "UPDATE watch SET puller = '', leased_until_s = 0 WHERE station = ?1 AND puller = ?2",
        params![station.as_str(), puller.0],
    )
    .map(drop)
}

/// Of books in a file all pullers are processes of this machine: what one holds that is gone is free.
pub(super) fn free_of_the_dead(conn: &dyn Sql) -> Result<(), StoreError> {
    let held = conn.query_map("SELECT DISTINCT puller FROM watch WHERE puller <> ''", [], |row| {
        row.get::<String>(0)
    })?;
    for puller in held.iter().filter(|puller| !is_alive(puller)) {
        conn.execute(
            "UPDATE watch SET puller = '', leased_until_s = 0 WHERE puller = ?1",
            [puller.as_str()],
        )?;
    }
    Ok(())
}

fn is_alive(puller: &str) -> bool {
    let process = Puller::process(puller).and_then(rustix::process::Pid::from_raw);
    // Whose process it is does not matter: one that we may not signal is there.
    process.is_some_and(|process| rustix::process::test_kill_process(process) != Err(rustix::io::Errno::SRCH))
}

#[cfg(test)]
mod tests {
    use super::super::watch;
    use super::*;
    use crate::store::{Options, Store};

    fn books(dir: &tempfile::TempDir) -> Store {
        let schemas = [super::super::rows::SCHEMA, watch::SCHEMA];
        let store = Store::open(&dir.path().join("district.db"), &schemas, Options::default()).unwrap();
        for n in 0..5 {
            act(&store, move |tx| watch::begin(tx, &station(n), 0));
        }
        store
    }

    fn act<T: Send + 'static>(
        store: &Store,
        act: impl FnOnce(&dyn Sql) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        store.write_blocking(move |tx| act(&**tx)).unwrap().unwrap()
    }

    fn station(n: u32) -> Origin {
        Origin::new(&format!("station/{n}")).unwrap()
    }

    fn due(store: &Store, puller: &Puller, now: u64, most: usize) -> Vec<Origin> {
        let puller = puller.clone();
        act(store, move |tx| take_due(tx, &puller, (now, 60), most, |_| false)).stations
    }

    #[test]
    fn two_pullers_share_what_is_due_and_the_stations_of_one_that_died_are_free_when_its_lease_ends() {
        let dir = tempfile::TempDir::new().unwrap();
        let store = books(&dir);
        let (one, other) = (Puller::new(), Puller::new());
        assert_eq!(due(&store, &one, 1_000, 3), [station(0), station(1), station(2)]);
        assert_eq!(due(&store, &other, 1_000, 9), [station(3), station(4)]);
        let taken = |puller: &Puller, now| {
            let puller = puller.clone();
            act(&store, move |tx| take(tx, &station(1), &puller, now, 60))
        };
        assert!(!taken(&other, 1_059), "a second before it ends");
        assert!(taken(&other, 1_060));
        assert!(!taken(&one, 1_060), "and now it is the other one's");
        let ended = other.clone();
        act(&store, move |tx| end(tx, &station(1), &ended));
        assert!(taken(&one, 1_061));
        let late = one.clone();
        act(&store, move |tx| end(tx, &station(4), &late));
        assert!(
            !due(&store, &one, 1_059, 9).contains(&station(4)),
            "only who has it lets go"
        );
    }

    #[test]
    fn the_next_look_is_when_something_becomes_due_or_free() {
        let dir = tempfile::TempDir::new().unwrap();
        let store = books(&dir);
        let next = |now| {
            let puller = Puller::new();
            act(&store, move |tx| take_due(tx, &puller, (now, 60), 9, |_| false)).next_in_s
        };
        assert_eq!(next(1_000), Some(60), "all are taken until then");
        assert_eq!(next(1_020), Some(40));
    }

    #[test]
    fn in_a_file_a_process_that_is_gone_holds_nothing() {
        let dir = tempfile::TempDir::new().unwrap();
        let store = books(&dir);
        let mut gone = std::process::Command::new("true").spawn().unwrap();
        gone.wait().unwrap();
        let (dead, alive) = (Puller(format!("{} x", gone.id())), Puller::new());
        assert_eq!(due(&store, &dead, 1_000, 2).len(), 2);
        assert_eq!(due(&store, &alive, 1_000, 2).len(), 2);
        act(&store, |tx| free_of_the_dead(tx));
        let other = Puller::new();
        assert_eq!(due(&store, &other, 1_000, 9), [station(0), station(1), station(4)]);
    }
}
