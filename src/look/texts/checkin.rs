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
    visiting_open: "我是外站党员或流动党员", "I belong to another station";
    visiting_number: "您的党员编号", "Your member number";
    visiting_branch: "您的党支部", "Your branch";
    visiting_station: "您那边站点的编号（不知道可以不填）", "Number of your own station (may be left empty)";
    visiting_unclear: "请填编号（字母和数字）、姓名和党支部。", "Please type number (letters and digits), name and branch.";
    visiting_own: "这个编号在本站的花名册里，请用编号和口令签到。", "This number is in this station's roster: check in with number and PIN.";
    visiting_other_phone: "编号 {0} 是用另一部手机登记的，请找管理员。", "Number {0} was registered with another phone; ask the operator.";
    visiting_here: "在这个站点集中收看", "Attended at this station";
    visiting_me: "您在这里是外站党员。这些时间记在您自己的编号 {0} 下，县里取台账时转到您的支部；应学多少、在别处学了多少，家里的站点知道。", "You are visiting here. This time stands under your own number, {0}, and reaches your branch when the district pulls the log; how much is due, and what you studied elsewhere, your home station knows.";
    visiting_none: "还没有。放映时在这部手机上填电视上的码就行。", "Nothing yet. When a film is shown, type the code on the television into this phone.";
    visiting_alone: "一个人看片子", "Watching alone";
    visiting_alone_p: "片子都能看，但您在这里没有口令，一个人看的不记学时。要在这里长住，请管理员把您登记为流入党员并给您口令，从那天起都记。", "You may watch every film, but without a PIN here, what you watch alone is not counted. If you stay here for long, ask the operator to enter you as a migrant member with a PIN; from that day on it counts.";
    visiting_foot: "只有报编号时用的这部手机看得到这一页。换了手机，请管理员放开您的编号。", "Only the phone that brought your number sees this page. If you have another phone now, ask the operator to let go of your number.";
    visiting_of: "外站，{0}", "visiting, {0}";
    after_go: "打个分，说说这部片子", "Rate the film";
    after_title: "散场", "After the film";
    after_thanks: "{0}，谢谢您来。看得怎么样？", "Thank you for coming, {0}. How was it?";
    after_rate: "点一下打分", "Tap to rate";
    after_rated: "记下了，还可以改。", "Noted; you may change it.";
    after_foot: "打分不记名地汇总，用来挑下一部片子。", "Ratings are summed up without names, to choose the next films.";
    star_1: "不好", "poor";
    star_2: "一般", "fair";
    star_3: "还行", "fine";
    star_4: "好", "good";
    star_5: "很好", "great";
    liking: "您觉得", "What you think";
    quiz: "测验", "Questions";
    quiz_go: "答几道题", "Answer the questions";
    quiz_several: "（可以选几个）", "(several may be right)";
    quiz_true: "对", "True";
    quiz_false: "不对", "False";
    quiz_send: "交卷", "Hand in";
    quiz_result: "{0} 道题，答对 {1} 道。", "{1} of {0} right.";
    quiz_right: "应是：{0}", "Right: {0}";
    quiz_comma: "、", ", ";
    quiz_proof: "答题也算在场确认，刚才这一段记入学时。", "Answering proves that you are here: the part just seen counts.";
    quiz_back: "返回", "Back";
}

impl Checkin {
    /// What one to five stars mean.
    pub fn stars(&self) -> [&'static str; 5] {
        [self.star_1, self.star_2, self.star_3, self.star_4, self.star_5]
    }
}
