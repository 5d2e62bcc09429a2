//! Corrections 更正: a new leaf that names an old one, and what it may take away or give (rule 7).
//!
//! Nothing is wiped. A correction takes away media that the named leaf credited and still credits; or it gives media: those
//! that were taken from the named leaf and belong to somebody else, or those that the named screening showed. So the sum
//! of all credit never exceeds what was really played. Station and district judge each correction by this.

use crate::types::{Intervals, ItemId, MemberId, Piece, Year};

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
    /// Who signed beside the operator.
    pub second: MemberId,
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
}

/// Judges a correction. `have` is what the member has for this item and year; the answer is what he has afterwards.
pub fn judge(named: &Named, change: &Change, have: &Intervals) -> Result<Intervals, Unfit> {
    let Change { takes, gives, .. } = change;
    if takes.is_empty() == gives.is_empty() {
        return Err(Unfit::Nothing);
    }
    if change.second == change.member {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Millis;

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
            second: member("0012"),
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
}
