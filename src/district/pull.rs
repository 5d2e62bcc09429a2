//! One pull of one station: fetch, verify, keep, cosign, compare.

use std::fmt;
use std::ops::Range;

use super::rows::{self, StationRow};
use super::source::Source;
use super::{District, DistrictError};
use crate::exchange::CosignIn;
use crate::ledger::note::{self, NoteError};
use crate::ledger::tiles::{TileName, WIDTH};
use crate::ledger::tree::{Frontier, leaf_hash};
use crate::ledger::{Checkpoint, Leaf, What};
use crate::report::Anomaly;
use crate::store::{StoreError, Urgency};
use crate::types::Origin;

/// What a person must look at. Both versions of the evidence are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alert {
    /// The checkpoint is not signed by the pinned key, or speaks for another station.
    BadCheckpoint(String),
    /// The log is shorter than it was: something was taken back.
    Rollback {
        /// Leaves that were cosigned.
        known: u64,
        /// Leaves that are offered.
        offered: u64,
    },
    /// The log is not a continuation of what was cosigned; the first leaf that differs, if it could be found.
    Fork {
        /// The first divergent index.
        first: Option<u64>,
    },
    /// The station's own totals are not what its leaves add up to, or cannot be.
    Count(Anomaly),
}

impl fmt::Display for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadCheckpoint(why) => write!(f, "bad signature: {why}"),
            Self::Rollback { known, offered } => write!(f, "ROLLBACK {known}->{offered}"),
            Self::Fork { first: Some(first) } => write!(f, "FORK first divergent index {first}"),
            Self::Fork { first: None } => f.write_str("FORK, the first divergent index could not be found"),
            Self::Count(anomaly) => write!(f, "the count does not fit: {anomaly:?}"),
        }
    }
}

/// What a pull brought.
#[derive(Debug, Default)]
pub struct Pulled {
    /// Leaves that are kept now.
    pub size: u64,
    /// How many of them are new.
    pub new: u64,
    /// What a person must look at.
    pub alerts: Vec<Alert>,
    /// The cosignature to bring back; none if nothing was believed.
    pub cosigned: Option<CosignIn>,
}

/// Pulls from any source of the same bytes.
pub(super) async fn pull(
    district: &District,
    station: &StationRow,
    source: &mut impl Source,
) -> Result<Pulled, DistrictError> {
    let text = source.checkpoint().await?;
    let point = match Checkpoint::open(&text, &station.origin, &station.key) {
        Ok(point) => point,
        Err(why) => return alarmed(district, station, &text, 0, bad(&why)).await,
    };
    let known = station.size;
    if point.size < known {
        let alert = Alert::Rollback {
            known,
            offered: point.size,
        };
        return alarmed(district, station, &text, point.size, alert).await;
    }
    fetch(district, station, source, point.size).await?;
    let name = station.origin.clone();
    let read = move |conn: &_| Ok::<_, StoreError>((rows::edge(conn, &name)?, rows::fetched(conn, &name, known)?));
    let (edge, leaves) = district.store.read(read).await?;
    if edge.size() != known {
        // Another pull of the same station was faster; what it brought is as good.
        return Ok(Pulled {
            size: edge.size(),
            ..Pulled::default()
        });
    }
    let quiet = leaves.iter().all(|bytes| is_our_own_echo(bytes, &district.origin));
    if root_with(edge, &leaves, point.size) != Some(point.root) {
        let first = first_divergent(district, station, source, known..point.size).await?;
        return alarmed(district, station, &text, point.size, Alert::Fork { first }).await;
    }
    believe(district, station, &point, &text, quiet).await
}

/// A leaf that only says that we cosigned: cosigning it again would make the log grow with every pull, for ever.
fn is_our_own_echo(bytes: &[u8], district: &Origin) -> bool {
    let leaf = Leaf::read(bytes).map(|leaf| leaf.is);
    matches!(leaf, Some(What::CheckpointSeen { district: seen, .. }) if seen == *district)
}

fn bad(why: &NoteError) -> Alert {
    Alert::BadCheckpoint(why.to_string())
}

/// Keeps the evidence, forgets what was fetched under it, and believes nothing.
async fn alarmed(
    district: &District,
    station: &StationRow,
    text: &str,
    size: u64,
    alert: Alert,
) -> Result<Pulled, DistrictError> {
    let (name, text, now) = (station.origin.clone(), text.to_owned(), district.now_s());
    let kept = alert.clone();
    let act = move |tx: &crate::store::Tx<'_>| {
        rows::keep_note(tx, &name, size, &text, None)?;
        rows::alert(tx, &name, now, &kept)?;
        rows::drop_fetched(tx, &name)
    };
    district.store.write(Urgency::Now, act).await??;
    Ok(Pulled {
        size: station.size,
        alerts: vec![alert],
        ..Pulled::default()
    })
}

/// Fetches the bundles that are missing; each is durable before the next is asked for.
async fn fetch(
    district: &District,
    station: &StationRow,
    source: &mut impl Source,
    size: u64,
) -> Result<(), DistrictError> {
    let name = station.origin.clone();
    let known = station.size;
    let read = move |conn: &_| Ok::<_, StoreError>(rows::fetched(conn, &name, known)?.len() as u64);
    let have = known + district.store.read(read).await?;
    for bundle in TileName::covering(have, size) {
        let leaves = source.bundle(bundle).await?;
        let from = bundle.index * WIDTH;
        let skip = usize::try_from(have.saturating_sub(from)).unwrap_or(0);
        let (name, leaves) = (
            station.origin.clone(),
            leaves.into_iter().skip(skip).collect::<Vec<_>>(),
        );
        let first = from.max(have);
        let act = move |tx: &crate::store::Tx<'_>| rows::keep_fetched(tx, &name, first, &leaves);
        district.store.write(Urgency::Now, act).await??;
    }
    Ok(())
}

/// The root over what is kept and what was fetched; `None` if that is not `size` leaves.
fn root_with(mut edge: Frontier, leaves: &[Vec<u8>], size: u64) -> Option<crate::ledger::tree::Hash> {
    let more = usize::try_from(size.checked_sub(edge.size())?).ok()?;
    for bytes in leaves.get(..more)? {
        let Ok(()) = edge.push::<std::convert::Infallible>(leaf_hash(bytes), |_, _, _| Ok(()));
    }
    Some(edge.root())
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
            let kept = district
                .store
                .read(move |conn| Ok::<_, StoreError>(rows::leaf(conn, &name, index)?))
                .await?;
            if kept.as_ref() != Some(&bytes) {
                return Ok(Some(index));
            }
        }
    }
    Ok(Some(known))
}

async fn believe(
    district: &District,
    station: &StationRow,
    point: &Checkpoint,
    text: &str,
    quiet: bool,
) -> Result<Pulled, DistrictError> {
    let line = note::cosign(point, &district.origin, &district.keys, district.now_s());
    let (name, text, root, kept_line) = (station.origin.clone(), text.to_owned(), point.root, line.clone());
    let (known, size, now) = (station.size, point.size, district.now_s());
    let act = move |tx: &crate::store::Tx<'_>| {
        if !rows::believe(tx, &name, known, size, &root, &text, &kept_line)? {
            return Ok(None);
        }
        let counted = rows::recount(tx, &name)?;
        let alerts: Vec<Alert> = counted
            .anomalies
            .into_iter()
            .filter(|a| index_of(a) >= known)
            .map(Alert::Count)
            .collect();
        alerts.iter().try_for_each(|alert| rows::alert(tx, &name, now, alert))?;
        Ok::<_, StoreError>(Some(alerts))
    };
    // Durable first: only then is the cosignature handed out.
    Ok(match district.store.write(Urgency::Now, act).await?? {
        None => Pulled {
            size: known,
            ..Pulled::default()
        },
        Some(alerts) => {
            let cosigned = (!quiet).then_some(CosignIn { size, line });
            Pulled {
                size,
                new: size - known,
                alerts,
                cosigned,
            }
        }
    })
}

fn index_of(anomaly: &Anomaly) -> u64 {
    match anomaly {
        Anomaly::TotalDiffers { index, .. }
        | Anomaly::CountedTwice(index)
        | Anomaly::BeyondTheEnd(index)
        | Anomaly::NoSession(index)
        | Anomaly::ClockWentBack(index)
        | Anomaly::FasterThanTime(index)
        | Anomaly::FasterThanTheDistrict(index)
        | Anomaly::NotAttended(index)
        | Anomaly::Restored(index)
        | Anomaly::RollbackSuspected(index)
        | Anomaly::WrongYear(index)
        | Anomaly::Unfit(index) => *index,
    }
}
