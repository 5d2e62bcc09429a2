//! Sound alone: what varies in rate, is packed, or carries a large picture.

use std::ops::Range;
use std::os::unix::fs::FileExt;

use media_index::Damage;
use media_index::probe::{Inspected, inspect};

use crate::film::{credited, damage, heard, lasts, reading, sound};

#[test]
fn dolby_in_a_file_of_its_own_tells_its_length_by_its_frames() {
    let cases: [(&str, &str); 5] = [
        ("ac3", "44100"),
        ("ac3", "48000"),
        ("ac3", "32000"),
        ("eac3", "48000"),
        ("eac3", "44100"),
    ];
    for (ending, rate) in cases {
        let sound = sound(&["-c:a", ending, "-ar", rate], ending);
        let reading = reading(&sound, ending);
        lasts(&reading, 3_000);
        assert_eq!(heard(&reading), (ending, 1, rate.parse().unwrap()));
        assert_eq!(
            damage(&[0x0b, 0x77, 0, 0, 0, 0, 0, 0], ending),
            Damage::NotWhatItsNameSays
        );
    }
}

#[test]
fn packed_sound_in_wav_lasts_as_long_as_its_samples() {
    for codec in ["adpcm_ima_wav", "adpcm_ms", "libmp3lame"] {
        let reading = reading(&sound(&["-c:a", codec, "-ar", "44100"], "wav"), "wav");
        lasts(&reading, 3_000);
    }
    let long = reading(&sound(&["-c:a", "pcm_s24le"], "wav"), "wav");
    lasts(&long, 3_000);
    assert_eq!(heard(&long), ("pcm_s24le", 1, 44_100));
}

/// Three seconds of sound behind a picture of 60,000 bytes.
fn behind_a_picture(way: &[&str]) -> (Vec<u8>, u64) {
    let sound = sound(&[way, &["-id3v2_version", "0"]].concat(), "mp3");
    let picture = [&b"APIC\0\0\xea\x60\0\0"[..], &vec![7; 60_000]].concat();
    let length = picture.len();
    let bytes = [21, 14, 7, 0].map(|shift| u8::try_from(length >> shift & 0x7f).unwrap());
    let tag = [&b"ID3\x03\0\0"[..], &bytes, &picture].concat();
    (([&tag[..], &sound]).concat(), tag.len() as u64)
}

#[test]
fn a_picture_before_the_sound_is_nothing_that_was_heard() {
    for way in [&["-b:a", "64k"][..], &["-q:a", "4"], &["-q:a", "4", "-write_xing", "0"]] {
        let (film, begin) = behind_a_picture(way);
        let reading = reading(&film, "mp3");
        lasts(&reading, 3_000);
        let (size, ms) = (film.len() as u64, reading.facts.duration_ms.unwrap());
        assert_eq!(credited(&reading, &[0..begin], film.len()), [], "{way:?}");
        assert_eq!(credited(&reading, &[0..size], film.len()), [(0, ms)], "{way:?}");
        let half = credited(&reading, &[0..begin + (size - begin) / 2], film.len());
        assert!(matches!(half[..], [(0, 1_000)]), "{way:?}: {half:?}");
    }
}

/// Covers of 40 megabytes before the title, older tags with their own behind the sound.
#[test]
fn the_title_behind_a_huge_picture_is_found_and_no_tag_is_heard() {
    let sound = sound(&["-q:a", "4", "-id3v2_version", "0", "-write_xing", "0"], "mp3");
    let (cover, title) = (40_000_000_u32, &b"TIT2\0\0\0\x05\0\0\x03Weir"[..]);
    let length = 10 + cover + u32::try_from(title.len()).unwrap();
    let sevens = [21, 14, 7, 0].map(|shift| u8::try_from(length >> shift & 0x7f).unwrap());
    let head = [&b"ID3\x03\0\0"[..], &sevens, b"APIC", &cover.to_be_bytes(), &[0, 0]].concat();
    let ape = [2000, 5_000_000_u32, 1, 1 << 31, 0, 0].map(u32::to_le_bytes).concat();
    let file = tempfile::tempfile().unwrap();
    let begin = u64::from(10 + length);
    file.write_all_at(&head, 0).unwrap();
    file.write_all_at(&[title, &sound].concat(), begin - title.len() as u64)
        .unwrap();
    let size = begin + sound.len() as u64 + 32 + 5_000_000 + 128;
    file.write_all_at(&[b"APETAGEX", &ape[..], b"TAG", &[0; 125]].concat(), size - 160)
        .unwrap();
    let Ok(Inspected::Read(_, found)) = inspect(&file, size, "mp3") else {
        panic!("sound")
    };
    lasts(&found, 3_000);
    assert_eq!(found.facts.title.as_deref(), Some("Weir"));
    let ms = found.facts.duration_ms.unwrap();
    let of = |sent: Range<u64>| found.facts.map.media_for(&[sent], size, ms);
    assert_eq!(of(0..begin), []);
    assert_eq!(of(begin..begin + sound.len() as u64), [(0, ms)]);
}

/// Pieces of different streams, one after the other, as a recorder of broadcasts writes them.
fn chain(ways: &[(&[&str], &str)]) -> Vec<Vec<u8>> {
    ways.iter()
        .zip(1..)
        .map(|((way, ending), serial)| {
            sound(
                &[way, &["-serial_offset", &format!("{serial}000")][..]].concat(),
                ending,
            )
        })
        .collect()
}

#[test]
fn a_chain_of_ogg_lasts_as_long_as_all_its_links() {
    let opus: (&[&str], &str) = (&["-c:a", "libopus"], "opus");
    let vorbis: (&[&str], &str) = (&["-c:a", "libvorbis"], "ogg");
    for ways in [vec![opus, opus], vec![vorbis, opus, vorbis], vec![opus; 12]] {
        let links = chain(&ways);
        let film = links.concat();
        let found = reading(&film, "ogg");
        let length = 3_000 * links.len() as u64;
        let ms = found.facts.duration_ms.unwrap();
        assert!(
            ms.abs_diff(length) <= 50 * links.len() as u64,
            "{ms} ms instead of {length}"
        );
        assert_eq!(found.cut, None);
        assert_eq!(heard(&found).0, if ways[0].1 == "opus" { "opus" } else { "vorbis" });
        assert_eq!(credited(&found, &[0..film.len() as u64], film.len()), [(0, ms)]);
        let first = credited(&found, &[0..links[0].len() as u64], film.len());
        assert!(matches!(first[..], [(0, 2_000..=3_000)]), "{first:?}");
    }
}

#[test]
fn one_piece_twice_is_twice_as_long_and_a_chain_that_is_cut_is_cut() {
    let piece = sound(&["-c:a", "libvorbis"], "ogg");
    lasts(&reading(&piece.repeat(2), "ogg"), 6_000);
    let cut = [
        &piece[..],
        &chain(&[(&["-c:a", "libvorbis"], "ogg")])[0][..piece.len() / 2],
    ]
    .concat();
    assert!(reading(&cut, "ogg").cut.is_some());
}

#[test]
fn a_broadcast_that_was_begun_at_noon_is_not_twelve_hours_long() {
    let late = sound(&["-c:a", "libvorbis", "-output_ts_offset", "43200"], "ogg");
    let found = reading(&late, "ogg");
    let ms = found.facts.duration_ms.unwrap();
    assert!(ms <= 3_100, "{ms}");
}

#[test]
fn flac_that_was_written_into_a_pipe_is_counted_by_its_last_frame() {
    let mut piped = sound(&["-c:a", "flac"], "flac");
    // 36 bits of samples, then the checksum of all (RFC 9639 §8.2).
    piped[21] &= 0xf0;
    piped[22..26].fill(0);
    lasts(&reading(&piped, "flac"), 3_000);
}

#[test]
fn a_table_for_seeking_is_believed_unless_it_falls() {
    let plain = sound(&["-c:a", "flac"], "flac");
    let size = plain.len() as u64;
    let with_table = |places: &[(u64, u64)]| {
        let table: Vec<u8> = places
            .iter()
            .flat_map(|(sample, offset)| [&sample.to_be_bytes()[..], &offset.to_be_bytes(), &[0x10, 0]].concat())
            .collect();
        let head = [3, 0, 0, u8::try_from(table.len()).unwrap()];
        [&plain[..42], &head, &table, &plain[42..]].concat()
    };
    // Of three seconds two are said to lie in the last third.
    let film = with_table(&[(44_100, size / 10 * 6), (u64::MAX, 0)]);
    let found = reading(&film, "flac");
    assert_eq!(credited(&found, &[0..size / 2], film.len()), []);
    let film = with_table(&[(88_200, size / 2), (44_100, size / 3)]);
    let found = reading(&film, "flac");
    assert!(matches!(
        credited(&found, &[0..size / 2 + 600], film.len())[..],
        [(0, 1_000)]
    ));
}

#[test]
fn notes_around_the_sound_of_a_wav_are_nothing_that_was_heard() {
    let plain = sound(&["-c:a", "pcm_s16le"], "wav");
    let junk = [&b"JUNK"[..], &100_000_u32.to_le_bytes(), &vec![0; 100_000]].concat();
    let film = [&plain[..12], &junk, &plain[12..]].concat();
    let found = reading(&film, "wav");
    lasts(&found, 3_000);
    assert_eq!(credited(&found, &[0..100_000], film.len()), []);
    assert_eq!(credited(&found, &[0..film.len() as u64], film.len()), [(0, 3_000)]);
    let half = (film.len() - plain.len() + plain.len() / 2) as u64;
    assert_eq!(credited(&found, &[0..half], film.len()), [(0, 1_000)]);
}
