//! The columns of a roster file: how they are headed, which must be there, and the lines below them.

use super::fault::Fault;

/// A county's roster has fewer lines.
pub(super) const ROW_LIMIT: usize = 20_000;

/// Columns of the table below.
pub(super) const COLUMN_COUNT: usize = 16;
/// The first of them must be in every file.
pub(super) const REQUIRED: usize = 3;

pub(super) const COLUMNS: [(&str, &[&str]); COLUMN_COUNT] = [
    ("member_no", &["member_no", "党员编号", "编号", "学号", "number"]),
    ("name", &["name", "姓名"]),
    ("branch", &["branch", "党支部", "支部", "所在支部"]),
    ("role", &["role", "身份类别", "身份", "职务"]),
    ("status", &["status", "类别", "状态", "党员类别"]),
    ("migrant", &["migrant", "流动", "流动党员", "是否流动"]),
    ("pin", &["pin", "口令", "密码"]),
    ("sex", &["sex", "性别"]),
    ("born", &["born", "出生年", "出生年份", "出生年月"]),
    ("joined", &["joined", "入党时间", "入党日期"]),
    ("place", &["place", "流入流出地", "流出地", "流入地", "流向"]),
    ("since", &["since", "流动起始", "流出时间", "流动时间"]),
    ("phone", &["phone", "联系电话", "电话", "手机"]),
    ("certificate", &["certificate", "活动证号", "流动党员活动证"]),
    ("contact", &["contact", "联系人"]),
    ("brought", &["brought", "送学", "年老体弱"]),
];

/// The lines of a file below its heading, each with where it stands.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) head: (usize, csv::StringRecord),
    pub(super) rows: Vec<(usize, Result<csv::StringRecord, Vec<Fault>>)>,
}

/// Which of our columns a heading names.
pub(super) fn column(heading: &str) -> Option<usize> {
    let heading = heading.trim_start_matches('\u{feff}').to_lowercase();
    COLUMNS.iter().position(|(_, names)| names.contains(&heading.as_str()))
}

/// Whether a day may stand under a heading. A member number `1-2` is none, whatever Excel makes of it.
pub(super) fn may_be_a_day(heading: &str) -> bool {
    column(heading).is_none_or(|at| ["born", "joined", "since", "place"].contains(&COLUMNS[at].0))
}

/// For each of our columns, where it stands in the file.
pub(super) fn columns(headings: &csv::StringRecord) -> Result<[Option<usize>; COLUMN_COUNT], Vec<Fault>> {
    let mut places = [None; COLUMN_COUNT];
    let mut faults = Vec::new();
    for (at, heading) in headings.iter().enumerate().filter(|(_, h)| !h.is_empty()) {
        match column(heading) {
            Some(column) => places[column] = Some(at),
            None => faults.push(Fault::UnknownColumn(heading.chars().take(40).collect())),
        }
    }
    for (column, (name, _)) in COLUMNS.iter().enumerate().take(REQUIRED) {
        if places[column].is_none() {
            faults.push(Fault::MissingColumn(name));
        }
    }
    if faults.is_empty() { Ok(places) } else { Err(faults) }
}
