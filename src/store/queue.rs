//! What waits for the writer. Who comes only to keep others company does not wake it: at two hundred beats a second the
//! waking would cost more than the writing.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{StoreError, Trouble, Tx, Urgency};
use crate::clock::monotonic;
use crate::types::Millis;

/// More waiting acts than this means that the disk has stopped: refusing is kinder than queueing for minutes.
const QUEUE: usize = 8_192;
/// Bounds one transaction, so that a flood cannot grow it without end.
const BATCH: usize = 1_024;

/// Runs the act and keeps its outcome until it may be told: the closure it returns does the telling. Without a
/// transaction (it is gone already) the act is not run, but its asker is still told.
pub(super) type Act = Box<dyn FnOnce(Option<&Tx<'_>>) -> Ended + Send>;
pub(super) type Tell = Box<dyn FnOnce(Result<(), Trouble>) + Send>;

pub(super) struct Ended {
    /// False takes the savepoint back.
    pub(super) keep: bool,
    /// What the act met itself: SQLite refused one statement and not the transaction.
    pub(super) met: Option<Trouble>,
    pub(super) tell: Tell,
}

pub(super) struct Job {
    pub(super) urgency: Urgency,
    pub(super) act: Act,
}

pub(super) struct Queue {
    commit_within: Millis,
    waiting: Mutex<Waiting>,
    bell: Condvar,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    /// How many of them are in a hurry.
    urgent: usize,
    closed: bool,
}

impl Waiting {
    fn must_begin(&self) -> bool {
        self.urgent > 0 || self.closed || self.jobs.len() >= BATCH
    }
}

impl Queue {
    pub(super) fn new(commit_within: Millis) -> Self {
        Self {
            commit_within,
            waiting: Mutex::default(),
            bell: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bell rings for the first, whose time begins to run, and for whoever ends the waiting.
    pub(super) fn push(&self, job: Job) -> Result<(), StoreError> {
        let mut waiting = self.lock();
        if waiting.closed {
            return Err(StoreError::Closed);
        }
        if waiting.jobs.len() >= QUEUE {
            return Err(StoreError::Busy);
        }
        let knew = waiting.must_begin();
        waiting.urgent += usize::from(job.urgency == Urgency::Now);
        waiting.jobs.push_back(job);
        let rings = waiting.jobs.len() == 1 || waiting.must_begin() != knew;
        drop(waiting);
        if rings {
            self.bell.notify_one();
        }
        Ok(())
    }

    /// Nobody else comes; what waits is still to be done.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.bell.notify_one();
    }

    /// The writer is gone, in whatever way: nobody comes any more, and who waits is let go.
    fn abandon(&self) {
        let left = {
            let mut waiting = self.lock();
            waiting.closed = true;
            waiting.urgent = 0;
            std::mem::take(&mut waiting.jobs)
        };
        drop(left);
    }

    /// Waits for a first act, and then for company until its time is up or somebody is in a hurry; `None` once it is
    /// closed and empty.
    pub(super) fn gather(&self) -> Option<Vec<Job>> {
        let idle = |waiting: &mut Waiting| waiting.jobs.is_empty() && !waiting.closed;
        let found = self.bell.wait_while(self.lock(), idle);
        let mut waiting = found.unwrap_or_else(PoisonError::into_inner);
        let until = monotonic().plus(self.commit_within);
        while !waiting.must_begin() {
            let left = until.minus(monotonic());
            if left == Millis::ZERO {
                break;
            }
            let rung = self.bell.wait_timeout(waiting, Duration::from_millis(left.0));
            waiting = rung.unwrap_or_else(PoisonError::into_inner).0;
        }
        let count = waiting.jobs.len().min(BATCH);
        let batch: Vec<Job> = waiting.jobs.drain(..count).collect();
        waiting.urgent -= batch.iter().filter(|job| job.urgency == Urgency::Now).count();
        (!batch.is_empty()).then_some(batch)
    }
}

/// Held by the writer's thread. A thread that dies of a fault must not leave askers waiting for ever.
pub(super) struct Attended(pub(super) Arc<Queue>);

impl Drop for Attended {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(urgency: Urgency) -> Job {
        let act: Act = Box::new(|_| Ended {
            keep: true,
            met: None,
            tell: Box::new(drop),
        });
        Job { urgency, act }
    }

    fn gathered(queue: &Queue) -> Option<usize> {
        queue.gather().map(|batch| batch.len())
    }

    #[test]
    fn who_is_in_a_hurry_takes_all_who_wait_along() {
        let queue = Arc::new(Queue::new(Millis::secs(3_600)));
        let theirs = Arc::clone(&queue);
        let writer = std::thread::spawn(move || gathered(&theirs));
        for _ in 0..3 {
            queue.push(job(Urgency::Soon)).unwrap();
        }
        queue.push(job(Urgency::Now)).unwrap();
        assert_eq!(writer.join().unwrap(), Some(4));
        assert_eq!(queue.lock().urgent, 0, "the next one waits for company again");
    }

    #[test]
    fn a_full_transaction_does_not_wait_and_what_is_over_comes_with_the_next() {
        let queue = Queue::new(Millis::secs(3_600));
        for _ in 0..BATCH {
            queue.push(job(Urgency::Soon)).unwrap();
        }
        queue.push(job(Urgency::Now)).unwrap();
        assert_eq!(gathered(&queue), Some(BATCH));
        assert_eq!(gathered(&queue), Some(1), "its hurry was not forgotten");
    }

    #[test]
    fn what_waits_when_it_is_closed_is_done_and_nobody_else_comes() {
        let queue = Queue::new(Millis::secs(3_600));
        queue.push(job(Urgency::Soon)).unwrap();
        queue.close();
        assert!(matches!(queue.push(job(Urgency::Now)), Err(StoreError::Closed)));
        assert_eq!(gathered(&queue), Some(1));
        assert_eq!(gathered(&queue), None);
    }

    #[test]
    fn a_writer_that_died_lets_everybody_go() {
        let queue = Arc::new(Queue::new(Millis::secs(3_600)));
        let told = Arc::new(());
        let asker = Arc::clone(&told);
        let act: Act = Box::new(move |_| Ended {
            keep: true,
            met: None,
            tell: Box::new(move |_| drop(asker)),
        });
        let urgency = Urgency::Now;
        queue.push(Job { urgency, act }).unwrap();
        let theirs = Arc::clone(&queue);
        let died = std::thread::spawn(move || {
            let _attended = Attended(theirs);
            panic!("a fault of the writer's own");
        });
        assert!(died.join().is_err());
        assert_eq!(Arc::strong_count(&told), 1, "the asker's end was dropped");
        assert!(matches!(queue.push(job(Urgency::Now)), Err(StoreError::Closed)));
        assert_eq!(gathered(&queue), None);
    }

    #[test]
    fn a_disk_that_has_stopped_refuses_instead_of_queueing_for_ever() {
        let queue = Queue::new(Millis::ZERO);
        for _ in 0..QUEUE {
            queue.push(job(Urgency::Soon)).unwrap();
        }
        assert!(matches!(queue.push(job(Urgency::Soon)), Err(StoreError::Busy)));
    }
}
