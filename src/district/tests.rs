//! What a pull costs the books: rows that are read and leaves that are hashed, counted under the very functions that it
//! calls.

use super::edge::{self, Grown};
use super::rows::{self, StationRow};
use super::{Alert, SCHEMAS, books, counting, figures, pull};
use super::{fetched, recounts};
use crate::clock::Trust;
use crate::credit::settling::STRETCH;
use crate::keys::Keys;
use crate::ledger::{At, Checkpoint, Leaf, What};
use crate::report::annual::{Asked, BranchKind, Period, annual};
use crate::store::{Options, Place, Shared, Sql, StoreError};
use crate::types::{DeviceId, MemberId, Millis, Mode, Origin, SessionId};
use log::{OF_A_FILM, Village};
use overheard::Overheard;

mod decided;
#[path = "../../tests/common/simulated/log.rs"]
mod log;
mod next_epoch;
mod opened;
mod overheard;

struct Books {
    store: Shared,
    keys: Keys,
    station: StationRow,
    _folder: tempfile::TempDir,
}

impl Books {
    fn new() -> Self {
        Self::at(&Place::File)
    }

    fn at(place: &Place) -> Self {
        let folder = tempfile::TempDir::new().unwrap();
        let store = Shared::open(place, &folder.path().join("district.db"), &SCHEMAS, Options::default()).unwrap();
        let keys = Keys::open_or_make(&folder.path().join("keys")).unwrap();
        let station = StationRow {
            origin: Origin::new("station/17").unwrap(),
            url: "http://a".into(),
            key: keys.public(),
            size: 0,
            after: None,
            is_ended: false,
            frozen_at: None,
        };
        let pinned = station.clone();
        store.write_blocking(move |tx| rows::pin(tx, &pinned)).unwrap().unwrap();
        Self {
            store,
            keys,
            station,
            _folder: folder,
        }
    }

    fn act<T: Send + 'static>(
        &self,
        act: impl FnOnce(&dyn Sql, &StationRow) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        let station = self.station.clone();
        self.store.write_blocking(move |tx| act(tx, &station)).unwrap().unwrap()
    }

    /// Takes leaves in as a pull does, and finds nothing odd; how many rows it read.
    fn take_in(&mut self, leaves: Vec<Vec<u8>>) -> u64 {
        let (found, read) = self.pull(leaves);
        assert_eq!(found, []);
        read
    }

    /// The same; what is odd, and how many rows it read.
    fn pull(&mut self, leaves: Vec<Vec<u8>>) -> (Vec<Alert>, u64) {
        let (from, keys) = (self.station.size, self.keys.clone());
        let size = from + leaves.len() as u64;
        let pulled = self.act(move |tx, station| {
            fetched::keep(tx, &station.origin, from, &leaves)?;
            let counting = Overheard::by(tx, &|_, _| Ok(()));
            let grown = edge::grown(&counting, station, size, |_| None)?.expect("it is what is kept");
            let note = note(&grown, station, &keys);
            let found = pull::take_in(&counting, station, &grown, &note, "a cosignature", 1_000)?;
            Ok((found.expect("nobody was faster"), counting.rows()))
        });
        self.station.size = size;
        pulled
    }
}

fn note(grown: &Grown, station: &StationRow, keys: &Keys) -> String {
    let point = Checkpoint {
        origin: station.origin.clone(),
        size: grown.edge.size(),
        root: grown.edge.root(),
    };
    point.signed(keys)
}

#[test]
fn a_pull_of_a_few_leaves_reads_as_many_rows_however_long_the_log_is() {
    let mut books = Books::new();
    let mut village = Village::of_a_year(17, 40 * OF_A_FILM).leaves();
    let mut next = |n: u64| village.by_ref().take(usize::try_from(n).unwrap()).collect::<Vec<_>>();
    books.take_in(next(2 + 2 * OF_A_FILM));
    let short = books.take_in(next(OF_A_FILM));
    books.take_in(next(30 * OF_A_FILM));
    let long = books.take_in(next(OF_A_FILM));
    assert!(
        long <= short + 5,
        "{long} rows after {} leaves, {short} at the beginning",
        books.station.size
    );
    assert!(long < 8 * OF_A_FILM, "{long} rows for {OF_A_FILM} leaves");
    for _ in 0..2 {
        let one = books.take_in(next(1));
        assert!(one <= 20, "{one} rows for one leaf");
    }
}

#[test]
fn a_station_without_a_date_costs_its_stretches_and_not_what_it_ever_earned() {
    let mut books = Books::new();
    let mut village = Village::of_a_year(17, 80 * OF_A_FILM).without_a_date().leaves();
    let mut next = |n: u64| village.by_ref().take(usize::try_from(n).unwrap()).collect::<Vec<_>>();
    books.take_in(next(2 + 2 * OF_A_FILM));
    let (short, size) = (books.take_in(next(OF_A_FILM)), books.station.size);
    books.take_in(next(60 * OF_A_FILM));
    let long = books.take_in(next(OF_A_FILM));
    let stretches = (books.station.size - size).div_ceil(STRETCH);
    assert!(
        long <= short + stretches + 5,
        "{long} rows after {} leaves, {short} at the beginning",
        books.station.size
    );
}

#[test]
fn an_edge_that_does_not_fit_the_last_checkpoint_is_made_of_the_leaves_again() {
    let mut books = Books::new();
    let mut village = Village::of_a_year(17, 1_000).leaves();
    books.take_in(village.by_ref().take(300).collect());
    let of = |books: &Books| {
        books.act(|tx, station| {
            let counting = Overheard::by(tx, &|_, _| Ok(()));
            Ok((edge::of(&counting, station)?.root(), counting.rows()))
        })
    };
    let (root, read) = of(&books);
    assert_eq!(read, 1, "as it was kept");
    for spoil in [
        "UPDATE station SET peaks = zeroblob(length(peaks))",
        "UPDATE station SET peaks = NULL",
    ] {
        books.act(move |tx, _| tx.execute(spoil, []));
        let (again, read) = of(&books);
        assert!(again == root && read >= 300, "{read}");
    }
    // What somebody else signed says nothing about this log.
    books.act(|tx, _| tx.execute("UPDATE checkpoint SET note = 'forged'", []));
    assert_eq!(of(&books).0, root);
    books.take_in(village.take(5).collect());
    assert_eq!(of(&books).1, 1, "and is kept with the next leaf");
}

fn at(mono_s: u64) -> At {
    At {
        boot: 1,
        mono: Millis::secs(mono_s),
        wall: log::NEW_YEAR + i64::try_from(mono_s * 1_000).unwrap(),
        trust: Trust::District,
    }
}

#[test]
fn the_days_of_credit_give_the_same_annual_report_as_the_leaves() {
    let mut books = Books::new();
    let mut village = Village::of_a_year(17, 30 * OF_A_FILM).leaves();
    // In pieces of every size, so that days and sessions are cut.
    for n in [1, 2, 150, 77, 333, 1_000, 19, 1_200] {
        books.take_in(village.by_ref().take(n).collect());
    }
    let kinds =
        std::collections::BTreeMap::from([(("station/17".to_owned(), "第1村党支部".to_owned()), BranchKind::Office)]);
    let policies = crate::credit::Policy::built_in().into();
    let (skill, local) = (["实用技术".to_owned()], ["法律".to_owned()]);
    let first = crate::clock::day_of(log::NEW_YEAR);
    for (from, to) in [(0, 364), (0, 20), (21, 200), (96, 96), (900, 1_000)] {
        let asked = Asked {
            period: Period {
                from: first + from,
                to: first + to,
            },
            policies: &policies,
            skill: &skill,
            local: &local,
            kinds: &kinds,
        };
        let of_days = books.store.read_blocking(|conn| {
            let counts = figures::without_credit(conn)?;
            let people = crate::report::annual::people(&counts, &kinds);
            let blanks = crate::report::annual::Blanks::new(&people, asked);
            books::fill(conn, &counts, blanks, asked.period)
        });
        let of_spans = books.store.read_blocking(|conn| figures::counts(conn)).unwrap();
        let whole = books
            .store
            .read_blocking(|conn| recounts::recount(conn, &books.station.origin))
            .unwrap();
        let of_leaves = annual(&[("station/17".to_owned(), whole)], asked);
        assert_eq!(of_days.unwrap(), of_leaves, "{from}..{to}");
        assert_eq!(annual(&of_spans, asked), of_leaves, "{from}..{to}");
        assert_eq!(
            of_leaves.total.times > 0,
            from < 900,
            "{from}..{to}: {:?}",
            of_leaves.total
        );
    }
    // Made again as a whole they are the same rows.
    let rows = |books: &Books| {
        books.act(|tx, _| {
            tx.query_map("SELECT day, pieces FROM day_sheet ORDER BY day", [], |row| {
                Ok((row.get::<i64>(0)?, row.get::<Vec<u8>>(1)?))
            })
        })
    };
    let before = rows(&books);
    books.act(|tx, station| figures::rebuild(tx, &station.origin));
    assert_eq!(rows(&books), before);
    books.act(|tx, station| counting::anew(tx, &station.origin).map(drop));
}
