//! The other role: a district enrols stations, pulls their logs, checks every byte, keeps them, and counts.
//!
//! The order of a pull is the promise: fetch the checkpoint, check its signature and name; smaller than what we know is a
//! rollback, the same size with another root is a fork; fetch only what is new, recompute the root; *store durably, then
//! cosign*; count again and compare. A station that is broken or hostile costs only itself.

mod accounts;
mod alarms;
mod alert;
mod books;
mod client;
mod counting;
mod days;
pub mod down;
mod drill;
mod edge;
mod elsewhere;
mod epoch;
mod fault;
mod fetched;
mod figures;
mod forks;
mod ladder;
mod lease;
mod photos;
mod policy;
mod pull;
mod receipt;
mod recounts;
mod rows;
mod rulings;
pub mod schedule;
mod source;
#[cfg(test)]
mod tests;
mod visit;
mod watch;
pub mod web;
mod xapi;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use data_encoding::HEXLOWER;
use ed25519_dalek::VerifyingKey;

pub use accounts::{Account, AccountError, Accounts, Audited, Manager, Role, Signer};
pub use alarms::Alarm;
pub use alert::Alert;
pub use books::{Log, Seen};
pub use counting::Lost;
pub use drill::{Found, Wish};
pub use fault::DistrictError;
pub use ladder::{Rung, Severity};
pub use policy::Signed;
pub use pull::Pulled;
pub use receipt::{Looked, Shown};
pub use rows::StationRow;
pub use rulings::{Asked as Ruling, NotRuled, Outcome as Ruled, Undated};
pub use watch::{Fault, Place, Watched};
pub use xapi::XapiError;

use crate::clock::SystemClock;
use crate::exchange::{Enrol, Enrolled, enrol_tag, station_tag};
use crate::keys::{self, Keys};
use crate::report::Recount;
use crate::store::{self, Options, Schema, Shared, Sql, StoreError, Urgency};
use crate::types::{Millis, Origin};
use client::Client;
pub use client::ClientError;
pub use photos::Fetched;

/// What a district needs to be told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Keys, and the database unless it is on a server.
    pub data: PathBuf,
    /// Where the database is.
    pub store: store::Place,
    /// Its name in ledgers; `None` derives one from its key.
    pub origin: Option<Origin>,
    /// Stations at the same time.
    pub concurrent: usize,
    /// Time to connect.
    pub connect: Duration,
    /// Time for one station.
    pub deadline: Duration,
    /// Each station is asked so often.
    pub every: Millis,
    /// A station that was not heard of for so long is silent.
    pub silent_after: Millis,
    /// A clock that is further off is an alert.
    pub clock_off: Millis,
}

impl Settings {
    /// The defaults of `config/district.toml`, in this data folder.
    pub fn in_folder(data: PathBuf) -> Self {
        Self {
            data,
            store: store::Place::File,
            origin: None,
            concurrent: 16,
            connect: Duration::from_secs(10),
            deadline: Duration::from_secs(120),
            every: Millis::secs(3600),
            silent_after: Millis::secs(7 * 86_400),
            clock_off: Millis::secs(120),
        }
    }
}

/// The tables of this room.
const SCHEMAS: [Schema; 8] = [
    rows::SCHEMA,
    accounts::SCHEMA,
    watch::SCHEMA,
    alarms::SCHEMA,
    figures::SCHEMA,
    down::SCHEMA,
    counting::SCHEMA,
    rulings::SCHEMA,
];

/// A handle to the district's own books. Cheap to clone.
#[derive(Debug, Clone)]
pub struct District {
    store: Shared,
    keys: Keys,
    origin: Arc<Origin>,
    settings: Arc<Settings>,
    clock: Arc<SystemClock>,
    accounts: Accounts,
    bell: schedule::Bell,
    puller: lease::Puller,
    underway: schedule::Underway,
}

impl District {
    /// Opens or makes the books.
    pub fn open(settings: Settings) -> Result<Self, DistrictError> {
        let keys = Keys::open_or_make(&settings.data.join("keys"))?;
        let store = Shared::open(
            &settings.store,
            &settings.data.join("district.db"),
            &SCHEMAS,
            Options::default(),
        )?;
        let derived = || Origin::new(&format!("district/{}", HEXLOWER.encode(&keys.public().as_bytes()[..8])));
        let origin = settings.origin.clone().map_or_else(derived, Ok)?;
        let (name, own) = (origin.clone(), keys.clone());
        store.write_blocking(move |tx| rulings::note_own_key(tx, &name, &own))??;
        for station in store.read_blocking::<_, StoreError, _>(|conn| figures::stale(conn))? {
            store.write_blocking(move |tx| figures::rebuild(tx, &station))??;
        }
        if !store.is_server() {
            store.write_blocking(|tx| lease::free_of_the_dead(tx))??;
        }
        let clock = Arc::new(SystemClock::new(1));
        Ok(Self {
            keys,
            origin: Arc::new(origin),
            settings: Arc::new(settings),
            accounts: Accounts::new(store.clone(), clock.clone()),
            bell: schedule::Bell::default(),
            puller: lease::Puller::new(),
            underway: schedule::Underway::default(),
            store,
            clock,
        })
    }

    /// Carries the books of the file in the data folder over to the server where they are from now on, with everything in
    /// them; the rows of each table. The file stays as it is. Blocks.
    pub fn carry_over(&self) -> Result<Vec<(String, u64)>, DistrictError> {
        let file = self.settings.data.join("district.db");
        if !self.store.is_server() || !file.is_file() {
            return Err(DistrictError::NothingToCarry(file));
        }
        let carried = store::carry_over(&file, &self.store, &SCHEMAS, "station")?;
        carried.ok_or(DistrictError::NotEmpty)
    }

    /// Its name in ledgers.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// What to compare by telephone.
    pub fn fingerprint(&self) -> String {
        self.keys.fingerprint()
    }

    /// Enrols a station with the code that its operator reads out: keys are pinned on both sides.
    pub async fn enrol(&self, url: &str, code: &str) -> Result<StationRow, DistrictError> {
        let key = HEXLOWER.encode(self.keys.public().as_bytes());
        let tag = enrol_tag(code, &self.origin, &key);
        let wanted = Enrol {
            district: (*self.origin).clone(),
            key,
            tag,
        };
        let client = Client::new(url, self.settings.connect)?;
        let answer: Enrolled = client.post_json("/log/enrol", &wanted).await?;
        let proven = station_tag(code, &wanted, &answer.origin, &answer.key) == answer.tag;
        let bytes: Option<[u8; 32]> = HEXLOWER
            .decode(answer.key.as_bytes())
            .ok()
            .and_then(|b| b.try_into().ok());
        let key = bytes
            .and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok())
            .filter(|_| proven)
            .ok_or(DistrictError::Impostor)?;
        let station = StationRow {
            origin: answer.origin,
            url: url.to_owned(),
            key,
            size: 0,
            after: None,
            is_ended: false,
            frozen_at: None,
        };
        let (kept, now) = (station.clone(), self.now_s());
        let act = move |tx: &dyn Sql| {
            let pinned = rows::pin(tx, &kept)?;
            if pinned {
                watch::begin(tx, &kept.origin, now)?;
            }
            Ok::<_, StoreError>(pinned)
        };
        if self.store.write(Urgency::Now, act).await?? {
            self.bell.ring();
            Ok(station)
        } else {
            Err(DistrictError::OtherKey(station.origin))
        }
    }

    /// All stations, by name.
    pub fn stations(&self) -> Result<Vec<StationRow>, DistrictError> {
        Ok(self
            .store
            .read_blocking::<_, StoreError, _>(|conn| rows::stations(conn))?)
    }

    /// Takes in a log from a stick: exactly the same bytes and checks.
    pub async fn import(&self, folder: &Path) -> Result<(Origin, Pulled), DistrictError> {
        let mut source = source::Folder::new(folder);
        let origin = source.origin()?;
        let station = self.stations()?.into_iter().find(|s| s.origin == origin && !s.is_ended);
        let station = station.ok_or_else(|| DistrictError::Unknown(origin.to_string()))?;
        let pulled = pull::pull(self, &station, &mut source).await?;
        let (name, now, next) = (
            origin.clone(),
            self.now_s(),
            self.now_s() + self.settings.every.as_secs(),
        );
        let heard = move |tx: &dyn Sql| {
            watch::heard(tx, &name, now, next, None)?;
            alarms::end(tx, &name, now, "silent")
        };
        self.store.write(Urgency::Now, heard).await??;
        if !pulled.is_in_doubt() && folder.join("blobs").is_dir() {
            self.take_photos(&origin, folder)?;
        }
        let down = if pulled.is_in_doubt() {
            Vec::new()
        } else {
            self.down_for(&origin).await?
        };
        let down: Vec<_> = down.into_iter().map(|sent| (sent.kind, sent.file)).collect();
        let policies = self.policies_for(&origin).await?;
        let policies: Vec<(u64, String)> = policies.into_iter().map(|one| (one.serial, one.file)).collect();
        crate::exchange::put_back(folder, &self.origin, pulled.cosigned.as_ref(), &policies, &down).map_err(
            |source| DistrictError::PutBack {
                path: folder.to_owned(),
                source,
            },
        )?;
        Ok((origin, pulled))
    }

    /// The logs in a folder: it is one itself, or a stick on which stations put theirs.
    pub fn logs_in(folder: &Path) -> Vec<PathBuf> {
        if folder.join("checkpoint").exists() {
            return vec![folder.to_owned()];
        }
        let listed = std::fs::read_dir(folder.join(crate::exchange::ON_STICK))
            .into_iter()
            .flatten()
            .flatten();
        let mut logs: Vec<PathBuf> = listed
            .map(|entry| entry.path())
            .filter(|path| path.join("checkpoint").exists())
            .collect();
        logs.sort();
        logs
    }

    /// Counts every station's leaves again.
    pub fn recount(&self) -> Result<Vec<(String, Recount)>, DistrictError> {
        let counts = self.stations()?.into_iter().map(|station| {
            let counted = self
                .store
                .read_blocking(|conn| recounts::recount(conn, &station.origin))?;
            Ok((station.origin.to_string(), counted))
        });
        counts.collect()
    }

    /// A person has looked at a station's fork: its credit counts again to the end of what was cosigned. `false`: nothing
    /// of it was frozen.
    pub fn settle(&self, name: &str) -> Result<bool, DistrictError> {
        let name = name.to_owned();
        let act = move |tx: &dyn Sql| {
            let Ok(origin) = Origin::new(&name) else {
                return Ok(false);
            };
            let settled = forks::settle(tx, &name)?;
            if settled {
                figures::rebuild(tx, &origin)?;
            }
            Ok::<_, StoreError>(settled)
        };
        Ok(self.store.write_blocking(act)??)
    }
}

/// For people: a key's fingerprint.
pub fn fingerprint(key: &VerifyingKey) -> String {
    keys::fingerprint(key)
}
