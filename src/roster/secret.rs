//! PINs, passphrases and codes: Argon2id, one at a time.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// 8 MiB and two passes: about 30 ms on the kind of processor that a station has. A PIN of four digits is protected by
/// the limiter, not by this; this keeps whoever steals the disk busy.
const MEMORY_KIB: u32 = 8 * 1024;
const PASSES: u32 = 2;
/// So many may wait for their turn; beyond that a person is told to try again.
const WAITING: usize = 32;

/// The right to hash now. Moved into the thread that hashes, so that nobody who hangs up frees it early.
pub(super) struct Turn {
    _held: [OwnedSemaphorePermit; 2],
}

impl Turn {
    /// Compares; the same effort for a name that does not exist. Blocks, and gives the turn back afterwards.
    pub(super) fn verify(self, hash: Option<&str>, secret: &str) -> bool {
        let right = hash.is_some_and(|hash| matches(hash, secret));
        if hash.is_none() {
            drop(hash_of(secret));
        }
        drop(self);
        right
    }
}

/// Takes turns: memory for one hash at a time, whoever asks.
#[derive(Debug)]
pub(super) struct Hasher {
    turn: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

impl Default for Hasher {
    fn default() -> Self {
        Self {
            turn: Arc::new(Semaphore::new(1)),
            places: Arc::new(Semaphore::new(WAITING)),
        }
    }
}

impl Hasher {
    /// Waits for the turn; `None` if too many are waiting already.
    pub(super) async fn turn(self: Arc<Self>) -> Option<Turn> {
        let place = Arc::clone(&self.places).try_acquire_owned().ok()?;
        let turn = Arc::clone(&self.turn).acquire_owned().await.ok()?;
        Some(Turn { _held: [place, turn] })
    }

    /// Hashes, however long the queue is: the operator asked for it.
    pub(super) async fn hash_for_certain(&self, secret: String) -> String {
        let _turn = self.turn.acquire().await;
        let task = tokio::task::spawn_blocking(move || hash_of(&secret));
        task.await.unwrap_or_default()
    }
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).expect("constants within Argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Hashes with a salt of its own.
pub(super) fn hash_of(secret: &str) -> String {
    let salt = crate::keys::random::<16>();
    let hashed = argon2().hash_password_with_salt(secret.as_bytes(), &salt);
    hashed
        .map(|hash| hash.to_string())
        .expect("16 bytes of salt are within Argon2's bounds")
}

pub(super) fn matches(hash: &str, secret: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| argon2().verify_password(secret.as_bytes(), &hash).is_ok())
}
