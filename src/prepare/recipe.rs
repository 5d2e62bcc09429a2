//! What must be done to an item so that every phone plays it: pure.
//!
//! As little as possible: what is H.264 in 8 bits and not too large keeps its picture, what is AAC or MP3 keeps its sound,
//! and only the container is made anew. The rest is encoded: H.264 High 4.0, 8-bit 4:2:0, at most 1080 lines, and AAC.

use media_index::{Facts, VideoTrack};

/// What happens to a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Track {
    /// There is none.
    Absent,
    /// It is taken as it is.
    Copy,
    /// It is made anew.
    Encode,
}

/// How an item is prepared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recipe {
    /// The picture.
    pub picture: Track,
    /// The sound.
    pub sound: Track,
}

/// Seconds of one piece of a long film: at a tenth of real time, the speed of the slowest boxes, a power cut costs at most
/// twenty minutes of work.
pub const PIECE_S: u64 = 120;
/// What a phone's decoder and its Wi-Fi take: see `media_index`'s verdict.
const RATE: u64 = 8_000_000;
const LEVEL: u8 = 42;
const LINES: u32 = 1920;

impl Recipe {
    /// For what a probe found. Unknown tracks are made anew: ffmpeg knows more containers than we do.
    pub fn of(facts: &Facts) -> Self {
        let is_unknown = facts.video.is_none() && facts.audio.is_none();
        let picture = match &facts.video {
            Some(video) if suits_phones(video, facts) => Track::Copy,
            Some(_) => Track::Encode,
            None if is_unknown => Track::Encode,
            None => Track::Absent,
        };
        let sound = match facts.audio.as_ref().map(|audio| audio.codec.as_str()) {
            Some("aac" | "mp3") => Track::Copy,
            Some(_) => Track::Encode,
            None if is_unknown => Track::Encode,
            None => Track::Absent,
        };
        Self { picture, sound }
    }

    /// Copying takes seconds, encoding takes hours.
    pub fn is_quick(self) -> bool {
        self.picture != Track::Encode
    }

    /// Into how many pieces a film of this length is cut, so that a power cut does not cost all the work. What is quick,
    /// short or of unknown length is done in one go.
    pub fn pieces(self, length_ms: u64) -> u64 {
        let whole = length_ms.div_ceil(PIECE_S * 1000);
        if self.is_quick() || whole < 3 { 1 } else { whole }
    }

    /// Bytes that the result may take, generously: there must be room before the work begins. `size` of the original.
    pub fn room(self, size: u64, length_ms: u64) -> u64 {
        // 3.5 Mbit/s of picture at most and 128 kbit/s of sound; once as pieces, once joined.
        let encoded = length_ms.saturating_mul(3_700) / 8 * 2;
        if self.is_quick() { size } else { encoded.max(size / 4) }
    }

    /// The arguments for the picture, as an encoder takes them.
    pub fn picture_args(self) -> Vec<&'static str> {
        match self.picture {
            Track::Absent => vec!["-vn"],
            Track::Copy => vec!["-c:v", "copy"],
            Track::Encode => [&ENCODER[..], &["-vf", FILTERS]].concat(),
        }
    }

    /// The arguments for the sound.
    pub fn sound_args(self) -> Vec<&'static str> {
        match self.sound {
            Track::Absent => vec!["-an"],
            Track::Copy => vec!["-c:a", "copy"],
            Track::Encode => vec!["-c:a", "aac", "-b:a", "128k", "-ac", "2", "-ar", "48000"],
        }
    }
}

/// A key frame every two seconds lets a phone seek; the rate is capped at what forty phones on two access points get.
const ENCODER: [&str; 22] = [
    "-c:v",
    "libx264",
    "-preset",
    "veryfast",
    "-crf",
    "23",
    "-maxrate",
    "3500k",
    "-bufsize",
    "7000k",
    "-profile:v",
    "high",
    "-level:v",
    "4.0",
    "-pix_fmt",
    "yuv420p",
    "-g",
    "50",
    "-fpsmax",
    "30",
    "-sc_threshold",
    "40",
];

/// Old recordings are interlaced (fields become pictures) and have oblong pixels (VCD, DVD: made square); then the picture
/// is fitted into 1920 × 1080, or 1080 × 1920 if it stands upright.
const FILTERS: &str = "yadif=deint=interlaced,scale=w='trunc(iw*sar/2)*2':h='trunc(ih/2)*2',setsar=1,\
    scale=w='min(if(gt(iw,ih),1920,1080),iw)':h='min(if(gt(iw,ih),1080,1920),ih)'\
    :force_original_aspect_ratio=decrease:force_divisible_by=2";

fn suits_phones(video: &VideoTrack, facts: &Facts) -> bool {
    let is_small = video.width.max(video.height) <= LINES && video.level.is_none_or(|level| level <= LEVEL);
    video.codec == "h264" && !video.is_deep() && is_small && facts.bitrate.is_none_or(|rate| rate <= RATE)
}

#[cfg(test)]
mod tests {
    use media_index::AudioTrack;

    use super::*;

    fn facts(picture: &str, sound: &str) -> Facts {
        let video = VideoTrack {
            codec: picture.into(),
            width: 1280,
            height: 720,
            ..VideoTrack::default()
        };
        let audio = AudioTrack {
            codec: sound.into(),
            ..AudioTrack::default()
        };
        Facts {
            video: Some(video).filter(|v| !v.codec.is_empty()),
            audio: Some(audio).filter(|a| !a.codec.is_empty()),
            ..Facts::default()
        }
    }

    #[test]
    fn what_suits_phones_is_kept_and_the_rest_is_made_anew() {
        use Track::{Absent, Copy, Encode};
        let cases = [
            (("h264", "aac"), (Copy, Copy)),
            (("h264", "ac3"), (Copy, Encode)),
            (("wmv3", "wmav2"), (Encode, Encode)),
            (("mpeg4", "mp3"), (Encode, Copy)),
            (("h264", ""), (Copy, Absent)),
            (("", "amr_nb"), (Absent, Encode)),
            (("", ""), (Encode, Encode)),
        ];
        for ((picture, sound), expected) in cases {
            let recipe = Recipe::of(&facts(picture, sound));
            assert_eq!((recipe.picture, recipe.sound), expected, "{picture} {sound}");
        }
    }

    #[test]
    fn ten_bits_a_high_rate_and_four_k_are_encoded() {
        let good = facts("h264", "aac");
        let mut deep = good.clone();
        deep.video.as_mut().unwrap().bit_depth = Some(10);
        let mut large = good.clone();
        large.video.as_mut().unwrap().width = 3840;
        let fast = Facts {
            bitrate: Some(20_000_000),
            ..good
        };
        for facts in [deep, large, fast] {
            assert_eq!(Recipe::of(&facts).picture, Track::Encode);
        }
    }

    #[test]
    fn only_long_work_is_cut_into_pieces() {
        let (slow, quick) = (Recipe::of(&facts("wmv3", "aac")), Recipe::of(&facts("h264", "ac3")));
        assert_eq!(quick.pieces(3_600_000), 1);
        assert_eq!(slow.pieces(200_000), 1);
        assert_eq!(slow.pieces(0), 1, "nobody knows its length");
        assert_eq!(slow.pieces(3_600_000), 30);
        assert_eq!(slow.pieces(3_600_001), 31);
    }
}
