//! The columns of a roster file: how they are headed, and which must be there.

use crate::spreadsheet::{Column, Form, Holds};

/// Columns of the table below.
pub(super) const COLUMN_COUNT: usize = 16;

pub(super) const COLUMNS: [Column; COLUMN_COUNT] = [
    Column::new(&["member_no", "党员编号", "编号", "学号", "number"]).must(),
    Column::new(&["name", "姓名"]).must(),
    Column::new(&["branch", "党支部", "支部", "所在支部"]).must(),
    Column::new(&["role", "身份类别", "身份", "职务"]),
    Column::new(&["status", "类别", "状态", "党员类别"]),
    Column::new(&["migrant", "流动", "流动党员", "是否流动"]),
    Column::new(&["pin", "口令", "密码"]),
    Column::new(&["sex", "性别"]),
    Column::new(&["born", "出生年", "出生年份", "出生年月"]).of(Holds::Day),
    Column::new(&["joined", "入党时间", "入党日期"]).of(Holds::Day),
    Column::new(&["place", "流入流出地", "流出地", "流入地", "流向"]).of(Holds::Day),
    Column::new(&["since", "流动起始", "流出时间", "流动时间"]).of(Holds::Day),
    Column::new(&["phone", "联系电话", "电话", "手机"]),
    Column::new(&["certificate", "活动证号", "流动党员活动证"]),
    Column::new(&["contact", "联系人"]),
    Column::new(&["brought", "送学", "年老体弱"]),
];

/// A roster; a county's has fewer lines.
pub(super) const FORM: Form = Form {
    columns: &COLUMNS,
    lines: 20_000,
};

/// The name of a column for the operator, who reads Chinese.
pub(super) const fn title(column: usize) -> &'static str {
    COLUMNS[column].names[1]
}
