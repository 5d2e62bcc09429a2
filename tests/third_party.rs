//! What a running station hands out satisfies code that is not ours: `signed_note` opens its checkpoints, `tlog_tiles`
//! reads its tiles and makes, byte for byte, the same proofs, and `rqrr` reads the code of a receipt.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

#[path = "common/code.rs"]
mod code;
mod common;

use common::Station;
use tempfile::TempDir;
use tlog_tiles::{Hash, HashReader, Tile, TileHashReader, TileReader};
use yuanjiao::app::Base;
use yuanjiao::ledger::tiles::{self, TileName};
use yuanjiao::ledger::{self, Checkpoint};
use yuanjiao::store::StoreError;
use yuanjiao::{clock, exchange};

/// The tiles as the station serves them under `/log/tile/`.
struct Served(Base);

impl TileReader for Served {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::tlog::Error> {
        let one = |tile: &Tile| {
            let name = TileName {
                index: tile.level_index(),
                width: tile.width().into(),
            };
            let level = tile.level();
            read(&self.0, move |conn| tiles::hashes(conn, level, name)).unwrap()
        };
        Ok(tiles.iter().map(one).collect())
    }

    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}

async fn grown(leaves: u64) -> (Station, TempDir) {
    let station = Station::start().await;
    let base = station.base();
    while base.ledger.store().read_blocking(ledger::size).unwrap() < leaves {
        let (ledger, now) = (base.ledger.clone(), clock::Clock::now(&*base.clock));
        let stop = ledger::What::Stop {};
        base.ledger
            .store()
            .write_blocking(move |tx| ledger.append(tx, now, stop))
            .unwrap()
            .unwrap();
    }
    let folder = TempDir::new().unwrap();
    exchange::export(&base.ledger, folder.path()).unwrap();
    (station, folder)
}

#[tokio::test(flavor = "multi_thread")]
async fn proofs_of_a_running_station_are_those_of_tlog_tiles_to_the_byte() {
    let (station, folder) = grown(300).await;
    let base = station.base();
    let note = std::fs::read_to_string(folder.path().join("checkpoint")).unwrap();
    let point = Checkpoint::open(&note, base.ledger.origin(), &base.keys.public()).unwrap();
    let served = Served(station.base());
    let theirs = TileHashReader::new(point.size, Hash(point.root), &served);
    assert_eq!(tlog_tiles::tree_hash(point.size, &theirs).unwrap().0, point.root);
    let leaves: Vec<Vec<u8>> = read(&base, move |conn| ledger::leaves(conn, 0, point.size));
    for index in 0..point.size {
        let expected = tlog_tiles::prove_record(point.size, index, &theirs).unwrap();
        let ours = read(&base, move |conn| ledger::prove_inclusion(conn, index, point.size));
        assert_eq!(
            ours,
            expected.iter().map(|hash| hash.0).collect::<Vec<_>>(),
            "leaf {index}"
        );
        let leaf = tlog_tiles::record_hash(&leaves[usize::try_from(index).unwrap()]);
        tlog_tiles::check_record(&expected, point.size, Hash(point.root), index, leaf).unwrap();
    }
    for older in [1, 2, 3, 64, 255, 256, 257, point.size] {
        let root = read(&base, move |conn| ledger::root_at(conn, older));
        let proof = tlog_tiles::prove_tree(point.size, older, &theirs).unwrap();
        tlog_tiles::check_tree(&proof, point.size, Hash(point.root), older, Hash(root)).unwrap();
    }
    assert!(theirs.read_hashes(&[0]).is_ok());
}

fn read<T>(base: &Base, act: impl FnOnce(&rusqlite::Connection) -> Result<T, StoreError>) -> T {
    base.ledger.store().read_blocking(act).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_gets_a_receipt_that_anybody_can_check_and_nobody_elses() {
    let station = Station::start().await;
    let cookie = station.sign_in().await;
    let (id, _) = station.film().await;
    let opened = station
        .json("/api/sessions", &cookie, &format!(r#"{{"item":"{id}"}}"#))
        .await
        .json();
    let with_cookie = format!("Cookie: {cookie}\r\n");
    station.get(opened["media"].as_str().unwrap(), &with_cookie).await;
    let session = opened["session"].as_str().unwrap();
    let beat = r#"{"n":1,"segments":[[0,1000]],"state":"paused"}"#;
    station.json(&format!("/api/sessions/{session}/beats"), "", beat).await;
    station.json(&format!("/api/sessions/{session}/proof"), "", "{}").await;
    let list = station.get("/me/receipts", &with_cookie).await.text();
    let link = list
        .split("/me/receipts/")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .unwrap();
    let page = station.get(&format!("/me/receipts/{link}"), &with_cookie).await;
    assert_eq!(page.status, 200);
    let page = page.text();
    assert!(page.contains("receipt-holds") && page.contains("<svg"), "{page}");
    let text = page
        .split("cols=\"30\">")
        .nth(1)
        .and_then(|rest| rest.split('<').next())
        .unwrap();
    let receipt = ledger::receipt::Receipt::read(text).unwrap();
    let base = station.base();
    let (leaf, point) = receipt.check(base.ledger.origin(), &base.keys.public()).unwrap();
    assert!(matches!(leaf.unwrap().is, ledger::What::Span { .. }));
    let proof: Vec<Hash> = receipt.proof.iter().map(|hash| Hash(*hash)).collect();
    let hash = tlog_tiles::record_hash(&receipt.leaf);
    tlog_tiles::check_record(&proof, point.size, Hash(point.root), receipt.index, hash).unwrap();

    let address = code::read(&page);
    let shown = address.find("/receipt?r=").unwrap();
    assert_eq!(
        address[shown..],
        format!("/receipt?r={text}"),
        "a phone reads the picture"
    );
    let checked = station.get(&address[shown..], "").await.text();
    assert!(checked.contains("receipt-holds"), "{checked}");
    let halved = station.get(&format!("/receipt?r={}", &text[..400]), "").await;
    assert!(halved.status == 200 && !halved.text().contains("receipt-holds"));
    assert_eq!(
        station.get("/me/receipts/0", &with_cookie).await.status,
        404,
        "a leaf of nobody"
    );
    assert_eq!(
        station.get(&format!("/me/receipts/{link}"), "").await.status,
        303,
        "and not without a sign-in"
    );
}
