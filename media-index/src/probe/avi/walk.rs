//! A film without an index, or with one that cannot be right: from a pipe, or its recorder lost its power. The chunks
//! themselves tell their lengths and nothing of the time, but each picture lasts as long as the others: runs of them
//! here and there say how fast the bytes pass (see `pace`).

use std::ops::Range;

use super::stream::Stream;
use crate::Damage;
use crate::probe::pace::{self, Run};
use crate::probe::riff::head;
use crate::probe::source::Source;
use crate::timemap::Spot;

const HEAD: usize = 8;
/// A list that groups what belongs together (`rec `) is entered: its head, and its kind.
const LIST_HEAD: usize = 12;
/// No picture of a station's film is longer; a longer one is a name met by chance.
const LONGEST: usize = 16 << 20;

/// Places of these media, the end among them; the last one's time is how long `stream` plays.
pub(super) fn spots(source: &Source<'_>, media: &Range<u64>, stream: &Stream) -> Result<Vec<Spot>, Damage> {
    pace::spots(source, media, &pace::PICTURES, |bytes| run(bytes, stream))
}

/// From the beginning of a chunk of this stream to that of a later one: what lies between them, sound mostly, belongs to
/// it. Where no later one begins within the bytes, to its own end.
fn run(bytes: &[u8], stream: &Stream) -> Option<Run> {
    let skip = first(bytes, stream)?;
    let (mut at, mut end, mut units, mut played) = (skip, skip, 0, 0);
    while let Some(chunk) = Chunk::at(bytes, at) {
        if stream.owns(chunk.name) {
            (end, played) = (at, units);
            if stream.us(played) >= pace::ENOUGH_US {
                break;
            }
            units += stream.units(chunk.length as u64);
        }
        at = chunk.next;
    }
    if at == bytes.len() || played == 0 {
        (end, played) = (at, units);
    }
    Some(Run {
        skip: skip as u64,
        bytes: (end - skip) as u64,
        us: stream.us(played),
    })
}

/// Where the first chunk of this stream begins that another one follows.
fn first(bytes: &[u8], stream: &Stream) -> Option<usize> {
    let begins = |at: usize| Chunk::at(bytes, at).filter(|chunk| stream.owns(chunk.name));
    (0..bytes.len()).find(|at| begins(*at).is_some_and(|chunk| chunk.is_followed(bytes)))
}

/// A chunk, and where the next one begins.
struct Chunk {
    name: [u8; 4],
    length: usize,
    next: usize,
}

impl Chunk {
    /// The chunk whose head lies here; `None` if it can be none of the media.
    fn at(bytes: &[u8], at: usize) -> Option<Self> {
        let (name, length) = head(bytes.get(at..)?)?;
        let length = usize::try_from(length).ok().filter(|length| *length <= LONGEST)?;
        let next = match &name {
            b"LIST" => at + LIST_HEAD,
            b"JUNK" | [b'0'..=b'9', b'0'..=b'9', ..] | [b'i', b'x', b'0'..=b'9', b'0'..=b'9'] => {
                at + HEAD + length + length % 2
            }
            _ => return None,
        };
        Some(Self { name, length, next })
    }

    /// Whether another chunk begins where this one ends, or that place is not to be seen.
    fn is_followed(&self, bytes: &[u8]) -> bool {
        self.next + HEAD > bytes.len() || Self::at(bytes, self.next).is_some()
    }
}
