//! The one place where everything is built, once, and handed to those who need it. Nobody imports this but `cli`.
//!
//! The order of a start: settings, keys, database, boot number and clock, ledger, roster, library, viewing (which closes
//! what a power cut left open), doors, socket. The order of a stop is the same backwards, with a last leaf.

mod addresses;
mod backups;
mod base;
mod district;
mod epoch;
mod follow;
mod health;
mod permit;
mod policy;
mod recovery;
mod removed;
mod run;
mod samples;
mod steps;
mod sweep;
mod witness;

use std::fs::File;
use std::io::Read;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::Router;
use axum::middleware::from_fn_with_state;
use media_index::{Indexer, probe};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::api::{Api, Beats};
use crate::clock::Clock;
use crate::config::{self, Program};
use crate::credit::Policy;
use crate::http::Answers;
use crate::http::guard::{Names, guard};
use crate::intake::Intake;
use crate::keys::{self, Keys};
use crate::library::{Approval, IndexKeep, Library};
use crate::look;
use crate::media::{Films, Media};
use crate::pages::{self, Pages, Waiting};
use crate::prepare::{Audience, Preparer, Programs, Rule};
use crate::roster::Operator;
use crate::screening::Screenings;
use crate::server::{self, Limits};
use crate::types::Millis;
use crate::viewing::Viewing;

use backups::Backups;

pub use addresses::reachable;
pub use backups::{copy_into, copy_photos};
pub use base::Base;
pub use district::{district_settings, serve_district};
pub use epoch::{Begun, STATEMENT, begin as begin_epoch};
pub use permit::After;
pub use recovery::{Restored, from_copy};

/// A station, built and not yet listening.
#[derive(Debug)]
pub struct Station {
    base: Base,
    library: Library,
    viewing: Viewing,
    screenings: Screenings,
    preparer: Preparer,
    intake: Intake,
    permits: permit::Permits,
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
        permit::begin(&settings).context("while looking for a permit of a new epoch")?;
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
        match base.ledger.halted() {
            None => {
                run::begin(&base, &viewing, &settings)?;
                follow::district(&base, &viewing);
            }
            Some(halt) => tracing::error!(
                %halt,
                "台账停了：片子照放，学时记不下，管理台“县里”一页的“台账的情况”说下一步怎么办 (films play, no hours are recorded; the desk says what to do)"
            ),
        }
        follow::dispatches(&base, &library)?;
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
        let permits = permit::Permits::new(&base, &settings);
        Ok(Self {
            base,
            library,
            viewing,
            screenings,
            preparer,
            intake,
            permits,
            settings,
            _only_one: only_one,
            first_code,
        })
    }

    /// Serves until `stop`, or until the operator begins a new epoch; then says goodbye in the ledger.
    pub async fn serve(self, listener: TcpListener, stop: CancellationToken) -> Result<After> {
        let stop = stop.child_token();
        self.permits.stops(stop.clone());
        let address = listener.local_addr()?;
        let listen = &self.settings.listen;
        let limits = Limits {
            connections: listen.connections,
            per_address: listen.per_address,
            header_time: listen.header_time,
            stalled_reader: listen.stalled_reader,
        };
        let routes = self.routes(address);
        let sweep = tokio::spawn(sweep::each_minute(
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
            self.base.clock.clone(),
            stop.clone(),
        );
        let steps = tokio::spawn(steps);
        let health = tokio::spawn(self.health().watch(stop.clone()));
        let folding = tokio::spawn(sweep::fold_leaves(self.base.ledger.clone(), stop.clone()));
        server::notify(sd_notify::NotifyState::Ready);
        server::run(listener, routes, limits, stop).await;
        // Whoever begins anew in its own place does not stop for systemd, which would count the time and kill it.
        if self.permits.after() == After::End {
            server::notify(sd_notify::NotifyState::Stopping);
        }
        // Each has heard `stop`; what one is about to write is written before the last entry, and nobody holds the
        // database any longer when this returns.
        drop(tokio::join!(sweep, steps, health, folding, copies));
        let (base, preparer) = (self.base.clone(), self.preparer.clone());
        let end = move || {
            preparer.stop();
            let ended = run::end(&base);
            backups.leave_checkpoint();
            ended
        };
        tokio::task::spawn_blocking(end).await??;
        Ok(self.permits.after())
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

    fn routes(&self, address: SocketAddr) -> impl Answers + use<> {
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
            epochs: Arc::new(self.permits.clone()),
            permit: pages::Shown::default(),
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
            .merge(media.clone().routes())
            .merge(base.exchange.clone().routes())
            .route("/healthz", axum::routing::get(|| async { "ok\n" }))
            .layer(from_fn_with_state(names.clone(), guard))
            .layer(from_fn_with_state(voice, pages::speak));
        let all = Films::before(all, media, names.clone());
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
    // A converter that may not be used is not one that is missing: the desk says who can switch it on.
    let rule = match (settings.media.prepare, &settings.media.ffmpeg) {
        (config::Prepare::Off, _) | (_, Program::Off) => Rule::Off,
        (config::Prepare::Auto, _) => Rule::Auto,
        (config::Prepare::Asked, _) => Rule::Asked,
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
