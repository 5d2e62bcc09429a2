//! Names that old systems, phones and jokers give to files.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use crate::station::{Station, bytes_of, film, only};

/// Shown readably under this name, and served.
fn is_shown(name: &[u8], readable: &str, title: &str) {
    let station = Station::new();
    station.put(OsString::from_vec(name.to_vec()), film());
    let catalogue = station.until_shown(&[readable]);
    assert_eq!(only(&catalogue).title, title);
    assert_eq!(bytes_of(&catalogue, &only(&catalogue)), film());
}

#[test]
fn a_name_of_255_bytes() {
    let title = "a".repeat(251);
    is_shown(format!("{title}.mp4").as_bytes(), &format!("{title}.mp4"), &title);
    let title = "片".repeat(83);
    is_shown(
        format!("{title}ab.mp4").as_bytes(),
        &format!("{title}ab.mp4"),
        &format!("{title}ab"),
    );
}

#[test]
fn a_name_with_pictures_in_it() {
    is_shown("春耕🌾👩‍🌾.mp4".as_bytes(), "春耕🌾👩‍🌾.mp4", "春耕🌾👩‍🌾");
}

#[test]
fn a_name_of_two_lines() {
    is_shown(b"first\nsecond.mp4", "first␊second.mp4", "first␊second");
}

#[test]
fn a_name_that_looks_like_an_option() {
    is_shown(b"-rf.mp4", "-rf.mp4", "-rf");
    is_shown(b"--help/-.mp4", "--help/-.mp4", "-");
}

#[test]
fn a_name_in_gbk_in_a_folder_in_gbk() {
    is_shown(b"\xd1\xf8\xb7\xe4/\xc9\xbd\xc6\xc2.mp4", "养蜂/山坡.mp4", "山坡");
}

#[test]
fn a_name_in_no_known_writing() {
    is_shown(b"\xff\xfe.mp4", "\u{fffd}\u{fffd}.mp4", "\u{fffd}\u{fffd}");
}

#[test]
fn a_name_with_spaces_quotes_percents_and_marks_of_html() {
    let name = r#" 100% <b>"it's"</b>?#&amp;.mp4"#;
    let flat = name.replace('/', "");
    is_shown(flat.as_bytes(), &flat, flat.trim_end_matches(".mp4"));
}

#[test]
fn a_name_with_an_ending_in_capitals() {
    is_shown("讲座.MP4".as_bytes(), "讲座.MP4", "讲座");
}
