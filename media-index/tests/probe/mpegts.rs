//! Transport streams: films of ffmpeg's, and what reception, clocks and copies do to them.

use std::sync::atomic::{AtomicU64, Ordering};

use media_index::Damage;
use media_index::probe::{Inspected, inspect};

use crate::film::{H264, Long, damage, film, heard, lasts, picture, reading, sound, survives_cuts, survives_lies};

const PACKET: usize = 188;

fn recording() -> Vec<u8> {
    film(&["-c:v", "mpeg2video", "-c:a", "mp2"], "ts")
}

#[test]
fn a_recording_says_what_is_in_it() {
    let found = reading(&recording(), "ts");
    lasts(&found, 3_000);
    assert_eq!(heard(&found), ("mp2", 1, 44_100));
    let video = picture(&found);
    assert_eq!(
        (video.codec.as_str(), video.width, video.height),
        ("mpeg2video", 320, 180)
    );
    assert_eq!(
        (video.profile, video.level),
        (Some(4), Some(8)),
        "main profile at main level"
    );
    assert_eq!(video.frame_rate, Some(25.0));
}

#[test]
fn a_camcorders_packets_are_four_bytes_longer() {
    let way = [&H264[..8], &["-c:a", "ac3", "-f", "mpegts", "-mpegts_m2ts_mode", "1"]].concat();
    let found = reading(&film(&way, "mts"), "mts");
    lasts(&found, 3_000);
    assert_eq!(heard(&found), ("ac3", 1, 44_100));
    assert_eq!(
        (picture(&found).codec.as_str(), picture(&found).profile),
        ("h264", Some(66))
    );
}

#[test]
fn ten_bits_and_hevc_are_told_before_a_phone_fails_at_them() {
    let ten = reading(
        &film(&["-c:v", "libx264", "-pix_fmt", "yuv420p10le", "-c:a", "eac3"], "ts"),
        "ts",
    );
    assert_eq!((picture(&ten).profile, picture(&ten).bit_depth), (Some(110), Some(10)));
    assert_eq!(heard(&ten).0, "eac3");
    let hevc = [
        "-c:v",
        "libx265",
        "-x265-params",
        "log-level=error",
        "-pix_fmt",
        "yuv420p",
        "-c:a",
        "aac",
    ];
    let hevc = reading(&film(&hevc, "ts"), "ts");
    assert_eq!(
        (
            picture(&hevc).codec.as_str(),
            picture(&hevc).width,
            picture(&hevc).height
        ),
        ("hevc", 320, 180)
    );
    assert_eq!(picture(&hevc).frame_rate, Some(25.0), "by the step between its times");
}

#[test]
fn sound_is_heard_in_every_wrapping() {
    let cases: [(&[&str], &str); 4] = [
        (&["-c:a", "aac"], "aac"),
        (&["-c:a", "aac", "-mpegts_flags", "latm"], "aac_latm"),
        (&["-c:a", "libmp3lame"], "mp3"),
        (&["-c:a", "dca", "-strict", "-2"], "dts"),
    ];
    for (way, codec) in cases {
        let found = reading(&sound(way, "ts"), "ts");
        assert_eq!(heard(&found), (codec, 1, 44_100));
        lasts(&found, 3_000);
    }
}

#[test]
fn the_clock_may_come_round_in_the_middle_of_a_film() {
    // 2³³ ticks of 1/90,000 s are 95,443.7 s.
    let way = [&H264[..], &["-output_ts_offset", "95441"]].concat();
    lasts(&reading(&film(&way, "ts"), "ts"), 3_000);
}

#[test]
fn rubbish_before_the_first_packet_and_a_cut_behind_the_last_harm_nobody() {
    let film = recording();
    let mut rubbish = vec![0x47; 3];
    rubbish.extend((0..5_000_u32).map(|n| u8::try_from(n * n % 251).unwrap()));
    let found = reading(&[&rubbish, &film[..film.len() - 50]].concat(), "ts");
    lasts(&found, 3_000);
    assert_eq!(picture(&found).width, 320);
}

#[test]
fn a_damaged_table_is_not_believed_while_a_sound_one_follows() {
    let mut film = recording();
    let first_map = film
        .chunks(PACKET)
        .position(|packet| packet[1..3] == [0x50, 0])
        .unwrap();
    // The kind of the first stream: MPEG-2 becomes HEVC.
    let kind = first_map * PACKET + 4 + 1 + 12;
    assert_eq!(film[kind], 2);
    film[kind] = 0x24;
    assert_eq!(picture(&reading(&film, "ts")).codec, "mpeg2video");
}

#[test]
fn lost_packets_cost_their_pictures_and_no_more() {
    let mut film = recording();
    for n in (20..film.len() / PACKET).step_by(7) {
        film[n * PACKET] = 0;
    }
    film.drain(40 * PACKET + 10..41 * PACKET);
    lasts(&reading(&film, "ts"), 3_000);
}

#[test]
fn a_download_of_many_pieces_is_as_long_as_all_of_them() {
    let way = ["-c:v", "mpeg2video", "-c:a", "mp2", "-muxrate", "3M"];
    let piece = film(&way, "ts");
    for pieces in [2, 3, 8, 25] {
        let found = reading(&piece.repeat(pieces), "ts");
        let (ms, expected) = (found.facts.duration_ms.unwrap(), pieces as u64 * 3_000);
        assert!(
            ms.abs_diff(expected) < expected / 10,
            "{ms} ms instead of about {expected}"
        );
    }
}

#[test]
fn an_evenings_recording_costs_no_more_than_a_minute() {
    let head = film(&H264, "ts");
    let tail = film(&[&H264[..], &["-output_ts_offset", "7200"]].concat(), "ts");
    let evening = Long {
        head: &head,
        tail: &tail,
        size: 8 << 30,
        read: AtomicU64::new(0),
    };
    let Ok(Inspected::Read(_, found)) = inspect(&evening, evening.size, "ts") else {
        panic!()
    };
    lasts(&found, 7_203_000);
    assert!(evening.read.load(Ordering::Relaxed) < 1 << 20);
}

#[test]
fn other_things_are_no_recording() {
    assert_eq!(damage(b"", "ts"), Damage::Empty);
    let lines = (0..400).map(|n| format!("export const GREETING_{n}: string = '{}';\n", "G".repeat(n % 7)));
    let program: String = lines.collect();
    assert_eq!(damage(program.as_bytes(), "ts"), Damage::NotWhatItsNameSays);
    assert_eq!(damage(&[0x47; 10_000], "ts"), Damage::NoStreams);
}

#[test]
fn no_length_and_no_cut_brings_the_probe_down() {
    survives_lies(&recording(), "ts");
    survives_cuts(&film(&H264, "ts"), "ts");
}
