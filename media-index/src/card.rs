//! A record, packed: what the index and every snapshot hold of a file.
//!
//! A small box holds twenty thousand of them beside everything else, and of most nothing is asked but whether they are
//! still the same. So the few marks that are compared lie open, once for index and snapshots, and what the probe found
//! is kept as bytes, a tenth of its size, until somebody asks for the item.

use std::sync::Arc;

use crate::{Damage, Facts, ItemId, Kind, Outcome, Place, Plays, Record, Stamp, Whole, Why};

/// One file that was looked into. Cheap to clone; its time map is not kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Card(Arc<Open>);

#[derive(Debug, PartialEq)]
struct Open {
    place: Place,
    stamp: Stamp,
    arrival: u64,
    found: Found,
}

#[derive(Debug, PartialEq)]
enum Found {
    Whole { id: ItemId, kind: Kind, rest: Box<[u8]> },
    Damaged(Box<Damage>),
}

/// Media type, facts, where it plays, why not everywhere.
type Rest = (String, Facts, Plays, Why);

impl Card {
    /// Where it lies.
    pub fn place(&self) -> &Place {
        &self.0.place
    }

    /// As it was when it was looked into.
    pub fn stamp(&self) -> Stamp {
        self.0.stamp
    }

    /// Its turn of arrival.
    pub fn arrival(&self) -> u64 {
        self.0.arrival
    }

    /// Its content's id and what it is, if it is whole.
    pub fn content(&self) -> Option<(ItemId, Kind)> {
        match &self.0.found {
            Found::Whole { id, kind, .. } => Some((*id, *kind)),
            Found::Damaged(_) => None,
        }
    }

    /// Its content's id, if it is whole.
    pub(crate) fn content_id(&self) -> Option<&ItemId> {
        match &self.0.found {
            Found::Whole { id, .. } => Some(id),
            Found::Damaged(_) => None,
        }
    }

    /// What is the matter with it, if it is not whole.
    pub fn damage(&self) -> Option<&Damage> {
        match &self.0.found {
            Found::Whole { .. } => None,
            Found::Damaged(damage) => Some(damage),
        }
    }

    /// All that looking into it found, if it is whole.
    pub fn whole(&self) -> Option<Whole> {
        match &self.0.found {
            Found::Whole { id, kind, rest } => Some(unpack(*id, *kind, rest)),
            Found::Damaged(_) => None,
        }
    }

    /// The record, as if the file lay at `place`.
    pub fn record_at(&self, place: Place) -> Record {
        let outcome = match &self.0.found {
            Found::Whole { id, kind, rest } => Outcome::Whole(Arc::new(unpack(*id, *kind, rest))),
            Found::Damaged(damage) => Outcome::Damaged((**damage).clone()),
        };
        Record {
            place,
            stamp: self.0.stamp,
            arrival: self.0.arrival,
            outcome,
        }
    }
}

impl From<Record> for Card {
    fn from(record: Record) -> Self {
        let found = match record.outcome {
            Outcome::Whole(whole) => Found::Whole {
                id: whole.id,
                kind: whole.kind,
                rest: pack(&whole),
            },
            Outcome::Damaged(damage) => Found::Damaged(Box::new(damage)),
        };
        Self(Arc::new(Open {
            place: record.place,
            stamp: record.stamp,
            arrival: record.arrival,
            found,
        }))
    }
}

fn pack(whole: &Whole) -> Box<[u8]> {
    let rest = (&whole.mime, &whole.facts, whole.plays, whole.why);
    let bytes = postcard::to_allocvec(&rest).expect("words and numbers of known length can be written");
    bytes.into_boxed_slice()
}

fn unpack(id: ItemId, kind: Kind, rest: &[u8]) -> Whole {
    let rest: Rest = postcard::from_bytes(rest).expect("what was written above, in this run");
    let (mime, facts, plays, why) = rest;
    Whole {
        id,
        kind,
        mime,
        facts,
        plays,
        why,
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
    fn a_film_takes_less_than_a_hundred_bytes_beside_its_marks() {
        assert!(pack(&film()).len() < 100, "{}", pack(&film()).len());
    }
}
