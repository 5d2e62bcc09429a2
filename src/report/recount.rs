//! Counting again, from the first leaf.

use std::collections::{BTreeMap, HashMap};

use crate::ledger::{At, Closing, Leaf, Listed, What};
use crate::types::{Grade, Intervals, ItemId, MemberId, Millis, Mode, SessionId, Year};

/// Something that cannot be, at a leaf. The reader is the district's clerk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anomaly {
    /// The station's total is not what its own spans add up to.
    TotalDiffers {
        /// Which leaf.
        index: u64,
        /// As the station says.
        claimed: Millis,
        /// As counted.
        counted: Millis,
    },
    /// A span covers media that were credited before.
    CountedTwice(u64),
    /// A span reaches beyond the item's end.
    BeyondTheEnd(u64),
    /// A span, or a close, of a session that was never opened or has ended.
    NoSession(u64),
    /// The monotonic clock went back within a boot.
    ClockWentBack(u64),
    /// A member was credited more in a boot than the boot has lasted.
    FasterThanTime(u64),
}

/// One piece of credit, as hours are made of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credit {
    /// Who.
    pub member: MemberId,
    /// What.
    pub item: ItemId,
    /// Counted to.
    pub year: Year,
    /// How.
    pub mode: Mode,
    /// How well proven.
    pub grade: Grade,
    /// The media.
    pub media: Intervals,
    /// When it was proven.
    pub at: At,
}

/// One viewing session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionFacts {
    /// Which.
    pub session: SessionId,
    /// Who.
    pub member: MemberId,
    /// What.
    pub item: ItemId,
    /// How.
    pub mode: Mode,
    /// When it was opened.
    pub opened: At,
    /// When and why it ended, if it has.
    pub closed: Option<(At, Closing)>,
    /// What it earned.
    pub credited: Millis,
    /// The year of what it earned; of its opening, if nothing.
    pub year: Year,
    /// What stayed unconfirmed.
    pub unconfirmed: Millis,
    /// What looked odd.
    pub flags: Vec<String>,
}

/// The count so far.
#[derive(Debug, Clone, Default)]
pub struct Recount {
    next: u64,
    last: Option<At>,
    union: HashMap<(MemberId, ItemId, Year), Intervals>,
    earned_in_boot: HashMap<(u32, MemberId), u64>,
    /// Sessions by id, in the order of opening.
    sessions: BTreeMap<u64, SessionFacts>,
    by_id: HashMap<SessionId, u64>,
    /// All credit, in the order of the ledger.
    pub credits: Vec<Credit>,
    /// Members as the roster leaves list them.
    pub members: BTreeMap<MemberId, Listed>,
    /// Titles and lengths of items.
    pub items: HashMap<ItemId, (String, Option<String>, Millis)>,
    /// What cannot be.
    pub anomalies: Vec<Anomaly>,
}

impl Recount {
    /// How many leaves were counted.
    pub fn size(&self) -> u64 {
        self.next
    }

    /// All sessions, in the order of their opening.
    pub fn sessions(&self) -> impl Iterator<Item = &SessionFacts> {
        self.sessions.values()
    }

    /// Counts the next leaf. Bytes that are no leaf of ours count as a place and nothing else.
    pub fn count(&mut self, bytes: &[u8]) {
        let index = self.next;
        self.next += 1;
        let Some(leaf) = Leaf::read(bytes) else { return };
        self.check_clock(index, leaf.at);
        match leaf.is {
            What::Roster { changed, .. } => {
                self.members
                    .extend(changed.into_iter().map(|listed| (listed.member.clone(), listed)));
            }
            What::Item {
                item,
                title,
                class,
                length,
            } => {
                self.items.insert(item, (title, class, length));
            }
            What::Open {
                session,
                member,
                item,
                mode,
                ..
            } => self.open(index, leaf.at, session, member, item, mode),
            What::Span { .. } => self.span(index, &leaf),
            What::Close {
                session,
                why,
                unconfirmed,
                flags,
            } => self.close(index, leaf.at, session, why, unconfirmed, flags),
            _ => {}
        }
    }

    fn check_clock(&mut self, index: u64, at: At) {
        let went_back = self
            .last
            .is_some_and(|last| at.boot < last.boot || (at.boot == last.boot && at.mono < last.mono));
        if went_back {
            self.anomalies.push(Anomaly::ClockWentBack(index));
        }
        self.last = Some(at);
    }

    fn open(&mut self, index: u64, at: At, session: SessionId, member: MemberId, item: ItemId, mode: Mode) {
        self.by_id.insert(session, index);
        let year = year_of(at);
        let facts = SessionFacts {
            session,
            member,
            item,
            mode,
            opened: at,
            closed: None,
            credited: Millis::ZERO,
            year,
            unconfirmed: Millis::ZERO,
            flags: Vec::new(),
        };
        self.sessions.insert(index, facts);
    }

    fn span(&mut self, index: u64, leaf: &Leaf) {
        let What::Span {
            session,
            member,
            item,
            year,
            mode,
            grade,
            media,
            total,
            ..
        } = &leaf.is
        else {
            return;
        };
        let have = self.union.entry((member.clone(), *item, *year)).or_default();
        if !media.intersection(have).is_empty() {
            self.anomalies.push(Anomaly::CountedTwice(index));
        }
        let fresh = media.minus(have);
        *have = have.union(media);
        let counted = have.total();
        if counted != *total {
            self.anomalies.push(Anomaly::TotalDiffers {
                index,
                claimed: *total,
                counted,
            });
        }
        let end = self.items.get(item).map_or(Millis::ZERO, |(_, _, length)| *length);
        if media.pairs().last().is_some_and(|(_, to)| *to > end.0) {
            self.anomalies.push(Anomaly::BeyondTheEnd(index));
        }
        let sum = self.earned_in_boot.entry((leaf.at.boot, member.clone())).or_default();
        *sum += fresh.total().0;
        if *sum > leaf.at.mono.0 {
            self.anomalies.push(Anomaly::FasterThanTime(index));
        }
        match self.living(*session) {
            Some(facts) if facts.member == *member && facts.item == *item => {
                facts.credited = facts.credited.plus(fresh.total());
                facts.year = *year;
            }
            _ => self.anomalies.push(Anomaly::NoSession(index)),
        }
        let credit = Credit {
            member: member.clone(),
            item: *item,
            year: *year,
            mode: *mode,
            grade: *grade,
            media: fresh,
            at: leaf.at,
        };
        self.credits.push(credit);
    }

    fn close(&mut self, index: u64, at: At, session: SessionId, why: Closing, unconfirmed: Millis, flags: Vec<String>) {
        match self.living(session) {
            Some(facts) => {
                facts.closed = Some((at, why));
                facts.unconfirmed = unconfirmed;
                facts.flags = flags;
            }
            None => self.anomalies.push(Anomaly::NoSession(index)),
        }
    }

    fn living(&mut self, session: SessionId) -> Option<&mut SessionFacts> {
        let index = self.by_id.get(&session)?;
        self.sessions.get_mut(index).filter(|facts| facts.closed.is_none())
    }
}

/// The year that the station's clock named, if anybody could believe it.
pub(super) fn year_of(at: At) -> Year {
    let reading = crate::clock::Reading {
        boot: at.boot,
        mono: at.mono,
        wall_ms: at.wall,
        trust: at.trust,
    };
    reading.year()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Trust;
    use crate::ledger::Proof;

    fn at(mono_s: u64) -> At {
        At {
            boot: 1,
            mono: Millis::secs(mono_s),
            wall: 1_795_000_000_000,
            trust: Trust::Ntp,
        }
    }

    fn leaf(mono_s: u64, is: What) -> Vec<u8> {
        Leaf {
            v: 1,
            at: at(mono_s),
            is,
        }
        .to_bytes()
    }

    fn member() -> MemberId {
        MemberId::new("0021").unwrap()
    }

    fn session() -> SessionId {
        SessionId::from_bytes([1; 16])
    }

    fn item() -> ItemId {
        ItemId::from_digest(&[2; 32])
    }

    fn opened() -> Recount {
        let mut count = Recount::default();
        let known = What::Item {
            item: item(),
            title: "油菜".into(),
            class: None,
            length: Millis::secs(100),
        };
        count.count(&leaf(1, known));
        let open = What::Open {
            session: session(),
            member: member(),
            item: item(),
            device: session(),
            mode: Mode::Alone,
        };
        count.count(&leaf(2, open));
        count
    }

    fn span(from_s: u64, to_s: u64, total_s: u64) -> What {
        What::Span {
            session: session(),
            member: member(),
            item: item(),
            year: Year(2026),
            mode: Mode::Alone,
            grade: Grade::A,
            proof: Proof::Asked,
            media: Intervals::one(Millis::secs(from_s), Millis::secs(to_s)),
            total: Millis::secs(total_s),
        }
    }

    #[test]
    fn honest_spans_add_up_without_a_remark() {
        let mut count = opened();
        count.count(&leaf(100, span(0, 50, 50)));
        count.count(&leaf(200, span(50, 90, 90)));
        assert_eq!(count.anomalies, []);
        assert_eq!(count.sessions().next().unwrap().credited, Millis::secs(90));
    }

    #[test]
    fn what_cannot_be_is_named_with_its_leaf() {
        let cases = [
            (
                span(0, 50, 60),
                100,
                Anomaly::TotalDiffers {
                    index: 2,
                    claimed: Millis::secs(60),
                    counted: Millis::secs(50),
                },
            ),
            (span(50, 120, 70), 200, Anomaly::BeyondTheEnd(2)),
            (span(0, 50, 50), 40, Anomaly::FasterThanTime(2)),
        ];
        for (is, mono, expected) in cases {
            let mut count = opened();
            count.count(&leaf(mono, is));
            assert_eq!(count.anomalies, [expected]);
        }
        let mut count = opened();
        count.count(&leaf(100, span(0, 50, 50)));
        count.count(&leaf(200, span(40, 60, 60)));
        assert_eq!(count.anomalies, [Anomaly::CountedTwice(3)]);
        count.count(&leaf(150, What::Stop {}));
        assert_eq!(count.anomalies[1], Anomaly::ClockWentBack(4));
    }

    #[test]
    fn a_span_after_its_session_was_closed_is_named() {
        let mut count = opened();
        let close = What::Close {
            session: session(),
            why: Closing::End,
            unconfirmed: Millis::ZERO,
            flags: vec![],
        };
        count.count(&leaf(50, close));
        count.count(&leaf(100, span(0, 50, 50)));
        assert_eq!(count.anomalies, [Anomaly::NoSession(3)]);
    }

    #[test]
    fn bytes_that_are_no_leaf_take_their_place_and_nothing_else() {
        let mut count = opened();
        count.count(b"garbage");
        assert_eq!((count.size(), count.anomalies.len()), (3, 0));
    }
}
