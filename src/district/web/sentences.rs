//! Alerts and failures as sentences: what happened, then what to do.

use crate::district::{Alarm, Fault};
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

/// The leaf that an alert names, if it names one.
pub(super) fn leaf_of(alarm: &Alarm) -> Option<u64> {
    let names_a_leaf = [
        "fork",
        "too_many_hours",
        "faster_than_time",
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
