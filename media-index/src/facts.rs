//! What a probe finds out, and what that means for phones and televisions.

use serde::{Deserialize, Serialize};

use crate::{Kind, TimeMap};

/// Facts about the media in a file. Times in milliseconds, rates in bits per second.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Facts {
    /// How long it plays.
    pub duration_ms: Option<u64>,
    /// The first picture track.
    pub video: Option<VideoTrack>,
    /// The first sound track.
    pub audio: Option<AudioTrack>,
    /// Over the whole file.
    pub bitrate: Option<u64>,
    /// The index lies before the media, so that playing starts at once.
    pub index_first: bool,
    /// A title that the file carries.
    pub title: Option<String>,
    /// Which bytes hold which time. Kept apart from the rest (see [`crate::Maps`]): it is as large as everything else
    /// together, and needed only while a film is watched.
    #[serde(skip, default = "TimeMap::elsewhere")]
    pub map: TimeMap,
}

/// A picture track.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct VideoTrack {
    /// `h264`, `hevc`, `av1`, `vp9`, `vp8`, `mpeg4`, or the container's own word.
    pub codec: String,
    /// Profile number of the codec, if it is known (H.264: 66, 77, 100, 110 …).
    pub profile: Option<u8>,
    /// Level times ten (H.264: 40 is level 4.0).
    pub level: Option<u8>,
    /// Bits per sample.
    pub bit_depth: Option<u8>,
    /// Pixels across, as stored.
    pub width: u32,
    /// Pixels down, as stored.
    pub height: u32,
    /// Degrees clockwise by which it must be turned to be shown: 0, 90, 180, 270.
    pub rotation: u16,
    /// Pictures per second.
    pub frame_rate: Option<f32>,
    /// Only somebody with a key can see it.
    #[serde(default)]
    pub encrypted: bool,
}

/// A sound track.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AudioTrack {
    /// `aac`, `mp3`, `opus`, `vorbis`, `ac3`, or the container's own word.
    pub codec: String,
    /// 1 is mono.
    pub channels: u16,
    /// Samples per second.
    pub sample_rate: u32,
}

/// Where an item can be played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Plays {
    /// On every phone, PC and television.
    Everywhere,
    /// On the PC and on newer phones.
    Pc,
    /// Nowhere as it is: it must be prepared (converted).
    Prepare,
    /// It is damaged.
    No,
}

/// Why an item does not play everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Nothing stands in the way.
    Nothing,
    /// A container that browsers do not open.
    Container,
    /// A picture format that old phones cannot show.
    PictureFormat,
    /// More bits per colour than old phones can show.
    BitDepth,
    /// A sound format that browsers cannot play.
    SoundFormat,
    /// A larger picture than old phones can show.
    TooLarge,
    /// More bytes a second than a room full of phones gets through one Wi-Fi.
    TooFast,
    /// It plays, but starts late: its index lies behind the media.
    IndexLast,
    /// It is encrypted, and nobody here has the key.
    Encrypted,
    /// A document that browsers do not open: it is offered for download.
    Download,
}

/// Five phones at this rate fill the Wi-Fi of a cheap router (about 40 Mbit/s in practice).
const PHONE_RATE: u64 = 8_000_000;
/// H.264 level 4.2 is the last that phones with an old decoder promise.
const PHONE_LEVEL: u8 = 42;

/// The verdict. `container` is the file's ending in lower case.
pub(crate) fn verdict(kind: Kind, container: &str, facts: &Facts) -> (Plays, Why) {
    match kind {
        Kind::Picture => (Plays::Everywhere, Why::Nothing),
        Kind::Document if matches!(container, "pdf" | "txt") => (Plays::Everywhere, Why::Nothing),
        Kind::Document => (Plays::Pc, Why::Download),
        Kind::Audio => audio_verdict(container, facts),
        Kind::Film if facts.video.as_ref().is_some_and(|video| video.encrypted) => (Plays::No, Why::Encrypted),
        Kind::Film => film_verdict(container, facts),
    }
}

fn audio_verdict(container: &str, facts: &Facts) -> (Plays, Why) {
    let codec = facts.audio.as_ref().map_or("", |a| &a.codec);
    match (container, codec) {
        ("mp3", _) | ("m4a" | "mp4" | "aac", "aac" | "mp3") | ("wav", "" | "pcm_u8" | "pcm_s16le") => {
            (Plays::Everywhere, Why::Nothing)
        }
        ("ogg" | "oga" | "opus" | "flac", "" | "opus" | "vorbis" | "flac") => (Plays::Pc, Why::SoundFormat),
        _ => (Plays::Prepare, Why::SoundFormat),
    }
}

fn film_verdict(container: &str, facts: &Facts) -> (Plays, Why) {
    let mp4 = matches!(container, "mp4" | "m4v" | "mov" | "3gp" | "f4v");
    let matroska = matches!(container, "webm" | "mkv");
    let (Some(video), true) = (&facts.video, mp4 || matroska) else {
        return (Plays::Prepare, Why::Container);
    };
    let sound_fits = facts.audio.as_ref().is_none_or(|a| match a.codec.as_str() {
        "aac" | "mp3" => true,
        "opus" | "vorbis" => matroska,
        _ => false,
    });
    match video.codec.as_str() {
        _ if !sound_fits => (Plays::Prepare, Why::SoundFormat),
        "h264" if video.is_deep() => (Plays::Prepare, Why::BitDepth),
        "h264" if !mp4 => (Plays::Pc, Why::Container),
        "h264" => h264_in_mp4(video, facts),
        "vp8" | "vp9" | "av1" if matroska => (Plays::Pc, Why::PictureFormat),
        "hevc" | "av1" | "vp9" if mp4 => (Plays::Pc, Why::PictureFormat),
        _ => (Plays::Prepare, Why::PictureFormat),
    }
}

/// What every phone opens: only its size, its rate and its order can still stand in the way.
fn h264_in_mp4(video: &VideoTrack, facts: &Facts) -> (Plays, Why) {
    let is_large = video.width.max(video.height) > 1920 || video.level.is_some_and(|level| level > PHONE_LEVEL);
    match facts.bitrate {
        _ if is_large => (Plays::Pc, Why::TooLarge),
        Some(rate) if rate > PHONE_RATE => (Plays::Pc, Why::TooFast),
        _ if !facts.index_first => (Plays::Everywhere, Why::IndexLast),
        _ => (Plays::Everywhere, Why::Nothing),
    }
}

impl VideoTrack {
    /// Whether the picture has more colours than the decoders of phones know: more than eight bits, or a profile beyond
    /// High (100).
    pub fn is_deep(&self) -> bool {
        self.bit_depth.unwrap_or(8) > 8 || self.profile.is_some_and(|profile| profile > 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn film(codec: &str, profile: u8, bits: u8, audio: &str) -> Facts {
        Facts {
            video: Some(VideoTrack {
                codec: codec.into(),
                profile: Some(profile),
                bit_depth: Some(bits),
                width: 1280,
                height: 720,
                ..VideoTrack::default()
            }),
            audio: Some(AudioTrack {
                codec: audio.into(),
                channels: 2,
                sample_rate: 48_000,
            }),
            index_first: true,
            ..Facts::default()
        }
    }

    #[test]
    fn a_film_for_phones_is_small_slow_and_begins_with_its_index() {
        let good = film("h264", 100, 8, "aac");
        let late = Facts {
            index_first: false,
            ..good.clone()
        };
        let fast = Facts {
            bitrate: Some(12_000_000),
            ..good.clone()
        };
        let mut large = good.clone();
        large.video.as_mut().unwrap().level = Some(51);
        let cases = [
            (good, (Plays::Everywhere, Why::Nothing)),
            (late, (Plays::Everywhere, Why::IndexLast)),
            (fast, (Plays::Pc, Why::TooFast)),
            (large, (Plays::Pc, Why::TooLarge)),
        ];
        for (facts, expected) in cases {
            assert_eq!(verdict(Kind::Film, "mp4", &facts), expected);
        }
    }

    #[test]
    fn old_phones_play_8_bit_h264_with_aac_in_mp4_and_nothing_else() {
        let cases = [
            ("mp4", film("h264", 100, 8, "aac"), (Plays::Everywhere, Why::Nothing)),
            ("mp4", film("h264", 110, 10, "aac"), (Plays::Prepare, Why::BitDepth)),
            ("mp4", film("hevc", 1, 8, "aac"), (Plays::Pc, Why::PictureFormat)),
            ("mp4", film("h264", 77, 8, "ac3"), (Plays::Prepare, Why::SoundFormat)),
            ("mkv", film("h264", 100, 8, "aac"), (Plays::Pc, Why::Container)),
            ("webm", film("vp9", 0, 8, "opus"), (Plays::Pc, Why::PictureFormat)),
            ("wmv", film("wmv3", 0, 8, "wmav2"), (Plays::Prepare, Why::Container)),
        ];
        for (container, facts, expected) in cases {
            assert_eq!(verdict(Kind::Film, container, &facts), expected, "{container}");
        }
    }
}
