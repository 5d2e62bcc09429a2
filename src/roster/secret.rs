//! PINs, passphrases and codes: Argon2id, one at a time.

use std::sync::mpsc::{SyncSender, sync_channel};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};

/// 8 MiB and two passes: about 13 ms on a PC, a few times that on a small board. A PIN of four digits is protected by the
/// limiter and by the pepper, not by this; this keeps whoever steals the whole disk busy.
const MEMORY_KIB: u32 = 8 * 1024;
const PASSES: u32 = 2;
/// So many may wait for their turn; beyond that a person is told to try again. A hall that scans the code at the same
/// moment gets through: the last of 128 waits some seconds on a small board, and a place costs a few bytes.
const WAITING: usize = 128;

type Work = Box<dyn FnOnce() + Send>;

/// One thread that hashes, one secret after another: the memory for one hash, whoever asks.
#[derive(Debug, Clone)]
pub(super) struct Hasher(Option<SyncSender<Work>>);

impl Default for Hasher {
    fn default() -> Self {
        let (queue, works) = sync_channel::<Work>(WAITING);
        let thread = std::thread::Builder::new().name("hasher".into());
        // Without a thread nobody can sign in, which reads as "busy" and stands in the log.
        let started = thread.spawn(move || works.into_iter().for_each(|work| work()));
        Self(
            started
                .inspect_err(|error| tracing::error!(%error, "no thread for hashing"))
                .ok()
                .map(|_| queue),
        )
    }
}

impl Hasher {
    /// Runs `act` in its turn; `None` if too many are waiting. It runs to its end even if nobody waits for it any more.
    pub(super) async fn run<T: Send + 'static>(&self, act: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let (tell, told) = tokio::sync::oneshot::channel();
        let work: Work = Box::new(move || drop(tell.send(act())));
        self.0.as_ref()?.try_send(work).ok()?;
        told.await.ok()
    }

    /// Hashes, however long the queue is: the operator asked for it.
    pub(super) async fn hash_for_certain(&self, secret: String) -> String {
        let (tell, told) = tokio::sync::oneshot::channel();
        let work: Work = Box::new(move || drop(tell.send(hash_of(&secret))));
        let queue = self.0.clone();
        // Waiting for a place blocks, so it does so where blocking is allowed.
        let sent = tokio::task::spawn_blocking(move || queue.map(|queue| queue.send(work).is_ok())).await;
        drop(sent);
        told.await.unwrap_or_default()
    }
}

/// Compares; the same effort for a name that does not exist. Blocks.
pub(super) fn verify(hash: Option<&str>, secret: &str) -> bool {
    match hash {
        Some(hash) => matches(hash, secret),
        // The outcome is thrown away; only the time that it takes matters.
        None => hash_of(secret).is_empty(),
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

fn matches(hash: &str, secret: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| argon2().verify_password(secret.as_bytes(), &hash).is_ok())
}
