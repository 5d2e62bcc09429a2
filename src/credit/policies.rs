//! Policies in their time: a district changes its rules now and then, and what was earned before keeps its worth.
//!
//! Each policy is in force from a day on, until a later one. A piece of credit is weighed and capped by the policy of its
//! own day; only the cut to the step that is shown is done once, by the policy of the latest piece.

use std::sync::Arc;

use super::Policy;

/// All policies, in the order in which they come into force. There is always one.
#[derive(Debug, Clone, PartialEq)]
pub struct Policies {
    first: Arc<Policy>,
    later: Vec<(i64, Arc<Policy>)>,
}

impl Policies {
    /// One policy for all days.
    pub fn always(policy: impl Into<Arc<Policy>>) -> Self {
        Self {
            first: policy.into(),
            later: Vec::new(),
        }
    }

    /// Another policy comes into force on a day (days since 1970). Whatever was to come into force on that day or later
    /// gives way: who signs later decides.
    #[must_use]
    pub fn and_from(mut self, day: i64, policy: impl Into<Arc<Policy>>) -> Self {
        self.later.retain(|(from, _)| *from < day);
        self.later.push((day, policy.into()));
        self
    }

    /// The policy in force on a day.
    pub fn on(&self, day: i64) -> &Arc<Policy> {
        let begun = self.later.partition_point(|(from, _)| *from <= day);
        match begun.checked_sub(1) {
            Some(last) => &self.later[last].1,
            None => &self.first,
        }
    }

    /// The policy that comes into force last.
    pub fn newest(&self) -> &Arc<Policy> {
        self.later.last().map_or(&self.first, |(_, policy)| policy)
    }

    /// What comes into force after a day: when, and its name.
    pub fn after(&self, day: i64) -> impl Iterator<Item = (i64, &str)> {
        let coming = self.later.iter().filter(move |(from, _)| *from > day);
        coming.map(|(from, policy)| (*from, policy.name.as_str()))
    }
}

impl From<Policy> for Policies {
    fn from(policy: Policy) -> Self {
        Self::always(policy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Policy {
        let text = Policy::built_in().text.replace("default-2026", name);
        Policy::parse(&text).unwrap()
    }

    #[test]
    fn a_policy_holds_from_its_day_until_the_next() {
        let all = Policies::always(named("a"))
            .and_from(100, named("b"))
            .and_from(200, named("c"));
        let on = |day| all.on(day).name.clone();
        assert_eq!(
            [on(i64::MIN), on(99), on(100), on(199), on(200)],
            ["a", "a", "b", "b", "c"]
        );
        assert_eq!(all.after(150).collect::<Vec<_>>(), [(200, "c")]);
    }

    #[test]
    fn who_signs_later_decides_about_the_days_to_come() {
        let all = Policies::always(named("a"))
            .and_from(200, named("b"))
            .and_from(100, named("c"));
        assert_eq!((all.on(150).name.as_str(), all.on(300).name.as_str()), ("c", "c"));
    }
}
