//! The decisions that were asked for, each with what became of it.

use crate::district::web::Visit;
use crate::district::web::stations::moment;
use crate::district::web::visit::View;
use crate::district::{Ruled, Ruling};
use crate::ledger::Unruled;
use crate::ledger::ruling::Decision;
use crate::look::format;
use crate::look::texts::Rulings;
use crate::types::Lang;

pub(super) struct Line {
    pub(super) number: u64,
    pub(super) what: String,
    pub(super) evidence: String,
    pub(super) people: String,
    /// Its state, and the class of the mark.
    pub(super) state: (String, &'static str),
    pub(super) leaf: Option<u64>,
    pub(super) may_sign: bool,
    pub(super) may_drop: bool,
}

pub(super) fn line(one: &Ruling, me: &str, v: &View, visit: &Visit) -> Line {
    let t = &visit.t().rulings;
    let needs_another = matches!(one.decides, Decision::Credit { .. }) && one.asked.0 == me;
    let mut people = format::fill(t.asked, &[&one.asked.0, &moment(one.asked.1, visit)]);
    if let Some((who, when)) = &one.signed {
        let comma = if visit.lang == Lang::Zh { "；" } else { "; " };
        people = format!(
            "{people}{comma}{}",
            format::fill(t.signed, &[who, &moment(*when, visit)])
        );
    }
    let leaf = one.leaf.map_or_else(|| "–".to_owned(), format::thousands);
    let leaf = one.later.as_ref().map_or(leaf.clone(), |log| format!("{leaf} ({log})"));
    let state = match (one.outcome, &one.signed) {
        (Ruled::UnderWay, None) if needs_another => (t.wait_other.to_owned(), "tag-go"),
        (Ruled::UnderWay, None) => (t.wait_sign.to_owned(), "tag-go"),
        (Ruled::UnderWay, Some(_)) => (t.under_way.to_owned(), "tag-go"),
        (Ruled::Done, _) => (format::fill(t.done, &[&leaf]), "tag-ok"),
        (Ruled::Not(Unruled::NothingLeft), _) => (format::fill(t.nothing_left, &[&leaf]), "tag-you"),
        (Ruled::Not(Unruled::OtherLog), _) => (format::fill(t.other_log, &[&leaf]), "tag-you"),
        (Ruled::Not(Unruled::Unfit), _) => (format::fill(t.unfit, &[&leaf]), "tag-you"),
    };
    Line {
        number: one.number,
        what: what(&one.decides, t),
        evidence: one.evidence.clone(),
        people,
        state,
        leaf: match &one.decides {
            Decision::Year { spans, .. } => spans.first().map(|(span, _)| *span),
            Decision::Credit { of, .. } => Some(*of),
        },
        may_sign: one.signed.is_none() && v.signs && !needs_another,
        may_drop: one.signed.is_none() && v.manages,
    }
}

fn what(decides: &Decision, t: &Rulings) -> String {
    match decides {
        Decision::Year { year, spans } => format::fill(t.is_year, &[&spans.len(), &year.0]),
        Decision::Credit { of, to, stretch } => {
            let mut said = match to {
                Some(to) => format::fill(t.is_moved, &[of, to]),
                None => format::fill(t.is_taken, &[of]),
            };
            if let Some((from, until)) = stretch {
                said.push_str(&format::fill(
                    t.is_part,
                    &[&(from.as_secs() / 60), &(until.as_secs() / 60)],
                ));
            }
            said
        }
    }
}
