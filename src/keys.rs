//! Secrets of the box: the key that signs the ledger, the key behind cookies and tokens, and chance itself.
//!
//! They lie in `keys/` in the data folder, outside the database: whoever deletes or swaps the database cannot go on
//! signing as if nothing had happened, and whoever copies the database cannot sign at all. Files are readable by their
//! owner only, written once and never changed.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::types::RandomId;

/// Why there are no keys. The reader is the operator, on the console.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A key file could not be read or made.
    #[error("cannot use the key file {path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A key file has not the length of a key: it was cut off or is something else. It is never overwritten.
    #[error("{path} is not a key: it has not 32 bytes. It was left as it is; restore it from a copy")]
    NotAKey {
        /// Which file.
        path: PathBuf,
    },
}

/// Bytes that nobody can guess, from the kernel.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("Linux answers getrandom once it has booted");
    bytes
}

/// A fresh 128-bit id.
pub fn random_id() -> RandomId {
    RandomId::from_bytes(random())
}

/// A number below `bound`, evenly distributed (`bound` > 0).
pub fn random_below(bound: u64) -> u64 {
    // 2^64 modulo a small bound is a bias of less than one in 2^40: no use to a cheat.
    u64::from_le_bytes(random()) % bound
}

/// A code that a person reads out or types: `groups` groups of four digits, e.g. `4821-0937`.
pub fn spoken_code(groups: usize) -> String {
    let group = |_| format!("{:04}", random_below(10_000));
    (0..groups).map(group).collect::<Vec<_>>().join("-")
}

/// The first 80 bits of SHA-256 over a public key, in groups of four hexadecimal digits: short enough to read out, long
/// enough that nobody finds a second key for it.
pub fn fingerprint(key: &VerifyingKey) -> String {
    use sha2::Digest;
    let digest = Sha256::digest(key.as_bytes());
    let groups = digest[..10].chunks(2).map(|pair| data_encoding::HEXLOWER.encode(pair));
    groups.collect::<Vec<_>>().join(" ")
}

/// The keys of one box.
#[derive(Clone)]
pub struct Keys {
    signing: SigningKey,
    /// Keyed, so that a tag costs half of what it would from the secret.
    tags: Hmac<Sha256>,
    fresh: bool,
}

impl Keys {
    /// Reads the keys from `folder`, or makes them on the first start.
    pub fn open_or_make(folder: &Path) -> Result<Self, KeyError> {
        fs::create_dir_all(folder).map_err(|source| KeyError::File {
            path: folder.to_owned(),
            source,
        })?;
        let (signing, fresh) = read_or_make(&folder.join("ledger.key"))?;
        let (secret, _) = read_or_make(&folder.join("cookies.key"))?;
        Ok(Self {
            signing: SigningKey::from_bytes(&signing),
            tags: keyed(&secret),
            fresh,
        })
    }

    /// Whether the signing key was made just now, so that a ledger may begin.
    pub fn are_fresh(&self) -> bool {
        self.fresh
    }

    /// The public half of the signing key: 32 bytes.
    pub fn public(&self) -> VerifyingKey {
        self.signing.verifying_key()
    }

    /// What two people compare by telephone: see [`fingerprint`].
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.public())
    }

    /// Signs with Ed25519 (RFC 8032): 64 bytes.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.signing.sign(message).to_bytes()
    }

    /// A tag that only this box can make, for one purpose. 16 bytes of HMAC-SHA-256.
    pub fn tag(&self, purpose: &str, message: &[u8]) -> [u8; 16] {
        tag_by(self.tags.clone(), purpose, message)
    }

    /// Compares a tag without telling by the time it takes how much of it was right.
    pub fn tag_is_ours(&self, purpose: &str, message: &[u8], claimed: &[u8]) -> bool {
        subtle::ConstantTimeEq::ct_eq(&self.tag(purpose, message)[..], claimed).into()
    }
}

/// HMAC-SHA-256 over `purpose ‖ 0 ‖ message`, cut to 128 bits. The purpose keeps a cookie from passing as a form token.
pub fn tag_with(secret: &[u8], purpose: &str, message: &[u8]) -> [u8; 16] {
    tag_by(keyed(secret), purpose, message)
}

fn keyed(secret: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(secret).expect("HMAC takes keys of any length")
}

fn tag_by(mut mac: Hmac<Sha256>, purpose: &str, message: &[u8]) -> [u8; 16] {
    mac.update(purpose.as_bytes());
    mac.update(&[0]);
    mac.update(message);
    let full = mac.finalize().into_bytes();
    let mut tag = [0; 16];
    tag.copy_from_slice(&full[..16]);
    tag
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

fn read_or_make(path: &Path) -> Result<([u8; 32], bool), KeyError> {
    match fs::File::open(path) {
        Ok(file) => Ok((read(path, file)?, false)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok((make(path)?, true)),
        Err(source) => Err(KeyError::File {
            path: path.to_owned(),
            source,
        }),
    }
}

fn read(path: &Path, file: fs::File) -> Result<[u8; 32], KeyError> {
    let mut bytes = Vec::with_capacity(33);
    file.take(33).read_to_end(&mut bytes).map_err(|source| KeyError::File {
        path: path.to_owned(),
        source,
    })?;
    bytes
        .try_into()
        .map_err(|_| KeyError::NotAKey { path: path.to_owned() })
}

/// Writes beside, syncs, renames: a power cut leaves either no key or a whole one.
fn make(path: &Path) -> Result<[u8; 32], KeyError> {
    let key = random();
    let write = || -> std::io::Result<()> {
        let beside = path.with_extension("new");
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&beside)?;
        file.write_all(&key)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        path.parent()
            .map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
    };
    write().map_err(|source| KeyError::File {
        path: path.to_owned(),
        source,
    })?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn keys_are_made_once_and_only_their_owner_reads_them() {
        let dir = tempfile::TempDir::new().unwrap();
        let first = Keys::open_or_make(dir.path()).unwrap();
        let again = Keys::open_or_make(dir.path()).unwrap();
        assert!(first.are_fresh() && !again.are_fresh());
        assert_eq!(first.public(), again.public());
        let mode = fs::metadata(dir.path().join("ledger.key"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_key_that_was_cut_off_is_said_and_never_replaced() {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("ledger.key");
        fs::write(&path, b"short").unwrap();
        assert!(matches!(Keys::open_or_make(dir.path()), Err(KeyError::NotAKey { .. })));
        assert_eq!(fs::read(&path).unwrap(), b"short");
    }

    #[test]
    fn a_tag_for_one_purpose_is_worthless_for_another() {
        let dir = tempfile::TempDir::new().unwrap();
        let keys = Keys::open_or_make(dir.path()).unwrap();
        let tag = keys.tag("form", b"m1");
        assert!(keys.tag_is_ours("form", b"m1", &tag));
        assert!(!keys.tag_is_ours("device", b"m1", &tag));
        assert!(!keys.tag_is_ours("form", b"m2", &tag));
        assert!(!keys.tag_is_ours("form", b"m1", &tag[..8]));
    }
}
