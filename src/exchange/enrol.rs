//! Enrolment: two keys meet over a line that anybody may listen to, with a code that only two people know.

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Serialize};

use super::rows;
use crate::clock::Reading;
use crate::keys;
use crate::ledger::{Ledger, LedgerError, What};
use crate::store::Tx;
use crate::types::Origin;

/// What a district sends.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrol {
    /// Its name in ledgers.
    pub district: Origin,
    /// Its Ed25519 key, in hexadecimal.
    pub key: String,
    /// [`enrol_tag`] in hexadecimal: proves that it knows the code, without telling it.
    pub tag: String,
}

/// What the station answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrolled {
    /// The station's name in its ledger.
    pub origin: Origin,
    /// Its Ed25519 key, in hexadecimal.
    pub key: String,
    /// [`station_tag`] in hexadecimal: only who knows the code can have made it.
    pub tag: String,
}

/// 60 bits in three groups of four, without letters that are easily misheard: nobody finds it by listening and guessing.
pub(super) fn new_code() -> String {
    let letters = BASE32_NOPAD.encode(&keys::random::<8>());
    format!("{}-{}-{}", &letters[..4], &letters[4..8], &letters[8..12])
}

/// A code as people type it: upper case, without dashes or spaces.
pub fn code_of(typed: &str) -> String {
    typed
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_uppercase())
        .collect()
}

/// The district's proof: HMAC under the code over its name and key.
pub fn enrol_tag(code: &str, district: &Origin, key: &str) -> String {
    HEXLOWER.encode(&keys::tag_with(
        code_of(code).as_bytes(),
        "enrol",
        format!("{district}\n{key}").as_bytes(),
    ))
}

/// The station's proof: HMAC under the code over both sides' names and keys.
pub fn station_tag(code: &str, district: &Enrol, origin: &Origin, key: &str) -> String {
    let text = format!("{}\n{}\n{origin}\n{key}", district.district, district.key);
    HEXLOWER.encode(&keys::tag_with(code_of(code).as_bytes(), "enrolled", text.as_bytes()))
}

/// Pins the district's key if it knows the code. `None`: wrong or expired; the try is counted all the same.
pub(super) fn enrol(
    tx: &Tx<'_>,
    ledger: &Ledger,
    now: Reading,
    wanted: &Enrol,
) -> Result<Option<Enrolled>, LedgerError> {
    let Some(code) = rows::try_code(tx, now)? else {
        return Ok(None);
    };
    let claimed = enrol_tag(&code, &wanted.district, &wanted.key);
    let right: bool = subtle::ConstantTimeEq::ct_eq(claimed.as_bytes(), wanted.tag.as_bytes()).into();
    let key = HEXLOWER
        .decode(wanted.key.as_bytes())
        .ok()
        .and_then(|bytes| bytes.try_into().ok());
    let valid = key.is_some_and(|bytes: [u8; 32]| VerifyingKey::from_bytes(&bytes).is_ok());
    if !right || !valid {
        return Ok(None);
    }
    rows::end_code(tx)?;
    rows::pin(tx, &wanted.district, &wanted.key)?;
    let leaf = What::Enrolled {
        district: wanted.district.clone(),
        key: wanted.key.clone(),
    };
    ledger.append(tx, now, leaf)?;
    let ours = HEXLOWER.encode(ledger.keys().public().as_bytes());
    Ok(Some(Enrolled {
        origin: ledger.origin().clone(),
        tag: station_tag(&code, wanted, ledger.origin(), &ours),
        key: ours,
    }))
}
