//! One pull of one station: fetch, verify, keep, cosign, compare.

mod fork;
mod portion;

use fork::forked;
use portion::fetch;

use super::alert::{Alert, index_of};
use super::counting::Counted;
use super::edge::{self, Grown};
use super::receipt::Waiting;
use super::rows::{self, StationRow};
use super::source::Source;
use super::{
    District, DistrictError, alarms, counting, down, elsewhere, epoch, fetched, figures, forks, receipt, recounts,
};
use crate::exchange::CosignIn;
use crate::ledger::epoch::Epoch;
use crate::ledger::note::{self, NoteError};
use crate::ledger::{Checkpoint, Leaf, What};
use crate::report::{Recount, RoomFacts};
use crate::store::{Sql, StoreError, Urgency};
use crate::types::{Grade, Origin};

/// What a pull brought.
#[derive(Debug, Default)]
pub struct Pulled {
    /// Leaves that are kept now.
    pub size: u64,
    /// How many of them are new.
    pub new: u64,
    /// What a person must look at.
    pub alerts: Vec<Alert>,
    /// The cosignature to bring back: of what was believed now, or one of an earlier pull that got lost on its way.
    pub cosigned: Option<CosignIn>,
    /// After a fork: credit from this leaf on waits until a person has settled it.
    pub frozen_at: Option<u64>,
}

impl Pulled {
    /// Whether something about the log itself does not fit: such a station gets nothing until a person has looked at it.
    pub(super) fn is_in_doubt(&self) -> bool {
        let is_of_the_log = |alert: &Alert| !matches!(alert, Alert::Count(_) | Alert::TwoPlaces { .. });
        self.alerts.iter().any(is_of_the_log)
    }
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
    if let Some(bytes) = fetch(district, station, source, point.size).await? {
        return alarmed(district, station, &text, point.size, Alert::Flood { bytes }).await;
    }
    let (row, ours) = (station.clone(), district.origin.clone());
    let read = move |conn: &dyn Sql| edge::grown(conn, &row, point.size, |bytes| our_own_echo(bytes, &ours));
    let Some(grown) = district.store.read(read).await? else {
        // Another pull of the same station was faster; what it brought is as good.
        return Ok(Pulled {
            size: known,
            ..Pulled::default()
        });
    };
    if grown.edge.root() != point.root {
        return forked(district, station, source, &text, known..point.size).await;
    }
    if known == 0 && !begins_as_signed(district, station).await? {
        return alarmed(district, station, &text, point.size, Alert::NotThisEpoch).await;
    }
    let omitted = omitted(district, station, point.size).await?;
    let mut pulled = if point.size > known {
        believe(district, station, &point, &text, grown).await?
    } else {
        unchanged(district, station).await?
    };
    if !omitted.is_empty() {
        let (name, now, told) = (station.origin.clone(), district.now_s(), omitted.clone());
        let act = move |tx: &dyn Sql| {
            let mut told = told.iter();
            told.try_for_each(|alert| alarms::raise(tx, &name, now, alert).map(drop))
        };
        district.store.write(Urgency::Now, act).await??;
        pulled.alerts.extend(omitted);
    }
    pulled.frozen_at = station.frozen_at;
    Ok(pulled)
}

/// Nothing is new, and nothing has to be written. A cosignature that got lost on its way is brought again.
async fn unchanged(district: &District, station: &StationRow) -> Result<Pulled, DistrictError> {
    let row = station.clone();
    let cosigned = district.store.read(move |conn| edge::owed(conn, &row)).await?;
    Ok(Pulled {
        size: station.size,
        cosigned,
        ..Pulled::default()
    })
}

/// Whether the log of a new epoch begins with what this district signed. Any log of a first epoch does.
async fn begins_as_signed(district: &District, station: &StationRow) -> Result<bool, DistrictError> {
    let name = station.origin.clone();
    let read =
        move |conn: &dyn Sql| Ok::<_, StoreError>((epoch::statement_of(conn, &name)?, fetched::leaf(conn, &name, 0)?));
    let (Some(signed), first) = district.store.read(read).await? else {
        return Ok(true);
    };
    let leaf = first.and_then(|bytes| Leaf::read(&bytes));
    let Some(What::Genesis { after: Some(past), .. }) = leaf.map(|leaf| leaf.is) else {
        return Ok(false);
    };
    let expected = Epoch::open(&signed).map(|epoch| epoch.past(&signed, past.carried));
    Ok(expected.is_ok_and(|expected| expected == past))
}

/// The receipts that members brought and that this log, `size` leaves long, does not honour: the leaf is another, or the log
/// is shorter than the station signed, or, looked at when the log comes to that length, the leaves before are others.
async fn omitted(district: &District, station: &StationRow, size: u64) -> Result<Vec<Alert>, DistrictError> {
    let station = station.clone();
    let read = move |conn: &dyn Sql| {
        let (name, known) = (&station.origin, station.size);
        let waiting = receipt::receipts(conn, &station)?;
        let lengths = waiting.iter().map(|one| one.kept.size);
        let roots = edge::roots_at(
            conn,
            &station,
            lengths.filter(|length| (known + 1..=size).contains(length)),
        )?;
        let mut alerts = Vec::new();
        for Waiting { kept, root } in waiting {
            let there = match kept.index.checked_sub(known) {
                None => rows::leaf(conn, name, kept.index)?,
                Some(_) => fetched::leaf(conn, name, kept.index)?,
            };
            let is_other = roots
                .get(&kept.size)
                .is_some_and(|there| root.is_some_and(|root| root != *there));
            if is_other || size < kept.size || there.is_none_or(|leaf| leaf != kept.leaf) {
                alerts.push(Alert::Omitted {
                    index: kept.index,
                    size: kept.size,
                });
            }
        }
        Ok::<_, StoreError>(alerts)
    };
    Ok(district.store.read(read).await?)
}

/// A leaf that only says that we cosigned, and how many leaves: cosigning it again would make the log grow with every pull,
/// for ever.
fn our_own_echo(bytes: &[u8], district: &Origin) -> Option<u64> {
    match Leaf::read(bytes)?.is {
        What::CheckpointSeen {
            district: seen, size, ..
        } if seen == *district => Some(size),
        _ => None,
    }
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
    let act = move |tx: &dyn Sql| {
        rows::keep_note(tx, &name, size, &text, None)?;
        alarms::raise(tx, &name, now, &kept)?;
        fetched::forget(tx, &name)
    };
    district.store.write(Urgency::Now, act).await??;
    Ok(Pulled {
        size: station.size,
        alerts: vec![alert],
        ..Pulled::default()
    })
}

async fn believe(
    district: &District,
    station: &StationRow,
    point: &Checkpoint,
    text: &str,
    grown: Grown,
) -> Result<Pulled, DistrictError> {
    let (now, is_quiet) = (district.now_s(), grown.is_quiet);
    let line = note::cosign(point, &district.origin, &district.keys, now);
    let (row, text, kept_line) = (station.clone(), text.to_owned(), line.clone());
    let act = move |tx: &dyn Sql| take_in(tx, &row, &grown, &text, &kept_line, now);
    // Durable first: only then is the cosignature handed out.
    Ok(match district.store.write(Urgency::Now, act).await?? {
        None => Pulled {
            size: station.size,
            ..Pulled::default()
        },
        Some(alerts) => Pulled {
            size: point.size,
            new: point.size - station.size,
            alerts,
            cosigned: (!is_quiet).then_some(CosignIn { size: point.size, line }),
            frozen_at: None,
        },
    })
}

/// Believes, counts, and writes down what does not fit. `None`: another pull of the same station was faster.
pub(super) fn take_in(
    tx: &dyn Sql,
    station: &StationRow,
    grown: &Grown,
    text: &str,
    cosignature: &str,
    now_s: u64,
) -> Result<Option<Vec<Alert>>, StoreError> {
    let (name, known) = (&station.origin, station.size);
    if !edge::believe(tx, station, grown, text, cosignature)? {
        return Ok(None);
    }
    // A frozen station's figures stay where it was frozen.
    let counted = match station.frozen_at {
        Some(_) => recounts::recount_whole(tx, station)?,
        None => match counting::go_on(tx, station)? {
            Counted::On(counted) => {
                figures::keep(tx, name, &counted)?;
                counted
            }
            Counted::Whole(counted) => {
                figures::keep_whole(tx, name, &counted)?;
                counted
            }
        },
    };
    down::learn_from_leaves(tx, name, known, grown.edge.size(), now_s)?;
    let fresh = counted.anomalies.iter().filter(|a| index_of(a) >= known);
    let mut alerts: Vec<Alert> = fresh.cloned().map(Alert::Count).collect();
    alerts.extend(all_ticked(&counted, known));
    for alert in &alerts {
        alarms::raise(tx, name, now_s, alert)?;
    }
    alerts.extend(elsewhere::found(tx, name, &counted, now_s)?);
    Ok(Some(alerts))
}

/// Fewer people than this may well have left their phones at home.
const A_CROWD: usize = 3;

/// Screenings that ended after leaf `known` and whose people were all ticked.
fn all_ticked(counted: &Recount, known: u64) -> Vec<Alert> {
    let suspicious = counted.rooms().filter(|room| {
        room.ended_index.is_some_and(|index| index >= known)
            && room.came.len() >= A_CROWD
            && room.came.values().all(|grade| *grade == Grade::C)
    });
    let alert = |room: &RoomFacts| Alert::AllTicked {
        screening: room.screening,
        people: room.came.len(),
    };
    suspicious.map(alert).collect()
}
