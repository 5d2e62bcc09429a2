//! Who confirmed the record of an evening. A confirmation names what it confirms by its hash: a record that was changed
//! afterwards must be confirmed again.

use super::rows::{self, Confirmation};
use super::{Records, RecordsError};
use crate::ledger::{Office, What};
use crate::store::StoreError;
use crate::types::{MemberId, SessionId};

impl Records {
    /// Confirms a record. Whoever calls has made sure who it is: the operator by his power, the chair by his PIN.
    pub async fn confirm(
        &self,
        screening: SessionId,
        office: Office,
        member: Option<MemberId>,
        digest: String,
    ) -> Result<(), RecordsError> {
        self.act(move |room, tx, now| {
            let confirmation = Confirmation {
                office,
                member: member.clone(),
                digest: digest.clone(),
                wall_ms: now.wall_ms,
            };
            rows::confirm(tx, screening, &confirmation)?;
            let leaf = What::Confirmed {
                screening,
                office,
                member,
                digest,
            };
            room.ledger.append(tx, now, leaf)?;
            Ok(())
        })
        .await
    }

    /// Who confirmed the record of an evening.
    pub async fn confirmations(&self, screening: SessionId) -> Result<Vec<Confirmation>, StoreError> {
        self.look(move |conn| rows::confirmations(conn, screening)).await
    }
}
