//! What is put in order beside everything else: sessions and evenings that nobody comes back to, rows that nobody needs,
//! entries that an older program wrote in a longer form.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::follow;
use crate::dispatch::Dispatches;
use crate::ledger::Ledger;
use crate::library::Library;
use crate::screening::Screenings;
use crate::viewing::Viewing;

/// Ends what nobody comes back to, follows what districts sent, and lets go what is not needed, each minute until `stop`.
pub(super) async fn each_minute(
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
        trim(&viewing, &stop).await;
        let policies = viewing.clone();
        if let Ok(Err(error)) = tokio::task::spawn_blocking(move || policies.refresh_policies()).await {
            tracing::warn!(%error, "the policies could not be read; it is tried again");
        }
        let (dispatches, library) = (dispatches.clone(), library.clone());
        let look = move || follow::look(&dispatches, &library);
        if let Ok(Err(error)) = tokio::task::spawn_blocking(look).await {
            tracing::warn!(%error, "what the district sent could not be carried out; it is tried again");
        }
        if let Err(error) = screenings.close_left_lying().await {
            tracing::warn!(%error, "a screening could not be closed; it is tried again");
        }
    }
}

/// Rows of sessions that a district holds the outcome of; all that there are, a few at a time beside everything else.
async fn trim(viewing: &Viewing, stop: &CancellationToken) {
    let mut all = 0;
    while !stop.is_cancelled() {
        match viewing.trim().await {
            Ok((gone, more)) => {
                all += gone;
                if !more {
                    break;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "working rows could not be trimmed; it is tried again");
                break;
            }
        }
    }
    if all > 0 {
        tracing::info!(
            rows = all,
            "working rows of sessions were trimmed; the district holds what they led to"
        );
    }
}

/// Leaves that an older program wrote take their short form, a few at a time beside everything else.
pub(super) async fn fold_leaves(ledger: Ledger, stop: CancellationToken) {
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
