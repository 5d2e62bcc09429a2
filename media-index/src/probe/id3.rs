//! Tags around bare sound: `ID3v2` before it (versions 2.2 to 2.4, by id3.org's documents), `ID3v1` and `APEv2` behind it.
//! A picture of many megabytes is skipped, not read.

use super::riff::u32_at;
use super::source::{Cursor, Source};
use crate::Damage;

/// Bytes of a tag's head.
const HEAD: u64 = 10;
/// Programs that do not know a tag put theirs before it.
const TAGS: usize = 4;
/// Frames of a tag that are looked at.
const FRAMES: usize = 128;
/// A longer title is nobody's.
const TITLE: u64 = 4 * 1024;

/// Where the tags end (0 without one), and the first title.
pub(super) fn before(source: &Source<'_>) -> Result<(u64, Option<String>), Damage> {
    let (mut end, mut title) = (0, None);
    for _ in 0..TAGS {
        let Some(tag) = Tag::at(source, end)? else { break };
        end = tag.end();
        if end >= source.size() {
            return Err(Damage::Truncated {
                have: source.size(),
                need: end + 1,
            });
        }
        title = title.or(tag.title(source)?);
    }
    Ok((end, title))
}

/// Bytes of the tags at the end: `ID3v1` has 128, and before it an `APEv2` footer tells the length of its tag, which its
/// head adds to.
pub(super) fn behind(source: &Source<'_>) -> Result<u64, Damage> {
    let from = source.size().saturating_sub(128 + 32);
    let tail = source.read(from, source.size() - from)?;
    let before = match tail.split_at_checked(tail.len().saturating_sub(128)) {
        Some((before, older)) if older.starts_with(b"TAG") => before,
        _ => &tail[..],
    };
    let footer = before.get(before.len().saturating_sub(32)..).unwrap_or_default();
    let ape = if footer.starts_with(b"APETAGEX") {
        let has_head = u32_at(footer, 20).is_some_and(|flags| flags >> 31 == 1);
        u64::from(u32_at(footer, 12).unwrap_or(0)) + if has_head { 32 } else { 0 }
    } else {
        0
    };
    Ok((tail.len() - before.len()) as u64 + ape)
}

/// An `ID3v2` tag.
struct Tag {
    at: u64,
    /// 2, 3 or 4.
    version: u8,
    flags: u8,
    /// Bytes behind the head.
    length: u64,
}

impl Tag {
    fn at(source: &Source<'_>, at: u64) -> Result<Option<Self>, Damage> {
        let head = source.read_up_to(at, HEAD)?;
        let [b'I', b'D', b'3', version, _, flags, length @ ..] = &head[..] else {
            return Ok(None);
        };
        let length = <[u8; 4]>::try_from(length).ok();
        Ok(length.map(|length| Self {
            at,
            version: *version,
            flags: *flags,
            length: sevens(u32::from_be_bytes(length)).into(),
        }))
    }

    fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Behind a tag of version 2.4 its head may stand once more.
    fn end(&self) -> u64 {
        let footer = if self.version >= 4 && self.has(0x10) { HEAD } else { 0 };
        self.at + HEAD + self.length + footer
    }

    /// From frame to frame; what is not the title is not read.
    fn title(&self, source: &Source<'_>) -> Result<Option<String>, Damage> {
        let end = self.at + HEAD + self.length;
        let mut at = self.at + HEAD + self.extended(source)?;
        for _ in 0..FRAMES {
            let head = source.read_up_to(at, HEAD.min(end.saturating_sub(at)))?;
            let Some(frame) = Frame::read(&head, self.version) else {
                break;
            };
            at += frame.head;
            if matches!(&frame.name[..], b"TIT2" | b"TT2") {
                let content = source.read_up_to(at, frame.length.min(TITLE).min(end.saturating_sub(at)))?;
                return Ok(decode(&frame.plain(content, self.has(0x80))));
            }
            at = at.saturating_add(frame.length);
        }
        Ok(None)
    }

    /// Bytes of the extended head before the frames: version 2.3 counts without the number itself.
    fn extended(&self, source: &Source<'_>) -> Result<u64, Damage> {
        if self.version < 3 || !self.has(0x40) {
            return Ok(0);
        }
        let head = source.read_up_to(self.at + HEAD, 4)?;
        let length = Cursor(&head).u32().unwrap_or(0);
        Ok(match self.version {
            3 => 4 + u64::from(length),
            _ => sevens(length).into(),
        })
    }
}

/// The head of a frame.
struct Frame {
    name: Vec<u8>,
    head: u64,
    length: u64,
    flags: u16,
}

impl Frame {
    /// `None` for what cannot be one: behind the last frame are zeros.
    fn read(bytes: &[u8], version: u8) -> Option<Self> {
        let mut cursor = Cursor(bytes);
        let name = cursor.take(if version == 2 { 3 } else { 4 })?.to_vec();
        let length = match version {
            2 => u32::from(cursor.u8()?) << 16 | u32::from(cursor.u16()?),
            3 => cursor.u32()?,
            _ => sevens(cursor.u32()?),
        };
        let flags = if version < 4 { 0 } else { cursor.u16()? };
        let is_name = name
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        is_name.then_some(Self {
            name,
            head: if version == 2 { 6 } else { HEAD },
            length: length.into(),
            flags,
        })
    }

    /// The content without what version 2.4 may put before it, and without the zeros that hide it from old players.
    fn plain(&self, mut content: Vec<u8>, is_hidden: bool) -> Vec<u8> {
        if self.flags & 1 != 0 {
            content.drain(..content.len().min(4));
        }
        if is_hidden || self.flags & 2 != 0 {
            let mut before = 0;
            content.retain(|byte| {
                let is_put_in = before == 0xff && *byte == 0;
                before = *byte;
                !is_put_in
            });
        }
        content
    }
}

/// A number of which every byte has seven bits.
fn sevens(number: u32) -> u32 {
    (0..4).fold(0, |n, k| n | (number >> (8 * k) & 0x7f) << (7 * k))
}

/// Encoding byte, then text. Chinese tags that claim Latin-1 are GBK in practice.
fn decode(content: &[u8]) -> Option<String> {
    let (encoding, text) = content.split_first()?;
    let text = match encoding {
        1 => {
            encoding_rs::Encoding::for_bom(text)
                .map_or(encoding_rs::UTF_16LE, |(e, _)| e)
                .decode(text)
                .0
        }
        2 => encoding_rs::UTF_16BE.decode(text).0,
        3 => encoding_rs::UTF_8.decode(text).0,
        _ => encoding_rs::GB18030.decode(text).0,
    };
    let text: String = text.chars().filter(|c| !c.is_control()).take(200).collect();
    Some(text.trim().to_owned()).filter(|t| !t.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tag of these frames.
    fn tag(version: u8, flags: u8, frames: &[u8]) -> Vec<u8> {
        let length = [21, 14, 7, 0].map(|shift| u8::try_from(frames.len() >> shift & 0x7f).unwrap());
        [&b"ID3"[..], &[version, 0, flags], &length, frames].concat()
    }

    fn frame(name: &[u8], flags: u8, content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        let head = if name.len() == 3 { &length[1..] } else { &length[..] };
        let flags: &[u8] = if name.len() == 3 { &[] } else { &[0, flags] };
        [name, head, flags, content].concat()
    }

    fn found(tags: &[u8]) -> (u64, Option<String>) {
        let file = [tags, b"sound"].concat();
        before(&Source::new(&file.as_slice(), file.len() as u64)).unwrap()
    }

    #[test]
    fn the_title_of_every_version_is_read() {
        let nongji: Vec<u8> = "农技".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let utf16 = [&[1, 0xff, 0xfe][..], &nongji].concat();
        let hidden = [&[1, 0xff, 0, 0xfe][..], &nongji].concat();
        let measured = [&[0, 0, 0, 7][..], &utf16].concat();
        let extended = [&[0, 0, 0, 6, 0, 0, 0, 0, 0, 0][..], &frame(b"TIT2", 0, &utf16)].concat();
        let cases = [
            tag(2, 0, &frame(b"TT2", 0, &[0, 0xc5, 0xa9, 0xbc, 0xbc])),
            tag(3, 0, &frame(b"TIT2", 0, &utf16)),
            tag(3, 0x80, &frame(b"TIT2", 0, &hidden)),
            tag(3, 0x40, &extended),
            tag(4, 0, &frame(b"TIT2", 1, &measured)),
            tag(4, 0, &frame(b"TIT2", 2, &hidden)),
        ];
        for case in cases {
            assert_eq!(found(&case), (case.len() as u64, Some("农技".into())), "{case:02x?}");
        }
    }

    #[test]
    fn a_tag_before_a_tag_and_a_footer_are_skipped() {
        let title = tag(3, 0, &frame(b"TIT2", 0, b"\x03Weir"));
        let two = [tag(3, 0, &frame(b"TALB", 0, b"\x03Water")), title].concat();
        assert_eq!(found(&two), (two.len() as u64, Some("Weir".into())));
        let mut footed = tag(4, 0x10, &frame(b"TIT2", 0, b"\x03Weir"));
        footed.extend([b"3DI\x04\0\x10".as_slice(), &[0; 4]].concat());
        assert_eq!(found(&footed), (footed.len() as u64, Some("Weir".into())));
    }

    #[test]
    fn the_tags_behind_are_counted_whole() {
        let footer = |flags: u32| {
            let numbers = [2000, 1_000, 1, flags, 0, 0].map(u32::to_le_bytes).concat();
            [b"APETAGEX", &numbers[..]].concat()
        };
        let old = [&b"TAG"[..], &[0; 125]].concat();
        let length = |tail: &[u8]| {
            let file = [&[1; 4_000], tail].concat();
            behind(&Source::new(&file.as_slice(), file.len() as u64)).unwrap()
        };
        assert_eq!(length(&[]), 0);
        assert_eq!(length(&old), 128);
        assert_eq!(length(&footer(0)), 1_000);
        assert_eq!(length(&[footer(1 << 31), old].concat()), 1_160);
    }
}
