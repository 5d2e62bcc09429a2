//! Pages must work on a browser of 2016 and under a strict content policy: what they are made of is checked for what
//! that browser does not know, and for what the policy forbids.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn files(folder: &str, ending: &str) -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == ending) {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    assert!(!found.is_empty());
    found
}

fn templates() -> Vec<(PathBuf, String)> {
    [
        files("src/look/templates", "html"),
        files("src/pages/templates", "html"),
    ]
    .concat()
}

#[test]
fn the_style_sheet_holds_nothing_that_chrome_53_does_not_know() {
    let (_, css) = files("src/look/assets", "css").remove(0);
    let rules: String = css
        .split("/*")
        .enumerate()
        .map(|(n, part)| if n == 0 { part } else { part.split_once("*/").unwrap().1 })
        .collect();
    for word in [
        "display:grid",
        "gap:",
        "aspect-ratio",
        "inset:",
        "clamp(",
        "min(",
        "max(",
        ":has(",
        ":is(",
        ":where(",
        "@layer",
        "@container",
    ] {
        assert!(!rules.contains(word), "{word}");
    }
    let alone = rules.replace(":focus:not(:focus-visible)", "");
    assert!(!alone.contains(":focus-visible"));
    assert_eq!(rules.matches('{').count(), rules.matches('}').count());
}

#[test]
fn the_scripts_hold_nothing_that_chrome_53_does_not_know() {
    for (path, script) in files("src/look/assets", "js") {
        for word in [
            "?.",
            "??",
            "async ",
            "await ",
            "...",
            "import ",
            "export ",
            ".finally(",
            ".padStart(",
            ".flat(",
            "Object.entries",
            "replaceAll",
            "**",
        ] {
            let code: String = script
                .lines()
                .filter(|l| !l.trim_start().starts_with("/*"))
                .collect::<Vec<_>>()
                .join("\n");
            assert!(!code.contains(word), "{word} in {}", path.display());
        }
    }
}

#[test]
fn no_page_carries_styles_or_code_of_its_own() {
    for (path, html) in templates() {
        for word in ["style=", "onclick", "onload", "onsubmit", "javascript:", "<style"] {
            assert!(!html.contains(word), "{word} in {}", path.display());
        }
        for script in html.split("<script").skip(1) {
            let head = script.split('>').next().unwrap();
            assert!(
                head.contains("src=") || head.contains("application/json"),
                "inline script in {}",
                path.display()
            );
        }
    }
}

#[test]
fn every_form_that_changes_something_carries_a_token() {
    for (path, html) in templates() {
        for form in html.split("<form").skip(1) {
            let form = form.split("</form>").next().unwrap();
            if form.contains(r#"method="post""#) {
                assert!(form.contains(r#"name="csrf""#), "a form in {}", path.display());
            }
        }
    }
}

/// Sentences with a number must have the same numbers in both languages.
#[test]
fn both_languages_fill_the_same_blanks() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/look/texts");
    let source: String = fs::read_dir(folder)
        .unwrap()
        .map(|file| fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    let blanks = |text: &str| {
        (0..5)
            .filter(|n| text.contains(&format!("{{{n}}}")))
            .collect::<BTreeSet<_>>()
    };
    let mut seen = 0;
    for line in source
        .lines()
        .filter(|l| l.trim_end().ends_with("\";") && l.contains(": \""))
    {
        let parts: Vec<&str> = line.split('"').collect();
        if let [_, zh, _, en, _] = parts[..] {
            assert_eq!(blanks(zh), blanks(en), "{line}");
            seen += 1;
        }
    }
    assert!(seen > 900, "{seen}");
}
