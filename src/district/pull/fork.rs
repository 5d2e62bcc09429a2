//! A log that is no continuation of what was cosigned: both versions are kept, and the first leaf that differs is named.

use std::ops::Range;

use super::{Alert, District, DistrictError, Pulled, Source, StationRow, alarmed, forks, rows};
use crate::ledger::tiles::{TileName, WIDTH};
use crate::store::{Sql, Urgency};

/// So many other versions of one station's log are kept whole; of more, only the checkpoints.
const FORKS: u32 = 3;
/// A version is kept up to so many leaves: some years of a village.
const FORK_LEAVES: u64 = 200_000;

/// The log is not a continuation of what was cosigned: both versions are kept, and the first leaf that differs is named.
pub(super) async fn forked(
    district: &District,
    station: &StationRow,
    source: &mut impl Source,
    text: &str,
    offered: Range<u64>,
) -> Result<Pulled, DistrictError> {
    let (known, size) = (offered.start, offered.end);
    let first = first_divergent(district, station, source, offered).await?;
    keep_fork(district, station, source, text, first.unwrap_or(known)..size).await?;
    let mut forked = alarmed(district, station, text, size, Alert::Fork { first }).await?;
    forked.frozen_at = Some(station.frozen_at.unwrap_or(known));
    Ok(forked)
}

/// Both versions are evidence: the other one is kept from where it parts, and the station's credit is frozen at what was
/// cosigned last.
async fn keep_fork(
    district: &District,
    station: &StationRow,
    source: &mut impl Source,
    text: &str,
    Range {
        start: first,
        end: size,
    }: Range<u64>,
) -> Result<(), DistrictError> {
    let (name, known, now, note) = (station.origin.clone(), station.size, district.now_s(), text.to_owned());
    let act = move |tx: &dyn Sql| {
        forks::freeze(tx, &name, known)?;
        forks::begin(tx, &name, FORKS, (now, size, first, &note))
    };
    let Some(number) = district.store.write(Urgency::Now, act).await?? else {
        return Ok(());
    };
    for bundle in TileName::covering(first, size.min(first.saturating_add(FORK_LEAVES))) {
        // What cannot be had again is no loss of proof: the signed checkpoint alone shows that there are two.
        let Ok(leaves) = source.bundle(bundle).await else { break };
        let from = bundle.index * WIDTH;
        let name = station.origin.clone();
        let act = move |tx: &dyn Sql| {
            let skip = usize::try_from(first.saturating_sub(from)).unwrap_or(0);
            forks::keep_leaves(
                tx,
                &name,
                number,
                from.max(first),
                leaves.get(skip..).unwrap_or_default(),
            )
        };
        district.store.write(Urgency::Now, act).await??;
    }
    Ok(())
}

/// Compares what the station offers now with what is kept, from the first leaf on.
async fn first_divergent(
    district: &District,
    station: &StationRow,
    source: &mut impl Source,
    Range {
        start: known,
        end: offered,
    }: Range<u64>,
) -> Result<Option<u64>, DistrictError> {
    // The bundles as they are now: a stick holds no others.
    for bundle in TileName::covering(0, offered) {
        let Ok(offered) = source.bundle(bundle).await else {
            return Ok(None);
        };
        for (index, bytes) in (bundle.index * WIDTH..).zip(offered) {
            if index >= known {
                return Ok(Some(known));
            }
            let name = station.origin.clone();
            let kept = district.store.read(move |conn| rows::leaf(conn, &name, index)).await?;
            if kept.as_ref() != Some(&bytes) {
                return Ok(Some(index));
            }
        }
    }
    Ok(Some(known))
}
