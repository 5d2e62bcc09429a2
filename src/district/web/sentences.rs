//! Alerts and failures as sentences: what happened, then what to do.

use crate::district::{Alarm, Fault, Rung, Severity};
use crate::look::{Texts, format};

/// The heading and the sentence of an alert.
pub(super) fn of_alarm(alarm: &Alarm, t: &Texts) -> (&'static str, String) {
    let (head, sentence) = match alarm.kind.as_str() {
        "rollback" => (t.q_al_rollback, t.q_al_rollback_says),
        "fork" => (t.q_al_fork, t.q_al_fork_says),
        "fork_somewhere" => (t.q_al_fork, t.q_al_fork_somewhere_says),
        "not_this_epoch" => (t.q_al_epoch, t.q_al_epoch_says),
        "omitted" => (t.q_al_omitted, t.q_al_omitted_says),
        "bad_checkpoint" => (t.q_al_signature, t.q_al_signature_says),
        "flood" => (t.q_al_flood, t.q_al_flood_says),
        "all_ticked" => (t.q_al_ticked, t.q_al_ticked_says),
        "clock" => (t.q_al_clock, t.q_al_clock_says),
        "silent" => (t.q_al_silent, t.q_al_silent_says),
        "too_many_hours" => (t.q_al_hours, t.q_al_hours_says),
        "faster_than_time" => (t.q_al_fast, t.q_al_fast_says),
        "clock_stretched" => (t.q_al_stretched, t.q_al_stretched_says),
        "not_attended" => (t.q_al_attended, t.q_al_attended_says),
        "clock_went_back" => (t.q_al_back, t.q_al_back_says),
        "restored" => (t.q_al_restored, t.q_al_restored_says),
        "suspected" => (t.q_al_suspected, t.q_al_suspected_says),
        "wrong_year" => (t.q_al_year, t.q_al_year_says),
        "unfit" => (t.q_al_unfit, t.q_al_unfit_says),
        "count" => (t.q_al_count, t.q_al_count_says),
        _ => (t.q_al_other, "{0}"),
    };
    let values: Vec<&dyn std::fmt::Display> = alarm.evidence.iter().map(|value| value as _).collect();
    (head, format::fill(sentence, &values))
}

/// How grave an alert is, and the class of its mark.
pub(super) fn of_severity(severity: Severity, t: &Texts) -> (&'static str, &'static str) {
    match severity {
        Severity::Grave => (t.q_sev_grave, "tag-you"),
        Severity::Serious => (t.q_sev_serious, "tag-you"),
        Severity::Notice => (t.q_sev_notice, "tag-go"),
    }
}

/// Whose it is by now, and in how many days it climbs.
pub(super) fn of_rung(alarm: &Alarm, now_s: u64, t: &Texts) -> String {
    let now = i64::try_from(now_s).unwrap_or(i64::MAX);
    let (whose, next) = match alarm.rung(now) {
        Rung::Station => (t.q_rung_station, t.q_climbs_township),
        Rung::Township => (t.q_rung_township, t.q_climbs_district),
        Rung::District => return t.q_rung_district.to_owned(),
    };
    match alarm.climbs_in(now) {
        Some(days) => format!("{whose}{}", format::fill(next, &[&days])),
        None => whose.to_owned(),
    }
}

/// The leaf that an alert names, if it names one.
pub(super) fn leaf_of(alarm: &Alarm) -> Option<u64> {
    let names_a_leaf = [
        "fork",
        "too_many_hours",
        "faster_than_time",
        "clock_stretched",
        "not_attended",
        "clock_went_back",
        "restored",
        "suspected",
        "unfit",
        "wrong_year",
        "count",
    ];
    let index = alarm.evidence.first()?.parse().ok()?;
    names_a_leaf.contains(&alarm.kind.as_str()).then_some(index)
}

/// What failed when a station was asked.
pub(super) fn of_fault(fault: Fault, t: &Texts) -> &'static str {
    match fault {
        Fault::Unreachable => t.q_f_unreachable,
        Fault::Slow => t.q_f_slow,
        Fault::Broken => t.q_f_broken,
        Fault::TooMuch => t.q_f_too_much,
        Fault::Refused => t.q_f_refused,
        Fault::Nonsense => t.q_f_nonsense,
        Fault::Ours => t.q_f_ours,
    }
}
