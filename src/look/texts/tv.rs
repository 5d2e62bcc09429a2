//! What the television says.

texts! {
    /// The texts of the television, in one language.
    Tv {}
    pair_lead: "这块屏还没有登记", "This screen is not known yet";
    pair_do: "请管理员在管理台的“收看”里填这四位数字，填好就能放。", "The operator types these four digits on the desk, under Viewing; then it can show films.";
    pair_full: "等着登记的屏太多了，请过十分钟再打开这一页。", "Too many screens are waiting; open this page again in ten minutes.";
    choose: "选一部，按确定开始签到", "Choose a film and press OK to open the check-in";
    found: "首字母“{0}”的课件", "Films with the initials “{0}”";
    none: "没有找到，换几个首字母。", "Nothing found; try other initials.";
    empty: "课程库里还没有片子。", "There are no films yet.";
    find: "按首字母找", "Find by initials";
    find_pad: "片名的拼音首字母", "Initials of the title";
    erase: "退一格", "Erase";
    newest: "最新的", "Newest";
    more: "下一页", "Next page";
    begin_check_in: "开始签到", "Open the check-in";
    start: "开始放映", "Start the film";
    call_off: "先不放了", "Call it off";
    lobby_scan: "手机连上站点的无线网，扫码签到", "Join the station's Wi-Fi and scan to check in";
    lobby_or: "或打开 {0}", "or open {0}";
    code_left: "{0} 秒后换新码", "A new code in {0} seconds";
    present: "人到场", "present";
    due: "应到 {0} 人", "{0} expected";
    no_phone: "没带手机的同志，请到管理员处登记", "Without a phone? The operator checks you in";
    more_names: "还有 {0} 人", "and {0} more";
    here: "在场", "Present";
    code: "签到码", "Code";
    press_ok: "按确定键接着放", "Press OK to go on";
    check_lead: "请在手机上填这六位数字", "Type these six digits on your phone";
    check_left: "还有 {0} 秒，填完接着看", "{0} seconds left, then the film goes on";
    check_passed: "人已确认", "confirmed";
    check_foot: "填上了，刚才这一段就记入学时。没带手机的同志，请向管理员举手。", "With it, the part just seen counts. Without a phone, raise your hand.";
    go_on: "接着放", "Go on";
    back: "退回 15 秒", "Back 15 s";
    show_code: "显示签到码", "Show the code";
    finish: "放完了，散场确认", "Over: last check";
    end_lead: "放完了。散场前，请在手机上再填一次码。", "The film is over. Type the code once more before you go.";
    end_sub: "可以讨论一会儿，码还有 {0} 分钟有效。", "There is time to discuss; the code is valid for {0} more minutes.";
    end_close: "都确认了，散会", "Everybody has confirmed";
    done_lead: "放完了。{0} 位同志到场，全程在场的 {1} 位，每人计入 {2}。", "Over. {0} were there, {1} of them all the time, with {2} each.";
    done_some: "放完了。{0} 位同志到场。", "Over. {0} were there.";
    done_nobody: "放完了。没有人签到，这段时间不计学时。", "Over. Nobody checked in, so nothing counts.";
    due_short: "应到", "Expected";
    came: "到场", "Came";
    excused: "请假", "Excused";
    rate: "到会率", "Attendance";
    shown: "放映", "Shown";
    home: "回今日节目", "Back to the films";
    less: "有 {0} 位少记一些：{1}", "{0} got less: {1}";
    offline: "和站点断开了，连上后接着放，已经记下的都在。", "The station cannot be reached; it goes on by itself, and what was recorded is kept.";
    cannot_play: "这部片子这块屏放不了，请换一部，或者让管理员转换。", "This screen cannot play this film; choose another one, or have it converted.";
    or_choose: "接着放，或另选一部", "Go on, or choose another film";
    stopped: "放到 {0}", "Stopped at {0}";
    tv_break: "休息", "Break";
    break_lead: "休息一会儿", "A short break";
    break_do: "回来请在手机上填这六位数字，刚才看的就记入学时", "Back again? Type these six digits: it keeps what you have seen";
    discuss: "再讨论一会儿", "Go on discussing";
    rate_scan: "扫码打分、答题", "Scan to rate and answer";
    thanks: "谢谢各位，回家路上小心。", "Thank you all; have a safe way home.";
}
