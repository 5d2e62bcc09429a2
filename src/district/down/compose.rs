//! What one station gets: the pieces that concern it, put together.

use std::collections::{BTreeMap, BTreeSet};

use super::{Piece, Scope, rows};
use crate::dispatch::{Approved, Board, Body, Docket, Entries, Home, Kind, List, Members, Notice, RULINGS, Visitors};
use crate::district::rows::{earlier, logs};
use crate::district::rulings;
use crate::district::watch::{self, Watched};
use crate::programme;
use crate::roster::{Member, Migrant, Plan, Status};
use crate::store::{Sql, StoreError};
use crate::types::{BranchId, MemberId, Origin};

/// Whether a scope holds for a station.
pub(super) fn concerns(scope: &Scope, station: &Watched) -> bool {
    match scope {
        Scope::All => true,
        Scope::Town(town) => station.township == *town,
        Scope::Station(origin) => station.origin == *origin,
    }
}

/// The scopes that hold for a station, the nearest last: an earlier epoch's roster is its own.
fn scopes(conn: &dyn Sql, station: &Watched) -> Result<Vec<String>, StoreError> {
    let mut all = vec![Scope::All.word(), Scope::Town(station.township.clone()).word()];
    let before = earlier(conn, &station.origin)?;
    all.extend(before.iter().rev().map(|origin| format!("station:{origin}")));
    all.push(Scope::Station(station.origin.clone()).word());
    Ok(all)
}

/// The members of a roster's piece.
pub fn members_of(piece: &Piece) -> Vec<Member> {
    match Body::read(Kind::Roster, &piece.text) {
        Ok(Body::Roster(body)) => body.members,
        _ => Vec::new(),
    }
}

/// A roster as a file says it, of those who stand there now: the file is the whole roster.
pub fn whole(plan: &Plan, present: &[Member]) -> Vec<Member> {
    let mut all: BTreeMap<_, Member> = present
        .iter()
        .map(|member| (member.id.clone(), member.clone()))
        .collect();
    for gone in &plan.not_in_file {
        all.remove(&gone.id);
    }
    let news = plan.added.iter().chain(plan.changed.iter().map(|(_, new)| new));
    all.extend(news.map(|new| (new.member.id.clone(), new.member.clone())));
    all.into_values().collect()
}

/// Whether a text names somebody of a roster that is kept here. A name of one character is a word of the language as well.
pub(in crate::district) fn is_named_in(conn: &dyn Sql, text: &str) -> Result<bool, StoreError> {
    let is_named = |member: &Member| member.name.chars().count() > 1 && text.contains(&member.name);
    let rosters = rows::rosters(conn)?;
    Ok(rosters
        .into_iter()
        .any(|(_, piece)| matches!(Body::read(Kind::Roster, &piece), Ok(Body::Roster(body)) if body.members.iter().any(is_named))))
}

fn roster(conn: &dyn Sql, origin: &Origin) -> Result<Option<Piece>, StoreError> {
    for name in logs(conn, origin)? {
        if let Some(piece) = rows::pieces(conn, &format!("station:{name}"), Kind::Roster)?.pop() {
            return Ok(Some(piece));
        }
    }
    Ok(None)
}

/// The day from which a station's roster holds; other kinds bring their days themselves.
pub(super) fn first_day(conn: &dyn Sql, origin: &Origin, kind: Kind) -> Result<Option<String>, StoreError> {
    if kind != Kind::Roster {
        return Ok(None);
    }
    Ok(roster(conn, origin)?.map(|piece| piece.from))
}

/// What a station gets of a kind; `None` if nobody ever decided anything that concerns it.
pub(super) fn body(conn: &dyn Sql, station: &Watched, kind: Kind) -> Result<Option<Body>, StoreError> {
    Ok(match kind {
        // No roster is not an empty one: the station goes on with its own.
        Kind::Roster => roster(conn, &station.origin)?.map(|piece| {
            Body::Roster(Members {
                members: members_of(&piece),
            })
        }),
        Kind::Visitors => Some(Body::Visitors(visitors(conn, station)?)),
        Kind::Plan => {
            let entries: BTreeMap<String, programme::Plan> = pieces(conn, station, kind)?;
            let mut entries: Vec<(String, programme::Plan)> = entries.into_iter().collect();
            entries.sort_by(|a, b| (&a.1.when, &a.0).cmp(&(&b.1.when, &b.0)));
            Some(Body::Plan(Entries { entries }))
        }
        Kind::Approved => {
            let items: BTreeMap<String, Approved> = pieces(conn, station, kind)?;
            let mut items: Vec<Approved> = items.into_values().collect();
            items.sort_by(|a, b| (&a.title, a.item).cmp(&(&b.title, b.item)));
            Some(Body::Approved(List { items }))
        }
        Kind::Notices => {
            let notices: BTreeMap<String, Notice> = pieces(conn, station, kind)?;
            let mut notices: Vec<Notice> = notices.into_values().collect();
            notices.sort_by(|a, b| (&a.until, &a.title).cmp(&(&b.until, &b.title)));
            Some(Body::Notices(Board { notices }))
        }
        Kind::Rulings => Some(Body::Rulings(Docket {
            rulings: rulings::under_way(conn, &station.origin, RULINGS)?,
        })),
    })
}

/// By reference; what a nearer scope says of the same reference wins.
fn pieces<T: serde::de::DeserializeOwned>(
    conn: &dyn Sql,
    station: &Watched,
    kind: Kind,
) -> Result<BTreeMap<String, T>, StoreError> {
    let mut all = BTreeMap::new();
    for scope in scopes(conn, station)? {
        for piece in rows::pieces(conn, &scope, kind)? {
            if let Ok(read) = serde_json::from_str(&piece.text) {
                all.insert(piece.reference, read);
            }
        }
    }
    Ok(all)
}

/// Numbers of those who are likely to come by: of other stations of the township, and migrants of all.
fn visitors(conn: &dyn Sql, station: &Watched) -> Result<Visitors, StoreError> {
    let stations = watch::all(conn)?;
    let own: BTreeSet<MemberId> = roster(conn, &station.origin)?
        .map(|piece| members_of(&piece).into_iter().map(|member| member.id).collect())
        .unwrap_or_default();
    let mut homes: BTreeMap<(String, BranchId), BTreeSet<MemberId>> = BTreeMap::new();
    let rosters: BTreeMap<String, String> = rows::rosters(conn)?.into_iter().collect();
    for other in stations.iter().filter(|other| other.origin != station.origin) {
        let Some(text) = rosters.get(&format!("station:{}", other.origin)) else {
            continue;
        };
        let is_near = !station.township.is_empty() && other.township == station.township;
        let Ok(Body::Roster(body)) = Body::read(Kind::Roster, text) else {
            continue;
        };
        let comes = |member: &Member| {
            let at_home = member.status != Status::Left && member.migrant != Migrant::In;
            at_home && (is_near || member.migrant == Migrant::Out) && !own.contains(&member.id)
        };
        for member in body.members.into_iter().filter(comes) {
            homes
                .entry((other.name.clone(), member.branch))
                .or_default()
                .insert(member.id);
        }
    }
    let home = |((station, branch), numbers): ((String, BranchId), BTreeSet<MemberId>)| Home {
        station: station.chars().take(crate::dispatch::LINE).collect(),
        branch,
        numbers: numbers.into_iter().collect(),
    };
    Ok(Visitors {
        homes: homes.into_iter().map(home).collect(),
    })
}
