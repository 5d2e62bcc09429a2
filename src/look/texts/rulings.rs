//! What the district's page of decisions says.

texts! {
    /// The texts of decisions 裁定, in one language.
    Rulings {}
    title: "裁定", "Decisions";
    open: "定年份、更正学时（区县裁定）", "Decide a year, correct hours (decisions of the district)";
    lead_open: "{0}有 {1} 条学时没有年份，共 {2}，等人来定。", "{0} has {1} entries of hours without a year, {2} in all, that somebody must settle.";
    lead_sign: "{0}有 {1} 份裁定等签发。", "{1} decisions about {0} wait for a signature.";
    lead_way: "{0}有 {1} 份裁定在路上，下次联系时送到。", "{1} decisions about {0} are on their way and arrive with the next contact.";
    lead_none: "{0}没有要裁定的。", "Nothing about {0} waits for a decision.";
    years: "没有年份的学时", "Hours without a year";
    years_why: "站点当时没有准时间，前后的会签也框不出是哪一年。请先问清楚，按证据定。", "The station had no sure clock then, and the cosignatures around do not tell the year. Ask first, then decide on evidence.";
    group: "{0} 条，共 {1}", "{0} entries, {1} in all";
    within: "在 {0} 到 {1} 之间收看", "watched between {0} and {1}";
    until_now: "现在", "now";
    evidence: "依据", "Evidence";
    evidence_hint: "例如：村里 2026 年的纸质签到本第 3 页。写编号，不写姓名；会永远留在台账里，党员本人看得到。", "For example: page 3 of the village's paper list of 2026. Numbers, no names; it stays in the ledger for ever, and the member reads it.";
    year: "记在 {0} 年", "They belong to {0}";
    correct: "更正一条学时", "Correct an entry";
    correct_why: "两个人：一个人提出，另一个人签发。原来的条目不动，站点收到后另记一条更正。", "It takes two people: one asks, another signs. The old entry stays; the station adds a correction.";
    entry: "台账条目号", "Number of the entry";
    entry_hint: "从“收看明细”或“条目”里找到，点“裁定更正”就带过来了。", "Found under “Sessions” or “Leaves”; the link there brings it along.";
    look: "看这一条", "Show it";
    of_entry: "第 {0} 条", "Entry {0}";
    not_correctable: "第 {0} 条不能更正：它不是一段学时，也不是一场集中收看的结束。", "Entry {0} cannot be corrected: it is neither a piece of credit nor the end of a screening.";
    what: "会改成", "It would change";
    takes: "党员 {0} 减 {1}（《{2}》，{3} 年）", "member {0} loses {1} ({2}, {3})";
    gives: "党员 {0} 加 {1}（《{2}》，{3} 年）", "member {0} gets {1} ({2}, {3})";
    to: "改记给（党员编号）", "Credit it to (member number)";
    to_hint: "空着就是只减不加", "empty: only take it away";
    stretch: "只改一段：第几分钟到第几分钟", "Only a part: from minute, to minute";
    preview: "先看会改成什么", "Show what it would change";
    ask: "提出裁定", "Ask for this decision";
    all: "裁定记录", "Decisions";
    none: "还没有。", "None yet.";
    is_year: "{0} 条学时记在 {1} 年", "{0} entries belong to {1}";
    is_taken: "第 {0} 条减去", "Entry {0} is taken away";
    is_moved: "第 {0} 条记给党员 {1}", "Entry {0} is credited to member {1}";
    is_part: "，只有第 {0} 到 {1} 分钟", ", only from minute {0} to {1}";
    asked: "提出：{0}，{1}", "asked by {0}, {1}";
    signed: "签发：{0}，{1}", "signed by {0}, {1}";
    sign: "签发", "Sign";
    drop: "撤回", "Take back";
    wait_other: "等另一位有签发权限的同事签", "waits for a colleague who may sign";
    wait_sign: "等签发", "waits for a signature";
    under_way: "在路上，站点还没有回音", "on its way, the station has not answered yet";
    done: "站点已照办，台账第 {0} 条", "carried out by the station, entry {0}";
    nothing_left: "没有照办：站点已经定了，或者没有可改的（台账第 {0} 条）", "not carried out: settled there by now, or nothing left to change (entry {0})";
    other_log: "没有照办：站点的台账不是县里核对过的那一份（台账第 {0} 条）", "not carried out: the station's ledger is not the one that was checked here (entry {0})";
    unfit: "没有照办：和站点的台账对不上（台账第 {0} 条）", "not carried out: it does not fit the station's ledger (entry {0})";
    no_evidence: "请写依据，一行，200 字以内。", "Please name the evidence, on one line of at most 200 characters.";
    no_names: "依据里有党员的姓名。它会永远留在台账里，请改写编号。", "The evidence holds a member's name. It stays in the ledger for ever: please write the number.";
    not_open: "这些学时已经定了，或者不会是那一年挣的。请刷新再看。", "These hours are settled by now, or cannot be of that year. Please look again.";
    undated: "这一条还没有年份，先定年份再更正。", "This entry has no year yet; settle that first.";
    nothing: "没有可以改的：这一段没有记，或者已经改过了，或者对方已经有这一段。", "There is nothing to correct: this part is not credited, was corrected already, or he has it.";
    no_member: "党员编号写得不对。", "This is no member number.";
    bad_stretch: "起止分钟填得不对。整段都改就两格都空着。", "The minutes are not right. Leave both empty to correct all of it.";
    same_person: "更正要两个人：提出的人自己不能签发，请另一位同事签。", "A correction takes two people: whoever asked cannot sign. Please ask a colleague.";
    gone: "这份裁定已经签发或者撤回了。", "This decision was signed or taken back meanwhile.";
    in_doubt: "这个站点的台账对不上，要先查清楚，才能裁定。", "The ledger of this station is in doubt; that must be settled first.";
    lost: "站点换新台账的时候这本老台账已经丢了，关于它的裁定没法照办。", "The station had lost this ledger when it began the new one, and cannot carry out a decision about it.";
    is_over: "这是站点换新台账以前的老台账。没有年份的学时还能定，由现在的台账记下来；里面的条目不再更正。", "This is the ledger from before the station began a new one. Hours without a year can still be settled, and the new ledger notes it; its entries are not corrected any more.";
    did_ask: "提出裁定 {0}：{1}", "asked for a decision about {0}: {1}";
    did_sign: "签发裁定 {0}：{1}", "signed a decision about {0}: {1}";
    did_drop: "撤回裁定 {0}：第 {1} 份", "took back decision {1} about {0}";
    leaf: "裁定更正", "Correct it";
}
