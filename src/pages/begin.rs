//! How an evening begins, whoever begins it: from the programme, or with a film that somebody chose.

use media_index::Kind;

use super::{Pages, screenings};
use crate::http::Problem;
use crate::ledger::Planned;
use crate::library;
use crate::programme::{Entry, Plan};
use crate::roster::Member;
use crate::screening::{Evening, Showing, State};
use crate::types::{DeviceId, ItemId, MemberId, Millis, Mode};

/// Opens the lobby, and strikes what was shown off the list of wishes.
pub(super) async fn begin(pages: &Pages, evening: Evening) -> Result<State, Problem> {
    let items = evening.programme.iter().map(|showing| showing.item).collect();
    let state = pages.screenings.begin(evening).await?;
    pages.opinions.fulfilled(items).await?;
    Ok(state)
}

/// An evening for everybody with one film, from a place in it on.
pub(super) async fn with_film(pages: &Pages, screen: DeviceId, item: ItemId, from: Millis) -> Result<Evening, Problem> {
    let members = pages.roster.members().await?;
    let expected = expected(&members, screenings::is_expected);
    Ok(Evening {
        screen,
        programme: vec![showing(pages, item)?],
        mode: Mode::Screening,
        branches: Vec::new(),
        due: number(&expected),
        expected,
        plan: None,
        from,
        place: String::new(),
        chair: String::new(),
    })
}

/// The evening that an entry of the programme asks for. Items that are not there yet, or are no films, are left out.
pub(super) async fn from_plan(pages: &Pages, screen: DeviceId, entry: u64) -> Result<Evening, Problem> {
    let entry = pages.programme.entry(entry).await?.ok_or_else(Problem::not_found)?;
    let Entry {
        number: of_plan,
        plan,
        from,
    } = entry;
    let there = plan
        .items
        .iter()
        .filter_map(|planned| showing(pages, planned.item).ok());
    let programme: Vec<Showing> = there.collect();
    if programme.is_empty() {
        return Err(Problem::unprocessable(
            format!("《{}》还不在课程库里，请先拷进来，或者改一下计划。", plan.titles()),
            "None of the planned films is in the library yet; copy them in, or change the plan.",
        ));
    }
    let members = pages.roster.members().await?;
    let expected = expected(&members, |member| plan.expects(member));
    Ok(Evening {
        screen,
        programme,
        mode: plan.mode,
        due: number(&expected),
        expected,
        plan: Some(Planned {
            number: of_plan,
            when: plan.when.to_string(),
            from,
        }),
        from: Millis::ZERO,
        branches: plan.branches,
        place: plan.place,
        chair: plan.chair,
    })
}

/// How many members an entry expects.
pub(super) fn due(plan: &Plan, members: &[Member]) -> u32 {
    number(&expected(members, |member| plan.expects(member)))
}

fn expected(members: &[Member], is_meant: impl Fn(&Member) -> bool) -> Vec<MemberId> {
    let meant = members.iter().filter(|member| is_meant(member));
    meant.map(|member| member.id.clone()).collect()
}

fn number(expected: &[MemberId]) -> u32 {
    u32::try_from(expected.len()).unwrap_or(u32::MAX)
}

/// Whether an entry of the library can be shown to a room.
pub(super) fn is_film(entry: &library::Entry) -> bool {
    plays_for_a_while(entry.kind, entry.length)
}

/// The same of a line of a list.
pub(super) fn is_film_line(line: &library::Line<'_>) -> bool {
    plays_for_a_while(line.kind(), line.length())
}

fn plays_for_a_while(kind: Kind, length: Millis) -> bool {
    matches!(kind, Kind::Film | Kind::Audio) && length > Millis::ZERO
}

/// A film of the library, as a screening knows it.
pub(super) fn showing(pages: &Pages, item: ItemId) -> Result<Showing, Problem> {
    let entry = pages.library.shown_entry(&item).ok_or_else(Problem::not_found)?;
    if !is_film(&entry) {
        return Err(Problem::unprocessable(
            "这部课件没有时长，不能集中收看。",
            "This item has no length, so it cannot be shown to a room.",
        ));
    }
    Ok(Showing {
        item,
        title: entry.title,
        class: entry.class.as_deref().map(str::to_owned),
        length: entry.length,
        made_here: entry.local,
    })
}
