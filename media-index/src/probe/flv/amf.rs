//! The values of Flash (AMF 0, version 0 of the Action Message Format): a name and a value, some of which hold others.
//! Walked with a stack of its own, so that nesting costs nothing but an entry of it.

use crate::probe::source::Cursor;

/// `onMetaData` holds objects of arrays; deeper is not meant seriously.
const DEPTH: usize = 8;

/// A plain value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value<'a> {
    Number(f64),
    Text(&'a [u8]),
    Other,
}

/// What is being walked through.
enum Level<'a> {
    /// Pairs of name and value, until an empty name and the mark 9.
    Named,
    /// So many values more under the one name of the list.
    List { name: &'a [u8], left: u32 },
}

/// The event's name, then every plain value with the name that it or its list has.
pub(super) fn walk<'a>(bytes: &'a [u8], mut each: impl FnMut(&'a [u8], Value<'a>)) {
    let mut rest = Cursor(bytes);
    let mut levels = Vec::new();
    while let Some(found) = value(&mut rest) {
        enter(found, b"", &mut levels, &mut each);
        if !levels.is_empty() {
            break;
        }
    }
    while let Some(()) = step(&mut rest, &mut levels, &mut each) {}
}

/// A value that was begun.
#[derive(Clone, Copy)]
enum Found<'a> {
    Plain(Value<'a>),
    Pairs,
    Values(u32),
}

fn enter<'a>(
    found: Found<'a>,
    name: &'a [u8],
    levels: &mut Vec<Level<'a>>,
    each: &mut impl FnMut(&'a [u8], Value<'a>),
) {
    match found {
        Found::Plain(value) => each(name, value),
        Found::Pairs => levels.push(Level::Named),
        Found::Values(left) => levels.push(Level::List { name, left }),
    }
}

/// The next value; `None` at the end, and where the bytes make no sense.
fn step<'a>(
    rest: &mut Cursor<'a>,
    levels: &mut Vec<Level<'a>>,
    each: &mut impl FnMut(&'a [u8], Value<'a>),
) -> Option<()> {
    let name = match levels.last_mut()? {
        Level::List { left: 0, .. } => return levels.pop().map(drop),
        Level::List { name, left } => {
            *left -= 1;
            *name
        }
        Level::Named => {
            let length = rest.u16()?;
            let name = rest.take(length.into())?;
            if name.is_empty() && rest.0.first() == Some(&9) {
                rest.skip(1)?;
                return levels.pop().map(drop);
            }
            name
        }
    };
    let found = value(rest)?;
    enter(found, name, levels, each);
    (levels.len() <= DEPTH).then_some(())
}

fn value<'a>(rest: &mut Cursor<'a>) -> Option<Found<'a>> {
    let plain = match rest.u8()? {
        0 => Value::Number(f64::from_bits(rest.u64()?)),
        1 => skipped(rest, 1)?,
        2 => {
            let length = rest.u16()?;
            Value::Text(rest.take(length.into())?)
        }
        3 => return Some(Found::Pairs),
        5 | 6 => Value::Other,
        8 => {
            rest.skip(4)?;
            return Some(Found::Pairs);
        }
        10 => return Some(Found::Values(rest.u32()?)),
        11 => skipped(rest, 10)?,
        12 => {
            let length = rest.u32()?;
            Value::Text(rest.take(usize::try_from(length).ok()?)?)
        }
        _ => return None,
    };
    Some(Found::Plain(plain))
}

fn skipped<'a>(rest: &mut Cursor<'a>, bytes: usize) -> Option<Value<'a>> {
    rest.skip(bytes)?;
    Some(Value::Other)
}
