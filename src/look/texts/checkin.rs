//! What a phone says at the check-in.

texts! {
    /// The texts of the check-in, in one language.
    Checkin {}
    title: "签到", "Check in";
    lead: "到了就签到", "Check in";
    who: "您是{0}，点一下就签到。", "You are {0}; one tap checks you in.";
    who_code: "您是{0}，填上电视上的六位数字就签到。", "You are {0}; type the six digits on the screen.";
    not_me: "不是我", "Not me";
    button: "我到了，签到", "I am here";
    code: "电视上的六位数字", "The six digits on the screen";
    name: "党员编号或姓名", "Member number or name";
    welcome: "签到成功", "Checked in";
    nth: "{0}，{1} 到场，第 {2} 位。", "{0}, at {1}, number {2}.";
    late: "片子已经开始，从现在起计学时。", "The film is running; your time counts from now on.";
    confirmed: "确认了", "Confirmed";
    confirmed_p: "{0}，刚才这一段记入学时。", "{0}, the part just seen counts.";
    confirmed_end: "{0}，全程都确认了，散会后学时就记上。", "{0}, all is confirmed; your hours are recorded when the evening ends.";
    already: "已经签到了", "Already checked in";
    already_p: "{0}，现在没有抽查，接着看就行。", "{0}, nothing is asked just now; go on watching.";
    next: "抽查码", "The next code";
    next_p: "放映当中，电视上会出现抽查码。把六位数字填在这里，那段时间就计入学时。散场时再填一次。", "Codes appear on the screen during the film. Type the six digits here and that part counts. Do it once more at the end.";
    send: "提交", "Send";
    foot: "手机没电了也能算：散场前请管理员帮您登记。", "Battery empty? Ask the operator before the end.";
    wrong: "这个码不对，或者过时了。电视上的码每 {0} 秒换一次，请填现在的六位数字。", "This code is wrong or out of date. It changes every {0} seconds; type the one on the screen now.";
    paused: "填错的次数太多，请过 {0} 秒再填。", "Too many wrong codes; wait {0} seconds.";
    one_phone: "这部手机已经为{0}签到。另一位请管理员登记。", "This phone has checked in {0}. The operator can check in another person.";
    outside: "手机要连站点的无线网，并关掉移动数据。", "Join the station's Wi-Fi and switch mobile data off.";
    outside_wifi: "手机要连站点的无线网“{0}”，并关掉移动数据。", "Join the station's Wi-Fi “{0}” and switch mobile data off.";
    namesakes: "有 {0} 位同志都叫{1}，请填党员编号。", "{0} members are called {1}; type the member number.";
    not_here: "这部手机还没有签到。没带手机的同志请找管理员。", "This phone has not checked in. The operator helps who has no phone.";
    out: "要提前走", "Leaving early";
    out_why: "填上电视上现在的六位数字，到此刻为止的时间就计入学时。", "Type the six digits on the screen now, and the time until this moment counts.";
    out_do: "我先走了", "I am leaving";
    out_lead: "记下了", "Noted";
    out_p: "{0}，{1} 离场，看过的时间散场后记入学时。", "{0}, left at {1}; what you saw is recorded when the evening ends.";
    out_foot: "回来的话，再签一次到就行。", "If you come back, check in again.";
}
