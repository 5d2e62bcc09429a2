//! How things are named in statements, and the frame of every statement.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::clock::Trust;
use crate::ledger::At;
use crate::types::{ItemId, MemberId, Millis, Origin, SessionId, Year};

/// The address under which a district's members, items and stations are named in statements, e.g.
/// `https://study.example.gov.cn`. It need not answer, but it must be the district's own: accounts are unique below it.
#[derive(Debug, Clone)]
pub struct Home(String);

/// Not an address that can name things.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no address like https://study.example.gov.cn")]
pub struct BadHome(String);

impl Home {
    /// Takes an absolute http or https address; a closing slash is left away.
    pub fn new(text: &str) -> Result<Self, BadHome> {
        let uri = text.parse::<axum::http::Uri>().ok();
        let is_home = uri.is_some_and(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some() && uri.query().is_none()
        });
        if is_home {
            Ok(Self(text.trim_end_matches('/').to_owned()))
        } else {
            Err(BadHome(text.to_owned()))
        }
    }
}

/// Where a leaf stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) index: u64,
    pub(super) at: At,
}

/// The names below one station.
#[derive(Debug)]
pub(super) struct Names {
    home: Home,
    origin: Origin,
    space: Uuid,
}

impl Names {
    pub(super) fn new(home: Home, origin: Origin) -> Self {
        let space = Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("{}/{origin}", home.0).as_bytes());
        Self { home, origin, space }
    }

    /// Who did what, where it stands in the log; `kind` tells the statements of one leaf apart.
    pub(super) fn statement(
        &self,
        place: Place,
        kind: &str,
        verb: (&str, &str),
        member: &MemberId,
        object: &Value,
    ) -> Value {
        let mut statement = json!({
            "id": self.id(place.index, kind).to_string(),
            "actor": { "objectType": "Agent", "account": { "homePage": self.home.0, "name": member } },
            "verb": { "id": verb.1, "display": { "en-US": verb.0 } },
            "object": object,
            "context": { "platform": "yuanjiao", "language": "zh-CN", "extensions": {
                self.own("log"): { "origin": self.origin, "index": place.index },
            } },
            "version": "1.0.3",
        });
        if let Some(timestamp) = timestamp(place.at) {
            statement["timestamp"] = json!(timestamp);
        }
        statement
    }

    /// Of the statement of this kind that a leaf gives.
    pub(super) fn id(&self, index: u64, kind: &str) -> Uuid {
        Uuid::new_v5(&self.space, format!("{index}:{kind}").as_bytes())
    }

    pub(super) fn film(&self, item: &ItemId) -> String {
        format!("{}/item/{item}", self.home.0)
    }

    /// An extension of ours.
    pub(super) fn own(&self, word: &str) -> String {
        format!("{}/xapi/ext/{word}", self.home.0)
    }

    /// Of a screening.
    pub(super) fn screening(&self, screening: SessionId) -> String {
        format!("{}/screening/{}/{screening}", self.home.0, self.origin)
    }

    /// Of all that a member does with a film in a year.
    pub(super) fn registration(&self, member: &MemberId, item: &ItemId, year: Year) -> Uuid {
        Uuid::new_v5(&self.space, format!("{member}:{item}:{}", year.0).as_bytes())
    }
}

/// Seconds as a JSON number; thousandths survive the trip through floating point up to millions of years.
pub(super) fn seconds(time: Millis) -> f64 {
    std::time::Duration::from_millis(time.0).as_secs_f64()
}

pub(super) fn decimal(millis: u64) -> String {
    format!("{}.{:03}", millis / 1000, millis % 1000)
}

/// ISO 8601, in seconds.
pub(super) fn duration(time: Millis) -> String {
    match time.0 % 1000 {
        0 => format!("PT{}S", time.0 / 1000),
        _ => format!("PT{}S", decimal(time.0)),
    }
}

fn timestamp(at: At) -> Option<String> {
    let moment = jiff::Timestamp::from_millisecond(at.wall).ok();
    moment
        .filter(|_| at.trust > Trust::Unset)
        .map(|moment| moment.to_string())
}
