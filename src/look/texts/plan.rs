//! What the programme says.

texts! {
    /// The texts of the programme, in one language.
    Plan {}
    tonight: "今晚集中收看", "Tonight";
    today: "今天集中收看", "Today";
    far_done: "您已学完，计入 {0}", "You have seen it: {0}";
    far_part: "您已学 {0}，还差 {1}", "{0} seen, {1} to go";
    far_none: "您还没有看，可以补学", "Not seen yet; you can make up for it";
    lead: "{0}排了 {1} 场，已经放了 {2} 场。", "{0}: {1} planned, {2} shown.";
    lead_none: "{0}还没有排。", "Nothing is planned for {0} yet.";
    under: "这个月一共放了 {0}。", "{0} shown in this month.";
    none: "还没有排。", "Nothing planned.";
    is_today: "今天", "Today";
    change: "改", "change";
    missed: "没有放", "Not held";
    running: "正在放，到场 {0}", "On now, {0} came";
    came: "到场 {0} / {1}", "{0} / {1} came";
    not_planned: "没有排进计划", "not planned";
    of_district: "县里的计划", "planned by the district";
    add: "再排一场", "Plan another";
    print: "打印贴墙上", "Print for the wall";
    wishes: "大家想看的", "What people would like";
    wishes_sub: "可以排进下一场", "for one of the next evenings";
    no_wishes: "还没有人点“想一起看”。", "Nobody has asked for anything yet.";
    said: "信息反馈里写的", "Written as feedback";
    said_answer: "去答复", "Answer";
    said_more: "还有 {0} 条", "{0} more";
    wished: "{0} 人想看，{1}", "{0} would like it, {1}";
    wished_away: "{0} 人想看，课程库里现在没有", "{0} would like it, not in the library now";
    one: "排一场", "Plan it";
    liked: "大家喜欢的", "What people liked";
    no_liked: "还没有人打分。", "No ratings yet.";
    stars: "{0} 分，{1} 人", "{0} of 5, {1} people";
    left_early: "提前走的", "Left early";
    left: "{0} 人里 {1} 人", "{1} of {0}";
    new: "排一场", "Plan an evening";
    edit: "改这一场", "Change this evening";
    then: "接着放（可以不选）", "Then (optional)";
    choose: "不选", "none";
    day: "日期", "Day";
    time: "时间", "Time";
    who: "谁参加", "Who is expected";
    everybody: "全体党员", "all members";
    committee: "书记和委员", "secretaries and committee";
    newcomers: "新党员", "new members";
    branches: "哪些支部（不勾就是全部）", "Which branches (none: all)";
    remove: "不放了，删掉", "Delete";
    back: "回计划", "Back to the plan";
    when_unclear: "请填日期和时间，比如 2026-11-26 和 19:30。", "Type day and time, like 2026-11-26 and 19:30.";
    no_film: "请选一部片子。", "Choose a film.";
    month: "{0}节目", "{0}: programme";
    wish: "想一起看", "I would like us to see it";
    wish_back: "已点“想一起看”，撤销", "Asked for; take it back";
    item: "第 {0} 号，{1}", "No. {0}, {1}";
    notice_month: "{0}远程教育播放公告", "Screenings in {0}";
    notice_one: "远程教育播放公告", "Screening";
    notice_scan: "扫码看课件、查学时", "Scan to watch and to see your hours";
}
