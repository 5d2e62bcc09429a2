//! Who there is, and who is signed in.
//!
//! Members are known to the rest of the station by number; their names live in this room's tables and nowhere else.
//! A member signs in with number and PIN, the operator with a passphrase that was set with a one-time code. Secrets are
//! hashed with Argon2id, one at a time, and wrong tries cost time. The operator's power is an object, [`Operator`]:
//! whoever holds one was signed in, or sits at the console.

mod columns;
mod fault;
mod gate;
mod import;
mod limiter;
mod member;
mod rows;
mod secret;
mod sessions;
mod theirs;
mod visiting;
mod visitor;

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

pub use fault::{Fault, LineFault};
pub use gate::Gate;
pub use import::{Plan, as_text, plan};
pub use member::{Details, Member, Migrant, NewMember, Role, Status};
pub use rows::SCHEMA;
pub use theirs::{Differs, GaveWay, TakenOver};
pub use visiting::{Visiting, Welcome};
pub use visitor::{COPY_COOKIE, DEVICE_COOKIE, MEMBER_COOKIE, OPERATOR_COOKIE, Viewer, Visitor};

use crate::clock::SharedClock;
use crate::keys::{self, Keys};
use crate::store::{Store, StoreError, Tx, Urgency};
use crate::types::{MemberId, Millis};
use sessions::{Cache, Owner};

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

/// Why somebody is not signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Number and secret do not belong together; so many tries are left. An unknown number looks the same.
    #[error("wrong, {tries_left} tries left")]
    Wrong {
        /// Tries until the next pause.
        tries_left: u32,
    },
    /// Too many wrong tries; come back after this.
    #[error("paused for {0:?}")]
    Paused(Millis),
    /// The new passphrase is too short or too long.
    #[error("the passphrase must have 8 to 128 characters")]
    WeakPassphrase,
    /// Too many sign in at this moment.
    #[error("busy")]
    Busy,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for SignInError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
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

/// A second person's signature 第二签字人 beside the operator's: a secretary or committee member, who proved it with his own
/// PIN just now.
#[derive(Debug, Clone)]
pub struct Second(MemberId);

impl Second {
    /// Who.
    pub fn member(&self) -> &MemberId {
        &self.0
    }
}

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

    /// Sets what is told of each change, inside its transaction.
    pub fn on_change(&self, tell: OnChange) {
        *self.on_change.lock().unwrap_or_else(PoisonError::into_inner) = Some(tell);
    }

    /// All members who have not left, by number.
    pub async fn members(&self) -> Result<Vec<Member>, StoreError> {
        self.store.read(|conn| Ok(rows::members(conn)?)).await
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

    fn tell(&self, tx: &Tx<'_>, change: &RosterChange) -> Result<(), StoreError> {
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

    /// A PIN has few digits: without the key file, a copy of the database is no help in finding it.
    fn peppered(&self, pin: &str) -> String {
        data_encoding::HEXLOWER.encode(&self.keys.tag("pin", pin.as_bytes()))
    }

    /// Signs a member in; returns the cookie's value.
    pub async fn sign_in(&self, number: &str, pin: &str, from: IpAddr) -> Result<String, SignInError> {
        let who = MemberId::new(number).ok();
        let known = match who.clone() {
            Some(id) => {
                self.store
                    .read(move |conn| Ok::<_, StoreError>(rows::pin_hash(conn, &id)?))
                    .await?
            }
            None => None,
        };
        // A number that does not exist is counted like one that does; one that cannot exist counts for the address alone.
        let name = who.as_ref().map_or("", MemberId::as_str);
        self.gate.check(name, from, known, &self.peppered(pin)).await?;
        let owner = Owner::Member(who.expect("a hash is only found for a number that was read"));
        Ok(self.begin(owner).await?)
    }

    /// Whether this person signs as the second: right number and PIN, and a secretary or on the committee. `None` if he is
    /// neither.
    pub async fn second(&self, number: &str, pin: &str, from: IpAddr) -> Result<Option<Second>, SignInError> {
        let who = MemberId::new(number).ok();
        let known = match who.clone() {
            Some(id) => {
                self.store
                    .read(move |conn| Ok::<_, StoreError>(rows::pin_hash(conn, &id)?))
                    .await?
            }
            None => None,
        };
        let name = who.as_ref().map_or("", MemberId::as_str);
        self.gate.check(name, from, known, &self.peppered(pin)).await?;
        let id = who.expect("a hash is only found for a number that was read");
        let member = self.member(id.clone()).await?;
        let signs = member.is_some_and(|member| matches!(member.role, Role::Secretary | Role::Committee));
        Ok(signs.then_some(Second(id)))
    }

    /// Whether a text names somebody of the roster: what is kept for ever holds numbers only.
    pub async fn is_named_in(&self, text: &str) -> Result<bool, StoreError> {
        let members = self.members().await?;
        // A name of one character is a word of the language as well.
        let named = |member: &Member| member.name.chars().count() > 1 && text.contains(&member.name);
        Ok(members.iter().any(named))
    }

    async fn begin(&self, owner: Owner) -> Result<String, StoreError> {
        let token = keys::random::<16>();
        let wall = self.clock.now().wall_ms;
        self.store
            .write(Urgency::Now, move |tx| sessions::begin(tx, &token, &owner, wall))
            .await??;
        Ok(data_encoding::HEXLOWER.encode(&token))
    }

    /// Ends the sign-in with this cookie.
    pub async fn sign_out(&self, cookie: &str) -> Result<(), StoreError> {
        if let Some(token) = sessions::token_of(cookie) {
            self.store
                .write(Urgency::Now, move |tx| sessions::end(tx, &token))
                .await??;
            self.cache.clear();
        }
        Ok(())
    }

    /// Whether an operator's passphrase was ever set.
    pub fn has_operator(&self) -> Result<bool, StoreError> {
        self.store.read_blocking(|conn| Ok(rows::passphrase(conn)?.is_some()))
    }

    /// Makes a one-time code with which a new passphrase can be set; an earlier code is void. Only a hash is kept.
    pub fn one_time_code(&self, _by: &Operator) -> Result<String, StoreError> {
        let code = keys::spoken_code(2);
        let hash = secret::hash_of(&code);
        self.store.write_blocking(move |tx| rows::set_code(tx, Some(&hash)))??;
        Ok(code)
    }

    /// Sets the operator's passphrase with the one-time code and signs in; every other operator sign-in ends.
    pub async fn set_passphrase(&self, code: &str, passphrase: &str, from: IpAddr) -> Result<String, SignInError> {
        if !(8..=128).contains(&passphrase.chars().count()) {
            return Err(SignInError::WeakPassphrase);
        }
        let known = self.store.read(|conn| Ok::<_, StoreError>(rows::code(conn)?)).await?;
        let digits: String = code.chars().filter(char::is_ascii_digit).take(8).collect();
        let spoken = format!("{}-{}", digits.get(..4).unwrap_or(""), digits.get(4..).unwrap_or(""));
        self.gate
            .check(&format!("\u{0}code {from}"), from, known, &spoken)
            .await?;
        let hash = self.gate.hash(passphrase.to_owned()).await;
        self.store
            .write(Urgency::Now, move |tx| {
                rows::set_passphrase(tx, &hash)?;
                rows::set_code(tx, None)?;
                sessions::end_all_of(tx, &Owner::Operator)
            })
            .await??;
        self.cache.clear();
        Ok(self.begin(Owner::Operator).await?)
    }

    /// Signs the operator in; returns the cookie's value.
    pub async fn operator_sign_in(&self, passphrase: &str, from: IpAddr) -> Result<String, SignInError> {
        let known = self
            .store
            .read(|conn| Ok::<_, StoreError>(rows::passphrase(conn)?))
            .await?;
        self.gate
            .check(&format!("\u{0}operator {from}"), from, known, passphrase)
            .await?;
        Ok(self.begin(Owner::Operator).await?)
    }
}

#[cfg(test)]
mod tests;
