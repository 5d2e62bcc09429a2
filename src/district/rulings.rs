//! Decisions 区县裁定 about hours that a station left open: who asked, who signed, on which evidence, and what became of it.
//!
//! 1. Somebody who may manage asks for one: to which year hours belong that no clock dates, or what an entry credits wrongly.
//!    It must fit what the district itself counts, and names its evidence.
//! 2. Somebody who may sign signs it. A year takes one person, a correction two: who asked for it cannot sign it.
//! 3. It goes down as everything else does (`down`), with size and root of the log that was checked, and is on its way until
//!    the station's own leaves say what became of it. Hours change when those leaves are counted, here as there.

use ed25519_dalek::VerifyingKey;

use super::accounts::{Manager, Signer, audit};
use super::down::turn_for;
use super::{District, DistrictError, edge, recounts, rows};
use crate::clock::local_date;
use crate::credit::correction::{By, Change, Unfit, Wish};
use crate::credit::settling::choices;
use crate::keys::Keys;
use crate::ledger::ruling::{Decision, EVIDENCE, RULING_LIMIT, Ruling};
use crate::ledger::{Leaf, Settler, Unruled, What};
use crate::report::{Recount, Undecided};
use crate::store::{Row, Schema, Sql, StoreError, Urgency, count, params, sql};
use crate::types::{Origin, Year};

/// `ruling` is what was asked and signed; `own_key` under which name and key, for counting.
pub(super) const SCHEMA: Schema = Schema {
    room: "district rulings",
    steps: &["
        CREATE TABLE ruling (station TEXT NOT NULL, number INTEGER NOT NULL, decides TEXT NOT NULL, evidence TEXT NOT NULL,
            asked_by TEXT NOT NULL, asked_s INTEGER NOT NULL, signed_by TEXT NOT NULL DEFAULT '',
            signed_s INTEGER NOT NULL DEFAULT 0, serial INTEGER NOT NULL DEFAULT 0, note TEXT NOT NULL DEFAULT '',
            outcome TEXT NOT NULL DEFAULT '', leaf INTEGER, PRIMARY KEY (station, number)) STRICT, WITHOUT ROWID;
        CREATE TABLE own_key (name TEXT NOT NULL, key TEXT NOT NULL) STRICT;
    "],
};

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

/// Writes down under which name and key this district signs, for whoever counts.
pub(super) fn note_own_key(conn: &dyn Sql, name: &Origin, keys: &Keys) -> Result<(), StoreError> {
    let key = data_encoding::HEXLOWER.encode(keys.public().as_bytes());
    let known = "SELECT EXISTS (SELECT 1 FROM own_key WHERE name = ?1 AND key = ?2)";
    if conn.query_row(known, params![name.as_str(), key], |row| row.get::<bool>(0))? {
        return Ok(());
    }
    conn.execute("DELETE FROM own_key", [])?;
    conn.execute(
        "INSERT INTO own_key (name, key) VALUES (?1, ?2)",
        params![name.as_str(), key],
    )
    .map(drop)
}

/// Under which name and key this district signs.
pub(super) fn own_key(conn: &dyn Sql) -> Result<Option<(Origin, VerifyingKey)>, StoreError> {
    let found: Option<(String, String)> = conn.query_optional("SELECT name, key FROM own_key", [], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    Ok(found.and_then(|(name, key)| {
        let bytes = data_encoding::HEXLOWER.decode(key.as_bytes()).ok()?.try_into().ok()?;
        Some((Origin::new(&name).ok()?, VerifyingKey::from_bytes(&bytes).ok()?))
    }))
}

/// What a station has to carry out, as signed notes in their order.
pub(super) fn under_way(conn: &dyn Sql, station: &Origin, most: usize) -> Result<Vec<String>, StoreError> {
    let query = "SELECT note FROM ruling WHERE station = ?1 AND serial > 0 AND outcome = '' ORDER BY serial LIMIT ?2";
    conn.query_map(query, params![station.as_str(), sql(most as u64)], |row| row.get(0))
}

/// What a leaf says became of a decision. Most leaves say nothing, and are not taken apart.
pub(super) fn outcome_in(bytes: &[u8]) -> Option<(Ruling, Outcome)> {
    const SIGNED: &[u8] = b"\"signed\":\"yuanjiao-ruling/";
    if !bytes.windows(SIGNED.len()).any(|part| part == SIGNED) {
        return None;
    }
    let (signed, outcome) = match Leaf::read(bytes)?.is {
        What::Settled {
            signed,
            by: Settler::District,
            ..
        }
        | What::Correct { signed, .. } => (signed, Outcome::Done),
        What::Unruled { signed, why } => (signed, Outcome::Not(why)),
        _ => return None,
    };
    Some((Ruling::of(&signed)?, outcome))
}

/// A leaf of the station says what became of a decision; the first word counts.
pub(super) fn note_outcome(
    conn: &dyn Sql,
    station: &Origin,
    (ruling, outcome): &(Ruling, Outcome),
    leaf: u64,
) -> Result<(), StoreError> {
    conn.execute(
        "UPDATE ruling SET outcome = ?3, leaf = ?4 WHERE station = ?1 AND serial = ?2 AND serial > 0 AND outcome = ''",
        params![station.as_str(), sql(ruling.serial), word(*outcome), sql(leaf)],
    )
    .map(drop)
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::UnderWay => "",
        Outcome::Done => "done",
        Outcome::Not(Unruled::NothingLeft) => "nothing_left",
        Outcome::Not(Unruled::OtherLog) => "other_log",
        Outcome::Not(Unruled::Unfit) => "unfit",
    }
}

fn read_word(word: &str) -> Option<Outcome> {
    let not = [Unruled::NothingLeft, Unruled::OtherLog, Unruled::Unfit].map(Outcome::Not);
    let mut all = [Outcome::UnderWay, Outcome::Done].into_iter().chain(not);
    all.find(|outcome| self::word(*outcome) == word)
}

const ASKED: &str =
    "SELECT number, decides, evidence, asked_by, asked_s, signed_by, signed_s, outcome, leaf FROM ruling";

fn asked(row: &dyn Row) -> Result<Asked, StoreError> {
    let (decides, outcome): (String, String) = (row.get(1)?, row.get(7)?);
    let (signed_by, leaf): (String, Option<i64>) = (row.get(5)?, row.get(8)?);
    Ok(Asked {
        number: count(row.get(0)?),
        decides: serde_json::from_str(&decides).map_err(|_| StoreError::Column(1))?,
        evidence: row.get(2)?,
        asked: (row.get(3)?, count(row.get(4)?)),
        signed: match signed_by.as_str() {
            "" => None,
            _ => Some((signed_by, count(row.get(6)?))),
        },
        outcome: read_word(&outcome).ok_or(StoreError::Column(7))?,
        leaf: leaf.map(count),
    })
}

/// All decisions about a station, the newest first.
fn all(conn: &dyn Sql, station: &Origin) -> Result<Vec<Asked>, StoreError> {
    let query = format!("{ASKED} WHERE station = ?1 ORDER BY number DESC");
    conn.query_map(&query, [station.as_str()], asked)
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
        let known = rows::station(tx, name)?.filter(|station| !station.is_ended && station.frozen_at.is_none());
        let known = known.ok_or(NotRuled::InDoubt)?;
        fits(&recounts::recount(tx, name)?, &asked.decides, self.this_year())?;
        let newest = "SELECT coalesce(max(serial), 0) FROM ruling WHERE station = ?1";
        let newest: i64 = tx.query_row(newest, [name.as_str()], |row| row.get(0))?;
        let now = self.now_s();
        let ruling = Ruling {
            district: (*self.origin).clone(),
            station: name.clone(),
            serial: now.max(count(newest) + 1),
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
        Ok(turn_for(tx, name)?)
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
