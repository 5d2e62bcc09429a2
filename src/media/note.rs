//! What is remembered of a film on its way: the bytes that went out, and a disk that failed.

use std::io;
use std::ops::Range;

use rustix::io::Errno;

use super::shares::Share;
use crate::http::Note;
use crate::library::Library;
use crate::types::{DeviceId, ItemId};
use crate::viewing::Sent;

/// One film to one device.
pub(super) struct OnItsWay {
    pub(super) library: Library,
    pub(super) sent: Sent,
    pub(super) device: DeviceId,
    pub(super) item: ItemId,
    /// What was seen of a prepared version is told from what was seen of the item's own file.
    pub(super) content: ItemId,
    /// The device's turn, held to the last byte.
    pub(super) _share: Option<Share>,
}

impl Note for OnItsWay {
    fn sent(&self, bytes: Range<u64>) {
        self.sent.note(self.device, self.content, bytes);
    }

    /// A file that was replaced or cut is found by the index; a disk that cannot read shows nowhere else.
    fn failed(&self, error: &io::Error) {
        if error.raw_os_error() == Some(Errno::IO.raw_os_error()) {
            self.library.cannot_be_read(self.item);
        }
    }
}
