//! Sound alone: what varies in rate, is packed, or carries a large picture.

use crate::film::{credited, damage, heard, lasts, reading, sound};
use media_index::Damage;

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
