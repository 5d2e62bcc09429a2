//! What a member played and was not credited, in words: what happened, then what helps.

use crate::credit::rule::Lost;
use crate::look::{Texts, format};
use crate::types::{ItemId, Lang, Millis};
use crate::viewing::NotCounted;

/// Less than this is the rounding of a seek, and no reason to worry anybody.
const WORTH_A_WORD: Millis = Millis::secs(2);
/// Who looks at a sentence twice need not be told that it counts once.
const WORTH_A_WORD_AGAIN: Millis = Millis::secs(30);

/// One session of the list.
pub(super) struct Line {
    pub(super) id: String,
    pub(super) date: String,
    pub(super) day: &'static str,
    pub(super) title: String,
    pub(super) reasons: Vec<String>,
}

/// Ready to show; sessions that need no word are left out.
pub(super) fn lines(sessions: &[NotCounted], title: &impl Fn(&ItemId) -> String, t: &Texts, lang: Lang) -> Vec<Line> {
    let line = |session: &NotCounted| {
        let date = format::short_date(session.wall_ms);
        Line {
            id: session.item.to_string(),
            date: if date.is_empty() { t.undated.to_owned() } else { date },
            day: format::weekday(session.wall_ms, lang),
            title: title(&session.item),
            reasons: reasons(&session.lost, t, lang),
        }
    };
    sessions
        .iter()
        .map(line)
        .filter(|line| !line.reasons.is_empty())
        .collect()
}

fn reasons(lost: &Lost, t: &Texts, lang: Lang) -> Vec<String> {
    let all = [
        (lost.unattended.total(), WORTH_A_WORD, t.member.lost_unattended),
        (lost.too_fast.total(), WORTH_A_WORD, t.member.lost_too_fast),
        (lost.not_sent.total(), WORTH_A_WORD, t.member.lost_not_sent),
        (lost.again, WORTH_A_WORD_AGAIN, t.member.lost_again),
    ];
    let said = all.into_iter().filter(|(time, least, _)| time >= least);
    said.map(|(time, _, sentence)| format::fill(sentence, &[&format::length(time, lang)]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::look::texts;
    use crate::types::Intervals;

    #[test]
    fn each_reason_is_a_sentence_and_a_rounding_is_none() {
        let lost = Lost {
            unattended: Intervals::one(Millis::ZERO, Millis::secs(580)),
            too_fast: Intervals::one(Millis::ZERO, Millis(900)),
            not_sent: Intervals::none(),
            again: Millis::secs(20),
        };
        let said = reasons(&lost, texts(Lang::Zh), Lang::Zh);
        assert_eq!(said, ["有 9 分 40 秒没有点“我在学习”，先不计。重看这一段还能计入。"]);
    }

    #[test]
    fn what_was_watched_again_and_credited_is_lost_no_more() {
        let lost = Lost {
            unattended: Intervals::one(Millis::ZERO, Millis::secs(580)),
            ..Lost::default()
        };
        let left = lost.but(&Intervals::one(Millis::ZERO, Millis::secs(600)));
        assert_eq!(reasons(&left, texts(Lang::En), Lang::En), Vec::<String>::new());
    }
}
