//! A record, packed: what the index and every snapshot hold of a file.
//!
//! A small box holds twenty thousand of them beside everything else, and of most nothing is asked but whether they are
//! still the same. So each is one piece of bytes, shared by index and snapshots, a tenth of the size that it has when
//! somebody asks for the item; what is compared comes first in it.

use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use serde::de::Deserialize;

use crate::{Damage, Facts, ItemId, Kind, Outcome, Place, Plays, Record, Stamp, Whole, Why};

/// Bytes of an id; a damaged file has none, and holds nothing in their place.
const ID: usize = 16;

/// One file that was looked into. Cheap to clone; its time map is not kept.
///
/// One piece of memory: the id, what it is, the place, size, date and turn, and behind them what the probe found or what
/// is the matter.
#[derive(Clone, PartialEq)]
pub struct Card(Arc<[u8]>);

/// What is asked often: kind if it is whole, and place.
type Head<'a> = (Option<Kind>, &'a [u8]);
/// Stamp and turn of arrival.
type Marks = (Stamp, u64);
/// Media type, facts, where it plays, why not everywhere.
type Rest = (String, Facts, Plays, Why);

/// Reads what lies at the beginning, and tells what lies behind it.
fn take<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> (T, &'a [u8]) {
    postcard::take_from_bytes(bytes).expect("what was written below, in this run")
}

/// Writes what [`take`] reads.
fn put(bytes: Vec<u8>, what: &impl serde::Serialize) -> Vec<u8> {
    postcard::to_extend(what, bytes).expect("words and numbers of known length can be written")
}

impl Card {
    fn head(&self) -> (Head<'_>, &[u8]) {
        take(&self.0[ID..])
    }

    /// Where it lies, in the bytes of the file system.
    pub(crate) fn place_bytes(&self) -> &[u8] {
        self.head().0.1
    }

    /// Where it lies, relative to the root.
    pub fn path(&self) -> &Path {
        Path::new(OsStr::from_bytes(self.place_bytes()))
    }

    /// Where it lies.
    pub fn place(&self) -> Place {
        Place::new(self.path().to_owned())
    }

    fn marks(&self) -> (Marks, &[u8]) {
        take(self.head().1)
    }

    /// As it was when it was looked into.
    pub fn stamp(&self) -> Stamp {
        self.marks().0.0
    }

    /// Its turn of arrival.
    pub fn arrival(&self) -> u64 {
        self.marks().0.1
    }

    /// Its content's id and what it is, if it is whole.
    pub fn content(&self) -> Option<(ItemId, Kind)> {
        Some((self.content_id()?, self.head().0.0?))
    }

    /// Its content's id, if it is whole.
    pub(crate) fn content_id(&self) -> Option<ItemId> {
        // Behind the id stands whether there is one.
        (self.0[ID] != 0).then(|| ItemId::from_bytes(*self.id_bytes()))
    }

    /// Its content's id in bytes; of a damaged file nothing but zeros.
    pub(crate) fn id_bytes(&self) -> &[u8; ID] {
        self.0.first_chunk().expect("every card begins with so many bytes")
    }

    /// What is the matter with it, if it is not whole.
    pub fn damage(&self) -> Option<Damage> {
        match self.content_id() {
            Some(_) => None,
            None => Some(serde_json::from_slice(self.marks().1).expect("what was written below, in this run")),
        }
    }

    /// All that looking into it found, if it is whole.
    pub fn whole(&self) -> Option<Whole> {
        let (id, kind) = self.content()?;
        let (mime, facts, plays, why) = take::<Rest>(self.marks().1).0;
        Some(Whole {
            id,
            kind,
            mime,
            facts,
            plays,
            why,
        })
    }

    /// The record, as if the file lay at `place`.
    pub fn record_at(&self, place: Place) -> Record {
        let (stamp, arrival) = self.marks().0;
        let outcome = match self.whole() {
            Some(whole) => Outcome::Whole(Arc::new(whole)),
            None => Outcome::Damaged(self.damage().expect("a card of a file that is not whole tells why")),
        };
        Record {
            place,
            stamp,
            arrival,
            outcome,
        }
    }
}

impl From<Record> for Card {
    fn from(record: Record) -> Self {
        let place = record.place.bytes();
        let marks = (record.stamp, record.arrival);
        let bytes = match &record.outcome {
            Outcome::Whole(whole) => {
                let bytes = put(whole.id.bytes().to_vec(), &(Some(whole.kind), place));
                let rest = (&whole.mime, &whole.facts, whole.plays, whole.why);
                put(put(bytes, &marks), &rest)
            }
            Outcome::Damaged(damage) => {
                let mut bytes = put(put(vec![0; ID], &(None::<Kind>, place)), &marks);
                // Of few files, and of a form that only a format with names can tell.
                serde_json::to_writer(&mut bytes, damage).expect("words and numbers can be written");
                bytes
            }
        };
        Self(bytes.into())
    }
}

impl fmt::Debug for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.record_at(self.place()).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AudioTrack, TimeMap, VideoTrack};

    fn record(outcome: Outcome) -> Record {
        Record {
            place: Place::from("党史/长征.mp4".as_bytes().to_vec()),
            stamp: Stamp {
                size: 1 << 40,
                mtime_ns: -5,
                inode: 77,
            },
            arrival: 3,
            outcome,
        }
    }

    fn film() -> Whole {
        Whole {
            id: ItemId::from_bytes([9; 16]),
            kind: Kind::Film,
            mime: "video/mp4".into(),
            facts: Facts {
                duration_ms: Some(2_700_000),
                video: Some(VideoTrack {
                    codec: "h264".into(),
                    profile: Some(100),
                    width: 1280,
                    height: 720,
                    frame_rate: Some(25.0),
                    ..VideoTrack::default()
                }),
                audio: Some(AudioTrack {
                    codec: "aac".into(),
                    channels: 2,
                    sample_rate: 44_100,
                }),
                bitrate: Some(900_000),
                index_first: true,
                title: Some("长征".into()),
                map: TimeMap::elsewhere(),
            },
            plays: Plays::Pc,
            why: Why::TooLarge,
        }
    }

    #[test]
    fn what_is_packed_comes_out_as_it_was() {
        for outcome in [
            Outcome::Whole(Arc::new(film())),
            Outcome::Damaged(Damage::Truncated { have: 5, need: 9 }),
        ] {
            let record = record(outcome);
            let card = Card::from(record.clone());
            assert_eq!(card.record_at(record.place.clone()), record);
        }
    }

    #[test]
    fn a_film_takes_less_than_a_hundred_and_fifty_bytes_in_all() {
        let length = Card::from(record(Outcome::Whole(Arc::new(film())))).0.len();
        assert!(length < 150, "{length}");
    }

    #[test]
    fn what_is_asked_often_is_read_without_the_rest() {
        let whole = Card::from(record(Outcome::Whole(Arc::new(film()))));
        assert_eq!(whole.content(), Some((ItemId::from_bytes([9; 16]), Kind::Film)));
        assert_eq!((whole.path(), whole.arrival()), (Path::new("党史/长征.mp4"), 3));
        assert_eq!(whole.damage(), None);
        let damaged = Card::from(record(Outcome::Damaged(Damage::Empty)));
        assert_eq!((damaged.content(), damaged.whole()), (None, None));
        assert_eq!(damaged.damage(), Some(Damage::Empty));
        assert_eq!(damaged.stamp(), whole.stamp());
    }
}
