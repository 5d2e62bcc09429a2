//! From a sheet to pieces and to what they would change, and from pieces back to a sheet that can be edited.

use std::collections::BTreeMap;

use super::Preview;
use super::draft::{Draft, Sent};
use crate::clock::day_named;
use crate::dispatch::{Approved, Kind};
use crate::district::down::{self, Faulty, Piece, Scope};
use crate::district::web::{Visit, Web};
use crate::http::Problem;
use crate::look::{Texts, format};
use crate::programme::{Plan, Who};
use crate::roster::{self, LineFault, Member, NewMember};
use crate::types::{BranchId, ItemId, Lang, Mode, Origin};

/// What a person reads through before signing; the rest is counted.
const LISTED: usize = 200;

type Read = (Preview, Option<Draft>);

pub(super) async fn read(web: &Web, visit: &Visit, kind: Kind, scope: &Scope, sent: &Sent) -> Result<Read, Problem> {
    if kind == Kind::Roster {
        return members(web, visit, scope, sent).await;
    }
    let known = web.district.known_items().await?;
    let read = match kind {
        Kind::Plan => down::plan(sent.sheet(), &known),
        _ => down::approved(sent.sheet(), &known, &web.district.today_named()),
    };
    let pieces = match read {
        Ok(pieces) => pieces,
        Err(faults) => return Ok((faulty(&faults, visit), None)),
    };
    let before = web.district.pieces(scope, kind).await?;
    let preview = compared(kind, &before, &pieces, visit.t());
    Ok((preview, Some(draft(kind, scope, pieces))))
}

fn draft(kind: Kind, scope: &Scope, pieces: Vec<Piece>) -> Draft {
    Draft {
        kind,
        scope: scope.clone(),
        pieces,
    }
}

fn faulty(faults: &[Faulty], visit: &Visit) -> Preview {
    let t = visit.t();
    let line = |faulty: &Faulty| {
        let sentence = faulty.fault.sentence(visit.lang == Lang::Zh);
        (format::fill(t.members.line, &[&faulty.line]), sentence)
    };
    Preview {
        lead: format::fill(t.members.import_faults, &[&faults.len()]),
        faults: faults.iter().take(LISTED).map(line).collect(),
        ..Preview::default()
    }
}

fn compared(kind: Kind, before: &[Piece], after: &[Piece], t: &Texts) -> Preview {
    let old: BTreeMap<&str, &Piece> = before.iter().map(|piece| (piece.reference.as_str(), piece)).collect();
    let new: BTreeMap<&str, &Piece> = after.iter().map(|piece| (piece.reference.as_str(), piece)).collect();
    let of = |word: &str, piece: &Piece| (word.to_owned(), said(kind, piece));
    let mut changes = Vec::new();
    let (mut fresh, mut other) = (0, 0);
    for piece in after {
        match old.get(piece.reference.as_str()) {
            None => {
                fresh += 1;
                changes.push(of(t.members.added, piece));
            }
            Some(was) if *was != piece => {
                other += 1;
                changes.push(of(t.members.changed, piece));
            }
            Some(_) => {}
        }
    }
    let gone: Vec<&Piece> = before
        .iter()
        .filter(|piece| !new.contains_key(piece.reference.as_str()))
        .collect();
    changes.extend(gone.iter().map(|piece| of(t.district.down_gone, piece)));
    changes.truncate(LISTED);
    Preview {
        lead: format::fill(t.district.down_preview, &[&after.len(), &fresh, &other, &gone.len()]),
        changes,
        ..Preview::default()
    }
}

/// One piece in a line.
fn said(kind: Kind, piece: &Piece) -> String {
    match kind {
        Kind::Plan => serde_json::from_str(&piece.text)
            .map(|plan: Plan| format!("{} 《{}》 {}", plan.when, plan.titles(), plan.place))
            .unwrap_or_default(),
        _ => serde_json::from_str(&piece.text)
            .map(|item: Approved| format!("《{}》 {}", item.title, item.from))
            .unwrap_or_default(),
    }
}

/// A roster is read by the rules of the stations, against the one that is kept here. The file is the whole roster.
async fn members(web: &Web, visit: &Visit, scope: &Scope, sent: &Sent) -> Result<Read, Problem> {
    let Scope::Station(station) = scope else {
        return Err(Problem::not_found());
    };
    let t = visit.t();
    let from = match sent.from.trim() {
        "" => web.district.today_named(),
        day if day_named(day).is_some() => day.to_owned(),
        _ => {
            let preview = Preview {
                lead: t.district.down_bad_day.to_owned(),
                ..Preview::default()
            };
            return Ok((preview, None));
        }
    };
    let present = web.district.roster_of(station).await?;
    let plan = roster::plan(sent.sheet(), &present);
    if !plan.faults.is_empty() {
        return Ok((faulty_members(&plan.faults, visit), None));
    }
    let whole = down::whole(&plan, &present);
    let warnings = warnings(web, station, (&plan, &whole), t).await?;
    let preview = Preview {
        lead: format::fill(
            t.district.down_preview,
            &[
                &whole.len(),
                &plan.added.len(),
                &changed(&plan).count(),
                &plan.not_in_file.len(),
            ],
        ),
        changes: changes(&plan, t),
        warnings,
        ..Preview::default()
    };
    let pieces = vec![Piece::roster(whole, &from)];
    Ok((preview, Some(draft(Kind::Roster, scope, pieces))))
}

fn faulty_members(faults: &[LineFault], visit: &Visit) -> Preview {
    let t = visit.t();
    let line = |fault: &LineFault| {
        let sentence = if visit.lang == Lang::Zh {
            fault.fault.zh()
        } else {
            fault.fault.en()
        };
        (format::fill(t.members.line, &[&fault.line]), sentence)
    };
    Preview {
        lead: format::fill(t.members.import_faults, &[&faults.len()]),
        faults: faults.iter().take(LISTED).map(line).collect(),
        ..Preview::default()
    }
}

/// What is no fault, and yet should be known before it is signed.
async fn warnings(
    web: &Web,
    station: &Origin,
    (plan, whole): (&roster::Plan, &[Member]),
    t: &Texts,
) -> Result<Vec<String>, Problem> {
    let elsewhere = web.district.listed_elsewhere(station).await?;
    let twice = whole
        .iter()
        .filter_map(|member| Some((member, elsewhere.get(&member.id)?)));
    let mut all: Vec<String> = twice
        .take(LISTED)
        .map(|(member, station)| format::fill(t.district.down_twice, &[&member.id, station]))
        .collect();
    let mut news = plan.added.iter().chain(plan.changed.iter().map(|(_, new)| new));
    all.extend(
        news.any(|new| new.pin.is_some())
            .then(|| t.district.down_no_pins.to_owned()),
    );
    Ok(all)
}

/// A PIN in the file changes nobody: PINs are the stations'.
fn changed(plan: &roster::Plan) -> impl Iterator<Item = &NewMember> {
    plan.changed
        .iter()
        .filter(|(old, new)| *old != new.member)
        .map(|(_, new)| new)
}

fn changes(plan: &roster::Plan, t: &Texts) -> Vec<(String, String)> {
    let of = |word: &str, m: &Member| {
        let facts = format!("{} {}，{}，{}，{}", m.id, m.name, m.branch, m.role.zh(), m.migrant.zh());
        (word.to_owned(), facts)
    };
    let added = plan.added.iter().map(|new| of(t.members.added, &new.member));
    let changed = changed(plan).map(|new| of(t.members.changed, &new.member));
    let gone = plan.not_in_file.iter().map(|member| of(t.district.down_gone, member));
    added.chain(changed).chain(gone).take(LISTED).collect()
}

/// What holds now, as a sheet that can be edited and sent again.
pub(super) fn as_sheet(kind: Kind, pieces: &[Piece]) -> Result<String, Problem> {
    let rows = match kind {
        Kind::Roster => member_rows(pieces),
        Kind::Plan => plan_rows(pieces),
        _ => item_rows(pieces),
    };
    let mut sheet = csv::Writer::from_writer(Vec::new());
    for row in rows {
        sheet.write_record(row).map_err(|error| Problem::internal(&error))?;
    }
    let bytes = sheet.into_inner().map_err(|error| Problem::internal(error.error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn heads(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn member_rows(pieces: &[Piece]) -> Vec<Vec<String>> {
    let mut rows = vec![heads(&[
        "编号",
        "姓名",
        "党支部",
        "身份类别",
        "类别",
        "流动",
        "性别",
        "出生年",
        "入党时间",
        "流向",
        "流动起始",
        "联系电话",
        "活动证号",
        "联系人",
        "送学",
    ])];
    let members = pieces.iter().flat_map(down::members_of);
    rows.extend(members.map(|member| {
        let d = member.details;
        vec![
            member.id.to_string(),
            member.name,
            member.branch.to_string(),
            member.role.zh().to_owned(),
            member.status.zh().to_owned(),
            member.migrant.zh().to_owned(),
            d.sex,
            d.born,
            d.joined,
            d.place,
            d.since,
            d.phone,
            d.certificate,
            d.contact,
            if d.brought { "是" } else { "" }.to_owned(),
        ]
    }));
    rows
}

fn plan_rows(pieces: &[Piece]) -> Vec<Vec<String>> {
    let mut plans: Vec<Plan> = pieces
        .iter()
        .filter_map(|piece| serde_json::from_str(&piece.text).ok())
        .collect();
    plans.sort_by(|a, b| a.when.cmp(&b.when));
    let mut rows = vec![heads(&[
        "日期",
        "时间",
        "课件",
        "方式",
        "党支部",
        "对象",
        "地点",
        "主持人",
    ])];
    rows.extend(plans.into_iter().map(|plan| {
        let items: Vec<ItemId> = plan.items.iter().map(|planned| planned.item).collect();
        let titles: Vec<&str> = plan.items.iter().map(|planned| planned.title.as_str()).collect();
        let branches: Vec<&str> = plan.branches.iter().map(BranchId::as_str).collect();
        // A title may have changed since, or be another's; an id cannot.
        let named: Vec<String> = items
            .iter()
            .zip(titles)
            .map(|(id, title)| format!("{id} {}", title.replace([';', '；'], " ")))
            .collect();
        vec![
            plan.when.day.clone(),
            plan.when.time.clone(),
            named.join("；"),
            match plan.mode {
                Mode::Brought => "送学上门",
                Mode::MakeUp => "补学",
                _ => "集中收看",
            }
            .to_owned(),
            branches.join("；"),
            match plan.who {
                Who::Everybody => "全体党员",
                Who::Committee => "书记和委员",
                Who::New => "新党员",
            }
            .to_owned(),
            plan.place,
            plan.chair,
        ]
    }));
    rows
}

fn item_rows(pieces: &[Piece]) -> Vec<Vec<String>> {
    let mut items: Vec<Approved> = pieces
        .iter()
        .filter_map(|piece| serde_json::from_str(&piece.text).ok())
        .collect();
    items.sort_by(|a, b| a.title.cmp(&b.title));
    let mut rows = vec![heads(&["课件", "起"])];
    rows.extend(
        items
            .into_iter()
            .map(|item| vec![format!("{} {}", item.item, item.title), item.from]),
    );
    rows
}
