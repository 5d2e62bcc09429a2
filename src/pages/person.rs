//! Who stands there with his phone: a member who is signed in, or somebody who belongs elsewhere 外站党员 and said so on
//! this phone.

use super::{Pages, Visit};
use crate::http::Problem;
use crate::ledger::Home;
use crate::roster::Visiting;
use crate::types::MemberId;

/// Somebody who is known.
pub(super) struct Person {
    pub(super) id: MemberId,
    pub(super) name: String,
    /// Where he belongs, if not here.
    pub(super) home: Option<Home>,
}

impl Person {
    pub(super) fn visiting(who: Visiting) -> Self {
        Self {
            id: who.member,
            name: who.name,
            home: Some(Home {
                station: who.station,
                branch: who.branch,
            }),
        }
    }
}

/// The member who is signed in on this phone, or else the visitor who brought it.
pub(super) async fn person(pages: &Pages, visit: &Visit) -> Result<Option<Person>, Problem> {
    if let Some(member) = &visit.visitor.member {
        return Ok(Some(Person {
            id: member.id.clone(),
            name: member.name.clone(),
            home: None,
        }));
    }
    let visiting = pages.roster.visiting_on(visit.visitor.device).await?;
    Ok(visiting.map(Person::visiting))
}
