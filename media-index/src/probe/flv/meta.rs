//! `onMetaData`: what the writer of the film put down about it, and where the key frames lie.

use super::amf::{Value, walk};
use crate::TimeMap;

/// The key frames of a day at one a second.
const KEY_FRAMES: usize = 100_000;

/// What the script says; every word of it is optional.
#[derive(Debug, Default)]
pub(super) struct Meta {
    pub(super) duration_ms: Option<u64>,
    /// Bytes of the whole file.
    pub(super) size: Option<u64>,
    /// Width and height; 0 where they are not told.
    pub(super) picture: (u32, u32),
    pub(super) frame_rate: Option<f32>,
    pub(super) title: Option<String>,
    /// Milliseconds and places of the key frames.
    times: Vec<u64>,
    places: Vec<u64>,
}

impl Meta {
    /// Reads the content of a script tag.
    pub(super) fn read(&mut self, content: &[u8]) {
        walk(content, |name, value| match value {
            Value::Number(number) => self.number(name, number),
            Value::Text(text) if name == b"title" => self.title = title(text),
            _ => {}
        });
    }

    fn number(&mut self, name: &[u8], number: f64) {
        match name {
            b"duration" => self.duration_ms = whole(number * 1000.0).filter(|ms| *ms > 0),
            b"filesize" => self.size = whole(number),
            b"width" => self.picture.0 = whole(number).and_then(|n| u32::try_from(n).ok()).unwrap_or(0),
            b"height" => self.picture.1 = whole(number).and_then(|n| u32::try_from(n).ok()).unwrap_or(0),
            b"framerate" => self.frame_rate = rate(number),
            b"times" if self.times.len() < KEY_FRAMES => self.times.extend(whole(number * 1000.0)),
            b"filepositions" if self.places.len() < KEY_FRAMES => self.places.extend(whole(number)),
            _ => {}
        }
    }

    /// From key frame to key frame. `None` where times or places do not rise, or lead beyond the end: then the list was
    /// made for another file.
    pub(super) fn map(&self, duration_ms: u64, size: u64) -> Option<TimeMap> {
        let count = self.times.len().min(self.places.len());
        let (times, places) = (&self.times[..count], &self.places[..count]);
        let rise = times.is_sorted() && places.is_sorted() && places.last().is_some_and(|last| *last < size);
        if !rise || self.times.len() != self.places.len() {
            return None;
        }
        let points: Vec<(u64, u64)> = times.iter().copied().zip(places.iter().copied()).collect();
        Some(TimeMap::by_places(&points, size, duration_ms))
    }
}

/// A number that can be a count: neither negative nor endless.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "within the bounds that were just checked"
)]
fn whole(number: f64) -> Option<u64> {
    (0.0..9e15).contains(&number).then(|| number.round() as u64)
}

#[expect(clippy::cast_possible_truncation, reason = "a rate for people")]
fn rate(number: f64) -> Option<f32> {
    (number > 0.0 && number <= 300.0).then_some(number as f32)
}

fn title(text: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(text);
    let shown: String = text.chars().filter(|c| !c.is_control()).take(200).collect();
    Some(shown.trim().to_owned()).filter(|t| !t.is_empty())
}
