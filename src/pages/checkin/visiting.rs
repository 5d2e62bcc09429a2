//! Who belongs elsewhere 外站党员: number, name, home.

use serde::Deserialize;

use crate::http::Problem;
use crate::look::{Texts, format};
use crate::pages::person::Person;
use crate::pages::{Pages, Visit};
use crate::roster::{Visiting, Welcome};
use crate::types::{BranchId, MemberId};

/// Names and branches have at most so many characters, numbers of stations fewer.
const TEXT: usize = 60;
const NUMBER: usize = 32;

/// What somebody says of himself.
#[derive(Debug, Clone, Deserialize, Default)]
pub(in crate::pages) struct Stated {
    #[serde(default, rename = "v_number")]
    pub(in crate::pages) number: String,
    #[serde(default, rename = "v_name")]
    pub(in crate::pages) name: String,
    #[serde(default, rename = "v_station")]
    pub(in crate::pages) station: String,
    #[serde(default, rename = "v_branch")]
    pub(in crate::pages) branch: String,
}

impl Stated {
    /// Whether the fields for who belongs elsewhere were filled in, and not those for members.
    pub(super) fn is_meant(&self) -> bool {
        !self.number.trim().is_empty()
    }

    /// Within the limits of the form.
    pub(super) fn cut(&self) -> Self {
        let cut = |text: &str, most| text.trim().chars().take(most).collect();
        Self {
            number: cut(&self.number, NUMBER),
            name: cut(&self.name, TEXT),
            station: cut(&self.station, NUMBER),
            branch: cut(&self.branch, TEXT),
        }
    }

    /// Number, name and branch are needed; the number of the station may be unknown.
    pub(in crate::pages) fn read(&self) -> Option<Visiting> {
        let stated = self.cut();
        let is_plain = |text: &str| !text.is_empty() && !text.chars().any(char::is_control);
        let station_is_plain = stated.station.chars().all(|c| c.is_ascii_graphic());
        (is_plain(&stated.name) && station_is_plain).then_some(())?;
        Some(Visiting {
            member: MemberId::new(&stated.number).ok()?,
            name: stated.name,
            station: stated.station,
            branch: BranchId::new(&stated.branch).ok()?,
        })
    }
}

/// Takes down who he is, under his phone; or the sentence that says why not.
pub(super) async fn take(
    pages: &Pages,
    visit: &Visit,
    stated: &Stated,
    t: &Texts,
) -> Result<Result<Person, String>, Problem> {
    let Some(who) = stated.read() else {
        return Ok(Err(t.checkin.visiting_unclear.to_owned()));
    };
    let who = as_listed(pages, who).await?;
    let welcome = pages.roster.welcome(who.clone(), Some(visit.visitor.device)).await?;
    Ok(match welcome {
        Welcome::Known => Ok(Person::visiting(who)),
        Welcome::OfThisStation => Err(t.checkin.visiting_own.to_owned()),
        Welcome::OtherPhone => Err(format::fill(t.checkin.visiting_other_phone, &[&who.member])),
    })
}

/// Where a district says he belongs, if its list holds his number: he himself may not know, or may mistake it.
pub(in crate::pages) async fn as_listed(pages: &Pages, who: Visiting) -> Result<Visiting, Problem> {
    Ok(match pages.dispatches.home_of(who.member.clone()).await? {
        Some((station, branch)) => Visiting { station, branch, ..who },
        None => who,
    })
}

/// The name of a member or of a visitor; his number, if nobody knows it.
pub(super) async fn name_of(pages: &Pages, id: &MemberId) -> Result<String, Problem> {
    if let Some(member) = pages.roster.member(id.clone()).await? {
        return Ok(member.name);
    }
    let visiting = pages.roster.visiting().await?.into_iter().find(|who| who.member == *id);
    Ok(visiting.map_or_else(|| id.to_string(), |who| who.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stated(number: &str, name: &str, station: &str, branch: &str) -> Option<Visiting> {
        let [number, name, station, branch] = [number, name, station, branch].map(str::to_owned);
        Stated {
            number,
            name,
            station,
            branch,
        }
        .read()
    }

    #[test]
    fn a_visitor_says_number_name_and_branch_and_his_station_if_he_knows_it() {
        assert!(stated(" 4711 ", "刘明", "0042", "后坪村支部").is_some());
        assert!(stated("4711", "刘明", "", "后坪村支部").is_some());
        for (number, name, station, branch) in [
            ("4711", "", "0042", "后坪村支部"),
            ("4711", "刘明", "0042", ""),
            ("四七一一", "刘明", "0042", "后坪村支部"),
            ("4711", "刘明", "后坪 村", "后坪村支部"),
        ] {
            assert!(
                stated(number, name, station, branch).is_none(),
                "{number} {name} {station} {branch}"
            );
        }
    }
}
