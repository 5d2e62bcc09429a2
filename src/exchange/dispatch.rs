//! What a district sends down comes in, by the line or by a stick; `crate::dispatch` decides about it.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::{Exchange, authorised_within, from_ledger, rows};
use crate::clock::Reading;
use crate::dispatch::{Dispatches, Outcome, PAPER_LIMIT, PaperError};
use crate::http::Problem;
use crate::ledger::LedgerError;
use crate::store::{Tx, Urgency};

impl Exchange {
    /// Takes the file of a signed record, or says why not. Blocks.
    pub fn offer_dispatch(&self, file: String) -> Result<Outcome, LedgerError> {
        let (dispatches, now) = (self.dispatches.clone(), self.clock.now());
        let act = move |tx: &Tx<'_>| take(tx, &dispatches, now, &file);
        let outcome = self.ledger.store().write_blocking(act)??;
        if matches!(outcome, Outcome::Taken(..)) {
            self.tell_of_dispatch();
        }
        Ok(outcome)
    }

    /// Lets those know who remember what was sent down. Blocks.
    fn tell_of_dispatch(&self) {
        self.dispatches.settled();
        if let Some(tell) = &*self
            .on_dispatch
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
        {
            tell();
        }
    }
}

fn take(tx: &Tx<'_>, dispatches: &Dispatches, now: Reading, file: &str) -> Result<Outcome, LedgerError> {
    let key_of = |name: &_| rows::district(tx, name).ok().flatten().map(|known| known.key);
    dispatches.take(tx, now, file, key_of)
}

/// `POST /log/dispatch`: the file as it is.
pub(super) async fn post(State(exchange): State<Exchange>, request: Request) -> Result<Response, Problem> {
    let (_, sent) = authorised_within(&exchange, request, PAPER_LIMIT).await?;
    let file = String::from_utf8(sent).map_err(|_| unreadable())?;
    let (dispatches, now) = (exchange.dispatches.clone(), exchange.clock.now());
    let act = move |tx: &Tx<'_>| take(tx, &dispatches, now, &file);
    let written = exchange.ledger.store().write(Urgency::Now, act).await?;
    match written.map_err(from_ledger)? {
        Outcome::Taken(kind, from) => {
            tracing::info!(kind = kind.word(), from, "a district sent something down");
            let told = exchange.clone();
            // A panic in there is logged by the runtime; what was taken is read again at the next minute.
            drop(tokio::task::spawn_blocking(move || told.tell_of_dispatch()).await);
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        Outcome::Known => Ok(StatusCode::NO_CONTENT.into_response()),
        Outcome::Older => Err(Problem::conflict(
            "older",
            "站点已经有县里更新的一份，这一份旧的没有收。",
            "The station has a later record of this district; the older one was not taken.",
        )),
        Outcome::Refused(PaperError::ForAnother(station)) => Err(Problem::unprocessable(
            format!("这一份是给 {station} 的，不是给本站的。"),
            format!("This record is for {station}, not for this station."),
        )),
        Outcome::Refused(_) => Err(Problem::unprocessable(
            "下发的内容上没有登记过的县里的签名。",
            "The record is not signed by an enrolled district.",
        )),
        Outcome::Unreadable(why) => {
            tracing::warn!(why, "a district sent a record that this program cannot read");
            Err(unreadable())
        }
    }
}

fn unreadable() -> Problem {
    Problem::unprocessable(
        "下发的内容读不懂，可能要先升级站点的程序。",
        "The record cannot be read; the station's program may be too old.",
    )
}
