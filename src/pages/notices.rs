//! The district's notices 通知, as the home page, the lobby of a television and the desk show them.

use super::Pages;
use crate::http::Problem;
use crate::look::{Texts, format};

/// One notice.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) title: String,
    pub(super) text: String,
    /// Until when it is shown.
    pub(super) about: String,
    /// Title and words in one line, for a screen that is read from afar.
    pub(super) in_one: String,
}

/// The notices of today, those that end first before.
pub(super) async fn today(pages: &Pages, t: &Texts) -> Result<Vec<Line>, Problem> {
    let line = |(_, notice): (String, crate::dispatch::Notice)| Line {
        about: format::fill(t.down.until, &[&notice.until]),
        in_one: match notice.text.as_str() {
            "" => notice.title.clone(),
            text => format::fill(t.down.in_one, &[&notice.title, &text.replace('\n', " ")]),
        },
        title: notice.title,
        text: notice.text,
    };
    Ok(pages.dispatches.notices().await?.into_iter().map(line).collect())
}
