//! What the desk says of the ledger, of permits for a new epoch, and of copies.

texts! {
    /// The texts of these pages, in one language.
    LedgerPage {}
    title: "台账的情况", "How the ledger stands";
    open: "台账的情况，和县里的许可", "How the ledger stands, and the district's permit";
    lead_halted: "台账停了，学时暂时记不下，片子照常放。", "The ledger is halted: no hours are recorded, films play on.";
    lead_do: "点进去看是怎么回事、下一步找谁。", "Open it to see what happened and whom to call.";
    lead_suspected: "有更新的记录和台账对不上，台账可能退回过旧备份。请先不要动，告诉县里。", "A newer copy does not fit the ledger: an old backup may have been put back. Please leave it as it is and tell the district.";
    happened: "出了什么事", "What happened";
    steps: "下一步", "What to do";
    names: "打电话时念的", "To read out on the telephone";
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
    carry_head: "没有网络，用 U 盘送", "Without a network: by stick";
    carry_none: "插上 U 盘再打开这一页，就能把台账拷上去送到县里。", "Plug in a stick and open this page again to take the log to the district.";
    carry_says: "拷上去送到县里，县里核对后再插回来点一次，会签就回来了。您拷上去的只有党员编号，没有姓名；县里放上去的花名册有姓名，收下后就从 U 盘上删掉。", "Take it to the district; back here, tap again and the cosignature comes in. What you copy holds numbers, no names; a roster that the district puts there holds names, and is deleted from the stick once it is taken.";
    carry_to: "拷台账到 ", "Copy the log to ";
    carry_done: "拷好了，{0} 条都在 U 盘上，可以拔了。", "Done: {0} leaves are on the stick, and it may be pulled.";
    carry_cosigned: "县里已经会签到第 {0} 条。", " The district has cosigned {0} leaves.";
    carry_gone: "这个 U 盘不在了，插上再点一次。", "This stick is gone; plug it in and tap again.";
    carry_down: "县里下发的也收下了：{0}。", " What the district sent down was taken: {0}.";
    carry_refused: "U 盘上有 {0} 份县里下发的内容没有收，不是给本站的，或者没有登记过的县里的签名。", " {0} records on the stick were not taken: they are not for this station, or not signed by an enrolled district.";
    taken_back: "台账好像被退回过：有一份本站签过名的副本记着 {0} 条，和现在的台账对不上。", "The log seems to have been put back: a copy that this station signed speaks of {0} entries and does not fit.";
    taken_back_do: "如果最近用旧备份恢复过，或者换过硬盘，请告诉县里。这件事已经记进台账，县里下次取台账时就会看到。片子照常放，学时照常记。", "If an old backup was restored or a disk was swapped lately, tell the district. It is recorded in the log, and the district sees it at its next pull. Films play and hours are recorded as usual.";
    taken_back_told: "台账被退回过的疑点（第 {0} 条）县里已经收到，等县里查。", "The district has received the suspicion that the log was put back (entry {0}) and looks into it.";
}
