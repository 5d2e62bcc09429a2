//! Finding a title or a name by what an old phone's keyboard can type: characters, pinyin, or initials.

use pinyin::{ToPinyin, ToPinyinMulti};

/// What a text can be found by, in lower case: itself, its pinyin, its initials, each in a line of its own, so that no
/// word of a query (which has no line end) is found across two of them. Lines that say nothing new are left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SearchKeys(Box<str>);

impl SearchKeys {
    /// Prepares a title or a name.
    pub fn of(text: &str) -> Self {
        let text = text.trim().to_lowercase();
        let (mut full, mut initials) = (String::new(), String::new());
        // The same, with the second reading of each character that has one: 孙长河 is looked for as `sch` and as `szh`.
        let (mut other_full, mut other_initials) = (String::new(), String::new());
        for c in text.chars() {
            match c.to_pinyin() {
                Some(sound) => {
                    full.push_str(sound.plain());
                    initials.push_str(sound.first_letter());
                    let other = other_reading(c, sound.plain()).unwrap_or(sound.plain());
                    other_full.push_str(other);
                    other_initials.extend(other.chars().take(1));
                }
                None if c.is_alphanumeric() => {
                    for key in [&mut full, &mut initials, &mut other_full, &mut other_initials] {
                        key.push(c);
                    }
                }
                None => {}
            }
        }
        let mut keys = text;
        for line in [full, initials, other_full, other_initials]
            .iter()
            .filter(|line| !line.is_empty())
        {
            if !keys.contains(line.as_str()) {
                keys.push('\n');
                keys.push_str(line);
            }
        }
        Self(keys.into())
    }

    /// What a title can be found by beside itself, with more words that lead to it: for lists that hold the title anyway.
    pub fn beside(title: &str, more: &str) -> Self {
        let all = Self::of(&format!("{title} {more}"));
        let says_it = |line: &&str| !title.contains(*line);
        let lines: Vec<&str> = all.0.split('\n').filter(says_it).collect();
        Self(lines.join("\n").into())
    }

    /// As [`Self::matches`], for keys that stand beside this title.
    pub fn match_beside(&self, title: &str, query: &str) -> bool {
        let query = query.to_lowercase();
        let mut words = query.split_whitespace();
        words.all(|word| title.contains(word) || self.0.contains(word))
    }

    /// Whether every word of the query is in the text, its pinyin or its initials.
    pub fn matches(&self, query: &str) -> bool {
        let query = query.to_lowercase();
        query.split_whitespace().all(|word| self.0.contains(word))
    }
}

/// Another way to read a character than the usual one, tones apart.
fn other_reading(c: char, usual: &str) -> Option<&'static str> {
    let all = c.to_pinyin_multi()?;
    all.into_iter().map(pinyin::Pinyin::plain).find(|sound| *sound != usual)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beside_its_title_nothing_is_held_twice_and_everything_is_found() {
        for title in ["春耕备耕", "WTO 与 农业", "film 00012", ""] {
            let (beside, whole) = (
                SearchKeys::beside(title, "种子"),
                SearchKeys::of(&format!("{title} 种子")),
            );
            for query in [
                "春耕",
                "chungeng",
                "CG",
                "wto",
                "WTO nongye",
                "Film 12",
                "00012",
                "zz",
                "种子",
                "没有",
            ] {
                assert_eq!(
                    beside.match_beside(title, query),
                    whole.matches(query),
                    "{title}: {query}"
                );
            }
        }
        let held = SearchKeys::beside("长江", "");
        assert!(!held.0.contains('长'), "{held:?}");
    }

    #[test]
    fn a_title_is_found_by_characters_pinyin_and_initials() {
        let keys = SearchKeys::of("油菜越冬 2026");
        for query in ["油菜", "越冬", "youcai", "yc", "ycyd", "2026", "油菜 2026", "YUEDONG"] {
            assert!(keys.matches(query), "{query}");
        }
        for query in ["sch", "szh", "changhe", "zhanghe"] {
            assert!(SearchKeys::of("孙长河").matches(query), "{query}");
        }
        assert!(!keys.matches("水稻"));
        assert!(!keys.matches("油菜 水稻"));
    }
}
