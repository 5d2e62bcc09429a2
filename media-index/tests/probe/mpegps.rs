//! Program streams: films of ffmpeg's on discs, in the sectors of a Video CD, and without any container.

use std::sync::atomic::{AtomicU64, Ordering};

use media_index::Damage;
use media_index::probe::{Inspected, inspect};

use crate::film::{Heard, Long, damage, film, heard, lasts, picture, reading, survives_cuts, survives_lies};

fn video_cd() -> Vec<u8> {
    film(&["-target", "pal-vcd"], "mpg")
}

/// The film in sectors as a PC copies them from the disc: a head of 44 bytes; then sync, address and kind, 2,324 bytes,
/// and a checksum.
fn in_sectors(film: &[u8]) -> Vec<u8> {
    let sectors: Vec<u8> = film
        .chunks(2_324)
        .flat_map(|content| {
            let mut sector = vec![0xff; 2_352];
            (sector[0], sector[11]) = (0, 0);
            sector[12..24].copy_from_slice(&[0, 2, 0, 2, 1, 1, 0x62, 0x0f, 1, 1, 0x62, 0x0f]);
            sector[24..2_348].fill(0);
            sector[24..24 + content.len()].copy_from_slice(content);
            sector
        })
        .collect();
    let length = |more: usize| u32::try_from(sectors.len() + more).unwrap().to_le_bytes();
    let head = [
        &b"RIFF"[..],
        &length(36),
        b"CDXAfmt \x10\0\0\0",
        &[0; 16],
        b"data",
        &length(0),
    ]
    .concat();
    [head, sectors].concat()
}

#[test]
fn a_disc_says_what_is_in_it() {
    let found = reading(&film(&["-target", "pal-dvd"], "vob"), "vob");
    lasts(&found, 3_000);
    assert_eq!(heard(&found), ("ac3", 1, 48_000));
    let video = picture(&found);
    assert_eq!(
        (video.codec.as_str(), video.width, video.height),
        ("mpeg2video", 720, 576)
    );
    assert_eq!(video.frame_rate, Some(25.0));
}

#[test]
fn each_kind_of_sound_is_found() {
    let cases: [(&[&str], Heard<'_>); 3] = [
        (&["-c:v", "mpeg2video", "-c:a", "mp2"], ("mp2", 1, 44_100)),
        (
            &["-c:v", "mpeg2video", "-c:a", "pcm_dvd", "-ar", "48000"],
            ("pcm_dvd", 1, 48_000),
        ),
        (
            &["-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "libmp3lame"],
            ("mp3", 1, 44_100),
        ),
    ];
    for (way, sound) in cases {
        let found = reading(&film(&[way, &["-f", "vob"]].concat(), "vob"), "vob");
        assert_eq!(heard(&found), sound);
        assert_eq!((picture(&found).width, picture(&found).height), (320, 180));
        lasts(&found, 3_000);
    }
}

#[test]
fn a_video_cd_is_read_through_its_sectors() {
    let plain = video_cd();
    let disc = in_sectors(&plain);
    for found in [
        reading(&plain, "mpg"),
        reading(&disc, "dat"),
        reading(&disc[44..], "dat"),
    ] {
        lasts(&found, 3_000);
        assert_eq!(heard(&found), ("mp2", 2, 44_100));
        let video = picture(&found);
        assert_eq!(
            (video.codec.as_str(), video.width, video.height),
            ("mpeg1video", 352, 288)
        );
        assert_eq!(found.cut, None);
    }
    let half = reading(&disc[..disc.len() / 2], "dat");
    assert_eq!(half.cut, Some(disc.len() as u64));
}

#[test]
fn the_bytes_decide_what_a_name_leaves_open() {
    let recording = film(&["-c:v", "mpeg2video", "-c:a", "mp2"], "ts");
    for name in ["mpg", "mpeg", "vob", "dat"] {
        lasts(&reading(&recording, name), 3_000);
    }
    lasts(&reading(&video_cd(), "ts"), 3_000);
}

#[test]
fn pictures_without_a_container_last_as_their_rate_says() {
    // ffmpeg writes the constant rate into the sequence header and keeps to it.
    let way = [
        "-c:v",
        "mpeg1video",
        "-b:v",
        "1M",
        "-minrate",
        "1M",
        "-maxrate",
        "1M",
        "-bufsize",
        "400k",
        "-an",
        "-f",
        "mpeg1video",
    ];
    let bare = film(&way, "mpg");
    let found = reading(&bare, "mpg");
    assert_eq!(found.facts.duration_ms, Some(bare.len() as u64 * 8_000 / 1_000_000));
    assert_eq!(found.facts.audio, None);
}

#[test]
fn pictures_of_varying_rate_last_as_their_groups_say() {
    let found = reading(&film(&["-c:v", "mpeg2video", "-an", "-f", "mpeg2video"], "mpg"), "mpg");
    lasts(&found, 3_000);
    assert_eq!(picture(&found).codec, "mpeg2video");
}

#[test]
fn a_film_cut_out_of_the_middle_still_plays() {
    let film = video_cd();
    let part = &film[film.len() / 3..film.len() / 3 * 2];
    let found = reading(part, "mpg");
    assert_eq!(picture(&found).width, 352);
    // A third of the bytes, less what belongs to pictures before.
    assert!(found.facts.duration_ms.is_some_and(|ms| (700..1_300).contains(&ms)));
}

#[test]
fn chapters_with_clocks_of_their_own_add_up() {
    let found = reading(&video_cd().repeat(40), "mpg");
    let ms = found.facts.duration_ms.unwrap();
    assert!(ms.abs_diff(120_000) < 12_000, "{ms} ms instead of about 120 s");
}

#[test]
fn a_whole_disc_costs_no_more_than_its_first_minute() {
    let way = ["-c:v", "mpeg2video", "-c:a", "mp2", "-f", "vob"];
    let head = film(&way, "vob");
    let tail = film(&[&way[..], &["-output_ts_offset", "5400"]].concat(), "vob");
    let disc = Long {
        head: &head,
        tail: &tail,
        size: 4 << 30,
        read: AtomicU64::new(0),
    };
    let Ok(Inspected::Read(_, found)) = inspect(&disc, disc.size, "vob") else {
        panic!()
    };
    // The writer lets the first film begin half a second late.
    assert!(found.facts.duration_ms.is_some_and(|ms| ms.abs_diff(5_403_000) < 1_000));
    assert!(disc.read.load(Ordering::Relaxed) < 1 << 20);
}

#[test]
fn other_things_are_no_film() {
    assert_eq!(damage(b"", "mpg"), Damage::Empty);
    assert_eq!(
        damage(b"%!PS\n/Courier 20 selectfont", "mpg"),
        Damage::NotWhatItsNameSays
    );
    assert_eq!(damage(&vec![0; 50_000], "dat"), Damage::NotWhatItsNameSays);
    let packs_alone = [0, 0, 1, 0xba, 0x44, 0, 4, 0, 4, 1, 0, 1, 0x89, 0xf8].repeat(20);
    assert_eq!(damage(&packs_alone, "mpg"), Damage::NoStreams);
}

#[test]
fn no_length_and_no_cut_brings_the_probe_down() {
    survives_lies(&video_cd(), "mpg");
    survives_lies(&in_sectors(&video_cd()), "dat");
    survives_cuts(&video_cd(), "mpg");
}
