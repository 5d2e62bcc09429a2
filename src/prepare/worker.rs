//! The thread that makes things, one after the other.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use media_index::Item;

use super::ffmpeg::{Order, Programs, RunError};
use super::folder::{self, Folder};
use super::plan::{self, Aim, Candidate, Job, Rest};
use super::recipe::Recipe;
use super::{Now, Rule, Shared, Watched, film, pictures};
use crate::clock::monotonic;
use crate::library::{Edition, Entry, Library, Made, OpenError};
use crate::types::{ItemId, Millis};

/// The library is looked at again after so long; a decision of the operator wakes the worker at once.
const PAUSE: Duration = Duration::from_secs(3);

pub(super) struct Worker {
    library: Library,
    programs: Option<Programs>,
    rule: Rule,
    watched: Watched,
    shared: Arc<Shared>,
    /// The folder, once it was found on the disk that is there.
    folder: Option<Folder>,
    /// For which edition of the library the jobs that wait were planned.
    planned: Option<Edition>,
}

/// How one job ended.
enum Ended {
    Made(Made),
    Failed(String),
    /// The operator, the end of the station, or a disk that went away.
    Stopped,
}

impl Worker {
    pub(super) fn new(
        library: Library,
        programs: Option<Programs>,
        rule: Rule,
        watched: Watched,
        shared: Arc<Shared>,
    ) -> Self {
        Self {
            library,
            programs,
            rule,
            watched,
            shared,
            folder: None,
            planned: None,
        }
    }

    pub(super) fn run(mut self) {
        loop {
            self.take_orders();
            let job = self.next();
            let is_idle = job.is_none_or(|job| !self.work_on(job));
            let stop = self.shared.wait(if is_idle { PAUSE } else { Duration::ZERO });
            if stop {
                return;
            }
        }
    }

    /// Finds the folder again whenever the disk was away.
    fn folder(&mut self) -> Option<&Folder> {
        if self.library.indexer().catalogue().offline {
            self.folder = None;
        } else if self.folder.is_none() {
            let found = self.find();
            let mut state = self.shared.lock();
            state.status.fault = found.err().map(|error| error.to_string());
        }
        self.folder.as_ref()
    }

    fn find(&mut self) -> io::Result<()> {
        let root = self.library.root();
        let folder = Folder::open(&root)?;
        let found = folder.find()?;
        self.library.set_made(found.made.into_iter().collect());
        self.shared.lock().status.failed = found.failed;
        self.folder = Some(folder);
        Ok(())
    }

    fn take_orders(&mut self) {
        let again = std::mem::take(&mut self.shared.lock().again);
        for item in again {
            self.planned = None;
            if let Some(folder) = &self.folder {
                folder.forget_failure(&item);
            }
            self.shared
                .lock()
                .status
                .failed
                .retain(|(failed, _), _| *failed != item);
        }
    }

    fn next(&mut self) -> Option<Job> {
        self.folder()?;
        self.programs.as_ref()?;
        let edition = self.library.edition();
        if self.planned != Some(edition) {
            self.plan();
            self.planned = Some(edition);
        }
        let mut state = self.shared.lock();
        let next = state.status.waiting.pop_front();
        state.status.is_settled = next.is_none();
        if next.is_none() {
            self.shared.changed.notify_all();
        }
        next
    }

    /// What waits, for the library as it is. What was made since does not change it: each job is asked for once.
    fn plan(&self) {
        let all = self.library.all();
        let catalogue = self.library.indexer().catalogue();
        let is_quick = |item: &ItemId| catalogue.get(item).is_some_and(|i| Recipe::of(&i.facts).is_quick());
        let candidates = all.iter().filter_map(|line| Candidate::of(&line));
        let mut state = self.shared.lock();
        state.status.waiting = plan::jobs(candidates, self.rule, &state.status.failed, is_quick).into();
    }

    /// True if something came of it.
    fn work_on(&mut self, job: Job) -> bool {
        let ended = self.make(job);
        self.shared.lock().status.now = None;
        match ended {
            Ended::Made(made) => self.library.set_made(vec![(job.item, made)]),
            Ended::Failed(why) => self.note_failure(job, why),
            Ended::Stopped => {
                self.planned = None;
                return false;
            }
        }
        true
    }

    fn note_failure(&self, job: Job, why: String) {
        tracing::warn!(item = %job.item, aim = ?job.aim, why, "could not be prepared");
        if let Some(folder) = &self.folder {
            // If it cannot be noted it is tried once more after a restart.
            drop(folder.note_failure(&job.item, job.aim, &why));
        }
        self.shared.lock().status.failed.insert((job.item, job.aim), why);
    }

    fn make(&self, job: Job) -> Ended {
        let (Some(programs), Some(folder)) = (&self.programs, &self.folder) else {
            return Ended::Stopped;
        };
        let (path, item) = match self.original(&job.item) {
            Ok(found) => found,
            Err(OpenError::File(error)) => return Ended::Failed(error.to_string()),
            Err(OpenError::NotShown | OpenError::Offline) => return Ended::Stopped,
        };
        let length = Millis(item.facts.duration_ms.unwrap_or(0));
        let recipe = Recipe::of(&item.facts);
        let need = match job.aim {
            Aim::Film => recipe.room(item.stamp.size, length.0),
            Aim::Pictures => 0,
        };
        let mut watch = Watch::new(self, folder, job, length, need);
        let mut order = |done| watch.order(done);
        let mut made = self.library.made(&job.item);
        let outcome = match job.aim {
            Aim::Pictures => pictures::make(programs, folder, &job.item, &path, length, &mut order)
                .map(|()| (made.poster, made.thumb) = (true, true)),
            Aim::Film => {
                let task = film::Task {
                    programs,
                    folder,
                    item: job.item,
                    film: &path,
                    length,
                    recipe,
                };
                film::make(&task, &mut order).map(|version| made.film = Some(Arc::new(version)))
            }
        };
        self.ended(&job, outcome, made)
    }

    /// A film that was replaced or pulled out meanwhile proves nothing about the work.
    fn ended(&self, job: &Job, outcome: Result<(), RunError>, made: Made) -> Ended {
        let is_there = self.original(&job.item).is_ok();
        match outcome {
            _ if !is_there => Ended::Stopped,
            Ok(()) => Ended::Made(made),
            Err(RunError::Stopped) => {
                self.clear_refused(&job.item);
                Ended::Stopped
            }
            Err(error) => Ended::Failed(error.to_string()),
        }
    }

    /// What the operator stopped leaves nothing behind; what the end of the station stopped goes on at the next start.
    fn clear_refused(&self, item: &ItemId) {
        let is_refused = self
            .library
            .entry(item)
            .is_some_and(|entry| entry.prepare() == Some(false));
        if let Some(folder) = self.folder.as_ref().filter(|_| is_refused) {
            folder::remove(&folder.work(item));
        }
    }

    /// Where the original lies, if it is still the file that was looked into.
    fn original(&self, item: &ItemId) -> Result<(PathBuf, Item), OpenError> {
        let (_, item) = self.library.open_original(item)?;
        Ok((self.library.root().join(item.places[0].path()), item))
    }
}

/// Watches one job: may it go on, how far is it, how long will it take?
struct Watch<'a> {
    worker: &'a Worker,
    folder: &'a Folder,
    now: Now,
    need: u64,
    /// Since the first progress of this run: how much was done then, and how long it has worked since.
    since: Option<Millis>,
    worked: Millis,
    last: Millis,
}

impl<'a> Watch<'a> {
    fn new(worker: &'a Worker, folder: &'a Folder, job: Job, length: Millis, need: u64) -> Self {
        let now = Now {
            job,
            done: Millis::ZERO,
            of: length,
            left: None,
            rests: None,
        };
        Self {
            worker,
            folder,
            now,
            need,
            since: None,
            worked: Millis::ZERO,
            last: monotonic(),
        }
    }

    fn order(&mut self, done: Millis) -> Order {
        self.count(done);
        self.now.rests = self.rest();
        let mut state = self.worker.shared.lock();
        let wanted = self.is_wanted();
        state.status.now = Some(self.now);
        self.worker.shared.changed.notify_all();
        match self.now.rests {
            _ if state.stopping || !wanted => Order::Stop,
            Some(_) => Order::Rest,
            None => Order::Run,
        }
    }

    /// The speed of this run tells how long the rest will take.
    fn count(&mut self, done: Millis) {
        let at = monotonic();
        if self.now.rests.is_none() {
            self.worked = Millis(self.worked.0 + at.minus(self.last).0);
        }
        self.last = at;
        self.now.done = done;
        let since = *self.since.get_or_insert(done);
        let made = done.minus(since).0;
        let left = self
            .now
            .of
            .minus(done)
            .0
            .saturating_mul(self.worked.0)
            .checked_div(made);
        // Ten seconds of work are enough to tell.
        self.now.left = left.filter(|_| self.worked.0 > 10_000).map(Millis);
    }

    /// When the disk is full, what was made of films that are gone goes first.
    fn rest(&self) -> Option<Rest> {
        let share = self.need.saturating_mul(self.now.done.0).checked_div(self.now.of.0);
        let need = self.need.saturating_sub(share.unwrap_or(0));
        let rest = plan::rest((self.worker.watched)(), self.folder.free(), need);
        let status = self.worker.library.indexer().status();
        let catalogue = self.worker.library.indexer().catalogue();
        if matches!(rest, Some(Rest::DiskFull { .. })) && status.is_idle() && !catalogue.offline {
            drop(self.folder.clear(|item| catalogue.has(item)));
        }
        rest
    }

    /// The operator may stop it, hide the item, or pull the disk.
    fn is_wanted(&self) -> bool {
        let entry = self.worker.library.entry(&self.now.job.item);
        let is_refused =
            |entry: &Entry| entry.hidden || (self.now.job.aim == Aim::Film && entry.prepare() == Some(false));
        entry.is_some_and(|entry| !is_refused(&entry)) && !self.worker.library.indexer().catalogue().offline
    }
}
