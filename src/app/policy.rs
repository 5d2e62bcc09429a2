//! Which policy a station works by: what its ledger says, and whether the settings may say otherwise.
//!
//! Before a district is enrolled the operator's file, or the built-in policy, is taken and written into the ledger. From
//! the enrolment on only what a district signed is taken; a file that says something else is refused, and the desk says so.

use anyhow::{Context, Result};

use super::Base;
use crate::clock::Clock;
use crate::credit::{Policies, Policy};
use crate::ledger::LedgerError;
use crate::viewing::{self, Viewing};

/// What becomes of the policy that the settings name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ours {
    /// It is the one that holds.
    Holds,
    /// It comes into force.
    Enacted,
    /// The ledger's goes on, and the operator is told.
    Refused,
    /// The ledger's goes on; nobody asked for anything else.
    GivesWay,
}

fn judge(there: Option<&Policies>, ours: &Policy, is_configured: bool, is_enrolled: bool) -> Ours {
    match there {
        None => Ours::Enacted,
        Some(there) if there.newest().text == ours.text => Ours::Holds,
        Some(_) if !is_enrolled => Ours::Enacted,
        Some(_) if is_configured => Ours::Refused,
        Some(_) => Ours::GivesWay,
    }
}

/// Brings the settings' policy and the ledger's together.
pub(super) fn settle(base: &Base, viewing: &Viewing, is_configured: bool) -> Result<()> {
    let ours = viewing.policy();
    let is_enrolled = !base.exchange.districts()?.is_empty();
    let (ledger, now, file) = (base.ledger.clone(), base.clock.now(), ours.clone());
    let act = move |tx: &crate::store::Tx<'_>| {
        let there = viewing::policies_of(tx)?;
        let outcome = judge(there.as_ref(), &file, is_configured, is_enrolled);
        if outcome == Ours::Enacted {
            viewing::enact(&ledger, tx, now, &file, None)?;
        }
        Ok::<_, LedgerError>(outcome)
    };
    let outcome = base.ledger.store().write_blocking(act)??;
    viewing
        .refresh_policies()
        .context("while reading the policies of the ledger")?;
    if outcome == Ours::Refused {
        let holds = viewing.policy();
        tracing::warn!(
            refused = ours.name,
            holds = holds.name,
            "the policy of the settings is not signed by the district and was not taken"
        );
        viewing.note_refused_policy(&ours.name);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn once_a_district_is_enrolled_a_file_alone_changes_nothing() {
        let built_in = Policy::built_in();
        let other = Policy::parse(&built_in.text.replace("default-2026", "ours")).unwrap();
        let there = Policies::always(built_in.clone());
        assert_eq!(judge(None, &other, true, true), Ours::Enacted, "the first of all");
        assert_eq!(judge(Some(&there), &built_in, true, true), Ours::Holds);
        assert_eq!(judge(Some(&there), &other, true, false), Ours::Enacted);
        assert_eq!(judge(Some(&there), &other, true, true), Ours::Refused);
        assert_eq!(
            judge(Some(&there), &other, false, true),
            Ours::GivesWay,
            "a newer program's built-in one"
        );
    }
}
