//! PINs, passphrases and codes: Argon2id, one at a time.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

/// 8 MiB and two passes: about 30 ms on the kind of processor that a station has. A PIN of four digits is protected by
/// the limiter, not by this; this keeps whoever steals the disk busy.
const MEMORY_KIB: u32 = 8 * 1024;
const PASSES: u32 = 2;
/// So many may wait for their turn; beyond that a person is told to try again.
const WAITING: usize = 32;

/// Takes turns: memory for one hash at a time, whoever asks.
#[derive(Debug)]
pub(super) struct Hasher {
    turn: Semaphore,
    places: Semaphore,
}

impl Default for Hasher {
    fn default() -> Self {
        Self {
            turn: Semaphore::new(1),
            places: Semaphore::new(WAITING),
        }
    }
}

impl Hasher {
    /// Compares; the same effort for a name that does not exist. `None`: too many are waiting.
    pub(super) async fn verify(&self, hash: Option<String>, secret: String) -> Option<bool> {
        let _place = self.places.try_acquire().ok()?;
        let _turn = self.turn.acquire().await.ok()?;
        let task = tokio::task::spawn_blocking(move || match hash {
            Some(hash) => matches(&hash, &secret),
            None => {
                drop(self::hash(&secret));
                false
            }
        });
        task.await.ok()
    }

    /// Hashes, however long the queue is: the operator asked for it.
    pub(super) async fn hash_for_certain(&self, secret: String) -> String {
        let _turn = self.turn.acquire().await;
        let task = tokio::task::spawn_blocking(move || hash(&secret));
        task.await.unwrap_or_default()
    }
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).expect("constants within Argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Hashes with a salt of its own.
pub(super) fn hash(secret: &str) -> String {
    let salt = crate::keys::random::<16>();
    let hashed = argon2().hash_password_with_salt(secret.as_bytes(), &salt);
    hashed
        .map(|hash| hash.to_string())
        .expect("16 bytes of salt are within Argon2's bounds")
}

fn matches(hash: &str, secret: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| argon2().verify_password(secret.as_bytes(), &hash).is_ok())
}
