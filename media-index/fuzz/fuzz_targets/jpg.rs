//! Any bytes under the name of a picture (the reader goes by what is in it: JPEG, PNG, GIF, BMP, WebP).
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| media_index_fuzz::try_out(data, "jpg"));
