//! The names that Microsoft's containers (AVI, WAV, ASF) give to picture and sound formats, in ffprobe's words.

/// A four-letter code of a picture format; case is not kept by those who write it. Unknown ones stay themselves.
pub(super) fn picture(code: [u8; 4]) -> String {
    let upper = code.map(|b| b.to_ascii_uppercase());
    let name = match &upper {
        b"H264" | b"X264" | b"AVC1" | b"DAVC" | b"VSSH" => "h264",
        b"HEVC" | b"H265" | b"X265" | b"HVC1" | b"HEV1" => "hevc",
        b"XVID" | b"DIVX" | b"DX50" | b"FMP4" | b"MP4V" | b"MP4S" | b"M4S2" | b"3IV2" | b"RMP4" | b"BLZ0" => "mpeg4",
        b"DIV3" | b"DIV4" | b"DIV5" | b"DIV6" | b"MP43" | b"MPG3" | b"AP41" | b"COL1" => "msmpeg4v3",
        b"MP42" | b"DIV2" => "msmpeg4v2",
        b"MPG4" | b"MP41" | b"DIV1" => "msmpeg4v1",
        b"WMV1" => "wmv1",
        b"WMV2" => "wmv2",
        b"WMV3" | b"WMVP" => "wmv3",
        b"WVC1" | b"WMVA" => "vc1",
        b"MSS1" => "mss1",
        b"MSS2" => "mss2",
        b"MJPG" | b"AVRN" | b"JPEG" | b"LJPG" | b"DMB1" => "mjpeg",
        b"MPG1" | b"MPEG" | b"PIM1" | b"\x01\0\0\x10" => "mpeg1video",
        b"MPG2" | b"\x02\0\0\x10" => "mpeg2video",
        b"DVSD" | b"DVHD" | b"DVSL" | b"DV25" | b"DV50" | b"CDVC" => "dvvideo",
        b"VP31" | b"VP30" => "vp3",
        b"VP60" | b"VP61" | b"VP62" => "vp6",
        b"VP6F" | b"FLV4" => "vp6f",
        b"VP80" => "vp8",
        b"VP90" => "vp9",
        b"AV01" => "av1",
        b"FLV1" | b"S263" => "flv1",
        b"H263" | b"X263" | b"M263" | b"U263" => "h263",
        b"IV31" | b"IV32" => "indeo3",
        b"IV41" => "indeo4",
        b"IV50" => "indeo5",
        b"CVID" => "cinepak",
        b"CRAM" | b"MSVC" | b"WHAM" => "msvideo1",
        b"TSCC" => "tscc",
        b"TSC2" => "tscc2",
        b"HFYU" => "huffyuv",
        b"FFVH" => "ffvhuff",
        b"FFV1" => "ffv1",
        b"LAGS" => "lagarith",
        b"ZLIB" => "zlib",
        b"\x01\0\0\0" | b"RLE " | b"MRLE" => "msrle",
        b"\0\0\0\0" | b"DIB " | b"RGB " | b"YUY2" | b"UYVY" | b"I420" | b"YV12" | b"IYUV" => "rawvideo",
        _ => return word(code),
    };
    name.to_owned()
}

/// A sound format's tag, with the bits of a sample where PCM needs them.
pub(super) fn sound(tag: u16, bits: u16) -> String {
    let name = match (tag, bits) {
        (1 | 0xfffe, 8) => "pcm_u8",
        (1 | 0xfffe, 24) => "pcm_s24le",
        (1 | 0xfffe, 32) => "pcm_s32le",
        (1 | 0xfffe, _) => "pcm_s16le",
        (2, _) => "adpcm_ms",
        (3, 64) => "pcm_f64le",
        (3, _) => "pcm_f32le",
        (6, _) => "pcm_alaw",
        (7, _) => "pcm_mulaw",
        (8 | 0x2001, _) => "dts",
        (0x0a, _) => "wmavoice",
        (0x11, _) => "adpcm_ima_wav",
        (0x22, _) => "truespeech",
        (0x31 | 0x32, _) => "gsm_ms",
        (0x45, _) => "adpcm_g726",
        (0x50, _) => "mp2",
        (0x55, _) => "mp3",
        (0x57, _) => "amr_nb",
        (0x58, _) => "amr_wb",
        (0xff | 0x706d | 0x4143 | 0x1600 | 0xa106, _) => "aac",
        (0x1602, _) => "aac_latm",
        (0x160, _) => "wmav1",
        (0x161, _) => "wmav2",
        (0x162, _) => "wmapro",
        (0x163, _) => "wmalossless",
        (0x2000, _) => "ac3",
        (0x2048 | 0x674f..=0x6751 | 0x676f..=0x6771, _) => "vorbis",
        (0x704f, _) => "opus",
        (0xf1ac, _) => "flac",
        _ => return format!("sound format {tag:#06x}"),
    };
    name.to_owned()
}

fn word(code: [u8; 4]) -> String {
    let letters = code.iter().map(|b| char::from(*b).to_ascii_lowercase());
    letters.filter(char::is_ascii_alphanumeric).collect()
}
