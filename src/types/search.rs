//! Finding a title or a name by what an old phone's keyboard can type: characters, pinyin, or initials.

use pinyin::{ToPinyin, ToPinyinMulti};

/// What a text can be found by, in lower case: itself, its pinyin, its initials, each in a line of its own, so that no
/// word of a query (which has no line end) is found across two of them. Lines that say nothing new are left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SearchKeys(Box<str>);

impl SearchKeys {
    /// Prepares a title or a name.
    pub fn of(text: &str) -> Self {
        let mut keys = text.trim().to_lowercase();
        let mut sounds = Sounds::default();
        sounds.hear(&keys);
        for line in sounds.0.iter().filter(|line| !line.is_empty()) {
            if !keys.contains(line.as_str()) {
                keys.push('\n');
                keys.push_str(line);
            }
        }
        Self(keys.into())
    }

    /// Whether every word of the query is in the text, its pinyin or its initials.
    pub fn matches(&self, query: &str) -> bool {
        let query = query.to_lowercase();
        query.split_whitespace().all(|word| self.0.contains(word))
    }
}

/// How a text sounds: pinyin and initials, and the same with the second reading of each character that has one: 孙长河 is
/// looked for as `sch` and as `szh`.
#[derive(Debug, Default)]
struct Sounds([String; 4]);

impl Sounds {
    /// Takes a text in lower case; what was heard before is forgotten, and its room is used again.
    fn hear(&mut self, text: &str) {
        self.0.iter_mut().for_each(String::clear);
        let [full, initials, other_full, other_initials] = &mut self.0;
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
                    for key in [&mut *full, initials, other_full, other_initials] {
                        key.push(c);
                    }
                }
                None => {}
            }
        }
    }

    fn say(&self, word: &str) -> bool {
        self.0.iter().any(|line| line.contains(word))
    }
}

/// What somebody looks for among many titles, whose keys nobody holds: they would be as large as all else that is held of
/// a title.
#[derive(Debug, Default)]
pub struct SearchQuery {
    /// In lower case.
    words: Vec<String>,
    sounds: Sounds,
}

impl SearchQuery {
    /// Takes what was typed.
    pub fn new(typed: &str) -> Self {
        let words = typed.to_lowercase();
        Self {
            words: words.split_whitespace().map(str::to_owned).collect(),
            sounds: Sounds::default(),
        }
    }

    /// Whether every word is in the title or in one of the `keywords`, or in how they sound: as [`SearchKeys::matches`].
    pub fn is_in(&mut self, title: &str, keywords: &[String]) -> bool {
        let mut text = title.to_lowercase();
        for keyword in keywords {
            text.push(' ');
            text.push_str(&keyword.to_lowercase());
        }
        let mut missing = self.words.iter().filter(|word| !text.contains(*word)).peekable();
        if missing.peek().is_none() {
            return true;
        }
        // No sound has a character in it: most titles need not be sounded out.
        let has_character = |word: &String| word.chars().any(|c| c.to_pinyin().is_some());
        if missing.clone().any(has_character) {
            return false;
        }
        self.sounds.hear(&text);
        missing.all(|word| self.sounds.say(word))
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
    fn what_is_looked_for_among_many_is_found_as_by_the_keys_of_one() {
        let queries = [
            "春耕",
            "chungeng",
            "CG",
            "wto",
            "WTO nongye",
            "Film 12",
            "film00012",
            "zz",
            "种子 cg",
            "没有",
            "春耕 没有",
            "",
        ];
        for query in queries {
            let mut among_many = SearchQuery::new(query);
            for title in ["春耕备耕", "WTO 与 农业", "film 00012", ""] {
                let keys = SearchKeys::of(&format!("{title} 种子"));
                let found = among_many.is_in(title, &["种子".to_owned()]);
                assert_eq!(found, keys.matches(query), "{title}: {query}");
            }
        }
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
