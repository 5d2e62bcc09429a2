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
mod down;
mod ledger;
mod library;
mod live;
mod member;
mod members;
mod plan;
mod rulings;
mod today;
mod tv;

pub use books::Books;
pub use checkin::Checkin;
pub use correct::Correct;
pub use district::District;
pub use down::Down;
pub use ledger::LedgerPage;
pub use library::LibraryPages;
pub use live::Live;
pub use member::MemberPages;
pub use members::MembersPages;
pub use plan::Plan;
pub use rulings::Rulings;
pub use today::Today;
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
    Texts {
        district: District, tv: Tv, live: Live, plan: Plan, checkin: Checkin, books: Books, correct: Correct,
        ledger: LedgerPage, down: Down, member: MemberPages, today: Today, library: LibraryPages,
        members: MembersPages, rulings: Rulings
    }
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
    tab_books: "台账", "Books";
    tab_poster: "公告", "Poster";
    tab_district: "县里", "District";
    operator: "管理员", "Operator";
    save: "保存", "Save";
    search: "查找", "Search";
    all: "全部", "All";
    hour_unit: "学时", "h";
    photos: "照片", "Photos";
    undated: "日期待定", "date open";
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
}

impl Texts {
    /// The word for a mode.
    pub fn mode(&self, mode: crate::types::Mode) -> &'static str {
        use crate::types::Mode;
        match mode {
            Mode::Screening => self.member.mode_screening,
            Mode::Alone => self.member.mode_alone,
            Mode::Brought => self.member.mode_brought,
            Mode::MakeUp => self.member.mode_make_up,
            Mode::Migrant => self.member.mode_migrant,
        }
    }
}
