//! The pure rule plays the cases of `tests/cases/credit`, and random hostile histories.

use std::collections::{BTreeMap, HashMap};

use super::cases::{self, Case, Only, Outcome, Player, Span};
use super::rule::*;
use super::*;
use crate::clock::{Clock, HandClock};
use crate::types::{Intervals, Millis, Year};

mod hostile;

/// 2026-11-18 in China.
const NOVEMBER_2026: i64 = 1_795_000_000_000;

/// A station as the rule alone would have it: members, devices and films by name, no disk.
struct Room {
    policy: Policy,
    clock: HandClock,
    /// How far the monotonic clock is put back, for the case that no machine can play.
    back: Millis,
    films: BTreeMap<String, Span>,
    sent: Option<Span>,
    sessions: HashMap<String, Open>,
    members: HashMap<String, Bucket>,
    devices: HashMap<String, Bucket>,
    credited: BTreeMap<(String, String, Year), Intervals>,
    /// What each device earned, whoever held it.
    by_device: HashMap<String, u64>,
    found: Outcome,
}

struct Open {
    film: String,
    device: String,
    rule: Session,
}

impl Room {
    fn new(films: BTreeMap<String, Span>, sent: Option<Span>) -> Self {
        Self {
            policy: cases::policy(),
            clock: HandClock::new(1, NOVEMBER_2026),
            back: Millis::ZERO,
            films,
            sent,
            sessions: HashMap::new(),
            members: HashMap::new(),
            devices: HashMap::new(),
            credited: BTreeMap::new(),
            by_device: HashMap::new(),
            found: Outcome::default(),
        }
    }

    fn now(&self) -> Millis {
        self.clock.now().mono.minus(self.back)
    }

    fn judge(&mut self, member: &str, n: Option<u32>, segments: &[(i64, i64)]) -> Verdict {
        let open = &self.sessions[member];
        let length = self.films[&open.film].millis();
        let year = self.clock.now().year();
        let key = (member.to_owned(), open.film.clone(), year);
        let credited = self.credited.get(&key).cloned().unwrap_or_default();
        let sent = Intervals::one(Millis::ZERO, self.sent.map_or(length, Span::millis));
        let known = Known {
            length,
            credited: &credited,
            sent: &sent,
            year,
        };
        let beat = Beat {
            n: n.unwrap_or(open.rule.n + 1),
            digest: digest(segments),
            segments: segments.to_vec(),
            state: PlayState::Under,
        };
        let buckets = Buckets {
            member: self.members.get(member).copied().unwrap_or_default(),
            device: self.devices.get(&open.device).copied().unwrap_or_default(),
        };
        judge(&self.policy, &open.rule, buckets, known, &beat, self.now())
    }

    fn keep(&mut self, member: &str, session: Session, buckets: Buckets) {
        let open = self.sessions.get_mut(member).unwrap();
        self.found.flags.extend(session.flags.words());
        self.members.insert(member.to_owned(), buckets.member);
        self.devices.insert(open.device.clone(), buckets.device);
        open.rule = session;
    }
}

/// Any function that tells bodies apart would do.
fn digest(segments: &[(i64, i64)]) -> [u8; 8] {
    let mix = |sum: u64, (from, to): &(i64, i64)| {
        sum.rotate_left(13) ^ from.cast_unsigned() ^ to.cast_unsigned().rotate_left(32)
    };
    segments.iter().fold(1, mix).to_le_bytes()
}

fn fresh(policy: &Policy, now: Millis) -> Session {
    Session {
        opened: now,
        n: 0,
        digest: [0; 8],
        note: None,
        pending: Pending::default(),
        unproved: Millis::ZERO,
        asked: None,
        ask_after: policy.presence_every,
        unattended: false,
        flags: Flags::default(),
        lost: Lost::default(),
    }
}

impl Player for Room {
    fn open(&mut self, member: &str, film: &str, device: &str) {
        let open = Open {
            film: film.to_owned(),
            device: device.to_owned(),
            rule: fresh(&self.policy, self.now()),
        };
        self.sessions.insert(member.to_owned(), open);
    }

    fn wait(&mut self, time: Millis) {
        self.clock.advance(time);
    }

    fn beat(&mut self, member: &str, _: Option<&str>, n: Option<u32>, segments: &[(i64, i64)]) -> String {
        let verdict = self.judge(member, n, segments);
        let word = match verdict {
            Verdict::Accepted(session, buckets) => {
                self.keep(member, *session, buckets);
                "taken"
            }
            Verdict::Repeated => "repeated",
            Verdict::WrongN(_) => "wrong_number",
            Verdict::ChangedBody => "changed_body",
        };
        word.to_owned()
    }

    fn tap(&mut self, member: &str) {
        let now = self.now();
        let open = self.sessions.get_mut(member).unwrap();
        let (next, confirmed) = prove(&self.policy, &open.rule, now, self.policy.presence_every);
        self.found.flags.extend(next.flags.words());
        open.rule = next;
        for (year, media) in confirmed.by_year() {
            let key = (member.to_owned(), open.film.clone(), *year);
            let have = self.credited.entry(key).or_default();
            let earned = media.minus(have).total();
            *have = have.union(media);
            *self.found.by_year.entry(*year).or_default() =
                self.found.by_year.get(year).copied().unwrap_or_default().plus(earned);
            *self.by_device.entry(open.device.clone()).or_default() += earned.0;
        }
    }

    fn close(&mut self, member: &str) {
        self.sessions.remove(member);
    }

    fn power_cut(&mut self) {
        panic!("the rule alone knows no power cut: `only = \"station\"`");
    }

    fn set_clock(&mut self, wall_ms: i64) {
        self.clock.set_wall(wall_ms);
    }

    fn clock_back(&mut self, by: Millis) {
        self.back = self.back.plus(by);
    }

    fn outcome(&mut self) -> Outcome {
        std::mem::take(&mut self.found)
    }
}

#[test]
fn the_rule_gives_each_case_its_exact_result() {
    let mut wrong = Vec::new();
    let mut played = 0;
    for (file, case) in cases::all().into_iter().filter(|(_, case)| case.only != Only::Station) {
        let Case { row, name, given, .. } = &case;
        let mut room = Room::new(given.films.clone(), given.sent);
        if let Err(why) = cases::play(&case, &mut room) {
            wrong.push(format!("{file}, row {row}, {name}: {why}"));
        }
        played += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(played >= 20, "only {played} cases were found");
}

#[test]
fn a_beat_says_why_it_earned_nothing() {
    let film = |seconds: f64| BTreeMap::from([("A".to_owned(), Span::from(seconds))]);
    let note_after = |seconds: u64, segments: &[(i64, i64)], sent: Option<Span>| {
        let mut room = Room::new(film(60.0), sent);
        room.open("m1", "A", "d1");
        room.wait(Millis::secs(10));
        room.beat("m1", None, None, &[(0, 10_000)]);
        room.wait(Millis::secs(seconds));
        room.beat("m1", None, None, segments);
        room.sessions["m1"].rule.note
    };
    assert_eq!(note_after(10, &[(10_000, 20_000)], None), None);
    assert_eq!(note_after(10, &[(0, 10_000)], None), Some(Note::NotNew));
    assert_eq!(note_after(1, &[(10_000, 60_000)], None), Some(Note::TooFast));
    let sent = Some(Span::from(10.0));
    assert_eq!(note_after(10, &[(10_000, 20_000)], sent), Some(Note::NotSent));
}

/// Row 21: nothing beyond the end exists, whatever was sent: another version of the film may be longer.
#[test]
fn nothing_beyond_the_end_is_credited_even_if_it_was_sent() {
    let policy = cases::policy();
    let (none, sent) = (Intervals::none(), Intervals::one(Millis::ZERO, Millis::secs(90)));
    let known = Known {
        length: Millis::secs(60),
        credited: &none,
        sent: &sent,
        year: Year(2026),
    };
    let beat = Beat {
        n: 1,
        digest: [1; 8],
        segments: vec![(50_000, 90_000)],
        state: PlayState::Under,
    };
    let session = fresh(&policy, Millis::ZERO);
    let judged = judge(&policy, &session, Buckets::default(), known, &beat, Millis::secs(60));
    let Verdict::Accepted(next, _) = judged else {
        panic!("it is its turn");
    };
    assert_eq!(
        next.pending.of(Year(2026)),
        Intervals::one(Millis::secs(50), Millis::secs(60))
    );
    assert!(next.flags.range);
}

#[test]
fn at_the_end_of_a_film_the_question_is_put_at_once() {
    let policy = cases::policy();
    let all = Intervals::one(Millis::ZERO, Millis::secs(60));
    let none = Intervals::none();
    let known = Known {
        length: Millis::secs(60),
        credited: &none,
        sent: &all,
        year: Year(2026),
    };
    let beat = Beat {
        n: 1,
        digest: [1; 8],
        segments: vec![(0, 60_000)],
        state: PlayState::Ended,
    };
    let session = fresh(&policy, Millis::ZERO);
    let now = Millis::secs(60);
    let Verdict::Accepted(next, _) = judge(&policy, &session, Buckets::default(), known, &beat, now) else {
        panic!("an honest last beat");
    };
    assert_eq!(next.asked, Some(now));
}
