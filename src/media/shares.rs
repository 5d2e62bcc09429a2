//! A narrow link is shared by connections, not by people: a downloader with sixteen of them would take sixteen shares of
//! the village's Wi-Fi and leave the others without a picture. So a device is sent few films at a time; its further
//! requests wait for their turn.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::http::Problem;
use crate::types::DeviceId;

/// A browser that jumps to and fro gives up its old request at once; who still has no turn after this is told so.
const PATIENCE: Duration = Duration::from_secs(20);
/// Beyond so many devices those that are sent nothing are swept out.
const SWEEP: usize = 1_024;

/// Who is sent how much.
#[derive(Debug)]
pub(super) struct Shares {
    each: usize,
    devices: Mutex<HashMap<DeviceId, Weak<Semaphore>>>,
}

/// The right to be sent one film; the next one waits until it is dropped.
pub(super) type Share = OwnedSemaphorePermit;

impl Shares {
    /// So many films at a time for each device.
    pub(super) fn new(each: usize) -> Self {
        Self {
            each,
            devices: Mutex::default(),
        }
    }

    /// Waits for the device's turn.
    pub(super) async fn of(&self, device: DeviceId) -> Result<Share, Problem> {
        let turn = self.turns(device).acquire_owned();
        match tokio::time::timeout(PATIENCE, turn).await {
            Ok(Ok(share)) => Ok(share),
            _ => Err(Problem::unavailable(
                5,
                "这台设备同时打开的影片太多，请先关掉几个再试。",
                "This device is being sent too many films at once; please close some of them.",
            )),
        }
    }

    fn turns(&self, device: DeviceId) -> Arc<Semaphore> {
        let mut devices = self.devices.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turns) = devices.get(&device).and_then(Weak::upgrade) {
            return turns;
        }
        if devices.len() >= SWEEP {
            devices.retain(|_, turns| turns.strong_count() > 0);
        }
        let turns = Arc::new(Semaphore::new(self.each));
        devices.insert(device, Arc::downgrade(&turns));
        turns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(n: u8) -> DeviceId {
        DeviceId::from_bytes([n; 16])
    }

    #[tokio::test(start_paused = true)]
    async fn a_device_has_its_share_and_another_has_its_own() {
        let shares = Shares::new(2);
        let _both = (shares.of(device(1)).await.unwrap(), shares.of(device(1)).await.unwrap());
        let refused = shares.of(device(1)).await.unwrap_err();
        assert!(format!("{refused:?}").contains("同时打开的影片太多"));
        drop(shares.of(device(2)).await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn the_next_begins_when_one_is_done() {
        let shares = Arc::new(Shares::new(1));
        let first = shares.of(device(1)).await.unwrap();
        let waiting = tokio::spawn({
            let shares = Arc::clone(&shares);
            async move { shares.of(device(1)).await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(first);
        assert!(waiting.await.unwrap().is_ok());
    }

    #[tokio::test]
    async fn devices_that_are_sent_nothing_are_forgotten() {
        let shares = Shares::new(1);
        for n in 0..5_000_u128 {
            drop(shares.of(DeviceId::from_bytes(n.to_le_bytes())).await.unwrap());
        }
        assert!(shares.devices.lock().unwrap().len() <= SWEEP);
    }
}
