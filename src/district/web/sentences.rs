//! Alerts and failures as sentences: what happened, then what to do.

use crate::district::{Alarm, Fault, Rung, Severity};
use crate::look::{Texts, format};

/// The heading and the sentence of an alert.
pub(super) fn of_alarm(alarm: &Alarm, t: &Texts) -> (&'static str, String) {
    let (head, sentence) = match alarm.kind.as_str() {
        "rollback" => (t.district.al_rollback, t.district.al_rollback_says),
        "fork" => (t.district.al_fork, t.district.al_fork_says),
        "fork_somewhere" => (t.district.al_fork, t.district.al_fork_somewhere_says),
        "not_this_epoch" => (t.district.al_epoch, t.district.al_epoch_says),
        "omitted" => (t.district.al_omitted, t.district.al_omitted_says),
        "bad_checkpoint" => (t.district.al_signature, t.district.al_signature_says),
        "flood" => (t.district.al_flood, t.district.al_flood_says),
        "all_ticked" => (t.district.al_ticked, t.district.al_ticked_says),
        "two_places" => (t.district.al_places, t.district.al_places_says),
        "clock" => (t.district.al_clock, t.district.al_clock_says),
        "silent" => (t.district.al_silent, t.district.al_silent_says),
        "too_many_hours" => (t.district.al_hours, t.district.al_hours_says),
        "faster_than_time" => (t.district.al_fast, t.district.al_fast_says),
        "clock_stretched" => (t.district.al_stretched, t.district.al_stretched_says),
        "not_attended" => (t.district.al_attended, t.district.al_attended_says),
        "clock_went_back" => (t.district.al_back, t.district.al_back_says),
        "restored" => (t.district.al_restored, t.district.al_restored_says),
        "suspected" => (t.district.al_suspected, t.district.al_suspected_says),
        "wrong_year" => (t.district.al_year, t.district.al_year_says),
        "unfit" => (t.district.al_unfit, t.district.al_unfit_says),
        "count" => (t.district.al_count, t.district.al_count_says),
        _ => (t.district.al_other, "{0}"),
    };
    let values: Vec<&dyn std::fmt::Display> = alarm.evidence.iter().map(|value| value as _).collect();
    (head, format::fill(sentence, &values))
}

/// How grave an alert is, and the class of its mark.
pub(super) fn of_severity(severity: Severity, t: &Texts) -> (&'static str, &'static str) {
    match severity {
        Severity::Grave => (t.district.sev_grave, "tag-you"),
        Severity::Serious => (t.district.sev_serious, "tag-you"),
        Severity::Notice => (t.district.sev_notice, "tag-go"),
    }
}

/// Whose it is by now, and in how many days it climbs.
pub(super) fn of_rung(alarm: &Alarm, now_s: u64, t: &Texts) -> String {
    let now = i64::try_from(now_s).unwrap_or(i64::MAX);
    let (whose, next) = match alarm.rung(now) {
        Rung::Station => (t.district.rung_station, t.district.climbs_township),
        Rung::Township => (t.district.rung_township, t.district.climbs_district),
        Rung::District => return t.district.rung_district.to_owned(),
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
        Fault::Unreachable => t.district.f_unreachable,
        Fault::Slow => t.district.f_slow,
        Fault::Broken => t.district.f_broken,
        Fault::TooMuch => t.district.f_too_much,
        Fault::Refused => t.district.f_refused,
        Fault::Nonsense => t.district.f_nonsense,
        Fault::Ours => t.district.f_ours,
    }
}
