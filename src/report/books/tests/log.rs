//! A ledger in memory, and what the books make of it.

use super::*;

/// A ledger in memory, counted as it grows.
#[derive(Default)]
pub(super) struct Log {
    pub(super) leaves: Vec<(i64, Trust, What)>,
}

impl Log {
    pub(super) fn at(&mut self, wall: i64, is: What) -> &mut Self {
        self.leaves.push((wall, Trust::Operator, is));
        self
    }

    pub(super) fn undated(&mut self, is: What) -> &mut Self {
        self.leaves.push((5_000, Trust::Unset, is));
        self
    }

    pub(super) fn boot(&mut self, wall: i64, before: Before, last: Option<i64>) -> &mut Self {
        let last = last.map(|wall| at(wall, Trust::Operator));
        let boot = What::Boot {
            id: "b".into(),
            version: "1".into(),
            before,
            last,
        };
        self.at(wall, boot)
    }

    pub(super) fn roster(&mut self, wall: i64, listed: &[(&str, &str, &str)]) -> &mut Self {
        let changed = listed.iter().map(|(number, branch, migrant)| Listed {
            member: who(number),
            branch: BranchId::new(branch).unwrap(),
            role: "member".into(),
            migrant: (*migrant).into(),
            left: false,
        });
        let changed: Vec<Listed> = changed.collect();
        self.at(
            wall,
            What::Roster {
                members: u32::try_from(changed.len()).unwrap(),
                digest: String::new(),
                changed,
                removed: Vec::new(),
            },
        )
    }

    /// A phone's session that earned so many seconds.
    pub(super) fn alone(&mut self, wall: i64, n: u8, number: &str, seconds: u64) -> &mut Self {
        let (session, member) = (id(n), who(number));
        self.at(
            wall,
            What::Open {
                session,
                member: member.clone(),
                item: item(1),
                device: DeviceId::from_bytes([9; 16]),
                mode: Mode::Alone,
            },
        );
        self.span(wall + 60_000, n, number, seconds, Mode::Alone, Grade::A);
        self.at(
            wall + HOUR,
            What::Close {
                session,
                why: Closing::End,
                unconfirmed: Millis::ZERO,
                flags: Vec::new(),
            },
        )
    }

    pub(super) fn span(&mut self, wall: i64, n: u8, number: &str, seconds: u64, mode: Mode, grade: Grade) -> &mut Self {
        self.at(
            wall,
            What::Span {
                session: id(n),
                member: who(number),
                item: item(1),
                year: Year(2026),
                mode,
                grade,
                proof: Proof::Asked,
                media: Intervals::one(Millis::ZERO, Millis::secs(seconds)),
                total: Millis::secs(seconds),
            },
        )
    }

    /// An evening of 45 minutes, five of them for nobody: who came, by code or by tick, and what each earned.
    pub(super) fn evening(&mut self, wall: i64, n: u8, due: u32, came: &[(&str, Entry, u64)]) -> &mut Self {
        let screening = id(n);
        self.at(
            wall,
            What::Screening {
                screening,
                screen: DeviceId::from_bytes([8; 16]),
                mode: Mode::Screening,
                branches: Vec::new(),
                due,
                plan: None,
            },
        );
        for (number, by, _) in came {
            self.at(
                wall + 1,
                What::Attend {
                    screening,
                    member: who(number),
                    shown: Millis::ZERO,
                    present: true,
                    by: *by,
                    device: None,
                    reason: String::new(),
                    home: None,
                },
            );
        }
        let piece = Piece {
            item: item(2),
            year: Year(2026),
            from: Millis::ZERO,
            to: Millis::secs(2_700),
        };
        let pieces = vec![piece];
        self.at(wall + 45 * 60_000, What::Shown { screening, pieces });
        for (number, by, seconds) in came.iter().filter(|(_, _, seconds)| *seconds > 0) {
            let grade = if *by == Entry::Code { Grade::B } else { Grade::C };
            self.span(wall + 46 * 60_000, n, number, *seconds, Mode::Screening, grade);
        }
        self.at(
            wall + 47 * 60_000,
            What::Screened {
                screening,
                how: Ending::Done,
                shown: Millis::secs(2_700),
                unattended: Millis::secs(300),
                guests: 3,
            },
        )
    }

    pub(super) fn count(&self, period: Period) -> (Calendar, Facts) {
        let (mut calendar, mut facts) = (Calendar::default(), Facts::default());
        for (index, (wall, trust, is)) in (0..).zip(&self.leaves) {
            let leaf = Leaf {
                v: 1,
                at: at(*wall, *trust),
                is: is.clone(),
            };
            calendar.count(&leaf.to_bytes());
            facts.count(index, calendar.dated(index, leaf), period);
        }
        (calendar, facts)
    }

    pub(super) fn figures(&self, word: &str) -> Figures {
        let period = Period::read(word).unwrap();
        let (calendar, facts) = self.count(period);
        figures::count(&facts, &calendar, &Policy::built_in(), period, EVENING + DAY)
    }

    pub(super) fn sheet(&self, word: &str, make: fn(&Source<'_>) -> Sheet) -> Sheet {
        let period = Period::read(word).unwrap();
        let (calendar, facts) = self.count(period);
        let policies = Policies::always(Policy::built_in());
        make(&Source {
            calendar: &calendar,
            facts: &facts,
            names: &Names::default(),
            policy: policies.newest(),
            policies: &policies,
            period,
            now_ms: EVENING + DAY,
            lang: Lang::Zh,
        })
    }
}

pub(super) fn at(wall: i64, trust: Trust) -> At {
    At {
        boot: 1,
        mono: Millis(u64::try_from(wall).unwrap() % 1_000_000_000_000),
        wall,
        trust,
    }
}
