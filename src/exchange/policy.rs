//! A district's policy comes in, by the line or by a stick: taken if it is signed by an enrolled district and newer than
//! what that district sent before.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::{Exchange, authorised_within, from_ledger, rows};
use crate::clock::Reading;
use crate::credit::Policy;
use crate::http::Problem;
use crate::ledger::decree::{DECREE_LIMIT, Decree, DecreeError};
use crate::ledger::{Ledger, LedgerError};
use crate::store::{Tx, Urgency};
use crate::viewing;

/// What becomes of a policy that is brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offered {
    /// It is in the ledger: its name, and the day from which it holds.
    Taken(String, String),
    /// It was there already.
    Known,
    /// A later one of the same district is there.
    Older,
    /// It is no policy of an enrolled district.
    Refused(DecreeError),
    /// Signed, but this program cannot read it; why.
    Unreadable(String),
}

impl Exchange {
    /// Takes the file of a signed policy, or says why not. Blocks.
    pub fn offer_policy(&self, file: String) -> Result<Offered, LedgerError> {
        let (ledger, now) = (self.ledger.clone(), self.clock.now());
        let store = ledger.store().clone();
        let offered = store.write_blocking(move |tx| take(tx, &ledger, now, &file))??;
        Ok(offered)
    }
}

pub(super) fn take(tx: &Tx<'_>, ledger: &Ledger, now: Reading, file: &str) -> Result<Offered, LedgerError> {
    let key_of = |name: &_| rows::district(tx, name).ok().flatten().map(|known| known.key);
    let (decree, note) = match Decree::open(file, key_of) {
        Ok(opened) => opened,
        Err(why) => return Ok(Offered::Refused(why)),
    };
    let policy = match Policy::parse(&decree.toml) {
        Ok(policy) => policy,
        Err(why) => return Ok(Offered::Unreadable(why.to_string())),
    };
    match viewing::newest_serial(tx, &decree.district)? {
        Some(newest) if newest == decree.serial => return Ok(Offered::Known),
        Some(newest) if newest > decree.serial => return Ok(Offered::Older),
        _ => viewing::enact(ledger, tx, now, &policy, Some((&decree, &note)))?,
    }
    Ok(Offered::Taken(policy.name, decree.from))
}

/// `POST /log/policy`: the file as it is.
pub(super) async fn post(State(exchange): State<Exchange>, request: Request) -> Result<Response, Problem> {
    let (_, sent) = authorised_within(&exchange, request, DECREE_LIMIT).await?;
    let file = String::from_utf8(sent).map_err(|_| unreadable())?;
    let (ledger, now) = (exchange.ledger.clone(), exchange.clock.now());
    let store = ledger.store().clone();
    let act = move |tx: &Tx<'_>| take(tx, &ledger, now, &file);
    let offered = store.write(Urgency::Now, act).await?.map_err(from_ledger)?;
    match offered {
        Offered::Taken(name, from) => {
            tracing::info!(name, from, "a district sent a policy");
            exchange.tell_of_policy().await;
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        Offered::Known | Offered::Older => Ok(StatusCode::NO_CONTENT.into_response()),
        Offered::Refused(_) => Err(Problem::unprocessable(
            "学时办法上没有登记过的县里的签名。",
            "The policy is not signed by an enrolled district.",
        )),
        Offered::Unreadable(why) => {
            tracing::warn!(why, "a district sent a policy that this program cannot read");
            Err(unreadable())
        }
    }
}

fn unreadable() -> Problem {
    Problem::unprocessable(
        "学时办法读不懂，可能要先升级站点的程序。",
        "The policy cannot be read; the station's program may be too old.",
    )
}
