//! What the desk says about an evening that is on.

texts! {
    /// The texts of a screening on the desk, in one language.
    Live {}
    lead_none: "现在没有集中收看。", "No screening is on.";
    lead_lobby: "《{0}》正在签到，应到 {1} 人，到了 {2} 人。", "Check-in for “{0}”: {1} expected, {2} there.";
    lead_showing: "正在放《{0}》，应到 {1} 人，在场 {2} 人。", "“{0}” is on: {1} expected, {2} present.";
    lead_break: "《{0}》休息当中，{1} 人在场。", "“{0}”: a break, {1} present.";
    live_move: "这块屏坏了，搬到", "This screen died: go on at";
    move_do: "搬过去", "Move";
    excuse_why: "请假原因", "Reason for being absent";
    excuse_back: "撤销请假", "Not excused";
    visitor: "外站党员没带手机", "A visitor without a phone";
    visitor_do: "登记到场", "Check in";
    let_go: "换了手机", "Another phone";
    visitors: "来过的外站党员", "Visitors so far";
    planned: "照今天的计划", "From today's programme";
    other_film: "另放一部", "Another film";
    ending_lead: "《{0}》散场确认", "“{0}”, last check";
    lead_ending: "《{0}》放完了，正在散场确认，{1} 人在场。", "“{0}” is over, last check: {1} present.";
    shown: "已放 {0}", "{0} shown";
    next_check: "下次抽查大约在 {0} 分钟后", "Next check in about {0} minutes";
    check_open: "正在抽查，{0} 人已确认，还有 {1} 秒", "A check is open: {0} confirmed, {1} seconds left";
    begin: "开始一场", "Begin a screening";
    excuse_do: "记请假", "Excuse";
    which: "放哪一部", "Which film";
    live_where: "地点", "Where";
    chair: "主持人", "Chair";
    on: "在哪块屏上", "On which screen";
    no_screen: "还没有登记放映屏。在电视或电脑的浏览器里打开 {0}/tv，把屏上的四位数字填在下面。", "No screen is known yet. Open {0}/tv in the television's browser and type its four digits below.";
    screens: "放映屏", "Screens";
    screen_code: "屏上的四位数字", "The four digits on the screen";
    screen_name: "叫什么，比如“会议室电视”", "What to call it, e.g. “Hall”";
    screen_default: "放映屏", "Screen";
    absent: "没有到", "Absent";
    screen_add: "登记", "Let it in";
    screen_remove: "撤下", "Remove";
    screen_unknown: "没有哪块屏显示这个数字。请看着屏再填一次。", "No screen shows these digits; look at it and type them again.";
    tick: "登记没带手机的人", "Check in who has no phone";
    find: "姓名或拼音首字母", "Name or pinyin initials";
    why: "由您登记，是因为", "You check them in because";
    tick_one: "到场", "Here";
    still: "登记的都还在", "All I checked in are still here";
    excuse: "请假", "Excused";
    gone: "走了", "Gone";
    present_n: "在场 {0} 人", "{0} present";
    not_come: "还没有到 {0} 人", "{0} not come yet";
    by_phone: "{0}，手机签到{1}", "{0}, by phone{1}";
    by_tick: "{0}，您登记，{1}", "{0}, by you, {1}";
    passed: "，过了 {0} 次抽查", ", {0} checks passed";
    missed: "，错过 {0} 次", ", {0} missed";
    guests: "在场的群众（不计学时）", "People present who are no members";
    close: "散会，记学时", "End and record the hours";
    end: "放完了，散场确认", "Film is over: last check";
    call_off: "取消这一场", "Call it off";
    grades: "手机签到 {0} 人（B 级），您登记 {1} 人（C 级，在报表里单独列出）。", "{0} by phone (grade B), {1} by you (grade C, shown apart in reports).";
    alone: "用手机自学的：{0} 人", "On their phones: {0}";
    record: "这一场的记录和照片", "The record and photos of this evening";
    came_expected: "其中应到的", "of them expected";
    why_no_phone: "没带手机", "no phone with them";
    why_cannot: "不会用", "cannot use one";
    why_empty: "手机没电", "battery is empty";
    why_shared: "合用一部手机", "share a phone";
}
