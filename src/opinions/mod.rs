//! What members think of the films: how they liked them 满意度, what they would like to see together 想看, what they
//! remember of them 测验.
//!
//! Ratings and answered questions are leaves, so that the district hears of them; of wishes it hears how many there are,
//! not whose.
//! One member has one rating, one wish and one best answer per item: the latest, or the best, counts.

use rusqlite::{Connection, params};

use crate::clock::{Reading, SharedClock};
use crate::ledger::{Ledger, LedgerError, What, voice};
use crate::store::{Schema, StoreError, Tx, Urgency};
use crate::types::{ItemId, MemberId, SessionId};

/// The tables of this room.
pub const SCHEMA: Schema = Schema {
    room: "opinions",
    steps: &["
        CREATE TABLE rating (item BLOB NOT NULL, member TEXT NOT NULL, stars INTEGER NOT NULL, screening BLOB,
            wall INTEGER NOT NULL, PRIMARY KEY (item, member)) STRICT, WITHOUT ROWID;
        CREATE TABLE wish (item BLOB NOT NULL, member TEXT NOT NULL, wall INTEGER NOT NULL,
            PRIMARY KEY (item, member)) STRICT, WITHOUT ROWID;
        CREATE TABLE quiz (item BLOB NOT NULL, member TEXT NOT NULL, screening BLOB NOT NULL, answered INTEGER NOT NULL,
            questions INTEGER NOT NULL, wall INTEGER NOT NULL, PRIMARY KEY (item, member, screening)) STRICT, WITHOUT ROWID;
    "],
};

/// How many stars there are.
pub const STARS: u8 = 5;

/// What was liked of an item, by how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Liked {
    /// Which.
    pub item: ItemId,
    /// How many rated it.
    pub ratings: u32,
    /// All their stars together.
    pub stars: u32,
}

impl Liked {
    /// The mean in tenths of a star, rounded down.
    pub fn tenths(&self) -> u32 {
        (self.stars * 10).checked_div(self.ratings).unwrap_or(0)
    }
}

/// What one member answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Who.
    pub member: MemberId,
    /// About what.
    pub item: ItemId,
    /// So many were right …
    pub right: u32,
    /// … of so many.
    pub questions: u32,
}

/// A handle to the room. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Opinions {
    ledger: Ledger,
    clock: SharedClock,
}

impl Opinions {
    /// The ledger's store holds the tables of [`SCHEMA`].
    pub fn new(ledger: Ledger, clock: SharedClock) -> Self {
        Self { ledger, clock }
    }

    /// A member says how he liked an item: 1 to [`STARS`]. The same again is no news for the ledger.
    pub async fn rate(
        &self,
        member: MemberId,
        item: ItemId,
        screening: Option<SessionId>,
        stars: u8,
    ) -> Result<(), LedgerError> {
        let stars = stars.clamp(1, STARS);
        let (ledger, now) = (self.ledger.clone(), self.clock.now());
        let rate = move |tx: &Tx<'_>| {
            let news = tx.prepare_cached(
                "INSERT INTO rating (item, member, stars, screening, wall) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (item, member) DO UPDATE SET stars = excluded.stars, screening = excluded.screening,
                    wall = excluded.wall WHERE stars <> excluded.stars",
            )?;
            let mut news = news;
            let screen = screening.as_ref().map(|id| *id.bytes());
            let rows = news.execute(params![item.bytes(), member.as_str(), stars, screen, now.wall_ms])?;
            if rows > 0 {
                let leaf = What::Rating(voice::Rating {
                    member,
                    item,
                    screening,
                    stars,
                });
                ledger.append(tx, now, leaf)?;
            }
            Ok(())
        };
        self.ledger.store().write(Urgency::Now, rate).await?
    }

    /// A member answered the questions about an item in a screening, or alone.
    pub async fn answered(
        &self,
        answered: Answered,
        screening: Option<SessionId>,
        proof: bool,
    ) -> Result<(), LedgerError> {
        let (ledger, now) = (self.ledger.clone(), self.clock.now());
        let write = move |tx: &Tx<'_>| {
            let place = screening.map_or_else(Vec::new, |id| id.bytes().to_vec());
            tx.prepare_cached(
                "INSERT INTO quiz (item, member, screening, answered, questions, wall) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (item, member, screening) DO UPDATE SET answered = max(answered, excluded.answered),
                    questions = excluded.questions, wall = excluded.wall",
            )?
            .execute(params![
                answered.item.bytes(),
                answered.member.as_str(),
                place,
                answered.right,
                answered.questions,
                now.wall_ms
            ])?;
            let leaf = What::Quiz(voice::Quiz {
                member: answered.member,
                item: answered.item,
                screening,
                right: answered.right,
                questions: answered.questions,
                proof,
            });
            ledger.append(tx, now, leaf)?;
            Ok(())
        };
        self.ledger.store().write(Urgency::Now, write).await?
    }

    /// A member would like to see an item together with the others, or no more.
    pub async fn wish(&self, member: MemberId, item: ItemId, wished: bool) -> Result<(), StoreError> {
        let (ledger, now) = (self.ledger.clone(), self.clock.now());
        let wish = move |tx: &Tx<'_>| {
            let changed = if wished {
                tx.prepare_cached("INSERT OR IGNORE INTO wish (item, member, wall) VALUES (?1, ?2, ?3)")?
                    .execute(params![item.bytes(), member.as_str(), now.wall_ms])?
            } else {
                tx.prepare_cached("DELETE FROM wish WHERE item = ?1 AND member = ?2")?
                    .execute(params![item.bytes(), member.as_str()])?
            };
            if changed > 0 {
                tell(&ledger, tx, now, item)
            } else {
                Ok(())
            }
        };
        self.ledger.store().write(Urgency::Now, wish).await?
    }

    /// A wish was fulfilled: the item was shown to all.
    pub async fn fulfilled(&self, items: Vec<ItemId>) -> Result<(), StoreError> {
        let (ledger, now) = (self.ledger.clone(), self.clock.now());
        let forget = move |tx: &Tx<'_>| {
            for item in items {
                if tx.execute("DELETE FROM wish WHERE item = ?1", [item.bytes()])? > 0 {
                    tell(&ledger, tx, now, item)?;
                }
            }
            Ok::<_, StoreError>(())
        };
        self.ledger.store().write(Urgency::Now, forget).await?
    }

    /// What members think, read together.
    pub async fn of_member(&self, member: MemberId, item: ItemId) -> Result<(Option<u8>, bool), StoreError> {
        let read = move |conn: &Connection| Ok(of_member(conn, &member, &item)?);
        self.ledger.store().read(read).await
    }

    /// The items that most members would like to see together, with their number.
    pub async fn wishes(&self, most: u32) -> Result<Vec<(ItemId, u32)>, StoreError> {
        let read = move |conn: &Connection| Ok(wishes(conn, most)?);
        self.ledger.store().read(read).await
    }

    /// How each item was liked that anybody rated.
    pub async fn liked(&self) -> Result<Vec<Liked>, StoreError> {
        self.ledger.store().read(|conn| Ok(liked(conn, None)?)).await
    }

    /// How the items of one screening were liked there.
    pub async fn liked_at(&self, screening: SessionId) -> Result<Vec<Liked>, StoreError> {
        let read = move |conn: &Connection| Ok(liked(conn, Some(screening))?);
        self.ledger.store().read(read).await
    }

    /// What was answered in one screening, for its record.
    pub async fn answers_at(&self, screening: SessionId) -> Result<Vec<Answered>, StoreError> {
        let read = move |conn: &Connection| Ok(answers(conn, screening)?);
        self.ledger.store().read(read).await
    }
}

/// Tells the district how many would like to see an item by now; who they are stays here. A ledger that is halted records
/// nothing, and the wish counts at the station all the same.
fn tell(ledger: &Ledger, tx: &Tx<'_>, now: Reading, item: ItemId) -> Result<(), StoreError> {
    let count = "SELECT count(*) FROM wish WHERE item = ?1";
    let members = tx.query_row(count, [item.bytes()], |row| row.get(0))?;
    match ledger.append(tx, now, What::Wished(voice::Wished { item, members })) {
        Err(LedgerError::Store(error)) => Err(error),
        _ => Ok(()),
    }
}

fn of_member(conn: &Connection, member: &MemberId, item: &ItemId) -> Result<(Option<u8>, bool), rusqlite::Error> {
    conn.prepare_cached(
        "SELECT (SELECT stars FROM rating WHERE item = ?1 AND member = ?2),
            EXISTS (SELECT 1 FROM wish WHERE item = ?1 AND member = ?2)",
    )?
    .query_row(params![item.bytes(), member.as_str()], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

fn wishes(conn: &Connection, most: u32) -> Result<Vec<(ItemId, u32)>, rusqlite::Error> {
    conn.prepare_cached("SELECT item, count(*) AS many FROM wish GROUP BY item ORDER BY many DESC, min(wall) LIMIT ?1")?
        .query_map([most], |row| Ok((ItemId::from_bytes(row.get(0)?), row.get(1)?)))?
        .collect()
}

fn liked(conn: &Connection, screening: Option<SessionId>) -> Result<Vec<Liked>, rusqlite::Error> {
    let place = screening.as_ref().map(|id| *id.bytes());
    conn.prepare_cached(
        "SELECT item, count(*), sum(stars) FROM rating WHERE ?1 IS NULL OR screening = ?1
         GROUP BY item ORDER BY sum(stars) * 1.0 / count(*) DESC, count(*) DESC",
    )?
    .query_map([place], |row| {
        Ok(Liked {
            item: ItemId::from_bytes(row.get(0)?),
            ratings: row.get(1)?,
            stars: row.get(2)?,
        })
    })?
    .collect()
}

fn answers(conn: &Connection, screening: SessionId) -> Result<Vec<Answered>, rusqlite::Error> {
    conn.prepare_cached(
        "SELECT member, item, answered, questions FROM quiz WHERE screening = ?1 ORDER BY member, item",
    )?
    .query_map([screening.bytes().as_slice()], |row| {
        let number: String = row.get(0)?;
        let odd = || rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, "no number".into());
        Ok(Answered {
            member: MemberId::new(&number).map_err(|_| odd())?,
            item: ItemId::from_bytes(row.get(1)?),
            right: row.get(2)?,
            questions: row.get(3)?,
        })
    })?
    .collect()
}

#[cfg(test)]
mod tests;
