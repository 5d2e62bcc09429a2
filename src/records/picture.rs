//! A photo without anything but the picture: no place where it was taken, no name of the phone, no hidden second picture.
//!
//! What is not needed to draw the picture is left out, rather than what is known to be dangerous: phones invent new
//! places for their notes. Only which way is up is read from the notes of a JPEG and written anew.

/// A phone's photo has 3 to 8 MB. The page makes it smaller before it sends; one from an old phone comes as it is.
pub const LIMIT: usize = 10 << 20;

/// Why a picture is not kept. The reader is the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPicture {
    /// Neither JPEG nor PNG.
    #[error("neither a JPEG nor a PNG picture")]
    Kind,
    /// It ends too early, or its parts make no sense.
    #[error("the picture is damaged")]
    Damaged,
    /// More bytes than [`LIMIT`].
    #[error("the picture has more than 10 MB")]
    TooLarge,
}

/// The same picture and nothing else.
pub fn strip(bytes: &[u8]) -> Result<Vec<u8>, BadPicture> {
    if bytes.len() > LIMIT {
        return Err(BadPicture::TooLarge);
    }
    if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        return jpeg(bytes).ok_or(BadPicture::Damaged);
    }
    if bytes.starts_with(PNG) {
        return png(bytes).ok_or(BadPicture::Damaged);
    }
    Err(BadPicture::Kind)
}

/// `image/jpeg` or `image/png`, by the first bytes.
pub fn mime(bytes: &[u8]) -> &'static str {
    if bytes.starts_with(PNG) {
        "image/png"
    } else {
        "image/jpeg"
    }
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Markers of ITU-T T.81 table B.1.
const SOI: u8 = 0xd8;
const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;
const APP0: u8 = 0xe0;
const APP1: u8 = 0xe1;
const APP2: u8 = 0xe2;
/// Adobe's, which says how the colours are coded.
const APP14: u8 = 0xee;
const APP15: u8 = 0xef;
const COMMENT: u8 = 0xfe;

fn jpeg(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = vec![0xff, SOI];
    let mut up = 1;
    let mut at = 2;
    let mut body = Vec::with_capacity(bytes.len());
    let mut has_scan = false;
    loop {
        // A marker may be padded with any number of 0xff.
        while *bytes.get(at)? == 0xff && *bytes.get(at + 1)? == 0xff {
            at += 1;
        }
        let (0xff, marker) = (*bytes.get(at)?, *bytes.get(at + 1)?) else {
            return None;
        };
        at += 2;
        if marker == EOI {
            break;
        }
        let length = usize::from(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
        let segment = bytes.get(at..at + length).filter(|segment| segment.len() >= 2)?;
        if marker == APP1 {
            up = orientation(&segment[2..]).unwrap_or(up);
        }
        if is_needed(marker, &segment[2..]) {
            body.extend([0xff, marker]);
            body.extend(segment);
        }
        at += length;
        if marker == SOS {
            let end = at + scan(bytes.get(at..)?)?;
            body.extend(&bytes[at..end]);
            (at, has_scan) = (end, true);
        }
    }
    if !has_scan {
        return None;
    }
    out.extend(note_of(up));
    out.extend(body);
    out.extend([0xff, EOI]);
    Some(out)
}

fn is_needed(marker: u8, content: &[u8]) -> bool {
    match marker {
        APP0 => content.starts_with(b"JFIF\0"),
        APP2 => content.starts_with(b"ICC_PROFILE\0"),
        APP14 => true,
        APP1..=APP15 | COMMENT => false,
        _ => true,
    }
}

/// The length of the coded data: up to the next marker that is neither a stuffed byte nor a restart.
fn scan(bytes: &[u8]) -> Option<usize> {
    let pairs = bytes.windows(2);
    let is_end = |pair: &[u8]| pair[0] == 0xff && pair[1] != 0 && !(0xd0..=0xd7).contains(&pair[1]) && pair[1] != 0xff;
    pairs.enumerate().find(|(_, pair)| is_end(pair)).map(|(at, _)| at)
}

/// Which way is up, 1 to 8: EXIF 2.3, tag 0x0112 of the first directory.
fn orientation(content: &[u8]) -> Option<u8> {
    let tiff = content.strip_prefix(b"Exif\0\0")?;
    let is_little = match tiff.get(..2)? {
        b"II" => true,
        b"MM" => false,
        _ => return None,
    };
    let number = |at: usize, size: usize| {
        let bytes = tiff.get(at..at.checked_add(size)?)?;
        let add = |sum: usize, byte: &u8| sum << 8 | usize::from(*byte);
        Some(if is_little {
            bytes.iter().rev().fold(0, add)
        } else {
            bytes.iter().fold(0, add)
        })
    };
    let directory = number(4, 4)?;
    let entries = number(directory, 2)?.min(512);
    let entry = (0..entries)
        .map(|n| directory + 2 + n * 12)
        .find(|at| number(*at, 2) == Some(0x0112))?;
    u8::try_from(number(entry + 8, 2)?)
        .ok()
        .filter(|up| (1..=8).contains(up))
}

/// The smallest EXIF note that says which way is up; none where up is up.
fn note_of(up: u8) -> Vec<u8> {
    if up == 1 {
        return Vec::new();
    }
    let tiff = [
        b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".as_slice(),
        &[up],
        b"\0\0\0\0\0\0",
    ]
    .concat();
    let content = [b"Exif\0\0".as_slice(), &tiff].concat();
    let length = u16::try_from(content.len() + 2).expect("34 bytes");
    [&[0xff, APP1], length.to_be_bytes().as_slice(), &content].concat()
}

/// Chunks that draw the picture (PNG, third edition, clause 11): texts, times, EXIF and private chunks are left out.
const DRAWING: [&[u8]; 10] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"pHYs",
];

fn png(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = PNG.to_vec();
    let mut at = PNG.len();
    let mut has_data = false;
    loop {
        let length = u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?);
        let end = at.checked_add(12)?.checked_add(usize::try_from(length).ok()?)?;
        let chunk = bytes.get(at..end)?;
        let kind = &chunk[4..8];
        has_data |= kind == b"IDAT";
        if DRAWING.contains(&kind) {
            out.extend(chunk);
        }
        if kind == b"IEND" {
            return has_data.then_some(out);
        }
        at = end;
    }
}
