//! Files of a programme and of approved items, as people keep them in a spreadsheet: read line by line, each fault named.
//! Pure. Workbooks or text (`crate::spreadsheet`). Rosters are read as the stations read theirs (`crate::roster::plan`).

use std::collections::BTreeMap;

use super::Piece;
use super::known::Known;
use crate::dispatch::{Approved, Kind, LINE};
use crate::programme::{ITEMS, Plan, Planned, When, Who};
use crate::roster;
use crate::spreadsheet::{self, Column, Form, Holds};
use crate::types::{BranchId, Mode};

/// More than this is neither a programme nor a list.
const LINES: usize = 10_000;

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The file cannot be read, or a line of it.
    File(spreadsheet::Fault),
    /// No such day or time.
    When(String),
    /// No station told of an item of this title.
    NoItem(String),
    /// Several items have this title.
    Several(String),
    /// No item, or more than an evening holds.
    HowMany,
    /// An unknown mode.
    Mode(String),
    /// An unknown word for who is expected.
    Who(String),
    /// A branch's name that cannot be one.
    Branch(String),
    /// A text that is too long.
    Long(&'static str),
}

impl Fault {
    /// The sentence for the reader.
    pub fn sentence(&self, zh: bool) -> String {
        let (chinese, english) = match self {
            Self::File(fault) => return fault.sentence(zh),
            Self::When(text) => (
                format!("日期或时间“{text}”不对，请写成 2026-11-26 和 19:30。"),
                format!("“{text}” is no day or time; write 2026-11-26 and 19:30."),
            ),
            Self::NoItem(text) => (
                format!("没有站点报过叫“{text}”的课件，可以填课件编号。"),
                format!("No station told of an item “{text}”; its id will do as well."),
            ),
            Self::Several(text) => (
                format!("叫“{text}”的课件不止一部，请填课件编号。"),
                format!("Several items are called “{text}”; please give the id."),
            ),
            Self::HowMany => (
                format!("一场要有 1 到 {ITEMS} 部课件，用分号隔开。"),
                format!("An evening has 1 to {ITEMS} items, parted by semicolons."),
            ),
            Self::Mode(text) => (
                format!("收看方式“{text}”不认识，请填 集中收看、送学上门 或 补学。"),
                format!("The mode “{text}” is unknown; use screening, visit or make_up."),
            ),
            Self::Who(text) => (
                format!("对象“{text}”不认识，请填 全体党员、书记和委员 或 新党员。"),
                format!("“{text}” is unknown; use everybody, committee or new."),
            ),
            Self::Branch(text) => (
                format!("党支部“{text}”不能用作名称。"),
                format!("“{text}” cannot be a branch's name."),
            ),
            Self::Long(column) => (
                format!("“{column}”太长了，最多 {LINE} 个字。"),
                format!("The column “{column}” has more than {LINE} characters."),
            ),
        };
        if zh { chinese } else { english }
    }
}

/// Where it is: line in the file, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faulty {
    /// Line.
    pub line: usize,
    /// What.
    pub fault: Fault,
}

impl From<spreadsheet::LineFault> for Faulty {
    fn from(of: spreadsheet::LineFault) -> Self {
        Self {
            line: of.line,
            fault: Fault::File(of.fault),
        }
    }
}

const PLAN: Form = Form {
    columns: &[
        Column::new(&["日期", "day", "date"]).of(Holds::Day).must(),
        Column::new(&["时间", "time"]).of(Holds::Time).must(),
        Column::new(&["课件", "片名", "items", "item"]).must(),
        Column::new(&["方式", "收看方式", "mode"]),
        Column::new(&["党支部", "支部", "branches", "branch"]),
        Column::new(&["对象", "who"]),
        Column::new(&["地点", "place"]),
        Column::new(&["主持人", "chair"]),
    ],
    lines: LINES,
};

const APPROVED: Form = Form {
    columns: &[
        Column::new(&["课件", "片名", "item", "title"]).must(),
        Column::new(&["起", "起始日期", "from"]).of(Holds::Day),
    ],
    lines: LINES,
};

/// What stands in a file of this kind, as text; `None` of one that cannot be read whole.
pub fn as_text(kind: Kind, file: &[u8]) -> Option<String> {
    match kind {
        Kind::Roster | Kind::Visitors => roster::as_text(file),
        Kind::Plan => spreadsheet::as_text(file, &PLAN),
        Kind::Approved | Kind::Notices | Kind::Rulings => spreadsheet::as_text(file, &APPROVED),
    }
}

/// A programme: its pieces, or what is wrong with the file.
pub fn plan(file: &[u8], known: &Known) -> Result<Vec<Piece>, Vec<Faulty>> {
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    read(file, &PLAN, |field| {
        let plan = one_evening(field, known)?;
        // The same evening keeps its place when the file comes again.
        let base = format!("{} {}", plan.when, plan.place);
        let nth = taken.entry(base.clone()).and_modify(|n| *n += 1).or_insert(1);
        Ok(Piece {
            reference: crate::dispatch::digest_of(&format!("{base} {nth}"))[..16].to_owned(),
            from: plan.when.day.clone(),
            text: serde_json::to_string(&plan).expect("plain values are JSON"),
        })
    })
}

fn one_evening(field: &dyn Fn(usize) -> String, known: &Known) -> Result<Plan, Fault> {
    let (day, time) = (field(0), field(1));
    let when =
        When::read(&day, &time).ok_or_else(|| Fault::When(format!("{day} {time}").chars().take(40).collect()))?;
    let items: Vec<Planned> = parts(&field(2))
        .map(|title| known.find(title))
        .collect::<Result<_, _>>()?;
    if items.is_empty() || items.len() > ITEMS {
        return Err(Fault::HowMany);
    }
    let named = field(4);
    let branch = |name: &str| BranchId::new(name).map_err(|_| Fault::Branch(name.chars().take(40).collect()));
    Ok(Plan {
        when,
        items,
        mode: mode(&field(3))?,
        branches: parts(&named).map(branch).collect::<Result<_, _>>()?,
        who: who(&field(5))?,
        place: line(field(6), "地点")?,
        chair: line(field(7), "主持人")?,
    })
}

/// A list of approved items: its pieces, or what is wrong with the file. Lines without a day hold from `today`.
pub fn approved(file: &[u8], known: &Known, today: &str) -> Result<Vec<Piece>, Vec<Faulty>> {
    read(file, &APPROVED, |field| {
        let planned = known.find(&field(0))?;
        let from = match field(1).trim() {
            "" => today.to_owned(),
            day => {
                When::read(day, "00:00")
                    .ok_or_else(|| Fault::When(day.chars().take(40).collect()))?
                    .day
            }
        };
        let item = Approved {
            item: planned.item,
            title: planned.title.chars().take(200).collect(),
            from: from.clone(),
        };
        Ok(Piece {
            reference: item.item.to_string(),
            from,
            text: serde_json::to_string(&item).expect("plain values are JSON"),
        })
    })
}

fn mode(text: &str) -> Result<Mode, Fault> {
    match text.trim() {
        "" | "集中收看" | "screening" => Ok(Mode::Screening),
        "送学上门" | "送学" | "visit" => Ok(Mode::Brought),
        "补学" | "make_up" => Ok(Mode::MakeUp),
        other => Err(Fault::Mode(other.chars().take(40).collect())),
    }
}

fn who(text: &str) -> Result<Who, Fault> {
    match text.trim() {
        "" | "全体党员" | "全体" => Ok(Who::Everybody),
        "书记和委员" | "书记委员" | "支委" => Ok(Who::Committee),
        "新党员" => Ok(Who::New),
        other => Who::read(other).ok_or_else(|| Fault::Who(other.chars().take(40).collect())),
    }
}

fn line(text: String, column: &'static str) -> Result<String, Fault> {
    if text.chars().count() > LINE || text.chars().any(char::is_control) {
        return Err(Fault::Long(column));
    }
    Ok(text)
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split([';', '；']).map(str::trim).filter(|part| !part.is_empty())
}

fn read(
    file: &[u8],
    form: &Form,
    mut one: impl FnMut(&dyn Fn(usize) -> String) -> Result<Piece, Fault>,
) -> Result<Vec<Piece>, Vec<Faulty>> {
    let of_file = |faults: Vec<spreadsheet::LineFault>| faults.into_iter().map(Faulty::from).collect::<Vec<_>>();
    let lines = spreadsheet::read(file, form).map_err(|fault| of_file(vec![fault]))?;
    let places = lines.places(form).map_err(of_file)?;
    let (mut pieces, mut faults) = (Vec::new(), Vec::new());
    for (line, record) in lines.rows {
        let record = match record {
            Ok(record) => record,
            Err(spoilt) => {
                faults.extend(spoilt.into_iter().map(|fault| Faulty {
                    line,
                    fault: Fault::File(fault),
                }));
                continue;
            }
        };
        if record.iter().all(str::is_empty) {
            continue;
        }
        let field = |column: usize| {
            let found = places[column].and_then(|at| record.get(at));
            found.unwrap_or("").trim_start_matches('\'').to_owned()
        };
        match one(&field) {
            Ok(piece) => pieces.push(piece),
            Err(fault) => faults.push(Faulty { line, fault }),
        }
    }
    if faults.is_empty() { Ok(pieces) } else { Err(faults) }
}

#[cfg(test)]
mod tests;
