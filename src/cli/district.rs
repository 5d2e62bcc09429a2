//! Commands of a district.

use std::fs;
use std::io::{BufRead, BufWriter, IsTerminal, Read, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::args::{Common, District as Command};
use super::{policy, station, undated};
use crate::app;
use crate::config;
use crate::credit::Policies;
use crate::district::{District, DistrictError, Manager, Pulled, Role, Shown, Signer, fingerprint};
use crate::exchange;
use crate::report::xapi::Home;
use crate::report::{Recount, csv, places, tables};
use crate::types::{Origin, Year};

/// Runs one command.
pub(super) fn run(common: &Common, command: &Command) -> Result<()> {
    let mut config = config::District::load(common.config.as_deref())?;
    if let Some(data) = &common.data {
        config.data.clone_from(data);
    }
    if let Some(listen) = common.listen {
        config.listen.address = listen;
    }
    let district = District::open(app::district_settings(&config))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(16)
        .enable_all()
        .build()?;
    match command {
        Command::Serve => runtime.block_on(serve(district, &config)),
        Command::Account { name, role } => runtime.block_on(account(&district, name, role)),
        Command::Enrol { url, code } => runtime.block_on(enrol(&district, url, code)),
        Command::ToServer => {
            for (table, rows) in district.carry_over()? {
                println!("{table}: {rows} rows");
            }
            println!("the books are on the server from now on; district.db is kept as it was, and used no more");
            Ok(())
        }
        Command::Pull { station } => runtime.block_on(pull(&district, station.as_deref())),
        Command::Photos { station } => runtime.block_on(photos(&district, station.as_deref())),
        Command::Import { folder } => runtime.block_on(import(&district, folder)),
        Command::Epoch { station, folder } => epoch(&district, station, folder),
        Command::Settle { station } => {
            if !district.settle(station)? {
                bail!("nothing of {station} is frozen");
            }
            println!("{station} is settled: its credit counts to the end of what was cosigned");
            Ok(())
        }
        Command::Undated => runtime.block_on(undated::list(&district)),
        Command::Year {
            ledger,
            entry,
            year,
            evidence,
        } => runtime.block_on(undated::decide(&district, ledger, *entry, Year(*year), evidence)),
        Command::Receipt { receipt: given } => receipt(&district, given),
        Command::Report { year, csv, policy } => {
            let policies = match policy {
                Some(one) => app::read_policy(Some(one))?.into(),
                None => district.policies(app::read_policy(config.policy.as_deref())?)?,
            };
            report(&district, &policies, year.map(Year), csv.as_deref())
        }
        Command::Down(command) => runtime.block_on(super::down::run(&district, command)),
        Command::Policy(command) => policy::at_district(&district, command),
        Command::Xapi { home, station, file } => xapi(&district, home, station.as_deref(), file.as_deref()),
    }
}

/// Pages and pulling, until it is told to stop.
async fn serve(district: District, config: &config::District) -> Result<()> {
    station::log(config.log);
    let address = config.listen.address;
    let listener = TcpListener::bind(address).await.with_context(|| {
        format!("while listening on {address} (is another program using the port? --listen chooses another)")
    })?;
    let mut said = vec!["区县的页面开了：".to_owned()];
    said.extend(
        app::reachable(listener.local_addr()?)
            .iter()
            .map(|address| format!("  {address}")),
    );
    if !district.accounts().any()? {
        said.push("还没有账号，请先建一个：yuanjiao district account 姓名 --role sign".to_owned());
    }
    said.push(format!("台账存在：{}\n", config.data.display()));
    // Nobody may be reading: a closed console must not end the office.
    drop(std::io::stdout().lock().write_all(said.join("\n").as_bytes()));
    let stop = CancellationToken::new();
    tokio::spawn(station::wait_for_the_end(stop.clone()));
    app::serve_district(district, config, listener, stop).await
}

/// Makes or changes an account; whoever can run this could edit the database as well.
async fn account(district: &District, name: &str, role: &str) -> Result<()> {
    let role = Role::read(role).with_context(|| format!("{role:?} is no role; it should be see, manage or sign"))?;
    if std::io::stdin().is_terminal() {
        eprintln!("口令（至少 8 个字）passphrase: ");
    }
    let mut passphrase = String::new();
    std::io::stdin().lock().take(1_024).read_line(&mut passphrase)?;
    let passphrase = passphrase.trim_end_matches(['\r', '\n']);
    district
        .accounts()
        .set(name, role, passphrase, &Signer::on_the_console())
        .await?;
    println!("{name}: {}", role.word());
    Ok(())
}

async fn enrol(district: &District, url: &str, code: &str) -> Result<()> {
    let station = district.enrol(url, code).await?;
    println!("{} is enrolled", station.origin);
    println!(
        "fingerprints to compare by telephone: station {}, district {}",
        fingerprint(&station.key),
        district.fingerprint()
    );
    Ok(())
}

async fn pull(district: &District, only: Option<&str>) -> Result<()> {
    let outcomes = district.pull(only).await?;
    let mut faults = 0;
    for (origin, outcome) in &outcomes {
        faults += usize::from(!say(origin, outcome));
    }
    if faults > 0 {
        bail!("{faults} of {} stations need a look", outcomes.len());
    }
    Ok(())
}

/// One line per station; what a log names and the station does not have is said, and is a fault.
async fn photos(district: &District, only: Option<&str>) -> Result<()> {
    let outcomes = district.photos(only).await?;
    let mut faults = 0;
    for (origin, outcome) in &outcomes {
        match outcome {
            Ok(of) => println!("{origin}: {} photos, {} new, {} lacking", of.kept, of.new, of.lacking),
            Err(error) => println!("{origin}: {error}"),
        }
        faults += usize::from(!matches!(outcome, Ok(of) if of.lacking == 0));
    }
    if faults > 0 {
        bail!("photos of {faults} of {} stations are lacking", outcomes.len());
    }
    Ok(())
}

/// One line per station and one per alert; true if all is well.
fn say(origin: &Origin, outcome: &Result<Pulled, DistrictError>) -> bool {
    match outcome {
        Ok(pulled) => {
            println!(
                "{origin}: {} leaves, {} new{}",
                pulled.size,
                pulled.new,
                if pulled.cosigned.is_some() { ", cosigned" } else { "" }
            );
            pulled.alerts.iter().for_each(|alert| println!("{origin}: {alert}"));
            if let Some(at) = pulled.frozen_at {
                println!(
                    "{origin}: its credit is frozen from leaf {at} on; when somebody has looked at the fork: \
                     yuanjiao district settle {origin}, or yuanjiao district epoch {origin} FOLDER"
                );
            }
            pulled.alerts.is_empty()
        }
        Err(error) => {
            println!("{origin}: {error}");
            // Somebody else is at it, which is no fault.
            matches!(error, DistrictError::Taken(_))
        }
    }
}

async fn import(district: &District, folder: &Path) -> Result<()> {
    let logs = District::logs_in(folder);
    if logs.is_empty() {
        bail!(
            "{} holds no log: neither a checkpoint nor a folder {}",
            folder.display(),
            exchange::ON_STICK
        );
    }
    let mut faults = 0;
    for log in &logs {
        let done = match district.import(log).await {
            Ok((origin, pulled)) => {
                let leaves = pulled.size.to_string();
                district
                    .audit(&Manager::on_the_console(), "import", origin.as_str(), &leaves)
                    .await?;
                say(&origin, &Ok(pulled))
            }
            Err(error) => {
                println!("{}: {error}", log.display());
                false
            }
        };
        faults += usize::from(!done);
    }
    if faults > 0 {
        bail!("{faults} of {} logs need a look", logs.len());
    }
    Ok(())
}

/// Signs a new epoch and writes it for the station.
fn epoch(district: &District, station: &str, folder: &Path) -> Result<()> {
    let (next, statement) = district.epoch(station)?;
    let leaves = district.write_epoch(station, &statement, app::STATEMENT, folder)?;
    println!("{next} may begin after {leaves} leaves of {station}; at the station:");
    println!(
        "yuanjiao epoch FOLDER --district-fingerprint \"{}\"",
        district.fingerprint()
    );
    Ok(())
}

/// What a receipt shows; a failure unless the copy holds the leaf.
fn receipt(district: &District, given: &str) -> Result<()> {
    let path = Path::new(given);
    let text = if path.is_file() {
        fs::read_to_string(path).with_context(|| format!("while reading {given}"))?
    } else {
        given.to_owned()
    };
    let looked = district.receipt(&text)?;
    let (station, index, size) = (&looked.station, looked.index, looked.size);
    match looked.shown {
        Shown::Included => {
            println!("{station}: leaf {index} is in the log that was pulled, as the receipt says");
            Ok(())
        }
        Shown::Omitted => bail!(
            "OMITTED: {station} signed leaf {index} under {size} leaves, and the log that it gave the district lacks it. \
             The receipt is kept as proof"
        ),
        Shown::NotPulled(known) => bail!(
            "{station} signed leaf {index} under {size} leaves, {known} were pulled so far. The receipt is kept; \
             pull now, and a log that lacks it will be named"
        ),
    }
}

fn report(district: &District, policies: &Policies, only: Option<Year>, folder: Option<&Path>) -> Result<()> {
    let stations = district.recount()?;
    let counts: Vec<Recount> = stations.iter().map(|(_, count)| count.clone()).collect();
    let at_once = places::at_once(&counts);
    for one in &at_once {
        let names: Vec<&str> = one.stations.iter().map(|at| stations[*at].0.as_str()).collect();
        println!("同时在几个站点，只算一份：{} {}", one.member, names.join(" "));
    }
    let years = only.map_or_else(|| tables::years(&counts), |year| vec![year]);
    for year in years {
        let lines = tables::members(&counts, policies, year);
        say_year(&lines, &counts, policies, year);
        if let Some(folder) = folder {
            write(folder, &format!("hours-{}.csv", year.0), &csv::members(&lines, year)?)?;
        }
    }
    if let Some(folder) = folder {
        write(folder, "sessions.csv", &csv::sessions(&stations)?)?;
        write(folder, "at-once.csv", &csv::at_once(&stations, &at_once)?)?;
        write(folder, "corrections.csv", &csv::corrections(&stations)?)?;
    }
    Ok(())
}

fn say_year(lines: &[tables::MemberLine], counts: &[Recount], policies: &Policies, year: Year) {
    println!("年度 {}，学时办法 {}", year.0, tables::policy_names(lines).join("、"));
    println!("党员编号\t党支部\t身份\t学时\t秒数\t人次");
    for line in lines {
        let (hours, seconds) = (line.tally.total, line.tally.raw.as_secs());
        println!(
            "{}\t{}\t{}\t{hours}\t{seconds}\t{}",
            line.member, line.branch, line.role, line.sessions
        );
    }
    let sums = tables::sums(counts, policies, year);
    println!(
        "合计：{} 人次，{} 人，{} 秒\n",
        sums.person_times,
        sums.persons,
        sums.credited.as_secs()
    );
}

fn xapi(district: &District, home: &str, only: Option<&str>, file: Option<&Path>) -> Result<()> {
    let home = Home::new(home)?;
    let Some(path) = file else {
        district.xapi(&home, only, &mut BufWriter::new(std::io::stdout().lock()))?;
        return Ok(());
    };
    let file = fs::File::create(path).with_context(|| format!("while making {}", path.display()))?;
    let written = district.xapi(&home, only, &mut BufWriter::new(&file))?;
    file.sync_all()
        .with_context(|| format!("while writing {}", path.display()))?;
    println!("{written} statements in {}", path.display());
    Ok(())
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    fs::create_dir_all(folder)?;
    let path = folder.join(name);
    fs::write(&path, bytes).with_context(|| format!("while writing {}", path.display()))
}
