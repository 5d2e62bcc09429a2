//! An evening, as one statement for each member who came.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::names::{Names, Place, duration};
use crate::ledger::Entry;
use crate::types::{Grade, ItemId, MemberId, Millis, SessionId};

/// What was said of an evening so far.
#[derive(Debug, Default)]
pub(super) struct Evening {
    came: BTreeMap<MemberId, Attended>,
    items: BTreeSet<ItemId>,
    checks: u32,
}

#[derive(Debug)]
struct Attended {
    grade: Grade,
    /// Checks that had been put when he came.
    before: u32,
    passed: u32,
    earned: Millis,
}

impl Evening {
    pub(super) fn attend(&mut self, member: MemberId, by: Entry) {
        let before = self.checks;
        self.came.entry(member).or_insert(Attended {
            grade: by.grade(),
            before,
            passed: 0,
            earned: Millis::ZERO,
        });
    }

    pub(super) fn check(&mut self, passed: &[MemberId], ticked: &[MemberId]) {
        self.checks += 1;
        for member in passed.iter().chain(ticked) {
            if let Some(attended) = self.came.get_mut(member) {
                attended.passed += 1;
            }
        }
    }

    pub(super) fn earn(&mut self, member: &MemberId, item: ItemId, grade: Grade, media: Millis) {
        self.items.insert(item);
        if let Some(attended) = self.came.get_mut(member) {
            attended.earned = attended.earned.plus(media);
            attended.grade = attended.grade.max(grade);
        }
    }

    pub(super) fn statements(&self, names: &Names, place: Place, screening: SessionId) -> Vec<Value> {
        let films: Vec<Value> = self
            .items
            .iter()
            .map(|item| json!({ "id": names.film(item) }))
            .collect();
        let object = json!({
            "objectType": "Activity",
            "id": names.screening(screening),
            "definition": { "type": "http://adlnet.gov/expapi/activities/meeting", "name": { "zh-CN": "集中收看" } },
        });
        let verb = ("attended", "http://adlnet.gov/expapi/verbs/attended");
        let statement = |(member, attended): (&MemberId, &Attended)| {
            let mut statement = names.statement(place, &format!("attended:{member}"), verb, member, &object);
            statement["result"] = json!({
                "duration": duration(attended.earned),
                "completion": attended.earned > Millis::ZERO,
                "extensions": {
                    names.own("grade"): attended.grade,
                    names.own("checks-asked"): self.checks - attended.before,
                    names.own("checks-passed"): attended.passed,
                },
            });
            if !films.is_empty() {
                statement["context"]["contextActivities"] = json!({ "parent": films });
            }
            statement
        };
        self.came.iter().map(statement).collect()
    }
}
