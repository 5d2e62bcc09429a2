//! A run of the station: how it begins, and how it ends.

use anyhow::{Context, Result};

use super::{Base, health, policy};
use crate::clock::{self, Clock};
use crate::config;
use crate::ledger::{self, Before, Leaf, What};
use crate::store::{StoreError, Tx};
use crate::viewing::{self, Viewing};

/// Says in the ledger that a run begins and how the last one ended, and closes what it left open.
pub(super) fn begin(base: &Base, viewing: &Viewing, settings: &config::Station) -> Result<()> {
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

/// Says in the ledger that it was stopped, and not cut off.
pub(super) fn end(base: &Base) -> Result<()> {
    if base.ledger.halted().is_some() {
        return Ok(());
    }
    let (ledger, now) = (base.ledger.clone(), base.clock.now());
    base.ledger
        .store()
        .write_blocking(move |tx| ledger.append(tx, now, What::Stop {}))??;
    Ok(())
}
