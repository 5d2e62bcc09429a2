//! What can be wrong with a file of lines, in sentences for whoever made it.

/// What is wrong with a file or a line of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// More than 2 MiB, or more than this many lines.
    TooLarge(usize),
    /// A heading that must be there is not; these are its names.
    Missing(&'static [&'static str]),
    /// A heading that nobody knows.
    Unknown(String),
    /// The line cannot be taken apart.
    NotCsv,
    /// No archive that a spreadsheet program made, or a broken one.
    NotAWorkbook,
    /// A workbook of before 2007, or one with a password.
    OldWorkbook,
    /// These sheets all have the columns.
    SeveralSheets(Vec<String>),
    /// In this column stands a number of which Excel has lost digits.
    Rounded(String, String),
    /// In this column stands what Excel took for a date or a time.
    Dated(String, String),
    /// In this column stands a formula without a result.
    Broken(String),
}

/// A column's name for the reader: the first Chinese one, the first of all.
fn name(names: &'static [&'static str], zh: bool) -> &'static str {
    let fits = |name: &&&str| name.is_ascii() != zh;
    names.iter().find(fits).or(names.first()).copied().unwrap_or("")
}

impl Fault {
    /// The sentence for the reader.
    pub fn sentence(&self, zh: bool) -> String {
        if zh { self.zh() } else { self.en() }
    }

    fn zh(&self) -> String {
        match self {
            Self::TooLarge(lines) => format!("文件太大了，最多 2 MB、{lines} 行。"),
            Self::Missing(names) => format!("缺少“{}”这一列。", name(names, true)),
            Self::Unknown(name) => format!("不认识“{name}”这一列。"),
            Self::NotCsv => "这一行的格式不对，引号或分隔符可能少了。".into(),
            Self::NotAWorkbook => "这个 Excel 文件打不开，可能没有存完整。请在 Excel 里另存一份再选。".into(),
            Self::OldWorkbook => "这是旧版的 Excel 文件（.xls），或者加了密码。请去掉密码，另存为 .xlsx 再选。".into(),
            Self::SeveralSheets(names) => format!(
                "有 {} 张表都有要填的列：{}。请只留一张，别的删掉或隐藏。",
                names.len(),
                names.join("、")
            ),
            Self::Rounded(column, text) => format!(
                "“{column}”里的 {text} 被 Excel 当成了数字，后几位已经丢了。请把这一列设成“文本”格式，重新填全。"
            ),
            Self::Dated(column, text) => {
                format!("“{column}”里的内容被 Excel 当成了日期或时间 {text}。请把这一列设成“文本”格式，重新填写。")
            }
            Self::Broken(column) => format!("“{column}”里的公式没有算出结果，请直接填上内容。"),
        }
    }

    fn en(&self) -> String {
        match self {
            Self::TooLarge(lines) => format!("The file is too large: 2 MB and {lines} lines at most."),
            Self::Missing(names) => format!("The column “{}” is missing.", name(names, false)),
            Self::Unknown(name) => format!("The column “{name}” is unknown."),
            Self::NotCsv => "This line cannot be taken apart; a quote or a separator may be missing.".into(),
            Self::NotAWorkbook => "This workbook cannot be opened; please save it again in Excel.".into(),
            Self::OldWorkbook => {
                "This is a workbook of before 2007 (.xls), or it has a password; please save it as .xlsx.".into()
            }
            Self::SeveralSheets(names) => format!(
                "{} sheets have the columns: {}. Please keep one, and delete or hide the others.",
                names.len(),
                names.join(", ")
            ),
            Self::Rounded(column, text) => format!(
                "In the column “{column}” Excel took {text} for a number and lost digits of it; format the column as text and fill it in again."
            ),
            Self::Dated(column, text) => format!(
                "In the column “{column}” Excel made a date or a time of it, {text}; format the column as text and fill it in again."
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
