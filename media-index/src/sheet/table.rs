//! `film.toml` and `folder.toml`.
//!
//! ```toml
//! title = "水稻工厂化育秧"
//! class = "实用技术"
//! source = "县农业农村局"
//! speaker = "李建国"
//! year = 2026
//! plot = "从浸种到起秧，一步一步看。"
//! keywords = ["水稻", "育秧"]
//! local = true
//!
//! [[quiz]]
//! question = "浸种用多少度的水？"
//! choices = ["20 度", "30 度", "60 度"]
//! answer = 2            # the second; several right ones: [1, 2]
//!
//! [[quiz]]
//! question = "秧盘可以重复使用。"
//! answer = true
//! ```

use toml::{Table, Value};

use super::{Note, Question, Sheet, line};

/// A title that a phone shows in three lines; names of people and places are shorter.
const TITLE: usize = 80;
const WORDS: usize = 40;
const PLOT: usize = 500;
const KEYWORDS: usize = 20;
const QUESTIONS: usize = 20;
const CHOICES: usize = 8;
const QUESTION: usize = 200;

pub(super) fn read(text: &str) -> Note {
    let mut note = Note::default();
    match text.trim_start_matches('\u{feff}').parse::<Table>() {
        Ok(table) => {
            for (key, value) in &table {
                if let Err(why) = take(&mut note.sheet, key, value, &mut note.faults) {
                    note.faults.push(format!("{key}: {why}"));
                }
            }
        }
        Err(error) => note.faults.push(place_of(text, &error)),
    }
    note
}

/// `line 3: …`, as editors count.
fn place_of(text: &str, error: &toml::de::Error) -> String {
    let at = error.span().map_or(0, |span| span.start.min(text.len()));
    let number = text.get(..at).unwrap_or_default().split('\n').count();
    format!("line {number}: {}", error.message())
}

fn take(sheet: &mut Sheet, key: &str, value: &Value, faults: &mut Vec<String>) -> Result<(), &'static str> {
    match key {
        "title" => sheet.title = words(value, TITLE)?,
        "class" => sheet.class = words(value, WORDS)?,
        "source" => sheet.source = words(value, WORDS)?,
        "speaker" => sheet.speaker = words(value, WORDS)?,
        "plot" => sheet.plot = words(value, PLOT)?,
        "year" => sheet.year = Some(year(value)?),
        "local" => sheet.local = Some(value.as_bool().ok_or("should be true or false")?),
        "keywords" => sheet.keywords = list(value, KEYWORDS, WORDS)?,
        "quiz" => sheet.quiz = quiz(value, faults)?,
        _ => return Err("this key is unknown"),
    }
    Ok(())
}

fn words(value: &Value, most: usize) -> Result<Option<String>, &'static str> {
    value
        .as_str()
        .map(|text| line(text, most))
        .ok_or("should be a text in quotes")
}

fn year(value: &Value) -> Result<u16, &'static str> {
    let year = value.as_integer().and_then(|year| u16::try_from(year).ok());
    year.filter(|year| (1900..=2200).contains(year))
        .ok_or("should be a year")
}

fn list(value: &Value, most: usize, each: usize) -> Result<Vec<String>, &'static str> {
    let texts = value.as_array().ok_or("should be a list of texts")?;
    let lines = texts.iter().take(most).map(|text| words(text, each));
    Ok(lines.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// Questions that can be understood count; of the others it is said which and why.
fn quiz(value: &Value, faults: &mut Vec<String>) -> Result<Vec<Question>, &'static str> {
    let tables = value.as_array().ok_or("should be written as [[quiz]]")?;
    let mut questions = Vec::new();
    for (number, table) in (1..).zip(tables.iter().take(QUESTIONS)) {
        match question(table) {
            Ok(question) => questions.push(question),
            Err(why) => faults.push(format!("quiz {number}: {why}")),
        }
    }
    Ok(questions)
}

fn question(value: &Value) -> Result<Question, &'static str> {
    let table = value.as_table().ok_or("should be written as [[quiz]]")?;
    if table
        .keys()
        .any(|key| !matches!(key.as_str(), "question" | "choices" | "answer"))
    {
        return Err("a question has the keys question, choices and answer");
    }
    let asked = table.get("question").ok_or("the question is missing")?;
    let choices = table
        .get("choices")
        .map_or(Ok(Vec::new()), |list_of| list(list_of, CHOICES, QUESTION))?;
    let answer = table.get("answer").ok_or("the answer is missing")?;
    Ok(Question {
        question: words(asked, QUESTION)?.ok_or("the question is empty")?,
        answers: answers(answer, choices.len())?,
        choices,
    })
}

/// People count from 1.
fn answers(value: &Value, choices: usize) -> Result<Vec<usize>, &'static str> {
    if choices == 0 {
        let is_true = value.as_bool().ok_or("without choices the answer is true or false")?;
        return Ok(vec![usize::from(!is_true)]);
    }
    let numbers = match value {
        Value::Array(numbers) => numbers.as_slice(),
        one => std::slice::from_ref(one),
    };
    let number = |value: &Value| {
        let n = usize::try_from(value.as_integer()?).ok()?.checked_sub(1)?;
        (n < choices).then_some(n)
    };
    let mut answers = numbers
        .iter()
        .map(number)
        .collect::<Option<Vec<_>>>()
        .ok_or("an answer is the number of a choice")?;
    answers.sort_unstable();
    answers.dedup();
    if answers.is_empty() {
        Err("no choice is right")
    } else {
        Ok(answers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_can_be_said_is_understood() {
        let example = include_str!("table.rs");
        let block = example.split("```").nth(1).unwrap().trim_start_matches("toml");
        let lines: Vec<&str> = block.lines().map(|line| line.trim_start_matches("//!")).collect();
        let text = lines.join("\n");
        let note = read(&text);
        assert_eq!(note.faults, Vec::<String>::new());
        let sheet = note.sheet;
        assert_eq!(
            (sheet.title.as_deref(), sheet.year, sheet.local),
            (Some("水稻工厂化育秧"), Some(2026), Some(true))
        );
        assert_eq!(sheet.keywords, ["水稻", "育秧"]);
        let answers: Vec<_> = sheet
            .quiz
            .iter()
            .map(|q| (q.choices.len(), q.answers.clone()))
            .collect();
        assert_eq!(answers, [(3, vec![1]), (0, vec![0])]);
    }

    #[test]
    fn what_cannot_be_understood_is_said_and_the_rest_counts() {
        let cases = [
            ("titel = 'x'\nclass = '党史'", "titel: this key is unknown"),
            ("year = '去年'\nclass = '党史'", "year: should be a year"),
            (
                "class = '党史'\n[[quiz]]\nquestion = '?'\nchoices = ['a', 'b']\nanswer = 3",
                "quiz 1: an answer is the number of a choice",
            ),
            (
                "class = '党史'\n[[quiz]]\nquestion = '?'\nanswer = 1",
                "quiz 1: without choices the answer is true or false",
            ),
        ];
        for (text, fault) in cases {
            let note = read(text);
            assert_eq!(note.faults, [fault]);
            assert_eq!(note.sheet.class.as_deref(), Some("党史"), "{text}");
        }
    }

    #[test]
    fn a_broken_note_says_in_which_line() {
        let note = read("class = '党史'\ntitle = 没有引号\n");
        assert!(note.faults[0].starts_with("line 2: "), "{:?}", note.faults);
        assert_eq!(note.sheet, Sheet::default());
    }
}
