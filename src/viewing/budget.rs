//! The time budgets of members and devices, in memory: they begin empty with each run of the program, and a session
//! opened later has nothing to claim from before.
//!
//! A change that the disk did not take is taken back, or a member would lose time to a full disk.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::credit::Bucket;
use crate::credit::rule::Buckets;
use crate::store::Tx;
use crate::types::{DeviceId, MemberId, Millis};

/// Beyond this, buckets that nobody touched for an hour are dropped: an untouched bucket holds nothing worth keeping,
/// because it decays to a few seconds and its filling starts at the session's opening.
const MANY: usize = 4_096;
const HOUR: Millis = Millis::secs(3_600);

#[derive(Debug, Default)]
struct Kept {
    members: HashMap<MemberId, Bucket>,
    devices: HashMap<DeviceId, Bucket>,
}

/// All budgets of this run. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Budgets(Arc<Mutex<Kept>>);

impl Budgets {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn of(&self, member: &MemberId, device: DeviceId) -> Buckets {
        let kept = self.lock();
        Buckets {
            member: kept.members.get(member).copied().unwrap_or_default(),
            device: kept.devices.get(&device).copied().unwrap_or_default(),
        }
    }

    /// Keeps the budgets, and takes them back if the transaction fails.
    pub(super) fn keep(&self, tx: &Tx<'_>, member: &MemberId, device: DeviceId, buckets: Buckets) {
        let before = self.of(member, device);
        self.set(member, device, buckets);
        let (budgets, member) = (self.clone(), member.clone());
        tx.on_rollback(move || budgets.set(&member, device, before));
    }

    fn set(&self, member: &MemberId, device: DeviceId, buckets: Buckets) {
        let mut kept = self.lock();
        if kept.devices.len() >= MANY {
            forget_idle(&mut kept, buckets.device.last.unwrap_or_default());
        }
        kept.members.insert(member.clone(), buckets.member);
        kept.devices.insert(device, buckets.device);
    }
}

fn forget_idle(kept: &mut Kept, now: Millis) {
    let fresh = |bucket: &Bucket| bucket.last.is_some_and(|last| last >= now.minus(HOUR));
    kept.devices.retain(|_, bucket| fresh(bucket));
    kept.members.retain(|_, bucket| fresh(bucket));
}
