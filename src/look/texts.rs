//! Every sentence of the pages, in both languages side by side. A text that is missing in one language does not compile.
//!
//! `{0}`, `{1}` … are filled by [`super::format::fill`]. The machine is the subject of a fault, never the person; what
//! happened comes first, then what to do.

use crate::types::Lang;

macro_rules! texts {
    ($($(#[$section:meta])* $name:ident: $zh:literal, $en:literal;)+) => {
        /// All texts of one language.
        #[derive(Debug)]
        #[expect(missing_docs, reason = "each text says itself what it is")]
        pub struct Texts { $(pub $name: &'static str,)+ }
        const ZH: Texts = Texts { $($name: $zh,)+ };
        const EN: Texts = Texts { $($name: $en,)+ };
    };
}

/// The texts of a language.
pub fn texts(lang: Lang) -> &'static Texts {
    match lang {
        Lang::Zh => &ZH,
        Lang::En => &EN,
    }
}

texts! {
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
    tab_poster: "公告", "Poster";
    tab_district: "县里", "District";
    operator: "管理员", "Operator";
    save: "保存", "Save";
    search: "查找", "Search";
    all: "全部", "All";
    hour_unit: "学时", "h";
    undated: "日期待定", "date open";
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
    offline: "和站点断开了。片子先看着，连上后接着记，已记的学时都在。", "The station cannot be reached. Keep watching; recording goes on once it is back. What was recorded is safe.";
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
    ledger_halted: "台账停了，学时暂时记不下，影片照常放。请告诉县里：{0}", "The ledger is halted and no hours are recorded; films play on. Tell the district: {0}";
    halt_log: "签名用的密钥还在，台账却不见了，可能被删了或者换过。请从备份恢复。", "the signing key is here and its log is gone; restore it from a backup.";
    halt_short: "台账损坏后只恢复了一部分，县里见过的更多。请找更新的备份，或者找县里。", "after damage only a part of the log could be restored, and the district has seen more; bring a newer backup or ask the district.";
    halt_key: "台账是另一把密钥写的，可能硬盘是别的站点的，或者密钥文件丢了。请从备份恢复密钥。", "the log belongs to another key; restore the key file from a backup.";
    clock_ntp: "时间由网络校准。", "The clock follows network time.";
    clock_operator: "时间由管理员校准。", "The clock was set by the operator.";
    clock_title: "校时", "Clock";
    clock_believes: "站点认为现在是 {0}。", "The station believes that it is {0}.";
    clock_unsure: "时间没有人校准过。", "Nobody has set the clock.";
    clock_unsure_do: "用手机点一下就能校准。没有校准，学时照记，只是日期不作准。", "One tap on your phone sets it. Until then hours are recorded, but their dates are not certain.";
    clock_set_it: "手机上的时间对，就点下面的按钮。", "If your phone shows the right time, tap the button below.";
    clock_phone: "这部手机的时间：", "This phone's time:";
    clock_take: "按手机校准", "Take the phone's time";
    clock_implausible: "手机上的日期不像是对的，没有采用。请先把手机的时间调好。", "The phone's date cannot be right and was not taken. Please set the phone's clock first.";
    clock_before_visit: "手机上的时间比县里上次来取的时间还早，没有采用。请先把手机的时间调好。", "The phone's time lies before the district's last visit and was not taken. Please set the phone's clock first.";
    clock_district: "时间由县里校准。", "The clock was set by the district.";
    clock_plausible: "时间没有校准过，看上去是 {0}，不对请告诉县里。", "Nobody has set the clock; it says {0}. Tell the district if that is wrong.";
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
    prepare_missing: "站点上没有转换程序（ffmpeg）。请在电脑上转成 MP4（H.264）再拷一次。", "This station has no converter (ffmpeg). Convert it to MP4 (H.264) on a computer and copy it again.";
    prepare_now: "正在为手机转换", "Being converted for phones";
    prepare_left: "大约还要 {0}。", "About {0} to go.";
    prepare_begun: "刚开始，还说不准要多久。", "Just begun; how long it takes cannot be told yet.";
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
    why_depth: "画面每种颜色超过 8 位，手机解不了。", "The picture has more than 8 bits a colour, which phones cannot decode.";
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
    import_file: "花名册（CSV，Excel 可另存为 CSV）", "Roster (CSV; Excel can save as CSV)";
    import_columns: "第一行写列名：党员编号，姓名，党支部，身份，类别，流动，口令。", "First line: member_no,name,branch,role,status,migrant,pin.";
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
    tv_pair_lead: "这块屏还没有登记", "This screen is not known yet";
    tv_pair_do: "请管理员在管理台的“收看”里填这四位数字，填好就能放。", "The operator types these four digits on the desk, under Viewing; then it can show films.";
    tv_pair_full: "等着登记的屏太多了，请过十分钟再打开这一页。", "Too many screens are waiting; open this page again in ten minutes.";
    tv_choose: "选一部，按确定开始签到", "Choose a film and press OK to open the check-in";
    tv_found: "首字母“{0}”的课件", "Films with the initials “{0}”";
    tv_none: "没有找到，换几个首字母。", "Nothing found; try other initials.";
    tv_empty: "课程库里还没有片子。", "There are no films yet.";
    tv_find: "按首字母找", "Find by initials";
    tv_find_pad: "片名的拼音首字母", "Initials of the title";
    tv_erase: "退一格", "Erase";
    tv_newest: "最新的", "Newest";
    tv_more: "下一页", "Next page";
    tv_begin_check_in: "开始签到", "Open the check-in";
    tv_start: "开始放映", "Start the film";
    tv_call_off: "先不放了", "Call it off";
    tv_lobby_scan: "手机连上站点的无线网，扫码签到", "Join the station's Wi-Fi and scan to check in";
    tv_lobby_or: "或打开 {0}", "or open {0}";
    tv_code_left: "{0} 秒后换新码", "A new code in {0} seconds";
    tv_present: "人到场", "present";
    tv_due: "应到 {0} 人", "{0} expected";
    tv_no_phone: "没带手机的同志，请到管理员处登记", "Without a phone? The operator checks you in";
    tv_more_names: "还有 {0} 人", "and {0} more";
    tv_here: "在场", "Present";
    tv_code: "签到码", "Code";
    tv_press_ok: "按确定键接着放", "Press OK to go on";
    tv_check_lead: "请在手机上填这六位数字", "Type these six digits on your phone";
    tv_check_left: "还有 {0} 秒，填完接着看", "{0} seconds left, then the film goes on";
    tv_check_passed: "人已确认", "confirmed";
    tv_check_foot: "填上了，刚才这一段就记入学时。没带手机的同志，请向管理员举手。", "With it, the part just seen counts. Without a phone, raise your hand.";
    tv_go_on: "接着放", "Go on";
    tv_back: "退回 15 秒", "Back 15 s";
    tv_show_code: "显示签到码", "Show the code";
    tv_finish: "放完了，散场确认", "Over: last check";
    tv_end_lead: "放完了。散场前，请在手机上再填一次码。", "The film is over. Type the code once more before you go.";
    tv_end_sub: "可以讨论一会儿，码还有 {0} 分钟有效。", "There is time to discuss; the code is valid for {0} more minutes.";
    tv_end_close: "都确认了，散会", "Everybody has confirmed";
    tv_done_lead: "放完了。{0} 位同志到场，全程在场的 {1} 位，每人计入 {2}。", "Over. {0} were there, {1} of them all the time, with {2} each.";
    tv_done_some: "放完了。{0} 位同志到场。", "Over. {0} were there.";
    tv_done_nobody: "放完了。没有人签到，这段时间不计学时。", "Over. Nobody checked in, so nothing counts.";
    tv_due_short: "应到", "Expected";
    tv_came: "到场", "Came";
    tv_excused: "请假", "Excused";
    tv_rate: "到会率", "Attendance";
    tv_shown: "放映", "Shown";
    tv_home: "回今日节目", "Back to the films";
    tv_less: "有 {0} 位少记一些：{1}", "{0} got less: {1}";
    tv_offline: "和站点断开了，连上后接着放，已经记下的都在。", "The station cannot be reached; it goes on by itself, and what was recorded is kept.";
    tv_cannot_play: "这部片子这块屏放不了，请换一部，或者让管理员转换。", "This screen cannot play this film; choose another one, or have it converted.";
    // Check-in
    checkin: "签到", "Check in";
    checkin_lead: "到了就签到", "Check in";
    checkin_who: "您是{0}，点一下就签到。", "You are {0}; one tap checks you in.";
    checkin_who_code: "您是{0}，填上电视上的六位数字就签到。", "You are {0}; type the six digits on the screen.";
    checkin_not_me: "不是我", "Not me";
    checkin_button: "我到了，签到", "I am here";
    checkin_code: "电视上的六位数字", "The six digits on the screen";
    checkin_name: "党员编号或姓名", "Member number or name";
    checkin_welcome: "签到成功", "Checked in";
    checkin_nth: "{0}，{1} 到场，第 {2} 位。", "{0}, at {1}, number {2}.";
    checkin_late: "片子已经开始，从现在起计学时。", "The film is running; your time counts from now on.";
    checkin_confirmed: "确认了", "Confirmed";
    checkin_confirmed_p: "{0}，刚才这一段记入学时。", "{0}, the part just seen counts.";
    checkin_confirmed_end: "{0}，全程都确认了，散会后学时就记上。", "{0}, all is confirmed; your hours are recorded when the evening ends.";
    checkin_already: "已经签到了", "Already checked in";
    checkin_already_p: "{0}，现在没有抽查，接着看就行。", "{0}, nothing is asked just now; go on watching.";
    checkin_next: "抽查码", "The next code";
    checkin_next_p: "放映当中，电视上会出现抽查码。把六位数字填在这里，那段时间就计入学时。散场时再填一次。", "Codes appear on the screen during the film. Type the six digits here and that part counts. Do it once more at the end.";
    checkin_send: "提交", "Send";
    checkin_foot: "手机没电了也能算：散场前请管理员帮您登记。", "Battery empty? Ask the operator before the end.";
    checkin_wrong: "这个码不对，或者过时了。电视上的码每 {0} 秒换一次，请填现在的六位数字。", "This code is wrong or out of date. It changes every {0} seconds; type the one on the screen now.";
    checkin_paused: "填错的次数太多，请过 {0} 秒再填。", "Too many wrong codes; wait {0} seconds.";
    checkin_one_phone: "这部手机已经为{0}签到。另一位请管理员登记。", "This phone has checked in {0}. The operator can check in another person.";
    checkin_outside: "手机要连站点的无线网，并关掉移动数据。", "Join the station's Wi-Fi and switch mobile data off.";
    // Screening on the desk
    live_lead_none: "现在没有集中收看。", "No screening is on.";
    live_lead_lobby: "《{0}》正在签到，应到 {1} 人，到了 {2} 人。", "Check-in for “{0}”: {1} expected, {2} there.";
    live_lead_showing: "正在放《{0}》，应到 {1} 人，在场 {2} 人。", "“{0}” is on: {1} expected, {2} present.";
    live_lead_ending: "《{0}》放完了，正在散场确认，{1} 人在场。", "“{0}” is over, last check: {1} present.";
    live_shown: "已放 {0}", "{0} shown";
    live_next_check: "下次抽查大约在 {0} 分钟后", "Next check in about {0} minutes";
    live_check_open: "正在抽查，{0} 人已确认，还有 {1} 秒", "A check is open: {0} confirmed, {1} seconds left";
    live_begin: "开始一场", "Begin a screening";
    live_which: "放哪一部", "Which film";
    live_where: "地点", "Where";
    live_chair: "主持人", "Chair";
    live_on: "在哪块屏上", "On which screen";
    live_no_screen: "还没有登记放映屏。在电视或电脑的浏览器里打开 {0}/tv，把屏上的四位数字填在下面。", "No screen is known yet. Open {0}/tv in the television's browser and type its four digits below.";
    live_screens: "放映屏", "Screens";
    live_screen_code: "屏上的四位数字", "The four digits on the screen";
    live_screen_name: "叫什么，比如“会议室电视”", "What to call it, e.g. “Hall”";
    live_screen_default: "放映屏", "Screen";
    live_absent: "没有到", "Absent";
    live_screen_add: "登记", "Let it in";
    live_screen_remove: "撤下", "Remove";
    live_screen_unknown: "没有哪块屏显示这个数字。请看着屏再填一次。", "No screen shows these digits; look at it and type them again.";
    live_tick: "登记没带手机的人", "Check in who has no phone";
    live_find: "姓名或拼音首字母", "Name or pinyin initials";
    live_why: "由您登记，是因为", "You check them in because";
    why_no_phone: "没带手机", "no phone with them";
    why_cannot: "不会用", "cannot use one";
    why_empty: "手机没电", "battery is empty";
    why_shared: "合用一部手机", "share a phone";
    live_tick_one: "到场", "Here";
    live_still: "登记的都还在", "All I checked in are still here";
    live_excuse: "请假", "Excused";
    live_gone: "走了", "Gone";
    live_present_n: "在场 {0} 人", "{0} present";
    live_not_come: "还没有到 {0} 人", "{0} not come yet";
    live_by_phone: "{0}，手机签到{1}", "{0}, by phone{1}";
    live_by_tick: "{0}，您登记，{1}", "{0}, by you, {1}";
    live_passed: "，过了 {0} 次抽查", ", {0} checks passed";
    live_missed: "，错过 {0} 次", ", {0} missed";
    live_guests: "在场的群众（不计学时）", "People present who are no members";
    live_close: "散会，记学时", "End and record the hours";
    live_end: "放完了，散场确认", "Film is over: last check";
    live_call_off: "取消这一场", "Call it off";
    live_grades: "手机签到 {0} 人（B 级），您登记 {1} 人（C 级，在报表里单独列出）。", "{0} by phone (grade B), {1} by you (grade C, shown apart in reports).";
    live_alone: "用手机自学的：{0} 人", "On their phones: {0}";
    // Books
    tab_books: "台账", "Books";
    books_lead: "放过 {0} 场，到场 {1} 人次。", "{0} screenings, {1} person-times.";
    books_none: "还没有放过集中收看。放过以后，收看记录自己写好。", "No screening yet. After one, its record is written here by itself.";
    books_f1: "学习收看记录", "Records of screenings";
    books_open: "打开", "Open";
    books_print: "打印", "Print";
    books_csv: "下载表格", "Download as CSV";
    books_back: "回台账", "Back to the books";
    books_line: "应到 {0}，到场 {1}，{2}", "{0} expected, {1} came, {2}";
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
    f1_row: "序", "#";
    f1_number: "编号", "Number";
    f1_branch: "支部", "Branch";
    f1_role: "身份", "Role";
    f1_migrant: "流动", "Migrant";
    f1_in: "签到", "In";
    f1_out: "离场", "Out";
    f1_checks: "抽查", "Checks";
    f1_minutes: "分钟", "Minutes";
    f1_grade: "等级", "Grade";
    f1_sign: "签名", "Signature";
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
