//! Subtitles in whatever encoding and form they come, as the WebVTT that browsers read.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::Encoding;

/// Subtitles of a three-hour film have about 300 KB.
pub const LIMIT: usize = 4 << 20;

/// Why subtitles cannot be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SubtitleError {
    /// Longer than any film's.
    #[error("the subtitle file is larger than {LIMIT} bytes")]
    TooLarge,
    /// No line with a time in it.
    #[error("there are no timed lines in it")]
    NoCues,
}

/// Turns `.srt`, `.vtt` or `.ass` into WebVTT. `ending` is in lower case.
pub fn to_webvtt(bytes: &[u8], ending: &str) -> Result<String, SubtitleError> {
    if bytes.len() > LIMIT {
        return Err(SubtitleError::TooLarge);
    }
    let text = decode(bytes).replace("\r\n", "\n").replace('\r', "\n");
    let cues = match ending {
        "ass" | "ssa" => from_ass(&text),
        _ => from_srt(&text),
    };
    if cues.is_empty() {
        return Err(SubtitleError::NoCues);
    }
    Ok(format!("WEBVTT\n\n{cues}"))
}

/// In the encoding that it is in.
pub fn decode(bytes: &[u8]) -> String {
    encoding(bytes, true).decode(bytes).0.into_owned()
}

/// By its mark if it has one, UTF-16 if that makes words of its zeros, UTF-8 if it is valid, else by its looks: GBK, GB18030,
/// Big5. Bytes that are not `whole` may end within a character.
pub(crate) fn encoding(bytes: &[u8], whole: bool) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding;
    }
    if let Some(encoding) = utf16_without_mark(bytes) {
        return encoding;
    }
    match std::str::from_utf8(bytes) {
        Ok(_) => return encoding_rs::UTF_8,
        Err(error) if !whole && error.error_len().is_none() => return encoding_rs::UTF_8,
        Err(_) => {}
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, whole);
    match detector.guess(Some(b"cn"), Utf8Detection::Deny) {
        guess if guess == encoding_rs::GBK && is_rather_big5(bytes) => encoding_rs::BIG5,
        guess => guess,
    }
}

/// A text in GBK is made of the 3,755 common characters of GB 2312, one in Big5 of the 5,401 common ones of that; read as
/// the other, either is full of rare ones. The detector is told that it is in China, and takes all for GBK.
fn is_rather_big5(bytes: &[u8]) -> bool {
    let (mut all, mut gbk, mut big5) = (0, 0, 0);
    let mut rest = bytes.iter();
    while let Some(lead) = rest.next() {
        if *lead < 0x80 {
            continue;
        }
        // What is cut off within a character says nothing.
        let Some(trail) = rest.next() else { break };
        if !matches!((lead, trail), (0xa1..=0xf9, 0x40..=0x7e | 0xa1..=0xfe)) {
            return false;
        }
        // Marks lie in the first rows of both.
        if *lead > 0xa3 {
            all += 1;
            gbk += u32::from(matches!((lead, trail), (0xb0..=0xd7, 0xa1..)));
            big5 += u32::from(*lead <= 0xc6);
        }
    }
    big5 * 10 > all * 9 && gbk * 10 < all * 7
}

/// So many bytes tell whether they are UTF-16.
const UTF16_SAMPLE: usize = 4_096;

/// UTF-16 that does not say so: no other text has a zero in it, and each of its line ends and digits has one. Of the two
/// orders of bytes the one that makes more Latin letters and signs of them; the other makes rare characters.
pub(crate) fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = &bytes[..bytes.len().min(UTF16_SAMPLE)];
    if !sample.contains(&0) {
        return None;
    }
    let latin = |order: fn([u8; 2]) -> u16| {
        let units = sample.chunks_exact(2).map(|pair| order([pair[0], pair[1]]));
        let (mut all, mut usual, mut latin) = (0, 0, 0);
        for unit in units {
            all += 1;
            match unit {
                0x09 | 0x0a | 0x0d | 0x20..=0x7e => (usual, latin) = (usual + 1, latin + 1),
                0..=0x9f => return None,
                0xa0..=0xff | 0x2000..=0x206f | 0x3000..=0x30ff | 0x3400..=0x9fff | 0xff00..=0xffef => usual += 1,
                _ => {}
            }
        }
        // Nine in ten: emoji and rare signs come as well.
        (latin > 0 && usual * 10 >= all * 9).then_some(latin)
    };
    match (latin(u16::from_le_bytes), latin(u16::from_be_bytes)) {
        (None, None) => None,
        (little, big) if little >= big => Some(encoding_rs::UTF_16LE),
        _ => Some(encoding_rs::UTF_16BE),
    }
}

/// Blocks with a line `00:00:01,000 --> 00:00:04,000`; WebVTT's own blocks look alike but for the comma.
fn from_srt(text: &str) -> String {
    let mut out = String::new();
    for block in text.split("\n\n") {
        let mut lines = block.lines().skip_while(|line| !line.contains("-->"));
        let Some(times) = lines.next().and_then(times_of) else {
            continue;
        };
        let said: Vec<String> = lines.filter(|line| !line.trim().is_empty()).map(plain).collect();
        if !said.is_empty() {
            out.push_str(&format_cue(times, &said.join("\n")));
        }
    }
    out
}

fn times_of(line: &str) -> Option<(u64, u64)> {
    let (from, rest) = line.split_once("-->")?;
    let to = rest.split_whitespace().next()?;
    Some((milliseconds(from.trim())?, milliseconds(to)?))
}

/// `1:02:03,450`, `02:03.45`: hours may be missing, the fraction may be short.
fn milliseconds(text: &str) -> Option<u64> {
    let (clock, fraction) = text.split_once([',', '.']).unwrap_or((text, "0"));
    let mut seconds = 0_u64;
    for part in clock.split(':') {
        seconds = seconds.checked_mul(60)?.checked_add(part.trim().parse().ok()?)?;
    }
    let digits: String = fraction.chars().take(3).collect();
    let scale = [1000, 100, 10, 1].get(digits.len())?;
    Some(seconds.checked_mul(1000)? + digits.parse::<u64>().ok()? * scale)
}

fn format_cue((from, to): (u64, u64), said: &str) -> String {
    let clock = |ms: u64| {
        let (s, ms) = (ms / 1000, ms % 1000);
        format!("{:02}:{:02}:{:02}.{ms:03}", s / 3600, s / 60 % 60, s % 60)
    };
    format!("{} --> {}\n{said}\n\n", clock(from), clock(to))
}

/// Drops markup and what WebVTT would take for some.
fn plain(line: &str) -> String {
    let mut out = String::new();
    let mut depth = 0_u32;
    for c in line.chars() {
        match c {
            '<' => depth += 1,
            '>' if depth > 0 => depth -= 1,
            _ if depth > 0 => {}
            '&' => out.push_str("&amp;"),
            '>' => out.push_str("&gt;"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out.trim().to_owned()
}

/// `Dialogue: layer,start,end,style,name,left,right,vertical,effect,text` lines of the events section.
fn from_ass(text: &str) -> String {
    let mut cues: Vec<((u64, u64), String)> = text.lines().filter_map(dialogue).collect();
    cues.sort();
    cues.iter().map(|(times, said)| format_cue(*times, said)).collect()
}

fn dialogue(line: &str) -> Option<((u64, u64), String)> {
    let fields: Vec<&str> = line.strip_prefix("Dialogue:")?.splitn(10, ',').collect();
    let times = (
        milliseconds(fields.get(1)?.trim())?,
        milliseconds(fields.get(2)?.trim())?,
    );
    let mut said = String::new();
    let mut depth = 0_u32;
    for c in fields.get(9)?.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            c if depth == 0 => said.push(c),
            _ => {}
        }
    }
    let lines: Vec<String> = said
        .replace("\\N", "\n")
        .replace("\\n", "\n")
        .lines()
        .map(plain)
        .collect();
    let said = lines.join("\n");
    (!said.trim().is_empty()).then_some((times, said))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SRT: &str = "1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>油菜</i>越冬\r\n\r\n2\r\n0:00:03,5 --> 0:00:04,000\r\n间苗 & 追肥\r\n";
    const VTT: &str =
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n油菜越冬\n\n00:00:03.500 --> 00:00:04.000\n间苗 &amp; 追肥\n\n";

    #[test]
    fn subtitles_in_gbk_big5_and_utf16_become_webvtt() {
        assert_eq!(to_webvtt(SRT.as_bytes(), "srt").as_deref(), Ok(VTT));
        let gbk = encoding_rs::GBK.encode(SRT).0;
        assert_eq!(to_webvtt(&gbk, "srt").as_deref(), Ok(VTT));
        let utf16: Vec<u8> = [0xFEFF]
            .into_iter()
            .chain(SRT.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(to_webvtt(&utf16, "srt").as_deref(), Ok(VTT));
        for order in [u16::to_le_bytes, u16::to_be_bytes] {
            let without_mark: Vec<u8> = SRT.encode_utf16().flat_map(order).collect();
            assert_eq!(to_webvtt(&without_mark, "srt").as_deref(), Ok(VTT));
        }
        let traditional = "1\n00:00:01,000 --> 00:00:02,500\n各村黨員幹部要抓緊準備種子與肥料，做好田間管理。\n";
        let big5 = encoding_rs::BIG5.encode(traditional).0;
        assert!(
            to_webvtt(&big5, "srt")
                .unwrap()
                .contains("各村黨員幹部要抓緊準備種子與肥料")
        );
        let in_gbk = encoding_rs::GBK.encode(traditional).0;
        assert!(
            to_webvtt(&in_gbk, "srt")
                .unwrap()
                .contains("各村黨員幹部要抓緊準備種子與肥料")
        );
    }

    #[test]
    fn ass_dialogue_is_put_in_order_without_its_markup() {
        let ass = "[Events]\nDialogue: 0,0:00:03.50,0:00:04.00,D,,0,0,0,,二\\N行\nDialogue: 0,0:00:01.00,0:00:02.50,D,,0,0,0,,{\\an8}一, 逗号";
        let expected = "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n一, 逗号\n\n00:00:03.500 --> 00:00:04.000\n二\n行\n\n";
        assert_eq!(to_webvtt(ass.as_bytes(), "ass").as_deref(), Ok(expected));
    }

    #[test]
    fn what_holds_no_times_is_refused() {
        assert_eq!(to_webvtt(b"just a text", "srt"), Err(SubtitleError::NoCues));
        assert_eq!(
            to_webvtt(b"99999999999999999999:00 --> 1\nx", "srt"),
            Err(SubtitleError::NoCues)
        );
    }
}
