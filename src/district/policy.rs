//! Policies that this district signs, and who has them already.

use super::{District, DistrictError};
use crate::clock::{Clock, day_named, day_of};
use crate::credit::{Policies, Policy};
use crate::ledger::decree::{DECREE_LIMIT, Decree};
use crate::store::{Sql, StoreError, Urgency, params, sql};
use crate::types::Origin;

/// A policy that was signed here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Its number.
    pub serial: u64,
    /// Its name.
    pub name: String,
    /// The first day on which it holds.
    pub from: String,
    /// The file for stations.
    pub file: String,
}

impl District {
    /// Signs a policy that holds from a day on; without one, from today. It goes to every station with the next pull.
    pub fn sign_policy(&self, text: &str, from: Option<&str>) -> Result<Signed, DistrictError> {
        // The file may pass through a Windows editor on its way; what is signed has one kind of line ends.
        let text = text.replace("\r\n", "\n");
        let policy = Policy::parse(&text).map_err(|why| DistrictError::Policy(why.to_string()))?;
        let now = self.clock.now();
        let today = crate::clock::local_date(now.wall_ms).map_or_else(String::new, |date| date.to_string());
        let from = from.map_or(today, |day| day.trim().to_owned());
        if day_named(&from).is_none() {
            return Err(DistrictError::Policy(format!(
                "{from:?} is no day; it should look like 2027-01-01"
            )));
        }
        let newest = self.signed_policies()?.last().map_or(0, |signed| signed.serial);
        let decree = Decree {
            district: (*self.origin).clone(),
            serial: self.now_s().max(newest + 1),
            from: from.clone(),
            toml: text,
        };
        let (file, _) = decree.signed(&self.keys);
        if file.len() > DECREE_LIMIT {
            return Err(DistrictError::Policy(format!(
                "the policy is longer than {} KB",
                DECREE_LIMIT / 1024
            )));
        }
        let signed = Signed {
            serial: decree.serial,
            name: policy.name,
            from,
            file,
        };
        let kept = signed.clone();
        let act = move |tx: &dyn Sql| insert(tx, &kept);
        self.store.write_blocking(act)??;
        Ok(signed)
    }

    /// All of them, in the order of signing.
    pub fn signed_policies(&self) -> Result<Vec<Signed>, DistrictError> {
        Ok(self.store.read_blocking::<_, StoreError, _>(|conn| all(conn))?)
    }

    /// What figures are made by: the policies that were signed here, over `otherwise` for the time before the first.
    pub fn policies(&self, otherwise: Policy) -> Result<Policies, DistrictError> {
        let signed = self.signed_policies()?;
        let mut policies = Policies::always(otherwise);
        for one in &signed {
            let opened = Decree::open(&one.file, |_| Some(self.keys.public()));
            let (decree, _) = opened.map_err(|why| DistrictError::Policy(why.to_string()))?;
            let policy = Policy::parse(&decree.toml).map_err(|why| DistrictError::Policy(why.to_string()))?;
            policies = policies.and_from(decree.first_day().unwrap_or(i64::MIN), policy);
        }
        Ok(policies)
    }

    /// What a station does not have yet, in the order of signing.
    pub(super) async fn policies_for(&self, station: &Origin) -> Result<Vec<Signed>, DistrictError> {
        let name = station.clone();
        let read = move |conn: &dyn Sql| Ok::<_, StoreError>((all(conn)?, taken(conn, &name)?));
        let (mut signed, taken) = self.store.read(read).await?;
        signed.retain(|one| one.serial > taken);
        Ok(signed)
    }

    /// A station has taken the policies up to this number.
    pub(super) async fn note_taken(&self, station: &Origin, serial: u64) -> Result<(), DistrictError> {
        let name = station.clone();
        let act = move |tx: &dyn Sql| {
            tx.execute(
                "INSERT INTO policy_taken (station, serial) VALUES (?1, ?2)
                 ON CONFLICT (station) DO UPDATE SET serial = excluded.serial",
                params![name.as_str(), sql(serial)],
            )
            .map(drop)
        };
        Ok(self.store.write(Urgency::Now, act).await??)
    }

    /// Today, as days since 1970.
    pub fn today(&self) -> i64 {
        day_of(self.clock.now().wall_ms)
    }
}

fn insert(conn: &dyn Sql, signed: &Signed) -> Result<(), StoreError> {
    conn.execute(
        "INSERT INTO policy (serial, name, first_day, file) VALUES (?1, ?2, ?3, ?4)",
        params![sql(signed.serial), signed.name, signed.from, signed.file],
    )
    .map(drop)
}

fn all(conn: &dyn Sql) -> Result<Vec<Signed>, StoreError> {
    conn.query_map(
        "SELECT serial, name, first_day, file FROM policy ORDER BY serial",
        [],
        |row| {
            Ok(Signed {
                serial: u64::try_from(row.get::<i64>(0)?).unwrap_or(0),
                name: row.get(1)?,
                from: row.get(2)?,
                file: row.get(3)?,
            })
        },
    )
}

fn taken(conn: &dyn Sql, station: &Origin) -> Result<u64, StoreError> {
    let serial: Option<i64> = conn.query_row(
        "SELECT max(serial) FROM policy_taken WHERE station = ?1",
        [station.as_str()],
        |row| row.get(0),
    )?;
    Ok(serial.and_then(|n| u64::try_from(n).ok()).unwrap_or(0))
}
