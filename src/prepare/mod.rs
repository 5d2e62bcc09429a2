//! Preparing 转换: what phones cannot play is made playable, and every film gets its pictures.
//!
//! One thread, one job at a time, with the lowest priority; it rests while people watch. The path of a job: `plan` says
//! what is next, `recipe` what must be done to it, `ffmpeg` runs, and what came out is looked into like any film before
//! it takes its place. Nothing is kept in a database: what was made lies in a hidden folder beside the films
//! ([`crate::library::MADE_FOLDER`]), long work in pieces, so that a power cut costs one piece, and half pieces are
//! cleared away at the next start. The original is only read.

mod ffmpeg;
mod film;
mod folder;
mod pictures;
mod plan;
mod recipe;
mod worker;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

pub use ffmpeg::Programs;
pub use plan::{Aim, Audience, Failures, Job, Rest};

use crate::library::Library;
use crate::types::{ItemId, Millis};

/// What is made without being asked for: the `prepare` setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Pictures, and a version of what plays nowhere.
    Auto,
    /// Pictures, and versions that the operator asks for.
    Asked,
    /// Nothing.
    Off,
}

/// How the work goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// ffmpeg is there and may be used.
    pub is_able: bool,
    /// Preparing, or the converter, is switched off in the settings, whatever is installed.
    pub is_off: bool,
    /// What is being made.
    pub now: Option<Now>,
    /// What comes after it.
    pub waiting: VecDeque<Job>,
    /// What could not be made, and why, in ffmpeg's words.
    pub failed: Failures,
    /// The folder for what is made cannot be used, and why.
    pub fault: Option<String>,
    /// The library was looked at, and nothing is left to do.
    pub is_settled: bool,
}

/// A job that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Which.
    pub job: Job,
    /// How much of the film is done.
    pub done: Millis,
    /// Of how much; zero if nobody knows.
    pub of: Millis,
    /// How long it will still take, once that can be told.
    pub left: Option<Millis>,
    /// It rests, and why.
    pub rests: Option<Rest>,
}

impl Now {
    /// In percent, below 100 until it has taken its place.
    pub fn percent(&self) -> Option<u8> {
        let share = self.done.0.saturating_mul(100).checked_div(self.of.0)?;
        Some(u8::try_from(share).unwrap_or(99).min(99))
    }
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    status: Status,
    stopping: bool,
    /// Failures that the operator wants to be tried again.
    again: Vec<ItemId>,
    /// Somebody decided something.
    asked: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until somebody decides something or wants the end, at most so long; true for the end.
    fn wait(&self, most: Duration) -> bool {
        let idle = |state: &mut State| !state.stopping && !state.asked;
        let waited = self.changed.wait_timeout_while(self.lock(), most, idle);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.asked = false;
        state.stopping
    }
}

/// A handle to the room. The last one dropped ends the work.
#[derive(Debug, Clone)]
pub struct Preparer(Arc<Running>);

#[derive(Debug)]
struct Running {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// Who is watching now.
pub type Watched = Box<dyn Fn() -> Audience + Send>;

impl Preparer {
    /// Starts the work. Without programs nothing is made, and the status says so.
    pub fn start(library: Library, programs: Option<Programs>, rule: Rule, watched: Watched) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let mut thread = None;
        let (is_there, is_off) = (programs.is_some(), rule == Rule::Off);
        let status = Status {
            is_able: is_there && !is_off,
            is_off,
            ..Status::default()
        };
        shared.lock().status = status;
        let worker = worker::Worker::new(library, programs, rule, watched, Arc::clone(&shared));
        let builder = std::thread::Builder::new().name("preparer".into());
        thread.replace(builder.spawn(move || worker.run())?);
        Ok(Self(Arc::new(Running {
            shared,
            thread: Mutex::new(thread),
        })))
    }

    /// How the work goes.
    pub fn status(&self) -> Status {
        self.0.shared.lock().status.clone()
    }

    /// Waits until the status satisfies `enough`, at most `patience`; returns the last one looked at.
    pub fn wait_until(&self, patience: Duration, enough: impl Fn(&Status) -> bool) -> Status {
        let shared = &self.0.shared;
        let lacks = |state: &mut State| !enough(&state.status);
        let waited = shared.changed.wait_timeout_while(shared.lock(), patience, lacks);
        waited.unwrap_or_else(PoisonError::into_inner).0.status.clone()
    }

    /// Something was decided about an item: look at the library again, and try again what failed for it.
    pub fn reconsider(&self, item: ItemId) {
        let mut state = self.0.shared.lock();
        state.again.push(item);
        state.asked = true;
        state.status.is_settled = false;
        drop(state);
        self.0.shared.changed.notify_all();
    }

    /// Ends the work: what runs is stopped within a second, pieces that are done stay.
    pub fn stop(&self) {
        self.0.stop();
    }
}

impl Running {
    fn stop(&self) {
        self.shared.lock().stopping = true;
        self.shared.changed.notify_all();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        // A worker that panicked has said so; there is nothing left to wait for.
        drop(thread.map(JoinHandle::join));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}
