//! Every sentence of the pages, in both languages side by side. A text that is missing in one language does not compile.
//!
//! `{0}`, `{1}` … are filled by [`super::format::fill`]. The machine is the subject of a fault, never the person; what
//! happened comes first, then what to do.

use crate::types::Lang;

/// A struct of texts and its value in either language; each `$part` is another such struct within it, of its own module.
macro_rules! texts {
    ($(#[$doc:meta])* $texts:ident { $($part:ident: $kind:ident),* } $($name:ident: $zh:literal, $en:literal;)+) => {
        $(#[$doc])*
        #[expect(missing_docs, reason = "each text says itself what it is")]
        pub struct $texts { $(pub $part: $part::$kind,)* $(pub $name: &'static str,)+ }
        pub(super) const ZH: $texts = $texts { $($part: $part::ZH,)* $($name: $zh,)+ };
        pub(super) const EN: $texts = $texts { $($part: $part::EN,)* $($name: $en,)+ };
    };
}

mod books;
mod checkin;
mod correct;
mod district;
mod live;
mod plan;
mod rulings;
mod tv;

pub use books::Books;
pub use checkin::Checkin;
pub use correct::Correct;
pub use district::District;
pub use live::Live;
pub use plan::Plan;
pub use rulings::Rulings;
pub use tv::Tv;

/// Without the texts: a thousand of them would hide everything else.
impl std::fmt::Debug for Texts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Texts")
            .field("home", &self.home)
            .finish_non_exhaustive()
    }
}

/// The texts of a language.
pub fn texts(lang: Lang) -> &'static Texts {
    match lang {
        Lang::Zh => &ZH,
        Lang::En => &EN,
    }
}

texts! {
    /// All texts of one language.
    Texts { district: District, tv: Tv, live: Live, plan: Plan, checkin: Checkin, books: Books, correct: Correct, rulings: Rulings }
    // Frame
    home: "首页", "Home";
    find: "找课", "Find";
    my_hours: "我的学时", "My hours";
    sign_in: "登录", "Sign in";
    sign_out: "退出", "Sign out";
    other_language: "English", "中文";
    desk: "管理台", "Desk";
    tab_today: "今日", "Today";
    tab_library: "课程", "Library";
    tab_members: "党员", "Members";
    tab_sessions: "收看", "Viewing";
    tab_plan: "计划", "Plan";
    tab_poster: "公告", "Poster";
    tab_district: "县里", "District";
    operator: "管理员", "Operator";
    save: "保存", "Save";
    search: "查找", "Search";
    all: "全部", "All";
    hour_unit: "学时", "h";
    undated: "日期待定", "date open";
    // The page of the ledger, and permits for a new epoch
    ledger_title: "台账的情况", "How the ledger stands";
    ledger_open: "台账的情况，和县里的许可", "How the ledger stands, and the district's permit";
    ledger_lead_halted: "台账停了，学时暂时记不下，片子照常放。", "The ledger is halted: no hours are recorded, films play on.";
    ledger_lead_do: "点进去看是怎么回事、下一步找谁。", "Open it to see what happened and whom to call.";
    ledger_lead_suspected: "有更新的记录和台账对不上，台账可能退回过旧备份。请先不要动，告诉县里。", "A newer copy does not fit the ledger: an old backup may have been put back. Please leave it as it is and tell the district.";
    ledger_happened: "出了什么事", "What happened";
    ledger_steps: "下一步", "What to do";
    ledger_names: "打电话时念的", "To read out on the telephone";
    suspected_told: "有一份本站签过名的副本记着 {0} 条，现在的台账对不上。县里已经知道，等县里查。", "A copy that this station signed speaks of {0} entries, and the ledger does not fit it. The district knows and looks into it.";
    suspected_untold: "有一份本站签过名的副本记着 {0} 条，现在的台账对不上。县里还不知道，请打电话说一声。", "A copy that this station signed speaks of {0} entries, and the ledger does not fit it. The district does not know yet: please call.";
    step_call: "打电话告诉县里：站点 {0} 的台账要重新开始。如果手里有更新的备份盘，先说备份的事。", "Call the district: the ledger of station {0} has to begin anew. If there is a newer backup disk, speak of that first.";
    step_permit: "县里在网页上签一份许可，是一个文件，放在 U 盘上带来，或者发到您手机上。", "The district signs a permit on its page: a file, brought on a stick or sent to your phone.";
    step_here: "在下面把许可交给站点看，核对以后点“开始新台账”。以前记的学时都还算。", "Show it to the station below, compare, and tap “Begin the new ledger”. Hours recorded before still count.";
    permit_head: "县里的许可", "The district's permit";
    permit_says: "只有县里叫您重新开始台账时才用得着。许可文件名是 yuanjiao-epoch.permit。", "Needed only when the district asks you to begin anew. The file is called yuanjiao-epoch.permit.";
    permit_from_stick: "看 U 盘上的许可：", "Look at the permit on the stick ";
    permit_file: "选收到的许可文件", "Choose the file that was sent to you";
    permit_look: "先看一看", "Look at it";
    permit_of: "许可来自：", "A permit of ";
    permit_known: "这个县里登记过，签名核对无误。", "This district is enrolled here, and its signature is right.";
    permit_unknown: "站点现在不认识这个县里（登记的事也在丢了的台账里）。请给县里打电话，听着把指纹填进来，和许可上的一样才会开始。", "The station does not know this district now (the enrolment was in the ledger that is lost). Call it and type the fingerprint as it is read out; only if it is the permit's own will anything begin.";
    permit_spoken: "县里在电话里念的指纹", "The fingerprint that the district reads out";
    permit_spoken_hint: "20 个数字和字母，空格可以不填。不要照抄文件里的。", "Twenty digits and letters; spaces do not matter. Do not copy it from the file.";
    permit_begin: "开始新台账", "Begin the new ledger";
    permit_next: "新台账叫 {0}。旧台账会收起来，一条也不删。", "The new ledger is called {0}. The old one is put aside; nothing of it is deleted.";
    permit_carries: "县里会签过的 {0} 条都带过来，记过的学时照样算。", "The {0} entries that the district cosigned come along, and their hours count as before.";
    permit_carries_none: "县里会签过的那些条目站点上没有，许可里也没有：站点从零记起，以前的学时由县里那一份算。要把它们带过来，请县里连同条目一起给。", "The entries that the district cosigned are neither here nor in the file: the station begins at zero, and earlier hours are counted from the district's copy. To have them here, ask the district for a file with the entries.";
    permit_left: "最近的 {0} 条县里还没有会签，不带过来，留在收起来的旧台账里。", "The latest {0} entries were not cosigned and do not come along; they stay in the ledger that is put aside.";
    permit_none: "这不是许可文件，或者没有收全。请让县里再给一次。", "This is no permit, or not all of it. Please ask the district for it once more.";
    permit_forged: "许可上的签名不对，没有采用。请打电话问县里。", "The signature of the permit is wrong, and it was not used. Please ask the district by telephone.";
    permit_mixed: "许可里的条目和签名说的不是同一份，可能拿错了文件。请让县里再给一次。", "The entries in the file are not those that were signed: two files were mixed up, perhaps. Please ask the district for it once more.";
    permit_other_box: "这份许可是给另一台机器的。请看清楚站点的名字和指纹。", "This permit is for another box. Please compare the station's name and fingerprint.";
    permit_used: "这份许可已经用过了，新台账就是现在这一份。", "This permit was used already: the present ledger is the one that it began.";
    permit_other_fingerprint: "填的指纹和许可上的不一样，没有开始。请再听一遍；如果还不一样，这份许可不是县里给的。", "What you typed is not the fingerprint of the permit, and nothing was begun. Listen once more; if it still differs, the permit is not the district's.";
    permit_gone: "这一页放得太久了，请把许可再给站点看一次。", "This page was open too long; please show the permit to the station once more.";
    permit_refused: "上次的许可没有用成，台账还是原来的。给县里念这一行：{0}", "The last permit began nothing, and the ledger is as it was. Read this line to the district: {0}";
    permit_begins: "站点正在重新开始，大约要一分钟。", "The station begins anew; it takes about a minute.";
    permit_begins_says: "过一分钟再打开管理台。正在看片子的手机会自己接上。", "Open the desk again in a minute. Phones that are watching come back by themselves.";
    aside_head: "收起来的旧台账", "Old ledgers that were put aside";
    aside_says: "都是证据，请不要删。", "They are evidence; please do not delete them.";
    aside_epoch: "新台账开始以前的", "From before a new ledger";
    aside_damaged: "损坏了，换成了恢复出来的", "Damaged, replaced by what was restored";
    // The log on a stick
    carry_head: "没有网络，用 U 盘送", "Without a network: by stick";
    carry_none: "插上 U 盘再打开这一页，就能把台账拷上去送到县里。", "Plug in a stick and open this page again to take the log to the district.";
    carry_says: "拷上去送到县里，县里核对后再插回来点一次，会签就回来了。您拷上去的只有党员编号，没有姓名；县里放上去的花名册有姓名，收下后就从 U 盘上删掉。", "Take it to the district; back here, tap again and the cosignature comes in. What you copy holds numbers, no names; a roster that the district puts there holds names, and is deleted from the stick once it is taken.";
    carry_to: "拷台账到 ", "Copy the log to ";
    carry_done: "拷好了，{0} 条都在 U 盘上，可以拔了。", "Done: {0} leaves are on the stick, and it may be pulled.";
    carry_cosigned: "县里已经会签到第 {0} 条。", " The district has cosigned {0} leaves.";
    carry_gone: "这个 U 盘不在了，插上再点一次。", "This stick is gone; plug it in and tap again.";
    carry_down: "县里下发的也收下了：{0}。", " What the district sent down was taken: {0}.";
    carry_refused: "U 盘上有 {0} 份县里下发的内容没有收，不是给本站的，或者没有登记过的县里的签名。", " {0} records on the stick were not taken: they are not for this station, or not signed by an enrolled district.";
    // What the district sends down, at the station
    down_from: "县里的通知", "From the district";
    down_in_one: "{0}：{1}", "{0}: {1}";
    down_until: "到 {0}", "until {0}";
    down_head: "县里下发的", "Sent down by the district";
    down_none: "县里还没有下发过东西。", "Nothing was sent down yet.";
    down_what: "内容", "What";
    down_count: "条数", "Entries";
    down_holds: "从哪天起", "Holds from";
    down_came: "哪天收到", "Came";
    down_roster: "花名册", "Roster";
    down_visitors: "外站党员编号", "Numbers of visitors";
    down_plan: "播放计划", "Programme";
    down_approved: "审定目录", "Approved items";
    down_notices: "通知", "Notices";
    down_rulings: "裁定", "Decisions";
    down_in_force: "已执行", "in force";
    down_to_come: "到那天才执行", "to come";
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
    // Member's home
    this_year: "今年已学", "Studied this year";
    still_due: "还差 {0} 学时，离年底还有 {1} 天", "{0} hours to go, {1} days left this year";
    due_reached: "今年的学时已经学满。", "The hours of this year are complete.";
    no_due: "您的身份没有规定学时，看过的照样记。", "No hours are due for your role; what you watch is recorded all the same.";
    clock_unset: "站点还不知道今天几号。学时照记，日期等县里校准后补上。", "The station does not know today's date. Hours are recorded; the date is added once the district has set the clock.";
    guest_lead: "想看什么，点开就能看。", "Pick something and watch.";
    guest_under: "登录后，看过的时间记到您名下。", "Sign in, and what you watch is credited to you.";
    go_on: "继续学习", "Continue";
    new_items: "新到课件", "New";
    all_items: "全部课件", "All items";
    by_class: "按类别找", "By class";
    no_class: "其他", "Other";
    search_hint: "片名或拼音首字母，如 yczs", "Title, pinyin or initials";
    seen_until: "看到 {0}，还剩 {1}", "Seen up to {0}, {1} left";
    found: "找到 {0} 部", "{0} found";
    found_none: "没有找到“{0}”。换个字，或者用拼音首字母试试。", "Nothing found for “{0}”. Try another word or initials.";
    empty_lead: "课程库还是空的。", "The library is still empty.";
    empty_under: "管理员把片子拷进站点，这里马上就有。", "As soon as the operator copies films to the station, they appear here.";
    // Item
    credited: "已计入", "Credited";
    pending: "待确认", "Pending";
    not_seen: "未看", "Not seen";
    back_15: "退 15 秒", "Back 15 s";
    on_15: "进 15 秒", "On 15 s";
    play: "播放", "Play";
    pause: "暂停", "Pause";
    speed: "倍速", "Speed";
    subtitles: "字幕", "Subtitles";
    full_screen: "全屏", "Full screen";
    confirm_now: "记入学时", "Credit this now";
    item_foot: "待确认的时间，点“记入学时”或“我在学习”后记入。断电断网也不会丢，已记下的都在站点里。", "Pending time is credited when you confirm. Nothing is lost in a power cut: what was recorded is in the station.";
    guest_no_credit: "没有登录，这次看的不计学时。", "You are not signed in, so this viewing earns no hours.";
    open_document: "打开", "Open";
    document_foot: "讲义可以直接看，也可以保存到手机。", "Open the hand-out here or save it to your phone.";
    needs_pc: "这部片子电脑能放，有的手机不能。", "This film plays on the PC; some phones cannot play it.";
    cannot_play: "这部手机放不了这部片子，请在电脑或电视上看。", "This phone cannot play this film; please watch it on the PC or television.";
    ask_title: "还在看吗？", "Still watching?";
    ask_text: "点一下，刚才看的 {0}就记入学时。", "One tap, and the {0} you just watched are credited.";
    ask_button: "我在学习", "I am here";
    ask_left: "还有 {0} 秒。没点上也不要紧，影片照常放，这一段重看时还能计入。", "{0} s left. If you miss it the film goes on, and watching this part again will count.";
    seconds: "{0} 秒", "{0} s";
    minutes_seconds: "{0} 分 {1} 秒", "{0} min {1} s";
    resumed: "上次看到 {0}，从这里接着放。", "You stopped at {0}; it goes on from there.";
    offline: "和站点断开了。接着看就行，看过的记在手机里，连上后补记，学时都在。", "The station cannot be reached. Keep watching: your phone remembers what you watch and reports it once the station is back. What was recorded is safe.";
    offline_guest: "和站点断开了。片子先停一停，连上后接着放。", "The station cannot be reached. The film goes on once it is back.";
    chime_on: "提示音：开", "Sound: on";
    chime_off: "提示音：关", "Sound: off";
    disk_full: "站点的硬盘暂时写不进去，学时等一会儿再记。接着看就行，之后自动补记。", "The station's disk takes nothing at the moment. Keep watching; it is recorded later by itself.";
    superseded: "您在另一部手机上打开了别的片子，这里先停了。点“接着看”换回来。", "You opened another film elsewhere, so this one stopped. Tap “Go on” to come back.";
    go_on_here: "接着看", "Go on";
    restarted: "站点重新开机了，从这里接着放，已记的学时都在。", "The station restarted and plays on from here. What was recorded is safe.";
    note_unattended: "刚才这一段没有点“我在学习”，先不计。重看这一段还能计入。", "That part was not confirmed and does not count. Watch it again and it will.";
    note_not_new: "这一段以前计过了，同一段只计一次。", "This part was credited before; each part counts once.";
    note_not_sent: "这一段还没有从站点取到，先不计。", "The station has not sent this part yet, so it does not count.";
    note_too_fast: "放得比时间快，只按实际过去的时间计。", "It played faster than time passed; only the time that passed counts.";
    // My hours
    year_studied: "{0}年已学", "Studied in {0}";
    due_of: "/ {0} 学时", "/ {0} h";
    total: "合计", "Total";
    mode_screening: "集中收看", "Screening";
    mode_alone: "个人自学", "Alone";
    mode_brought: "送学上门", "Brought home";
    mode_make_up: "补学", "Made up";
    mode_migrant: "流动党员远程", "Migrant, remote";
    credited_list: "计入的", "Credited";
    waiting_list: "待确认的", "Waiting to be confirmed";
    waiting_why: "看完没有确认，再打开这部课件点“记入学时”就能计入。", "Not confirmed yet: open the item again and confirm, and it counts.";
    lost_list: "没有计入的", "Not counted";
    lost_unattended: "有 {0}没有点“我在学习”，先不计。重看这一段还能计入。", "{0} were not confirmed. Watch that part again and it will count.";
    lost_too_fast: "有 {0}放得比时间快，只按实际过去的时间计。重看这一段还能计入。", "{0} played faster than time passed. Watch that part again and it will count.";
    lost_not_sent: "有 {0}不是从站点取到的，先不计。连着站点的无线网重看就能计入。", "{0} did not come from the station. Watch that part again on its Wi-Fi and it will count.";
    lost_again: "有 {0}以前计过了，同一段只计一次。", "{0} had been credited before; each part counts once.";
    nothing_yet: "今年还没有计入的学时。打开一部课件看起来，就会记在这里。", "Nothing is credited this year yet. Watch an item and it appears here.";
    policy_foot: "按《{0}》计算：{1} 分钟为 1 学时，合计保留一位小数，每天最多 {2} 学时。", "By the policy “{0}”: {1} minutes make an hour, cut to one decimal, at most {2} hours a day.";
    undecided_year: "另有 {0} 日期待定，等县里校准时钟后计入年度。", "Another {0} has no date yet and is counted once the district has set the clock.";
    // Receipts
    receipts: "学时凭据", "Receipts";
    receipts_why: "每一笔学时都有一张凭据：存下它的二维码，以后谁改了台账，凭它就能查出来。", "Each entry has a receipt. Keep its code: if anybody changes the log later, it shows.";
    receipt: "凭据", "Receipt";
    receipt_lead: "扫凭据的二维码，或者把凭据的文字贴在下面。", "Scan the code of a receipt, or paste its text below.";
    receipt_holds: "这张凭据有效：台账里有这一笔，并且站点签了名。", "This receipt holds: the entry is in the log, and the station signed for it.";
    receipt_malformed: "这不是凭据，或者不完整。请再扫一次。", "This is not a receipt, or not all of it. Please scan again.";
    receipt_other_key: "这张凭据不是本站点签的，本站点说不出它的真假。", "Another station signed this receipt; this one cannot tell.";
    receipt_taken_back: "凭据是真的，站点签过名，可是现在的台账里已经没有这一笔：台账被退回过。请把这张凭据交给县里。", "The receipt is genuine and the station signed it, but its log no longer holds this entry: something was taken back. Please bring this receipt to the district.";
    receipt_not_in_log: "凭据对不上：这一笔不在签过名的台账里。", "The receipt does not hold: the entry is not in the log that was signed.";
    receipt_item: "课件", "Item";
    receipt_time: "计入", "Credited";
    receipt_total: "这部课件累计", "This item in all";
    receipt_date: "日期", "Date";
    receipt_place: "台账位置", "Place in the log";
    receipt_place_of: "第 {0} 条（共 {1} 条）", "{0} of {1}";
    receipt_keep: "长按保存或者截屏。", "Save it with a long press or a screenshot.";
    receipt_text: "凭据文字", "Text of the receipt";
    receipt_check: "查验", "Check";
    // Copies of checkpoints
    taken_back: "台账好像被退回过：有一份本站签过名的副本记着 {0} 条，和现在的台账对不上。", "The log seems to have been put back: a copy that this station signed speaks of {0} entries and does not fit.";
    taken_back_do: "如果最近用旧备份恢复过，或者换过硬盘，请告诉县里。这件事已经记进台账，县里下次取台账时就会看到。片子照常放，学时照常记。", "If an old backup was restored or a disk was swapped lately, tell the district. It is recorded in the log, and the district sees it at its next pull. Films play and hours are recorded as usual.";
    taken_back_told: "台账被退回过的疑点（第 {0} 条）县里已经收到，等县里查。", "The district has received the suspicion that the log was put back (entry {0}) and looks into it.";
    // Corrections
    no_names: "这句话要永远留在台账里，请写编号，不要写姓名。", "This sentence stays in the log for ever: please write numbers, not names.";
    corrections: "更正记录", "Corrections";
    old_log: "（旧台账）", "(old log)";
    remove_member: "移出花名册", "Remove from the roster";
    remove_why: "姓名、口令马上从站点删掉；学时留在台账里，只剩编号。以前的备份里还有姓名，等新的备份替掉它们（一般一个星期）。集中收看记录里手写的名字要自己改。党员只是转走，把状态改成“已离开”就行。", "Name and PIN are deleted at once; the hours stay in the log, under the number alone. Older backups hold the name until newer ones replace them (a week, as a rule). Names typed into the records of evenings are yours to change. For somebody who only moved away, set the status to left.";
    remove_sure: "核对过了，就是这一位", "Checked: this is the one";
    remove_unsure: "请先勾上“核对过了”。什么都没有删。", "Please tick that you have checked. Nothing was removed.";
    recent_spans: "最近记入的", "Recently credited";
    // Sign in
    sign_in_lead: "登录后，看过的时间记到您名下。", "Sign in, and what you watch is credited to you.";
    member_number: "党员编号", "Member number";
    pin: "口令", "PIN";
    pin_hint: "4 到 8 位数字", "4 to 8 digits";
    pin_first: "第一次用，口令向管理员要。", "The first time, ask the operator for your PIN.";
    as_guest: "先不登录，只看片（不计学时）", "Just watch, without credit";
    trouble: "登不进去", "Trouble signing in";
    forgot: "忘了口令", "Forgot the PIN";
    forgot_do: "请管理员重设，已有的学时都在。", "Ask the operator for a new one; your hours are all there.";
    wrong_pin: "编号或口令不对，还可以试 {0} 次。忘了请管理员重设。", "Number or PIN is wrong; {0} tries are left. The operator can set a new one.";
    paused: "试错的次数太多，请过 {0} 分钟再来，或者请管理员重设。", "Too many wrong tries: come back in {0} minutes, or ask the operator.";
    busy_now: "现在登录的人多，请过几秒再点一次。", "Many sign in right now; please try again in a few seconds.";
    // Error page
    go_home: "回首页", "Home page";
    read_out: "要请人帮忙时，把这一行念给管理员：", "If you need help, read this line to the operator:";
    form_stale: "这一页放得太久了，请刷新后再做一次。", "This page is out of date; please reload it and try again.";
    // Operator's sign-in
    operator_lead: "管理员登录", "Operator sign-in";
    passphrase: "管理口令", "Passphrase";
    first_lead: "第一次使用：请设管理口令。", "First use: set the operator's passphrase.";
    first_code: "一次性验证码", "One-time code";
    first_code_hint: "开机时显示在站点的屏幕上，8 位数字", "Shown on the station's console at the start, 8 digits";
    new_passphrase: "新的管理口令，至少 8 个字", "New passphrase, 8 characters or more";
    repeat_passphrase: "再填一遍", "Once more";
    differ: "两遍填得不一样，请再填一次。", "The two entries differ; please try again.";
    weak: "管理口令要 8 到 128 个字。", "The passphrase must have 8 to 128 characters.";
    wrong_passphrase: "管理口令不对，还可以试 {0} 次。", "The passphrase is wrong; {0} tries are left.";
    wrong_code: "验证码不对，还可以试 {0} 次。", "The code is wrong; {0} tries are left.";
    set_first: "还没有设过管理口令？用一次性验证码设一个", "No passphrase yet? Set one with the one-time code";
    // Desk: today
    today_fine: "站点一切正常，没有要您处理的事。", "All is well; nothing needs you.";
    today_things: "有 {0} 件事要您处理。", "{0} things need you.";
    needs_you: "要您处理", "Needs you";
    health: "站点状况", "The station";
    rest_fine: "其余正常", "the rest is fine";
    now_watching: "现在谁在看", "Watching now";
    nobody_watching: "现在没有人在看。", "Nobody is watching right now.";
    people: "{0} 人", "{0}";
    disk_ok: "影片硬盘还有 {0}。", "The media disk has {0} free.";
    disk_low: "影片硬盘只剩 {0}，请把旧片子挪到 U 盘。", "The media disk has only {0} left; move old films to a stick.";
    disk_cannot_write: "硬盘写不进去，学时暂时记不下。请腾出地方，之后自动补记。", "The disk takes nothing, so hours cannot be recorded. Make room; recording goes on by itself.";
    ledger_ok: "台账完好，共 {0} 条。", "The ledger is in order, with {0} entries.";
    ledger_seen: "县里 {0} 取走并会签到第 {1} 条。", "The district cosigned up to entry {1} on {0}.";
    ledger_unseen: "县里还没有来取过。", "The district has not pulled yet.";
    policy_refused: "设置里的学时办法《{0}》没有县里的签名，没有采用，仍按《{1}》计算。要换办法，请县里签好送来。", "The policy “{0}” of the settings is not signed by the district and was not taken; “{1}” goes on. Ask the district to sign it.";
    halt_log: "签名用的密钥还在，台账却不见了，可能被删了或者换过。请从备份恢复，或者请县里签一个新纪元。", "The signing key is here and its log is gone; restore it from a backup, or ask the district for a new epoch.";
    halt_short: "台账损坏后只恢复了一部分，县里见过的更多。请找更新的备份，或者请县里签一个新纪元。", "After damage only a part of the log could be restored, and the district has seen more; bring a newer backup, or ask the district for a new epoch.";
    halt_key: "台账是另一把密钥写的，可能硬盘是别的站点的，或者密钥文件丢了。请从备份恢复密钥。", "The log belongs to another key; restore the key file from a backup.";
    clock_ntp: "时间由网络校准。", "The clock follows network time.";
    clock_operator: "时间由管理员校准。", "The clock was set by the operator.";
    clock_title: "校时", "Clock";
    clock_believes: "站点认为现在是 {0}。", "The station believes that it is {0}.";
    clock_needs_script: "校准要用到脚本，请在浏览器里打开脚本，或者请县里取一次台账，时间会跟着校准。", "Setting the clock needs scripts; switch them on, or have the district pull the log, which sets it too.";
    clock_unsure: "时间没有人校准过。", "Nobody has set the clock.";
    clock_unsure_do: "用手机点一下就能校准。没有校准，学时照记，只是日期不作准。", "One tap on your phone sets it. Until then hours are recorded, but their dates are not certain.";
    clock_set_it: "手机上的时间对，就点下面的按钮。", "If your phone shows the right time, tap the button below.";
    clock_phone: "这部手机的时间：", "This phone's time:";
    clock_take: "按手机校准", "Take the phone's time";
    clock_implausible: "手机上的日期不像是对的，没有采用。请先把手机的时间调好。", "The phone's date cannot be right and was not taken. Please set the phone's clock first.";
    clock_before_visit: "手机上的时间比县里上次来取的时间还早，没有采用。请先把手机的时间调好。", "The phone's time lies before the district's last visit and was not taken. Please set the phone's clock first.";
    clock_phones: "时间是按几部手机说的，先这样用着，等县里或者您来校准。", "The time is what several phones say, for the time being, until you or the district set it.";
    clock_open: "有 {0} 笔学时还没有年度，共 {1}", "{0} entries have no year yet, {1} in all";
    clock_open_do: "它们是在{0}到{1}之间看的。您知道是哪一年，就点一下；不知道就先放着，等县里来定。", "They were earned between {0} and {1}. If you know the year, tap it; if not, leave them for the district.";
    clock_open_year: "算在 {0} 年", "Count them in {0}";
    clock_open_now: "现在", "now";
    clock_district: "时间由县里校准。", "The clock was set by the district.";
    clock_plausible: "时间没有人校准过，看上去是 {0}。", "Nobody has set the clock; it says {0}.";
    watch_ok: "课件文件夹有变化马上知道。", "Changes in the folder are noticed at once.";
    folder_reading: "新片子还在看：还有 {0} 个文件，大约 {1} 分钟。看片子不受影响。", "New files are being looked into: {0} left, about {1} minutes. Viewers are not disturbed.";
    watch_degraded: "课件文件夹只能每隔 {0} 秒查一次：{1}", "The folder is only checked every {0} s: {1}";
    disk_failing: "磁盘读不出《{0}》，可能快坏了：请尽快把课件另存到新盘。", "The disk cannot read “{0}” and may be failing: copy the courseware to another disk soon.";
    disk_gone: "课件硬盘不在，插上就回来，什么都没有删。", "The media disk is away. Plug it in and everything is back; nothing was deleted.";
    index_fault: "课程索引写不进去：{0}", "The index cannot be kept: {0}";
    damaged_things: "有 {0} 个文件放不了", "{0} files cannot be played";
    damaged_do: "看看是哪些，每个文件后面写着怎么办。", "See which ones; each says what to do.";
    waiting_things: "有 {0} 部课件等您审核", "{0} items wait for your approval";
    waiting_do: "审核后党员才看得到。", "Members see them once they are approved.";
    no_members: "花名册还是空的", "The roster is still empty";
    no_members_do: "导入花名册后，党员才能登录记学时。", "Import the roster so that members can sign in.";
    new_disk: "插着的盘不是原来那块，里面有 {0} 个课件", "This is not the disk that was there before; it holds {0} items";
    new_disk_do: "要是换了新盘，就点“用这块盘”，学时和审核都还在。要是插错了，把原来的盘插回来。", "If you have put in a new disk, press “Use this disk”; hours and approvals stay. If it is the wrong one, put the old one back.";
    new_disk_take: "用这块盘", "Use this disk";
    look_there: "去看看", "Look";
    import: "导入花名册", "Import the roster";
    // Desk: library
    library_lead: "课程库有 {0} 部课件，{1} 部随时能放，{2} 部要您看看。", "The library has {0} items; {1} are ready, {2} need a look.";
    library_fine: "课程库有 {0} 部课件，{1} 部随时能放。", "The library has {0} items; {1} are ready.";
    library_empty: "课程库还是空的。把片子拷进“{0}”文件夹，两秒钟后这里就有。", "The library is empty. Copy films into the folder “{0}”; they appear here within two seconds.";
    to_do: "要处理", "Needs you";
    copying: "正在拷入", "Copying";
    copying_do: "拷完自动上架，请先不要拔 U 盘。", "It appears by itself once it is whole; leave the stick in.";
    ready: "到处能放", "Plays everywhere";
    back_to_library: "回课程库", "Back to the library";
    plays_pc: "电脑能放，有的手机不能", "Plays on the PC, not on every phone";
    plays_prepare: "手机和电视放不了", "Phones and televisions cannot play it";
    prepare_off: "站点的设置里关掉了转换（prepare 或 ffmpeg）。请在电脑上转成 MP4（H.264）再拷一次，或者请装机的人打开。", "Preparing is switched off in the station's settings (prepare or ffmpeg). Convert it to MP4 (H.264) on a computer and copy it again, or have it switched on.";
    prepare_missing: "站点上没有转换程序（ffmpeg）。请在电脑上转成 MP4（H.264）再拷一次。", "This station has no converter (ffmpeg). Convert it to MP4 (H.264) on a computer and copy it again.";
    prepare_now: "正在为手机转换", "Being converted for phones";
    prepare_left: "大约还要 {0}。", "About {0} to go.";
    prepare_begun: "刚开始，还说不准要多久。", "Just begun; how long it takes cannot be told yet.";
    prepare_rests_evening: "正在集中收看，先歇一歇，放完接着转。", "A screening is on; the work rests and goes on when it is over.";
    prepare_rests: "现在有 {0} 台设备在看，先歇一歇，看完接着转。", "{0} devices are playing; the work rests and goes on when they have finished.";
    prepare_full: "硬盘只剩 {0}，转换要 {1}。请腾出地方，会自己接着转。", "The disk has {0} left and the work needs {1}. Make room; it goes on by itself.";
    prepare_waits: "排队等转换", "Waiting to be converted";
    prepare_waits_do: "前面还有 {0} 部，一部一部来，不用管它。", "{0} before it; they are done one by one, nothing to do.";
    prepare_failed: "转换没有成功", "The conversion failed";
    prepare_failed_do: "换一份文件，或者在电脑上转成 MP4 再拷进来。转换程序说：{0}", "Get another copy, or convert it on a computer and copy the MP4. The converter said: {0}";
    prepare_stopped: "没有转换", "Not converted";
    prepare_stopped_do: "转换被停下了，手机和电视放不了。", "The conversion was stopped; phones and televisions cannot play it.";
    prepare_unasked_do: "点“为手机转换”，站点就转。", "Press “Convert for phones”, and the station does it.";
    prepare_folder: "转换好的片子没有地方放：{0}", "There is no place for converted films: {0}";
    prepare_act: "为手机转换", "Convert for phones";
    prepare_stop: "停止转换", "Stop converting";
    prepare_again: "再试一次", "Try again";
    prepared: "到处能放（已转换）", "Plays everywhere (converted)";
    prepared_note: "原来的文件原封不动，放的是转换好的一份。", "The original is untouched; what plays is the converted version.";
    why_container: "手机浏览器打不开 {0} 文件。", "Browsers on phones do not open {0} files.";
    why_picture: "画面是 {0} 编码，老手机解不了。", "The picture is coded in {0}, which old phones cannot decode.";
    why_depth: "画面的颜色比手机能解的细（10 位，或 4:2:2、4:4:4）。", "The picture has finer colours than phones can decode (10 bits, or 4:2:2 or 4:4:4).";
    why_sound: "声音是 {0} 编码，浏览器放不出来。", "The sound is coded in {0}, which browsers cannot play.";
    why_large: "画面是 {0}，比老手机能放的大。", "The picture has {0}, more than old phones can play.";
    why_fast: "每秒 {0} 兆比特，几台手机一起看就会卡。", "At {0} Mbit/s a few phones fill the Wi-Fi.";
    why_index_last: "能放，但片子的目录在文件末尾，开头要多等一会儿。", "It plays, but its index lies at the end, so it starts a little late.";
    why_encrypted: "片子加了密，没有钥匙哪里都放不了。请换一份没有加密的。", "It is encrypted and nobody here has the key. Get a copy without encryption.";
    why_download: "浏览器里打不开，要下载后用办公软件看。", "Browsers do not open it; it is downloaded and read with office software.";
    // Desk: adding films
    add_films: "添加课件", "Add films";
    add_lead: "把片子放进站点。", "Put films into the station.";
    add_here: "从这台手机或电脑上传", "From this phone or PC";
    add_files: "选文件", "Choose files";
    add_files_hint: "可以一次选几个，几个 GB 的也行。断了不要紧，再选同一个文件就接着传。", "Several at once, also of several GB. If it breaks off, choose the same file again and it goes on.";
    add_send: "上传", "Upload";
    add_stick: "从 U 盘拷入", "From a stick";
    needs_script: "上传要用到脚本，请在浏览器里打开脚本，或者用 U 盘拷入。", "Uploading needs scripts; switch them on, or use a stick.";
    cancel: "取消", "Cancel";
    upload_waiting: "排队等上传", "Waiting";
    upload_sending: "已传 {0}", "{0} sent";
    upload_left: "，还要 {0}", ", {0} to go";
    upload_done: "传好了，几秒钟后在课程库里。", "Done; it is in the library in a few seconds.";
    upload_retry: "网断了，正在接着试。", "The network is gone; trying again.";
    upload_cancelled: "已取消，没有留下东西。", "Cancelled; nothing is left behind.";
    upload_leave: "还没有传完。", "The upload is not finished.";
    upload_unfinished: "没有传完的", "Unfinished";
    upload_unfinished_do: "再选一次同一个文件，就从断的地方接着传。", "Choose the same file again and it goes on where it stopped.";
    upload_stands: "已有 {0}，共 {1}", "{0} of {1} are here";
    stick_none: "没有看到 U 盘。插到站点的 USB 口上，这里马上就有。", "No stick is plugged in. Put one into the station, and it appears here.";
    stick_look: "看看", "Look at";
    stick_again: "再看一遍", "Look again";
    stick_copy: "把勾选的拷进来", "Copy what is ticked";
    stick_looking: "正在看“{0}”上有什么，已看 {1} 个。请先不要拔。", "Looking through “{0}”, {1} so far. Please leave it in.";
    stick_copying: "正在从“{0}”拷入，还有 {1} 个。请先不要拔。", "Copying from “{0}”, {1} to go. Please leave it in.";
    stick_nothing: "“{0}”上没有新片子。", "There is nothing new on “{0}”.";
    stick_new: "“{0}”上有 {1} 个站点没有的。", "“{0}” has {1} that the station lacks.";
    stick_done: "从“{0}”拷好了 {1} 个，都核对过了。可以拔了。", "{1} copied from “{0}” and checked. You may pull it out.";
    stick_is_new: "新的", "New";
    stick_is_known: "站点已经有了", "Here already";
    stick_waits: "排队等拷入", "Waiting";
    stick_copies: "正在拷入", "Copying";
    stick_copied: "拷好了，核对无误", "Copied and checked";
    stick_failed: "没有拷成", "Not copied";
    stick_failed_do: "没有留下半截。请把 U 盘插紧再试，或者换一个。（{0}）", "Nothing is left behind. Push the stick in firmly and try again, or use another. ({0})";
    // Desk: one item
    item_edit: "课件信息", "About this item";
    item_title: "片名", "Title";
    item_class: "类别", "Class";
    item_class_hint: "留空就用文件夹的名字", "Empty: the folder's name";
    item_source: "来源", "Source";
    item_speaker: "主讲人", "Speaker";
    item_local: "本土电教片（本地自己拍的）", "Local film (made here)";
    item_where: "文件", "File";
    item_format: "格式", "Format";
    item_size: "大小", "Size";
    item_length: "时长", "Length";
    item_plays: "能在哪里放", "Where it plays";
    item_subtitles: "字幕", "Subtitles";
    item_handouts: "讲义", "Hand-outs";
    item_speaker_says: "主讲：{0}", "Speaker: {0}";
    item_source_says: "来源：{0}", "Source: {0}";
    item_local_says: "本土电教片", "Local film";
    item_saved: "存好了。改名、重扫、换盘，这些都在。", "Saved. It survives new names, rescans and a new disk.";
    item_open: "打开看看", "Open it";
    text_too_long: "“{0}”太长了，请写在 {1} 个字以内。", "“{0}” is too long; please keep it below {1} characters.";
    damaged: "不完整", "Damaged";
    damage_empty: "这是一个空文件，请再拷一次。", "The file is empty; copy it again.";
    damage_truncated: "后半截不在，可能是 U 盘拔早了。请再拷一次，学时不受影响。", "The second half is missing; the stick may have been pulled too early. Copy it again; hours are not affected.";
    damage_index: "片子的目录不在，放不了。请再拷一次，或者换一份。", "The film's index is missing. Copy it again, or get another copy.";
    damage_name: "里面不是文件名说的那种内容。请换一份。", "The content is not what the name says. Get another copy.";
    damage_broken: "文件坏了，放不了。请再拷一次，或者换一份。", "The file is damaged. Copy it again, or get another copy.";
    note_wrong: "说明文件有一处看不懂", "Something in the note is not understood";
    note_wrong_do: "片子照常放，看得懂的照样用。请改这一处：{0}", "Films play all the same and the rest counts. Please mend: {0}";
    damage_unreadable: "读不了这个文件，可能没有权限。等拷完会再试。", "The file cannot be read, perhaps for lack of rights. It is tried again.";
    damage_link: "这是指向别处的链接，不放。请把片子本身拷进来。", "This is a link to elsewhere and is not followed. Copy the film itself.";
    damage_link_nowhere: "这是一个链接，它指的文件不在。把片子本身拷进来就行。", "This is a link to a file that is not there. Copy the film itself.";
    damage_many: "文件或文件夹太多，这一个没有收。", "Too many files or folders; this one was left out.";
    state_offline: "盘不在", "Disk away";
    offline_do: "插上硬盘就回来。", "Plug the disk in and it is back.";
    state_waiting: "等您审核", "Waiting for approval";
    state_hidden: "已下架", "Hidden";
    approve: "审核通过", "Approve";
    hide: "下架", "Hide";
    show_again: "重新上架", "Show again";
    // Desk: members
    members_lead: "{0} 名党员，{1} 人已学满，{2} 人还差学时。", "{0} members; {1} have their hours, {2} still lack some.";
    members_empty: "花名册还是空的，先导入一份。", "The roster is empty; import one first.";
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
    // Desk: sessions, poster, district
    sessions_lead: "现在有 {0} 人在看。", "{0} people are watching now.";
    position: "看到", "At";
    waiting_time: "待确认", "Pending";
    unattended: "没有确认，先不计", "not confirmed, not counted";
    poster_lead: "打印出来贴在墙上，党员扫码就能看。", "Print this and put it on the wall.";
    print: "按 Ctrl 和 P 打印，纸用 A4。", "Press Ctrl and P to print on A4.";
    poster_title: "党员远程教育", "Remote education for members";
    poster_wifi: "第一步：连上无线网", "First: join the Wi-Fi";
    poster_scan: "第二步：用微信扫一扫", "Second: scan this code";
    poster_sign_in: "第三步：填编号和口令，看片记学时", "Third: number and PIN, then watch";
    poster_or: "或者在浏览器里输入", "or type into the browser";
    poster_no_wifi: "要印无线网的二维码，请在配置文件里填 [wifi] 的名称和密码。", "For a Wi-Fi code, fill in [wifi] in the configuration file.";
    district_lead_none: "还没有县里登记过这个站点。", "No district has enrolled this station yet.";
    district_lead: "{0} 登记了这个站点。", "This station is enrolled with {0}.";
    station_key: "站点的指纹，打电话时核对", "The station's fingerprint, to compare by telephone";
    station_origin: "站点在台账里的名字", "The station's name in the ledger";
    key_fingerprint: "指纹", "Fingerprint";
    last_pull: "最近一次会签", "Last cosignature";
    never: "还没有", "never";
    make_code: "生成登记码", "Make an enrolment code";
    code_is: "登记码（30 分钟内有效，念给县里）", "Enrolment code (valid for 30 minutes; read it to the district)";
    // Television
    came_expected: "其中应到的", "of them expected";
    // Check-in
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
    // Screening on the desk
    why_no_phone: "没带手机", "no phone with them";
    why_cannot: "不会用", "cannot use one";
    why_empty: "手机没电", "battery is empty";
    why_shared: "合用一部手机", "share a phone";
    // Programme
    notice_month: "{0}远程教育播放公告", "Screenings in {0}";
    notice_one: "远程教育播放公告", "Screening";
    notice_scan: "扫码看课件、查学时", "Scan to watch and to see your hours";
    // Books
    tab_books: "台账", "Books";
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
    photos: "照片", "Photos";
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

impl Texts {
    /// The word for a mode.
    pub fn mode(&self, mode: crate::types::Mode) -> &'static str {
        use crate::types::Mode;
        match mode {
            Mode::Screening => self.mode_screening,
            Mode::Alone => self.mode_alone,
            Mode::Brought => self.mode_brought,
            Mode::MakeUp => self.mode_make_up,
            Mode::Migrant => self.mode_migrant,
        }
    }
}
