//! What can be wrong with a roster file, in sentences for the operator.

/// What is wrong with a file or a line of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// More than 2 MiB, or more than 20,000 lines.
    TooLarge,
    /// A heading that must be there is not.
    MissingColumn(&'static str),
    /// A heading that nobody knows.
    UnknownColumn(String),
    /// The line cannot be taken apart.
    NotCsv,
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
    /// No archive that a spreadsheet program made, or a broken one.
    NotAWorkbook,
    /// A workbook of before 2007, or one with a password.
    OldWorkbook,
    /// These sheets are all rosters.
    SeveralSheets(Vec<String>),
    /// In this column stands a number of which Excel has lost digits.
    Rounded(String, String),
    /// In this column stands what Excel took for a date.
    Dated(String, String),
    /// In this column stands a formula without a result.
    Broken(String),
}

impl Fault {
    /// The sentence for the operator.
    pub fn zh(&self) -> String {
        match self {
            Self::TooLarge => "文件太大了，最多 2 MB、20000 行。".into(),
            Self::MissingColumn(name) => format!("缺少“{name}”这一列。"),
            Self::UnknownColumn(name) => format!("不认识“{name}”这一列。"),
            Self::NotCsv => "这一行的格式不对，引号或分隔符可能少了。".into(),
            Self::Number(text) => format!("党员编号“{text}”不对，只能用字母、数字和横线。"),
            Self::Twice(number, line) => format!("编号 {number} 和第 {line} 行重复了。"),
            Self::Name => "姓名没有填，或者超过 60 个字。".into(),
            Self::Branch => "党支部没有填，或者超过 60 个字。".into(),
            Self::Role(text) => format!("身份“{text}”不认识，请填 党员、书记、委员 或 新党员。"),
            Self::Status(text) => format!("类别“{text}”不认识，请填 正式 或 预备。"),
            Self::Migrant(text) => format!("流动“{text}”不认识，请填 否、流出 或 流入。"),
            Self::Pin => "口令要 4 到 8 位数字。".into(),
            Self::Detail(column) => format!("“{column}”太长了，最多 60 个字。"),
            Self::NotAWorkbook => "这个 Excel 文件打不开，可能没有存完整。请在 Excel 里另存一份再选。".into(),
            Self::OldWorkbook => "这是旧版的 Excel 文件（.xls），或者加了密码。请去掉密码，另存为 .xlsx 再选。".into(),
            Self::SeveralSheets(names) => {
                format!(
                    "有 {} 张表都像花名册：{}。请只留一张，别的删掉或隐藏。",
                    names.len(),
                    names.join("、")
                )
            }
            Self::Rounded(column, text) => format!(
                "“{column}”里的 {text} 被 Excel 当成了数字，后几位已经丢了。请把这一列设成“文本”格式，重新填全。"
            ),
            Self::Dated(column, text) => {
                format!("“{column}”里的内容被 Excel 当成了日期 {text}。请把这一列设成“文本”格式，重新填写。")
            }
            Self::Broken(column) => format!("“{column}”里的公式没有算出结果，请直接填上内容。"),
        }
    }

    /// The same in English.
    pub fn en(&self) -> String {
        match self {
            Self::TooLarge => "The file is too large: 2 MB and 20,000 lines at most.".into(),
            Self::MissingColumn(name) => format!("The column “{name}” is missing."),
            Self::UnknownColumn(name) => format!("The column “{name}” is unknown."),
            Self::NotCsv => "This line cannot be taken apart; a quote or a separator may be missing.".into(),
            Self::Number(text) => format!("The member number “{text}” may hold only letters, digits and dashes."),
            Self::Twice(number, line) => format!("The number {number} stands on line {line} already."),
            Self::Name => "The name is missing, or longer than 60 characters.".into(),
            Self::Branch => "The branch is missing, or longer than 60 characters.".into(),
            Self::Role(text) => format!("The role “{text}” is unknown; use member, secretary, committee or new."),
            Self::Status(text) => format!("The status “{text}” is unknown; use full or probationary."),
            Self::Migrant(text) => format!("Migrant “{text}” is unknown; use no, out or in."),
            Self::Pin => "A PIN has 4 to 8 digits.".into(),
            Self::Detail(column) => format!("The column “{column}” has more than 60 characters."),
            Self::NotAWorkbook => "This workbook cannot be opened; please save it again in Excel.".into(),
            Self::OldWorkbook => {
                "This is a workbook of before 2007 (.xls), or it has a password; please save it as .xlsx.".into()
            }
            Self::SeveralSheets(names) => format!(
                "{} sheets look like rosters: {}. Please keep one, and delete or hide the others.",
                names.len(),
                names.join(", ")
            ),
            Self::Rounded(column, text) => format!(
                "In the column “{column}” Excel took {text} for a number and lost digits of it; format the column as text and fill it in again."
            ),
            Self::Dated(column, text) => format!(
                "In the column “{column}” Excel made a date of it, {text}; format the column as text and fill it in again."
            ),
            Self::Broken(column) => format!("In the column “{column}” stands a formula without a result."),
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
