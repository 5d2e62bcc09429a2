//! The policy as its file says it, in the units of the file, and what may stand there.

use serde::Deserialize;

use super::{Asked, Checks, PolicyError, Round};
use crate::types::Millis;

/// The same as the file says it.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AskedFile {
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
pub(super) struct ChecksFile {
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
pub(super) struct Weights {
    pub(super) screening: f64,
    pub(super) alone: f64,
    pub(super) brought: f64,
    pub(super) make_up: f64,
    pub(super) migrant: f64,
}

/// One line of the table of hours due: from this year on, until a later line says otherwise.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Due {
    pub(super) from_year: u16,
    pub(super) role: String,
    pub(super) hours: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) rule: u8,
    pub(super) minutes_per_hour: u64,
    pub(super) round: Round,
    pub(super) round_to: f64,
    pub(super) per_day_cap_hours: Option<u32>,
    pub(super) per_item_cap_minutes: Option<u64>,
    pub(super) min_seconds: u64,
    pub(super) carry: bool,
    pub(super) gap_cap_s: u64,
    pub(super) token_keep_s: u64,
    pub(super) presence_every_s: u64,
    pub(super) presence_jitter_s: u64,
    pub(super) presence_answer_s: u64,
    /// Policies from before screenings do not have it.
    #[serde(default)]
    pub(super) screening: ChecksFile,
    /// The same.
    #[serde(default)]
    pub(super) station: AskedFile,
    pub(super) weights: Weights,
    pub(super) due: Vec<Due>,
}

fn value(key: &'static str, found: impl std::fmt::Display, expected: &'static str) -> PolicyError {
    PolicyError::Value {
        key,
        found: found.to_string(),
        expected,
    }
}

impl File {
    /// A file whose values make sense.
    pub(super) fn read(text: &str) -> Result<Self, PolicyError> {
        let file: Self = toml::from_str(text)?;
        file.check()?;
        Ok(file)
    }

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
