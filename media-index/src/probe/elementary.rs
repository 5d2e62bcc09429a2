//! What the first bytes of a picture or sound stream say, once its container has told in what it is coded.

use super::bits::{Bits, units};
use super::{aac, ac3, h264, hevc, mpeg4visual, mpegaudio, mpegvideo};
use crate::{AudioTrack, VideoTrack};

/// The picture in a stream that the container calls `codec`; `None` until its description has come by.
pub(super) fn video(codec: &str, bytes: &[u8]) -> Option<VideoTrack> {
    match codec {
        "h264" => h264::in_stream(bytes),
        "hevc" => hevc::in_stream(bytes),
        "mpeg4" => mpeg4visual::in_stream(bytes),
        "mpeg1video" | "mpeg2video" => mpegvideo::sequence(bytes).map(|sequence| sequence.track),
        "cavs" => units(bytes).find_map(cavs),
        "vc1" => units(bytes).find_map(vc1),
        _ => None,
    }
}

/// The sound in a stream that the container calls `codec`; `None` until a whole frame has come by.
pub(super) fn audio(codec: &str, bytes: &[u8]) -> Option<AudioTrack> {
    match codec {
        "mp2" | "mp3" => mpegaudio::first(bytes).map(|(_, frame)| frame.track()),
        "aac" => aac::in_adts(bytes),
        "aac_latm" => aac::in_latm(bytes),
        "ac3" | "eac3" => ac3::in_stream(bytes),
        "dts" => bytes.windows(16).find_map(dts),
        "pcm_dvd" => pcm_dvd(bytes),
        "pcm_bluray" => pcm_bluray(bytes),
        _ => None,
    }
}

/// The picture in a stream of which the container does not say in what it is coded.
pub(super) fn guess(bytes: &[u8]) -> Option<VideoTrack> {
    let candidates = ["mpeg2video", "h264", "hevc", "mpeg4"];
    candidates.iter().find_map(|codec| video(codec, bytes))
}

/// The sound in such a stream.
pub(super) fn guess_sound(bytes: &[u8]) -> Option<AudioTrack> {
    let candidates = ["mp2", "aac", "ac3", "dts"];
    candidates.iter().find_map(|codec| audio(codec, bytes))
}

/// The Chinese broadcasters' picture (GB/T 20090.2 §7.1.2.1, sequence header).
fn cavs(unit: &[u8]) -> Option<VideoTrack> {
    let mut bits = Bits::new(unit.strip_prefix(&[0xb0])?);
    bits.skip(17)?;
    let (width, height) = (bits.take(14)?, bits.take(14)?);
    Some(VideoTrack {
        codec: "cavs".into(),
        bit_depth: Some(8),
        width,
        height,
        ..VideoTrack::default()
    })
}

/// VC-1's advanced profile (SMPTE 421M §6.1, sequence header).
fn vc1(unit: &[u8]) -> Option<VideoTrack> {
    let mut bits = Bits::new(unit.strip_prefix(&[0x0f])?);
    let (profile, level) = (bits.take(2)?, bits.take(3)?);
    bits.skip(2 + 3 + 5 + 1)?;
    let (width, height) = ((bits.take(12)? + 1) * 2, (bits.take(12)? + 1) * 2);
    (profile == 3).then(|| VideoTrack {
        codec: "vc1".into(),
        profile: Some(3),
        level: u8::try_from(level).ok(),
        bit_depth: Some(8),
        width,
        height,
        ..VideoTrack::default()
    })
}

/// The four bytes before the samples of a disc: length, loudspeakers and rate.
fn pcm_bluray(bytes: &[u8]) -> Option<AudioTrack> {
    const CHANNELS: [u16; 12] = [0, 1, 0, 2, 3, 3, 4, 4, 5, 6, 7, 8];
    let (channels, rate) = (bytes.get(2)? >> 4, bytes.get(2)? & 0xf);
    let sample_rate = match rate {
        1 => 48_000,
        4 => 96_000,
        5 => 192_000,
        _ => return None,
    };
    let channels = *CHANNELS.get(usize::from(channels)).filter(|n| **n > 0)?;
    Some(AudioTrack {
        codec: "pcm_bluray".into(),
        channels,
        sample_rate,
    })
}

/// The three bytes before the samples of a DVD: emphasis, then bits, rate and loudspeakers, then the range.
fn pcm_dvd(bytes: &[u8]) -> Option<AudioTrack> {
    const RATES: [u32; 4] = [48_000, 96_000, 44_100, 32_000];
    let format = bytes.get(1)?;
    Some(AudioTrack {
        codec: "pcm_dvd".into(),
        channels: u16::from(format & 7) + 1,
        sample_rate: RATES[usize::from(format >> 4 & 3)],
    })
}

/// A DTS core frame (ETSI TS 102 114 §5.3).
fn dts(bytes: &[u8]) -> Option<AudioTrack> {
    const CHANNELS: [u16; 16] = [1, 2, 2, 2, 2, 3, 3, 4, 4, 5, 6, 6, 6, 7, 8, 8];
    const RATES: [u32; 16] = [
        0, 8_000, 16_000, 32_000, 0, 0, 11_025, 22_050, 44_100, 0, 0, 12_000, 24_000, 48_000, 0, 0,
    ];
    let mut bits = Bits::new(bytes.strip_prefix(&[0x7f, 0xfe, 0x80, 0x01])?);
    bits.skip(1 + 5 + 1 + 7 + 14)?;
    let (mode, rate) = (
        usize::try_from(bits.take(6)?).ok()?,
        usize::try_from(bits.take(4)?).ok()?,
    );
    bits.skip(5 + 10)?;
    let low = u16::from(bits.take(2)? != 0);
    Some(AudioTrack {
        codec: "dts".into(),
        channels: CHANNELS.get(mode)? + low,
        sample_rate: RATES[rate],
    })
    .filter(|track| track.sample_rate > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fields of so many bits, one after the other.
    fn bytes(fields: &[(u32, u32)]) -> Vec<u8> {
        let bits = fields
            .iter()
            .flat_map(|(value, width)| (0..*width).rev().map(move |n| value >> n & 1));
        let bits: Vec<u32> = bits.collect();
        let byte = |bits: &[u32]| bits.iter().enumerate().fold(0, |byte, (n, bit)| byte | bit << (7 - n));
        bits.chunks(8).map(|bits| u8::try_from(byte(bits)).unwrap()).collect()
    }

    #[test]
    fn the_chinese_broadcasters_picture_tells_its_size() {
        // Jizhun profile, level 6.2, interlaced.
        let header = bytes(&[(0x20, 8), (0x42, 8), (0, 1), (1920, 14), (1080, 14), (1, 2), (1, 3)]);
        let stream = [&[0, 0, 1, 0xb0], &header[..], &[0, 0, 1, 0xb3]].concat();
        let track = video("cavs", &stream).unwrap();
        assert_eq!((track.width, track.height), (1920, 1080));
    }

    #[test]
    fn vc1_tells_its_size_in_pairs_of_lines() {
        let header = bytes(&[(3, 2), (2, 3), (1, 2), (0, 3), (0, 5), (0, 1), (639, 12), (359, 12)]);
        let track = video("vc1", &[&[0, 0, 1, 0x0f], &header[..]].concat()).unwrap();
        assert_eq!((track.width, track.height, track.level), (1280, 720, Some(2)));
    }
}
