//! Corrections 更正: a new leaf that names an old one, and what it may take away or give (rule 7).
//!
//! Nothing is wiped. A correction takes away media that the named leaf credited and still credits; or it gives media: those
//! that were taken from the named leaf and belong to somebody else, or those that the named screening showed. So the sum
//! of all credit never exceeds what was really played. Station and district judge each correction by this.
//!
//! Two people of the station sign, or the district decides 裁定; what may be changed is the same.

use super::attendance::{self, Mark, Seen};
use crate::types::{Grade, Intervals, ItemId, MemberId, Millis, Origin, Piece, Year};

/// A reason has at most so many characters: it is kept for ever, and read aloud.
pub const REASON: usize = 200;

/// What the named leaf is, with the corrections that named it before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// A span, or a correction that gave.
    Span {
        /// Whose.
        member: MemberId,
        /// Of which item.
        item: ItemId,
        /// In which year.
        year: Year,
        /// What it still credits.
        still: Intervals,
        /// What was taken from it and given to nobody yet.
        free: Intervals,
    },
    /// The end of a screening: what it showed.
    Screening(Vec<Piece>),
}

/// Who answers for a correction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// The operator, and this second signer.
    Second(MemberId),
    /// A district.
    District(Origin),
}

/// What somebody asks to be corrected.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wish {
    /// Who gets it; nobody, if it is only taken away.
    pub to: Option<MemberId>,
    /// Only this stretch: of the film for a span, of the shown time for a screening.
    pub stretch: Option<(Millis, Millis)>,
}

/// What a correction changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Whose credit.
    pub member: MemberId,
    /// Of which item.
    pub item: ItemId,
    /// In which year.
    pub year: Year,
    /// No longer credited.
    pub takes: Intervals,
    /// Credited from here on.
    pub gives: Intervals,
    /// Who answers for it.
    pub by: By,
}

/// Why a correction cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// It changes nothing, or takes and gives at once.
    Nothing,
    /// It takes what the named leaf does not credit, or gives what it does not show to be free.
    NotThere,
    /// The member has this already.
    HasIt,
    /// The second signer would correct his own credit.
    Own,
    /// The hours belong to no year yet: that comes first, or what is given would stay without one.
    Undated,
}

/// Judges a correction. `have` is what the member has for this item and year; the answer is what he has afterwards.
pub fn judge(named: &Named, change: &Change, have: &Intervals) -> Result<Intervals, Unfit> {
    let Change { takes, gives, .. } = change;
    if takes.is_empty() == gives.is_empty() {
        return Err(Unfit::Nothing);
    }
    if matches!(&change.by, By::Second(second) if *second == change.member) {
        return Err(Unfit::Own);
    }
    if !gives.intersection(have).is_empty() {
        return Err(Unfit::HasIt);
    }
    if !takes.minus(&may_take(named, change)).is_empty() || !gives.minus(&may_give(named, change)).is_empty() {
        return Err(Unfit::NotThere);
    }
    Ok(have.minus(takes).union(gives))
}

fn may_take(named: &Named, change: &Change) -> Intervals {
    match named {
        Named::Span {
            member,
            item,
            year,
            still,
            ..
        } if (member, item, year) == (&change.member, &change.item, &change.year) => still.clone(),
        _ => Intervals::none(),
    }
}

fn may_give(named: &Named, change: &Change) -> Intervals {
    match named {
        Named::Span { item, year, free, .. } if (item, year) == (&change.item, &change.year) => free.clone(),
        Named::Span { .. } => Intervals::none(),
        Named::Screening(pieces) => shown(pieces, change),
    }
}

fn shown(pieces: &[Piece], change: &Change) -> Intervals {
    let own = pieces
        .iter()
        .filter(|piece| (piece.item, piece.year) == (change.item, change.year));
    own.fold(Intervals::none(), |all, piece| {
        all.union(&Intervals::one(piece.from, piece.to))
    })
}

/// The changes that a wish comes to, one after the other; none if there is nothing to change. `have` says what a member has of
/// an item in a year.
pub fn changes<E>(
    named: &Named,
    wish: &Wish,
    by: &By,
    have: impl Fn(&MemberId, &ItemId, Year) -> Result<Intervals, E>,
) -> Result<Vec<Change>, E> {
    let change = |member: &MemberId, (item, year): (ItemId, Year), takes, gives| Change {
        member: member.clone(),
        item,
        year,
        takes,
        gives,
        by: by.clone(),
    };
    let mut all = Vec::new();
    match named {
        Named::Span {
            member,
            item,
            year,
            still,
            ..
        } => {
            let takes = within(still, wish);
            if takes.is_empty() {
                return Ok(all);
            }
            all.push(change(member, (*item, *year), takes.clone(), Intervals::none()));
            if let Some(to) = wish.to.as_ref().filter(|to| *to != member) {
                let gives = takes.minus(&have(to, item, *year)?);
                all.push(change(to, (*item, *year), Intervals::none(), gives));
            }
        }
        Named::Screening(pieces) => {
            for ((item, year), media) in shown_in(pieces, wish) {
                let Some(to) = &wish.to else { break };
                let gives = media.minus(&have(to, &item, year)?);
                all.push(change(to, (item, year), Intervals::none(), gives));
            }
        }
    }
    all.retain(|change| !change.takes.is_empty() || !change.gives.is_empty());
    Ok(all)
}

/// Whether a change is one that the wish asked for. That it fits what it names is for [`judge`].
pub fn is_asked(named: &Named, wish: &Wish, change: &Change) -> bool {
    let is_to = wish.to.as_ref() == Some(&change.member);
    match named {
        Named::Span { .. } => {
            let whole = change.takes.union(&change.gives);
            within(&whole, wish) == whole && (change.gives.is_empty() || is_to)
        }
        Named::Screening(pieces) => {
            let shown = shown_in(pieces, wish);
            let of = shown.into_iter().find(|(of, _)| *of == (change.item, change.year));
            is_to && of.is_some_and(|(_, media)| change.gives.minus(&media).is_empty())
        }
    }
}

fn within(media: &Intervals, wish: &Wish) -> Intervals {
    let cut = |(from, until)| media.intersection(&Intervals::one(from, until));
    wish.stretch.map_or_else(|| media.clone(), cut)
}

/// What a screening showed, all of it or in a stretch of its shown time, by item and year.
fn shown_in(pieces: &[Piece], wish: &Wish) -> Vec<((ItemId, Year), Intervals)> {
    let all = || (Millis::ZERO, attendance::shown_time(pieces));
    let (from, until) = wish.stretch.unwrap_or_else(all);
    let mark = |at| Mark {
        at,
        seen: Seen::Passed(Grade::C),
    };
    let earned = attendance::earned(pieces, &[mark(from), mark(until)]);
    let media = earned.into_iter().map(|((item, year, _), media)| ((item, year), media));
    media.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(number: &str) -> MemberId {
        MemberId::new(number).unwrap()
    }

    fn stretch(from: u64, to: u64) -> Intervals {
        Intervals::one(Millis::secs(from), Millis::secs(to))
    }

    fn change(who: &str, takes: Intervals, gives: Intervals) -> Change {
        Change {
            member: member(who),
            item: ItemId::from_digest(&[1; 32]),
            year: Year(2026),
            takes,
            gives,
            by: By::Second(member("0012")),
        }
    }

    fn span(still: Intervals, free: Intervals) -> Named {
        Named::Span {
            member: member("0021"),
            item: ItemId::from_digest(&[1; 32]),
            year: Year(2026),
            still,
            free,
        }
    }

    #[test]
    fn what_a_span_credits_can_be_taken_and_no_more() {
        let named = span(stretch(0, 60), Intervals::none());
        let have = stretch(0, 90);
        let part = change("0021", stretch(30, 60), Intervals::none());
        assert_eq!(judge(&named, &part, &have), Ok(stretch(0, 30).union(&stretch(60, 90))));
        let more = change("0021", stretch(30, 61), Intervals::none());
        assert_eq!(judge(&named, &more, &have), Err(Unfit::NotThere));
        let anothers = change("0022", stretch(30, 60), Intervals::none());
        assert_eq!(judge(&named, &anothers, &stretch(0, 90)), Err(Unfit::NotThere));
    }

    #[test]
    fn what_was_taken_can_be_given_once_to_whom_it_belongs() {
        let free = span(stretch(0, 30), stretch(30, 60));
        let given = change("0033", Intervals::none(), stretch(30, 60));
        assert_eq!(judge(&free, &given, &Intervals::none()), Ok(stretch(30, 60)));
        assert_eq!(judge(&free, &given, &stretch(50, 70)), Err(Unfit::HasIt));
        let too_much = change("0033", Intervals::none(), stretch(29, 60));
        assert_eq!(judge(&free, &too_much, &Intervals::none()), Err(Unfit::NotThere));
    }

    #[test]
    fn a_screening_gives_what_it_showed_of_that_film_in_that_year() {
        let piece = |year, from, to| Piece {
            item: ItemId::from_digest(&[1; 32]),
            year: Year(year),
            from: Millis::secs(from),
            to: Millis::secs(to),
        };
        let named = Named::Screening(vec![piece(2026, 0, 100), piece(2027, 100, 200)]);
        let whole = change("0033", Intervals::none(), stretch(0, 100));
        assert_eq!(judge(&named, &whole, &Intervals::none()), Ok(stretch(0, 100)));
        let beyond = change("0033", Intervals::none(), stretch(0, 101));
        assert_eq!(judge(&named, &beyond, &Intervals::none()), Err(Unfit::NotThere));
        let taken = change("0033", stretch(0, 100), Intervals::none());
        assert_eq!(judge(&named, &taken, &stretch(0, 100)), Err(Unfit::NotThere));
    }

    #[test]
    fn nobody_signs_for_himself_and_a_correction_changes_something() {
        let named = span(stretch(0, 60), stretch(0, 60));
        let own = change("0012", Intervals::none(), stretch(0, 60));
        assert_eq!(judge(&named, &own, &Intervals::none()), Err(Unfit::Own));
        let nothing = change("0021", Intervals::none(), Intervals::none());
        assert_eq!(judge(&named, &nothing, &Intervals::none()), Err(Unfit::Nothing));
        let both = change("0021", stretch(0, 1), stretch(2, 3));
        assert_eq!(judge(&named, &both, &stretch(0, 1)), Err(Unfit::Nothing));
    }

    /// Nothing of anybody's before.
    fn changes_of(named: &Named, wish: &Wish) -> Vec<Change> {
        let nothing = |_: &MemberId, _: &ItemId, _| Ok::<_, std::convert::Infallible>(Intervals::none());
        let Ok(all) = changes(named, wish, &By::Second(member("0012")), nothing);
        all
    }

    #[test]
    fn what_is_asked_of_a_span_is_taken_from_its_owner_and_given_to_the_other() {
        let named = span(stretch(0, 60), Intervals::none());
        let wish = Wish {
            to: Some(member("0033")),
            stretch: Some((Millis::secs(30), Millis::secs(90))),
        };
        let all = changes_of(&named, &wish);
        let taken = change("0021", stretch(30, 60), Intervals::none());
        let given = change("0033", Intervals::none(), stretch(30, 60));
        assert_eq!(all, [taken, given.clone()]);
        assert!(all.iter().all(|change| is_asked(&named, &wish, change)));
        let beyond = change("0021", stretch(29, 60), Intervals::none());
        let to_another = change("0044", Intervals::none(), stretch(30, 60));
        assert!(!is_asked(&named, &wish, &beyond) && !is_asked(&named, &wish, &to_another));
        let taken_only = Wish { to: None, ..wish };
        assert_eq!(changes_of(&named, &taken_only).len(), 1);
        assert!(!is_asked(&named, &taken_only, &given), "nobody was to get it");
    }

    #[test]
    fn what_is_asked_of_an_evening_is_what_was_shown_in_the_stretch() {
        let piece = |film, from, to| Piece {
            item: ItemId::from_digest(&[film; 32]),
            year: Year(2026),
            from: Millis::secs(from),
            to: Millis::secs(to),
        };
        let named = Named::Screening(vec![piece(1, 0, 100), piece(2, 0, 100)]);
        let wish = Wish {
            to: Some(member("0033")),
            stretch: Some((Millis::secs(50), Millis::secs(150))),
        };
        let all = changes_of(&named, &wish);
        let gives: Vec<_> = all.iter().map(|change| change.gives.clone()).collect();
        assert_eq!((gives.len(), &gives[..]), (2, &[stretch(50, 100), stretch(0, 50)][..]));
        assert!(all.iter().all(|change| is_asked(&named, &wish, change)));
        let whole = change("0033", Intervals::none(), stretch(0, 100));
        assert!(!is_asked(&named, &wish, &whole), "the first half was not asked for");
        let nobody = Wish { to: None, ..wish };
        assert_eq!(changes_of(&named, &nobody), []);
    }
}
