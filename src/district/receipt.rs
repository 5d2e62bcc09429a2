//! A member brings a receipt: does the district's copy of the log hold what the station signed for?
//!
//! Three answers. It does. It does not, and the receipt proves it: the station's own signature stands under another log.
//! Or the copy does not reach that far yet: then the receipt is kept, and the next pull decides.

use super::alert::Alert;
use super::rows::{self};
use super::{District, DistrictError, StationRow, alarms};
use crate::ledger::Leaf;
use crate::ledger::note::Checkpoint;
use crate::ledger::receipt::{Receipt, ReceiptError};
use crate::ledger::tree::{Frontier, Hash, leaf_hash};
use crate::store::{Sql, StoreError, count, params, sql};
use crate::types::Origin;

/// What a receipt shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// The district's copy holds this leaf under the same log.
    Included,
    /// The district's copy lacks it: the station signed two logs.
    Omitted,
    /// The copy is not that long yet; so many leaves are kept.
    NotPulled(u64),
}

/// A receipt that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// Which station signed it.
    pub station: Origin,
    /// The leaf's place.
    pub index: u64,
    /// Leaves that its checkpoint speaks of.
    pub size: u64,
    /// What was recorded.
    pub leaf: Option<Leaf>,
    /// What it shows.
    pub shown: Shown,
}

impl District {
    /// Looks at a receipt: its text, or the address that a QR code holds.
    pub fn receipt(&self, text: &str) -> Result<Looked, DistrictError> {
        let text = text.trim();
        let text = text.rsplit_once("r=").map_or(text, |(_, text)| text);
        let receipt = Receipt::read(text)?;
        let (station, leaf, point) = self.whose(&receipt)?;
        let name = station.origin.clone();
        let (index, size) = (receipt.index, point.size);
        let bytes = receipt.leaf.clone();
        let shown = self
            .store
            .read_blocking::<_, StoreError, _>(|conn| look(conn, &station, &receipt, &point))?;
        if shown != Shown::Included {
            let (owner, kept) = (
                name.clone(),
                Kept {
                    index,
                    size,
                    leaf: bytes,
                },
            );
            let (text, now, is_proof) = (text.to_owned(), self.now_s(), shown == Shown::Omitted);
            let act = move |tx: &dyn Sql| {
                keep(tx, &owner, &kept, &text)?;
                if is_proof {
                    alarms::raise(tx, &owner, now, &Alert::Omitted { index, size })?;
                }
                Ok::<_, StoreError>(())
            };
            self.store.write_blocking(act)??;
        }
        Ok(Looked {
            station: name,
            index,
            size,
            leaf,
            shown,
        })
    }

    /// The station whose name the checkpoint bears, if its pinned key made it.
    fn whose(&self, receipt: &Receipt) -> Result<(StationRow, Option<Leaf>, Checkpoint), DistrictError> {
        let named = receipt.checkpoint.lines().next().unwrap_or_default();
        let station = self.stations()?.into_iter().find(|row| row.origin.as_str() == named);
        let station = station.ok_or_else(|| DistrictError::Unknown(named.chars().take(120).collect()))?;
        let (leaf, point) = receipt.check(&station.origin, &station.key)?;
        Ok((station, leaf, point))
    }
}

fn look(conn: &dyn Sql, station: &StationRow, receipt: &Receipt, point: &Checkpoint) -> Result<Shown, StoreError> {
    if receipt.index < station.size {
        let kept = rows::leaf(conn, &station.origin, receipt.index)?;
        if kept.as_ref() != Some(&receipt.leaf) {
            return Ok(Shown::Omitted);
        }
    }
    if point.size > station.size {
        return Ok(Shown::NotPulled(station.size));
    }
    let mut edge = Frontier::default();
    for bytes in rows::leaves(conn, &station.origin, 0, point.size)? {
        let Ok(()) = edge.push::<std::convert::Infallible>(leaf_hash(&bytes), |_, _, _| Ok(()));
    }
    let same = edge.size() == point.size && edge.root() == point.root;
    Ok(if same { Shown::Included } else { Shown::Omitted })
}

impl From<ReceiptError> for DistrictError {
    fn from(error: ReceiptError) -> Self {
        Self::Receipt(error)
    }
}

/// A receipt that waits for a pull to decide about it.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) index: u64,
    pub(super) size: u64,
    pub(super) leaf: Vec<u8>,
}

/// A kept receipt, and the root under which its station signed it; `None` if its text cannot be read any more.
pub(super) struct Waiting {
    pub(super) kept: Kept,
    pub(super) root: Option<Hash>,
}

fn keep(conn: &dyn Sql, station: &Origin, kept: &Kept, text: &str) -> Result<(), StoreError> {
    conn.execute(
        "INSERT INTO receipt (station, idx, size, leaf, text) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (station, idx, size) DO UPDATE SET leaf = excluded.leaf, text = excluded.text",
        params![station.as_str(), sql(kept.index), sql(kept.size), kept.leaf, text],
    )
    .map(drop)
}

/// The receipts that were kept of a station, the shortest logs first.
pub(super) fn receipts(conn: &dyn Sql, station: &StationRow) -> Result<Vec<Waiting>, StoreError> {
    let query = "SELECT idx, size, leaf, text FROM receipt WHERE station = ?1 ORDER BY size, idx";
    let root = |text: &str| {
        let (_, point) = Receipt::read(text).ok()?.check(&station.origin, &station.key).ok()?;
        Some(point.root)
    };
    conn.query_map(query, [station.origin.as_str()], |row| {
        let kept = Kept {
            index: count(row.get(0)?),
            size: count(row.get(1)?),
            leaf: row.get(2)?,
        };
        Ok(Waiting {
            kept,
            root: root(row.text(3)?),
        })
    })
}
