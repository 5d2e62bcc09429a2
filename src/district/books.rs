//! The district's books as its people use them: what came of a pull, alerts acknowledged, places named, figures read.

use std::collections::BTreeMap;

use super::accounts::{Manager, audit};
use super::alarms::{self, Alarm};
use super::alert::Alert;
use super::counting::{self, Lost};
use super::schedule::next_in;
use super::watch::{self, Fault, Place, Watched};
use super::{District, DistrictError, Settings, days, figures, ladder, rows as stations};
use crate::clock::Trust;
use crate::exchange::Condition;
use crate::report::Recount;
use crate::report::annual::{self, Annual, Asked, Blanks, BranchKind, Period};
use crate::store::{Sql, StoreError, Urgency};
use crate::types::{Origin, Year};

/// What a station told of itself, and how far its clock is ahead.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) condition: Condition,
    pub(super) off_ms: i64,
}

/// Writes down what came of a pull.
pub(super) fn note(
    tx: &dyn Sql,
    settings: &Settings,
    station: &Origin,
    now_s: u64,
    told: Option<&Told>,
    failed: Option<(Fault, String)>,
    chance: u64,
) -> Result<(), StoreError> {
    let Some((fault, detail)) = failed else {
        let next = now_s + next_in(settings.every, 0, chance).as_secs();
        watch::heard(
            tx,
            station,
            now_s,
            next,
            told.map(|told| (&told.condition, told.off_ms)),
        )?;
        alarms::end(tx, station, now_s, "silent")?;
        return note_clock(tx, settings, station, now_s, told);
    };
    let failures = watch::failures(tx, station)?.saturating_add(1);
    let next = now_s + next_in(settings.every, failures, chance).as_secs();
    watch::failed(tx, station, now_s, next, fault, &detail)?;
    let silent_s = watch::one(tx, station)?.map_or(0, |known| known.silent_for(now_s));
    if silent_s >= settings.silent_after.as_secs() {
        let days = silent_s / 86_400;
        alarms::raise(tx, station, now_s, &Alert::Silent { days })?;
    }
    Ok(())
}

/// A clock that nobody has set yet is no alert: the cosignature sets it.
fn note_clock(
    tx: &dyn Sql,
    settings: &Settings,
    station: &Origin,
    now_s: u64,
    told: Option<&Told>,
) -> Result<(), StoreError> {
    let Some(told) = told.filter(|told| told.condition.trust.is_some_and(|trust| trust != Trust::Unset)) else {
        return Ok(());
    };
    if told.off_ms.unsigned_abs() > settings.clock_off.0 {
        let off_s = told.off_ms / 1000;
        alarms::raise(tx, station, now_s, &Alert::Clock { off_s }).map(drop)
    } else {
        alarms::end(tx, station, now_s, "clock")
    }
}

/// One checkpoint that was seen, for the evidence on a station's page.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Leaves.
    pub size: u64,
    /// The root, as the checkpoint says it.
    pub root: String,
    /// When we cosigned it, seconds since 1970; `None` if we did not.
    pub cosigned_s: Option<u64>,
}

/// A log of a station.
#[derive(Debug, Clone)]
pub struct Log {
    /// Whose it is, under its name of today.
    pub station: Watched,
    /// The name of the log.
    pub name: Origin,
    /// Leaves that are kept.
    pub size: u64,
    /// Whether a new epoch has begun since.
    pub is_over: bool,
}

impl District {
    /// Accounts and the audit log.
    pub fn accounts(&self) -> &super::Accounts {
        &self.accounts
    }

    /// All stations, as they are watched.
    pub async fn watched(&self) -> Result<Vec<Watched>, StoreError> {
        self.store.read(|conn| watch::all(conn)).await
    }

    /// A log of a station, today's or one that has ended.
    pub async fn log(&self, name: &Origin) -> Result<Option<Log>, StoreError> {
        let name = name.clone();
        let read = move |conn: &dyn Sql| {
            let (Some(log), Some(today)) = (stations::station(conn, &name)?, stations::goes_on(conn, &name)?) else {
                return Ok(None);
            };
            let station = watch::all(conn)?.into_iter().find(|one| one.origin == today.origin);
            Ok(station.map(|station| Log {
                station,
                name: log.origin,
                size: log.size,
                is_over: log.is_ended,
            }))
        };
        self.store.read(read).await
    }

    /// Alerts that wait for a person: the gravest first, and among equals those that have climbed and waited longest.
    pub async fn open_alarms(&self) -> Result<Vec<Alarm>, StoreError> {
        let open = self.store.read(|conn| alarms::open(conn)).await?;
        Ok(ladder::in_order(open, self.now_i64()))
    }

    /// Alerts that are over or acknowledged.
    pub async fn past_alarms(&self) -> Result<Vec<Alarm>, StoreError> {
        self.store.read(|conn| alarms::past(conn)).await
    }

    /// A person has looked at an alert, and says why it may rest. `false` if somebody was faster.
    pub async fn acknowledge(&self, key: i64, reason: &str, by: &Manager) -> Result<bool, StoreError> {
        let (reason, by, now) = (reason.to_owned(), by.clone(), self.now_s());
        let act = move |tx: &dyn Sql| alarms::acknowledge(tx, key, &reason, &by, now);
        self.store.write(Urgency::Now, act).await?
    }

    /// What people call a station and where it stands.
    pub async fn set_place(&self, station: &Origin, place: Place, by: &Manager) -> Result<bool, StoreError> {
        let (station, by, now) = (station.clone(), by.clone(), self.now_i64());
        let act = move |tx: &dyn Sql| {
            audit(tx, now, by.name(), "place", station.as_str(), &place.name)?;
            watch::set_place(tx, station.as_str(), &place)
        };
        self.store.write(Urgency::Now, act).await?
    }

    /// Pulls a station as soon as there is a place.
    pub async fn hurry(&self, station: &Origin) -> Result<bool, StoreError> {
        let name = station.clone();
        let known = self
            .store
            .write(Urgency::Now, move |tx| watch::hurry(tx, name.as_str()))
            .await??;
        self.bell.ring();
        Ok(known)
    }

    /// Wakes the scheduler.
    pub fn bell(&self) -> super::schedule::Bell {
        self.bell.clone()
    }

    /// Notes in the audit log that a person enrolled a station or imported a log.
    pub async fn audit(&self, by: &Manager, act: &'static str, about: &str, detail: &str) -> Result<(), StoreError> {
        let (by, about, detail, now) = (by.clone(), about.to_owned(), detail.to_owned(), self.now_i64());
        let write = move |tx: &dyn Sql| audit(tx, now, by.name(), act, &about, &detail);
        self.store.write(Urgency::Now, write).await?
    }

    /// Everything that figures are made of, by station.
    pub async fn counts(&self) -> Result<Vec<(String, Recount)>, StoreError> {
        self.store.read(|conn| figures::counts(conn)).await
    }

    /// The blanks of the annual report for two periods, from the days of credit alone: no session is in memory longer than
    /// its station. Blocks.
    pub fn annual(&self, now: Asked<'_>, before: Asked<'_>) -> Result<(Annual, Annual), StoreError> {
        self.store.read_blocking(|conn| {
            let counts = figures::without_credit(conn)?;
            let people = annual::people(&counts, now.kinds);
            let filled = |asked| fill(conn, &counts, Blanks::new(&people, asked), asked.period);
            Ok((filled(now)?, filled(before)?))
        })
    }

    /// What changes whenever figures do: leaves that are believed, policies, what became of decisions, and what people said of
    /// branches.
    pub async fn version(&self) -> Result<(i64, i64), StoreError> {
        let query = "SELECT (SELECT CAST(coalesce(sum(size), 0) + count(*) AS BIGINT) FROM station),
                            (SELECT coalesce(max(key), 0) FROM audit WHERE act = 'branch') * 1000 +
                            (SELECT count(*) FROM policy) + (SELECT count(*) FROM ruling WHERE outcome <> '')";
        self.store
            .read(move |conn| conn.query_row(query, [], |row| Ok((row.get(0)?, row.get(1)?))))
            .await
    }

    /// What a year lost, over all stations.
    pub async fn lost(&self, year: Year) -> Result<Lost, StoreError> {
        self.store.read(move |conn| counting::lost(conn, year)).await
    }

    /// What people said of branches, by station and branch.
    pub async fn kinds(&self) -> Result<BTreeMap<(String, String), BranchKind>, StoreError> {
        self.store.read(|conn| figures::kinds(conn)).await
    }

    /// A person says what branches are.
    pub async fn set_kinds(&self, kinds: Vec<(String, String, BranchKind)>, by: &Manager) -> Result<(), StoreError> {
        let (by, now) = (by.clone(), self.now_i64());
        let act = move |tx: &dyn Sql| {
            for (station, branch, kind) in &kinds {
                figures::set_kind(tx, station, branch, *kind)?;
                audit(
                    tx,
                    now,
                    by.name(),
                    "branch",
                    &format!("{station} {branch}"),
                    kind.word(),
                )?;
            }
            Ok::<_, StoreError>(())
        };
        self.store.write(Urgency::Now, act).await?
    }

    /// Figures that nobody can measure, by their words.
    pub async fn typed_in(&self, year: Year) -> Result<BTreeMap<String, String>, StoreError> {
        self.store.read(move |conn| figures::typed_in(conn, year)).await
    }

    /// A person types figures in.
    pub async fn type_in(
        &self,
        year: Year,
        values: Vec<(&'static str, String)>,
        by: &Manager,
    ) -> Result<(), StoreError> {
        let (by, now) = (by.clone(), self.now_i64());
        let act = move |tx: &dyn Sql| {
            let before = figures::typed_in(tx, year)?;
            for (what, value) in &values {
                if before.get(*what).map_or("", String::as_str) == value {
                    continue;
                }
                figures::type_in(tx, year, what, value)?;
                audit(tx, now, by.name(), "typed_in", &format!("{} {what}", year.0), value)?;
            }
            Ok::<_, StoreError>(())
        };
        self.store.write(Urgency::Now, act).await?
    }

    /// Leaves of one station, as they were kept: index and bytes.
    pub async fn leaves(&self, station: &Origin, from: u64, to: u64) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        self.leaves_with(station, from, to, "").await
    }

    /// Those of them that hold this word.
    pub async fn leaves_with(
        &self,
        station: &Origin,
        from: u64,
        to: u64,
        word: &str,
    ) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        let (station, word) = (station.clone(), word.to_owned());
        let read = move |conn: &dyn Sql| stations::leaves_with(conn, &station, (from, to), word.as_bytes());
        self.store.read(read).await
    }

    /// The newest checkpoints of a station, believed or not, the newest first.
    pub async fn seen(&self, station: &Origin) -> Result<Vec<Seen>, StoreError> {
        let station = station.clone();
        self.store.read(move |conn| stations::seen(conn, &station)).await
    }

    /// Now, by the district's clock.
    pub fn now_s(&self) -> u64 {
        u64::try_from(crate::clock::Clock::now(&*self.clock).wall_ms / 1000).unwrap_or(0)
    }

    pub(super) fn now_i64(&self) -> i64 {
        i64::try_from(self.now_s()).unwrap_or(i64::MAX)
    }
}

pub(super) fn fill(
    conn: &dyn Sql,
    counts: &[(String, Recount)],
    mut blanks: Blanks<'_>,
    period: Period,
) -> Result<Annual, StoreError> {
    let mut rest: BTreeMap<&str, &Recount> = counts.iter().map(|(name, count)| (name.as_str(), count)).collect();
    days::each_station(conn, period, |station, pieces| {
        if let Some(count) = rest.remove(station) {
            blanks.count(station, count, pieces);
        }
    })?;
    // A station where nothing was earned is a station all the same.
    for (station, count) in rest {
        blanks.count(station, count, &[]);
    }
    Ok(blanks.filled())
}

/// What a pull came to, for whoever waits for it.
impl DistrictError {
    /// The kind of failure, as pages say it.
    pub fn fault(&self) -> Fault {
        Fault::of(self)
    }
}
