//! Signing in: a member with number and PIN, the operator with a passphrase that was set with a one-time code, and the
//! second person who signs beside him.

use std::net::IpAddr;

use super::sessions::{self, Owner};
use super::{Operator, Role, Roster, rows, secret};
use crate::keys;
use crate::store::{StoreError, Urgency};
use crate::types::{MemberId, Millis};

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

impl Roster {
    /// A PIN has few digits: without the key file, a copy of the database is no help in finding it.
    pub(super) fn peppered(&self, pin: &str) -> String {
        data_encoding::HEXLOWER.encode(&self.keys.tag("pin", pin.as_bytes()))
    }

    /// Signs a member in; returns the cookie's value.
    pub async fn sign_in(&self, number: &str, pin: &str, from: IpAddr) -> Result<String, SignInError> {
        let owner = Owner::Member(self.proved(number, pin, from).await?);
        Ok(self.begin(owner).await?)
    }

    /// Whether this person signs as the second: right number and PIN, and a secretary or on the committee. `None` if he is
    /// neither.
    pub async fn second(&self, number: &str, pin: &str, from: IpAddr) -> Result<Option<Second>, SignInError> {
        let id = self.proved(number, pin, from).await?;
        let member = self.member(id.clone()).await?;
        let signs = member.is_some_and(|member| matches!(member.role, Role::Secretary | Role::Committee));
        Ok(signs.then_some(Second(id)))
    }

    /// The member of this number, whose PIN it is.
    async fn proved(&self, number: &str, pin: &str, from: IpAddr) -> Result<MemberId, SignInError> {
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
        Ok(who.expect("a hash is only found for a number that was read"))
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
