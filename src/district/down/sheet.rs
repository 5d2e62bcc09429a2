//! Files of a programme and of approved items, as people keep them in a spreadsheet: read line by line, each fault named.
//! Pure. UTF-8 or GBK, comma, semicolon or tab. Rosters are read as the stations read theirs (`crate::roster::plan`).

use std::collections::BTreeMap;

use super::Piece;
use crate::dispatch::{Approved, LINE};
use crate::programme::{ITEMS, Plan, Planned, When, Who};
use crate::types::{BranchId, ItemId, Millis, Mode};

/// More than this is no programme.
const FILE_LIMIT: usize = 2 << 20;
/// And no list.
const LINES: usize = 10_000;

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Too large, too many lines, or not to be taken apart.
    NotASheet,
    /// A heading that must be there is not.
    Missing(&'static str),
    /// A heading that nobody knows.
    Unknown(String),
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
            Self::NotASheet => (
                "读不懂：最多 2 MB、10000 行，每行的列数要和表头对得上。".to_owned(),
                "It cannot be read: 2 MB and 10,000 lines at most, each with the columns of the heading.".to_owned(),
            ),
            Self::Missing(name) => (
                format!("缺少“{name}”这一列。"),
                format!("The column “{name}” is missing."),
            ),
            Self::Unknown(name) => (
                format!("不认识“{name}”这一列。"),
                format!("The column “{name}” is unknown."),
            ),
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

/// An item as stations know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    title: String,
    class: Option<String>,
    length: Millis,
}

/// What stations know.
#[derive(Debug, Clone, Default)]
pub struct Known(BTreeMap<ItemId, Item>);

impl Known {
    /// The last title of an id counts.
    pub fn new(items: Vec<(ItemId, String, Option<String>, Millis)>) -> Self {
        let item = |(id, title, class, length)| (id, Item { title, class, length });
        Self(items.into_iter().map(item).collect())
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is known yet.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Id, title and class of each, by title.
    pub fn by_title(&self) -> Vec<(ItemId, &str, &str)> {
        let mut all: Vec<(ItemId, &str, &str)> = self
            .0
            .iter()
            .map(|(id, item)| (*id, item.title.as_str(), item.class.as_deref().unwrap_or("")))
            .collect();
        all.sort_by(|a, b| (a.2, a.1, a.0).cmp(&(b.2, b.1, b.0)));
        all
    }

    fn find(&self, text: &str) -> Result<Planned, Fault> {
        let text = text.trim().trim_matches(['《', '》', '\'']);
        let planned = |id: ItemId, item: Option<&Item>| Planned {
            item: id,
            title: item.map_or_else(|| text.to_owned(), |item| item.title.clone()),
            class: item.and_then(|item| item.class.clone()),
            length: item.map_or(Millis::ZERO, |item| item.length),
        };
        // An id may have its title behind it: that is how a sheet is written here.
        let (first, rest) = text.split_once(' ').unwrap_or((text, text));
        if let Ok(id) = ItemId::parse(first) {
            let known = planned(id, self.0.get(&id));
            let title = if self.0.contains_key(&id) {
                known.title.clone()
            } else {
                rest.trim().to_owned()
            };
            return Ok(Planned { title, ..known });
        }
        let mut named = self.0.iter().filter(|(_, item)| item.title == text);
        match (named.next(), named.next()) {
            (Some((id, item)), None) => Ok(planned(*id, Some(item))),
            (None, _) => Err(Fault::NoItem(text.chars().take(40).collect())),
            (Some(_), Some(_)) => Err(Fault::Several(text.chars().take(40).collect())),
        }
    }
}

/// A heading's names; the first is the one that sentences use.
type Column = (&'static str, &'static [&'static str], bool);

const PLAN: [Column; 8] = [
    ("日期", &["日期", "day", "date"], true),
    ("时间", &["时间", "time"], true),
    ("课件", &["课件", "片名", "items", "item"], true),
    ("方式", &["方式", "收看方式", "mode"], false),
    ("党支部", &["党支部", "支部", "branches", "branch"], false),
    ("对象", &["对象", "who"], false),
    ("地点", &["地点", "place"], false),
    ("主持人", &["主持人", "chair"], false),
];

const APPROVED: [Column; 2] = [
    ("课件", &["课件", "片名", "item", "title"], true),
    ("起", &["起", "起始日期", "from"], false),
];

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
    columns: &[Column],
    mut one: impl FnMut(&dyn Fn(usize) -> String) -> Result<Piece, Fault>,
) -> Result<Vec<Piece>, Vec<Faulty>> {
    let at = |line, fault| vec![Faulty { line, fault }];
    if file.len() > FILE_LIMIT {
        return Err(at(1, Fault::NotASheet));
    }
    let text = media_index::subtitle::decode(file);
    // Windows and forms end lines with two characters, and the reader counts the line only behind both.
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let head = text.lines().next().unwrap_or("");
    let by_tab = head.contains('\t');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(if by_tab { b'\t' } else { b',' })
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let places = match reader.headers() {
        Ok(headings) => places(headings, columns)?,
        Err(_) => return Err(at(1, Fault::NotASheet)),
    };
    let (mut pieces, mut faults) = (Vec::new(), Vec::new());
    for (index, record) in reader.records().enumerate() {
        let Ok(record) = record else {
            return Err(at(index + 2, Fault::NotASheet));
        };
        let line = record
            .position()
            .map_or(index + 2, |p| usize::try_from(p.line()).unwrap_or(0));
        if index >= LINES {
            return Err(at(line, Fault::NotASheet));
        }
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

fn places(headings: &csv::StringRecord, columns: &[Column]) -> Result<Vec<Option<usize>>, Vec<Faulty>> {
    let mut places = vec![None; columns.len()];
    let mut faults = Vec::new();
    for (at, heading) in headings.iter().enumerate().filter(|(_, heading)| !heading.is_empty()) {
        let heading = heading.to_lowercase();
        match columns
            .iter()
            .position(|(_, names, _)| names.contains(&heading.as_str()))
        {
            Some(column) => places[column] = Some(at),
            None => faults.push(Fault::Unknown(heading.chars().take(40).collect())),
        }
    }
    let missing = columns
        .iter()
        .zip(&places)
        .filter(|((_, _, must), place)| *must && place.is_none());
    faults.extend(missing.map(|((name, ..), _)| Fault::Missing(name)));
    if faults.is_empty() {
        return Ok(places);
    }
    Err(faults.into_iter().map(|fault| Faulty { line: 1, fault }).collect())
}
