//! What the probes find in films, container by container: made by ffmpeg, or by hand where a film is broken.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(
    clippy::single_range_in_vec_init,
    reason = "one piece was sent, not each of its bytes"
)]

mod avi;
mod every;
mod film;
mod flv;
mod found;
mod matroska;
mod mp4;
mod mpegps;
mod mpegts;
mod odd;
mod sound;
mod uneven;
