//! Any bytes as a note beside a film: what can be understood counts, nothing stands in the film's way.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    for ending in ["toml", "nfo"] {
        drop(media_index::Sheet::read(data, ending));
    }
});
