//! What can be wrong with a roster file, in sentences for the operator.

use crate::spreadsheet;

/// What is wrong with a file or a line of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The file cannot be read, or a line of it.
    File(spreadsheet::Fault),
    /// The member number is missing or has odd characters.
    Number(String),
    /// The same number stands on an earlier line.
    Twice(String, usize),
    /// The name is missing or too long.
    Name,
    /// The branch is missing or too long.
    Branch,
    /// An unknown word for the role.
    Role(String),
    /// An unknown word for the status.
    Status(String),
    /// An unknown word for migrant.
    Migrant(String),
    /// Not 4 to 8 digits.
    Pin,
    /// A text in this column is too long.
    Detail(&'static str),
}

impl Fault {
    /// The sentence for the operator.
    pub fn zh(&self) -> String {
        match self {
            Self::File(fault) => fault.sentence(true),
            Self::Number(text) => format!("党员编号“{text}”不对，只能用字母、数字和横线。"),
            Self::Twice(number, line) => format!("编号 {number} 和第 {line} 行重复了。"),
            Self::Name => "姓名没有填，或者超过 60 个字。".into(),
            Self::Branch => "党支部没有填，或者超过 60 个字。".into(),
            Self::Role(text) => format!("身份“{text}”不认识，请填 党员、书记、委员 或 新党员。"),
            Self::Status(text) => format!("类别“{text}”不认识，请填 正式 或 预备。"),
            Self::Migrant(text) => format!("流动“{text}”不认识，请填 否、流出 或 流入。"),
            Self::Pin => "口令要 4 到 8 位数字。".into(),
            Self::Detail(column) => format!("“{column}”太长了，最多 60 个字。"),
        }
    }

    /// The same in English.
    pub fn en(&self) -> String {
        match self {
            Self::File(fault) => fault.sentence(false),
            Self::Number(text) => format!("The member number “{text}” may hold only letters, digits and dashes."),
            Self::Twice(number, line) => format!("The number {number} stands on line {line} already."),
            Self::Name => "The name is missing, or longer than 60 characters.".into(),
            Self::Branch => "The branch is missing, or longer than 60 characters.".into(),
            Self::Role(text) => format!("The role “{text}” is unknown; use member, secretary, committee or new."),
            Self::Status(text) => format!("The status “{text}” is unknown; use full or probationary."),
            Self::Migrant(text) => format!("Migrant “{text}” is unknown; use no, out or in."),
            Self::Pin => "A PIN has 4 to 8 digits.".into(),
            Self::Detail(column) => format!("The column “{column}” has more than 60 characters."),
        }
    }
}

/// A fault and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineFault {
    /// Line in the file, from 1.
    pub line: usize,
    /// What is wrong there.
    pub fault: Fault,
}

impl From<spreadsheet::LineFault> for LineFault {
    fn from(of: spreadsheet::LineFault) -> Self {
        Self {
            line: of.line,
            fault: Fault::File(of.fault),
        }
    }
}
