//! The station does what its district says: its time, its policies, and what it sends down.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};

use super::{Base, steps};
use crate::clock::{Clock, SystemClock, Trust};
use crate::dispatch::Dispatches;
use crate::exchange::Exchange;
use crate::http::Problem;
use crate::keys;
use crate::ledger::LedgerError;
use crate::library::Library;
use crate::pages::{Carried, Districts};
use crate::viewing::Viewing;

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
pub(super) fn district(base: &Base, viewing: &Viewing) {
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
pub(super) fn look(dispatches: &Dispatches, library: &Library) -> Result<(), LedgerError> {
    dispatches.carry_out_due()?;
    library.set_listed(dispatches.approved()?.unwrap_or_default());
    Ok(())
}

/// What a district sends holds at once, not at the next minute.
pub(super) fn dispatches(base: &Base, library: &Library) -> Result<()> {
    look(&base.dispatches, library).context("while reading what the district sent")?;
    let (dispatches, library) = (base.dispatches.clone(), library.clone());
    base.exchange.on_dispatch(Box::new(move || {
        if let Err(error) = look(&dispatches, &library) {
            tracing::warn!(%error, "what the district sent could not be read; it is tried again within a minute");
        }
    }));
    Ok(())
}

/// The district's clock is better than a box without a battery; so it is believed until the next start.
pub(super) fn time(base: &Base) {
    let clock = Arc::clone(&base.clock);
    base.exchange
        .on_district_time(Box::new(move |unix_ms| believe_district(&clock, unix_ms)));
}

fn believe_district(clock: &SystemClock, unix_ms: i64) {
    if clock.now().trust < Trust::Ntp {
        clock.correct(unix_ms, Trust::District);
    }
}
