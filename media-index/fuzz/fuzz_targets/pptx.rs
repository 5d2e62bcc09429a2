//! Any bytes under the names of the office files that are archives: one answer, no panic, bounded work.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    for ending in ["pptx", "docx", "xlsx"] {
        media_index_fuzz::try_out(data, ending);
    }
});
