//! One item on the desk: what people should read about it, where it plays, and what can be done.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use media_index::Kind;
use serde::Deserialize;

use super::standing::{self, Standing};
use crate::http::Problem;
use crate::http::body::Form;
use crate::library::{Approval, Entry, Mark, State as FileState};
use crate::look::{Frame, Tab, Texts, format, texts};
use crate::pages::{Pages, Visit, go_to, home, show};
use crate::types::{ItemId, Lang, Millis};

/// A title that a phone shows in three lines.
const TITLE: usize = 80;
/// Class, source, speaker.
const WORDS: usize = 40;

#[derive(Debug, Deserialize)]
pub(super) struct Save {
    csrf: String,
    title: String,
    class: String,
    source: String,
    speaker: String,
    #[serde(default)]
    local: Option<String>,
}

struct Fact {
    label: &'static str,
    value: String,
}

struct Field {
    name: &'static str,
    label: &'static str,
    value: String,
    hint: String,
    most: usize,
}

#[derive(Template)]
#[template(path = "desk_item.html")]
#[expect(clippy::struct_excessive_bools, reason = "each shows or hides a part of the page")]
struct Page {
    f: Frame,
    id: String,
    title: String,
    saved: bool,
    errors: Vec<String>,
    card: String,
    standing: Standing,
    can_approve: bool,
    hidden: bool,
    facts: Vec<Fact>,
    fields: Vec<Field>,
    classes: Vec<String>,
    local: bool,
}

pub(super) async fn page(
    State(pages): State<Pages>,
    visit: Visit,
    Path(id): Path<String>,
    axum::extract::RawQuery(query): axum::extract::RawQuery,
) -> Result<Response, Problem> {
    visit.operator()?;
    let id = ItemId::parse(&id).map_err(|_| Problem::not_found())?;
    let entry = pages.library.entry(&id).ok_or_else(Problem::not_found)?;
    let mut page = page_of(&pages, &visit, id, &entry);
    page.saved = query.as_deref() == Some("saved");
    show(&visit, &page)
}

fn page_of(pages: &Pages, visit: &Visit, id: ItemId, entry: &Entry) -> Page {
    let t = texts(visit.lang);
    let known = pages.library.of_folder(&id);
    let facts = known.as_ref().map(|item| &item.facts);
    let by_district = pages.library.approval() == Approval::District;
    Page {
        f: visit.frame(pages, &entry.title, Tab::Library),
        id: id.to_string(),
        title: entry.title.clone(),
        saved: false,
        errors: Vec::new(),
        card: home::card(entry),
        standing: standing::vetted_by(
            by_district,
            standing::of(entry, facts, &pages.preparer.status(), t, visit.lang),
            t,
        ),
        can_approve: entry.state == FileState::Waiting && !by_district,
        hidden: entry.hidden,
        facts: facts_of(pages, entry, facts, t, visit.lang),
        fields: fields(&pages.library.mark_of(&id), known.as_ref(), t),
        classes: classes(pages),
        local: entry.local,
    }
}

fn facts_of(
    pages: &Pages,
    entry: &Entry,
    facts: Option<&media_index::Facts>,
    t: &'static Texts,
    lang: Lang,
) -> Vec<Fact> {
    let fact = |label, value| Fact { label, value };
    let mut list = vec![fact(t.library.item_where, entry.file())];
    if let Some(facts) = facts.filter(|_| matches!(entry.kind, Kind::Film | Kind::Audio)) {
        list.push(fact(t.library.item_format, standing::format_line(entry, facts)));
    }
    if entry.length > Millis::ZERO {
        list.push(fact(t.library.item_length, format::length(entry.length, lang)));
    }
    list.push(fact(t.library.item_size, format::bytes(entry.size)));
    if !entry.subtitles().is_empty() {
        let languages = entry
            .subtitles()
            .iter()
            .map(|l| l.clone().unwrap_or_else(|| "zh".into()));
        list.push(fact(t.library.item_subtitles, languages.collect::<Vec<_>>().join(", ")));
    }
    let handouts: Vec<String> = entry
        .handouts()
        .iter()
        .filter_map(|id| Some(pages.library.entry(id)?.title))
        .collect();
    if !handouts.is_empty() {
        list.push(fact(t.library.item_handouts, handouts.join("，")));
    }
    list
}

/// What was written on the desk stands in the field, what the file or its folder says stands behind it as a hint.
fn fields(mark: &Mark, item: Option<&media_index::Item>, t: &'static Texts) -> Vec<Field> {
    let field = |name, label, value: &Option<String>, hint: Option<String>, most| Field {
        name,
        label,
        value: value.clone().unwrap_or_default(),
        hint: hint.unwrap_or_default(),
        most,
    };
    let class = item
        .and_then(|i| i.class.clone())
        .unwrap_or_else(|| t.library.item_class_hint.to_owned());
    vec![
        field(
            "title",
            t.library.item_title,
            &mark.title,
            item.map(|i| i.title.clone()),
            TITLE,
        ),
        field("class", t.library.item_class, &mark.class, Some(class), WORDS),
        field(
            "source",
            t.library.item_source,
            &mark.source,
            item.and_then(|i| i.sheet.source.clone()),
            WORDS,
        ),
        field(
            "speaker",
            t.library.item_speaker,
            &mark.speaker,
            item.and_then(|i| i.sheet.speaker.clone()),
            WORDS,
        ),
    ]
}

pub(super) fn classes(pages: &Pages) -> Vec<String> {
    let all = pages.library.all();
    let classes: BTreeSet<&str> = all.iter().filter_map(|line| line.class()).collect();
    classes.into_iter().map(str::to_owned).collect()
}

pub(super) async fn save(
    State(pages): State<Pages>,
    visit: Visit,
    Path(id): Path<String>,
    Form(sent): Form<Save>,
) -> Result<Response, Problem> {
    visit.operator()?;
    visit.check(&sent.csrf)?;
    let id = ItemId::parse(&id).map_err(|_| Problem::not_found())?;
    let entry = pages.library.entry(&id).ok_or_else(Problem::not_found)?;
    let errors = too_long(&sent, texts(visit.lang));
    if !errors.is_empty() {
        let mut page = page_of(&pages, &visit, id, &entry);
        let texts = [&sent.title, &sent.class, &sent.source, &sent.speaker];
        for (field, text) in page.fields.iter_mut().zip(texts) {
            field.value.clone_from(text);
        }
        page.errors = errors;
        return show(&visit, &page);
    }
    let was_local = entry.local;
    let is_local = sent.local.is_some();
    pages
        .library
        .mark(id, move |mark| {
            mark.title = words(&sent.title);
            mark.class = words(&sent.class);
            mark.source = words(&sent.source);
            mark.speaker = words(&sent.speaker);
            if is_local != was_local {
                mark.local = Some(is_local);
            }
        })
        .await?;
    Ok(go_to(&format!("/desk/library/{id}?saved")))
}

/// Nothing written: the file's own word counts. Control characters and odd spaces are never meant.
fn words(text: &str) -> Option<String> {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let clean = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    (!clean.is_empty()).then_some(clean)
}

fn too_long(sent: &Save, t: &Texts) -> Vec<String> {
    let fields = [
        (t.library.item_title, &sent.title, TITLE),
        (t.library.item_class, &sent.class, WORDS),
        (t.library.item_source, &sent.source, WORDS),
        (t.library.item_speaker, &sent.speaker, WORDS),
    ];
    let long = fields.iter().filter(|(_, text, most)| text.chars().count() > *most);
    long.map(|(label, _, most)| format::fill(t.library.text_too_long, &[label, most]))
        .collect()
}
