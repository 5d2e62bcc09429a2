//! Any bytes as a text without a word about its encoding, and as subtitles of each kind.
#![no_main]

use media_index::subtitle;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    media_index_fuzz::try_out(data, "txt");
    drop(subtitle::decode(data));
    for ending in ["srt", "vtt", "ass"] {
        if let Ok(text) = subtitle::to_webvtt(data, ending) {
            assert!(text.starts_with("WEBVTT"));
        }
    }
});
