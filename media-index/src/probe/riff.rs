//! RIFF (Microsoft): chunks of a name, a length and content, the small end first, an odd length followed by one byte
//! more.

/// The chunks in these bytes; the last may be cut off.
pub(super) fn chunks(bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (name, length) = head(rest)?;
        let body = &rest[8..];
        let end = usize::try_from(length).ok()?.min(body.len());
        rest = body.get(end + end % 2..).unwrap_or_default();
        Some((name, &body[..end]))
    })
}

/// The content of the first list of this type.
pub(super) fn list<'a>(bytes: &'a [u8], kind: &[u8]) -> Option<&'a [u8]> {
    lists(bytes, *b"LIST").find_map(|(found, body)| (found == kind).then_some(body))
}

/// The lists in these bytes: their type and content.
pub(super) fn lists(bytes: &[u8], name: [u8; 4]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let lists = chunks(bytes).filter(move |(found, _)| *found == name);
    lists.filter_map(|(_, body)| body.split_at_checked(4))
}

/// Name and length of the chunk that begins here.
pub(super) fn head(bytes: &[u8]) -> Option<([u8; 4], u32)> {
    let name = bytes.get(..4)?.try_into().ok()?;
    Some((name, u32_at(bytes, 4)?))
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let two = bytes.get(at..at.checked_add(2)?)?;
    two.try_into().ok().map(u16::from_le_bytes)
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    four.try_into().ok().map(u32::from_le_bytes)
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    let eight = bytes.get(at..at.checked_add(8)?)?;
    eight.try_into().ok().map(u64::from_le_bytes)
}

/// Text that ends with a zero: UTF-8 where it is that, else what Chinese programs write.
pub(super) fn text(bytes: &[u8]) -> Option<String> {
    let bytes = bytes.split(|b| *b == 0).next()?;
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => encoding_rs::GB18030.decode(bytes).0,
    };
    let shown: String = text.chars().filter(|c| !c.is_control()).take(200).collect();
    Some(shown.trim().to_owned()).filter(|t| !t.is_empty())
}
