//! What the desk says of members.

texts! {
    /// The texts of these pages, in one language.
    MembersPages {}
    lead: "{0} 名党员，{1} 人已学满，{2} 人还差学时。", "{0} members; {1} have their hours, {2} still lack some.";
    empty: "花名册还是空的，先导入一份。", "The roster is empty; import one first.";
    find_member: "姓名、编号或拼音首字母", "Name, number or initials";
    lacking: "还差学时", "Lacking hours";
    migrants: "流动党员", "Migrant";
    name: "姓名", "Name";
    branch_role: "支部和身份", "Branch and role";
    done_of_due: "已学 / 应学", "Done / due";
    gap: "还差", "Gap";
    add_member: "添一位党员", "Add a member";
    edit_member: "修改 {0}", "Change {0}";
    branch: "党支部", "Branch";
    role: "身份", "Role";
    status: "类别", "Status";
    migrant: "流动", "Migrant";
    new_pin: "新口令（不填就不改）", "New PIN (empty: unchanged)";
    saved: "已保存。", "Saved.";
    import_lead: "选花名册文件，先看看会改什么，再导入。", "Choose the roster file; see what would change, then import.";
    import_file: "花名册（Excel 的 .xlsx，或者 CSV）", "Roster (a workbook .xlsx, or CSV)";
    import_columns: "第一行写列名：党员编号，姓名，党支部，身份，类别，流动，口令。", "First line: member_no, name, branch, role, status, migrant, pin.";
    import_check: "先看看", "See what would change";
    import_do: "确认导入", "Import now";
    import_faults: "有 {0} 处要改，改好再选一次。什么都没有导入。", "{0} places must be mended first. Nothing was imported.";
    import_ready: "会添 {0} 人，改 {1} 人，{2} 人不变。", "{0} would be added, {1} changed, {2} left as they are.";
    import_done: "导入好了：添了 {0} 人，改了 {1} 人。", "Imported: {0} added, {1} changed.";
    import_missing: "花名册里有、文件里没有的 {0} 人，照旧保留。", "{0} members who are not in the file stay as they are.";
    line: "第 {0} 行", "Line {0}";
    added: "新添", "Added";
    changed: "修改", "Changed";
}
