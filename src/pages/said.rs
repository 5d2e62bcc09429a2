//! What people thought of an evening, in sentences for its record: how they liked it, and what they remembered.

use super::Pages;
use crate::http::Problem;
use crate::look::{Texts, format};
use crate::screening::Record;

/// Satisfaction 满意度 and answers 测验 of a screening; nothing, if nobody said anything.
pub(super) async fn at(
    pages: &Pages,
    record: &Record,
    t: &'static Texts,
) -> Result<Vec<(&'static str, String)>, Problem> {
    let mut lines = Vec::new();
    let liked = pages.opinions.liked_at(record.state.id).await?;
    let (ratings, stars) = liked
        .iter()
        .fold((0, 0), |(n, sum), one| (n + one.ratings, sum + one.stars));
    if let Some(tenths) = (stars * 10).checked_div(ratings) {
        let mean = format!("{}.{}", tenths / 10, tenths % 10);
        lines.push((
            t.books.f1_liked,
            format::fill(t.books.f1_liked_line, &[&mean, &ratings]),
        ));
    }
    let answers = pages.opinions.answers_at(record.state.id).await?;
    if !answers.is_empty() {
        let right: u32 = answers.iter().map(|one| one.right).sum();
        let asked: u32 = answers.iter().map(|one| one.questions).sum();
        lines.push((
            t.checkin.quiz,
            format::fill(t.books.f1_quiz_line, &[&answers.len(), &asked, &right]),
        ));
    }
    Ok(lines)
}
