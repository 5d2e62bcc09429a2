//! FLV: films of ffmpeg's, and scripts by hand.

use media_index::{Damage, TimeMap};

use crate::film::{
    H264, Heard, credited, damage, film, heard, lasts, picture, reading, sound, survives_cuts, survives_lies,
};

const HEAD: [u8; 13] = [b'F', b'L', b'V', 1, 1, 0, 0, 0, 9, 0, 0, 0, 0];

fn download() -> Vec<u8> {
    film(
        &[&H264[..], &["-g", "25", "-flvflags", "add_keyframe_index"]].concat(),
        "flv",
    )
}

/// A tag: kind, length, time, stream 0, content, and the whole length once more.
fn tag(kind: u8, ms: u32, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap();
    let [_, time @ ..] = ms.to_be_bytes();
    let [_, short @ ..] = length.to_be_bytes();
    [
        &[kind],
        &short[..],
        &time,
        &[0; 4],
        content,
        &(length + 11).to_be_bytes(),
    ]
    .concat()
}

/// Sorenson's picture with its size in bytes: start code, version 1, picture 0, size by bytes, 64×48.
fn picture_tag(ms: u32) -> Vec<u8> {
    // 17 bits of start code, 5 of version, 8 of number, 3 of form, 8 and 8 of size.
    let bits: u64 = 1 << 47 | 1 << 42 | 64 << 23 | 48 << 15;
    tag(9, ms, &[&[0x12], &bits.to_be_bytes()[..]].concat())
}

/// `onMetaData` with these bytes as its object.
fn script(object: &[u8]) -> Vec<u8> {
    tag(18, 0, &[b"\x02\x00\x0aonMetaData", object].concat())
}

fn named(name: &str, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(name.len()).unwrap().to_be_bytes();
    [&length, name.as_bytes(), value].concat()
}

fn number(number: f64) -> Vec<u8> {
    [&[0], &number.to_be_bytes()[..]].concat()
}

#[test]
fn a_download_says_what_is_in_it() {
    let found = reading(&download(), "flv");
    lasts(&found, 3_000);
    assert_eq!(found.cut, None);
    assert_eq!(heard(&found), ("aac", 1, 44_100));
    let video = picture(&found);
    assert_eq!((video.codec.as_str(), video.width, video.height), ("h264", 320, 180));
    assert_eq!(
        (video.profile, video.bit_depth, video.frame_rate),
        (Some(66), Some(8), Some(25.0))
    );
}

#[test]
fn the_pictures_of_old_tell_their_size_themselves() {
    let cases: [(&[&str], &str, Heard<'_>); 3] = [
        (
            &["-c:v", "flv", "-ar", "22050", "-c:a", "libmp3lame"],
            "flv1",
            ("mp3", 1, 22_050),
        ),
        (
            &["-c:v", "flashsv", "-ar", "44100", "-c:a", "pcm_s16le"],
            "flashsv",
            ("pcm_s16le", 1, 44_100),
        ),
        (
            &["-c:v", "flashsv2", "-ar", "11025", "-c:a", "adpcm_swf"],
            "flashsv2",
            ("adpcm_swf", 1, 11_025),
        ),
    ];
    for (way, codec, sound) in cases {
        let way = [way, &["-flvflags", "no_metadata"]].concat();
        let found = reading(&film(&way, "flv"), "flv");
        let video = picture(&found);
        assert_eq!((video.codec.as_str(), video.width, video.height), (codec, 320, 180));
        assert_eq!(heard(&found), sound);
        lasts(&found, 3_000);
    }
    let vp6 = tag(9, 0, &[0x14, 0x8c, 0x48, 0x0e, 12, 20, 12, 20]);
    let found = reading(&[&HEAD[..], &vp6].concat(), "flv");
    let video = picture(&found);
    // Twelve macroblocks by twenty, less 12 lines and 8 columns.
    assert_eq!((video.codec.as_str(), video.width, video.height), ("vp6f", 312, 180));
}

#[test]
fn hevc_is_told_in_the_chinese_form_and_in_the_enhanced_one() {
    let way = [
        "-c:v",
        "libx265",
        "-x265-params",
        "log-level=error",
        "-pix_fmt",
        "yuv420p10le",
    ];
    let mp4 = film(&way, "mp4");
    let at = mp4.windows(4).position(|w| w == b"hvcC").unwrap();
    let length = u32::from_be_bytes(mp4[at - 4..at].try_into().unwrap()) as usize;
    let record = &mp4[at + 4..at - 4 + length];
    for head in [&[0x1c, 0, 0, 0, 0][..], b"\x90hvc1"] {
        let film = [
            &HEAD[..],
            &tag(9, 0, &[head, record].concat()),
            &tag(9, 40, &[0x2c, 1, 0, 0, 0]),
        ]
        .concat();
        let found = reading(&film, "flv");
        let video = picture(&found);
        assert_eq!((video.codec.as_str(), video.width, video.height), ("hevc", 320, 180));
        assert_eq!((video.profile, video.bit_depth), (Some(2), Some(10)), "main 10");
    }
}

#[test]
fn sound_alone_is_something_to_listen_to() {
    let found = reading(&sound(&["-c:a", "aac"], "flv"), "flv");
    assert_eq!((heard(&found), &found.facts.video), (("aac", 1, 44_100), &None));
    lasts(&found, 3_000);
}

#[test]
fn key_frames_tell_which_seconds_were_sent() {
    let film = download();
    let found = reading(&film, "flv");
    let (size, ms) = (film.len() as u64, found.facts.duration_ms.unwrap());
    assert_eq!(credited(&found, &[0..size], film.len()), [(0, ms)]);
    assert_eq!(
        credited(&found, &[0..size - 1], film.len()),
        [(0, 2_000)],
        "the last second is not whole"
    );
    assert_ne!(found.facts.map, TimeMap::default());
}

#[test]
fn half_a_download_says_how_long_it_should_be() {
    let film = download();
    let found = reading(&film[..film.len() / 2], "flv");
    assert_eq!(found.cut, Some(film.len() as u64));
    lasts(&found, 3_000);
}

#[test]
fn without_a_script_the_last_tag_tells_the_cut() {
    let film = [&HEAD[..], &picture_tag(0), &picture_tag(40), &picture_tag(80)].concat();
    assert_eq!(reading(&film, "flv").cut, None);
    let found = reading(&film[..film.len() - 8], "flv");
    assert_eq!(found.cut, Some(film.len() as u64));
    assert_eq!(found.facts.duration_ms, Some(40));
}

#[test]
fn a_script_that_announces_too_much_is_not_believed_against_a_whole_film() {
    let object = [&[3], &named("filesize", &number(1e9))[..], &[0, 0, 9]].concat();
    let film = [&HEAD[..], &script(&object), &picture_tag(0), &picture_tag(40)].concat();
    assert_eq!(reading(&film, "flv").cut, None);
}

#[test]
fn key_frames_of_another_file_make_no_map() {
    let list = |numbers: &[f64]| {
        let count = u32::try_from(numbers.len()).unwrap().to_be_bytes();
        let values: Vec<u8> = numbers.iter().flat_map(|n| number(*n)).collect();
        [&[10], &count[..], &values].concat()
    };
    let frames = |places: &[f64]| {
        let inner = [
            named("times", &list(&[0.0, 1.0])),
            named("filepositions", &list(places)),
        ]
        .concat();
        let object = [&[3], &inner[..], &[0, 0, 9]].concat();
        let outer = [named("duration", &number(2.0)), named("keyframes", &object)].concat();
        let film = [
            &HEAD[..],
            &script(&[&[8, 0, 0, 0, 2], &outer[..], &[0, 0, 9]].concat()),
            &picture_tag(2_000),
        ];
        reading(&film.concat(), "flv").facts.map
    };
    // Without the list the tags are looked at.
    let by_tags = frames(&[]);
    assert_ne!(frames(&[13.0, 100.0]), by_tags);
    for places in [
        &[13.0, 1e12][..],
        &[100.0, 13.0],
        &[13.0, f64::NAN],
        &[13.0],
        &[-1.0, 20.0],
    ] {
        assert_eq!(frames(places), by_tags, "{places:?}");
    }
}

#[test]
fn a_script_nested_without_end_is_left_alone() {
    let deep = [[3, 0, 1, b'a'].repeat(50_000), [10, 0xff, 0xff, 0xff, 0xff].repeat(10)].concat();
    let film = [&HEAD[..], &script(&deep), &picture_tag(0), &picture_tag(40)].concat();
    assert_eq!(picture(&reading(&film, "flv")).width, 64);
}

#[test]
fn a_damaged_tag_is_passed_over() {
    let mut film = download();
    let script = usize::from(film[14]) << 16 | usize::from(film[15]) << 8 | usize::from(film[16]);
    film[13 + 11 + script + 4 + 2] ^= 0x40;
    let found = reading(&film, "flv");
    lasts(&found, 3_000);
    assert_eq!(heard(&found).0, "aac");
}

#[test]
fn other_things_are_no_flv() {
    assert_eq!(damage(b"", "flv"), Damage::Empty);
    assert_eq!(damage(b"<html>", "flv"), Damage::NotWhatItsNameSays);
    assert_eq!(
        damage(&HEAD[..9], "flv"),
        Damage::Broken("nothing follows its head".into())
    );
    assert_eq!(
        damage(&[&HEAD[..], &script(&[3, 0, 0, 9])].concat(), "flv"),
        Damage::NoStreams
    );
}

#[test]
fn no_length_and_no_cut_brings_the_probe_down() {
    survives_lies(&download(), "flv");
    survives_cuts(&download(), "flv");
}
