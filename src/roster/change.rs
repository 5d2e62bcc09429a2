//! What changes the roster: members who are added, changed or removed, and what the ledger is told of it.

use std::sync::PoisonError;

use super::sessions::{self, Owner};
use super::{Member, NewMember, Operator, Roster, rows};
use crate::store::{StoreError, Tx, Urgency};
use crate::types::MemberId;

/// What a change of the roster means for the ledger: numbers, branches and roles, no names.
#[derive(Debug, Clone)]
pub struct RosterChange {
    /// Active members after the change.
    pub members: u32,
    /// SHA-256 over the whole roster without names.
    pub digest: [u8; 32],
    /// Who is new or changed.
    pub changed: Vec<Member>,
    /// Who was removed.
    pub removed: Vec<MemberId>,
}

/// Called inside the transaction of each change.
pub type OnChange = Box<dyn Fn(&Tx<'_>, &RosterChange) -> Result<(), StoreError> + Send + Sync>;

/// A copy of the database from before somebody was removed is put back: his name does not come with it. The ledger knows of
/// the removing, or the district does.
pub fn remove_again(tx: &Tx<'_>, id: &MemberId) -> Result<(), StoreError> {
    rows::remove(tx, id)?;
    Ok(sessions::end_all_of(tx, &Owner::Member(id.clone()))?)
}

impl Roster {
    /// Sets what is told of each change, inside its transaction.
    pub fn on_change(&self, tell: OnChange) {
        *self.on_change.lock().unwrap_or_else(PoisonError::into_inner) = Some(tell);
    }

    /// The whole roster as one change, for a log that begins anew. Blocks.
    pub fn as_change(&self) -> Result<RosterChange, StoreError> {
        self.store.read_blocking(|conn| {
            Ok(RosterChange {
                members: rows::count(conn)?,
                digest: rows::digest(conn)?,
                changed: rows::members(conn)?,
                removed: Vec::new(),
            })
        })
    }

    /// Adds or changes members; PINs that are given replace the present ones and end their sign-ins.
    pub async fn save(&self, members: Vec<NewMember>, _by: &Operator) -> Result<(), StoreError> {
        if members.is_empty() {
            return Ok(());
        }
        // Hashing takes its time and needs no transaction.
        let mut ready = Vec::with_capacity(members.len());
        for new in members {
            let hash = match new.pin.clone() {
                Some(pin) => Some(self.gate.hash(self.peppered(&pin)).await),
                None => None,
            };
            ready.push((new.member, hash));
        }
        let room = self.clone();
        self.store
            .write(Urgency::Now, move |tx| room.save_in(tx, ready))
            .await??;
        self.cache.clear();
        Ok(())
    }

    fn save_in(&self, tx: &Tx<'_>, ready: Vec<(Member, Option<String>)>) -> Result<(), StoreError> {
        for (member, hash) in &ready {
            rows::save(tx, member)?;
            if let Some(hash) = hash {
                rows::set_pin(tx, &member.id, hash)?;
                sessions::end_all_of(tx, &Owner::Member(member.id.clone()))?;
            }
        }
        let change = RosterChange {
            members: rows::count(tx)?,
            digest: rows::digest(tx)?,
            changed: ready.into_iter().map(|(member, _)| member).collect(),
            removed: Vec::new(),
        };
        self.tell(tx, &change)
    }

    pub(super) fn tell(&self, tx: &Tx<'_>, change: &RosterChange) -> Result<(), StoreError> {
        match &*self.on_change.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(tell) => tell(tx, change),
            None => Ok(()),
        }
    }

    /// Removes somebody: name, facts, PIN and sign-ins are gone from the file at once. What he earned stays in the ledger
    /// under his number, which nobody here can put a name to any more. `false`: there was nobody of that number.
    pub async fn remove(&self, id: MemberId, _by: &Operator) -> Result<bool, StoreError> {
        let room = self.clone();
        let act = move |tx: &Tx<'_>| {
            if !rows::remove(tx, &id)? {
                return Ok(false);
            }
            sessions::end_all_of(tx, &Owner::Member(id.clone()))?;
            let change = RosterChange {
                members: rows::count(tx)?,
                digest: rows::digest(tx)?,
                changed: Vec::new(),
                removed: vec![id],
            };
            room.tell(tx, &change)?;
            Ok::<_, StoreError>(true)
        };
        let removed = self.store.write(Urgency::Now, act).await??;
        self.cache.clear();
        let store = self.store.clone();
        // The file itself is clean; this folds the log, which still holds the old page.
        let folded = tokio::task::spawn_blocking(move || store.fold_log()).await;
        if !matches!(folded, Ok(Ok(true))) {
            tracing::info!("the database's log is in use; what was removed leaves it a little later");
        }
        Ok(removed)
    }
}
