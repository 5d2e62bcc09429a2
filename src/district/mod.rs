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
mod edge;
mod epoch;
mod figures;
mod ladder;
mod lease;
mod photos;
mod policy;
mod pull;
mod receipt;
mod rows;
pub mod schedule;
mod source;
#[cfg(test)]
mod tests;
mod watch;
pub mod web;
mod xapi;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use data_encoding::HEXLOWER;
use ed25519_dalek::VerifyingKey;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

pub use accounts::{Account, AccountError, Accounts, Audited, Manager, Role, Signer};
pub use alarms::Alarm;
pub use alert::Alert;
pub use books::Seen;
pub use counting::Lost;
pub use ladder::{Rung, Severity};
pub use policy::Signed;
pub use pull::Pulled;
pub use receipt::{Looked, Shown};
pub use rows::StationRow;
pub use watch::{Fault, Place, Watched};
pub use xapi::XapiError;

use crate::clock::{Clock, SystemClock, monotonic};
use crate::exchange::{Enrol, Enrolled, enrol_tag, station_tag};
use crate::keys::{self, KeyError, Keys};
use crate::report::Recount;
use crate::store::{self, Options, Schema, Shared, Sql, StoreError, Trouble, Urgency};
use crate::types::{BadId, Millis, Origin};
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
    /// Something that a station could not take, and why.
    #[error("this cannot be sent down: {0}")]
    Down(String),
    /// No station of that name.
    #[error("no station {0} is enrolled")]
    Unknown(String),
    /// There are no books to carry to a server, or no server.
    #[error("there is nothing to carry over: it takes books in {0}, and the address of a server as [data] store")]
    NothingToCarry(PathBuf),
    /// The server has stations already.
    #[error("the database on the server has stations already; nothing was changed. Carry over into an empty one")]
    NotEmpty,
    /// Somebody else is at it.
    #[error("{0} is being pulled by another program at this moment; nothing needs to be done")]
    Taken(Origin),
    /// The log was taken in, but what goes back could not be put on the stick.
    #[error("the log was taken in and kept, but the cosignature could not be written to {path}: {source}")]
    PutBack {
        /// Which folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The station serves another log than the one that is expected: a new epoch that it has not begun yet, or one that
    /// nobody signed.
    #[error("the station serves the log {found}, expected was {expected}: has it begun its new epoch?")]
    AnotherLog {
        /// Which log is in the books.
        expected: Origin,
        /// Which one is served.
        found: Origin,
    },
    /// Nothing was ever cosigned: there is no history to go on from.
    #[error("nothing of {0} was ever cosigned; enrol it anew instead of signing a new epoch")]
    NothingCosigned(Origin),
    /// A receipt that proves nothing.
    #[error(transparent)]
    Receipt(crate::ledger::receipt::ReceiptError),
    /// A folder that holds no log, or cannot be written.
    #[error("{path} cannot be used: {source}")]
    Folder {
        /// Which folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// The tables of this room.
const SCHEMAS: [Schema; 7] = [
    rows::SCHEMA,
    accounts::SCHEMA,
    watch::SCHEMA,
    alarms::SCHEMA,
    figures::SCHEMA,
    down::SCHEMA,
    counting::SCHEMA,
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
        for station in store.read_blocking::<_, StoreError, _>(|conn| figures::stale(conn))? {
            store.write_blocking(move |tx| figures::rebuild(tx, &station))??;
        }
        if !store.is_server() {
            store.write_blocking(|tx| lease::free_of_the_dead(tx))??;
        }
        let clock = Arc::new(SystemClock::new(1));
        let derived = || Origin::new(&format!("district/{}", HEXLOWER.encode(&keys.public().as_bytes()[..8])));
        let origin = settings.origin.clone().map_or_else(derived, Ok)?;
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

    /// Pulls one station, or all of them, a few at a time; each on its own.
    pub async fn pull(
        &self,
        only: Option<&str>,
    ) -> Result<Vec<(Origin, Result<Pulled, DistrictError>)>, DistrictError> {
        let mut patience = self.patience();
        let mut stations = loop {
            let read = self.store.read(|conn| rows::stations(conn)).await;
            match read.map_err(DistrictError::from) {
                Err(error) if error.is_of_the_server() && patience.waits().await => {}
                stations => break stations?,
            }
        };
        stations.retain(|station| !station.is_ended);
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
                (
                    origin.clone(),
                    district.pull_and_note(&origin, keys::random_below(1 << 32)).await,
                )
            });
        }
        let mut outcomes: Vec<_> = pulls.join_all().await;
        outcomes.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(outcomes)
    }

    /// Pulls one station, unless somebody is at it.
    async fn pull_and_note(&self, origin: &Origin, chance: u64) -> Result<Pulled, DistrictError> {
        let Some(_pulling) = self.underway.begin(origin) else {
            return Err(DistrictError::Taken(origin.clone()));
        };
        let mut patience = self.patience();
        let taken = loop {
            match self.take(origin).await {
                Err(error) if error.is_of_the_server() && patience.waits().await => {}
                taken => break taken?,
            }
        };
        if !taken {
            return Err(DistrictError::Taken(origin.clone()));
        }
        self.pull_taken(origin, chance).await
    }

    async fn take(&self, origin: &Origin) -> Result<bool, DistrictError> {
        let (name, puller, now, lease) = (origin.clone(), self.puller.clone(), self.now_s(), self.lease_s());
        let take = move |tx: &dyn Sql| lease::take(tx, &name, &puller, now, lease);
        Ok(self.store.write(Urgency::Now, take).await??)
    }

    /// For a server that is away: as long as one pull may take.
    fn patience(&self) -> Patience {
        Patience::until(monotonic().plus(millis(self.settings.deadline)))
    }

    /// How long a station is ours once it was taken, in seconds.
    pub(crate) fn lease_s(&self) -> u64 {
        self.settings.deadline.as_secs().max(1) * 2
    }

    /// Pulls a station that was taken and writes down what came of it: when it is tried next, what failed, how it does. Books
    /// on a server that is being restarted are waited for: what was kept of the log is kept, and the pull goes on there.
    pub(crate) async fn pull_taken(&self, origin: &Origin, chance: u64) -> Result<Pulled, DistrictError> {
        let (mut told, mut patience) = (None, self.patience());
        let outcome = loop {
            match self.pull_known(origin, &mut told).await {
                Err(error) if error.is_of_the_server() && patience.waits().await => {}
                outcome => break outcome,
            }
        };
        let failed = outcome
            .as_ref()
            .err()
            .map(|error| (Fault::of(error), error.to_string()));
        let mut patience = self.patience();
        loop {
            match self.note(origin, told.as_ref(), failed.clone(), chance).await {
                Err(error) if error.is_of_the_server() && patience.waits().await => {}
                noted => break noted?,
            }
        }
        outcome
    }

    async fn note(
        &self,
        origin: &Origin,
        told: Option<&books::Told>,
        failed: Option<(Fault, String)>,
        chance: u64,
    ) -> Result<(), DistrictError> {
        let (name, settings, now) = (origin.clone(), Arc::clone(&self.settings), self.now_s());
        let (puller, told) = (self.puller.clone(), told.cloned());
        let act = move |tx: &dyn Sql| {
            books::note(tx, &settings, &name, now, told.as_ref(), failed, chance)?;
            lease::end(tx, &name, &puller)
        };
        Ok(self.store.write(Urgency::Now, act).await??)
    }

    async fn pull_known(&self, origin: &Origin, told: &mut Option<books::Told>) -> Result<Pulled, DistrictError> {
        let name = origin.clone();
        let station = self.store.read(move |conn| rows::station(conn, &name)).await?;
        let station = station.ok_or_else(|| DistrictError::Unknown(origin.to_string()))?;
        self.pull_one(&station, told).await
    }

    async fn pull_one(&self, station: &StationRow, told: &mut Option<books::Told>) -> Result<Pulled, DistrictError> {
        let client = Client::new(&station.url, self.settings.connect)?;
        let source = source::Online::begin(client, &self.keys, &self.origin, &station.origin);
        let work = async {
            let mut source = source.await?;
            let pulled = pull::pull(self, station, &mut source).await;
            *told = source.condition.take().map(|(condition, mono)| {
                let age = i64::try_from(monotonic().minus(mono).0).unwrap_or(0);
                let off_ms = condition.wall_ms.saturating_sub(self.clock.now().wall_ms - age);
                books::Told { condition, off_ms }
            });
            let pulled = pulled?;
            if let Some(cosigned) = &pulled.cosigned {
                source.cosign(cosigned).await?;
                let (name, size) = (station.origin.clone(), cosigned.size);
                let arrived = move |tx: &dyn Sql| edge::has_it(tx, &name, size);
                self.store.write(Urgency::Now, arrived).await??;
            }
            self.bring_policies(&station.origin, &mut source, &pulled).await?;
            self.bring_down(&station.origin, &mut source, &pulled).await?;
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
        if is_in_doubt(pulled) {
            return Ok(());
        }
        for signed in self.policies_for(station).await? {
            source.policy(&signed.file).await?;
            self.note_taken(station, signed.serial).await?;
        }
        Ok(())
    }

    /// Brings rosters, programme, list and notices that the station does not have yet, unless its log is in doubt. One
    /// that it does not take keeps nothing else back.
    async fn bring_down(
        &self,
        station: &Origin,
        source: &mut source::Online,
        pulled: &Pulled,
    ) -> Result<(), DistrictError> {
        self.learn_from_leaves(station, pulled.size - pulled.new, pulled.size)
            .await?;
        if is_in_doubt(pulled) {
            return Ok(());
        }
        for sent in self.down_for(station).await? {
            match source.dispatch(&sent.file).await {
                Ok(()) => self.note_down(station, sent.kind, sent.serial).await?,
                Err(DistrictError::Client(ClientError::Refused { status, detail })) => {
                    tracing::warn!(%station, kind = sent.kind.word(), %status, detail, "a record was not taken");
                    self.note_refused(station, sent.kind, format!("{status} {detail}"))
                        .await?;
                }
                Err(other) => return Err(other),
            }
        }
        Ok(())
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
        self.learn_from_leaves(&origin, pulled.size - pulled.new, pulled.size)
            .await?;
        if !is_in_doubt(&pulled) && folder.join("blobs").is_dir() {
            self.take_photos(&origin, folder)?;
        }
        let down = if is_in_doubt(&pulled) {
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
            let counted = self.store.read_blocking(|conn| rows::recount(conn, &station.origin))?;
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
            let settled = rows::settle(tx, &name)?;
            if settled {
                figures::rebuild(tx, &origin)?;
            }
            Ok::<_, StoreError>(settled)
        };
        Ok(self.store.write_blocking(act)??)
    }
}

/// The first pause while a server is away; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// Waiting for a server that is being restarted, ever longer, up to a moment of the monotonic clock.
struct Patience {
    pause: Duration,
    until: Millis,
}

impl Patience {
    fn until(until: Millis) -> Self {
        Self {
            pause: FIRST_PAUSE,
            until,
        }
    }

    /// Waits; `false` if there is no time for that.
    async fn waits(&mut self) -> bool {
        if monotonic().plus(millis(self.pause)) > self.until {
            return false;
        }
        tokio::time::sleep(self.pause).await;
        self.pause *= 2;
        true
    }
}

fn millis(time: Duration) -> Millis {
    Millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

impl DistrictError {
    /// The database server did not answer, or lost what it was about: trying again may help.
    fn is_of_the_server(&self) -> bool {
        matches!(
            self,
            Self::Store(StoreError::Server {
                trouble: Some(Trouble::Away | Trouble::Locked),
                ..
            })
        )
    }
}

/// Whether something about the log itself does not fit: such a station gets nothing until a person has looked at it.
fn is_in_doubt(pulled: &Pulled) -> bool {
    pulled.alerts.iter().any(|alert| !matches!(alert, Alert::Count(_)))
}

/// For people: a key's fingerprint.
pub fn fingerprint(key: &VerifyingKey) -> String {
    keys::fingerprint(key)
}
