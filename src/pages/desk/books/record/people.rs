//! What the sheet says of the people in sentences: how many came, by branch, by which proof, how long for nobody.

use std::collections::BTreeMap;

use crate::ledger::Entry;
use crate::look::{Texts, format};
use crate::pages::desk::books::gather::Gathered;
use crate::pages::screenings::{self, Attendance};
use crate::roster::Member;
use crate::screening::Record;
use crate::types::{Lang, MemberId, Millis};

/// The sheet's sentences.
pub(super) fn lines(
    record: &Record,
    people: &Attendance<'_>,
    of: &Gathered,
    t: &'static Texts,
    lang: Lang,
) -> Vec<(&'static str, String)> {
    let state = &record.state;
    let comma = if lang == Lang::Zh { "、" } else { ", " };
    let excused: Vec<String> = record
        .absences
        .iter()
        .map(|(member, why)| format!("{} {why}", people.name(member)))
        .collect();
    let missing: Vec<String> = missing(record, &of.members)
        .iter()
        .map(|member| member.name.clone())
        .collect();
    let counts = format::fill(
        t.books.f1_people_line,
        &[
            &state.due,
            &came(people, t, lang),
            &with_names(people.excused, &excused, comma, lang),
            &with_names(people.absent(), &missing, comma, lang),
            &state.guests,
            &people.rate(),
        ],
    );
    let mut lines = vec![(t.books.f1_people, counts)];
    lines.extend(by_branch(record, &of.members, lang).map(|text| (t.books.f1_branches, text)));
    lines.push((t.books.f1_evidence, evidence(record, people, t, comma, lang)));
    let alone = format::clock_length(state.unattended);
    let unattended = if state.unattended > Millis::ZERO {
        format::fill(t.books.f1_unattended, &[&alone])
    } else {
        t.books.f1_attended.to_owned()
    };
    lines.push((t.books.f1_alone, unattended));
    lines
}

/// `4（其中应到的 3）`: the rate counts those alone.
fn came(people: &Attendance<'_>, t: &Texts, lang: Lang) -> String {
    let came = people.came;
    match (people.of_them_expected(), lang) {
        (None, _) => came.to_string(),
        (Some(expected), Lang::Zh) => format!("{came}（{} {expected}）", t.live.came_expected),
        (Some(expected), Lang::En) => format!("{came} ({expected} {})", t.live.came_expected),
    }
}

/// So many names stand in a sentence; more would push the signatures onto a second sheet.
const NAMED: usize = 12;

/// `2（郑小满 住院、蒋国强 出差）`.
fn with_names(count: usize, names: &[String], comma: &str, lang: Lang) -> String {
    match (names.len(), lang) {
        (n, _) if n == 0 || n > NAMED => count.to_string(),
        (_, Lang::Zh) => format!("{count}（{}）", names.join(comma)),
        (_, Lang::En) => format!("{count} ({})", names.join(comma)),
    }
}

/// Whom the operator checked in, by reason: by name where they are few, the rest stand in the table with their grade.
fn evidence(record: &Record, people: &Attendance<'_>, t: &Texts, comma: &str, lang: Lang) -> String {
    let mut by_reason: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for line in record.lines.iter().filter(|line| line.who.entry == Entry::Ticked) {
        let names = by_reason.entry(line.who.reason.as_str()).or_default();
        names.push(people.name(&line.who.member));
    }
    let say = |(reason, names): (&&str, &Vec<String>)| {
        let count = with_names(names.len(), names, comma, lang);
        format!("{reason} {count}").trim().to_owned()
    };
    let ticked: Vec<String> = by_reason.iter().map(say).collect();
    let ticked = if ticked.is_empty() {
        String::new()
    } else {
        format::fill(
            t.books.f1_ticked,
            &[&ticked.join(if lang == Lang::Zh { "；" } else { "; " })],
        )
    };
    format::fill(t.books.f1_evidence_line, &[&people.by_phone, &people.ticked, &ticked])
}

/// Who was expected: as it was kept when the evening began; by its branches, for one from before that was kept.
fn expected<'a>(record: &'a Record, members: &'a [Member]) -> impl Iterator<Item = &'a Member> {
    let branches = &record.state.branches;
    members.iter().filter(move |member| {
        if record.expected.is_empty() {
            screenings::is_expected(member) && (branches.is_empty() || branches.contains(&member.branch))
        } else {
            record.expected.contains(&member.id)
        }
    })
}

fn missing<'a>(record: &'a Record, members: &'a [Member]) -> Vec<&'a Member> {
    let is_accounted = |id: &MemberId| {
        record.lines.iter().any(|line| line.who.member == *id) || record.absences.iter().any(|(member, _)| member == id)
    };
    expected(record, members)
        .filter(|member| !is_accounted(&member.id))
        .collect()
}

/// Several branches in one room: how many of each came; those who belong elsewhere are counted by theirs.
fn by_branch(record: &Record, members: &[Member], lang: Lang) -> Option<String> {
    let mut branches: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for member in expected(record, members) {
        let counts = branches.entry(member.branch.as_str()).or_default();
        counts.0 += 1;
        counts.1 += usize::from(record.lines.iter().any(|line| line.who.member == member.id));
    }
    let say = |(branch, (due, came)): (&&str, &(usize, usize))| match lang {
        Lang::Zh => format!("{branch} 到 {came} / 应到 {due}"),
        Lang::En => format!("{branch}: {came} of {due}"),
    };
    let mut all: Vec<String> = branches.iter().map(say).collect();
    let mut visiting: BTreeMap<&str, usize> = BTreeMap::new();
    for home in record.lines.iter().filter_map(|line| line.who.home.as_ref()) {
        *visiting.entry(home.branch.as_str()).or_default() += 1;
    }
    let guest = |(branch, came): (&&str, &usize)| match lang {
        Lang::Zh => format!("外站 {branch} 到 {came}"),
        Lang::En => format!("visiting, {branch}: {came}"),
    };
    all.extend(visiting.iter().map(guest));
    (all.len() > 1).then(|| all.join(if lang == Lang::Zh { "；" } else { "; " }))
}
