//! Bare AAC: ADTS frames one after the other, also behind an `ID3v2` tag, or ADIF, which has one header for all.
//!
//! How long it plays stands nowhere: the frames at the beginning tell how many bytes a second takes.

use super::source::Source;
use super::{Reading, aac, mp3};
use crate::{AudioTrack, Damage, Facts};

/// Some hundred frames: enough for an average, of speech with its pauses too.
const WINDOW: u64 = 128 * 1024;
/// Samples in a frame.
const SAMPLES: u64 = 1_024;

pub(super) fn probe(source: &Source<'_>) -> Result<Reading, Damage> {
    let (begin, title) = mp3::tag(source)?;
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
    let run = aac::adts_run(&bytes).ok_or(Damage::NotWhatItsNameSays)?;
    let ms = run.frames * SAMPLES * 1000 / u64::from(run.track.sample_rate);
    let sound = source.size() - begin;
    let duration_ms = Some(u128::from(sound) * u128::from(ms) / u128::from(run.bytes.max(1)));
    let duration_ms = duration_ms.and_then(|ms| u64::try_from(ms).ok()).filter(|ms| *ms > 0);
    Ok(Reading::whole(Facts {
        duration_ms,
        bitrate: super::measure::bitrate(sound, duration_ms),
        audio: Some(run.track),
        ..facts
    }))
}
