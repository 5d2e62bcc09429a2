//! Any bytes under the name of this container: one answer, no panic, bounded work.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| media_index_fuzz::try_out(data, "pdf"));
