//! A visit to a station over the network: taken by a lease, within its deadline, with patience for a database server that
//! is away; afterwards it is written down what came of it, and the station is brought what it does not have yet.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::client::{Client, ClientError};
use super::{District, DistrictError, Fault, Pulled, StationRow, books, edge, lease, pull, rows, source};
use crate::clock::{Clock, monotonic};
use crate::keys;
use crate::store::{Sql, Urgency};
use crate::types::{Millis, Origin};

impl District {
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
        if pulled.is_in_doubt() {
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
        if pulled.is_in_doubt() {
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
