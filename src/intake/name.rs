//! Names that come from elsewhere, made fit for a file: pure.

use media_index::Kind;

/// Longer names cannot be kept by every file system that a disk may have.
const BYTES: usize = 200;
/// Where local films go when nobody says otherwise.
pub const LOCAL: &str = "本土电教片";

/// A file's name out of whatever a browser or a stick calls it; `None` if it is nothing that a station shows.
pub fn file(sent: &str) -> Option<String> {
    let last = sent.rsplit(['/', '\\']).next()?;
    let clean = plain(last);
    let (stem, ending) = clean.rsplit_once('.')?;
    Kind::by_ending(&ending.to_lowercase())?;
    let stem = stem.trim_matches(['.', '~', ' ']);
    let stem = shorten(stem, BYTES - ending.len() - 1);
    (!stem.is_empty()).then(|| format!("{stem}.{ending}"))
}

/// A class's folder out of what was typed; nothing typed is the folder of local films.
pub fn folder(typed: &str) -> String {
    let clean = plain(typed).replace(['/', '\\'], "-");
    let clean = shorten(clean.trim_matches(['.', '~', ' ']), BYTES / 2);
    if clean.is_empty() {
        LOCAL.to_owned()
    } else {
        clean.to_owned()
    }
}

/// Without what file systems and readers stumble over.
fn plain(text: &str) -> String {
    let is_odd = |c: char| c.is_control() || "<>:\"|?*".contains(c);
    let kept: String = text.chars().map(|c| if is_odd(c) { ' ' } else { c }).collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn shorten(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    text[..end.unwrap_or(0)].trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_it_was_called_it_becomes_one_plain_name() {
        let cases = [
            ("春耕 讲座.mp4", Some("春耕 讲座.mp4")),
            ("../../etc/passwd.mp4", Some("passwd.mp4")),
            ("C:\\fakepath\\VID_0001.MP4", Some("VID_0001.MP4")),
            ("..hidden.mp4", Some("hidden.mp4")),
            ("a\nb\u{0}c?.mov", Some("a b c.mov")),
            ("film.exe", None),
            (".mp4", None),
            ("no ending", None),
            ("", None),
        ];
        for (sent, expected) in cases {
            assert_eq!(file(sent).as_deref(), expected, "{sent:?}");
        }
        let long = file(&format!("{}.mp4", "长".repeat(200))).unwrap();
        assert!(long.len() <= BYTES && long.ends_with("长.mp4"));
    }

    #[test]
    fn a_class_is_one_folder_and_never_a_path() {
        assert_eq!(folder("实用技术"), "实用技术");
        assert_eq!(folder("../a/b"), "-a-b");
        assert_eq!(folder(" . "), LOCAL);
        assert_eq!(folder(""), LOCAL);
    }
}
