//! What surrounds every page.

use super::texts::{Texts, texts};
use crate::types::Lang;

/// What pages say about the station.
#[derive(Debug, Clone)]
pub struct Station {
    /// Its name 站点名称.
    pub name: String,
    /// Where it is, in one line.
    pub place: String,
}

/// Which tab of the desk, or which button of the dock, is the present one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// No tab.
    None,
    /// The member's home.
    Home,
    /// Finding an item.
    Find,
    /// My hours.
    Hours,
    /// The desk's first page.
    Today,
    /// The desk's library.
    Library,
    /// The desk's members.
    Members,
    /// The desk's screening and sessions.
    Sessions,
    /// The desk's programme.
    Plan,
    /// The desk's books.
    Books,
    /// The desk's district.
    District,
}

/// The frame of one page for one reader.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The reader's language.
    pub lang: Lang,
    /// Its texts.
    pub t: &'static Texts,
    /// Whose page.
    pub station: Station,
    /// What the browser's tab says.
    pub title: String,
    /// Where we are.
    pub tab: Tab,
    /// Name of the member who is signed in.
    pub member: Option<String>,
    /// Whether the operator is signed in.
    pub operator: bool,
    /// The token that every form carries.
    pub csrf: String,
    /// The path of this page, to come back to after changing the language.
    pub path: String,
    /// The date for the desk's masthead, where there is room for it; empty while it is unknown.
    pub date: String,
    /// Weekday and time for the desk's masthead.
    pub clock: String,
}

impl Frame {
    /// A frame without a reader, for errors before anybody is known.
    pub fn bare(lang: Lang, station: Station, title: &str) -> Self {
        Self {
            lang,
            t: texts(lang),
            station,
            title: title.to_owned(),
            tab: Tab::None,
            member: None,
            operator: false,
            csrf: String::new(),
            path: "/".into(),
            date: String::new(),
            clock: String::new(),
        }
    }

    /// The style sheet's address.
    pub fn css(&self) -> String {
        super::href("style.css")
    }

    /// A script's address.
    pub fn script(&self, name: &str) -> String {
        super::href(name)
    }

    /// A drawing for a button or a row.
    pub fn icon(&self, name: &str) -> String {
        super::art::icon(name)
    }

    /// `aria-current` for a tab that is the present one.
    pub fn here(&self, tab: &str) -> &'static str {
        let present = format!("{:?}", self.tab) == tab;
        if present { "aria-current=page" } else { "" }
    }
}
