//! Checkpoints as C2SP signed notes, and cosignatures on them.
//!
//! A checkpoint (C2SP tlog-checkpoint) is three lines: origin, size, root in base64. A signed note (C2SP signed-note)
//! appends an empty line and one line per signature: `— name base64(key id ‖ signature)`. A cosignature (C2SP
//! tlog-cosignature) signs the same text together with a time. Any tool that knows these formats can check ours.

use data_encoding::BASE64;
use ed25519_dalek::{Signature, Verifier, VerifyingKey};
use sha2::{Digest, Sha256};

use super::tree::Hash;
use crate::keys::Keys;
use crate::types::Origin;

/// Checkpoints of strangers are refused beyond this; ours have about 300 bytes.
pub const NOTE_LIMIT: usize = 8 * 1024;

/// Algorithm bytes of C2SP signed-note: a plain Ed25519 signature, and a timestamped cosignature.
const PLAIN: u8 = 0x01;
const COSIGNED: u8 = 0x04;

/// What a ledger held at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Whose ledger.
    pub origin: Origin,
    /// How many leaves.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

/// Why a note is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not the text of a checkpoint with signatures.
    #[error("not a signed checkpoint: {0}")]
    Malformed(&'static str),
    /// It speaks for another ledger than the one that was asked.
    #[error("the checkpoint is of {found}, not of {expected}")]
    WrongOrigin {
        /// Whom we asked.
        expected: Origin,
        /// Who answered.
        found: Origin,
    },
    /// No signature by the pinned key, or one that does not fit.
    #[error("bad signature: the pinned key did not sign this checkpoint")]
    BadSignature,
}

impl Checkpoint {
    /// The signed text.
    pub fn body(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, BASE64.encode(&self.root))
    }

    /// The whole note with the station's signature.
    pub fn signed(&self, keys: &Keys) -> String {
        let body = self.body();
        let signature = keys.sign(body.as_bytes());
        let line = signature_line(&self.origin, PLAIN, &keys.public(), &signature);
        format!("{body}\n{line}")
    }

    /// Reads a note and checks that `key` signed it for `origin`.
    pub fn open(note: &str, origin: &Origin, key: &VerifyingKey) -> Result<Self, NoteError> {
        let (body, signatures) = take_apart(note, NOTE_LIMIT)?;
        let checkpoint = Self::parse(body)?;
        if checkpoint.origin != *origin {
            return Err(NoteError::WrongOrigin {
                expected: origin.clone(),
                found: checkpoint.origin,
            });
        }
        let blob = find(signatures, origin, PLAIN, key).ok_or(NoteError::BadSignature)?;
        let signature = Signature::from_slice(&blob).map_err(|_| NoteError::BadSignature)?;
        key.verify(body.as_bytes(), &signature)
            .map_err(|_| NoteError::BadSignature)?;
        Ok(checkpoint)
    }

    /// The note with a signature that was made before.
    pub(super) fn with_signature(&self, key: &VerifyingKey, signature: &[u8; 64]) -> String {
        format!(
            "{}\n{}",
            self.body(),
            signature_line(&self.origin, PLAIN, key, signature)
        )
    }

    /// Whether `key` made this signature under this checkpoint.
    pub(super) fn is_signed(&self, key: &VerifyingKey, signature: &[u8; 64]) -> bool {
        key.verify(self.body().as_bytes(), &Signature::from_bytes(signature))
            .is_ok()
    }

    /// A note of `key` that was checked before: the checkpoint and its signature.
    pub(super) fn take_apart(note: &str, key: &VerifyingKey) -> Option<(Self, [u8; 64])> {
        let (body, signatures) = take_apart(note, NOTE_LIMIT).ok()?;
        let point = Self::parse(body).ok()?;
        let signature = find(signatures, &point.origin, PLAIN, key)?;
        Some((point, signature.try_into().ok()?))
    }

    fn parse(body: &str) -> Result<Self, NoteError> {
        let mut lines = body.lines();
        let mut line = |what| lines.next().ok_or(NoteError::Malformed(what));
        let origin = Origin::new(line("no origin")?).map_err(|_| NoteError::Malformed("bad origin"))?;
        let size = line("no size")?;
        let digits = size.bytes().all(|b| b.is_ascii_digit()) && (size == "0" || !size.starts_with('0'));
        let size = size
            .parse()
            .ok()
            .filter(|_| digits)
            .ok_or(NoteError::Malformed("bad size"))?;
        let root = BASE64
            .decode(line("no root")?.as_bytes())
            .ok()
            .and_then(|root| root.try_into().ok())
            .ok_or(NoteError::Malformed("bad root"))?;
        Ok(Self { origin, size, root })
    }
}

/// A note over any text that ends in a line feed, signed by `name`.
pub fn sign_text(body: &str, name: &Origin, keys: &Keys) -> String {
    let line = signature_line(name, PLAIN, &keys.public(), &keys.sign(body.as_bytes()));
    format!("{body}\n{line}")
}

/// Checks that `key` signed this note, of at most `limit` bytes, as `name`.
pub fn open_text(note: &str, limit: usize, name: &Origin, key: &VerifyingKey) -> Result<(), NoteError> {
    let (body, signatures) = take_apart(note, limit)?;
    let blob = find(signatures, name, PLAIN, key).ok_or(NoteError::BadSignature)?;
    let signature = Signature::from_slice(&blob).map_err(|_| NoteError::BadSignature)?;
    key.verify(body.as_bytes(), &signature)
        .map_err(|_| NoteError::BadSignature)
}

/// A cosignature line: `keys` vouches, as `name`, that it saw this checkpoint at `unix_s` and stored all it stands for.
pub fn cosign(checkpoint: &Checkpoint, name: &Origin, keys: &Keys, unix_s: u64) -> String {
    let signature = keys.sign(&cosigned_text(&checkpoint.body(), unix_s));
    let mut blob = unix_s.to_be_bytes().to_vec();
    blob.extend_from_slice(&signature);
    signature_line(name, COSIGNED, &keys.public(), &blob)
}

/// Checks a cosignature line and returns the time it names, in seconds since 1970.
pub fn open_cosignature(
    checkpoint: &Checkpoint,
    line: &str,
    name: &Origin,
    key: &VerifyingKey,
) -> Result<u64, NoteError> {
    let blob = find(line, name, COSIGNED, key).ok_or(NoteError::BadSignature)?;
    let (time, signature) = blob.split_first_chunk::<8>().ok_or(NoteError::BadSignature)?;
    let unix_s = u64::from_be_bytes(*time);
    let signature = Signature::from_slice(signature).map_err(|_| NoteError::BadSignature)?;
    key.verify(&cosigned_text(&checkpoint.body(), unix_s), &signature)
        .map_err(|_| NoteError::BadSignature)?;
    Ok(unix_s)
}

/// The time that a cosignature line names, in seconds since 1970, of one that was made or checked here before.
pub fn time_of(line: &str) -> Option<u64> {
    let (_, blob) = line.strip_prefix("— ")?.trim_end().rsplit_once(' ')?;
    let blob = BASE64.decode(blob.as_bytes()).ok()?;
    let (time, _) = blob.get(4..)?.split_first_chunk::<8>()?;
    Some(u64::from_be_bytes(*time))
}

fn cosigned_text(body: &str, unix_s: u64) -> Vec<u8> {
    format!("cosignature/v1\ntime {unix_s}\n{body}").into_bytes()
}

fn take_apart(note: &str, limit: usize) -> Result<(&str, &str), NoteError> {
    if note.len() > limit {
        return Err(NoteError::Malformed("longer than such a note can be"));
    }
    let gap = note.rfind("\n\n").ok_or(NoteError::Malformed("no signatures"))?;
    Ok((&note[..=gap], &note[gap + 2..]))
}

/// First four bytes of SHA-256(name ‖ LF ‖ algorithm ‖ public key).
fn key_id(name: &Origin, algorithm: u8, key: &VerifyingKey) -> [u8; 4] {
    let digest = Sha256::new()
        .chain_update(name.as_str())
        .chain_update(b"\n")
        .chain_update([algorithm])
        .chain_update(key.as_bytes())
        .finalize();
    [digest[0], digest[1], digest[2], digest[3]]
}

fn signature_line(name: &Origin, algorithm: u8, key: &VerifyingKey, signature: &[u8]) -> String {
    let mut blob = key_id(name, algorithm, key).to_vec();
    blob.extend_from_slice(signature);
    format!("— {name} {}\n", BASE64.encode(&blob))
}

/// The signature in `lines` that claims to be by `name` with `key`, without its key id. Others are left unread: a note
/// may carry signatures of keys we do not know.
fn find(lines: &str, name: &Origin, algorithm: u8, key: &VerifyingKey) -> Option<Vec<u8>> {
    let id = key_id(name, algorithm, key);
    lines.lines().find_map(|line| {
        let (who, blob) = line.strip_prefix("— ")?.rsplit_once(' ')?;
        let blob = BASE64.decode(blob.as_bytes()).ok()?;
        (who == name.as_str() && blob.starts_with(&id)).then(|| blob[4..].to_vec())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    fn keys() -> Keys {
        Keys::open_or_make(TempDir::new().unwrap().path()).unwrap()
    }

    fn checkpoint() -> Checkpoint {
        Checkpoint {
            origin: Origin::new("yuanjiao.example/340600/0017").unwrap(),
            size: 1000,
            root: [7; 32],
        }
    }

    #[test]
    fn a_checkpoint_opens_with_its_key_and_with_no_other() {
        let (ours, theirs) = (keys(), keys());
        let point = checkpoint();
        let note = point.signed(&ours);
        assert_eq!(
            Checkpoint::open(&note, &point.origin, &ours.public()),
            Ok(point.clone())
        );
        let stranger = Checkpoint::open(&note, &point.origin, &theirs.public());
        assert_eq!(stranger, Err(NoteError::BadSignature));
        let edited = note.replace("1000", "1001");
        assert_eq!(
            Checkpoint::open(&edited, &point.origin, &ours.public()),
            Err(NoteError::BadSignature)
        );
        let other = Origin::new("yuanjiao.example/340600/0018").unwrap();
        assert!(matches!(
            Checkpoint::open(&note, &other, &ours.public()),
            Err(NoteError::WrongOrigin { .. })
        ));
    }

    #[test]
    fn a_third_party_reads_our_checkpoints() {
        let ours = keys();
        let point = checkpoint();
        let note = point.signed(&ours);
        let key = [&[PLAIN], ours.public().as_bytes().as_slice()].concat();
        let id = data_encoding::HEXLOWER.encode(&key_id(&point.origin, PLAIN, &ours.public()));
        let vkey = format!("{}+{id}+{}", point.origin, BASE64.encode(&key));
        let verifier = signed_note::StandardVerifier::new(&vkey).unwrap();
        let known = signed_note::VerifierList::new(vec![Box::new(verifier)]);
        let note = signed_note::Note::from_bytes(note.as_bytes()).unwrap();
        let (accepted, _) = note.verify(&known).unwrap();
        assert_eq!(accepted.len(), 1);
        assert_eq!(accepted[0].name(), point.origin.as_str());
    }

    #[test]
    fn a_cosignature_names_its_time_and_holds_for_its_checkpoint_alone() {
        let district = keys();
        let name = Origin::new("district.example/340600").unwrap();
        let point = checkpoint();
        let line = cosign(&point, &name, &district, 1_795_000_000);
        assert_eq!(
            open_cosignature(&point, &line, &name, &district.public()),
            Ok(1_795_000_000)
        );
        assert_eq!(time_of(&line), Some(1_795_000_000));
        assert_eq!(time_of("— x AAAA"), None);
        let later = Checkpoint { size: 1001, ..point };
        let moved = open_cosignature(&later, &line, &name, &district.public());
        assert_eq!(moved, Err(NoteError::BadSignature));
    }

    #[test]
    fn garbage_is_refused_with_a_reason() {
        let ours = keys();
        let origin = checkpoint().origin;
        for text in ["", "\n\n", "a\nb\n", "a\n01\nAAAA\n\n", &"x".repeat(NOTE_LIMIT + 1)] {
            let opened = Checkpoint::open(text, &origin, &ours.public());
            assert!(matches!(opened, Err(NoteError::Malformed(_))), "{text:.20}: {opened:?}");
        }
    }
}
