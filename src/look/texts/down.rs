//! What the desk says of what a district sent down.

texts! {
    /// The texts of these pages, in one language.
    Down {}
    from: "县里的通知", "From the district";
    in_one: "{0}：{1}", "{0}: {1}";
    until: "到 {0}", "until {0}";
    head: "县里下发的", "Sent down by the district";
    none: "县里还没有下发过东西。", "Nothing was sent down yet.";
    what: "内容", "What";
    count: "条数", "Entries";
    holds: "从哪天起", "Holds from";
    came: "哪天收到", "Came";
    roster: "花名册", "Roster";
    visitors: "外站党员编号", "Numbers of visitors";
    plan: "播放计划", "Programme";
    approved: "审定目录", "Approved items";
    notices: "通知", "Notices";
    rulings: "裁定", "Decisions";
    in_force: "已执行", "in force";
    to_come: "到那天才执行", "to come";
    gave_way_things: "县里的花名册改了本站写的 {0} 个人", "The district's roster changed {0} members whom you had written otherwise";
    gave_way_do: "以县里的为准，本站原来写的还留着。看一下，对的点“知道了”，不对的可以放回去。", "The district's word stands; what you had written is kept. Look at it: acknowledge, or put it back.";
    gave_way_head: "县里和本站都改过的人", "Changed by both";
    gave_way_says: "同一个人两边都改了，按县里的登记；身份和支部由县里定。本站原来写的没有丢，可以放回去，县里下次联系时会看到不一样。", "Where both changed the same person the district's word stands: it decides about branch and role. What you had written is not lost; you may put it back, and the district will see the difference.";
    gave_way_ours: "本站原来：", "Here before: ";
    gave_way_theirs: "县里：", "District: ";
    gave_way_left: "县里不再列入本站，已标为转出。口令和学时都在。", "No longer listed here by the district; marked as moved away. PIN and hours are kept.";
    gave_way_ok: "知道了，按县里的", "Keep the district's";
    gave_way_back: "放回本站的", "Put ours back";
    station_here: "本站：", "Here: ";
    differs_head: "本站和县里写得不一样的人", "Written otherwise here";
    differs_says: "县里没有再改这个人，先按本站的。县里下次改他时，以县里的为准。要长久按本站的，请告诉县里。", "The district has not changed this person since, so yours stands. When it does, its word stands; to keep yours for good, tell the district.";
    listed_by_district: "县里的花名册里有这个人。支部、身份、类别和流动以县里的为准：在这里改了先按本站的，县里下次改他时按县里的，本站写的会留着给您看。口令只在本站，县里不管。", "This person is in the district's roster, which decides about branch, role, status and migrant. What you change here stands until the district changes him again; then its word stands and yours is kept for you to see. The PIN is the station's alone.";
    waiting_district: "县里的目录里没有这部课件，请县里审定。", "The district's list does not hold this item; ask the district.";
    waiting_district_things: "有 {0} 部课件不在县里的目录里", "{0} items are not on the district's list";
    state_unlisted: "不在县里的目录里", "Not on the district's list";
    list_none: "县里还没有发过审定目录，党员现在什么都看不到。请联系县里。", "The district has not sent a list yet, so members see nothing. Please call the district.";
    list_lead: "县里的目录有 {0} 部，站上有其中 {1} 部。", "The district's list holds {0} items, {1} of them are here.";
}
