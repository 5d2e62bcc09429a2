//! Commands on a station's data.

use std::io::{IsTerminal, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::args::{Common, Ledger, Member};
use crate::app::{self, After, Base, Station};
use crate::config;
use crate::library::IndexKeep;
use crate::look::qr;
use crate::roster::{Operator, Plan};
use crate::types::MemberId;

pub(super) fn settings(common: &Common) -> Result<config::Station> {
    let mut settings = config::Station::load(common.config.as_deref())?;
    if let Some(data) = &common.data {
        settings.data.clone_from(data);
    }
    if let Some(media) = &common.media {
        settings.media.folder.clone_from(media);
    }
    if let Some(listen) = common.listen {
        settings.listen.address = listen;
    }
    Ok(settings)
}

/// The event loop on which everything is answered; films flow on one of their own (`server/lanes.rs`), and whatever waits
/// or reckons for long does so in other threads. Two loops that shared all connections cost a third more for each gigabyte,
/// because sockets went to and fro between the cores. Blocking threads are capped, or a slow disk would breed them.
fn runtime() -> Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder
        .worker_threads(1)
        .max_blocking_threads(16)
        .enable_all()
        .build()
        .context("while starting the event loop")
}

/// To standard error; in colour only where somebody looks at it.
pub(super) fn log(level: tracing::Level) {
    let colour = std::io::stderr().is_terminal();
    let logger = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .with_ansi(colour);
    drop(logger.with_target(false).try_init());
}

/// Starts a station and serves until it is told to stop.
pub(super) fn serve(common: &Common) -> Result<()> {
    let settings = settings(common)?;
    log(settings.log);
    let address = settings.listen.address;
    let media = settings.media.folder.clone();
    let station = Station::build(settings)?;
    let after = runtime()?.block_on(async {
        let listener = TcpListener::bind(address).await.with_context(|| {
            format!("while listening on {address} (is another program using the port? --listen chooses another)")
        })?;
        welcome(&station, &listener, &media)?;
        let stop = CancellationToken::new();
        tokio::spawn(wait_for_the_end(stop.clone()));
        station.serve(listener, stop).await
    })?;
    match after {
        After::End => Ok(()),
        After::Again => bail!(
            "the station could not start again by itself: {}",
            super::memory::again()
        ),
    }
}

pub(super) async fn wait_for_the_end(stop: CancellationToken) {
    let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
        return;
    };
    tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
    stop.cancel();
}

/// What the operator sees first. Nobody may be reading: a closed console must not end the station.
fn welcome(station: &Station, listener: &TcpListener, media: &Path) -> Result<()> {
    let addresses = app::reachable(listener.local_addr()?);
    let mut said = vec!["远教站已经开了。手机连上站点的无线网，打开下面的地址，或者扫码：".to_owned()];
    said.extend(addresses.iter().map(|address| format!("  {address}")));
    if let Some(address) = addresses.first() {
        said.push(format!("\n{}\n管理台：{address}desk", qr::to_console(address)));
    }
    said.extend(
        station
            .first_code
            .iter()
            .map(|code| format!("管理员一次性验证码：{code}")),
    );
    said.push(format!("课件文件夹：{}\n", media.display()));
    let mut console = std::io::stdout().lock();
    drop(
        console
            .write_all(said.join("\n").as_bytes())
            .and_then(|()| console.flush()),
    );
    Ok(())
}

/// Looks at the media folder once.
pub(super) fn scan(common: &Common) -> Result<()> {
    let settings = settings(common)?;
    log(settings.log);
    let keep = IndexKeep::open(&settings.data.join("index.db"))?;
    let catalogue = media_index::scan_once(app::index_settings(&settings), Box::new(keep))?;
    for item in catalogue.items() {
        println!("{}\t{:?}\t{}", item.id, item.plays, item.places[0].readable());
    }
    for trouble in &catalogue.troubles {
        let why = match &trouble.standing {
            media_index::Standing::Copying { .. } => "still growing".to_owned(),
            media_index::Standing::Damaged(damage) => damage.to_string(),
        };
        println!("-\t{why}\t{}", trouble.place.readable());
    }
    println!(
        "{} items, {} files that are not shown",
        catalogue.items().count(),
        catalogue.troubles.len()
    );
    Ok(())
}

/// Changes the roster.
pub(super) fn member(common: &Common, command: &Member) -> Result<()> {
    let base = Base::open(&settings(common)?)?;
    match command {
        Member::Import { file, dry_run } => import(&base, file, *dry_run),
        Member::Remove { number } => remove(&base, number),
    }
}

fn remove(base: &Base, number: &str) -> Result<()> {
    let id = MemberId::new(number)?;
    let removed = runtime()?.block_on(base.roster.remove(id, &Operator::on_the_console()))?;
    if !removed {
        bail!("the roster has no number {number}");
    }
    println!("{number} is removed; copies taken before hold the name until they are replaced by newer ones");
    Ok(())
}

/// Imports a roster, or says what an import would do.
fn import(base: &Base, file: &Path, dry_run: bool) -> Result<()> {
    let bytes = std::fs::read(file).with_context(|| format!("while reading {}", file.display()))?;
    runtime()?.block_on(async {
        let plan = base.roster.plan(bytes).await?;
        say_plan(&plan);
        if !plan.faults.is_empty() {
            bail!(
                "{} has {} faults; nothing was imported",
                file.display(),
                plan.faults.len()
            );
        }
        if dry_run {
            println!("dry run: nothing was changed");
            return Ok(());
        }
        match base.roster.apply(plan, &Operator::on_the_console()).await? {
            Ok(done) => println!("imported: {} added, {} changed", done.added, done.changed),
            Err(_) => bail!("the roster was changed meanwhile; nothing was imported, please run it again"),
        }
        Ok(())
    })
}

fn say_plan(plan: &Plan) {
    for fault in &plan.faults {
        println!("line {}: {} {}", fault.line, fault.fault.zh(), fault.fault.en());
    }
    for new in &plan.added {
        println!("+ {} {}", new.member.id, new.member.branch);
    }
    for (old, new) in &plan.changed {
        println!("~ {} {} -> {}", old.id, old.branch, new.member.branch);
    }
    println!(
        "{} to add, {} to change, {} as they are, {} not in the file (they stay)",
        plan.added.len(),
        plan.changed.len(),
        plan.unchanged,
        plan.not_in_file.len()
    );
}

/// Checks or exports the ledger.
pub(super) fn ledger(common: &Common, command: &Ledger) -> Result<()> {
    let base = Base::open(&settings(common)?)?;
    match command {
        Ledger::Verify => verify(&base),
        Ledger::Export { folder } => {
            let back = base.exchange.take_back(folder)?;
            if let Some(size) = back.cosigned {
                println!("the district has cosigned {size} leaves");
            }
            back.policies
                .iter()
                .for_each(|name| println!("the policy {name} came with it"));
            back.dispatched
                .iter()
                .for_each(|kind| println!("{} of the district came with it", kind.word()));
            back.refused
                .iter()
                .for_each(|why| println!("what the district put there was not taken: {why}"));
            let leaves = base.exchange.export(folder)?;
            println!(
                "{leaves} leaves of {} are in {}",
                base.ledger.origin(),
                folder.display()
            );
            Ok(())
        }
    }
}

fn verify(base: &Base) -> Result<()> {
    if let Some(halt) = base.ledger.halted() {
        bail!("{halt}");
    }
    let found = base.ledger.verify()?;
    for fault in &found.faults {
        eprintln!("{fault}");
    }
    let root = data_encoding::BASE64.encode(&found.root);
    println!(
        "{}: {} leaves, root {root}, {} checkpoints fit",
        base.ledger.origin(),
        found.leaves,
        found.checkpoints
    );
    if found.faults.is_empty() {
        Ok(())
    } else {
        bail!("the ledger has {} faults", found.faults.len())
    }
}

/// Makes a one-time code for a new passphrase.
pub(super) fn operator_code(common: &Common) -> Result<()> {
    let base = Base::open(&settings(common)?)?;
    println!("{}", base.roster.one_time_code(&Operator::on_the_console())?);
    Ok(())
}

/// Makes a one-time enrolment code.
pub(super) fn enrol_code(common: &Common) -> Result<()> {
    let base = Base::open(&settings(common)?)?;
    println!("{}", base.exchange.enrol_code()?);
    Ok(())
}
