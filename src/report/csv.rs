//! Tables as CSV that a spreadsheet opens: UTF-8 with its mark, quoted by RFC 4180, and no cell that could be taken for
//! a formula.

use super::places::AtOnce;
use super::sheet::Sheet;
use super::tables::{MemberLine, mode_word};
use super::{Correction, Recount, SessionFacts};
use crate::clock;
use crate::credit::correction::By;
use crate::ledger::{At, Closing};
use crate::types::{Lang, Mode, Year};

/// Why a table could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the table cannot be written: {0}")]
pub struct CsvError(#[from] csv::Error);

const MODES: [Mode; 5] = [Mode::Screening, Mode::Alone, Mode::Brought, Mode::MakeUp, Mode::Migrant];

/// A cell that begins like a formula gets an apostrophe, which spreadsheets hide.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula { format!("'{text}") } else { text.to_owned() }
}

/// Any table; its first row names the columns.
pub fn table(rows: impl Iterator<Item = Vec<String>>) -> Result<Vec<u8>, CsvError> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(b"\xef\xbb\xbf".to_vec());
    for row in rows {
        writer.write_record(row.iter().map(|text| cell(text)))?;
    }
    writer.into_inner().map_err(|error| CsvError(error.into_error().into()))
}

/// A book's sheet: head, rows, sums.
pub fn sheet(sheet: &Sheet, lang: Lang) -> Result<Vec<u8>, CsvError> {
    let head = heading(&sheet.head(lang));
    table(std::iter::once(head).chain(sheet.texts()))
}

fn heading(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// One line per member. The policy's name stands in its own column, because hours mean nothing without it.
pub fn members(lines: &[MemberLine], year: Year) -> Result<Vec<u8>, CsvError> {
    let mut head = heading(&[
        "年度",
        "党员编号",
        "党支部",
        "身份类别",
        "流动",
        "应学学时",
        "已学学时",
        "已学秒数",
    ]);
    head.extend(MODES.iter().map(|mode| format!("{}学时", mode_word(*mode))));
    head.extend(heading(&["人次", "学时办法"]));
    let row = |line: &MemberLine| {
        let mut row = vec![
            year_word(year),
            line.member.to_string(),
            line.branch.clone(),
            line.role.clone(),
            line.migrant.clone(),
            line.due.map(|due| due.to_string()).unwrap_or_default(),
            line.tally.total.to_string(),
            line.tally.raw.as_secs().to_string(),
        ];
        let by_mode = |mode: &Mode| line.tally.by_mode.get(mode).copied().unwrap_or_default().to_string();
        row.extend(MODES.iter().map(by_mode));
        row.extend([line.sessions.to_string(), line.tally.policies.join("、")]);
        row
    };
    table(std::iter::once(head).chain(lines.iter().map(row)))
}

/// One line per viewing session of all stations, each with the station's name.
pub fn sessions(counts: &[(String, Recount)]) -> Result<Vec<u8>, CsvError> {
    let head = heading(&[
        "站点",
        "收看会话",
        "党员编号",
        "课件编号",
        "课件",
        "收看方式",
        "打开时间",
        "时钟",
        "结束时间",
        "结束原因",
        "计入秒数",
        "未确认秒数",
        "备注",
    ]);
    let rows = counts
        .iter()
        .flat_map(|(station, count)| count.sessions().map(move |s| session(station, count, s)));
    table(std::iter::once(head).chain(rows))
}

fn session(station: &str, count: &Recount, s: &SessionFacts) -> Vec<String> {
    vec![
        station.to_owned(),
        s.session.to_string(),
        s.member.to_string(),
        s.item.to_string(),
        count
            .items
            .get(&s.item)
            .map(|(title, _, _)| title.clone())
            .unwrap_or_default(),
        mode_word(s.mode).to_owned(),
        moment(s.opened),
        format!("{:?}", s.opened.trust).to_lowercase(),
        s.closed.map(|(at, _)| moment(at)).unwrap_or_default(),
        s.closed.map_or("", |(_, why)| reason(why)).to_owned(),
        s.credited.as_secs().to_string(),
        s.unconfirmed.as_secs().to_string(),
        s.flags.join(" "),
    ]
}

/// One line per member who was at several stations at once.
pub fn at_once(counts: &[(String, Recount)], found: &[AtOnce]) -> Result<Vec<u8>, CsvError> {
    let head = heading(&["党员编号", "站点", "从", "到"]);
    let time = |ms| clock::local(ms).map(|t| t.strftime("%Y-%m-%d %H:%M:%S").to_string());
    let row = |one: &AtOnce| {
        let names: Vec<&str> = one
            .stations
            .iter()
            .filter_map(|at| Some(counts.get(*at)?.0.as_str()))
            .collect();
        let (from, to) = (time(one.from_ms), time(one.to_ms));
        let [from, to] = [from, to].map(Option::unwrap_or_default);
        vec![one.member.to_string(), names.join(" "), from, to]
    };
    table(std::iter::once(head).chain(found.iter().map(row)))
}

/// One line per correction of all stations.
pub fn corrections(counts: &[(String, Recount)]) -> Result<Vec<u8>, CsvError> {
    let head = heading(&[
        "站点",
        "条目",
        "更正的条目",
        "党员编号",
        "课件编号",
        "年度",
        "减少秒数",
        "增加秒数",
        "原因",
        "另一签字人或裁定的区县",
        "日期",
    ]);
    let row = |(station, one): (&String, &Correction)| {
        vec![
            station.clone(),
            one.index.to_string(),
            one.of.to_string(),
            one.member.to_string(),
            one.item.to_string(),
            year_word(one.year),
            one.takes.total().as_secs().to_string(),
            one.gives.total().as_secs().to_string(),
            one.reason.clone(),
            match &one.by {
                By::Second(second) => second.to_string(),
                By::District(district) => format!("区县裁定 {district}"),
            },
            moment(one.at),
        ]
    };
    let all = counts
        .iter()
        .flat_map(|(station, count)| count.corrections.iter().map(move |one| (station, one)));
    table(std::iter::once(head).chain(all.map(row)))
}

fn reason(why: Closing) -> &'static str {
    match why {
        Closing::End => "结束",
        Closing::Superseded => "换看别的",
        Closing::Idle => "长时间没有动静",
        Closing::StationFailure => "站点停电或重启",
    }
}

/// Nobody should read a date that the box only dreamt of.
fn moment(at: At) -> String {
    match at.trust {
        clock::Trust::Unset => String::new(),
        _ => clock::local(at.wall)
            .map(|t| t.strftime("%Y-%m-%d %H:%M:%S").to_string())
            .unwrap_or_default(),
    }
}

fn year_word(year: Year) -> String {
    if year == Year::UNDECIDED {
        "年份待定".to_owned()
    } else {
        year.0.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_can_be_taken_for_a_formula() {
        let rows = vec![vec![
            "=1+1".to_owned(),
            "@x".to_owned(),
            "a,\"b\"".to_owned(),
            "王德明".to_owned(),
        ]];
        let text = String::from_utf8(table(rows.into_iter()).unwrap()).unwrap();
        assert_eq!(text, "\u{feff}'=1+1,'@x,\"a,\"\"b\"\"\",王德明\r\n");
    }
}
