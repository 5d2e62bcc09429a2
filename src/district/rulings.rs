//! Decisions 区县裁定 about hours that a station left open: who asked, who signed, on which evidence, and what became of it.
//!
//! 1. Somebody who may manage asks for one: to which year hours belong that no clock dates, or what an entry credits wrongly.
//!    It must fit what the district itself counts, and names its evidence.
//! 2. Somebody who may sign signs it. A year takes one person, a correction two: who asked for it cannot sign it.
//! 3. It goes down as everything else does (`down`), with size and root of the log that was checked, and is on its way until
//!    the station's own leaves say what became of it. Hours change when those leaves are counted, here as there.

mod groups;
mod own_key;
mod rows;

use rows::{ASKED, all, asked, newest};

pub use groups::Undated;
pub(super) use own_key::{note_own_key, own_key};
pub(super) use rows::{carried_out_later, learn, under_way};

use super::accounts::{Manager, Signer, audit};
use super::down::turn_for;
use super::{District, DistrictError, edge, recounts, rows as stations};
use crate::clock::local_date;
use crate::credit::correction::{By, Change, Unfit, Wish};
use crate::credit::settling::choices;
use crate::ledger::Unruled;
use crate::ledger::ruling::{Decision, EVIDENCE, RULING_LIMIT, Ruling, SPANS};
use crate::report::{Recount, Undecided};
use crate::store::{Schema, Sql, StoreError, Urgency, count, params, sql};
use crate::types::{Origin, Year};

/// `ruling` is what was asked and signed, and in which log the leaf is that says what became of it; `own_key` under which name and key, for counting.
pub(super) const SCHEMA: Schema = Schema {
    room: "district rulings",
    steps: &["
        CREATE TABLE ruling (station TEXT NOT NULL, number INTEGER NOT NULL, decides TEXT NOT NULL, evidence TEXT NOT NULL,
            asked_by TEXT NOT NULL, asked_s INTEGER NOT NULL, signed_by TEXT NOT NULL DEFAULT '',
            signed_s INTEGER NOT NULL DEFAULT 0, serial INTEGER NOT NULL DEFAULT 0, note TEXT NOT NULL DEFAULT '',
            outcome TEXT NOT NULL DEFAULT '', leaf INTEGER, PRIMARY KEY (station, number)) STRICT, WITHOUT ROWID;
        CREATE TABLE own_key (name TEXT NOT NULL, key TEXT NOT NULL) STRICT;
    ", "
        ALTER TABLE ruling ADD COLUMN log TEXT NOT NULL DEFAULT '';
    "],
};

/// So many spans of a log that has ended are decided together: their leaf also says what of each had earned elsewhere.
const OF_AN_ENDED_LOG: usize = 200;

/// What became of a decision at its station.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing is known yet.
    UnderWay,
    /// Carried out.
    Done,
    /// It could not be carried out.
    Not(Unruled),
}

/// One decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Its number among those of the station, in the order of asking.
    pub number: u64,
    /// What is decided.
    pub decides: Decision,
    /// On what it rests.
    pub evidence: String,
    /// Whose account asked, and when, in seconds since 1970.
    pub asked: (String, u64),
    /// Whose account signed, and when; `None` while nobody has.
    pub signed: Option<(String, u64)>,
    /// What became of it.
    pub outcome: Outcome,
    /// The leaf that says so.
    pub leaf: Option<u64>,
    /// The log of that leaf, if it is a later one.
    pub later: Option<Origin>,
}

impl Asked {
    /// Whether its outcome is to come, signed or not.
    pub fn is_on_its_way(&self) -> bool {
        self.outcome == Outcome::UnderWay
    }

    /// The spans whose year it settles once it is carried out.
    fn settles(&self) -> impl Iterator<Item = u64> {
        let spans = match &self.decides {
            Decision::Year { spans, .. } if self.is_on_its_way() => &spans[..],
            _ => &[],
        };
        spans.iter().map(|(span, _)| *span)
    }
}

/// Why a decision was not asked for, or not signed. The reader is the clerk.
#[derive(Debug, thiserror::Error)]
pub enum NotRuled {
    /// There is no evidence, or too long a text.
    #[error("a decision names its evidence, in at most {EVIDENCE} characters on one line")]
    Evidence,
    /// It names a person.
    #[error("the evidence holds a name of a roster; it is kept for ever, so please write the member's number")]
    Names,
    /// The entries are decided by now, or the year does not fit.
    #[error("these hours are not open any more, or cannot have been earned in that year")]
    NotOpen,
    /// It does not fit the entry.
    #[error("this does not fit the entry: {0:?}")]
    Unfit(Unfit),
    /// The same person asked for it.
    #[error("a correction takes two people: whoever asked for it cannot sign it")]
    SamePerson,
    /// The log has ended, and is not corrected any more.
    #[error("the entries of a ledger that has ended are not corrected any more")]
    Over,
    /// The log has ended, and the station lost it.
    #[error("the station has lost this ledger, and cannot carry out anything about it")]
    Lost,
    /// It was signed or taken back meanwhile.
    #[error("this decision was signed or taken back meanwhile")]
    Gone,
    /// The log is in doubt.
    #[error("the log of this station is in doubt; that must be settled first")]
    InDoubt,
    /// The books.
    #[error(transparent)]
    District(#[from] DistrictError),
}

impl From<StoreError> for NotRuled {
    fn from(error: StoreError) -> Self {
        Self::District(error.into())
    }
}

/// What a decision is about, in a few words for the audit log.
fn about(decides: &Decision) -> String {
    match decides {
        Decision::Year { year, spans } => format!("{} × {}", year.0, spans.len()),
        Decision::Credit { of, to, .. } => {
            let to = to.as_ref().map_or_else(String::new, |to| format!(" → {to}"));
            format!("{of}{to}")
        }
    }
}

/// Whether the count of the station's leaves leaves open what is decided.
fn fits(counted: &Recount, decides: &Decision, now: Year) -> Result<(), NotRuled> {
    match decides {
        Decision::Year { year, spans } => {
            let open = counted.undecided();
            let is_open = |span: &(u64, i64)| {
                let found = open.iter().find(|one| one.span == span.0);
                found.is_some_and(|one| choices(&one.within, now).contains(year))
            };
            if spans.is_empty() || !spans.iter().all(is_open) {
                return Err(NotRuled::NotOpen);
            }
            Ok(())
        }
        Decision::Credit { of, to, stretch } => {
            let wish = Wish {
                to: to.clone(),
                stretch: *stretch,
            };
            counted
                .would(*of, &wish, &by_nobody())
                .map(drop)
                .map_err(NotRuled::Unfit)
        }
    }
}

/// Why nothing can be carried out about a log that has ended: only years are, and only while the station has it.
fn out_of_reach(conn: &dyn Sql, log: &Origin, decides: &Decision) -> Result<Option<NotRuled>, StoreError> {
    if stations::station(conn, log)?.is_none_or(|station| !station.is_ended) {
        return Ok(None);
    }
    if matches!(decides, Decision::Credit { .. }) {
        return Ok(Some(NotRuled::Over));
    }
    let has_it = stations::is_carried(conn, log)?;
    Ok((!has_it).then_some(NotRuled::Lost))
}

/// For what is only looked at.
fn by_nobody() -> By {
    By::District(Origin::new("district").expect("a name"))
}

impl District {
    /// The hours of a station that no clock dates, by what its leaves and our own visits say, and about which no decision is
    /// on its way.
    pub async fn undecided(&self, station: &Origin) -> Result<Vec<Undecided>, StoreError> {
        let name = station.clone();
        let read = move |conn: &dyn Sql| {
            let decided: Vec<u64> = all(conn, &name)?.iter().flat_map(Asked::settles).collect();
            let open = recounts::recount(conn, &name)?.undecided();
            Ok(open.into_iter().filter(|one| !decided.contains(&one.span)).collect())
        };
        self.store.read(read).await
    }

    /// The same by the years that fit.
    pub async fn undated(&self, log: &Origin) -> Result<Vec<Undated>, StoreError> {
        let name = log.clone();
        let row = self.store.read(move |conn| stations::station(conn, &name)).await?;
        let most = match row {
            Some(row) if row.is_ended => OF_AN_ENDED_LOG,
            _ => SPANS,
        };
        Ok(Undated::sorted(self.undecided(log).await?, self.this_year(), most))
    }

    /// What a correction would change.
    pub async fn would_correct(&self, station: &Origin, of: u64, wish: Wish) -> Result<Vec<Change>, NotRuled> {
        let name = station.clone();
        let read =
            move |conn: &dyn Sql| Ok::<_, StoreError>(recounts::recount(conn, &name)?.would(of, &wish, &by_nobody()));
        self.store.read(read).await?.map_err(NotRuled::Unfit)
    }

    /// All decisions about a station, the newest first.
    pub async fn rulings(&self, station: &Origin) -> Result<Vec<Asked>, StoreError> {
        let name = station.clone();
        self.store.read(move |conn| all(conn, &name)).await
    }

    /// Asks for a decision.
    pub async fn ask_ruling(
        &self,
        station: &Origin,
        decides: Decision,
        evidence: &str,
        by: &Manager,
    ) -> Result<u64, NotRuled> {
        let evidence = evidence.trim().to_owned();
        if evidence.is_empty() || evidence.chars().count() > EVIDENCE || evidence.chars().any(char::is_control) {
            return Err(NotRuled::Evidence);
        }
        if self.is_named_in(&evidence).await? {
            return Err(NotRuled::Names);
        }
        let (name, who, now, year) = (station.clone(), by.name().to_owned(), self.now_s(), self.this_year());
        let act = move |tx: &dyn Sql| {
            tx.lock("ruling")?;
            if let Some(why) = out_of_reach(tx, &name, &decides)? {
                return Ok(Err(why));
            }
            let counted = recounts::recount(tx, &name)?;
            if let Err(why) = fits(&counted, &decides, year) {
                return Ok::<_, StoreError>(Err(why));
            }
            let newest = "SELECT coalesce(max(number), 0) FROM ruling WHERE station = ?1";
            let number: i64 = tx.query_row(newest, [name.as_str()], |row| row.get::<i64>(0))? + 1;
            let text = serde_json::to_string(&decides).expect("plain values are JSON");
            tx.execute(
                "INSERT INTO ruling (station, number, decides, evidence, asked_by, asked_s) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![name.as_str(), number, text, evidence, who, sql(now)],
            )?;
            let told = format!("{}: {evidence}", about(&decides));
            audit(tx, sql(now), &who, "ruling_asked", name.as_str(), &told)?;
            Ok(Ok(count(number)))
        };
        self.store.write(Urgency::Now, act).await??
    }

    /// Takes back what nobody has signed.
    pub async fn drop_ruling(&self, station: &Origin, number: u64, by: &Manager) -> Result<(), NotRuled> {
        let (name, who, now) = (station.clone(), by.name().to_owned(), self.now_s());
        let act = move |tx: &dyn Sql| {
            let gone = tx.execute(
                "DELETE FROM ruling WHERE station = ?1 AND number = ?2 AND serial = 0",
                params![name.as_str(), sql(number)],
            )?;
            if gone > 0 {
                audit(tx, sql(now), &who, "ruling_dropped", name.as_str(), &number.to_string())?;
            }
            Ok::<_, StoreError>(gone > 0)
        };
        let gone = self.store.write(Urgency::Now, act).await??;
        if gone { Ok(()) } else { Err(NotRuled::Gone) }
    }

    /// Signs a decision: the station gets it with the next contact.
    pub async fn sign_ruling(&self, station: &Origin, number: u64, by: &Signer) -> Result<(), NotRuled> {
        let (room, name, who) = (self.clone(), station.clone(), by.name().to_owned());
        let act = move |tx: &dyn Sql| room.sign_in(tx, &name, number, &who);
        self.store.write(Urgency::Now, act).await??;
        self.bell.ring();
        Ok(())
    }

    fn sign_in(&self, tx: &dyn Sql, name: &Origin, number: u64, who: &str) -> Result<(), NotRuled> {
        tx.lock("ruling")?;
        let query = format!("{ASKED} WHERE station = ?1 AND number = ?2 AND serial = 0");
        let found = tx.query_optional(&query, params![name.as_str(), sql(number)], asked)?;
        let asked = found.ok_or(NotRuled::Gone)?;
        if matches!(asked.decides, Decision::Credit { .. }) && asked.asked.0 == who {
            return Err(NotRuled::SamePerson);
        }
        // What is decided about a log that ended is carried out in the one that goes on.
        let asked_today = stations::goes_on(tx, name)?.filter(|station| station.frozen_at.is_none());
        let asked_today = asked_today.ok_or(NotRuled::InDoubt)?.origin;
        if let Some(why) = out_of_reach(tx, name, &asked.decides)? {
            return Err(why);
        }
        let known = stations::station(tx, name)?.ok_or(NotRuled::Gone)?;
        fits(&recounts::recount(tx, name)?, &asked.decides, self.this_year())?;
        let (newest, now) = (newest(tx, &asked_today)?, self.now_s());
        let ruling = Ruling {
            district: (*self.origin).clone(),
            station: name.clone(),
            serial: now.max(newest + 1),
            day: self.today_named(),
            size: known.size,
            root: edge::of(tx, &known)?.root(),
            evidence: asked.evidence,
            decides: asked.decides,
        };
        let note = ruling.signed(&self.keys);
        if note.len() > RULING_LIMIT {
            return Err(NotRuled::Evidence);
        }
        tx.execute(
            "UPDATE ruling SET signed_by = ?3, signed_s = ?4, serial = ?5, note = ?6 WHERE station = ?1 AND number = ?2",
            params![name.as_str(), sql(number), who, sql(now), sql(ruling.serial), note],
        )?;
        let told = format!("{}: {}", about(&ruling.decides), ruling.evidence);
        audit(tx, sql(now), who, "ruling_signed", name.as_str(), &told)?;
        Ok(turn_for(tx, &asked_today)?)
    }

    /// Whether a text names somebody of a roster that is kept here.
    async fn is_named_in(&self, text: &str) -> Result<bool, StoreError> {
        let text = text.to_owned();
        self.store.read(move |conn| super::down::is_named_in(conn, &text)).await
    }

    /// The year of today, in which everything was earned at the latest.
    pub fn this_year(&self) -> Year {
        let year = local_date(self.now_i64() * 1000).and_then(|date| u16::try_from(date.year()).ok());
        year.map_or(Year::UNDECIDED, Year)
    }
}
