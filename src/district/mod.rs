//! The other role: a district enrols stations, pulls their logs, checks every byte, keeps them, and counts.
//!
//! The order of a pull is the promise: fetch the checkpoint, check its signature and name; smaller than what we know is a
//! rollback, the same size with another root is a fork; fetch only what is new, recompute the root; *store durably, then
//! cosign*; count again and compare. A station that is broken or hostile costs only itself.

mod client;
mod policy;
mod pull;
mod rows;
mod source;
mod xapi;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use data_encoding::HEXLOWER;
use ed25519_dalek::VerifyingKey;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

pub use policy::Signed;
pub use pull::{Alert, Pulled};
pub use rows::StationRow;
pub use xapi::XapiError;

use crate::clock::{Clock, SystemClock};
use crate::exchange::{Enrol, Enrolled, enrol_tag, station_tag};
use crate::keys::{self, KeyError, Keys};
use crate::report::Recount;
use crate::store::{Options, Store, StoreError};
use crate::types::{BadId, Origin};
use client::{Client, ClientError};

/// What a district needs to be told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Database and keys.
    pub data: PathBuf,
    /// Its name in ledgers; `None` derives one from its key.
    pub origin: Option<Origin>,
    /// Stations at the same time.
    pub concurrent: usize,
    /// Time to connect.
    pub connect: Duration,
    /// Time for one station.
    pub deadline: Duration,
}

/// Why something did not come about. The reader is the clerk at the district's console.
#[derive(Debug, thiserror::Error)]
pub enum DistrictError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The station could not be asked, or answered nonsense.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A name that cannot be one.
    #[error(transparent)]
    Name(#[from] BadId),
    /// The station did not prove that it knows the code.
    #[error("the station did not prove that it knows the code: somebody else may have answered")]
    Impostor,
    /// A known name under another key: a replaced box, or somebody who claims to be it.
    #[error(
        "{0} is enrolled with another key; nothing was changed. If the box was replaced, its log must be looked at first"
    )]
    OtherKey(Origin),
    /// A policy that cannot be signed, and why.
    #[error("{0}")]
    Policy(String),
    /// No station of that name.
    #[error("no station {0} is enrolled")]
    Unknown(String),
    /// A folder that holds no log.
    #[error("{path} holds no log that can be read: {source}")]
    Folder {
        /// Which folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl From<rusqlite::Error> for DistrictError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// A handle to the district's own books. Cheap to clone.
#[derive(Debug, Clone)]
pub struct District {
    store: Store,
    keys: Keys,
    origin: Arc<Origin>,
    settings: Arc<Settings>,
    clock: Arc<SystemClock>,
}

impl District {
    /// Opens or makes the books.
    pub fn open(settings: Settings) -> Result<Self, DistrictError> {
        let keys = Keys::open_or_make(&settings.data.join("keys"))?;
        let store = Store::open(&settings.data.join("district.db"), &[rows::SCHEMA], Options::default())?;
        let derived = || Origin::new(&format!("district/{}", HEXLOWER.encode(&keys.public().as_bytes()[..8])));
        let origin = settings.origin.clone().map_or_else(derived, Ok)?;
        Ok(Self {
            store,
            keys,
            origin: Arc::new(origin),
            settings: Arc::new(settings),
            clock: Arc::new(SystemClock::new(1)),
        })
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
        };
        let kept = station.clone();
        let pinned = self
            .store
            .write(crate::store::Urgency::Now, move |tx| rows::pin(tx, &kept))
            .await??;
        if pinned {
            Ok(station)
        } else {
            Err(DistrictError::OtherKey(station.origin))
        }
    }

    /// All stations, by name.
    pub fn stations(&self) -> Result<Vec<StationRow>, DistrictError> {
        Ok(self
            .store
            .read_blocking::<_, StoreError, _>(|conn| Ok(rows::stations(conn)?))?)
    }

    /// Pulls one station, or all of them, a few at a time; each on its own.
    pub async fn pull(
        &self,
        only: Option<&str>,
    ) -> Result<Vec<(Origin, Result<Pulled, DistrictError>)>, DistrictError> {
        let mut stations = self.stations()?;
        if let Some(name) = only {
            stations.retain(|station| station.origin.as_str() == name);
            if stations.is_empty() {
                return Err(DistrictError::Unknown(name.to_owned()));
            }
        }
        let turns = Arc::new(Semaphore::new(self.settings.concurrent));
        let mut pulls = JoinSet::new();
        for station in stations {
            let (district, turns) = (self.clone(), Arc::clone(&turns));
            pulls.spawn(async move {
                let _turn = turns.acquire_owned().await;
                let origin = station.origin.clone();
                (origin, district.pull_one(station).await)
            });
        }
        let mut outcomes: Vec<_> = pulls.join_all().await;
        outcomes.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(outcomes)
    }

    async fn pull_one(&self, station: StationRow) -> Result<Pulled, DistrictError> {
        let client = Client::new(&station.url, self.settings.connect)?;
        let source = source::Online::begin(client, &self.keys, &self.origin, &station.origin);
        let work = async {
            let mut source = source.await?;
            let pulled = pull::pull(self, &station, &mut source).await?;
            if let Some(cosigned) = &pulled.cosigned {
                source.cosign(cosigned).await?;
            }
            self.bring_policies(&station.origin, &mut source, &pulled).await?;
            Ok(pulled)
        };
        tokio::time::timeout(self.settings.deadline, work)
            .await
            .map_err(|_| ClientError::TooSlow)?
    }

    /// Brings what the station does not have yet, unless its log is in doubt.
    async fn bring_policies(
        &self,
        station: &Origin,
        source: &mut source::Online,
        pulled: &Pulled,
    ) -> Result<(), DistrictError> {
        if pulled.alerts.iter().any(|alert| !matches!(alert, Alert::Count(_))) {
            return Ok(());
        }
        for signed in self.policies_for(station).await? {
            source.policy(&signed.file).await?;
            self.note_taken(station, signed.serial).await?;
        }
        Ok(())
    }

    /// Takes in a log from a stick: exactly the same bytes and checks.
    pub async fn import(&self, folder: &Path) -> Result<(Origin, Pulled), DistrictError> {
        let mut source = source::Folder::new(folder);
        let origin = source.origin()?;
        let station = self.stations()?.into_iter().find(|s| s.origin == origin);
        let station = station.ok_or_else(|| DistrictError::Unknown(origin.to_string()))?;
        Ok((origin, pull::pull(self, &station, &mut source).await?))
    }

    /// Counts every station's leaves again.
    pub fn recount(&self) -> Result<Vec<(String, Recount)>, DistrictError> {
        let counts = self.stations()?.into_iter().map(|station| {
            let counted = self.store.read_blocking(|conn| rows::recount(conn, &station.origin))?;
            Ok((station.origin.to_string(), counted))
        });
        counts.collect()
    }

    fn now_s(&self) -> u64 {
        u64::try_from(self.clock.now().wall_ms / 1000).unwrap_or(0)
    }
}

/// For people: a key's fingerprint.
pub fn fingerprint(key: &VerifyingKey) -> String {
    keys::fingerprint(key)
}
