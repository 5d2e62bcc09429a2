//! What the desk's first page says.

texts! {
    /// The texts of these pages, in one language.
    Today {}
    fine: "站点一切正常，没有要您处理的事。", "All is well; nothing needs you.";
    things: "有 {0} 件事要您处理。", "{0} things need you.";
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
}
