//! What people wrote about a film, beside it: `film.toml`, `film.nfo`, and `folder.toml` for all below a folder.
//!
//! A note never stands in a film's way. What can be understood counts; every key that cannot is said, with its name, for
//! the operator. The nearest word wins: the film's own note, then its `.nfo`, then the notes of its folders from the
//! inside out. A folder whose name holds 本土 says that its films were made here.

mod nfo;
mod table;

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{Place, Stamp};

/// A note of more than this is no note.
pub(crate) const LIMIT: u64 = 64 * 1024;
/// The note of a whole folder.
const FOLDER: &str = "folder.toml";

/// What is said about a film. Everything may be missing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sheet {
    /// Title 片名.
    pub title: Option<String>,
    /// Class 类别.
    pub class: Option<String>,
    /// Where it comes from 来源.
    pub source: Option<String>,
    /// Who speaks 主讲人.
    pub speaker: Option<String>,
    /// The year it was made.
    pub year: Option<u16>,
    /// What it is about, in a few sentences.
    pub plot: Option<String>,
    /// Words to find it by.
    pub keywords: Vec<String>,
    /// Whether it was made here 本土电教片.
    pub local: Option<bool>,
    /// Questions 测验 that may follow it.
    pub quiz: Vec<Question>,
}

/// A question with its answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// What is asked.
    pub question: String,
    /// What can be chosen; empty for true or false.
    pub choices: Vec<String>,
    /// Which choices are right, from 0 on; for true or false `[0]` is true, `[1]` is false.
    pub answers: Vec<usize>,
}

/// A note that was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Note {
    pub(crate) sheet: Sheet,
    /// What could not be understood, for the operator.
    pub(crate) faults: Vec<String>,
}

/// All notes of the folder, by place, with what tells that they are still the ones that were read.
pub(crate) type Notes = BTreeMap<Place, (Stamp, Note)>;

/// Whether a file may be a note, by its name.
pub(crate) fn is_note(place: &Place) -> bool {
    matches!(place.ending().as_str(), "toml" | "nfo")
}

/// Reads a note in whatever encoding it comes.
pub(crate) fn read(place: &Place, bytes: &[u8]) -> Note {
    let (sheet, faults) = Sheet::read(bytes, &place.ending());
    Note { sheet, faults }
}

/// Everything that is said about the film at `film`.
pub(crate) fn of_film(notes: &Notes, film: &Path) -> Sheet {
    let beside = |ending: &str| find(notes, &film.with_extension(ending));
    let mut sheet = Sheet::default();
    for note in [beside("toml"), beside("nfo")].into_iter().flatten() {
        sheet.fill(&note.sheet);
    }
    for folder in film.ancestors().skip(1) {
        if let Some(note) = find(notes, &folder.join(FOLDER)) {
            sheet.fill(&note.sheet.of_folder());
        }
    }
    let is_local = |folder: &Path| {
        folder
            .file_name()
            .is_some_and(|name| name.to_string_lossy().contains("本土"))
    };
    if sheet.local.is_none() && film.ancestors().skip(1).any(is_local) {
        sheet.local = Some(true);
    }
    sheet
}

/// Whether anybody would miss it: a note of a folder, or one beside a file of its name.
pub(crate) fn belongs(place: &Place, is_film: impl Fn(&Path) -> bool) -> bool {
    let is_of_folder = place.path().file_name().is_some_and(|name| name == FOLDER);
    is_of_folder || is_film(&place.path().with_extension(""))
}

fn find<'a>(notes: &'a Notes, path: &Path) -> Option<&'a Note> {
    notes.get(&Place::new(path.to_owned())).map(|(_, note)| note)
}

impl Sheet {
    /// What a note beside a film says (`toml` or `nfo` by its ending, in whatever encoding), and what of it could not be
    /// understood, for the operator.
    pub fn read(bytes: &[u8], ending: &str) -> (Self, Vec<String>) {
        let text = crate::subtitle::decode(bytes);
        let note = match ending {
            "nfo" => nfo::read(&text),
            _ => table::read(&text),
        };
        (note.sheet, note.faults)
    }

    /// Takes over what is not said yet.
    fn fill(&mut self, other: &Self) {
        let texts = [
            (&mut self.title, &other.title),
            (&mut self.class, &other.class),
            (&mut self.source, &other.source),
            (&mut self.speaker, &other.speaker),
            (&mut self.plot, &other.plot),
        ];
        for (mine, theirs) in texts {
            if mine.is_none() {
                mine.clone_from(theirs);
            }
        }
        self.year = self.year.or(other.year);
        self.local = self.local.or(other.local);
        if self.keywords.is_empty() {
            self.keywords.clone_from(&other.keywords);
        }
        if self.quiz.is_empty() {
            self.quiz.clone_from(&other.quiz);
        }
    }

    /// A folder cannot speak for the title, the content or the questions of each film.
    fn of_folder(&self) -> Self {
        Self {
            title: None,
            plot: None,
            quiz: Vec::new(),
            ..self.clone()
        }
    }
}

/// A line for people: no control characters, at most `most` characters, `None` if nothing is left.
fn line(text: &str, most: usize) -> Option<String> {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(words.chars().take(most).collect()).filter(|text: &String| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notes(files: &[(&str, &str)]) -> Notes {
        let stamp = Stamp {
            size: 1,
            mtime_ns: 1,
            inode: 1,
        };
        let note = |(name, text): &(&str, &str)| {
            let place = Place::from(name.as_bytes().to_vec());
            let note = read(&place, text.as_bytes());
            (place, (stamp, note))
        };
        files.iter().map(note).collect()
    }

    fn film(path: &str) -> Place {
        Place::from(path.as_bytes().to_vec())
    }

    #[test]
    fn the_nearest_word_wins() {
        let notes = notes(&[
            ("a/b/film.toml", "title = '自己的'"),
            (
                "a/b/film.nfo",
                "<movie><title>另一个</title><studio>县电视台</studio></movie>",
            ),
            ("a/b/folder.toml", "class = '里层'\ntitle = '不算'"),
            ("a/folder.toml", "class = '外层'\nspeaker = '李建国'\nsource = '省里'"),
            ("folder.toml", "local = true"),
        ]);
        let sheet = of_film(&notes, Path::new("a/b/film.mp4"));
        assert_eq!(sheet.title.as_deref(), Some("自己的"));
        assert_eq!(sheet.source.as_deref(), Some("县电视台"));
        assert_eq!(sheet.class.as_deref(), Some("里层"));
        assert_eq!(sheet.speaker.as_deref(), Some("李建国"));
        assert_eq!(sheet.local, Some(true));
        assert_eq!(of_film(&notes, Path::new("a/b/other.mp4")).title, None);
    }

    #[test]
    fn a_folder_that_says_so_holds_local_films_unless_a_note_denies_it() {
        let notes = notes(&[("本土电教片/b.toml", "local = false")]);
        assert_eq!(of_film(&notes, Path::new("本土电教片/x/a.mp4")).local, Some(true));
        assert_eq!(of_film(&notes, Path::new("本土电教片/b.mp4")).local, Some(false));
        assert_eq!(of_film(&notes, Path::new("党史/c.mp4")).local, None);
    }

    #[test]
    fn a_note_in_gbk_is_read() {
        let place = film("a.toml");
        let gbk = encoding_rs::GBK
            .encode("title = '油菜越冬管理要点'\nspeaker = '王德明'")
            .0;
        assert_eq!(read(&place, &gbk).sheet.title.as_deref(), Some("油菜越冬管理要点"));
    }
}
