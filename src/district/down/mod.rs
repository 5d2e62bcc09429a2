//! What goes down to stations 下发: rosters, programme, list of approved items, notices, decisions, and who has them already.
//!
//! 1. A person who may sign decides what holds for whom ([`Scope`]): one station, a township, all. That is kept piece by
//!    piece ([`Piece`]), with a line of the audit log.
//! 2. When a station is next heard of, by line or stick, the pieces that concern it are put together, one record of each
//!    kind, and signed if they say something new. So a station that is enrolled later, moves to another township or begins
//!    a new epoch gets its own, and nobody has to think of it.
//! 3. That it has a record is known when it says so: by its answer, or by the leaf that it writes.
//!
//! A station gets its own members. Of others it gets numbers alone, and only of those who are likely to come by: its
//! township's, and migrants'.

mod compose;
mod known;
mod rows;
mod sheet;

pub(super) use compose::is_named_in;
pub use compose::{members_of, whole};
pub use known::Known;
pub use sheet::{Fault, Faulty, approved, as_text, plan};

use std::collections::BTreeMap;

use super::accounts::{Signer, audit};
use super::{District, DistrictError, rulings, watch};
use crate::clock::local_date;
use crate::dispatch::{Body, Head, Kind, Notice, digest_of};
use crate::ledger::{Leaf, What};
use crate::roster::Member;
use crate::store::{Sql, StoreError, Urgency};
use crate::types::{MemberId, Origin};

pub(super) use rows::SCHEMA;
pub use rows::Sent;

/// For whom something holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// All stations.
    All,
    /// Those of a township 乡镇.
    Town(String),
    /// One.
    Station(Origin),
}

impl Scope {
    /// The word in the database, in forms and in the audit log.
    pub fn word(&self) -> String {
        match self {
            Self::All => "all".to_owned(),
            Self::Town(town) => format!("town:{town}"),
            Self::Station(origin) => format!("station:{origin}"),
        }
    }

    /// Reads that word.
    pub fn read(word: &str) -> Option<Self> {
        match word.split_once(':') {
            None => (word == "all").then_some(Self::All),
            Some(("town", town)) => (!town.trim().is_empty()).then(|| Self::Town(town.trim().to_owned())),
            Some(("station", origin)) => Origin::new(origin).ok().map(Self::Station),
            Some(_) => None,
        }
    }
}

/// One thing that holds for a scope: a roster, an evening, an item, a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What it is called within its scope and kind: an evening's reference, an item's id, a notice's number.
    pub reference: String,
    /// The first day, `2026-11-26`.
    pub from: String,
    /// As JSON, in the form of `crate::dispatch`.
    pub text: String,
}

impl Piece {
    /// The members of a station from a day on.
    pub fn roster(members: Vec<Member>, from: &str) -> Self {
        Self {
            reference: "roster".to_owned(),
            from: from.to_owned(),
            text: Body::Roster(crate::dispatch::Members { members }).text(),
        }
    }

    /// A notice under a number that it keeps.
    pub fn notice(reference: String, notice: &Notice) -> Self {
        Self {
            reference,
            from: notice.from.clone(),
            text: serde_json::to_string(notice).expect("texts are JSON"),
        }
    }
}

impl District {
    /// Today, as people write it.
    pub fn today_named(&self) -> String {
        let now = crate::clock::Clock::now(&*self.clock);
        local_date(now.wall_ms).map_or_else(String::new, |date| date.to_string())
    }

    /// What holds for a scope, by reference.
    pub async fn pieces(&self, scope: &Scope, kind: Kind) -> Result<Vec<Piece>, StoreError> {
        let scope = scope.word();
        self.store.read(move |conn| rows::pieces(conn, &scope, kind)).await
    }

    /// The roster that this district keeps of a station; empty if it keeps none.
    pub async fn roster_of(&self, station: &Origin) -> Result<Vec<Member>, StoreError> {
        let pieces = self.pieces(&Scope::Station(station.clone()), Kind::Roster).await?;
        Ok(pieces.first().map(members_of).unwrap_or_default())
    }

    /// Whether the rosters that are kept here name a contact or a telephone of each of their members.
    pub async fn contacts(&self) -> Result<BTreeMap<MemberId, bool>, StoreError> {
        let read = |conn: &dyn Sql| {
            let mut all = BTreeMap::new();
            for (_, text) in rows::rosters(conn)? {
                let piece = Piece {
                    reference: String::new(),
                    from: String::new(),
                    text,
                };
                for member in members_of(&piece) {
                    let has = !member.details.contact.is_empty() || !member.details.phone.is_empty();
                    *all.entry(member.id).or_default() |= has;
                }
            }
            Ok::<_, StoreError>(all)
        };
        self.store.read(read).await
    }

    /// Who stands in the roster of another station, and what people call that: membership is single.
    pub async fn listed_elsewhere(&self, station: &Origin) -> Result<BTreeMap<MemberId, String>, StoreError> {
        let own = Scope::Station(station.clone()).word();
        let read = move |conn: &dyn Sql| {
            let names: BTreeMap<String, String> = watch::all(conn)?
                .into_iter()
                .map(|station| (Scope::Station(station.origin).word(), station.name))
                .collect();
            let mut all = BTreeMap::new();
            for (scope, text) in rows::rosters(conn)?.into_iter().filter(|(scope, _)| *scope != own) {
                let Some(name) = names.get(&scope) else { continue };
                let piece = Piece {
                    reference: String::new(),
                    from: String::new(),
                    text,
                };
                all.extend(members_of(&piece).into_iter().map(|member| (member.id, name.clone())));
            }
            Ok::<_, StoreError>(all)
        };
        self.store.read(read).await
    }

    /// From now on exactly these pieces of a kind hold for a scope.
    pub async fn send_down(
        &self,
        scope: &Scope,
        kind: Kind,
        pieces: Vec<Piece>,
        by: &Signer,
    ) -> Result<(), DistrictError> {
        let count = pieces.len().to_string();
        self.change(scope, kind, by, &count, move |tx, scope| {
            rows::clear(tx, scope, kind)?;
            pieces.iter().try_for_each(|piece| rows::put(tx, scope, kind, piece))
        })
        .await
    }

    /// One more piece.
    pub async fn add_down(&self, scope: &Scope, kind: Kind, piece: Piece, by: &Signer) -> Result<(), DistrictError> {
        let detail = format!("+ {}", piece.reference);
        self.change(scope, kind, by, &detail, move |tx, scope| {
            rows::put(tx, scope, kind, &piece)
        })
        .await
    }

    /// One less.
    pub async fn withdraw(
        &self,
        scope: &Scope,
        kind: Kind,
        reference: String,
        by: &Signer,
    ) -> Result<(), DistrictError> {
        let detail = format!("- {reference}");
        self.change(scope, kind, by, &detail, move |tx, scope| {
            rows::take_back(tx, scope, kind, &reference)
        })
        .await
    }

    /// Changes what holds for a scope, if every station concerned would still get something that it can take.
    async fn change(
        &self,
        scope: &Scope,
        kind: Kind,
        by: &Signer,
        detail: &str,
        act: impl FnOnce(&dyn Sql, &str) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<(), DistrictError> {
        let (word, who, detail, now) = (scope.word(), by.name().to_owned(), detail.to_owned(), self.now_s());
        let scope = scope.clone();
        let act = move |tx: &dyn Sql| {
            act(tx, &word)?;
            rows::turn(tx)?;
            let at = i64::try_from(now).unwrap_or(i64::MAX);
            audit(tx, at, &who, "send_down", &format!("{} {word}", kind.word()), &detail)?;
            for station in watch::all(tx)?
                .iter()
                .filter(|station| compose::concerns(&scope, station))
            {
                compose::body(tx, station, kind)?
                    .map_or(Ok(()), |body| body.check())
                    .map_err(|why| DistrictError::Down(format!("{}: {why}", station.name)))?;
                // Nobody should have to wait for an hour for what was just signed.
                watch::hurry(tx, station.origin.as_str())?;
            }
            Ok::<_, DistrictError>(())
        };
        self.store.write(Urgency::Now, act).await??;
        self.bell.ring();
        Ok(())
    }

    /// What a station does not have yet, signed: one record of each kind, in the order of [`Kind::ALL`].
    pub(super) async fn down_for(&self, station: &Origin) -> Result<Vec<Sent>, DistrictError> {
        let (room, name) = (self.clone(), station.clone());
        let act = move |tx: &dyn Sql| {
            room.sign_what_is_new(tx, &name)?;
            Ok::<_, DistrictError>(rows::not_taken(tx, &name)?)
        };
        self.store.write(Urgency::Now, act).await?
    }

    fn sign_what_is_new(&self, tx: &dyn Sql, name: &Origin) -> Result<(), DistrictError> {
        let Some(station) = watch::all(tx)?.into_iter().find(|station| station.origin == *name) else {
            return Ok(());
        };
        if rows::is_looked_at(tx, name, &station.township)? {
            return Ok(());
        }
        for kind in Kind::ALL {
            let Some(body) = compose::body(tx, &station, kind)? else {
                continue;
            };
            if let Err(why) = body.check() {
                tracing::warn!(station = %name, kind = kind.word(), why, "this cannot be sent down");
                continue;
            }
            let from = compose::first_day(tx, name, kind)?.unwrap_or_else(|| self.today_named());
            let (text, before) = (body.text(), rows::newest(tx, name, kind)?);
            let digest = digest_of(&text);
            let is_said = |sent: &Sent| sent.digest == digest && (kind != Kind::Roster || sent.from == from);
            // Decisions that are carried out need not be taken back.
            let says_nothing = body.count() == 0 && (before.is_none() || kind == Kind::Rulings);
            if says_nothing || before.as_ref().is_some_and(is_said) {
                continue;
            }
            let head = Head {
                district: (*self.origin).clone(),
                kind,
                station: name.clone(),
                serial: self.now_s().max(before.map_or(0, |sent| sent.serial) + 1),
                from,
                digest,
            };
            rows::sign(tx, &head, &head.signed(&text, &self.keys), body.count())?;
        }
        Ok(rows::look_at(tx, name, &station.township)?)
    }

    /// A station has taken a record.
    pub(super) async fn note_down(&self, station: &Origin, kind: Kind, serial: u64) -> Result<(), DistrictError> {
        let (name, now) = (station.clone(), self.now_s());
        let act = move |tx: &dyn Sql| rows::note_taken(tx, &name, kind, serial, now);
        Ok(self.store.write(Urgency::Now, act).await??)
    }

    /// A station did not take a record, and said why.
    pub(super) async fn note_refused(&self, station: &Origin, kind: Kind, why: String) -> Result<(), DistrictError> {
        let name = station.clone();
        let act = move |tx: &dyn Sql| rows::note_refused(tx, &name, kind, &why);
        Ok(self.store.write(Urgency::Now, act).await??)
    }

    /// What was signed for each station, by station and kind.
    pub async fn sent_down(&self) -> Result<Vec<Sent>, StoreError> {
        self.store.read(|conn| rows::all(conn)).await
    }

    /// The items that stations told of, for titles in files: the same film has one id everywhere.
    pub async fn known_items(&self) -> Result<Known, StoreError> {
        self.store.read(|conn| Ok(Known::new(rows::known_items(conn)?))).await
    }
}

/// Reads in leaves that are new which records a station has taken from a stick, and what became of decisions. Within the
/// transaction that believes them: they are new once.
pub(super) fn learn_from_leaves(
    tx: &dyn Sql,
    station: &Origin,
    from: u64,
    to: u64,
    now_s: u64,
) -> Result<(), StoreError> {
    let ours = rulings::own_key(tx)?.map(|(name, _)| name);
    let mut at = from;
    while at < to {
        let leaves = super::rows::leaves(tx, station, at, READ_AT_ONCE)?;
        if leaves.is_empty() {
            break;
        }
        rulings::learn(tx, station, (at..).zip(leaves.iter().map(Vec::as_slice)))?;
        at += leaves.len() as u64;
        for head in leaves.iter().filter_map(|bytes| head_in(bytes)) {
            if ours.as_ref() == Some(&head.district) && head.station == *station {
                rows::note_taken(tx, station, head.kind, head.serial, now_s)?;
            }
        }
    }
    Ok(())
}

/// Something was decided for one station: its records are put together anew, and it is asked soon.
pub(super) fn turn_for(tx: &dyn Sql, station: &Origin) -> Result<(), StoreError> {
    rows::turn(tx)?;
    watch::hurry(tx, station.as_str()).map(drop)
}

/// Leaves that are read in one go.
const READ_AT_ONCE: u64 = 2_048;

/// What a leaf says of a record that was taken. Most leaves are none, and are not taken apart.
fn head_in(bytes: &[u8]) -> Option<Head> {
    const KIND: &[u8] = b"\"kind\":\"dispatched\"";
    if !bytes.windows(KIND.len()).any(|part| part == KIND) {
        return None;
    }
    match Leaf::read(bytes)?.is {
        What::Dispatched { signed, .. } => Head::of(&signed),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
