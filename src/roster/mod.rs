//! Who there is, and who is signed in.
//!
//! Members are known to the rest of the station by number; their names live in this room's tables and nowhere else.
//! A member signs in with number and PIN, the operator with a passphrase that was set with a one-time code. Secrets are
//! hashed with Argon2id, one at a time, and wrong tries cost time. The operator's power is an object, [`Operator`]:
//! whoever holds one was signed in, or sits at the console.

mod change;
mod columns;
mod fault;
mod gate;
mod import;
mod limiter;
mod member;
mod rows;
mod secret;
mod sessions;
mod sign_in;
mod theirs;
mod visiting;
mod visitor;

use std::fmt;
use std::sync::{Arc, Mutex};

pub use change::{OnChange, RosterChange, remove_again};
pub use fault::{Fault, LineFault};
pub use gate::Gate;
pub use import::{Plan, as_text, plan};
pub use member::{Details, Member, Migrant, NewMember, Role, Status};
pub use rows::SCHEMA;
pub use sign_in::{Second, SignInError};
pub use theirs::{Differs, GaveWay, TakenOver};
pub use visiting::{Visiting, Welcome};
pub use visitor::{COPY_COOKIE, DEVICE_COOKIE, MEMBER_COOKIE, OPERATOR_COOKIE, Viewer, Visitor};

use crate::clock::SharedClock;
use crate::keys::Keys;
use crate::store::{Store, StoreError};
use crate::types::{MemberId, Millis};
use sessions::Cache;

/// Limits on guessing.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Wrong tries before a pause.
    pub tries: u32,
    /// The first pause; each further wrong try doubles it, up to an hour.
    pub pause: Millis,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            tries: 5,
            pause: Millis::secs(300),
        }
    }
}

/// The operator's power 管理员: to change the roster, approve items, see everything. Handed out by [`Roster::visitor`] to a
/// request with a valid cookie, and to the console.
#[derive(Debug, Clone)]
pub struct Operator(());

impl Operator {
    /// Whoever can run commands on the box could edit its files as well.
    pub fn on_the_console() -> Self {
        Self(())
    }
}

/// What an import did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Imported {
    /// New members.
    pub added: usize,
    /// Members whose facts or PIN changed.
    pub changed: usize,
}

/// A handle to the room. Cheap to clone.
#[derive(Clone)]
pub struct Roster {
    store: Store,
    keys: Keys,
    clock: SharedClock,
    gate: Gate,
    cache: Arc<Cache>,
    on_change: Arc<Mutex<Option<OnChange>>>,
}

impl fmt::Debug for Roster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Roster").finish_non_exhaustive()
    }
}

impl Roster {
    /// `store` holds the tables of [`SCHEMA`].
    pub fn new(store: Store, keys: Keys, clock: SharedClock, limits: Limits) -> Self {
        Self {
            store,
            keys,
            clock,
            gate: Gate::new(limits),
            cache: Arc::default(),
            on_change: Arc::default(),
        }
    }

    /// All members who have not left, by number.
    pub async fn members(&self) -> Result<Vec<Member>, StoreError> {
        self.store.read(|conn| Ok(rows::members(conn)?)).await
    }

    /// One member, also one who has left.
    pub async fn member(&self, id: MemberId) -> Result<Option<Member>, StoreError> {
        self.store.read(move |conn| Ok(rows::member(conn, &id)?)).await
    }

    /// Reads an import file against what is there. Nothing is changed.
    pub async fn plan(&self, file: Vec<u8>) -> Result<Plan, StoreError> {
        let present = self.members().await?;
        Ok(plan(&file, &present))
    }

    /// Carries out a plan, whole or not at all: a plan with faults changes nothing and is returned as it came.
    pub async fn apply(&self, plan: Plan, by: &Operator) -> Result<Result<Imported, Plan>, StoreError> {
        if !plan.faults.is_empty() {
            return Ok(Err(plan));
        }
        let added = plan.added.len();
        let mut news = plan.added;
        for (old, mut new) in plan.changed {
            if self.has_pin(&new).await? {
                new.pin = None;
            }
            if old != new.member || new.pin.is_some() {
                news.push(new);
            }
        }
        let changed = news.len() - added;
        self.save(news, by).await?;
        Ok(Ok(Imported { added, changed }))
    }

    /// Whether the member's present PIN is the one given: importing the same file twice signs nobody out.
    async fn has_pin(&self, new: &NewMember) -> Result<bool, StoreError> {
        let (id, Some(pin)) = (new.member.id.clone(), &new.pin) else {
            return Ok(false);
        };
        let Some(hash) = self
            .store
            .read(move |conn| Ok::<_, StoreError>(rows::pin_hash(conn, &id)?))
            .await?
        else {
            return Ok(false);
        };
        let pin = self.peppered(pin);
        // If too many wait, the PIN is hashed anew: that costs its owner a sign-in, not his PIN.
        Ok(self.gate.is(hash, pin).await.unwrap_or(false))
    }

    /// Whether a text names somebody of the roster: what is kept for ever holds numbers only.
    pub async fn is_named_in(&self, text: &str) -> Result<bool, StoreError> {
        let members = self.members().await?;
        // A name of one character is a word of the language as well.
        let named = |member: &Member| member.name.chars().count() > 1 && text.contains(&member.name);
        Ok(members.iter().any(named))
    }
}

#[cfg(test)]
mod tests;
