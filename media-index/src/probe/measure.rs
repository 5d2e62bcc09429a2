//! Rates and lengths for people, out of the counts and scales of the containers.

/// More pictures a second than any camera of a village takes: a scale that cannot be meant.
const FASTEST: f32 = 300.0;

/// Pictures per second; `None` for what cannot be a rate.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a rate for people"
)]
pub(super) fn frame_rate(pictures: u64, seconds: u64) -> Option<f32> {
    let rate = (pictures as f64 / seconds as f64) as f32;
    (seconds > 0 && rate > 0.0 && rate <= FASTEST).then_some(rate)
}

/// `units` of which `rate / scale` make a second, in milliseconds.
pub(super) fn ms(units: u64, scale: u64, rate: u64) -> u64 {
    let ms = u128::from(units) * u128::from(scale) * 1000 / u128::from(rate.max(1));
    u64::try_from(ms).unwrap_or(u64::MAX)
}

/// Bits per second over the whole file.
pub(super) fn bitrate(size: u64, duration_ms: Option<u64>) -> Option<u64> {
    let ms = duration_ms.filter(|ms| *ms > 0)?;
    Some(size.saturating_mul(8_000) / ms)
}
