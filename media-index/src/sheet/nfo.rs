//! `film.nfo`, the XML that media programs write beside films: its first element is `movie` or the like.

use roxmltree::{Document, ParsingOptions};

use super::{Note, Sheet, line};

/// A note with all its actors has some hundred elements.
const NODES: u32 = 10_000;

pub(super) fn read(text: &str) -> Note {
    let options = ParsingOptions {
        // Entities of one's own are how such a file grows without bounds.
        allow_dtd: false,
        nodes_limit: NODES,
        ..ParsingOptions::default()
    };
    match Document::parse_with_options(text.trim_start_matches('\u{feff}').trim(), options) {
        Ok(document) => Note {
            sheet: sheet(&document),
            faults: Vec::new(),
        },
        Err(error) => Note {
            sheet: Sheet::default(),
            faults: vec![error.to_string()],
        },
    }
}

fn sheet(document: &Document<'_>) -> Sheet {
    let all = |name: &'static str, most: usize| {
        let elements = document
            .root_element()
            .children()
            .filter(move |node| node.has_tag_name(name));
        elements.filter_map(move |node| line(node.text()?, most))
    };
    let first = |name, most| all(name, most).next();
    let year = first("year", 4).or_else(|| first("premiered", 4));
    Sheet {
        title: first("title", 80),
        plot: first("plot", 500).or_else(|| first("outline", 500)),
        source: first("studio", 40),
        speaker: first("director", 40).or_else(|| first("credits", 40)),
        year: year
            .and_then(|year| year.parse().ok())
            .filter(|year| (1900..=2200).contains(year)),
        keywords: all("genre", 40).chain(all("tag", 40)).take(20).collect(),
        ..Sheet::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_media_programs_write_is_understood() {
        let note = read(
            "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<movie>\n <title>春耕</title><plot>讲\n春耕。</plot>\
             <premiered>2024-03-01</premiered><studio>县台</studio><genre>农技</genre><genre>水稻</genre>\
             <actor><name>某人</name></actor></movie>",
        );
        assert_eq!(note.faults, Vec::<String>::new());
        let expected = Sheet {
            title: Some("春耕".into()),
            plot: Some("讲 春耕。".into()),
            source: Some("县台".into()),
            year: Some(2024),
            keywords: vec!["农技".into(), "水稻".into()],
            ..Sheet::default()
        };
        assert_eq!(note.sheet, expected);
    }

    #[test]
    fn a_bomb_of_entities_is_refused_and_so_is_what_is_no_xml() {
        let bomb = "<!DOCTYPE m [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><movie><title>&b;</title></movie>";
        for text in [bomb, "title: 春耕", "<movie><title>"] {
            let note = read(text);
            assert_eq!((note.sheet, note.faults.len()), (Sheet::default(), 1), "{text}");
        }
    }
}
