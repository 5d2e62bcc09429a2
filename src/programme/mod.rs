//! The programme 播放计划: what shall be shown when, where, and for whom.
//!
//! The operator plans evenings on the desk. A district may send its own, which stand beside them, are told apart by
//! their source, and are replaced as a whole when it sends anew. What became of an entry is not known here: a screening
//! names the entry that it was begun from.
//!
//! 1. [`Programme::add`] and [`Programme::change`] plan, [`Programme::remove`] takes back what the station planned.
//! 2. [`Programme::between`] is a month, or a day.
//! 3. [`Programme::take_over`] is the door for a district's plan, once its signature was checked.

mod rows;
mod when;

pub use rows::SCHEMA;
pub use when::{Month, When};

use serde::{Deserialize, Serialize};

use crate::roster::{Member, Migrant, Operator, Role, Status};
use crate::store::{Store, StoreError, Tx, Urgency};
use crate::types::{BranchId, ItemId, Millis, Mode, Origin};

/// An evening has at most so many items: two hours of short films.
pub const ITEMS: usize = 6;

/// One item of an entry, as it was called when it was planned: the file may come later, or be gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// Which.
    pub item: ItemId,
    /// Its title.
    pub title: String,
    /// Its class.
    pub class: Option<String>,
    /// Its length; zero if unknown.
    pub length: Millis,
}

/// Who is due 应到, within the branches of the entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// 全体党员.
    #[default]
    Everybody,
    /// 书记和委员.
    Committee,
    /// 新党员.
    New,
}

impl Who {
    /// All of them, in the order of the form.
    pub const ALL: [Self; 3] = [Self::Everybody, Self::Committee, Self::New];

    /// The word in forms.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Everybody => "everybody",
            Self::Committee => "committee",
            Self::New => "new",
        }
    }

    /// Reads the word of a form.
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|who| who.word() == word)
    }
}

/// What is planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// When.
    pub when: When,
    /// What, in this order.
    pub items: Vec<Planned>,
    /// How it counts.
    pub mode: Mode,
    /// For which branches; empty for all.
    pub branches: Vec<BranchId>,
    /// Who of them.
    pub who: Who,
    /// Where 地点.
    pub place: String,
    /// Who leads it 主持人.
    pub chair: String,
}

impl Plan {
    /// Whether a member is expected: who lives here, belongs to one of the branches, and is one of those meant.
    pub fn expects(&self, member: &Member) -> bool {
        let of_branch = self.branches.is_empty() || self.branches.contains(&member.branch);
        let is_meant = match self.who {
            Who::Everybody => true,
            Who::Committee => matches!(member.role, Role::Secretary | Role::Committee),
            Who::New => member.role == Role::New || member.status == Status::Probationary,
        };
        let lives_here = member.status != Status::Left && member.migrant != Migrant::Out;
        of_branch && is_meant && lives_here
    }

    /// How long everything takes.
    pub fn length(&self) -> Millis {
        Millis(self.items.iter().map(|planned| planned.length.0).sum())
    }

    /// All titles.
    pub fn titles(&self) -> String {
        let titles: Vec<&str> = self.items.iter().map(|planned| planned.title.as_str()).collect();
        titles.join("》《")
    }
}

/// One entry of the programme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number at this station; never given twice.
    pub number: u64,
    /// What is planned.
    pub plan: Plan,
    /// The district that planned it; none if the station did.
    pub from: Option<Origin>,
}

/// A handle to the room. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Programme {
    store: Store,
}

impl Programme {
    /// `store` holds the tables of [`SCHEMA`].
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Plans an evening; its number.
    pub async fn add(&self, plan: Plan, _by: &Operator) -> Result<u64, StoreError> {
        let add = move |tx: &Tx<'_>| Ok::<_, StoreError>(rows::insert(tx, &plan, None)?);
        self.store.write(Urgency::Now, add).await?
    }

    /// Plans it anew; `false` if the station has no such entry of its own.
    pub async fn change(&self, number: u64, plan: Plan, _by: &Operator) -> Result<bool, StoreError> {
        let change = move |tx: &Tx<'_>| Ok::<_, StoreError>(rows::update(tx, number, &plan)?);
        self.store.write(Urgency::Now, change).await?
    }

    /// Takes an entry back; `false` if the station has no such entry of its own.
    pub async fn remove(&self, number: u64, _by: &Operator) -> Result<bool, StoreError> {
        let remove = move |tx: &Tx<'_>| Ok::<_, StoreError>(rows::delete(tx, number)?);
        self.store.write(Urgency::Now, remove).await?
    }

    /// One entry.
    pub async fn entry(&self, number: u64) -> Result<Option<Entry>, StoreError> {
        self.store.read(move |conn| Ok(rows::entry(conn, number)?)).await
    }

    /// The entries from a day up to another, both included, in the order of time. Days as `2026-11-26`.
    pub async fn between(&self, from: String, to: String) -> Result<Vec<Entry>, StoreError> {
        self.store.read(move |conn| Ok(rows::between(conn, &from, &to)?)).await
    }

    /// A district's plan, whole: what it had planned from `today` on is replaced, what lies behind stays. `plans` carry
    /// the district's own references, by which an entry keeps its number. The caller has checked the signature.
    pub fn take_over(
        &self,
        tx: &Tx<'_>,
        district: &Origin,
        today: &str,
        plans: &[(String, Plan)],
    ) -> Result<(), StoreError> {
        let kept: Vec<&str> = plans.iter().map(|(reference, _)| reference.as_str()).collect();
        rows::forget_others(tx, district, today, &kept)?;
        for (reference, plan) in plans {
            rows::insert(tx, plan, Some((district, reference)))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
