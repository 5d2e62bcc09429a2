//! A village's log out of nothing: films on phones, group after group, with every total and clock as an honest station
//! writes them, so that a district finds nothing odd in it. The same words give the same log.

use yuanjiao::clock::Trust;
use yuanjiao::ledger::{At, Closing, Leaf, Listed, Proof, What};
use yuanjiao::types::{BranchId, DeviceId, Grade, Intervals, ItemId, MemberId, Millis, Mode, Origin, SessionId, Year};

/// 2026-01-01T08:00+08:00.
pub const NEW_YEAR: i64 = 1_767_225_600_000;
const DAY: i64 = 86_400_000;
/// So many watch the same film at the same time.
pub const GROUP: u64 = 20;
const GROUPS: u64 = 5;
/// Half an hour, confirmed every ten minutes.
const PROOFS: u64 = 3;
const STEP: Millis = Millis::secs(600);
/// An item, and of each of the group an opening, three spans and a closing.
pub const OF_A_FILM: u64 = 1 + GROUP * (2 + PROOFS);

/// Who writes it, and how its films lie in time.
#[derive(Debug, Clone, Copy)]
pub struct Village {
    /// Distinguishes its members and sessions from those of others.
    pub number: u32,
    /// From one film to the next.
    pub every: Millis,
    /// What its box knows of the date.
    pub trust: Trust,
}

impl Village {
    /// So many leaves that fill a year.
    pub fn of_a_year(number: u32, leaves: u64) -> Self {
        let films = (leaves / OF_A_FILM).max(1);
        Self {
            number,
            every: Millis(u64::try_from(DAY).unwrap() * 360 / films),
            trust: Trust::District,
        }
    }

    /// The same, of a box that nobody ever told the date: what is earned belongs to no year.
    pub fn without_a_date(self) -> Self {
        Self {
            trust: Trust::Unset,
            ..self
        }
    }

    /// Its leaves, as many as are asked for.
    pub fn leaves(self) -> impl Iterator<Item = Vec<u8>> {
        let films = (0..).flat_map(move |film| self.film(film));
        let begin = [self.genesis(), self.roster()];
        begin
            .into_iter()
            .chain(films)
            .map(move |(after, is)| leaf(self.trust, after, is))
    }

    fn genesis(self) -> (Millis, What) {
        let is = What::Genesis {
            origin: Origin::new(&format!("station/{}", self.number)).unwrap(),
            key: "00".repeat(32),
            after: None,
        };
        (Millis::ZERO, is)
    }

    pub fn member(self, n: u64) -> MemberId {
        MemberId::new(&format!("{:05}{n:03}", self.number)).unwrap()
    }

    fn roster(self) -> (Millis, What) {
        let changed = (0..GROUP * GROUPS).map(|n| Listed {
            member: self.member(n),
            branch: BranchId::new(&format!("第{}村党支部", n / GROUP + 1)).unwrap(),
            role: ["member", "secretary", "new"][usize::from(n % GROUP == 0) + usize::from(n % GROUP == 1) * 2]
                .to_owned(),
            migrant: if n % 10 == 9 { "out" } else { "no" }.to_owned(),
            left: false,
        });
        let is = What::Roster {
            members: u32::try_from(GROUP * GROUPS).unwrap(),
            digest: String::new(),
            changed: changed.collect(),
            removed: Vec::new(),
        };
        (Millis::ZERO, is)
    }

    fn film(self, film: u64) -> impl Iterator<Item = (Millis, What)> {
        let begin = Millis(self.every.0 * film);
        let (round, of) = (film / GROUPS, film % GROUPS);
        let mut digest = [0; 32];
        digest[..8].copy_from_slice(&(round + 1).to_be_bytes());
        let item = ItemId::from_digest(&digest);
        let named = What::Item {
            item,
            title: format!("冬季果园管理技术第{round}讲"),
            class: Some(["实用技术", "政治理论", "法律"][usize::try_from(round % 3).unwrap()].to_owned()),
            length: Millis(STEP.0 * PROOFS),
            made_here: round % 10 == 3,
        };
        let who = move |n: u64| (self.session(film, n), self.member(of * GROUP + n));
        let opens = (0..GROUP).map(move |n| {
            let (session, member) = who(n);
            let device = DeviceId::from_bytes([u8::try_from(n).unwrap(); 16]);
            let mode = Mode::Alone;
            let is = What::Open {
                session,
                member,
                item,
                device,
                mode,
            };
            (begin, is)
        });
        let year = move |after: Millis| match self.trust {
            Trust::Unset => Year::UNDECIDED,
            _ => Year(2026 + u16::try_from(after.0 / (366 * 86_400_000)).unwrap()),
        };
        let spans = (0..PROOFS * GROUP).map(move |n| {
            let (proof, (session, member)) = (n / GROUP, who(n % GROUP));
            let after = begin.plus(Millis(STEP.0 * (proof + 1)));
            let is = What::Span {
                session,
                member,
                item,
                year: year(after),
                mode: Mode::Alone,
                grade: Grade::A,
                proof: Proof::Asked,
                media: Intervals::one(Millis(STEP.0 * proof), Millis(STEP.0 * (proof + 1))),
                total: Millis(STEP.0 * (proof + 1)),
            };
            (after, is)
        });
        let closes = (0..GROUP).map(move |n| {
            let is = What::Close {
                session: who(n).0,
                why: Closing::End,
                unconfirmed: Millis::ZERO,
                flags: Vec::new(),
            };
            (begin.plus(Millis(STEP.0 * PROOFS)), is)
        });
        [(begin, named)].into_iter().chain(opens).chain(spans).chain(closes)
    }

    fn session(self, film: u64, n: u64) -> SessionId {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&self.number.to_be_bytes());
        bytes[4..12].copy_from_slice(&film.to_be_bytes());
        bytes[12..].copy_from_slice(&u32::try_from(n).unwrap().to_be_bytes());
        SessionId::from_bytes(bytes)
    }
}

fn leaf(trust: Trust, after: Millis, is: What) -> Vec<u8> {
    let at = At {
        boot: 1,
        mono: Millis(3_600_000).plus(after),
        wall: NEW_YEAR + i64::try_from(after.0).unwrap(),
        trust,
    };
    Leaf { v: 1, at, is }.to_bytes()
}
