//! What corrections say.

texts! {
    /// The texts of corrections, in one language.
    Correct {}
    title: "更正", "Correct";
    lead: "记错了就在这里改。原来的条目不动，另记一条更正，两个人签字。", "What was recorded wrongly is put right here. The old entry stays; a correction is added, signed by two people.";
    choose: "要更正哪一条？", "What shall be corrected?";
    whose_record: "谁的学时", "Whose hours";
    show: "看他的记录", "Show the records";
    none: "名下还没有可以更正的学时。到会漏记了的，从下面那一场补记。", "No hours that could be corrected. Who was there and is missing is credited from the evening below.";
    evenings: "到会漏记了的：哪一场", "Was there and is missing: at which evening";
    came: "到会 {0} 人，放映 {1}", "{0} came, {1} shown";
    entry: "台账条目", "Entry of the log";
    whose: "记在谁名下", "Credited to";
    to: "改记给（党员编号）", "Credit it to (member number)";
    to_hint: "空着就是只减不加", "empty: only take it away";
    who: "补记给（党员编号）", "Credit it to (member number)";
    stretch: "只改一段：第几分钟到第几分钟", "Only a part: from minute, to minute";
    from: "从", "from";
    until: "到", "to";
    reason: "原因", "Reason";
    reason_hint: "写编号，不写姓名", "numbers, no names";
    second_why: "另一位签字人：支部书记或者委员，输自己的编号和口令。不能签自己的学时。", "The second signer is a branch secretary or committee member, with his own number and PIN. Nobody signs for his own hours.";
    second: "签字人编号", "Signer's number";
    sign: "签字更正", "Sign the correction";
    not_a_signer: "这个编号不是书记也不是委员，不能签字。", "This number is neither a secretary nor on the committee and cannot sign.";
    no_member: "花名册里没有这个编号。", "The roster has no such number.";
    bad_stretch: "起止分钟填得不对。整段都改就两格都空着。", "The minutes are not right. Leave both empty to correct all of it.";
    no_reason: "请写原因，200 字以内。", "Please give a reason of at most 200 characters.";
    nothing: "没有可以改的：这一段没有记，或者已经改过了，或者对方已经有这一段。", "There is nothing to correct: this part is not credited, was corrected already, or he has it.";
    not_there: "原来的条目里没有这一段。", "The entry holds no such part.";
    has_it: "对方已经有这一段学时。", "He has this part already.";
    own: "不能签自己的学时，请换一位签字人。", "Nobody signs for his own hours; please ask another signer.";
    undated: "这条学时还没有定年份，先到“校时”里定，再来更正。", "These hours belong to no year yet. Settle that under Clock first, then correct.";
    ruled: "{0}（区县裁定，{1}；第 {2} 条更正第 {3} 条）", "{0} (decided by the district, {1}; entry {2} corrects entry {3})";
    ruled_year: "区县裁定：记在 {0} 年", "Decided by the district: these hours belong to {0}";
    ruled_why: "依据：{0}（{1}，台账第 {2} 条）", "On this evidence: {0} ({1}, entry {2})";
    line: "{0}；签字人 {1}；第 {2} 条更正第 {3} 条", "{0}; signed by {1}; entry {2} corrects entry {3}";
    add: "补记一名党员", "Credit somebody who was there";
    no_names: "这句话要永远留在台账里，请写编号，不要写姓名。", "This sentence stays in the log for ever: please write numbers, not names.";
    corrections: "更正记录", "Corrections";
    old_log: "（旧台账）", "(old log)";
    remove_member: "移出花名册", "Remove from the roster";
    remove_why: "姓名、口令马上从站点删掉；学时留在台账里，只剩编号。以前的备份里还有姓名，等新的备份替掉它们（一般一个星期）。集中收看记录里手写的名字要自己改。党员只是转走，把状态改成“已离开”就行。", "Name and PIN are deleted at once; the hours stay in the log, under the number alone. Older backups hold the name until newer ones replace them (a week, as a rule). Names typed into the records of evenings are yours to change. For somebody who only moved away, set the status to left.";
    remove_sure: "核对过了，就是这一位", "Checked: this is the one";
    remove_unsure: "请先勾上“核对过了”。什么都没有删。", "Please tick that you have checked. Nothing was removed.";
    recent_spans: "最近记入的", "Recently credited";
}
