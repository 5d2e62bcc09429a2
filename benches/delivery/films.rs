//! A few films of real bytes: a short one that ffmpeg made, with a `free` box of noise behind it, so that a disk would
//! have to read them and no server can guess them.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

/// So many films.
pub const FILMS: usize = 4;
/// Each with so many bytes behind it.
const NOISE: usize = 192 << 20;

/// Puts them into `folder`, as `film0.mp4` and so on.
pub fn make(folder: &Path) {
    let short = folder.join("short.mp4");
    let source = "testsrc2=size=128x72:rate=10:duration=10";
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p"])
        .args(["-movflags", "+faststart"])
        .arg(&short)
        .status();
    assert!(made.is_ok_and(|status| status.success()), "ffmpeg is needed");
    let head = fs::read(&short).expect("the film that was made");
    fs::remove_file(short).expect("it is ours");
    for n in 0..FILMS {
        let mut film = head.clone();
        film.extend_from_slice(&u32::try_from(NOISE).expect("below 4 GiB").to_be_bytes());
        film.extend_from_slice(b"free");
        film.extend(noise(n as u64 + 1).take(NOISE - 8));
        let mut place = fs::File::create(folder.join(format!("film{n}.mp4"))).expect("a writable folder");
        place
            .write_all(&film)
            .and_then(|()| place.sync_all())
            .expect("room on the disk");
    }
}

fn noise(mut state: u64) -> impl Iterator<Item = u8> {
    std::iter::repeat_with(move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()
    })
    .flatten()
}
