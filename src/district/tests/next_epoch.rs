//! A new epoch goes on from what the log before it came to.

use super::log::{GROUP, OF_A_FILM, Village};
use super::{Books, at};
use crate::district::rows::{self, StationRow};
use crate::district::{counting, recounts};
use crate::ledger::{Leaf, Past, What};
use crate::report::Recount;
use crate::store::{Sql, StoreError};
use crate::types::Origin;

/// The district signs another epoch of its station.
fn begins_anew(books: &mut Books) -> Origin {
    let old = books.station.origin.clone();
    let next = Origin::new("station/17~2").unwrap();
    let (before, after) = (old.clone(), next.clone());
    books.act(move |tx, station| {
        rows::pin(
            tx,
            &StationRow {
                origin: after.clone(),
                ..station.clone()
            },
        )?;
        let link = "UPDATE station SET after = ?2 WHERE origin = ?1";
        tx.execute(link, [after.as_str(), before.as_str()])
    });
    (books.station.origin, books.station.size) = (next, 0);
    old
}

/// What is put down of a count.
fn put_down(tx: &dyn Sql, station: &Origin) -> Result<Vec<(String, String, String)>, StoreError> {
    let query = "SELECT kind, name, text FROM part WHERE station = ?1";
    let mut all = tx.query_map(query, [station.as_str()], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })?;
    all.sort();
    Ok(all)
}

#[test]
fn the_first_pull_of_a_new_epoch_reads_no_leaf_of_the_log_before() {
    let mut books = Books::new();
    let all = usize::try_from(2 + 61 * OF_A_FILM).unwrap();
    let village: Vec<_> = Village::of_a_year(17, 80 * OF_A_FILM).leaves().take(all).collect();
    let film = |n: u64| {
        let from = usize::try_from(2 + n * OF_A_FILM).unwrap();
        village[from..from + usize::try_from(OF_A_FILM).unwrap()].to_vec()
    };
    books.take_in(village[..usize::try_from(2 + 60 * OF_A_FILM).unwrap()].to_vec());
    let old = begins_anew(&mut books);
    let genesis = Leaf {
        v: 1,
        at: at(0),
        is: What::Genesis {
            origin: books.station.origin.clone(),
            key: "00".repeat(32),
            after: Some(Past {
                origin: old.clone(),
                size: 2 + 60 * OF_A_FILM,
                root: String::new(),
                district: Origin::new("district/1").unwrap(),
                statement: String::new(),
                carried: true,
            }),
        },
    };
    // A film that is new, and one that the members have already: that is the old log's word.
    let (found, read) = books.pull([vec![genesis.to_bytes()], film(60), film(0)].concat());
    assert!(found.len() as u64 >= GROUP, "{found:?}");
    let (leaves, parts) = (2 + 60 * OF_A_FILM, 60 * GROUP);
    assert!(
        read < parts + 12 * OF_A_FILM && read < leaves / 2,
        "{read} rows, of {leaves} leaves"
    );
    let (before, expected) = (old.clone(), books.station.origin.clone());
    let (kept, expected) = books.act(move |tx, _| {
        let start = Recount::after(&recounts::recount(tx, &before)?);
        let (whole, _) = recounts::leaves_from(tx, &expected, start)?;
        let parts = whole.parts().into_iter();
        let mut parts: Vec<_> = parts
            .map(|(key, text)| (key.kind().to_owned(), key.name(), text))
            .collect();
        parts.sort();
        Ok((put_down(tx, &expected)?, parts))
    });
    assert_eq!(kept, expected);
    // Parts that are not those of the leaves are nothing to go on from.
    let station = books.station.origin.clone();
    for spoil in [
        "DELETE FROM part WHERE station = 'station/17' AND kind = 'thread'",
        "UPDATE part SET text = '{' WHERE station = 'station/17'",
    ] {
        let name = station.clone();
        let again = books.act(move |tx, _| {
            tx.execute(spoil, [])?;
            counting::anew(tx, &name)?;
            put_down(tx, &name)
        });
        assert_eq!(again, kept, "{spoil}");
        books.act(move |tx, _| counting::anew(tx, &Origin::new("station/17").unwrap()).map(drop));
    }
}
