//! The one place where everything is built, once, and handed to those who need it. Nobody imports this but `cli`.
//!
//! The order of a start: settings, keys, database, boot number and clock, ledger, roster, library, viewing (which closes
//! what a power cut left open), doors, socket. The order of a stop is the same backwards, with a last leaf.

mod addresses;
mod backups;
mod district;
mod epoch;
mod health;
mod policy;
mod recovery;
mod samples;
mod steps;
mod witness;

use std::fs::File;
use std::io::Read;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::middleware::from_fn_with_state;
use media_index::{Indexer, probe};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::api::{Api, Beats};
use crate::clock::{self, Clock, SystemClock, Trust};
use crate::config::{self, Program};
use crate::credit::Policy;
use crate::dispatch::{self, Dispatches};
use crate::exchange::{Condition, Exchange};
use crate::http::Problem;
use crate::http::guard::{Names, guard};
use crate::intake::Intake;
use crate::keys::{self, Keys};
use crate::ledger::{self, Before, Leaf, Ledger, Listed, What};
use crate::library::{self, Approval, IndexKeep, Library};
use crate::look;
use crate::media::Media;
use crate::pages::{self, Carried, Districts, Pages, Waiting};
use crate::prepare::{Audience, Preparer, Programs, Rule};
use crate::records::Records;
use crate::roster::{self, Operator, Roster, RosterChange};
use crate::screening::{self, Screenings};
use crate::server::{self, Limits};
use crate::store::{Options, Schema, Store, StoreError, Tx};
use crate::types::{Millis, Origin};
use crate::viewing::{self, Viewing};

use backups::Backups;

pub use addresses::reachable;
pub use backups::{copy_into, copy_photos};
pub use district::{district_settings, serve_district};
pub use epoch::{Begun, STATEMENT, begin as begin_epoch};
pub use recovery::{Restored, from_copy};

/// A leaf holds at most so many members: it must fit an entry bundle.
const LISTED: usize = 200;

/// The tables of all rooms that share the database.
const SCHEMAS: [Schema; 10] = [
    ledger::SCHEMA,
    library::SCHEMA,
    roster::SCHEMA,
    viewing::SCHEMA,
    screening::SCHEMA,
    crate::programme::SCHEMA,
    crate::opinions::SCHEMA,
    crate::records::SCHEMA,
    dispatch::SCHEMA,
    crate::exchange::SCHEMA,
];

/// What commands beside a running station need as well: the database, the keys, the ledger, the roster.
#[derive(Debug, Clone)]
pub struct Base {
    /// The machine's clocks.
    pub clock: Arc<SystemClock>,
    /// Keys of this box.
    pub keys: Keys,
    /// What happened.
    pub ledger: Ledger,
    /// Who there is.
    pub roster: Roster,
    /// What people wrote down.
    pub records: Records,
    /// What districts send down.
    pub dispatches: Dispatches,
    /// The district's door.
    pub exchange: Exchange,
}

impl Base {
    /// Opens the data folder.
    pub fn open(settings: &config::Station) -> Result<Self> {
        let keys = Keys::open_or_make(&settings.data.join("keys")).context("while opening the keys")?;
        Self::open_with(keys, settings)
    }

    fn open_with(keys: Keys, settings: &config::Station) -> Result<Self> {
        Self::open_at(&settings.data.join("ledger.db"), keys, settings)
    }

    fn open_at(path: &Path, keys: Keys, settings: &config::Station) -> Result<Self> {
        let options = Options {
            commit_within: settings.viewing.commit_within,
            ..Options::default()
        };
        let store =
            Store::open(path, &SCHEMAS, options).with_context(|| format!("while opening {}", path.display()))?;
        let boot = ledger::boot_number(&store, clock::boot_id()).context("while counting the boots")?;
        let clock = Arc::new(SystemClock::new(boot));
        let origin = settings.origin.clone().map_or_else(|| derived_origin(&keys), Ok)?;
        let ledger =
            Ledger::open(store.clone(), keys.clone(), origin, clock.now()).context("while opening the ledger")?;
        ledger.tell_of_trouble(clock.clone());
        let limits = roster::Limits {
            tries: settings.viewing.pin_tries,
            pause: settings.viewing.pin_pause,
        };
        let roster = Roster::new(store, keys.clone(), clock.clone(), limits);
        note_changes(&roster, &ledger, &clock);
        let records = Records::new(ledger.clone(), clock.clone(), &settings.data);
        let dispatches = Dispatches::new(ledger.clone(), roster.clone(), clock.clone());
        let exchange = Exchange::new(ledger.clone(), records.clone(), dispatches.clone(), clock.clone());
        let base = Self {
            clock,
            keys,
            ledger,
            roster,
            records,
            dispatches,
            exchange,
        };
        follow_district_time(&base);
        tell_condition(&base, settings);
        steps::remember(&base).context("while looking for the time that the operator said")?;
        Ok(base)
    }
}

/// What the district would otherwise ask by telephone: who, where, how much room there is.
fn tell_condition(base: &Base, settings: &config::Station) {
    let (name, place, data) = (settings.name.clone(), settings.place.clone(), settings.data.clone());
    base.exchange.on_asked(Box::new(move || {
        let disk = rustix::fs::statvfs(&data).ok();
        let bytes = |blocks: u64| disk.as_ref().map_or(0, |disk| blocks.saturating_mul(disk.f_frsize));
        Condition {
            name: name.clone(),
            place: place.clone(),
            disk_free: bytes(disk.as_ref().map_or(0, |disk| disk.f_bavail)),
            disk_all: bytes(disk.as_ref().map_or(0, |disk| disk.f_blocks)),
            ..Condition::default()
        }
    }));
}

/// `yuanjiao/<first 16 hexadecimal digits of the key>`: unique without any scheme.
fn derived_origin(keys: &Keys) -> Result<Origin> {
    let key = data_encoding::HEXLOWER.encode(&keys.public().as_bytes()[..8]);
    Ok(Origin::new(&format!("yuanjiao/{key}"))?)
}

/// The roster's changes become leaves, without names, in the same transaction.
fn note_changes(roster: &Roster, ledger: &Ledger, clock: &Arc<SystemClock>) {
    let (ledger, clock) = (ledger.clone(), Arc::clone(clock));
    roster.on_change(Box::new(move |tx, change| {
        dispatch::forget(tx, &change.removed)?;
        if ledger.halted().is_some() {
            return Ok(());
        }
        let nobody: &[roster::Member] = &[];
        let removed = (!change.removed.is_empty()).then_some(nobody);
        for part in change.changed.chunks(LISTED).chain(removed) {
            let leaf = roster_leaf(change, part);
            ledger.append(tx, clock.now(), leaf).map_err(store_error)?;
        }
        Ok(())
    }));
}

fn roster_leaf(change: &RosterChange, part: &[roster::Member]) -> What {
    let listed = |m: &roster::Member| Listed {
        member: m.id.clone(),
        branch: m.branch.clone(),
        role: m.role.word().to_owned(),
        migrant: m.migrant.word().to_owned(),
        left: m.status == roster::Status::Left,
    };
    What::Roster {
        members: change.members,
        digest: data_encoding::HEXLOWER.encode(&change.digest),
        changed: part.iter().map(listed).collect(),
        removed: change.removed.clone(),
    }
}

fn store_error(error: ledger::LedgerError) -> StoreError {
    match error {
        ledger::LedgerError::Store(error) => error,
        other => StoreError::File {
            path: "the ledger".into(),
            source: std::io::Error::other(other),
        },
    }
}

/// A station, built and not yet listening.
#[derive(Debug)]
pub struct Station {
    base: Base,
    library: Library,
    viewing: Viewing,
    screenings: Screenings,
    preparer: Preparer,
    intake: Intake,
    settings: config::Station,
    /// Held for as long as this station lives.
    _only_one: File,
    /// The one-time code for the operator's first sign-in, while there is no passphrase.
    pub first_code: Option<String>,
}

impl Station {
    /// Builds everything. Blocks: before the event loop has anything else to do.
    pub fn build(settings: config::Station) -> Result<Self> {
        samples::copy_into_a_new_folder(&settings.media.folder)
            .with_context(|| format!("while making the media folder {}", settings.media.folder.display()))?;
        let only_one = recovery::only_one(&settings.data)?;
        let keys = Keys::open_or_make(&settings.data.join("keys")).context("while opening the keys")?;
        let restored = if keys.are_fresh() {
            None
        } else {
            recovery::at_start(&settings, &keys)?
        };
        let base = Base::open_with(keys, &settings)?;
        if let Some(restored) = &restored {
            recovery::say(&base, restored)?;
        }
        Backups::new(base.ledger.clone(), &settings).compare_checkpoint(base.clock.now());
        let library = open_library(&settings, &base)?;
        let policy = Arc::new(read_policy(settings.policy.as_deref())?);
        let viewing = Viewing::new(
            base.ledger.clone(),
            base.clock.clone(),
            policy,
            Arc::new(library.clone()),
        );
        if base.ledger.halted().is_none() {
            begin_run(&base, &viewing, &settings)?;
            follow_district(&base, &viewing);
        }
        follow_dispatches(&base, &library)?;
        let screenings = Screenings::new(viewing.clone(), base.ledger.clone(), base.clock.clone());
        let preparer =
            start_preparing(&settings, &library, &viewing, &screenings).context("while starting to prepare films")?;
        let own = vec![settings.media.folder.clone(), settings.data.clone()];
        let intake = Intake::new(&library, settings.media.sticks.clone(), own).context("while starting the intake")?;
        let first_code = if base.roster.has_operator()? {
            None
        } else {
            Some(base.roster.one_time_code(&Operator::on_the_console())?)
        };
        Ok(Self {
            base,
            library,
            viewing,
            screenings,
            preparer,
            intake,
            settings,
            _only_one: only_one,
            first_code,
        })
    }

    /// Serves until `stop`, then says goodbye in the ledger.
    pub async fn serve(self, listener: TcpListener, stop: CancellationToken) -> Result<()> {
        let address = listener.local_addr()?;
        let listen = &self.settings.listen;
        let limits = Limits {
            connections: listen.connections,
            per_address: listen.per_address,
            header_time: listen.header_time,
            stalled_reader: listen.stalled_reader,
        };
        let routes = self.routes(address);
        let sweep = tokio::spawn(close_idle_sessions(
            self.viewing.clone(),
            self.screenings.clone(),
            (self.base.dispatches.clone(), self.library.clone()),
            stop.clone(),
        ));
        let backups = Backups::new(self.base.ledger.clone(), &self.settings);
        let copies = tokio::spawn(backups.clone().daily(stop.clone()));
        let steps = steps::watch(
            self.viewing.clone(),
            self.base.ledger.clone(),
            Arc::clone(&self.base.clock),
            stop.clone(),
        );
        let steps = tokio::spawn(steps);
        let health = tokio::spawn(self.health().watch(stop.clone()));
        let folding = tokio::spawn(fold_leaves(self.base.ledger.clone(), stop.clone()));
        server::notify(sd_notify::NotifyState::Ready);
        server::run(listener, routes, limits, stop).await;
        server::notify(sd_notify::NotifyState::Stopping);
        // Each has heard `stop`; what one is about to write is written before the last entry, and nobody holds the
        // database any longer when this returns.
        drop(tokio::join!(sweep, steps, health, folding, copies));
        let (base, preparer) = (self.base.clone(), self.preparer.clone());
        let end = move || {
            preparer.stop();
            let ended = end_run(&base);
            backups.leave_checkpoint();
            ended
        };
        tokio::task::spawn_blocking(end).await??;
        Ok(())
    }

    fn health(&self) -> health::Health {
        health::Health {
            ledger: self.base.ledger.clone(),
            clock: Arc::clone(&self.base.clock),
            library: self.library.clone(),
            media: self.settings.media.folder.clone(),
            data: self.settings.data.clone(),
        }
    }

    fn api(&self, run: String) -> Api {
        let base = &self.base;
        Api {
            roster: base.roster.clone(),
            library: self.library.clone(),
            viewing: self.viewing.clone(),
            screenings: self.screenings.clone(),
            ledger: base.ledger.clone(),
            clock: base.clock.clone(),
            beat_every: self.settings.viewing.beat_every,
            run,
        }
    }

    fn routes(&self, address: SocketAddr) -> Router {
        let run = keys::random_id().to_string();
        let base = &self.base;
        let settings = pages::Settings {
            station: look::Station {
                name: self.settings.name.clone(),
                place: self.settings.place.clone(),
            },
            media: self.settings.media.folder.clone(),
            addresses: reachable(address),
            wifi: (self.settings.wifi.name.clone(), self.settings.wifi.password.clone()),
            beat_every: self.settings.viewing.beat_every,
            sweep: Millis::secs(self.settings.media.sweep.as_secs()),
            run: run.clone(),
            guests: self.settings.viewing.guests,
        };
        let voice = pages::Voice::of_station(settings.station.clone());
        let pages = Pages {
            roster: base.roster.clone(),
            library: self.library.clone(),
            viewing: self.viewing.clone(),
            screenings: self.screenings.clone(),
            programme: crate::programme::Programme::new(base.ledger.store().clone()),
            opinions: crate::opinions::Opinions::new(base.ledger.clone(), base.clock.clone()),
            ledger: base.ledger.clone(),
            clock: base.clock.clone(),
            dispatches: base.dispatches.clone(),
            districts: Arc::new(base.exchange.clone()),
            settings: Arc::new(settings),
            plans: Waiting::default(),
            preparer: self.preparer.clone(),
            intake: self.intake.clone(),
            records: base.records.clone(),
            calendar: Arc::default(),
        };
        let api = self.api(run);
        let media = Media::new(
            self.library.clone(),
            base.roster.clone(),
            self.viewing.sent().clone(),
            self.settings.listen.films_per_device,
        );
        let names = Names(Arc::new(self.settings.listen.names.clone()));
        let all = Router::new()
            .merge(pages.routes())
            .merge(Arc::new(api).routes())
            .merge(media.routes())
            .merge(base.exchange.clone().routes())
            .route("/healthz", axum::routing::get(|| async { "ok\n" }))
            .layer(from_fn_with_state(names.clone(), guard))
            .layer(from_fn_with_state(voice, pages::speak));
        Beats::before(all, self.viewing.clone(), names)
    }
}

fn open_library(settings: &config::Station, base: &Base) -> Result<Library> {
    let keep = IndexKeep::open(&settings.data.join("index.db")).context("while opening the index")?;
    let indexer = Indexer::start(index_settings(settings), Box::new(keep)).context("while starting the indexer")?;
    let approval = match settings.media.approval {
        config::Approval::Folder => Approval::Folder,
        config::Approval::Desk => Approval::Desk,
        config::Approval::District => Approval::District,
    };
    Ok(Library::new(indexer, base.ledger.store().clone(), approval)?)
}

/// Somebody who was sent a piece of a film in this time is watching: phones fetch ahead and then pause.
const WATCHING: Millis = Millis::secs(20);

fn start_preparing(
    settings: &config::Station,
    library: &Library,
    viewing: &Viewing,
    screenings: &Screenings,
) -> Result<Preparer> {
    let programs = match &settings.media.ffmpeg {
        Program::Auto => Programs::find(None),
        Program::Off => None,
        Program::At(path) => Programs::find(Some(path.clone())),
    };
    let rule = match settings.media.prepare {
        config::Prepare::Auto => Rule::Auto,
        config::Prepare::Asked => Rule::Asked,
        config::Prepare::Off => Rule::Off,
    };
    let sent = viewing.sent().clone();
    let screenings = screenings.clone();
    let watched = Box::new(move || Audience {
        devices: sent.devices_within(WATCHING),
        screening: screenings.is_on(WATCHING),
    });
    Ok(Preparer::start(library.clone(), programs, rule, watched)?)
}

/// The indexer's settings from the station's.
pub fn index_settings(settings: &config::Station) -> media_index::Settings {
    media_index::Settings {
        root: settings.media.folder.clone(),
        sweep: settings.media.sweep,
        settle: settings.media.settle,
        ffprobe: match &settings.media.ffprobe {
            Program::Auto => probe::find_ffprobe(),
            Program::Off => None,
            Program::At(path) => Some(path.clone()),
        },
    }
}

/// A policy goes whole into a leaf of the ledger, which holds 64 KiB; a longer file is cut here and refused as broken.
const POLICY_LIMIT: u64 = 32 * 1024;

/// The policy of this file, or the built-in one.
pub fn read_policy(path: Option<&Path>) -> Result<Policy> {
    let Some(path) = path else {
        return Ok(Policy::built_in());
    };
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(POLICY_LIMIT).read_to_string(&mut text));
    read.with_context(|| format!("while reading the policy {}", path.display()))?;
    Policy::parse(&text).with_context(|| format!("in the policy {}", path.display()))
}

/// Says in the ledger that a run begins and how the last one ended, and closes what it left open.
fn begin_run(base: &Base, viewing: &Viewing, settings: &config::Station) -> Result<()> {
    let (ledger, now) = (base.ledger.clone(), base.clock.now());
    let (has_policy, last) = (settings.policy.is_some(), health::last_sign(&settings.data));
    base.ledger.store().write_blocking(move |tx| {
        let before = how_it_ended(tx)?;
        let boot = What::Boot {
            id: clock::boot_id(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            before,
            last,
        };
        ledger.append(tx, now, boot)?;
        Ok::<_, ledger::LedgerError>(())
    })??;
    let differed = base.ledger.store().write_blocking(viewing::rebuild_views)?;
    if differed.context("while counting the views of credit")? {
        tracing::warn!("the views of credit were not what the leaves say; they were counted again");
    }
    policy::settle(base, viewing, has_policy)?;
    let settled = viewing.settle_at_the_start().context("while dating what had no date")?;
    if settled > 0 {
        tracing::info!(settled, "hours without a date have found their year");
    }
    let left_open = viewing.recover().context("while closing what the last run left open")?;
    if left_open > 0 {
        tracing::info!(
            left_open,
            "sessions were open when the station stopped; what was acknowledged is kept"
        );
    }
    Ok(())
}

fn how_it_ended(tx: &Tx<'_>) -> Result<Before, StoreError> {
    let runs = |leaf: &Leaf| matches!(leaf.is, What::Boot { .. } | What::Stop {});
    Ok(match ledger::newest_of(tx, runs)?.map(|leaf| leaf.is) {
        None => Before::First,
        Some(What::Stop {}) => Before::Stopped,
        Some(_) => Before::Cut,
    })
}

fn end_run(base: &Base) -> Result<()> {
    if base.ledger.halted().is_some() {
        return Ok(());
    }
    let (ledger, now) = (base.ledger.clone(), base.clock.now());
    base.ledger
        .store()
        .write_blocking(move |tx| ledger.append(tx, now, What::Stop {}))??;
    Ok(())
}

/// Leaves that an older program wrote take their short form, a few at a time beside everything else.
async fn fold_leaves(ledger: Ledger, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match ledger.fold_some().await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                tracing::warn!(%error, "old entries could not be made shorter; they stay as they are until the next start");
                return;
            }
        }
    }
}

async fn close_idle_sessions(
    viewing: Viewing,
    screenings: Screenings,
    (dispatches, library): (Dispatches, Library),
    stop: CancellationToken,
) {
    let mut every = tokio::time::interval(Duration::from_secs(60));
    loop {
        tokio::select! { () = stop.cancelled() => return, _ = every.tick() => {} }
        if let Err(error) = viewing.close_idle().await {
            tracing::warn!(%error, "idle sessions could not be closed; it is tried again");
        }
        let policies = viewing.clone();
        if let Ok(Err(error)) = tokio::task::spawn_blocking(move || policies.refresh_policies()).await {
            tracing::warn!(%error, "the policies could not be read; it is tried again");
        }
        let (dispatches, library) = (dispatches.clone(), library.clone());
        let look = move || look_at_dispatches(&dispatches, &library);
        if let Ok(Err(error)) = tokio::task::spawn_blocking(look).await {
            tracing::warn!(%error, "what the district sent could not be carried out; it is tried again");
        }
        if let Err(error) = screenings.close_left_lying().await {
            tracing::warn!(%error, "a screening could not be closed; it is tried again");
        }
    }
}

impl Districts for Exchange {
    fn list(&self) -> Result<Vec<(String, String)>, Problem> {
        Ok(self
            .districts()?
            .into_iter()
            .map(|d| (d.name.to_string(), keys::fingerprint(&d.key)))
            .collect())
    }

    fn make_code(&self) -> Result<String, Problem> {
        Ok(self.enrol_code()?)
    }

    fn carry(&self, stick: &Path) -> Result<Carried, Problem> {
        let carried = Self::carry(self, stick).map_err(|error| {
            tracing::warn!(%error, stick = %stick.display(), "the log was not written to the stick");
            Problem::unprocessable(
                "台账没有写到 U 盘上：可能写保护、满了或者拔早了。站点里的一条没少，换个 U 盘再试。",
                "The log was not written to the stick: it may be write-protected, full, or pulled too early. Nothing is lost.",
            )
        })?;
        for why in &carried.back.refused {
            tracing::warn!(why, "a record on the stick was not taken");
        }
        Ok(Carried {
            leaves: carried.leaves,
            cosigned: carried.back.cosigned,
            down: carried.back.dispatched,
            refused: carried.back.refused.len(),
        })
    }
}

/// A policy that a district brings holds at once, not at the next minute; and its visit may date what had no date.
fn follow_district(base: &Base, viewing: &Viewing) {
    let (clock, settling) = (Arc::clone(&base.clock), viewing.clone());
    base.exchange.on_district_time(Box::new(move |unix_ms| {
        believe_district(&clock, unix_ms);
        let settling = settling.clone();
        tokio::spawn(async move { steps::settle(&settling).await });
    }));
    let viewing = viewing.clone();
    base.exchange.on_district_policy(Box::new(move || {
        if let Err(error) = viewing.refresh_policies() {
            tracing::warn!(%error, "the policies could not be read; it is tried again within a minute");
        }
    }));
}

/// What a district sent down holds on its day: the list of approved items decides about the shelf.
fn look_at_dispatches(dispatches: &Dispatches, library: &Library) -> Result<(), StoreError> {
    dispatches.carry_out_due()?;
    library.set_listed(dispatches.approved()?.unwrap_or_default());
    Ok(())
}

/// What a district sends holds at once, not at the next minute.
fn follow_dispatches(base: &Base, library: &Library) -> Result<()> {
    look_at_dispatches(&base.dispatches, library).context("while reading what the district sent")?;
    let (dispatches, library) = (base.dispatches.clone(), library.clone());
    base.exchange.on_dispatch(Box::new(move || {
        if let Err(error) = look_at_dispatches(&dispatches, &library) {
            tracing::warn!(%error, "what the district sent could not be read; it is tried again within a minute");
        }
    }));
    Ok(())
}

/// The district's clock is better than a box without a battery; so it is believed until the next start.
fn follow_district_time(base: &Base) {
    let clock = Arc::clone(&base.clock);
    base.exchange
        .on_district_time(Box::new(move |unix_ms| believe_district(&clock, unix_ms)));
}

fn believe_district(clock: &SystemClock, unix_ms: i64) {
    if clock.now().trust < Trust::Ntp {
        clock.correct(unix_ms, Trust::District);
    }
}
