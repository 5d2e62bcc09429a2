//! AVI: films of ffmpeg's, and files by hand after Microsoft's and the `OpenDML` descriptions.

use std::fs::File;
use std::os::unix::fs::FileExt;

use media_index::Damage;
use media_index::probe::{Inspected, inspect};

use crate::film::{H264, credited, damage, film, heard, lasts, picture, reading, sound, survives_cuts, survives_lies};

fn divx() -> Vec<u8> {
    film(&["-c:v", "mpeg4", "-vtag", "DX50", "-c:a", "libmp3lame"], "avi")
}

/// A chunk: name, length, content, and a byte more behind an odd one.
fn chunk(name: &[u8], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_le_bytes();
    let pad = vec![0; content.len() % 2];
    [name, &length, content, &pad].concat()
}

fn list(name: &[u8], kind: &[u8], parts: &[Vec<u8>]) -> Vec<u8> {
    chunk(name, &[kind, &parts.concat()].concat())
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// The headers of a Cinepak picture, 160×120, of so many pictures at two a second, and whatever else its list holds.
fn headers(pictures: u32, more: Vec<u8>) -> Vec<u8> {
    headers_of(*b"vidscvid", [1, 2], pictures, more)
}

fn headers_of(kind: [u8; 8], pace: [u32; 2], pictures: u32, more: Vec<u8>) -> Vec<u8> {
    let times = words(&[0, 0, 0, pace[0], pace[1], 0, pictures, 0, 0, 0, 0, 0]);
    let header = chunk(b"strh", &[&kind[..], &times].concat());
    let format = chunk(
        b"strf",
        &[words(&[40, 160, 120, 0x0018_0001]), b"cvid".to_vec(), words(&[0; 5])].concat(),
    );
    let stream = list(b"LIST", b"strl", &[header, format, more]);
    list(
        b"LIST",
        b"hdrl",
        &[chunk(b"avih", &words(&[500_000, 0, 0, 0, pictures])), stream],
    )
}

/// Pictures of 100 bytes each.
fn media(pictures: usize) -> Vec<u8> {
    list(b"LIST", b"movi", &vec![chunk(b"00dc", &[7; 100]); pictures])
}

/// Two halves of a gigabyte each in an `OpenDML` film, here of four pictures each.
fn two_halves() -> (Vec<u8>, usize) {
    // The places depend on the headers' length, and that not on the places.
    let length = |at: [u64; 2]| list(b"RIFF", b"AVI ", &[headers(8, super_index(&at)), indexed_media(0)]);
    let first = length([0; 2]).len();
    let second_half = |base: u64| list(b"RIFF", b"AVIX", &[indexed_media(base)]);
    let index_in = |half: &[u8]| half.windows(4).rposition(|w| w == b"ix00").unwrap() as u64;
    let base = first as u64;
    let at = [index_in(&length([0; 2])), base + index_in(&second_half(0))];
    let movi = length(at).windows(4).position(|w| w == b"movi").unwrap() as u64;
    let half = list(b"RIFF", b"AVI ", &[headers(8, super_index(&at)), indexed_media(movi)]);
    ([half, second_half(base + 20)].concat(), first)
}

fn super_index(at: &[u64]) -> Vec<u8> {
    let entries = at
        .iter()
        .flat_map(|at| [at.to_le_bytes().to_vec(), words(&[PIECE, 4])].concat());
    let used = words(&[4, u32::try_from(at.len()).unwrap()]);
    chunk(
        b"indx",
        &[used, b"00dc".to_vec(), words(&[0; 3]), entries.collect()].concat(),
    )
}

/// Four pictures and their index; `base` is the place of the word `movi`.
fn indexed_media(base: u64) -> Vec<u8> {
    let mut parts = vec![chunk(b"00dc", &[7; 100]); 4];
    parts.push(index_of_four(base));
    list(b"LIST", b"movi", &parts)
}

/// Bytes of an index of four pictures.
const PIECE: u32 = 64;

fn index_of_four(base: u64) -> Vec<u8> {
    let entries: Vec<u8> = (0..4).flat_map(|n| words(&[4 + n * 108 + 8, 100])).collect();
    let head = [
        words(&[0x0100_0002, 4]),
        b"00dc".to_vec(),
        base.to_le_bytes().to_vec(),
        words(&[0]),
    ]
    .concat();
    chunk(b"ix00", &[head, entries].concat())
}

/// A film of five gigabytes in four parts, each of four pictures, a hole, and its index. Its size, and where the third
/// part begins.
fn five_gigabytes(file: &File) -> (u64, u64) {
    let hole = 1_300_000_000_u32;
    let pictures = vec![chunk(b"00dc", &[7; 100]); 4].concat();
    let head = headers(16, super_index(&[0; 4]));
    let part = |n: u64| {
        let (name, more) = if n == 0 { (b"AVI ", head.len()) } else { (b"AVIX", 0) };
        let in_list = u32::try_from(4 + pictures.len() + 8).unwrap() + hole + PIECE;
        let whole = u32::try_from(4 + more).unwrap() + 8 + in_list;
        (name, in_list, whole)
    };
    let mut begins = vec![0];
    (0..4).for_each(|n| begins.push(begins[begins.len() - 1] + 8 + u64::from(part(n).2)));
    let at = [0, 1, 2, 3].map(|n| begins[n + 1] - u64::from(PIECE));
    for n in 0..4 {
        let (name, in_list, whole) = part(n);
        let begin = begins[usize::try_from(n).unwrap()];
        let mut lead = [b"RIFF".to_vec(), words(&[whole]), name.to_vec()].concat();
        if n == 0 {
            lead.extend(headers(16, super_index(&at)));
        }
        lead.extend([b"LIST".to_vec(), words(&[in_list]), b"movi".to_vec()].concat());
        let movi = begin + lead.len() as u64 - 4;
        lead.extend([&pictures[..], b"JUNK", &hole.to_le_bytes()].concat());
        file.write_all_at(&lead, begin).unwrap();
        let index = at[usize::try_from(n).unwrap()];
        file.write_all_at(&index_of_four(movi), index).unwrap();
    }
    (begins[4], begins[2])
}

#[test]
fn an_avi_says_what_is_in_it() {
    let found = reading(&divx(), "avi");
    lasts(&found, 3_000);
    assert_eq!(found.cut, None);
    assert_eq!(heard(&found), ("mp3", 1, 44_100));
    let video = picture(&found);
    assert_eq!((video.codec.as_str(), video.width, video.height), ("mpeg4", 320, 180));
    assert_eq!(video.frame_rate, Some(25.0));
    assert_eq!(video.profile, Some(0), "ffmpeg writes the simple profile");
}

#[test]
fn h264_in_an_avi_tells_profile_and_level() {
    let found = reading(&film(&H264, "avi"), "avi");
    let video = picture(&found);
    assert_eq!(
        (video.codec.as_str(), video.profile, video.bit_depth),
        ("h264", Some(66), Some(8))
    );
    assert_eq!(
        video.level,
        Some(12),
        "the lowest level for 320×180 at 25 pictures a second"
    );
}

#[test]
fn formats_are_called_as_ffprobe_calls_them() {
    let cases: [(&[&str], &str, &str); 4] = [
        (&["-c:v", "msmpeg4", "-c:a", "wmav2"], "msmpeg4v3", "wmav2"),
        (&["-c:v", "mjpeg", "-c:a", "pcm_s16le"], "mjpeg", "pcm_s16le"),
        (&["-c:v", "mpeg1video", "-c:a", "mp2"], "mpeg1video", "mp2"),
        (&["-c:v", "libxvid", "-c:a", "ac3"], "mpeg4", "ac3"),
    ];
    for (way, video, audio) in cases {
        let found = reading(&film(way, "avi"), "avi");
        assert_eq!((picture(&found).codec.as_str(), heard(&found).0), (video, audio));
    }
}

#[test]
fn sound_alone_has_a_length_too() {
    let found = reading(&sound(&["-c:a", "libmp3lame"], "avi"), "avi");
    lasts(&found, 3_000);
    assert_eq!(found.facts.video, None);
}

#[test]
fn the_index_tells_which_second_was_sent() {
    let film = divx();
    let found = reading(&film, "avi");
    let (size, ms) = (film.len() as u64, found.facts.duration_ms.unwrap());
    assert_eq!(credited(&found, &[0..size], film.len()), [(0, ms)]);
    assert_eq!(
        credited(&found, &[0..size / 4], film.len())
            .first()
            .map_or(0, |piece| piece.0),
        0
    );
    let movi = film.windows(4).position(|w| w == b"movi").unwrap() as u64;
    let without_the_first_picture = credited(&found, &[0..movi, movi + 100..size], film.len());
    assert_eq!(
        without_the_first_picture,
        [(1_000, ms)],
        "a byte of the first second is missing"
    );
}

#[test]
fn a_second_has_the_pictures_that_its_rate_says() {
    let body = [headers(4, Vec::new()), media(4)];
    let movi = 12 + body[0].len() as u64 + 8;
    let index: Vec<u8> = (0..4)
        .flat_map(|n| [b"00dc".to_vec(), words(&[16, 4 + n * 108, 100])].concat())
        .collect();
    let film = list(b"RIFF", b"AVI ", &[body.concat(), chunk(b"idx1", &index)]);
    let found = reading(&film, "avi");
    assert_eq!(found.facts.duration_ms, Some(2_000));
    let second = movi + 4 + 2 * 108;
    assert_eq!(credited(&found, &[0..second], film.len()), [(0, 1_000)]);
    assert_eq!(credited(&found, &[0..second - 1], film.len()), []);
}

#[test]
fn a_film_of_several_gigabytes_has_an_index_for_each() {
    let (film, first) = two_halves();
    let found = reading(&film, "avi");
    assert_eq!((found.facts.duration_ms, found.cut), (Some(4_000), None));
    assert!(found.facts.index_first);
    assert_eq!(credited(&found, &[0..film.len() as u64], film.len()), [(0, 4_000)]);
    assert_eq!(credited(&found, &[0..first as u64], film.len()), [(0, 2_000)]);
    let halved = reading(&film[..first], "avi");
    assert!(
        halved.cut.is_some_and(|need| need > first as u64),
        "the second half is missing"
    );
}

#[test]
#[expect(clippy::single_range_in_vec_init, reason = "one piece was sent")]
fn a_film_beyond_four_gigabytes_is_found_by_its_last_index_as_well() {
    let file = tempfile::tempfile().unwrap();
    let (size, third) = five_gigabytes(&file);
    assert!(size > 5_000_000_000 && file.metadata().unwrap().len() == size);
    let Ok(Inspected::Read(_, found)) = inspect(&file, size, "avi") else {
        panic!("an AVI")
    };
    assert_eq!((found.facts.duration_ms, found.cut), (Some(8_000), None));
    let upto = |to: u64| found.facts.map.media_for(&[0..to], size, 8_000);
    assert_eq!(upto(size), [(0, 8_000)]);
    assert_eq!(upto(third), [(0, 4_000)]);
    assert_eq!(upto(third + 400), [(0, 5_000)]);
}

#[test]
fn half_an_avi_says_how_long_it_should_be() {
    let film = divx();
    let found = reading(&film[..film.len() / 2], "avi");
    assert_eq!(found.cut, Some(film.len() as u64));
    lasts(&found, 3_000);
}

#[test]
fn an_index_that_points_outside_is_not_believed() {
    let mut film = divx();
    let index = film.windows(4).rposition(|w| w == b"idx1").unwrap();
    film[index + 8 + 8 + 160..][..4].copy_from_slice(&[0xff, 0xff, 0xff, 0x7f]);
    let found = reading(&film, "avi");
    assert_eq!(found.cut, None);
    lasts(&found, 3_000);
    film[index..][..4].copy_from_slice(b"JUNK");
    assert_eq!(found.facts.map, reading(&film, "avi").facts.map, "as without any index");
}

#[test]
fn a_recording_that_lost_its_power_is_what_it_is() {
    let mut film = list(b"RIFF", b"AVI ", &[headers(0, Vec::new()), media(3)]);
    film[4..8].fill(0);
    let movi = film.windows(4).position(|w| w == b"movi").unwrap();
    film[movi - 4..movi].fill(0);
    let found = reading(&film, "avi");
    assert_eq!((found.facts.duration_ms, found.cut), (Some(1_500), None));
    assert_eq!(picture(&found).codec, "cinepak");
    let third = movi as u64 + 4 + 2 * 108;
    assert_eq!(credited(&found, &[0..third], film.len()), [(0, 1_000)]);
    assert_eq!(credited(&found, &[0..third - 1], film.len()), []);
}

#[test]
fn a_dv_camera_has_picture_and_sound_in_one_stream() {
    let film = |pace| {
        list(
            b"RIFF",
            b"AVI ",
            &[headers_of(*b"iavsdvsd", pace, 50, Vec::new()), media(2)],
        )
    };
    for (pace, height, ms) in [([1, 25], 576, 2_000), ([1001, 30_000], 480, 1_668)] {
        let found = reading(&film(pace), "avi");
        let video = picture(&found);
        assert_eq!(
            (video.codec.as_str(), video.width, video.height),
            ("dvvideo", 720, height)
        );
        assert_eq!(found.facts.duration_ms, Some(ms));
    }
}

#[test]
fn a_title_of_an_old_chinese_program_is_read() {
    let gbk = [0xc5, 0xa9, 0xbc, 0xbc]; // 农技
    let info = list(b"LIST", b"INFO", &[chunk(b"INAM", &gbk)]);
    let film = list(b"RIFF", b"AVI ", &[headers(2, Vec::new()), info, media(2)]);
    assert_eq!(reading(&film, "avi").facts.title.as_deref(), Some("农技"));
}

#[test]
fn other_things_are_no_avi() {
    assert_eq!(damage(b"", "avi"), Damage::Empty);
    assert_eq!(
        damage(b"<html><body>404</body></html>", "avi"),
        Damage::NotWhatItsNameSays
    );
    assert_eq!(damage(&list(b"RIFF", b"WAVE", &[]), "avi"), Damage::NotWhatItsNameSays);
    assert_eq!(
        damage(&list(b"RIFF", b"AVI ", &[media(1)]), "avi"),
        Damage::Broken("it has no headers".into())
    );
}

#[test]
fn no_length_and_no_cut_brings_the_probe_down() {
    survives_lies(&divx(), "avi");
    survives_lies(&two_halves().0, "avi");
    survives_cuts(&divx(), "avi");
}
