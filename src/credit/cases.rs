//! The rule's cases as data files, so that a cadre can read and dispute them: `tests/cases/credit/*.toml`.
//!
//! A case says what is *given* (films, what was sent), what happens *when*, and what is credited *then*. Two players
//! play the same files: the pure rule alone (`credit`), and the viewing room with a real store (`viewing`). Times stand
//! there in seconds, as people count them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use super::Policy;
use crate::clock::UTC_OFFSET_HOURS;
use crate::types::{Millis, Year};

/// Seconds in the file, milliseconds here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(from = "f64")]
pub(crate) struct Span(pub(crate) i64);

impl From<f64> for Span {
    #[expect(clippy::cast_possible_truncation, reason = "seconds of a film, written by hand")]
    fn from(seconds: f64) -> Self {
        Self((seconds * 1000.0).round() as i64)
    }
}

impl Span {
    pub(crate) fn millis(self) -> Millis {
        Millis(u64::try_from(self.0).expect("a length, not a place"))
    }
}

/// Who can play a case: both, unless it says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Only {
    /// Rule and station.
    #[default]
    Both,
    /// What a real clock cannot do.
    Rule,
    /// What the rule alone does not know: other sessions, power cuts.
    Station,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Case>,
}

/// One case.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) row: u8,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) only: Only,
    pub(crate) given: Given,
    pub(crate) when: Vec<Step>,
    pub(crate) then: Then,
}

/// Films by name with their lengths; how much of each was sent to each device, if not the whole.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Given {
    pub(crate) films: BTreeMap<String, Span>,
    pub(crate) sent: Option<Span>,
}

fn first_member() -> Vec<String> {
    vec!["m1".into()]
}

fn first_film() -> String {
    "A".into()
}

fn first_device() -> String {
    "d1".into()
}

fn normal() -> u32 {
    1
}

fn ten_seconds() -> Span {
    Span(10_000)
}

fn taken() -> String {
    "taken".into()
}

/// What happens. Where nothing is said it is member `m1`, film `A`, device `d1`.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Step {
    Open {
        #[serde(default = "first_member")]
        who: Vec<String>,
        #[serde(default = "first_film")]
        film: String,
        #[serde(default = "first_device")]
        device: String,
    },
    Wait {
        seconds: Span,
    },
    /// One beat; without a number it is the next one.
    Beat {
        #[serde(default = "first_member")]
        who: Vec<String>,
        film: Option<String>,
        n: Option<u32>,
        segments: Vec<(Span, Span)>,
        #[serde(default = "taken")]
        answer: String,
    },
    /// Plays for so many seconds of time from a place in the film on, with a beat `every` so often, so many times over.
    Play {
        #[serde(default = "first_member")]
        who: Vec<String>,
        from: Span,
        seconds: Span,
        #[serde(default = "normal")]
        rate: u32,
        #[serde(default = "ten_seconds")]
        every: Span,
        #[serde(default = "normal")]
        times: u32,
    },
    Tap {
        #[serde(default = "first_member")]
        who: Vec<String>,
    },
    Close {
        #[serde(default = "first_member")]
        who: Vec<String>,
    },
    PowerCut,
    /// The wall clock alone, local time.
    SetClock {
        to: String,
    },
    /// The monotonic clock, which no machine does.
    ClockBack {
        seconds: Span,
    },
}

/// What must come out.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Then {
    /// All members and years together.
    pub(crate) credited: Span,
    #[serde(default)]
    pub(crate) by_year: BTreeMap<String, Span>,
    /// The flags of all sessions, exactly.
    #[serde(default)]
    pub(crate) flags: BTreeSet<String>,
}

/// What came out.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) by_year: BTreeMap<Year, Millis>,
    pub(crate) flags: BTreeSet<String>,
}

/// Somebody who can play cases.
pub(crate) trait Player {
    fn open(&mut self, member: &str, film: &str, device: &str);
    fn wait(&mut self, time: Millis);
    /// The answer as a word: `taken`, `repeated`, `changed_body`, `wrong_number`, `superseded`, `station_failure`.
    fn beat(&mut self, member: &str, film: Option<&str>, n: Option<u32>, segments: &[(i64, i64)]) -> String;
    fn tap(&mut self, member: &str);
    fn close(&mut self, member: &str);
    fn power_cut(&mut self);
    fn set_clock(&mut self, wall_ms: i64);
    fn clock_back(&mut self, by: Millis);
    fn outcome(&mut self) -> Outcome;
}

/// The built-in policy, with the presence question exactly on time: the cases speak of its due time.
pub(crate) fn policy() -> Policy {
    let text = Policy::built_in()
        .text
        .replace("presence_jitter_s = 120", "presence_jitter_s = 0");
    let policy = Policy::parse(&text).unwrap();
    assert_eq!(policy.presence_jitter, Millis::ZERO);
    policy
}

/// All cases, with the file each stands in.
pub(crate) fn all() -> Vec<(String, Case)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/credit");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "toml"));
    files.sort();
    let read = |path: &Path| -> File {
        let text = std::fs::read_to_string(path).unwrap();
        toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let named = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    files
        .iter()
        .flat_map(|path| read(path).case.into_iter().map(|case| (named(path), case)))
        .collect()
}

/// Plays a case and says what differs, if anything.
pub(crate) fn play(case: &Case, player: &mut impl Player) -> Result<(), String> {
    for (at, step) in case.when.iter().enumerate() {
        one_step(step, player).map_err(|why| format!("step {}: {why}", at + 1))?;
    }
    let found = player.outcome();
    let sum = Millis(found.by_year.values().map(|ms| ms.0).sum());
    if sum != case.then.credited.millis() {
        return Err(format!("{} ms are credited", sum.0));
    }
    for (year, wanted) in &case.then.by_year {
        let there = found.by_year.get(&Year(year.parse().unwrap())).copied();
        if there != Some(wanted.millis()) {
            return Err(format!("{there:?} in {year}"));
        }
    }
    if found.flags != case.then.flags {
        return Err(format!("flags {:?}", found.flags));
    }
    Ok(())
}

fn one_step(step: &Step, player: &mut impl Player) -> Result<(), String> {
    match step {
        Step::Open { who, film, device } => who.iter().for_each(|member| player.open(member, film, device)),
        Step::Wait { seconds } => player.wait(seconds.millis()),
        Step::Beat {
            who,
            film,
            n,
            segments,
            answer,
        } => {
            let segments: Vec<_> = segments.iter().map(|(from, to)| (from.0, to.0)).collect();
            for member in who {
                let found = player.beat(member, film.as_deref(), *n, &segments);
                if found != *answer {
                    return Err(format!("the answer is {found}, not {answer}"));
                }
            }
        }
        Step::Play { .. } => play_on(step, player)?,
        Step::Tap { who } => who.iter().for_each(|member| player.tap(member)),
        Step::Close { who } => who.iter().for_each(|member| player.close(member)),
        Step::PowerCut => player.power_cut(),
        Step::SetClock { to } => player.set_clock(local(to)),
        Step::ClockBack { seconds } => player.clock_back(seconds.millis()),
    }
    Ok(())
}

fn play_on(step: &Step, player: &mut impl Player) -> Result<(), String> {
    let Step::Play {
        who,
        from,
        seconds,
        rate,
        every,
        times,
    } = step
    else {
        return Ok(());
    };
    for _ in 0..*times {
        let (mut gone, mut at) = (0, from.0);
        while gone < seconds.0 {
            let time = every.0.min(seconds.0 - gone);
            let to = at + time * i64::from(*rate);
            player.wait(Span(time).millis());
            for member in who {
                let answer = player.beat(member, None, None, &[(at, to)]);
                if answer != "taken" {
                    return Err(format!("a beat of {member} was {answer}"));
                }
            }
            (gone, at) = (gone + time, to);
        }
    }
    Ok(())
}

fn local(text: &str) -> i64 {
    let at: jiff::civil::DateTime = text.parse().unwrap();
    let zone = jiff::tz::offset(UTC_OFFSET_HOURS);
    zone.to_timestamp(at).unwrap().as_millisecond()
}
