//! All alerts: those that wait, with the form that acknowledges them, and those that are over.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::dashboard::name_of;
use super::station::{Shown, shown};
use super::stations::moment;
use super::visit::View;
use super::{Visit, Web, go_to, query, sentences, show};
use crate::district::Alarm;
use crate::district::alarms::REASON;
use crate::http::Problem;
use crate::http::body::Form;
use crate::look::{Frame, format};

struct Past {
    when: String,
    name: String,
    link: String,
    head: &'static str,
    sentence: String,
    end: String,
}

struct Waiting {
    shown: Shown,
    name: String,
    link: String,
}

#[derive(Template)]
#[template(path = "district_alerts.html")]
struct Page {
    v: View,
    f: Frame,
    lead: String,
    waiting: Vec<Waiting>,
    past: Vec<Past>,
}

pub(super) async fn page(State(web): State<Web>, visit: Visit) -> Result<Response, Problem> {
    visit.account()?;
    let t = visit.t();
    let stations = web.district.watched().await?;
    let link = |alarm: &Alarm| format!("/station?of={}", query(&alarm.station));
    let open = web.district.open_alarms().await?;
    let waiting = |alarm: &Alarm| Waiting {
        shown: shown(alarm, web.district.now_s(), &visit),
        name: name_of(&alarm.station, &stations),
        link: link(alarm),
    };
    let past = |alarm: &Alarm| {
        let (head, sentence) = sentences::of_alarm(alarm, t);
        let seconds = |s: i64| moment(u64::try_from(s).unwrap_or(0), &visit);
        Past {
            when: seconds(alarm.at_s),
            name: name_of(&alarm.station, &stations),
            link: link(alarm),
            head,
            sentence,
            end: match (&alarm.acked, alarm.ended_s) {
                (Some((at, by, reason)), _) => format::fill(t.district.acked, &[&by, &seconds(*at), &reason]),
                (None, Some(at)) => format::fill(t.district.ended, &[&seconds(at)]),
                (None, None) => String::new(),
            },
        }
    };
    let over = web.district.past_alarms().await?;
    let v = visit.frame(&web, t.district.tab_alerts, "alerts");
    show(&Page {
        lead: match open.len() {
            0 => t.district.alerts_none.to_owned(),
            n => format::fill(t.district.alerts_lead, &[&n]),
        },
        waiting: open.iter().map(waiting).collect(),
        past: over.iter().map(past).collect(),
        f: v.f.clone(),
        v,
    })
}

#[derive(Debug, Deserialize)]
pub(super) struct Acknowledge {
    csrf: String,
    key: i64,
    reason: String,
}

pub(super) async fn acknowledge(
    State(web): State<Web>,
    visit: Visit,
    Form(sent): Form<Acknowledge>,
) -> Result<Response, Problem> {
    let by = visit.manager(&sent.csrf)?;
    let reason: String = sent.reason.chars().filter(|c| !c.is_control()).take(REASON).collect();
    if reason.trim().is_empty() {
        return Err(Problem::unprocessable(
            "请写一句原因：问了谁，是怎么回事。",
            "Please write one sentence: whom you asked, and what it was.",
        ));
    }
    web.district.acknowledge(sent.key, reason.trim(), &by).await?;
    Ok(go_to("/alerts"))
}
