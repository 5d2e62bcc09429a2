//! One member at two stations at once (row 52): found when the second of them is pulled.
//!
//! A pull has in hand the stays of whomever its leaves speak of. Only for those the stays at other stations are looked up,
//! by member and month, so it costs what is new. Each time together is told once, however often the logs are pulled.

use super::alert::Alert;
use super::{alarms, counting, watch};
use crate::report::{Key, Recount, places};
use crate::store::{Sql, StoreError};
use crate::types::Origin;

/// What nobody knew of yet, written down for this station.
pub(super) fn found(conn: &dyn Sql, station: &Origin, counted: &Recount, now_s: u64) -> Result<Vec<Alert>, StoreError> {
    let stays = counted.stays.iter().filter(|(_, stays)| !stays.is_empty());
    let keys: Vec<Key> = stays
        .map(|((member, month), _)| Key::Stays(*month, member.clone()))
        .collect();
    let elsewhere = counting::stays_of(conn, &keys)?;
    let mut told = Vec::new();
    for ((member, month), ours) in &counted.stays {
        let Some(all) = elsewhere.get(&Key::Stays(*month, member.clone()).name()) else {
            continue;
        };
        let others: Vec<_> = all.iter().filter(|(name, _)| name != station.as_str()).collect();
        let mut stays = vec![(0, ours.clone())];
        stays.extend(others.iter().zip(1..).map(|((_, theirs), at)| (at, theirs.clone())));
        for one in places::at_once_of(member, &stays) {
            if !one.stations.contains(&0) {
                continue;
            }
            let origins = one.stations.iter().filter_map(|at| others.get(at.checked_sub(1)?));
            let origins: Vec<&str> = origins.map(|(origin, _)| origin.as_str()).collect();
            let names = origins
                .iter()
                .map(|name| called(conn, name))
                .collect::<Result<Vec<_>, _>>()?;
            let alert = Alert::TwoPlaces {
                member: member.clone(),
                origins: origins.join(", "),
                others: names.join("、"),
                from_ms: one.from_ms,
                to_ms: one.to_ms,
            };
            if alarms::raise_once(conn, station, now_s, &alert)? {
                told.push(alert);
            }
        }
    }
    Ok(told)
}

/// What people call a station.
fn called(conn: &dyn Sql, name: &str) -> Result<String, StoreError> {
    let Ok(origin) = Origin::new(name) else {
        return Ok(name.to_owned());
    };
    let known = watch::one(conn, &origin)?;
    Ok(known.map_or_else(|| name.to_owned(), |known| known.name))
}
