//! A stick that is plugged in: what is new on it, and copying it with a check.
//!
//! One thread looks and copies, one thing after the other. Looking reads each file as the indexer would (at most 256 KiB
//! for its identity), so that what the station already has under another name is not offered again, and what is damaged
//! is said before it is copied. A copy is hashed while it is read, written, brought to the disk, read back from there and
//! compared; subtitles, pictures and notes of a film come along.

mod copy;
mod look;
mod mounts;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use media_index::{Damage, Kind};

use super::IntakeError;
use crate::library::Library;
use crate::types::Millis;

pub(super) use mounts::plugged_in;

/// A file system that can be taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stick {
    /// Names it on pages: says nothing about paths.
    pub key: String,
    /// What it is called: its volume's name, as the system mounts it.
    pub name: String,
    /// Where it is mounted.
    pub mount: PathBuf,
}

/// A file on a stick, for the desk.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// The file's name.
    pub name: String,
    /// The folder that it lies in on the stick, empty at the top.
    pub folder: String,
    /// What it is.
    pub kind: Kind,
    /// Bytes, with those of the files that come along.
    pub size: u64,
    /// Its length, if it has one.
    pub length: Millis,
    /// Where it stands.
    pub state: Offered,
}

/// Where a file on a stick stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Offered {
    /// The station does not have it.
    New,
    /// The station has it already.
    Known,
    /// It is not whole, and why.
    Damaged(Damage),
    /// It waits for its turn.
    Waiting,
    /// So many bytes are copied.
    Copying(u64),
    /// It is there, whole and compared.
    Copied,
    /// It could not be copied, and why.
    Failed(String),
}

/// What the desk is told about a visit of a stick.
#[derive(Debug, Clone, PartialEq)]
pub struct Visit {
    /// Which stick.
    pub stick: Stick,
    /// What was found so far; what is copied is named by its place in this list.
    pub offers: Vec<Offer>,
    /// Somebody is still looking through it.
    pub is_looking: bool,
    /// Something is being copied.
    pub is_copying: bool,
    /// Why it could not be looked through, or why the copying ended.
    pub fault: Option<String>,
}

impl Visit {
    fn of(stick: Stick) -> Self {
        Self {
            stick,
            offers: Vec::new(),
            is_looking: true,
            is_copying: false,
            fault: None,
        }
    }
}

enum Order {
    Look(Stick),
    Copy(Vec<usize>),
}

#[derive(Debug)]
struct Shared {
    visit: Mutex<Option<Visit>>,
    changed: Condvar,
    /// The present work is to end.
    cancel: AtomicBool,
}

impl Shared {
    fn visit(&self) -> MutexGuard<'_, Option<Visit>> {
        self.visit.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, act: impl FnOnce(&mut Visit)) {
        if let Some(visit) = self.visit().as_mut() {
            act(visit);
        }
        self.changed.notify_all();
    }

    fn is_cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }
}

/// Sticks. Cheap to clone.
#[derive(Clone)]
pub struct Sticks {
    list: Arc<dyn Fn() -> Vec<Stick> + Send + Sync>,
    shared: Arc<Shared>,
    orders: SyncSender<Order>,
}

impl std::fmt::Debug for Sticks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sticks")
            .field("shared", &self.shared)
            .finish_non_exhaustive()
    }
}

impl Sticks {
    pub(super) fn start(library: Library, list: Arc<dyn Fn() -> Vec<Stick> + Send + Sync>) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            visit: Mutex::default(),
            changed: Condvar::new(),
            cancel: AtomicBool::new(false),
        });
        let (orders, received) = sync_channel(4);
        let ours = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("sticks".into());
        thread.spawn(move || work(&library, &ours, &received))?;
        Ok(Self { list, shared, orders })
    }

    /// What is plugged in. Blocks for as long as the system's list of mounts takes.
    pub fn plugged_in(&self) -> Vec<Stick> {
        (self.list)()
    }

    /// The stick that was looked at last, as far as it is still there.
    pub fn visit(&self) -> Option<Visit> {
        self.shared.visit().clone()
    }

    /// Looks through a stick.
    pub fn look(&self, key: &str) -> Result<(), IntakeError> {
        let stick = self.plugged_in().into_iter().find(|stick| stick.key == key);
        let stick = stick.ok_or(IntakeError::Unknown)?;
        let mut visit = self.shared.visit();
        if visit.as_ref().is_some_and(|visit| visit.is_looking || visit.is_copying) {
            return Err(IntakeError::Busy);
        }
        *visit = Some(Visit::of(stick.clone()));
        self.order(Order::Look(stick))
    }

    /// Copies what is named by its place in the list of offers; whatever is not new is left out.
    pub fn copy(&self, key: &str, wanted: &[usize]) -> Result<(), IntakeError> {
        let mut visit = self.shared.visit();
        let visit = visit.as_mut().filter(|visit| visit.stick.key == key);
        let visit = visit.ok_or(IntakeError::Unknown)?;
        if visit.is_looking || visit.is_copying {
            return Err(IntakeError::Busy);
        }
        let mut chosen = Vec::new();
        for at in wanted {
            let offer = visit.offers.get_mut(*at).ok_or(IntakeError::Unknown)?;
            if matches!(offer.state, Offered::New | Offered::Failed(_)) {
                offer.state = Offered::Waiting;
                chosen.push(*at);
            }
        }
        visit.is_copying = !chosen.is_empty();
        visit.fault = None;
        self.order(Order::Copy(chosen))
    }

    /// Ends what is being done; what is copied already stays.
    pub fn cancel(&self) {
        self.shared.cancel.store(true, Ordering::Relaxed);
    }

    /// Waits until the visit satisfies `enough`, at most `patience`; returns the last one looked at.
    pub fn wait_until(&self, patience: Duration, enough: impl Fn(&Visit) -> bool) -> Option<Visit> {
        let lacks = |visit: &mut Option<Visit>| !visit.as_ref().is_some_and(&enough);
        let waited = self
            .shared
            .changed
            .wait_timeout_while(self.shared.visit(), patience, lacks);
        waited.unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    fn order(&self, order: Order) -> Result<(), IntakeError> {
        self.shared.cancel.store(false, Ordering::Relaxed);
        self.orders.try_send(order).map_err(|_| IntakeError::Busy)
    }
}

/// Until the last handle is gone.
fn work(library: &Library, shared: &Shared, orders: &Receiver<Order>) {
    let mut found = Vec::new();
    while let Ok(order) = orders.recv() {
        match order {
            Order::Look(stick) => {
                found = look::look(library, shared, &stick);
                shared.change(|visit| visit.is_looking = false);
            }
            Order::Copy(chosen) => {
                copy::copy(library, shared, &found, &chosen);
                shared.change(|visit| visit.is_copying = false);
            }
        }
    }
}
