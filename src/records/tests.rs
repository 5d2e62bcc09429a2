use super::picture::{self, BadPicture, strip};

fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker], length.as_slice(), content].concat()
}

/// EXIF as a phone writes it: which way is up, and where it was taken.
fn exif(up: u8) -> Vec<u8> {
    let mut tiff = b"II\x2a\0\x08\0\0\0\x02\0".to_vec();
    tiff.extend([0x12, 0x01, 3, 0, 1, 0, 0, 0, up, 0, 0, 0]);
    tiff.extend([0x25, 0x88, 4, 0, 1, 0, 0, 0, 38, 0, 0, 0]);
    tiff.extend(b"\0\0\0\0GPSLatitude 30.123 Huawei P30");
    [b"Exif\0\0".as_slice(), &tiff].concat()
}

/// A JPEG with everything that a phone hides in one, and a second picture after its end.
fn photo(up: u8) -> Vec<u8> {
    let scan = [0x11, 0xff, 0x00, 0x22, 0xff, 0xd0, 0x33];
    [
        vec![0xff, 0xd8],
        segment(0xe1, &exif(up)),
        segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>Huawei</x:xmpmeta>"),
        segment(0xe2, b"MPF\0second picture"),
        segment(0xe2, b"ICC_PROFILE\0\x01\x01colours"),
        segment(0xed, b"Photoshop 3.0\0caption"),
        segment(0xfe, b"taken in Qingshiqiao"),
        segment(0xdb, &[0; 65]),
        segment(0xc2, &[8, 0, 1, 0, 1, 1, 1, 0x11, 0]),
        segment(0xda, &[1, 1, 0, 0, 63, 0]),
        scan.to_vec(),
        segment(0xc4, &[0; 17]),
        segment(0xda, &[1, 1, 0, 0, 63, 1]),
        scan.to_vec(),
        vec![0xff, 0xd9],
        b"MotionPhoto GPS 30.123".to_vec(),
    ]
    .concat()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|part| part == text.as_bytes())
}

#[test]
fn a_photo_keeps_the_picture_and_loses_place_phone_and_what_follows() {
    let kept = strip(&photo(1)).unwrap();
    for secret in [
        "GPS",
        "Huawei",
        "xmpmeta",
        "MPF",
        "Photoshop",
        "Qingshiqiao",
        "Motion",
        "Exif",
    ] {
        assert!(!holds(&kept, secret), "{secret}");
    }
    assert!(holds(&kept, "ICC_PROFILE"));
    // Both scans of a progressive picture are there, and it ends where it ends.
    assert_eq!(kept.windows(2).filter(|pair| *pair == [0xff, 0xda]).count(), 2);
    assert!(kept.ends_with(&[0x33, 0xff, 0xd9]));
    assert_eq!(strip(&kept).unwrap(), kept, "what was cleaned is clean");
}

#[test]
fn which_way_is_up_is_kept_and_nothing_else_of_the_notes() {
    let kept = strip(&photo(6)).unwrap();
    assert!(!holds(&kept, "Huawei"));
    let note = kept.windows(6).position(|part| part == b"Exif\0\0").unwrap();
    assert_eq!(kept[note + 6 + 18..note + 6 + 20], [0, 6]);
    assert_eq!(strip(&kept).unwrap(), kept);
}

#[test]
fn a_picture_that_was_cut_anywhere_is_refused_and_never_panics() {
    let whole = photo(6);
    let end = whole.windows(2).rposition(|pair| pair == [0xff, 0xd9]).unwrap();
    for length in 3..=end {
        assert_eq!(strip(&whole[..length]), Err(BadPicture::Damaged), "{length}");
    }
    for at in 0..whole.len() {
        let mut odd = whole.clone();
        odd[at] ^= 0xff;
        drop(strip(&odd));
    }
}

#[test]
fn a_png_keeps_what_draws_it() {
    let chunk = |kind: &[u8; 4], content: &[u8]| {
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        [length.as_slice(), kind, content, &[0; 4]].concat()
    };
    let whole = [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(b"IHDR", &[0; 13]),
        chunk(b"tEXt", b"Location\0Qingshiqiao"),
        chunk(b"eXIf", b"II GPS"),
        chunk(b"IDAT", b"picture"),
        chunk(b"IEND", b""),
        b"trailing".to_vec(),
    ]
    .concat();
    let kept = strip(&whole).unwrap();
    assert!(
        holds(&kept, "picture") && !holds(&kept, "Qingshiqiao") && !holds(&kept, "GPS") && !holds(&kept, "trailing")
    );
    for length in 8..whole.len() - 8 {
        assert_eq!(strip(&whole[..length]), Err(BadPicture::Damaged), "{length}");
    }
    assert_eq!(picture::mime(&kept), "image/png");
}

#[test]
fn what_is_no_picture_is_refused() {
    assert_eq!(strip(b"GIF89a"), Err(BadPicture::Kind));
    assert_eq!(strip(b"<svg onload=alert(1)>"), Err(BadPicture::Kind));
    assert_eq!(strip(b""), Err(BadPicture::Kind));
    assert_eq!(strip(&vec![0xff; picture::LIMIT + 1]), Err(BadPicture::TooLarge));
}
