//! The only clock of this crate: milliseconds since the machine started, for waiting and settling.

/// Milliseconds on `CLOCK_BOOTTIME`. Dates of files are compared for inequality only, so no other clock is needed.
pub(crate) fn now_ms() -> u64 {
    let t = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    u64::try_from(t.tv_sec * 1000 + t.tv_nsec / 1_000_000).unwrap_or(0)
}
