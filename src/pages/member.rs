//! "My hours" 我的学时: the figure against what is due, how it adds up, and what waits.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::hours::{self, Shown};
use super::{Pages, Visit, go_to, lost, show, voice};
use crate::credit::Policy;
use crate::credit::correction::By;
use crate::credit::hours::Tally;
use crate::http::Problem;
use crate::look::{Frame, Tab, Texts, format, texts};
use crate::roster::Visiting;
use crate::store::StoreError;
use crate::types::{Grade, ItemId, Lang, MemberId, Millis, Mode, Year};
use crate::viewing::{self, Corrected, NotCounted, Ruled, SpanRow};

struct ModeLine {
    name: &'static str,
    colour: usize,
    time: String,
    hours: String,
}

struct Line {
    id: String,
    date: String,
    day: &'static str,
    title: String,
    mode: &'static str,
    grade: &'static str,
    time: String,
}

/// A correction, as a member and the operator see it.
pub(super) struct CorrectionLine {
    pub(super) date: String,
    pub(super) title: String,
    pub(super) what: String,
    pub(super) time: String,
}

/// Corrections, and what a district decided about years, as lines, the newest first.
pub(super) fn correction_lines(
    (list, ruled): (&[Corrected], &[Ruled]),
    title: &impl Fn(&ItemId) -> String,
    t: &Texts,
    lang: Lang,
) -> Vec<CorrectionLine> {
    let line = |one: &Corrected| {
        let date = format::short_date(one.wall_ms);
        let entry = |place: i64| u64::try_from(place).map_or_else(|_| t.correct.old_log.to_owned(), format::thousands);
        let (index, of) = (entry(one.index), entry(one.of));
        let (sign, time) = if one.gives > Millis::ZERO {
            ("+", one.gives)
        } else {
            ("−", one.takes)
        };
        CorrectionLine {
            date: if date.is_empty() { t.undated.to_owned() } else { date },
            title: title(&one.item),
            what: match &one.by {
                By::Second(second) => format::fill(t.correct.line, &[&one.reason, second, &index, &of]),
                By::District(district) => format::fill(t.correct.ruled, &[&one.reason, district, &index, &of]),
            },
            time: format!("{sign} {}", format::length(time, lang)),
        }
    };
    let ruled_line = |one: &Ruled| {
        let entry = u64::try_from(one.index).map_or_else(|_| t.correct.old_log.to_owned(), format::thousands);
        let date = format::short_date(one.wall_ms);
        CorrectionLine {
            date: if date.is_empty() { t.undated.to_owned() } else { date },
            title: format::fill(t.correct.ruled_year, &[&one.year.0]),
            what: format::fill(t.correct.ruled_why, &[&one.evidence, &one.district, &entry]),
            time: format::length(one.credit, lang),
        }
    };
    let mut lines: Vec<(i64, CorrectionLine)> = list.iter().map(|one| (one.index, line(one))).collect();
    lines.extend(ruled.iter().map(|one| (one.index, ruled_line(one))));
    lines.sort_by_key(|(index, _)| std::cmp::Reverse(*index));
    lines.into_iter().map(|(_, line)| line).collect()
}

#[derive(Template)]
#[template(path = "me.html")]
struct Page {
    f: Frame,
    who: String,
    heading: String,
    hours: Shown,
    modes: Vec<ModeLine>,
    time: String,
    seconds: u64,
    undecided: String,
    list: Vec<Line>,
    waiting: Vec<Line>,
    corrections: Vec<CorrectionLine>,
    lost: Vec<lost::Line>,
    foot: String,
    voice: voice::Voice,
}

/// What the views hold of a member's year.
struct Account {
    spans: Vec<SpanRow>,
    /// How well each span is proven.
    grades: Vec<Option<Grade>>,
    undated: Millis,
    left: Vec<(ItemId, Millis)>,
    corrections: Vec<Corrected>,
    ruled: Vec<Ruled>,
    lost: Vec<NotCounted>,
}

impl Account {
    fn read(conn: &rusqlite::Connection, who: &MemberId, year: Year) -> Result<Self, StoreError> {
        let spans = viewing::spans_of_year(conn, Some(who), year)?;
        let grades = spans.iter().map(|span| viewing::grade_of(conn, span));
        let undated = viewing::spans_of_year(conn, Some(who), Year::UNDECIDED)?;
        Ok(Self {
            grades: grades.collect::<Result<_, _>>()?,
            undated: Millis(undated.iter().map(|span| span.credit.0).sum()),
            left: viewing::left_pending(conn, who)?,
            corrections: viewing::corrections_of(conn, who)?,
            ruled: viewing::rulings_of(conn, who)?,
            lost: viewing::not_counted(conn, who, viewing::LOST_TOLD)?,
            spans,
        })
    }
}

pub(super) async fn page(State(pages): State<Pages>, visit: Visit) -> Result<Response, Problem> {
    let Some(member) = visit.visitor.member.clone() else {
        let visiting = pages.roster.visiting_on(visit.visitor.device).await?;
        return match visiting {
            Some(who) => visitor(&pages, &visit, who).await,
            None => Ok(go_to("/signin?back=/me")),
        };
    };
    let now = pages.clock.now();
    let (id, year) = (member.id.clone(), now.year());
    let read = move |conn: &_| Account::read(conn, &id, year);
    let account = pages.ledger.store().read(read).await?;
    let t = texts(visit.lang);
    let policy = pages.viewing.policy();
    let tally = hours::of(&pages.viewing.policies(), &account.spans);
    let title = |item: &ItemId| {
        pages
            .library
            .entry(item)
            .map_or_else(|| item.to_string(), |entry| entry.title)
    };
    let page = Page {
        who: format!(
            "{}{}{}",
            member.name,
            if visit.lang == Lang::Zh { "，" } else { ", " },
            member.branch
        ),
        heading: if year == Year::UNDECIDED {
            t.member.this_year.to_owned()
        } else {
            format::fill(t.member.year_studied, &[&year.0])
        },
        hours: hours::show(&tally, policy.due(member.role.word(), year), now, t),
        modes: modes(&tally, &account.spans, t, visit.lang),
        time: format::length(tally.raw, visit.lang),
        seconds: tally.raw.as_secs(),
        undecided: if year != Year::UNDECIDED && account.undated > Millis::ZERO {
            format::fill(t.member.undecided_year, &[&format::length(account.undated, visit.lang)])
        } else {
            String::new()
        },
        list: lines(&account.spans, &account.grades, &title, t, visit.lang),
        waiting: account
            .left
            .iter()
            .map(|(item, left)| waiting(item, *left, &title, visit.lang))
            .collect(),
        corrections: correction_lines((&account.corrections, &account.ruled), &title, t, visit.lang),
        lost: lost::lines(&account.lost, &title, t, visit.lang),
        foot: foot(&policy, &tally, t),
        voice: voice::of(&pages, member.id.clone(), t, visit.lang).await?,
        f: visit.frame(&pages, t.my_hours, Tab::Hours),
    };
    Ok(visit.swap_copies(&pages, show(&visit, &page)?).await)
}

#[derive(Template)]
#[template(path = "me_visiting.html")]
struct VisitorPage {
    f: Frame,
    who: String,
    time: String,
    seconds: u64,
    sentence: String,
    list: Vec<Line>,
    voice: voice::Voice,
}

/// What somebody who belongs elsewhere 外站党员 sees on the phone that brought his number: the evenings that he attended
/// here, and what does not count without a PIN. How much is due, and what he earned elsewhere, only his home knows.
async fn visitor(pages: &Pages, visit: &Visit, who: Visiting) -> Result<Response, Problem> {
    let (id, year) = (who.member.clone(), pages.clock.now().year());
    let read = move |conn: &_| {
        let mut account = Account::read(conn, &id, year)?;
        if year != Year::UNDECIDED {
            let undated = viewing::spans_of_year(conn, Some(&id), Year::UNDECIDED)?;
            for span in undated {
                account.grades.push(viewing::grade_of(conn, &span)?);
                account.spans.push(span);
            }
        }
        Ok::<_, StoreError>(account)
    };
    let account = pages.ledger.store().read(read).await?;
    let t = texts(visit.lang);
    let voice = voice::of(pages, who.member.clone(), t, visit.lang).await?;
    let title = |item: &ItemId| {
        let entry = pages.library.entry(item);
        entry.map_or_else(|| item.to_string(), |entry| entry.title)
    };
    let earned = Millis(account.spans.iter().map(|span| span.credit.0).sum());
    let page = VisitorPage {
        who: format!(
            "{}{}{}",
            who.name,
            if visit.lang == Lang::Zh { "，" } else { ", " },
            who.branch
        ),
        time: format::length(earned, visit.lang),
        seconds: earned.as_secs(),
        sentence: format::fill(t.checkin.visiting_me, &[&who.member]),
        voice,
        list: lines(&account.spans, &account.grades, &title, t, visit.lang),
        f: visit.frame(pages, t.my_hours, Tab::Hours),
    };
    show(visit, &page)
}

fn modes(tally: &Tally, spans: &[SpanRow], t: &Texts, lang: Lang) -> Vec<ModeLine> {
    let time_of = |mode: Mode| Millis(spans.iter().filter(|s| s.mode == mode).map(|s| s.credit.0).sum());
    let line = |(at, (mode, hours)): (usize, (&Mode, &crate::types::Hours))| ModeLine {
        name: t.mode(*mode),
        colour: at.min(2) + 1,
        time: format::length(time_of(*mode), lang),
        hours: hours.to_string(),
    };
    tally.by_mode.iter().enumerate().map(line).collect()
}

/// Spans of one item, one day, one mode and one grade become one line, the latest first.
fn lines(
    spans: &[SpanRow],
    grades: &[Option<Grade>],
    title: &impl Fn(&ItemId) -> String,
    t: &Texts,
    lang: Lang,
) -> Vec<Line> {
    let mut days: Vec<(String, &SpanRow, Option<Grade>, Millis)> = Vec::new();
    for (span, grade) in spans.iter().zip(grades).rev() {
        let day = format::short_date(span.wall_ms);
        let same = days
            .iter_mut()
            .find(|(d, s, g, _)| *d == day && g == grade && s.item == span.item && s.mode == span.mode);
        match same {
            Some((.., sum)) => *sum = sum.plus(span.credit),
            None => days.push((day, span, *grade, span.credit)),
        }
    }
    let line = |(day, span, grade, sum): (String, &SpanRow, Option<Grade>, Millis)| Line {
        id: span.item.to_string(),
        date: if day.is_empty() { t.undated.to_owned() } else { day },
        day: format::weekday(span.wall_ms, lang),
        title: title(&span.item),
        mode: t.mode(span.mode),
        grade: grade.map_or("", Grade::letter),
        time: format::length(sum, lang),
    };
    days.into_iter().map(line).collect()
}

fn waiting(item: &ItemId, left: Millis, title: &impl Fn(&ItemId) -> String, lang: Lang) -> Line {
    Line {
        id: item.to_string(),
        date: String::new(),
        day: "",
        title: title(item),
        mode: "",
        grade: Grade::X.letter(),
        time: format::length(left, lang),
    }
}

/// By which policies: of what was earned, else the one in force.
fn foot(policy: &Policy, tally: &Tally, t: &Texts) -> String {
    let names = if tally.policies.is_empty() {
        policy.name.clone()
    } else {
        tally.policies.join("》《")
    };
    let cap = policy.per_day_cap.map_or(24, |cap| cap.hundredths() / 100);
    format::fill(t.member.policy_foot, &[&names, &(policy.hour.as_secs() / 60), &cap])
}
