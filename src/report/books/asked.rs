//! What is asked of a station each month, by policy, and what is still missing.

use super::figures::Figures;
use crate::credit::Policy;
use crate::types::Millis;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// So many screenings.
    Screenings(u64),
    /// To be open for so long: with somebody there.
    Open(Millis),
    /// This attendance, in percent.
    Attendance(u64),
}

/// How one of them stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Light {
    /// What is asked.
    pub need: Need,
    /// It is reached. `None` while nothing can be said: no screening, no attendance.
    pub is_reached: Option<bool>,
    /// How much is there: screenings, milliseconds, or tenths of a percent.
    pub have: u64,
}

/// All that the policy asks for, against the figures of a month. A number of zero asks for nothing.
pub fn lights(policy: &Policy, figures: &Figures) -> Vec<Light> {
    let asked = policy.station;
    let attendance = super::super::sheet::tenths(figures.came, figures.due);
    let all = [
        (
            asked.screenings > 0,
            Light {
                need: Need::Screenings(asked.screenings),
                is_reached: Some(figures.screenings >= asked.screenings),
                have: figures.screenings,
            },
        ),
        (
            asked.open > Millis::ZERO,
            Light {
                need: Need::Open(asked.open),
                is_reached: Some(figures.time_open >= asked.open),
                have: figures.time_open.0,
            },
        ),
        (
            asked.attendance_percent > 0,
            Light {
                need: Need::Attendance(asked.attendance_percent),
                is_reached: attendance.map(|tenths| tenths >= asked.attendance_percent * 10),
                have: attendance.unwrap_or(0),
            },
        ),
    ];
    all.into_iter()
        .filter(|(is_asked, _)| *is_asked)
        .map(|(_, light)| light)
        .collect()
}
