//! Random histories of a box: honest, hostile and confused.

use super::*;
use crate::ledger::voice;

/// The same numbers for the same seed (xorshift64*): a history that fails can be told by its number.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % n
    }

    pub(super) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

/// Autumn 2026; a new year lies within reach of what follows.
pub(super) const START: i64 = 1_798_000_000_000;

/// A box that writes one leaf after another.
pub(super) struct Village {
    pub(super) dice: Dice,
    pub(super) boot: u32,
    pub(super) mono: u64,
    pub(super) trust: Trust,
    pub(super) leaves: Vec<Vec<u8>>,
    /// Spans, corrections and evenings so far, as later leaves may name them.
    pub(super) named: Vec<u64>,
    /// Counted along, so that most totals are right, and what may be settled is known.
    pub(super) counted: Recount,
}

impl Village {
    pub(super) fn member(&mut self) -> MemberId {
        MemberId::new(&format!("000{}", self.dice.below(3))).unwrap()
    }

    pub(super) fn item(&mut self) -> ItemId {
        ItemId::from_digest(&[u8::try_from(self.dice.below(3)).unwrap(); 32])
    }

    pub(super) fn session(&mut self, of: u8) -> SessionId {
        let n = u8::try_from(self.dice.below(4)).unwrap();
        let age = u8::try_from(self.leaves.len() / 60 % 250).unwrap();
        SessionId::from_bytes([of, n, age, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    }

    pub(super) fn media(&mut self) -> Intervals {
        let from = self.dice.below(30) * 20_000;
        Intervals::one(Millis(from), Millis(from + (1 + self.dice.below(4)) * 20_000))
    }

    pub(super) fn year(&mut self) -> Year {
        match self.trust {
            Trust::Unset => Year::UNDECIDED,
            _ if self.dice.one_in(12) => Year(2025),
            _ => Year(2026),
        }
    }

    pub(super) fn have(&self, member: &MemberId, item: ItemId, year: Year) -> Intervals {
        let years = self.counted.union.get(&(member.clone(), item));
        years.and_then(|years| years.get(&year)).cloned().unwrap_or_default()
    }

    pub(super) fn span(&mut self, session: SessionId) -> What {
        let (member, item, year, media) = (self.member(), self.item(), self.year(), self.media());
        let total = self.have(&member, item, year).union(&media).total();
        self.named.push(self.leaves.len() as u64);
        What::Span {
            session,
            member,
            item,
            year,
            mode: Mode::Alone,
            grade: Grade::A,
            proof: Proof::Asked,
            media,
            total: if self.dice.one_in(10) { Millis(1) } else { total },
        }
    }

    pub(super) fn phone(&mut self) -> What {
        let session = self.session(1);
        match self.dice.below(4) {
            0 => What::Open {
                session,
                member: self.member(),
                item: self.item(),
                device: DeviceId::from_bytes([9; 16]),
                mode: Mode::Alone,
            },
            1 => What::Close {
                session,
                why: Closing::Superseded,
                unconfirmed: Millis(self.dice.below(3) * 60_000),
                flags: vec!["gap".into()],
            },
            _ => self.span(session),
        }
    }

    pub(super) fn evening(&mut self) -> What {
        let screening = self.session(2);
        let shown = Millis(self.dice.below(40) * 30_000);
        match self.dice.below(7) {
            0 => What::Screening {
                screening,
                screen: DeviceId::from_bytes([8; 16]),
                mode: Mode::Screening,
                branches: vec![BranchId::new("一支部").unwrap()],
                due: 2,
                plan: None,
            },
            1 | 2 => What::Attend {
                screening,
                member: self.member(),
                shown,
                present: !self.dice.one_in(4),
                by: if self.dice.one_in(3) {
                    Entry::Ticked
                } else {
                    Entry::Code
                },
                device: None,
                reason: String::new(),
                home: None,
            },
            3 => What::Shown {
                screening,
                pieces: vec![Piece {
                    item: self.item(),
                    year: Year(2026),
                    from: Millis(0),
                    to: Millis(600_000),
                }],
            },
            4 => What::Check {
                screening,
                shown,
                passed: vec![self.member()],
                ticked: Vec::new(),
                void: self.dice.one_in(5),
            },
            5 => self.span(screening),
            _ => {
                self.named.push(self.leaves.len() as u64);
                What::Screened {
                    screening,
                    how: Ending::Done,
                    shown: Millis(600_000),
                    unattended: Millis(self.dice.below(2) * 60_000),
                    guests: 1,
                }
            }
        }
    }

    pub(super) fn one_named(&mut self) -> u64 {
        let n = self.named.len() as u64;
        match n {
            0 => 0,
            n => self.named[usize::try_from(self.dice.below(n)).unwrap()],
        }
    }

    pub(super) fn correction(&mut self) -> What {
        let of = self.one_named();
        let credit = self.counted.credits.iter().find(|credit| credit.index == of).cloned();
        let (member, item, year) = match credit.clone() {
            Some(credit) => (credit.member, credit.item, credit.year),
            None => (self.member(), self.item(), Year(2026)),
        };
        let gives = self.dice.one_in(3);
        let member = if gives { self.member() } else { member };
        let media = credit
            .filter(|_| !gives)
            .map_or_else(|| self.media(), |credit| credit.media);
        let have = self.have(&member, item, year);
        self.named.push(self.leaves.len() as u64);
        What::Correct {
            of,
            member,
            item,
            year,
            total: if gives { have.union(&media) } else { have.minus(&media) }.total(),
            takes: if gives { Intervals::none() } else { media.clone() },
            gives: if gives { media } else { Intervals::none() },
            reason: "记错了".into(),
            second: Some(MemberId::new("0009").unwrap()),
            signed: String::new(),
        }
    }

    /// What the leaves decide, or a guess.
    pub(super) fn settled(&mut self) -> What {
        let decided = self.counted.settling.decided();
        let spans = match decided.first() {
            Some(one) if !self.dice.one_in(4) => vec![(one.span, one.wall_ms)],
            _ => vec![(self.one_named(), START)],
        };
        What::Settled {
            year: decided.first().map_or(Year(2026), |one| one.year),
            spans,
            by: if self.dice.one_in(3) {
                Settler::Operator
            } else {
                Settler::Dating
            },
            signed: String::new(),
        }
    }

    pub(super) fn time(&mut self) -> What {
        match self.dice.below(3) {
            0 => {
                self.trust = Trust::Operator;
                What::ClockAnchor {
                    source: Trust::Operator,
                    unix_ms: self.truth(),
                }
            }
            1 => What::CheckpointSeen {
                district: Origin::new("district/1").unwrap(),
                // By network it is the last leaf; a stick is under way for a while.
                size: (self.leaves.len() as u64).saturating_sub(self.dice.below(3) * 7),
                time: u64::try_from(self.truth() / 1000).unwrap(),
                cosignature: String::new(),
            },
            _ => {
                self.boot += 1;
                self.mono = 1_000;
                self.trust =
                    [Trust::Unset, Trust::Plausible, Trust::District][usize::try_from(self.dice.below(3)).unwrap()];
                What::Boot {
                    id: String::new(),
                    version: String::new(),
                    before: crate::ledger::Before::Cut,
                    last: None,
                }
            }
        }
    }

    pub(super) fn truth(&self) -> i64 {
        START + i64::from(self.boot) * 86_400_000 + i64::try_from(self.mono).unwrap()
    }

    pub(super) fn aside(&mut self) -> What {
        let (member, item) = (self.member(), self.item());
        match self.dice.below(5) {
            0 => What::Item {
                item,
                title: "油菜".into(),
                class: Some("实用技术".into()),
                length: Millis::secs(600),
                made_here: self.dice.one_in(2),
            },
            1 => What::Roster {
                members: 3,
                digest: String::new(),
                changed: vec![Listed {
                    member: if self.dice.one_in(3) {
                        MemberId::new("0009").unwrap()
                    } else {
                        member
                    },
                    branch: BranchId::new("一支部").unwrap(),
                    role: "secretary".into(),
                    migrant: if self.dice.one_in(3) { "out" } else { "no" }.into(),
                    left: self.dice.one_in(6),
                }],
                removed: Vec::new(),
            },
            3 => What::Wished(voice::Wished {
                item,
                members: u32::try_from(self.dice.below(3)).unwrap(),
            }),
            2 => What::Rating(voice::Rating {
                member,
                item,
                screening: None,
                stars: u8::try_from(1 + self.dice.below(5)).unwrap(),
            }),
            _ => What::Quiz(voice::Quiz {
                member,
                item,
                screening: None,
                right: 1,
                questions: 2,
                proof: false,
            }),
        }
    }

    pub(super) fn next(&mut self) {
        self.mono += self.dice.below(8) * 45_000;
        if self.dice.one_in(60) {
            self.mono = self.mono.saturating_sub(500_000);
        }
        let is = match self.dice.below(20) {
            0..8 => self.phone(),
            8..14 => self.evening(),
            14 => self.correction(),
            15 => self.settled(),
            16 => self.time(),
            _ => self.aside(),
        };
        let wall = match self.trust {
            Trust::Unset => i64::try_from(self.mono).unwrap(),
            _ => self.truth(),
        };
        let at = At {
            boot: self.boot,
            mono: Millis(self.mono),
            wall,
            trust: self.trust,
        };
        let bytes = if self.dice.one_in(40) {
            b"no leaf of ours".to_vec()
        } else {
            Leaf { v: 1, at, is }.to_bytes()
        };
        self.counted.count(&bytes);
        self.leaves.push(bytes);
    }
}

pub(super) fn history(seed: u64, leaves: usize) -> Village {
    let mut village = Village {
        dice: Dice(seed * 2_654_435_761 + 1),
        boot: 1,
        mono: 0,
        trust: Trust::Unset,
        leaves: Vec::new(),
        named: Vec::new(),
        counted: Recount::default(),
    };
    for _ in 0..leaves {
        village.next();
    }
    village
}
