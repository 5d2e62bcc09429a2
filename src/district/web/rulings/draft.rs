//! A correction as it is being asked for: what the entry is, and what would change.

use std::collections::BTreeMap;

use super::{Sent, said};
use crate::credit::correction::{Change, Unfit, Wish};
use crate::district::web::{Visit, Web};
use crate::district::{Log, NotRuled};
use crate::http::Problem;
use crate::look::{Texts, format};
use crate::types::{ItemId, MemberId, Millis};

/// A correction as it is being asked for.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) leaf: String,
    pub(super) sent: Sent,
    pub(super) changes: Vec<String>,
    pub(super) may_ask: bool,
}

/// What the entry is, and what the correction would change.
pub(super) async fn draft(web: &Web, visit: &Visit, log: &Log, sent: Sent) -> Result<(Draft, String), Problem> {
    let t = visit.t();
    let wish = match wish(&sent) {
        Ok(wish) => wish,
        Err(why) => {
            return Ok((
                Draft {
                    leaf: sent.leaf.to_string(),
                    sent,
                    ..Draft::default()
                },
                why(t).to_owned(),
            ));
        }
    };
    let would = web.district.would_correct(&log.name, sent.leaf, wish.clone()).await;
    let titles = web.district.known_items().await?;
    let (changes, error) = match would {
        Ok(changes) => (changes, String::new()),
        // An evening gives nothing before somebody is named who gets it.
        Err(NotRuled::Unfit(Unfit::Nothing)) if wish == Wish::default() => (Vec::new(), String::new()),
        Err(NotRuled::Unfit(Unfit::NotThere)) => {
            let why = format::fill(t.rulings.not_correctable, &[&sent.leaf]);
            return Ok((Draft::default(), why));
        }
        Err(why) => (Vec::new(), said(why, t)?.to_owned()),
    };
    let titles: BTreeMap<ItemId, &str> = titles
        .by_title()
        .into_iter()
        .map(|(id, title, _)| (id, title))
        .collect();
    let title = |item: &ItemId| {
        titles
            .get(item)
            .map_or_else(|| item.to_string(), |title| (*title).to_owned())
    };
    let draft = Draft {
        leaf: sent.leaf.to_string(),
        changes: changes
            .iter()
            .map(|change| change_line(change, &title, visit))
            .collect(),
        may_ask: !changes.is_empty(),
        sent,
    };
    Ok((draft, error))
}

fn change_line(change: &Change, title: &impl Fn(&ItemId) -> String, visit: &Visit) -> String {
    let t = &visit.t().rulings;
    let (sentence, media) = if change.gives.is_empty() {
        (t.takes, &change.takes)
    } else {
        (t.gives, &change.gives)
    };
    let length = format::length(media.total(), visit.lang);
    format::fill(
        sentence,
        &[&change.member, &length, &title(&change.item), &change.year.0],
    )
}

pub(super) fn wish(sent: &Sent) -> Result<Wish, fn(&Texts) -> &'static str> {
    let to = match sent.to.trim() {
        "" => None,
        number => Some(MemberId::new(number).map_err(|_| (|t: &Texts| t.rulings.no_member) as fn(&Texts) -> _)?),
    };
    let minute = |text: &str| text.trim().parse::<u64>().ok().filter(|n| *n < 10_000);
    let bad = |t: &Texts| t.rulings.bad_stretch;
    let stretch = match (sent.from.trim(), sent.until.trim()) {
        ("", "") => None,
        (from, until) => {
            let from = if from.is_empty() { Some(0) } else { minute(from) };
            let stretch = from.zip(minute(until)).filter(|(from, until)| from < until);
            let (from, until) = stretch.ok_or(bad as fn(&Texts) -> _)?;
            Some((Millis::secs(from * 60), Millis::secs(until * 60)))
        }
    };
    Ok(Wish { to, stretch })
}
