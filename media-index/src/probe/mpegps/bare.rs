//! MPEG video that nobody put into a container: no times at all but those that picture groups tell.

use super::sectors::Film;
use crate::probe::Reading;
use crate::probe::bits::{Bits, units};
use crate::probe::measure::bitrate;
use crate::probe::mpegvideo::{self, Sequence};
use crate::{Damage, Facts};

const READING: u64 = 128 * 1024;
/// A picture group is half a second.
const TAIL: u64 = 4;
const GROUP: u8 = 0xb8;
const PICTURE: u8 = 0;
/// Pictures a second where the sequence does not tell.
const USUAL_RATE: f32 = 25.0;

pub(super) fn probe(film: &Film<'_>, head: &[u8]) -> Result<Reading, Damage> {
    let sequence = mpegvideo::sequence(head).ok_or(Damage::NotWhatItsNameSays)?;
    let duration_ms = match sequence.bitrate {
        Some(rate) => Some(film.size().saturating_mul(8_000) / rate),
        None => by_groups(film, head, &sequence)?,
    };
    let duration_ms = duration_ms.filter(|ms| *ms > 0);
    Ok(Reading::whole(Facts {
        duration_ms,
        video: Some(sequence.track),
        bitrate: bitrate(film.size(), duration_ms),
        index_first: true,
        ..Facts::default()
    }))
}

/// From the first group's time to the last one's, and the pictures that follow it.
fn by_groups(film: &Film<'_>, head: &[u8], sequence: &Sequence) -> Result<Option<u64>, Damage> {
    let rate = sequence.track.frame_rate.unwrap_or(USUAL_RATE);
    let Some(first) = units(head).find_map(Group::read) else {
        return Ok(None);
    };
    let mut end = film.size();
    for _ in 0..TAIL {
        let start = end.saturating_sub(READING);
        let bytes = film.read_up_to(start, READING)?;
        if let Some(last) = Group::last(&bytes) {
            return Ok(last.ms(rate).checked_sub(first.ms(rate)));
        }
        if start == 0 {
            break;
        }
        end = start;
    }
    Ok(None)
}

/// The time that a group tells (ISO/IEC 11172-2 §2.4.2.4), and pictures beyond it.
struct Group {
    seconds: u32,
    pictures: u32,
}

impl Group {
    fn read(unit: &[u8]) -> Option<Self> {
        let mut bits = Bits::new(unit.strip_prefix(&[GROUP])?);
        bits.skip(1)?;
        let (hours, minutes) = (bits.take(5)?, bits.take(6)?);
        bits.skip(1)?;
        Some(Self {
            seconds: hours * 3600 + minutes * 60 + bits.take(6)?,
            pictures: bits.take(6)?,
        })
    }

    /// The last group, with the pictures that follow.
    fn last(bytes: &[u8]) -> Option<Self> {
        units(bytes).fold(None, |last, unit| match (Self::read(unit), last) {
            (Some(group), _) => Some(group),
            (None, Some(mut group)) => {
                group.pictures = group.pictures.saturating_add(u32::from(unit.first() == Some(&PICTURE)));
                Some(group)
            }
            (None, None) => None,
        })
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float that is cast saturates; a day has far fewer milliseconds than a double's whole numbers"
    )]
    fn ms(&self, rate: f32) -> u64 {
        let pictures = f64::from(self.pictures) * 1000.0 / f64::from(rate);
        u64::from(self.seconds) * 1000 + pictures.round() as u64
    }
}
