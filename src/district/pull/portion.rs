//! Fetching what is missing: in portions, each durable before more is asked for.

use super::{District, DistrictError, Source, StationRow, fetched};
use crate::clock::monotonic;
use crate::ledger::tiles::{TileName, WIDTH};
use crate::store::{Sql, Urgency};
use crate::types::Millis;

/// What is fetched and not yet believed, of one station: years of a busy village. A station that offers more makes it up.
const UNPROVEN: u64 = 256 << 20;
/// What is fetched becomes durable in portions of this size …
const PORTION: u64 = 1 << 20;
/// … or after this time, so that a slow line loses no more than that by a power cut.
const PORTION_WITHIN: Millis = Millis(250);

/// Leaves on their way to the disk.
struct Portion {
    from: u64,
    leaves: Vec<Vec<u8>>,
    bytes: u64,
    since: Millis,
}

impl Portion {
    fn begin(from: u64) -> Self {
        Self {
            from,
            leaves: Vec::new(),
            bytes: 0,
            since: monotonic(),
        }
    }

    fn is_due(&self) -> bool {
        self.bytes >= PORTION || monotonic().minus(self.since) >= PORTION_WITHIN
    }

    /// Makes it durable, and begins the next one.
    async fn keep(&mut self, district: &District, station: &StationRow) -> Result<(), DistrictError> {
        let next = Self::begin(self.from + self.leaves.len() as u64);
        let Self { from, leaves, .. } = std::mem::replace(self, next);
        if leaves.is_empty() {
            return Ok(());
        }
        let name = station.origin.clone();
        let act = move |tx: &dyn Sql| fetched::keep(tx, &name, from, &leaves);
        Ok(district.store.write(Urgency::Now, act).await??)
    }
}

/// Fetches the bundles that are missing; each portion is durable before more is asked for, also the one that the line broke
/// in. `Some` if it became too much, with how much it was.
pub(super) async fn fetch(
    district: &District,
    station: &StationRow,
    source: &mut impl Source,
    size: u64,
) -> Result<Option<u64>, DistrictError> {
    let name = station.origin.clone();
    let known = station.size;
    let read = move |conn: &dyn Sql| fetched::so_far(conn, &name, known);
    let (fetched, mut bytes) = district.store.read(read).await?;
    let have = known + fetched;
    let mut portion = Portion::begin(have);
    for bundle in TileName::covering(have, size) {
        let leaves = match source.bundle(bundle).await {
            Ok(leaves) => leaves,
            Err(error) => {
                portion.keep(district, station).await?;
                return Err(error);
            }
        };
        let skip = usize::try_from(have.saturating_sub(bundle.index * WIDTH)).unwrap_or(0);
        let leaves: Vec<Vec<u8>> = leaves.into_iter().skip(skip).collect();
        let more = leaves.iter().map(|leaf| leaf.len() as u64).sum::<u64>();
        (bytes, portion.bytes) = (bytes + more, portion.bytes + more);
        if bytes > UNPROVEN {
            return Ok(Some(bytes));
        }
        portion.leaves.extend(leaves);
        if portion.is_due() {
            portion.keep(district, station).await?;
        }
    }
    portion.keep(district, station).await?;
    Ok(None)
}
