//! Under which name and key this district signs its decisions: whoever counts believes those.

use ed25519_dalek::VerifyingKey;

use crate::keys::Keys;
use crate::store::{Sql, StoreError, params};
use crate::types::Origin;

/// Writes down under which name and key this district signs, for whoever counts.
pub(in crate::district) fn note_own_key(conn: &dyn Sql, name: &Origin, keys: &Keys) -> Result<(), StoreError> {
    let key = data_encoding::HEXLOWER.encode(keys.public().as_bytes());
    let known = "SELECT EXISTS (SELECT 1 FROM own_key WHERE name = ?1 AND key = ?2)";
    if conn.query_row(known, params![name.as_str(), key], |row| row.get::<bool>(0))? {
        return Ok(());
    }
    conn.execute("DELETE FROM own_key", [])?;
    conn.execute(
        "INSERT INTO own_key (name, key) VALUES (?1, ?2)",
        params![name.as_str(), key],
    )
    .map(drop)
}

/// Under which name and key this district signs.
pub(in crate::district) fn own_key(conn: &dyn Sql) -> Result<Option<(Origin, VerifyingKey)>, StoreError> {
    let found: Option<(String, String)> = conn.query_optional("SELECT name, key FROM own_key", [], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    Ok(found.and_then(|(name, key)| {
        let bytes = data_encoding::HEXLOWER.decode(key.as_bytes()).ok()?.try_into().ok()?;
        Some((Origin::new(&name).ok()?, VerifyingKey::from_bytes(&bytes).ok()?))
    }))
}
