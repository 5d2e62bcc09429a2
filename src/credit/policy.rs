//! The policy: every number of the rule, as data that a district signs and every report names.
//!
//! The built-in one is `config/policy.toml`; a station may be given another file. Nothing here is a constant of the
//! program, because districts differ and years differ.

mod file;

use serde::{Deserialize, Serialize};

use file::{Due, File, Weights};

use crate::types::{Hours, Millis, Mode, Year};

/// The policy that ships with the program.
const BUILT_IN: &str = include_str!("../../config/policy.toml");

/// Why a policy cannot be used. The reader is whoever wrote the file.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// Not TOML, or an unknown or missing key; the message names line and column.
    #[error("the policy cannot be read: {0}")]
    Syntax(#[from] toml::de::Error),
    /// A value that makes no sense.
    #[error("the policy's `{key}` is {found}: {expected}")]
    Value {
        /// Which key.
        key: &'static str,
        /// What stands there.
        found: String,
        /// What could.
        expected: &'static str,
    },
}

/// How hours are cut to the step that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Round {
    /// Down: never more than was earned.
    Floor,
    /// To the nearest step.
    Nearest,
}

/// Credit policy, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// The name that reports cite.
    pub name: String,
    /// Its text, as it goes into the ledger.
    pub text: String,
    /// Time that makes one credit hour 学时.
    pub hour: Millis,
    /// How to cut.
    pub round: Round,
    /// The step to cut to.
    pub round_to: Hours,
    /// The most that one calendar day counts, if capped.
    pub per_day_cap: Option<Hours>,
    /// The most that one item counts in a year, if capped.
    pub per_item_cap: Option<Millis>,
    /// A session counts as a person-time 人次 from this credit on.
    pub min_session: Millis,
    /// The most that one step fills a bucket.
    pub gap_cap: Millis,
    /// Unspent time decays down to this.
    pub token_keep: Millis,
    /// A presence proof is asked for after so much credited play …
    pub presence_every: Millis,
    /// … give or take so much, so that nobody can set an alarm.
    pub presence_jitter: Millis,
    /// Time to answer.
    pub presence_answer: Millis,
    /// How the people before a television are asked.
    pub checks: Checks,
    /// What is asked of a station in a month.
    pub station: Asked,
    weights: Weights,
    due: Vec<Due>,
}

/// How presence at a screening 集中收看 is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checks {
    /// A check 抽查 comes after so much shown time …
    pub every: Millis,
    /// … give or take so much.
    pub jitter: Millis,
    /// A check stays open for so long.
    pub open: Millis,
    /// The check at the end stays open for so long.
    pub open_at_the_end: Millis,
    /// A code is shown for so long, and is still taken during the next step.
    pub code_step: Millis,
}

/// What is asked of a station each month. Local rules differ; zero asks for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Screenings 集中收看.
    pub screenings: u64,
    /// Time that it is on 开放.
    pub open: Millis,
    /// Attendance 到会率, in percent.
    pub attendance_percent: u64,
}

impl Policy {
    /// The policy that ships with the program.
    pub fn built_in() -> Self {
        Self::parse(BUILT_IN).expect("a test reads the built-in policy")
    }

    /// Reads and checks a policy.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let file = File::read(text)?;
        Ok(Self {
            name: file.name,
            text: text.to_owned(),
            hour: Millis::secs(file.minutes_per_hour * 60),
            round: file.round,
            round_to: Hours::from_f64(file.round_to),
            per_day_cap: file.per_day_cap_hours.map(Hours::whole),
            per_item_cap: file.per_item_cap_minutes.map(|m| Millis::secs(m * 60)),
            min_session: Millis::secs(file.min_seconds),
            gap_cap: Millis::secs(file.gap_cap_s),
            token_keep: Millis::secs(file.token_keep_s),
            presence_every: Millis::secs(file.presence_every_s),
            presence_jitter: Millis::secs(file.presence_jitter_s),
            presence_answer: Millis::secs(file.presence_answer_s),
            checks: file.screening.into(),
            station: file.station.into(),
            weights: file.weights,
            due: file.due,
        })
    }

    /// The hours due in `year` for a role, in the roster's words; `None` where the table says nothing.
    pub fn due(&self, role: &str, year: Year) -> Option<Hours> {
        self.due
            .iter()
            .filter(|due| due.role == role && due.from_year <= year.0)
            .max_by_key(|due| due.from_year)
            .map(|due| Hours::whole(due.hours))
    }

    /// How much a mode counts, 1.0 being full.
    pub fn weight(&self, mode: Mode) -> f64 {
        match mode {
            Mode::Screening => self.weights.screening,
            Mode::Alone => self.weights.alone,
            Mode::Brought => self.weights.brought,
            Mode::MakeUp => self.weights.make_up,
            Mode::Migrant => self.weights.migrant,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_policy_asks_what_the_rules_ask() {
        let policy = Policy::built_in();
        assert_eq!(policy.due("member", Year(2026)), Some(Hours::whole(32)));
        assert_eq!(policy.due("secretary", Year(2026)), Some(Hours::whole(56)));
        assert_eq!(policy.due("committee", Year(2026)), Some(Hours::whole(56)));
        assert_eq!(policy.hour, Millis::secs(3600));
        assert_eq!(
            (policy.gap_cap, policy.token_keep),
            (Millis::secs(120), Millis::secs(5))
        );
        assert_eq!(policy.presence_answer, Millis::secs(90));
    }

    #[test]
    fn a_policy_that_carries_hours_over_is_refused_with_the_reason() {
        let text = BUILT_IN.replace("carry = false", "carry = true");
        let refused = Policy::parse(&text).unwrap_err().to_string();
        assert!(
            refused.contains("`carry` is true") && refused.contains("in which it was earned"),
            "{refused}"
        );
    }

    #[test]
    fn a_typing_error_in_a_policy_is_named() {
        let text = BUILT_IN.replace("gap_cap_s", "gap_cap");
        let refused = Policy::parse(&text).unwrap_err().to_string();
        assert!(refused.contains("gap_cap"), "{refused}");
        let text = BUILT_IN.replace("presence_answer_s = 90", "presence_answer_s = 9");
        assert!(matches!(
            Policy::parse(&text),
            Err(PolicyError::Value {
                key: "presence_answer_s",
                ..
            })
        ));
    }
}
