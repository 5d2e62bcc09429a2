//! What the books say, and the forms that are printed from them.

texts! {
    /// The texts of the books, in one language.
    Books {}
    f1_minutes_n: "{0} 分钟", "{0} min";
    f1_liked: "满意度", "Satisfaction";
    f1_liked_line: "{0} 分（满分 5 分），{1} 人打分", "{0} of 5, {1} ratings";
    f1_quiz_line: "{0} 人答题，{1} 道里答对 {2} 道", "{0} answered, {2} of {1} right";
    lead_fine: "七本台账都填到了今天。", "All seven books are up to date.";
    lead_signs: "台账都填到了今天，{0} 份收看记录等签字。", "The books are up to date; {0} records wait for signatures.";
    lead_answers: "台账都填到了今天，{0} 条反馈等答复。", "The books are up to date; {0} voices wait for an answer.";
    lead_both: "台账都填到了今天，{0} 份收看记录等签字，{1} 条反馈等答复。", "The books are up to date; {0} records wait for signatures, {1} voices for an answer.";
    under: "由站点自己填写。您只补讨论、照片和签字；改动会留在台账里。", "Written by the station. You add the discussion, photos and signatures; every change stays in the ledger.";
    f1: "学习收看记录", "Records of screenings";
    open: "打开", "Open";
    print: "打印", "Print";
    csv: "导出 CSV", "CSV";
    xlsx: "导出 Excel", "Excel";
    export: "导出", "Export";
    from: "从", "From";
    to: "到", "to";
    this_month: "本月", "This month";
    this_quarter: "本季", "This quarter";
    this_year: "今年", "This year";
    empty: "这段时间没有。", "Nothing in this time.";
    made_by: "制表", "Made by";
    checked_by: "审核", "Checked by";
    unsigned: "还没有签字", "not signed yet";
    f1_never: "这段时间没有放过", "none in this time";
    f1_signed: "{0} 场，都签了字", "{0}, all signed";
    f1_waiting: "{0} 场，{1} 份没有签字", "{0}, {1} not signed";
    f2_fine: "{0} 条，都已答复", "{0}, all answered";
    f2_waiting: "{0} 条，还有 {1} 条没有办结", "{0}, {1} still open";
    f3_state: "{0} 种", "{0} kinds";
    f4_state: "开机 {0} 次，停电 {1} 次", "{0} starts, {1} power cuts";
    f5_state: "{0} 人", "{0} members";
    f6_state: "{0} 人次，{1} 人", "{0} person-times, {1} persons";
    f7_state: "{0} 人学满，{1} 人未满", "{0} complete, {1} not yet";
    n1: "学习收看记录", "Screenings";
    n1_what: "每场一份", "one record each";
    n2: "信息反馈", "Feedback";
    n2_what: "意见、需求、想看的片子、答复", "opinions, needs, wishes, answers";
    n3: "设备资料", "Equipment";
    n3_what: "名称、型号、购置", "names, models, purchases";
    n4: "设备运行", "Runs of the station";
    n4_what: "开机、停电、故障", "starts, power cuts, faults";
    n5: "花名册", "Roster";
    n5_what: "党员、支部、流动情况", "members, branches, migrants";
    n6: "月报卡", "Month card";
    n6_what: "每月一张", "one a month";
    n7: "学时台账", "Hours";
    n7_what: "每人每年", "each member, each year";
    f1_confirmed: "已在系统里确认", "Confirmed in the system";
    f1_signing: "签字确认", "Confirm the record";
    f1_confirm_operator: "管理员确认", "The operator confirms";
    f1_confirm_chair: "主持人确认", "The chair confirms";
    f1_chair_number: "主持人的党员编号", "The chair's member number";
    f1_changed_since: "之后改过，请再确认一次", "changed since, please confirm again";
    f1_not_over: "散会后再签字。", "Sign when the evening is over.";
    f1_branches: "分支部", "By branch";
    f1_alone: "无人收看", "For nobody";
    f1_attended: "没有无人收看的时段。", "There was somebody all the time.";
    f1_item_id: "课件编号", "Film number";
    f1_station: "站点编号", "Station";
    f1_foot_leaves: "由站点台账自动生成，第 {1} 到 {2} 条。手写修改请同时在系统里更正，原记录保留。学时按《{0}》。", "Made from the station's ledger, entries {1} to {2}. What is changed by hand should be corrected in the system as well. Hours by “{0}”.";
    line: "应到 {0}，到场 {1}，{2}", "{0} expected, {1} came, {2}";
    f1_title: "学习收看记录", "Record of a screening";
    f1_no: "编号 {0}", "No. {0}";
    f1_date: "日期", "Date";
    f1_from_to: "起止", "From, to";
    f1_to: "{0} 到 {1}", "{0} to {1}";
    f1_place: "地点", "Place";
    f1_mode: "收看方式", "Mode";
    f1_operator: "管理员", "Operator";
    f1_item: "课件", "Film";
    f1_class: "类别和来源", "Class and source";
    f1_length: "片长", "Length";
    f1_shown: "实际放映", "Really shown";
    f1_people: "人数", "People";
    f1_people_line: "应到 {0}，到场 {1}，请假 {2}，没有到 {3}；群众 {4}；到会率 {5}", "{0} expected, {1} came, {2} excused, {3} absent; {4} other people; attendance {5}";
    f1_evidence: "证据", "Evidence";
    f1_evidence_line: "手机签到 {0} 人（B 级），管理员登记 {1} 人（C 级）{2}", "{0} by phone (grade B), {1} by the operator (grade C){2}";
    f1_ticked: "：{0}", ": {0}";
    f1_discussion: "讨论", "Discussion";
    f1_put_to_use: "学用成果", "Put to use";
    f1_incidents: "异常", "Incidents";
    f1_unattended: "其中 {0} 没有人在场，不计学时。", "{0} of it without anybody present, which counts for nobody.";
    f1_none: "没有", "none";
    f1_foot: "由站点台账自动生成。手写修改请同时在系统里更正，原记录保留。学时按“{0}”。", "Made from the station's ledger. What is changed by hand should be corrected in the system as well. Hours by “{0}”.";
    f1_remarks: "记一笔", "Remarks";
    f1_discussion_hint: "讨论了什么，谁发的言", "What was discussed, and by whom";
    f1_put_hint: "回去打算怎么用", "What will be put to use";
    f1_incidents_hint: "停电、断网、设备问题；没有就空着", "Power, network, devices; empty if none";
    f1_signed_date: "日期", "Date";
}

impl Books {
    /// The books F1 to F7: what each is called, and what it is.
    pub fn names(&self) -> [(&'static str, &'static str); 7] {
        [
            (self.n1, self.n1_what),
            (self.n2, self.n2_what),
            (self.n3, self.n3_what),
            (self.n4, self.n4_what),
            (self.n5, self.n5_what),
            (self.n6, self.n6_what),
            (self.n7, self.n7_what),
        ]
    }
}
