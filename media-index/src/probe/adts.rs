//! Bare AAC: ADTS frames one after the other, also behind an `ID3v2` tag, or ADIF, which has one header for all.
//!
//! How long it plays stands nowhere, nor where which time begins: the lengths of the frames tell (see `pace`).

use super::pace::{self, Run};
use super::source::Source;
use super::{Reading, aac, id3};
use crate::{AudioTrack, Damage, Facts, TimeMap};

/// What begins the sound lies in so many bytes.
const WINDOW: u64 = 128 * 1024;
/// Samples in a frame.
const SAMPLES: u64 = 1_024;

pub(super) fn probe(source: &Source<'_>) -> Result<Reading, Damage> {
    let (begin, title) = id3::before(source)?;
    let bytes = source.read_up_to(begin, WINDOW)?;
    let facts = Facts {
        index_first: true,
        title,
        ..Facts::default()
    };
    if bytes.starts_with(b"ADIF") {
        return Ok(Reading::whole(Facts {
            audio: Some(AudioTrack {
                codec: "aac".into(),
                channels: 2,
                sample_rate: 44_100,
            }),
            ..facts
        }));
    }
    let first = aac::adts_run(&bytes, 1).ok_or(Damage::NotWhatItsNameSays)?;
    let sound = begin + first.skip..source.size();
    let spots = pace::spots(source, &sound, &pace::SOUND, |bytes| run(bytes, &first.track))?;
    let duration_ms = spots.last().map(|spot| spot.ms).filter(|ms| *ms > 0);
    let map = duration_ms.map_or_else(TimeMap::default, |ms| TimeMap::by_spots(&spots, ms));
    Ok(Reading::whole(Facts {
        duration_ms,
        bitrate: super::measure::bitrate(sound.end - sound.start, duration_ms),
        audio: Some(first.track),
        map,
        ..facts
    }))
}

/// Frames of the same kind as the first ones.
fn run(bytes: &[u8], track: &AudioTrack) -> Option<Run> {
    let us = |frames: u64| frames * SAMPLES * 1_000_000 / u64::from(track.sample_rate.max(1));
    let enough = pace::ENOUGH_US.div_ceil(us(1).max(1));
    let run = aac::adts_run(bytes, enough).filter(|run| run.track == *track)?;
    Some(Run {
        skip: run.skip,
        bytes: run.bytes,
        us: us(run.frames),
    })
}
