//! What is made next: pure.
//!
//! First what the operator asked for, then pictures (they take seconds), then what plays nowhere, the quick before the
//! slow and the newest first. What failed is left alone until somebody asks again.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use media_index::{Kind, Plays};

use super::Rule;
use crate::library::{Line, Stands};
use crate::types::ItemId;

/// What is made of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aim {
    /// Poster and thumbnail.
    Pictures,
    /// A version that every phone plays.
    Film,
}

/// What failed, by item and aim, and why.
pub type Failures = BTreeMap<(ItemId, Aim), String>;

/// One thing to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Job {
    /// From which item.
    pub item: ItemId,
    /// What.
    pub aim: Aim,
}

/// An item as far as preparing it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Which.
    pub item: ItemId,
    /// A higher number came later.
    pub arrival: u64,
    /// A film, or something to listen to.
    pub kind: Kind,
    /// Where it plays as it is.
    pub plays: Plays,
    /// What the operator wants.
    pub wish: Option<bool>,
    /// A version is there.
    pub is_prepared: bool,
    /// Poster and thumbnail are there.
    pub has_pictures: bool,
}

impl Candidate {
    /// Of a line of the library; `None` if nothing can or should be made of it now.
    pub fn of(line: &Line<'_>) -> Option<Self> {
        let is_here = matches!(line.stands(), Stands::Ready | Stands::Waiting) && !line.is_hidden();
        let can_be_made = is_here && matches!(line.kind(), Kind::Film | Kind::Audio);
        let item = can_be_made.then(|| line.id()).flatten()?;
        Some(Self {
            item,
            arrival: line.arrival(),
            kind: line.kind(),
            plays: line.plays(),
            wish: line.prepare(),
            is_prepared: line.is_prepared(),
            has_pictures: line.has_pictures(),
        })
    }

    /// A version is made of what plays nowhere, unless the operator stopped it, and of anything that he asked for.
    fn wants_version(&self, rule: Rule) -> bool {
        let by_itself = rule == Rule::Auto && self.plays == Plays::Prepare;
        !self.is_prepared && self.wish.unwrap_or(by_itself)
    }

    /// What is asked for, pictures, quick, slow; within each the newest first.
    fn jobs(&self, rule: Rule, is_quick: impl Fn(&ItemId) -> bool) -> Vec<(Turn, Job)> {
        let job = |first, aim| ((first, Reverse(self.arrival)), Job { item: self.item, aim });
        let mut jobs = Vec::new();
        if self.kind == Kind::Film && !self.has_pictures {
            jobs.push(job(1, Aim::Pictures));
        }
        if self.wants_version(rule) {
            let first = match (self.wish, is_quick(&self.item)) {
                (Some(true), _) => 0,
                (_, true) => 2,
                (_, false) => 3,
            };
            jobs.push(job(first, Aim::Film));
        }
        jobs
    }
}

type Turn = (u8, Reverse<u64>);

/// Everything that is to be made, the next first. `is_quick` tells of an item whether its version needs no encoding.
pub fn jobs(
    candidates: impl Iterator<Item = Candidate>,
    rule: Rule,
    failed: &Failures,
    is_quick: impl Fn(&ItemId) -> bool,
) -> Vec<Job> {
    if rule == Rule::Off {
        return Vec::new();
    }
    let mut jobs: Vec<(Turn, Job)> = candidates
        .flat_map(|candidate| candidate.jobs(rule, &is_quick))
        .filter(|(_, job)| !failed.contains_key(&(job.item, job.aim)))
        .collect();
    jobs.sort_by_key(|(turn, _)| *turn);
    jobs.into_iter().map(|(_, job)| job).collect()
}

/// Devices that may play while a film is prepared: the work takes what they leave of a small box.
const FEW: usize = 2;

/// Why the work rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// So many devices are playing.
    Viewers(usize),
    /// A hall sits before the television: nothing may make its film stutter.
    Screening,
    /// There is not enough room on the disk: so many bytes are free, so many are needed.
    DiskFull {
        /// Bytes free.
        free: u64,
        /// Bytes needed.
        need: u64,
    },
}

/// Bytes that are never used up: databases and uploads need some.
const RESERVE: u64 = 256 << 20;

/// Who is watching now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Audience {
    /// Devices that play, screens among them.
    pub devices: usize,
    /// A screening is on.
    pub screening: bool,
}

/// Whether the work may go on now.
pub fn rest(audience: Audience, free: u64, need: u64) -> Option<Rest> {
    let need = need.saturating_add(RESERVE);
    match audience.devices {
        _ if free < need => Some(Rest::DiskFull { free, need }),
        _ if audience.screening => Some(Rest::Screening),
        0..=FEW => None,
        many => Some(Rest::Viewers(many)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn film(n: u8, plays: Plays) -> Candidate {
        Candidate {
            item: ItemId::from_digest(&[n; 32]),
            arrival: n.into(),
            kind: Kind::Film,
            plays,
            wish: None,
            is_prepared: false,
            has_pictures: true,
        }
    }

    /// Of the items, number 3 is quick.
    fn planned(candidates: &[Candidate], rule: Rule) -> Vec<(u8, Aim)> {
        let is_quick = |item: &ItemId| item.bytes()[0] == 3;
        let jobs = jobs(candidates.iter().copied(), rule, &Failures::new(), is_quick);
        jobs.iter().map(|job| (job.item.bytes()[0], job.aim)).collect()
    }

    #[test]
    fn what_is_asked_for_goes_first_then_pictures_then_the_quick_then_the_newest() {
        let slow = film(1, Plays::Prepare);
        let newer = film(2, Plays::Prepare);
        let quick = film(3, Plays::Prepare);
        let mut bare = film(4, Plays::Everywhere);
        bare.has_pictures = false;
        let mut asked = film(5, Plays::Pc);
        asked.wish = Some(true);
        let order = planned(&[slow, newer, quick, bare, asked], Rule::Auto);
        let expected = [
            (5, Aim::Film),
            (4, Aim::Pictures),
            (3, Aim::Film),
            (2, Aim::Film),
            (1, Aim::Film),
        ];
        assert_eq!(order, expected);
    }

    #[test]
    fn what_plays_somewhere_waits_to_be_asked_for_and_what_was_stopped_stays_so() {
        let mut stopped = film(1, Plays::Prepare);
        stopped.wish = Some(false);
        let mut done = film(2, Plays::Everywhere);
        done.is_prepared = true;
        assert_eq!(planned(&[stopped, done, film(3, Plays::Pc)], Rule::Auto), []);
    }

    #[test]
    fn the_station_can_be_told_to_make_only_what_is_asked_for_or_nothing() {
        let mut asked = film(1, Plays::Pc);
        asked.wish = Some(true);
        let both = [film(2, Plays::Prepare), asked];
        assert_eq!(planned(&both, Rule::Asked), [(1, Aim::Film)]);
        assert_eq!(planned(&both, Rule::Off), []);
    }

    #[test]
    fn what_failed_is_not_tried_again_by_itself() {
        let item = film(1, Plays::Prepare);
        let failed = Failures::from([((item.item, Aim::Film), "no decoder".to_owned())]);
        assert_eq!(jobs([item].into_iter(), Rule::Auto, &failed, |_| false), []);
    }

    #[test]
    fn the_work_rests_while_people_watch_and_when_the_disk_is_full() {
        let room = 10 << 30;
        let phones = |devices| Audience {
            devices,
            screening: false,
        };
        let hall = Audience {
            devices: 1,
            screening: true,
        };
        assert_eq!(rest(phones(2), room, 1 << 30), None);
        assert_eq!(rest(phones(3), room, 1 << 30), Some(Rest::Viewers(3)));
        assert_eq!(rest(hall, room, 1 << 30), Some(Rest::Screening));
        let need = (10 << 30) + RESERVE;
        assert_eq!(
            rest(phones(0), room, 10 << 30),
            Some(Rest::DiskFull { free: room, need })
        );
    }
}
