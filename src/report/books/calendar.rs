//! Where in the ledger each month lies, and what every book needs of all times: titles, members, runs of the box.
//!
//! Filled as leaves come, once each, and small: so a book of one month reads the leaves of that month, not of all years.

use std::collections::{BTreeMap, HashMap};

use rusqlite::Connection;
use serde::Deserialize;

use crate::clock::{self, Trust};
use crate::ledger::{self, At, Before, Broken, Leaf, Listed, What};
use crate::store::StoreError;
use crate::types::{ItemId, MemberId, Millis, Year};

/// Leaves read in one go: some hundred kilobytes.
const AT_ONCE: u64 = 1_000;

/// One run of the program 设备运行: from a start to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The leaf that says it.
    pub leaf: u64,
    /// When it began; undated while the clock was not set, dated later from the same boot.
    pub began: Option<i64>,
    /// When it ended, as far as anybody could see.
    pub ended: Option<i64>,
    /// How: `None` while it goes on.
    pub how: Option<Before>,
    /// How full the disk with the films was at last, in percent.
    pub disk: Option<u8>,
    /// What was wrong, in the order in which it began.
    pub faults: Vec<RunFault>,
    boot: u32,
    mono: Millis,
    seen: At,
}

/// What was wrong during a run 故障, from when to when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFault {
    /// In the words of the leaves.
    pub word: String,
    /// When it began; `None` while nobody knew the date.
    pub from: Option<i64>,
    /// When it was over; `None` if it was not while the run went on.
    pub to: Option<i64>,
    /// It is told by what is looked at each minute, and lasts until it is not told any more.
    is_open: bool,
}

impl Run {
    fn new(leaf: u64, at: At) -> Self {
        Self {
            leaf,
            began: wall(at),
            ended: None,
            how: None,
            disk: None,
            faults: Vec::new(),
            boot: at.boot,
            mono: at.mono,
            seen: at,
        }
    }

    /// The state of the box: what is wrong now, and what is not any more.
    fn health(&mut self, at: At, wrong: Vec<String>) {
        for told in self.faults.iter_mut().filter(|told| told.is_open) {
            if !wrong.contains(&told.word) {
                (told.to, told.is_open) = (wall(at), false);
            }
        }
        for word in wrong {
            if !self.faults.iter().any(|told| told.is_open && told.word == word) {
                let (from, to) = (wall(at), None);
                self.faults.push(RunFault {
                    word,
                    from,
                    to,
                    is_open: true,
                });
            }
        }
    }

    /// Trouble with the disk, told once it was over; an older leaf does not say when it began.
    fn overcame(&mut self, at: At, what: Broken, began: Option<At>, lasted: Millis) {
        let from = began.and_then(wall);
        let end = |from: i64| from.saturating_add_unsigned(lasted.0);
        self.faults.push(RunFault {
            word: word_of(what).to_owned(),
            from,
            to: from.map(end).or_else(|| wall(at)),
            is_open: false,
        });
    }

    /// A later leaf of the same boot may know the date.
    fn see(&mut self, at: At) {
        self.seen = at;
        if self.began.is_none()
            && at.boot == self.boot
            && let Some(wall) = wall(at)
        {
            let since = i64::try_from(at.mono.minus(self.mono).0).unwrap_or(0);
            self.began = Some(wall - since);
        }
    }
}

/// What a leaf is known to have happened at; `None` while the clock was never set.
pub(super) fn wall(at: At) -> Option<i64> {
    (at.trust != Trust::Unset).then_some(at.wall)
}

fn word_of(broken: Broken) -> &'static str {
    match broken {
        Broken::DiskFull => "disk_full",
        Broken::ReadOnly | Broken::Locked => "cannot_write",
        Broken::Failing => "disk_broken",
        Broken::Views => "views",
    }
}

/// See the module.
#[derive(Debug, Default)]
pub struct Calendar {
    next: u64,
    /// First and last leaf of a month, by year × 12 + month.
    months: BTreeMap<i32, (u64, u64)>,
    /// What items are called, their class and length.
    pub items: HashMap<ItemId, (String, Option<String>, Millis)>,
    /// Members as the roster leaves list them.
    pub members: BTreeMap<MemberId, Listed>,
    /// All runs, in their order.
    pub runs: Vec<Run>,
    /// Spans that found their year later: to which year, and to the day of which moment.
    settled: HashMap<u64, (Year, i64)>,
}

/// The part of a leaf that says when.
#[derive(Deserialize)]
struct When {
    at: At,
}

fn month_of(wall_ms: i64) -> Option<i32> {
    let day = clock::local_date(wall_ms)?;
    Some(i32::from(day.year()) * 12 + i32::from(day.month()))
}

impl Calendar {
    /// Takes in the leaves that are new.
    pub fn update(&mut self, conn: &Connection) -> Result<(), StoreError> {
        let size = ledger::size(conn)?;
        while self.next < size {
            let upto = size.min(self.next + AT_ONCE);
            for bytes in ledger::leaves(conn, self.next, upto)? {
                self.count(&bytes);
            }
        }
        Ok(())
    }

    /// Takes in the next leaf.
    pub fn count(&mut self, bytes: &[u8]) {
        let index = self.next;
        self.next += 1;
        let Ok(When { at }) = serde_json::from_slice(bytes) else {
            return;
        };
        if let Some(wall) = wall(at) {
            self.place(index, wall);
        }
        // Most leaves are of sessions, which the calendar does not remember.
        let text = String::from_utf8_lossy(bytes);
        let of_all_times = ["item", "roster", "boot", "stop", "health", "fault", "settled"];
        if of_all_times
            .iter()
            .any(|kind| text.contains(&format!("\"kind\":\"{kind}\"")))
        {
            self.remember(index, bytes);
        }
        if let Some(run) = self.runs.last_mut().filter(|run| run.how.is_none()) {
            run.see(at);
        }
    }

    /// A leaf belongs to the month of this moment.
    fn place(&mut self, leaf: u64, wall: i64) {
        if let Some(month) = month_of(wall) {
            let range = self.months.entry(month).or_insert((leaf, leaf));
            *range = (range.0.min(leaf), range.1.max(leaf));
        }
    }

    /// A leaf as it counts: a span that found its year later is dated by that.
    pub(super) fn dated(&self, index: u64, mut leaf: Leaf) -> Leaf {
        if let (Some((settled, wall)), What::Span { year, .. }) = (self.settled.get(&index), &mut leaf.is) {
            *year = *settled;
            (leaf.at.wall, leaf.at.trust) = (*wall, Trust::District);
        }
        leaf
    }

    fn remember(&mut self, index: u64, bytes: &[u8]) {
        let Some(Leaf { at, is, .. }) = Leaf::read(bytes) else {
            return;
        };
        match is {
            What::Item {
                item,
                title,
                class,
                length,
                made_here: _,
            } => {
                self.items.insert(item, (title, class, length));
            }
            What::Roster { changed, .. } => {
                let listed = changed.into_iter().map(|listed| (listed.member.clone(), listed));
                self.members.extend(listed);
            }
            What::Boot { before, last, .. } => {
                if let Some(run) = self.runs.last_mut().filter(|run| run.how.is_none()) {
                    run.ended = last.and_then(wall).max(wall(run.seen));
                    run.how = Some(before);
                }
                self.runs.push(Run::new(index, at));
            }
            What::Stop {} => {
                if let Some(run) = self.runs.last_mut() {
                    run.see(at);
                    (run.ended, run.how) = (wall(at), Some(Before::Stopped));
                }
            }
            What::Health { disk_percent, faults } => {
                if let Some(run) = self.runs.last_mut() {
                    run.disk = disk_percent.or(run.disk);
                    run.health(at, faults);
                }
            }
            What::Settled { year, spans, .. } => {
                for (leaf, wall) in spans {
                    self.settled.insert(leaf, (year, wall));
                    self.place(leaf, wall);
                }
            }
            What::Fault { what, lasted, began } => {
                if let Some(run) = self.runs.last_mut() {
                    run.overcame(at, what, began, lasted);
                }
            }
            _ => {}
        }
    }

    /// The leaves among which everything of these moments lies, as a half-open range; a leaf that was written while the
    /// clock stood wrong widens it.
    pub(super) fn leaves_between(&self, from_ms: i64, until_ms: i64) -> std::ops::Range<u64> {
        let (Some(first), Some(last)) = (month_of(from_ms), month_of(until_ms - 1)) else {
            return 0..self.next;
        };
        let ranges = self.months.range(first..=last).map(|(_, range)| *range);
        ranges
            .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
            .map_or(0..0, |(first, last)| first..last + 1)
    }

    /// How many leaves it has taken in.
    pub fn size(&self) -> u64 {
        self.next
    }
}
