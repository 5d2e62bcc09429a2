//! `yuanjiao district undated`, `yuanjiao district year …`: hours that no clock dates, where nobody opens the pages.

use anyhow::{Context, Result, bail};

use crate::clock::local_date;
use crate::district::{District, Manager, Signer, Undated};
use crate::types::{Origin, Year};

/// Hours without a year, of all stations.
pub(super) async fn list(district: &District) -> Result<()> {
    let mut all = 0;
    for station in district.stations()? {
        for group in district.undated(&station.origin).await? {
            println!("{}", line(&station.origin, &group));
            all += 1;
        }
    }
    if all == 0 {
        println!("all hours have their year, or a decision about them is on its way");
    }
    Ok(())
}

fn line(log: &Origin, group: &Undated) -> String {
    let day = |unix_ms| local_date(unix_ms).map_or_else(String::new, |date| date.to_string());
    let within = group.within();
    let members = group.members().into_iter();
    let members: Vec<String> = members
        .map(|(member, time)| format!("{member} {} s", time.as_secs()))
        .collect();
    let years: Vec<String> = group.years.iter().map(|year| year.0.to_string()).collect();
    format!(
        "{log} entry {}: {} from {} to {}, in {}",
        group.first(),
        members.join(", "),
        day(within.lo),
        within.hi.map_or_else(|| "now".to_owned(), day),
        years.join(" or ")
    )
}

/// Decides in which year they were earned. It takes one person, and whoever can run this could edit the database as well.
pub(super) async fn decide(district: &District, log: &str, entry: u64, year: Year, evidence: &str) -> Result<()> {
    let log = Origin::new(log).with_context(|| format!("{log:?} is no name of a ledger"))?;
    let groups = district.undated(&log).await?;
    let Some(group) = groups.iter().find(|group| group.first() == entry) else {
        bail!("no hours without a year begin at entry {entry} of {log}: yuanjiao district undated lists them");
    };
    let Some(decides) = group.into_year(year) else {
        bail!("these hours cannot be of {}: {}", year.0, line(&log, group));
    };
    let console = Manager::on_the_console();
    let number = district.ask_ruling(&log, decides, evidence, &console).await?;
    if let Err(why) = district.sign_ruling(&log, number, &Signer::on_the_console()).await {
        district.drop_ruling(&log, number, &console).await?;
        return Err(why.into());
    }
    println!("signed: the station gets decision {number} with the next pull, or on a stick");
    Ok(())
}
