//! `yuanjiao policy …` at a station, `yuanjiao district policy …` at a district.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::args::{Common, DistrictPolicy, Policy as Command};
use super::station::settings;
use crate::app::Base;
use crate::clock::{Clock, day_of};
use crate::district::District;
use crate::exchange::Offered;
use crate::ledger::decree::DECREE_LIMIT;
use crate::viewing;

/// At a station.
pub(super) fn run(common: &Common, command: &Command) -> Result<()> {
    let base = Base::open(&settings(common)?)?;
    match command {
        Command::Show => show(&base),
        Command::Apply { file } => apply(&base, file),
    }
}

fn show(base: &Base) -> Result<()> {
    let policies = base.ledger.store().read_blocking(viewing::policies_of)?;
    let Some(policies) = policies else {
        bail!("the ledger names no policy yet: start the station once");
    };
    let today = day_of(base.clock.now().wall_ms);
    println!("{}", policies.on(today).text);
    for (_, name) in policies.after(today) {
        println!("# to come into force later: {name}");
    }
    Ok(())
}

fn apply(base: &Base, file: &Path) -> Result<()> {
    match base.exchange.offer_policy(text_of(file)?)? {
        Offered::Taken(name, from) => println!("policy {name} is taken and holds from {from}"),
        Offered::Known => println!("this policy was taken before; nothing was changed"),
        Offered::Older => bail!("a later policy of this district is in the ledger; nothing was changed"),
        Offered::Refused(why) => bail!("{why}; nothing was changed"),
        Offered::Unreadable(why) => bail!("the policy is signed, but this program cannot read it: {why}"),
    }
    Ok(())
}

fn text_of(path: &Path) -> Result<String> {
    let mut text = String::new();
    let file = File::open(path).with_context(|| format!("while opening {}", path.display()))?;
    file.take(DECREE_LIMIT as u64 + 1)
        .read_to_string(&mut text)
        .with_context(|| format!("while reading {}", path.display()))?;
    Ok(text)
}

/// At a district.
pub(super) fn at_district(district: &District, command: &DistrictPolicy) -> Result<()> {
    match command {
        DistrictPolicy::Sign { file, from, out } => {
            let signed = district.sign_policy(&text_of(file)?, from.as_deref())?;
            println!("policy {} is signed and holds from {}", signed.name, signed.from);
            println!("every station gets it with the next pull");
            if let Some(out) = out {
                fs::write(out, &signed.file).with_context(|| format!("while writing {}", out.display()))?;
                println!(
                    "for a stick: {}; at the station: yuanjiao policy apply FILE",
                    out.display()
                );
            }
        }
        DistrictPolicy::List => {
            for signed in district.signed_policies()? {
                println!("{}\tfrom {}\t{}", signed.serial, signed.from, signed.name);
            }
        }
    }
    Ok(())
}
