//! The gate where secrets are compared: one hash at a time, wrong tries cost time. Members, the operator and the
//! accounts of a district all come through one like this.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use super::limiter::Limiter;
use super::secret::{self, Hasher};
use super::{Limits, SignInError};
use crate::clock::monotonic;

/// A handle to the gate. Cheap to clone.
#[derive(Clone)]
pub struct Gate {
    hasher: Hasher,
    limiter: Arc<Mutex<Limiter>>,
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").finish_non_exhaustive()
    }
}

impl Gate {
    /// With these limits on guessing.
    pub fn new(limits: Limits) -> Self {
        Self {
            hasher: Hasher::default(),
            limiter: Arc::new(Mutex::new(Limiter::new(limits))),
        }
    }

    /// Compares a secret, with the same effort whether or not the name is known. Once the turn has come, the limit is
    /// looked at, the secret compared and a wrong try counted in one piece, whether or not the asker is still there.
    pub async fn check(&self, name: &str, from: IpAddr, hash: Option<String>, secret: &str) -> Result<(), SignInError> {
        let (limiter, name, secret) = (Arc::clone(&self.limiter), name.to_owned(), secret.to_owned());
        let work = move || {
            let limits = || limiter.lock().unwrap_or_else(PoisonError::into_inner);
            limits()
                .may_try(&name, from, monotonic())
                .map_err(SignInError::Paused)?;
            if secret::verify(hash.as_deref(), &secret) {
                limits().right(&name);
                return Ok(());
            }
            Err(SignInError::Wrong {
                tries_left: limits().wrong(&name, from, monotonic()),
            })
        };
        self.hasher.run(work).await.unwrap_or(Err(SignInError::Busy))
    }

    /// Whether the secret is the one of this hash, without counting; `None` if too many wait.
    pub(super) async fn is(&self, hash: String, secret: String) -> Option<bool> {
        self.hasher.run(move || secret::verify(Some(&hash), &secret)).await
    }

    /// Hashes a new secret, however long the queue is.
    pub async fn hash(&self, secret: String) -> String {
        self.hasher.hash_for_certain(secret).await
    }

    /// The same for commands, which have no queue. Blocks.
    pub fn hash_at_once(secret: &str) -> String {
        secret::hash_of(secret)
    }
}
