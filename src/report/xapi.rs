//! A station's log as xAPI statements, for a learning record store that a county or province runs already.
//!
//! Made from leaves alone, one after another, so that a log of any length streams through. The vocabulary is that of the
//! xAPI Video Profile 1.0.3 (`initialized`, `paused`, `completed`, `terminated`), `attended` for an evening,
//! and `corrected`, a word of ours. A
//! statement's id derives from the station's name and the leaf's place (UUID version 5): the same log gives the same
//! statements, so that sending them twice changes nothing. Who it was is an account with the member's number, never a
//! name. A statement made while the station did not know the date carries no timestamp.

mod evening;
mod names;

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use uuid::Uuid;

pub use names::{BadHome, Home};

use super::recount::year_of;
use crate::ledger::{Closing, Leaf, What};
use crate::types::{Grade, Intervals, ItemId, MemberId, Millis, Mode, Origin, SessionId, Year};
use evening::Evening;
use names::{Names, Place, decimal, duration, seconds};

const VIDEO: &str = "https://w3id.org/xapi/video";
/// Video Profile 1.0.3: a video is completed when so much of it was watched. In thousandths.
const COMPLETED_FROM: u64 = 900;

#[derive(Debug)]
struct Session {
    member: MemberId,
    item: ItemId,
    mode: Mode,
    year: Year,
    id: Uuid,
    seen: Intervals,
}

/// Turns the leaves of one station into statements, in their order.
#[derive(Debug)]
pub struct Statements {
    names: Names,
    next: u64,
    items: HashMap<ItemId, (String, Millis)>,
    sessions: HashMap<SessionId, Session>,
    evenings: HashMap<SessionId, Evening>,
    watched: HashMap<(MemberId, ItemId, Year), Intervals>,
}

impl Statements {
    /// Begins before the first leaf.
    pub fn new(home: Home, origin: Origin) -> Self {
        Self {
            names: Names::new(home, origin),
            next: 0,
            items: HashMap::new(),
            sessions: HashMap::new(),
            evenings: HashMap::new(),
            watched: HashMap::new(),
        }
    }

    /// The statements of the next leaf; none for most kinds, and for bytes that are no leaf of ours.
    pub fn leaf(&mut self, bytes: &[u8]) -> Vec<Value> {
        let index = self.next;
        self.next += 1;
        let Some(leaf) = Leaf::read(bytes) else {
            return Vec::new();
        };
        let place = Place { index, at: leaf.at };
        match leaf.is {
            What::Item {
                item, title, length, ..
            } => {
                self.items.insert(item, (title, length));
                Vec::new()
            }
            What::Open {
                session,
                member,
                item,
                mode,
                ..
            } => vec![self.opened(place, session, member, item, mode)],
            What::Span {
                session,
                member,
                item,
                year,
                grade,
                media,
                ..
            } if self.sessions.contains_key(&session) => {
                self.watched(place, session, (member, item, year), grade, &media)
            }
            What::Span {
                session,
                member,
                item,
                grade,
                media,
                ..
            } => {
                if let Some(evening) = self.evenings.get_mut(&session) {
                    evening.earn(&member, item, grade, media.total());
                }
                Vec::new()
            }
            What::Close { session, why, .. } => self.closed(place, session, why).into_iter().collect(),
            What::Correct {
                of,
                member,
                item,
                takes,
                gives,
                ..
            } => vec![self.corrected(place, of, &member, item, (&takes, &gives))],
            is => self.evening(place, is),
        }
    }

    fn opened(&mut self, place: Place, session: SessionId, member: MemberId, item: ItemId, mode: Mode) -> Value {
        let session_facts = Session {
            id: self.names.id(place.index, "initialized"),
            year: year_of(place.at),
            member,
            item,
            mode,
            seen: Intervals::none(),
        };
        let verb = ("initialized", "http://adlnet.gov/expapi/verbs/initialized");
        let mut statement = self.about_film(place, verb, &session_facts);
        self.length_in_context(&mut statement, item);
        self.sessions.insert(session, session_facts);
        statement
    }

    /// Credited media: what was watched up to here, and `completed` when it is nearly all of the film.
    fn watched(
        &mut self,
        place: Place,
        session: SessionId,
        account: (MemberId, ItemId, Year),
        grade: Grade,
        media: &Intervals,
    ) -> Vec<Value> {
        let length = self.length(&account.1);
        let watched = self.watched.entry(account).or_default();
        let before = watched.total();
        *watched = watched.union(media);
        let now = watched.total();
        let Some(mut facts) = self.sessions.remove(&session) else {
            return Vec::new();
        };
        facts.seen = facts.seen.union(media);
        let mut result = played(&facts.seen, now, length);
        result.insert(self.names.own("credited-seconds"), json!(seconds(media.total())));
        result.insert(self.names.own("grade"), json!(grade));
        let verb = ("paused", "https://w3id.org/xapi/video/verbs/paused");
        let mut statements = vec![self.about_film(place, verb, &facts)];
        let is_complete = |sum: Millis| length > Millis::ZERO && sum.0 * 1000 >= length.0 * COMPLETED_FROM;
        if is_complete(now) && !is_complete(before) {
            let verb = ("completed", "http://adlnet.gov/expapi/verbs/completed");
            let mut completed = self.about_film(place, verb, &facts);
            completed["result"] = json!({ "completion": true, "duration": duration(now) });
            statements.push(completed);
        }
        for statement in &mut statements {
            statement["result"]["extensions"] = Value::Object(result.clone());
            self.length_in_context(statement, facts.item);
        }
        self.sessions.insert(session, facts);
        statements
    }

    fn closed(&mut self, place: Place, session: SessionId, why: Closing) -> Option<Value> {
        let facts = self.sessions.remove(&session)?;
        let account = (facts.member.clone(), facts.item, facts.year);
        let watched = self.watched.get(&account).map_or(Millis::ZERO, Intervals::total);
        let mut result = played(&facts.seen, watched, self.length(&facts.item));
        result.insert(self.names.own("ending"), json!(why));
        let verb = ("terminated", "http://adlnet.gov/expapi/verbs/terminated");
        let mut statement = self.about_film(place, verb, &facts);
        statement["result"] = json!({ "extensions": result });
        self.length_in_context(&mut statement, facts.item);
        Some(statement)
    }

    fn evening(&mut self, place: Place, is: What) -> Vec<Value> {
        let evenings = &mut self.evenings;
        match is {
            What::Screening { screening, .. } => {
                evenings.entry(screening).or_default();
            }
            What::Attend {
                screening,
                member,
                present: true,
                by,
                ..
            } => {
                if let Some(evening) = evenings.get_mut(&screening) {
                    evening.attend(member, by);
                }
            }
            What::Check {
                screening,
                passed,
                ticked,
                void: false,
                ..
            } => {
                if let Some(evening) = evenings.get_mut(&screening) {
                    evening.check(&passed, &ticked);
                }
            }
            What::Screened { screening, .. } => {
                if let Some(evening) = evenings.remove(&screening) {
                    return evening.statements(&self.names, place, screening);
                }
            }
            _ => {}
        }
        Vec::new()
    }

    /// A correction: the profile has no word for it, so the verb is ours. Taken seconds are negative.
    fn corrected(
        &self,
        place: Place,
        of: u64,
        member: &MemberId,
        item: ItemId,
        (takes, gives): (&Intervals, &Intervals),
    ) -> Value {
        let verb = ("corrected", self.names.own("corrected"));
        let object = self.film(item);
        let mut statement = self.names.statement(place, verb.0, (verb.0, &verb.1), member, &object);
        statement["result"] = json!({ "extensions": {
            self.names.own("credited-seconds"): seconds(gives.total()) - seconds(takes.total()),
            self.names.own("corrects"): of,
        } });
        statement
    }

    fn film(&self, item: ItemId) -> Value {
        let title = self.items.get(&item).map_or("", |(title, _)| title);
        json!({
            "objectType": "Activity",
            "id": self.names.film(&item),
            "definition": { "type": format!("{VIDEO}/activity-type/video"), "name": { "zh-CN": title } },
        })
    }

    fn about_film(&self, place: Place, verb: (&str, &str), session: &Session) -> Value {
        let object = self.film(session.item);
        let mut statement = self.names.statement(place, verb.0, verb, &session.member, &object);
        let registration = self.names.registration(&session.member, &session.item, session.year);
        let context = &mut statement["context"];
        context["registration"] = json!(registration.to_string());
        context["contextActivities"] = json!({ "category": [{
            "id": VIDEO,
            "definition": { "type": "http://adlnet.gov/expapi/activities/profile" },
        }] });
        context["extensions"][format!("{VIDEO}/extensions/session-id")] = json!(session.id.to_string());
        context["extensions"][self.names.own("mode")] = json!(session.mode);
        statement
    }

    /// Video Profile 1.0.3: `length` and `completion-threshold` stand in the context.
    fn length_in_context(&self, statement: &mut Value, item: ItemId) {
        let extensions = &mut statement["context"]["extensions"];
        extensions[format!("{VIDEO}/extensions/length")] = json!(seconds(self.length(&item)));
        extensions[format!("{VIDEO}/extensions/completion-threshold")] = json!(0.9);
    }

    fn length(&self, item: &ItemId) -> Millis {
        self.items.get(item).map_or(Millis::ZERO, |(_, length)| *length)
    }
}

/// The result that the profile asks of every report of progress: where, how far, and which segments of this session.
fn played(session: &Intervals, watched: Millis, length: Millis) -> Map<String, Value> {
    let end = session.pairs().last().map_or(0, |(_, to)| *to);
    let segment = |(from, to): &(u64, u64)| format!("{}[.]{}", decimal(*from), decimal(*to));
    let segments: Vec<String> = session.pairs().iter().map(segment).collect();
    let thousandths = (watched.0 * 1000).checked_div(length.0).unwrap_or(0).min(1000);
    let entries = [
        ("time", json!(seconds(Millis(end)))),
        ("progress", json!(seconds(Millis(thousandths)))),
        ("played-segments", json!(segments.join("[,]"))),
    ];
    entries
        .into_iter()
        .map(|(word, value)| (format!("{VIDEO}/extensions/{word}"), value))
        .collect()
}

#[cfg(test)]
mod tests;
