//! The policy: every number of the rule, as data that a district signs and every report names.
//!
//! The built-in one is `config/policy.toml`; a station may be given another file. Nothing here is a constant of the
//! program, because districts differ and years differ.

use serde::{Deserialize, Serialize};

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

/// The same as the file says it.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct AskedFile {
    screenings_per_month: u64,
    open_hours_per_month: u64,
    attendance_percent: u64,
}

/// What most provinces ask: policies from before this table mean it.
impl Default for AskedFile {
    fn default() -> Self {
        Self {
            screenings_per_month: 2,
            open_hours_per_month: 20,
            attendance_percent: 90,
        }
    }
}

impl From<AskedFile> for Asked {
    fn from(file: AskedFile) -> Self {
        Self {
            screenings: file.screenings_per_month,
            open: Millis::secs(file.open_hours_per_month * 3_600),
            attendance_percent: file.attendance_percent,
        }
    }
}

/// The same as the file says it, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "in the file every number says its unit")]
struct ChecksFile {
    check_every_s: u64,
    check_jitter_s: u64,
    check_open_s: u64,
    check_open_at_the_end_s: u64,
    code_step_s: u64,
}

impl Default for ChecksFile {
    fn default() -> Self {
        Self {
            check_every_s: 900,
            check_jitter_s: 180,
            check_open_s: 120,
            check_open_at_the_end_s: 600,
            code_step_s: 30,
        }
    }
}

impl From<ChecksFile> for Checks {
    fn from(file: ChecksFile) -> Self {
        Self {
            every: Millis::secs(file.check_every_s),
            jitter: Millis::secs(file.check_jitter_s),
            open: Millis::secs(file.check_open_s),
            open_at_the_end: Millis::secs(file.check_open_at_the_end_s),
            code_step: Millis::secs(file.code_step_s),
        }
    }
}

/// Weight per mode, in hundredths.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Weights {
    screening: f64,
    alone: f64,
    brought: f64,
    make_up: f64,
    migrant: f64,
}

/// One line of the table of hours due: from this year on, until a later line says otherwise.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Due {
    from_year: u16,
    role: String,
    hours: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    rule: u8,
    minutes_per_hour: u64,
    round: Round,
    round_to: f64,
    per_day_cap_hours: Option<u32>,
    per_item_cap_minutes: Option<u64>,
    min_seconds: u64,
    carry: bool,
    gap_cap_s: u64,
    token_keep_s: u64,
    presence_every_s: u64,
    presence_jitter_s: u64,
    presence_answer_s: u64,
    /// Policies from before screenings do not have it.
    #[serde(default)]
    screening: ChecksFile,
    /// The same.
    #[serde(default)]
    station: AskedFile,
    weights: Weights,
    due: Vec<Due>,
}

fn value(key: &'static str, found: impl std::fmt::Display, expected: &'static str) -> PolicyError {
    PolicyError::Value {
        key,
        found: found.to_string(),
        expected,
    }
}

impl Policy {
    /// The policy that ships with the program.
    pub fn built_in() -> Self {
        Self::parse(BUILT_IN).expect("a test reads the built-in policy")
    }

    /// Reads and checks a policy.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let file: File = toml::from_str(text)?;
        file.check()?;
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

impl File {
    fn check(&self) -> Result<(), PolicyError> {
        let within = |key, found: u64, range: std::ops::RangeInclusive<u64>, expected| {
            if range.contains(&found) {
                Ok(())
            } else {
                Err(value(key, found, expected))
            }
        };
        if self.name.trim().is_empty() || self.name.chars().count() > 60 {
            return Err(value("name", &self.name, "a name of 1 to 60 characters"));
        }
        if self.rule != 1 {
            return Err(value("rule", self.rule, "this program knows rule 1"));
        }
        // There is no rule to follow: an hour counts in the year in which it was earned, which is why a film seen across New
        // Year is split. Where a district lets something count later, it differs how much, for whom and until when.
        if self.carry {
            return Err(value(
                "carry",
                true,
                "false: an hour counts in the year in which it was earned, and no rule says how much of it may count later",
            ));
        }
        if !(0.01..=1.0).contains(&self.round_to) {
            return Err(value("round_to", self.round_to, "a step from 0.01 to 1 hour"));
        }
        within("minutes_per_hour", self.minutes_per_hour, 30..=90, "30 to 90")?;
        within("min_seconds", self.min_seconds, 0..=3_600, "0 to 3600")?;
        within("gap_cap_s", self.gap_cap_s, 10..=600, "10 to 600")?;
        within("token_keep_s", self.token_keep_s, 0..=60, "0 to 60")?;
        within("presence_every_s", self.presence_every_s, 10..=3_600, "10 to 3600")?;
        within(
            "presence_jitter_s",
            self.presence_jitter_s,
            0..=self.presence_every_s / 2,
            "at most half of presence_every_s",
        )?;
        within("presence_answer_s", self.presence_answer_s, 30..=600, "30 to 600")?;
        let asked = self.station;
        within(
            "station.screenings_per_month",
            asked.screenings_per_month,
            0..=60,
            "0 to 60",
        )?;
        within(
            "station.open_hours_per_month",
            asked.open_hours_per_month,
            0..=744,
            "0 to 744",
        )?;
        within(
            "station.attendance_percent",
            asked.attendance_percent,
            0..=100,
            "0 to 100",
        )?;
        self.check_screening()?;
        self.check_weights()
    }

    fn check_screening(&self) -> Result<(), PolicyError> {
        let ChecksFile {
            check_every_s: every,
            check_jitter_s: jitter,
            check_open_s: open,
            check_open_at_the_end_s: end,
            code_step_s: step,
        } = self.screening;
        let faults = [
            ("screening.check_every_s", every, 10..=7_200, "10 to 7200"),
            (
                "screening.check_jitter_s",
                jitter,
                0..=every / 2,
                "at most half of check_every_s",
            ),
            ("screening.check_open_s", open, 30..=600, "30 to 600"),
            ("screening.check_open_at_the_end_s", end, 30..=3_600, "30 to 3600"),
            ("screening.code_step_s", step, 10..=120, "10 to 120"),
        ];
        match faults.into_iter().find(|(_, found, range, _)| !range.contains(found)) {
            Some((key, found, _, expected)) => Err(value(key, found, expected)),
            None => Ok(()),
        }
    }

    fn check_weights(&self) -> Result<(), PolicyError> {
        let Weights {
            screening,
            alone,
            brought,
            make_up,
            migrant,
        } = self.weights;
        match [screening, alone, brought, make_up, migrant]
            .iter()
            .find(|w| !(0.0..=1.0).contains(*w))
        {
            Some(weight) => Err(value("weights", weight, "a weight from 0 to 1 for each mode")),
            None => Ok(()),
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
