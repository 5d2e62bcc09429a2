//! `yuanjiao district down …`: what goes down to stations, from the console.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::args::{Down as Command, For};
use crate::clock::day_named;
use crate::dispatch::{Kind, LINE, Notice, WORDS};
use crate::district::down::{self, Faulty, Piece, Scope};
use crate::district::{District, Signer};
use crate::keys;
use crate::roster;
use crate::types::Origin;

/// No sheet is longer.
const LIMIT: u64 = 2 << 20;

/// Runs one command.
pub(super) async fn run(district: &District, command: &Command) -> Result<()> {
    match command {
        Command::Roster {
            station,
            file,
            from,
            dry_run,
        } => send_roster(district, station, file, from.as_deref(), *dry_run).await,
        Command::Plan { file, who } => {
            let known = district.known_items().await?;
            let pieces = down::plan(&sheet(file)?, &known).map_err(|faults| said(&faults));
            send(district, who, Kind::Plan, pieces?).await
        }
        Command::Approved { file, who } => {
            let known = district.known_items().await?;
            let read = down::approved(&sheet(file)?, &known, &district.today_named());
            send(district, who, Kind::Approved, read.map_err(|faults| said(&faults))?).await
        }
        Command::Notice {
            title,
            text,
            from,
            until,
            who,
        } => {
            let from = from.clone().unwrap_or_else(|| district.today_named());
            let notice = notice(title, text, &from, until)?;
            let scope = scope(district, who)?;
            let piece = Piece::notice(keys::random_id().to_string(), &notice);
            district
                .add_down(&scope, Kind::Notices, piece, &Signer::on_the_console())
                .await?;
            println!("the notice goes to {} with the next contact", scope.word());
            Ok(())
        }
        Command::List => list(district).await,
    }
}

async fn send(district: &District, who: &For, kind: Kind, pieces: Vec<Piece>) -> Result<()> {
    let (scope, count) = (scope(district, who)?, pieces.len());
    let by = Signer::on_the_console();
    district.send_down(&scope, kind, pieces, &by).await?;
    println!("{count} entries go to {} with the next contact", scope.word());
    Ok(())
}

fn scope(district: &District, who: &For) -> Result<Scope> {
    Ok(match (&who.station, &who.town) {
        (Some(station), _) => Scope::Station(enrolled(district, station)?),
        (None, Some(town)) => Scope::Town(town.trim().to_owned()),
        (None, None) => Scope::All,
    })
}

fn enrolled(district: &District, name: &str) -> Result<Origin> {
    let found = district
        .stations()?
        .into_iter()
        .find(|station| station.origin.as_str() == name);
    Ok(found.with_context(|| format!("no station {name} is enrolled"))?.origin)
}

fn sheet(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path).with_context(|| format!("while opening {}", path.display()))?;
    file.take(LIMIT + 1)
        .read_to_end(&mut bytes)
        .with_context(|| format!("while reading {}", path.display()))?;
    Ok(bytes)
}

fn said(faults: &[Faulty]) -> anyhow::Error {
    for faulty in faults {
        eprintln!("第 {} 行：{}", faulty.line, faulty.fault.sentence(true));
    }
    anyhow::anyhow!("{} lines are wrong; nothing was changed", faults.len())
}

fn notice(title: &str, text: &str, from: &str, until: &str) -> Result<Notice> {
    let days = day_named(from).zip(day_named(until));
    let fits = !title.trim().is_empty() && title.chars().count() <= LINE && text.chars().count() <= WORDS;
    if days.is_none_or(|(from, until)| from > until) || !fits {
        bail!("a notice has a title of at most {LINE} characters, at most {WORDS} of text, and days like 2026-11-26");
    }
    Ok(Notice {
        title: title.trim().to_owned(),
        text: text.trim().to_owned(),
        from: from.trim().to_owned(),
        until: until.trim().to_owned(),
    })
}

async fn send_roster(district: &District, name: &str, file: &Path, from: Option<&str>, dry_run: bool) -> Result<()> {
    let station = enrolled(district, name)?;
    let from = from.map_or_else(|| district.today_named(), |day| day.trim().to_owned());
    if day_named(&from).is_none() {
        bail!("{from:?} is no day; it should look like 2027-01-01");
    }
    let present = district.roster_of(&station).await?;
    let plan = roster::plan(&sheet(file)?, &present);
    if !plan.faults.is_empty() {
        for fault in &plan.faults {
            eprintln!("第 {} 行：{}", fault.line, fault.fault.zh());
        }
        bail!("{} lines are wrong; nothing was changed", plan.faults.len());
    }
    let members = down::whole(&plan, &present);
    println!(
        "{} members: {} new, {} no longer listed",
        members.len(),
        plan.added.len(),
        plan.not_in_file.len()
    );
    if dry_run {
        return Ok(());
    }
    let pieces = vec![Piece::roster(members, &from)];
    let by = Signer::on_the_console();
    district
        .send_down(&Scope::Station(station), Kind::Roster, pieces, &by)
        .await?;
    println!("it holds from {from} and goes to {name} with the next contact");
    Ok(())
}

async fn list(district: &District) -> Result<()> {
    for sent in district.sent_down().await? {
        let has = match (sent.taken_s, sent.refused.as_str()) {
            (0, "") => "waits for the next contact".to_owned(),
            (0, why) => format!("was refused: {why}"),
            _ => "was taken".to_owned(),
        };
        let (station, kind) = (&sent.station, sent.kind.word());
        println!("{station}\t{kind}\t{} entries\tfrom {}\t{has}", sent.entries, sent.from);
    }
    Ok(())
}
