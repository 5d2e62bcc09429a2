//! Any bytes under the names of the older office files: one answer, no panic, bounded work.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    for ending in ["doc", "ppt", "xls", "wps"] {
        media_index_fuzz::try_out(data, ending);
    }
});
