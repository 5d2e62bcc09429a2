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
    feedback_open: "听到的和答复", "What was said, and answers";
    feedback_nobody: "没有留名", "no name";
    feedback_answer: "答复", "Answer";
    feedback_closed: "办结了", "Nothing more to do";
    feedback_new: "记一条", "Write down another";
    feedback_about: "类别", "About";
    feedback_by: "谁说的（可以不填）", "Who said it (may be empty)";
    feedback_text: "内容", "What was said";
    feedback_me: "说说意见，想看什么", "Say what you think, ask for films";
    feedback_me_say: "管理员会看到，并在这里答复。", "The operator reads it and answers here.";
    feedback_send: "提交", "Send";
    feedback_answered: "答复：{0}", "Answer: {0}";
    feedback_waits: "还没有答复", "not answered yet";
    equipment_change: "改动", "Change";
    equipment_edit: "修改", "Edit";
    equipment_drop: "删去", "Remove";
    equipment_new: "添一件设备", "Add a piece";
    equipment_name: "名称", "Name";
    equipment_model: "型号", "Model";
    equipment_spec: "规格", "Specification";
    equipment_serial: "编号", "Serial number";
    equipment_count: "数量", "Count";
    equipment_bought: "购置时间", "Bought";
    equipment_handler: "经手人", "Handler";
    equipment_state: "状态", "State";
    leaves_title: "台账条目", "Entries of the ledger";
    leaves_lead: "这一场在台账里有 {0} 条。", "The ledger has {0} entries of it.";
    leaves_under: "点开一条，看它的原文和证明。", "Open one to see its bytes and its proof.";
    leaf_title: "台账条目", "An entry of the ledger";
    leaf_place: "第几条", "Entry";
    leaf_when: "时间", "When";
    leaf_kind: "是什么", "What";
    leaf_what: "谁、多少", "Who, how much";
    leaf_hash: "条目的哈希", "Hash of the entry";
    leaf_holds: "这一条在台账里，站点签了名。", "This entry is in the log, and the station signed for it.";
    leaf_text: "原文", "Its bytes";
    leaf_proof: "到根的路", "The way to the root";
    leaf_proof_says: "按 RFC 6962，从条目的哈希一路算上去，就是检查点里的根。", "By RFC 6962: hashed upwards with these, the entry gives the root in the checkpoint.";
    leaf_checkpoint: "检查点", "Checkpoint";
    photos_say: "开始、中间、结束各一张。站点只留画面，拍摄地点和手机信息都去掉。", "One at the start, one in between, one at the end. Only the picture is kept; where and with what it was taken is removed.";
    photo_start: "开始", "Start";
    photo_middle: "中间", "In between";
    photo_end: "结束", "End";
    photo_when: "什么时候拍的", "Of which part";
    photo_choose: "拍一张，或者从相册选", "Take one, or choose one";
    photo_add: "存照片", "Keep the photo";
    photo_drop: "撤回", "Take back";
    month_h: "本月进度", "This month";
    month_fine: "本月要求都达到了。", "All that is asked of this month is reached.";
    month_lacks: "本月还差：{0}。", "Still missing this month: {0}.";
    month_screenings: "集中收看 {0} 场，要求 {1} 场", "{0} screenings, {1} asked for";
    month_open: "开放 {0} 小时，要求 {1} 小时", "open for {0} hours, {1} asked for";
    month_attendance: "到会率 {0}%，要求 {1}%", "attendance {0} %, {1} % asked for";
    month_attendance_none: "到会率还没有，要求 {0}%", "no attendance yet, {0} % asked for";
    month_lack_screenings: "{0} 场集中收看", "{0} screenings";
    month_lack_open: "开放 {0} 小时", "{0} more open hours";
    month_lack_attendance: "到会率", "attendance";
    month_more: "月报卡", "Month card";
    details_more: "花名册上的其他内容", "More for the roster book";
    details_sex: "性别", "Sex";
    details_born: "出生年", "Year of birth";
    details_joined: "入党时间", "Joined";
    details_place: "流入流出地", "Where from or to";
    details_since: "流动起始", "Migrant since";
    details_phone: "联系电话", "Telephone";
    details_certificate: "活动证号", "Certificate";
    details_contact: "联系人", "Contact";
    details_brought: "送学上门（年老体弱）", "Study is brought home (old or weak)";
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
