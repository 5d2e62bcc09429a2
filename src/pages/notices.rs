//! The district's notices 通知, as the home page, the lobby of a television and the desk show them.

use super::Pages;
use crate::http::Problem;
use crate::look::{Texts, format};

/// One notice.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) title: String,
    pub(super) text: String,
    /// Who sent it, and until when it is shown.
    pub(super) about: String,
}

/// The notices of today, those that end first before.
pub(super) async fn today(pages: &Pages, t: &Texts) -> Result<Vec<Line>, Problem> {
    let line = |(district, notice): (String, crate::dispatch::Notice)| Line {
        title: notice.title,
        text: notice.text,
        about: format!("{district}  {}", format::fill(t.down_until, &[&notice.until])),
    };
    Ok(pages.dispatches.notices().await?.into_iter().map(line).collect())
}
