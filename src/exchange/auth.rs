//! Signed requests: what is signed, and nonces that are spent.

use std::collections::HashMap;

use data_encoding::HEXLOWER;
use ed25519_dalek::{Signature, Verifier, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::keys;
use crate::types::{Millis, Origin};

/// The scheme in the `Authorization` header.
pub const HEADER: &str = "Yuanjiao";

/// A pull of a large log over a slow line takes minutes; a nonce lives an hour.
const LIFE: Millis = Millis::secs(3_600);
/// So many pulls at once; strangers who ask for more push out the oldest.
const NONCES: usize = 256;

/// `Yuanjiao district="…", nonce="…", seq="…", sig="…"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Who signs.
    pub district: Origin,
    /// The station's nonce, 32 hexadecimal digits.
    pub nonce: String,
    /// Grows with each request under a nonce.
    pub seq: u64,
    /// Ed25519 over [`signed_text`].
    pub signature: [u8; 64],
}

/// What is signed: every line of it, so that a signature holds for one request to one station only.
pub fn signed_text(station: &Origin, proof: &Proof, method: &str, path: &str, body: &[u8]) -> Vec<u8> {
    let digest = HEXLOWER.encode(&Sha256::digest(body));
    let Proof {
        district, nonce, seq, ..
    } = proof;
    format!("yuanjiao-request/v1\n{station}\n{district}\n{nonce}\n{seq}\n{method}\n{path}\n{digest}\n").into_bytes()
}

impl Proof {
    /// The header's value.
    pub fn to_header(&self) -> String {
        let signature = HEXLOWER.encode(&self.signature);
        format!(
            r#"{HEADER} district="{}", nonce="{}", seq="{}", sig="{signature}""#,
            self.district, self.nonce, self.seq
        )
    }

    /// Reads a header's value.
    pub fn parse(header: &str) -> Option<Self> {
        let fields = header.strip_prefix(HEADER)?.trim();
        let field = |name: &str| {
            let parts = fields.split(',').filter_map(|part| part.trim().split_once('='));
            let found = parts
                .filter(|(key, _)| *key == name)
                .map(|(_, value)| value.trim_matches('"'))
                .next();
            found.filter(|value| value.len() <= 256)
        };
        Some(Self {
            district: Origin::new(field("district")?).ok()?,
            nonce: field("nonce")?.to_owned(),
            seq: field("seq")?.parse().ok()?,
            signature: HEXLOWER.decode(field("sig")?.as_bytes()).ok()?.try_into().ok()?,
        })
    }

    /// Whether `key` signed `text`.
    pub(super) fn check(&self, key: &VerifyingKey, text: &[u8]) -> Option<()> {
        key.verify(text, &Signature::from_bytes(&self.signature)).ok()
    }
}

/// Nonces that are out, with the number that each was last used with.
#[derive(Debug, Default)]
pub(super) struct Nonces(HashMap<String, (Millis, u64)>);

impl Nonces {
    pub(super) fn fresh(&mut self, now: Millis) -> String {
        self.0.retain(|_, (born, _)| now.minus(*born) < LIFE);
        if self.0.len() >= NONCES {
            let oldest = self
                .0
                .iter()
                .min_by_key(|(_, (born, seq))| (*seq > 0, *born))
                .map(|(nonce, _)| nonce.clone());
            oldest.and_then(|nonce| self.0.remove(&nonce));
        }
        let nonce = keys::random_id().to_string();
        self.0.insert(nonce.clone(), (now, 0));
        nonce
    }

    /// Accepts a number that is larger than the last one under a living nonce.
    pub(super) fn spend(&mut self, nonce: &str, seq: u64, now: Millis) -> Option<()> {
        let (born, last) = self.0.get_mut(nonce)?;
        if now.minus(*born) >= LIFE || seq <= *last {
            return None;
        }
        *last = seq;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_was_overheard_cannot_be_asked_again() {
        let mut nonces = Nonces::default();
        let nonce = nonces.fresh(Millis::ZERO);
        assert_eq!(nonces.spend(&nonce, 1, Millis::secs(1)), Some(()));
        assert_eq!(nonces.spend(&nonce, 1, Millis::secs(1)), None);
        assert_eq!(nonces.spend(&nonce, 2, Millis::secs(1)), Some(()));
        assert_eq!(nonces.spend(&nonce, 3, Millis::secs(3600)), None, "an hour is over");
        assert_eq!(nonces.spend("another", 1, Millis::secs(1)), None);
    }

    #[test]
    fn strangers_asking_for_nonces_fill_no_memory_and_push_out_no_pull() {
        let mut nonces = Nonces::default();
        let ours = nonces.fresh(Millis::ZERO);
        nonces.spend(&ours, 1, Millis::ZERO).unwrap();
        for _ in 0..10_000 {
            nonces.fresh(Millis::secs(1));
        }
        assert!(nonces.0.len() <= NONCES);
        assert_eq!(nonces.spend(&ours, 2, Millis::secs(2)), Some(()));
    }

    #[test]
    fn a_header_reads_back_and_garbage_is_none() {
        let proof = Proof {
            district: Origin::new("district.example/340600").unwrap(),
            nonce: "ab".repeat(16),
            seq: 7,
            signature: [9; 64],
        };
        assert_eq!(Proof::parse(&proof.to_header()), Some(proof));
        for text in [
            "",
            "Basic abc",
            "Yuanjiao",
            "Yuanjiao district=\"a\", nonce=\"b\", seq=\"x\", sig=\"00\"",
        ] {
            assert_eq!(Proof::parse(text), None, "{text}");
        }
    }
}
