//! A roster file against the roster: pure. A workbook of Excel, or text in UTF-8 or GBK with comma, semicolon or tab;
//! headings in English or Chinese (`crate::spreadsheet`).

use std::collections::HashMap;

use super::columns::{COLUMN_COUNT, FORM, title};
use super::fault::{Fault, LineFault};
use super::member::{Details, Member, Migrant, NAME_LIMIT, NewMember, Role, Status, is_pin};
use crate::spreadsheet::{self, Fault as OfFile, Lines};
use crate::types::{BranchId, MemberId};

/// What an import would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Members who are new.
    pub added: Vec<NewMember>,
    /// Members who change: as they are, as they would be.
    pub changed: Vec<(Member, NewMember)>,
    /// Members whom the file leaves as they are.
    pub unchanged: usize,
    /// Members who are not in the file; they stay.
    pub not_in_file: Vec<Member>,
    /// What is wrong. With any fault nothing is imported.
    pub faults: Vec<LineFault>,
}

/// Reads a file against the present roster.
pub fn plan(file: &[u8], present: &[Member]) -> Plan {
    let lines = spreadsheet::read(file, &FORM).map_err(|fault| vec![fault]);
    let places = lines.and_then(|lines| lines.places(&FORM).map(|places| (lines, places)));
    match places {
        Ok((lines, places)) => plan_of(lines, &places, present),
        Err(faults) => Plan {
            faults: faults.into_iter().map(LineFault::from).collect(),
            ..Plan::default()
        },
    }
}

/// What stands in a roster file, as text; `None` of one that cannot be read whole.
pub fn as_text(file: &[u8]) -> Option<String> {
    spreadsheet::as_text(file, &FORM)
}

fn plan_of(lines: Lines, columns: &[Option<usize>], present: &[Member]) -> Plan {
    let mut plan = Plan::default();
    let mut rows: Vec<(usize, NewMember)> = Vec::new();
    let mut seen: HashMap<MemberId, usize> = HashMap::new();
    for (line, record) in lines.rows {
        let record = record.map_err(|faults| faults.into_iter().map(Fault::File).collect());
        match record.and_then(|record| row(&record, columns, present)) {
            Ok(None) => {}
            Ok(Some(new)) => match seen.insert(new.member.id.clone(), line) {
                Some(earlier) => {
                    let fault = Fault::Twice(new.member.id.to_string(), earlier);
                    plan.faults.push(LineFault { line, fault });
                }
                None => rows.push((line, new)),
            },
            Err(faults) => plan
                .faults
                .extend(faults.into_iter().map(|fault| LineFault { line, fault })),
        }
    }
    sort_out(&mut plan, rows, present);
    plan
}

fn sort_out(plan: &mut Plan, rows: Vec<(usize, NewMember)>, present: &[Member]) {
    let mut there: HashMap<&MemberId, &Member> = present.iter().map(|m| (&m.id, m)).collect();
    for (_, new) in rows {
        match there.remove(&new.member.id) {
            None => plan.added.push(new),
            Some(old) if *old == new.member && new.pin.is_none() => plan.unchanged += 1,
            Some(old) => plan.changed.push((old.clone(), new)),
        }
    }
    plan.not_in_file = present.iter().filter(|m| there.contains_key(&m.id)).cloned().collect();
}

/// A number as Excel writes one that is too long for it into a text: 3.71502E+17.
fn is_rounded(text: &str) -> bool {
    let power = text.split_once(['E', 'e']).filter(|(digits, power)| {
        power.starts_with('+') && power.len() > 1 && digits.starts_with(|c: char| c.is_ascii_digit())
    });
    power.is_some_and(|(digits, power)| {
        power[1..].bytes().all(|c| c.is_ascii_digit()) && digits.bytes().all(|c| c.is_ascii_digit() || c == b'.')
    })
}

/// One line; an empty one is skipped.
fn row(
    record: &csv::StringRecord,
    columns: &[Option<usize>],
    present: &[Member],
) -> Result<Option<NewMember>, Vec<Fault>> {
    let field = |column: usize| columns[column].and_then(|at| record.get(at)).unwrap_or("");
    if record.iter().all(str::is_empty) {
        return Ok(None);
    }
    let mut faults = Vec::new();
    let short = |text: &str| text.chars().take(40).collect::<String>();
    // Excel keeps leading zeros only behind an apostrophe.
    let number = MemberId::new(field(0).trim_start_matches('\''));
    let name = field(1);
    let named = !name.is_empty() && name.chars().count() <= NAME_LIMIT && !name.chars().any(char::is_control);
    let branch = BranchId::new(field(2));
    // What the file leaves open stays as it is; a new member gets the usual.
    let old = number
        .as_ref()
        .ok()
        .and_then(|number| present.iter().find(|m| m.id == *number));
    let role = if field(3).is_empty() {
        Some(old.map_or_else(Role::default, |m| m.role))
    } else {
        Role::read(field(3))
    };
    let status = if field(4).is_empty() {
        Some(old.map_or_else(Status::default, |m| m.status))
    } else {
        Status::read(field(4))
    };
    let migrant = if field(5).is_empty() {
        Some(old.map_or_else(Migrant::default, |m| m.migrant))
    } else {
        Migrant::read(field(5))
    };
    let details = details(&field, columns, old);
    let pin = Some(field(6).trim_start_matches('\'')).filter(|pin| !pin.is_empty());
    let wrong = [
        number.is_err().then(|| no_number(field(0))),
        (!named).then_some(Fault::Name),
        branch.is_err().then_some(Fault::Branch),
        role.is_none().then(|| Fault::Role(short(field(3)))),
        status.is_none().then(|| Fault::Status(short(field(4)))),
        migrant.is_none().then(|| Fault::Migrant(short(field(5)))),
        pin.is_some_and(|pin| !is_pin(pin)).then_some(Fault::Pin),
        details.as_ref().err().cloned(),
    ];
    faults.extend(wrong.into_iter().flatten());
    match (number, branch, role, status, migrant, details) {
        (Ok(id), Ok(branch), Some(role), Some(status), Some(migrant), Ok(details)) if faults.is_empty() => {
            let member = Member {
                id,
                name: name.to_owned(),
                branch,
                role,
                status,
                migrant,
                details,
            };
            Ok(Some(NewMember {
                member,
                pin: pin.map(str::to_owned),
            }))
        }
        _ => Err(faults),
    }
}

/// Why a text is no member number.
fn no_number(text: &str) -> Fault {
    let short = text.chars().take(40).collect();
    if is_rounded(text) {
        Fault::File(OfFile::Rounded(title(0).to_owned(), short))
    } else {
        Fault::Number(short)
    }
}

/// The columns that only the book asks for. One that the file does not have leaves what is there.
fn details<'a>(
    field: &impl Fn(usize) -> &'a str,
    columns: &[Option<usize>],
    old: Option<&Member>,
) -> Result<Details, Fault> {
    const FIRST: usize = 7;
    let mut details = old.map(|member| member.details.clone()).unwrap_or_default();
    let texts = [
        &mut details.sex,
        &mut details.born,
        &mut details.joined,
        &mut details.place,
        &mut details.since,
        &mut details.phone,
        &mut details.certificate,
        &mut details.contact,
    ];
    for (column, text) in (FIRST..).zip(texts).filter(|(column, _)| columns[*column].is_some()) {
        let given = field(column).trim_start_matches('\'');
        if given.chars().count() > NAME_LIMIT || given.chars().any(char::is_control) {
            return Err(Fault::Detail(title(column)));
        }
        if is_rounded(given) {
            let rounded = OfFile::Rounded(title(column).to_owned(), given.to_owned());
            return Err(Fault::File(rounded));
        }
        given.clone_into(text);
    }
    if columns[COLUMN_COUNT - 1].is_some() {
        let given = field(COLUMN_COUNT - 1).to_lowercase();
        details.brought = ["是", "yes", "1", "送学", "true"].contains(&given.as_str());
    }
    Ok(details)
}

#[cfg(test)]
mod tests;
