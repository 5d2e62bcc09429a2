//! Visiting members 外站党员: at home at another station, or migrants 流动党员 on their way, who study here today.
//!
//! They have no PIN here. The first phone that brings a number keeps it at this station; the operator, who sees them all
//! by name, can let go of it. What they earn goes under their own number, so that the district finds its way home.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Operator, Roster, rows};
use crate::store::{StoreError, Tx, Urgency};
use crate::types::{BranchId, DeviceId, MemberId};

/// Above so many the oldest are forgotten: a market town has this many passers-by in years.
const MANY: u32 = 5_000;

/// Somebody who belongs elsewhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Visiting {
    /// His own number, as at home.
    pub member: MemberId,
    /// His name. Shown on pages, never logged.
    pub name: String,
    /// The number of his station; empty if he does not know it.
    pub station: String,
    /// His branch.
    pub branch: BranchId,
}

/// Without the name: debug output ends up in logs.
impl std::fmt::Debug for Visiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Visiting")
            .field("member", &self.member)
            .finish_non_exhaustive()
    }
}

/// What came of somebody who says that he belongs elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Welcome {
    /// He is known from now on.
    Known,
    /// The number stands in this station's own roster: he signs in with his PIN.
    OfThisStation,
    /// Another phone brought this number, or this phone brought another one.
    OtherPhone,
}

impl Roster {
    /// Somebody says who he is and where he belongs. Without a device it is the operator who says it.
    pub async fn welcome(&self, who: Visiting, device: Option<DeviceId>) -> Result<Welcome, StoreError> {
        let wall = self.clock.now().wall_ms;
        let welcome = move |tx: &Tx<'_>| Ok::<_, StoreError>(welcome(tx, &who, device, wall)?);
        self.store.write(Urgency::Now, welcome).await?
    }

    /// Who came with this phone.
    pub async fn visiting_on(&self, device: DeviceId) -> Result<Option<Visiting>, StoreError> {
        let find = move |conn: &Connection| {
            let found = conn
                .prepare_cached("SELECT id, name, station, branch FROM visiting WHERE device = ?1")?
                .query_row([device.bytes()], read);
            Ok::<_, StoreError>(found.optional()?)
        };
        self.store.read(find).await
    }

    /// Everybody who ever visited, the latest first.
    pub async fn visiting(&self) -> Result<Vec<Visiting>, StoreError> {
        let all = |conn: &Connection| {
            let mut query =
                conn.prepare_cached("SELECT id, name, station, branch FROM visiting ORDER BY wall DESC, id")?;
            let rows = query.query_map([], read)?;
            Ok::<_, StoreError>(rows.collect::<Result<_, _>>()?)
        };
        self.store.read(all).await
    }

    /// His phone is another one, or somebody took his number: the next phone that brings it keeps it.
    pub async fn let_go(&self, who: MemberId, _by: &Operator) -> Result<(), StoreError> {
        let let_go = move |tx: &Tx<'_>| {
            tx.execute("UPDATE visiting SET device = NULL WHERE id = ?1", [who.as_str()])?;
            Ok::<_, StoreError>(())
        };
        self.store.write(Urgency::Now, let_go).await?
    }
}

fn odd(column: usize) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, "not a roster word".into())
}

fn read(row: &Row<'_>) -> Result<Visiting, rusqlite::Error> {
    Ok(Visiting {
        member: MemberId::new(&row.get::<_, String>(0)?).map_err(|_| odd(0))?,
        name: row.get(1)?,
        station: row.get(2)?,
        branch: BranchId::new(&row.get::<_, String>(3)?).map_err(|_| odd(3))?,
    })
}

fn welcome(conn: &Connection, who: &Visiting, device: Option<DeviceId>, wall: i64) -> Result<Welcome, rusqlite::Error> {
    if rows::member(conn, &who.member)?.is_some() {
        return Ok(Welcome::OfThisStation);
    }
    let phone = device.as_ref().map(|device| *device.bytes());
    let keeps: Option<Option<[u8; 16]>> = conn
        .prepare_cached("SELECT device FROM visiting WHERE id = ?1")?
        .query_row([who.member.as_str()], |row| row.get(0))
        .optional()?;
    let others: u32 = conn
        .prepare_cached("SELECT count(*) FROM visiting WHERE device = ?1 AND id <> ?2")?
        .query_row(params![phone, who.member.as_str()], |row| row.get(0))?;
    let is_his = keeps
        .flatten()
        .is_none_or(|kept| phone.is_none_or(|phone| phone == kept));
    if !is_his || others > 0 {
        return Ok(Welcome::OtherPhone);
    }
    conn.prepare_cached(
        "INSERT INTO visiting (id, name, station, branch, device, wall) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, station = excluded.station, branch = excluded.branch,
            device = coalesce(excluded.device, device), wall = excluded.wall",
    )?
    .execute(params![
        who.member.as_str(),
        who.name,
        who.station,
        who.branch.as_str(),
        phone,
        wall
    ])?;
    conn.prepare_cached(
        "DELETE FROM visiting WHERE id IN (SELECT id FROM visiting ORDER BY wall DESC, id LIMIT -1 OFFSET ?1)",
    )?
    .execute([MANY])?;
    Ok(Welcome::Known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roster::SCHEMA;
    use crate::store::{Options, Store};

    fn who(number: &str) -> Visiting {
        Visiting {
            member: MemberId::new(number).unwrap(),
            name: "刘明".into(),
            station: "0042".into(),
            branch: BranchId::new("后坪村支部").unwrap(),
        }
    }

    #[test]
    fn the_first_phone_keeps_the_number_and_a_phone_keeps_one_number() {
        let dir = tempfile::TempDir::new().unwrap();
        let store = Store::open(&dir.path().join("ledger.db"), &[SCHEMA], Options::default()).unwrap();
        let phone = |n: u8| Some(DeviceId::from_bytes([n; 16]));
        let come = |number: &str, device| {
            let who = who(number);
            let come = move |tx: &Tx<'_>| Ok::<_, StoreError>(welcome(tx, &who, device, 7)?);
            store.write_blocking(come).unwrap().unwrap()
        };
        assert_eq!(come("4711", phone(1)), Welcome::Known);
        assert_eq!(come("4711", phone(1)), Welcome::Known, "he comes again");
        assert_eq!(come("4711", phone(2)), Welcome::OtherPhone);
        assert_eq!(come("4712", phone(1)), Welcome::OtherPhone);
        assert_eq!(come("4711", None), Welcome::Known, "the operator sees him");
        assert_eq!(
            come("4711", phone(2)),
            Welcome::OtherPhone,
            "which does not free his number"
        );
        let member = "INSERT INTO member (id, name, branch, role, status, migrant)
            VALUES ('0021', '王德明', '第一支部', 'member', 'full', 'no')";
        let add = move |tx: &Tx<'_>| Ok::<_, StoreError>(tx.execute(member, [])?);
        store.write_blocking(add).unwrap().unwrap();
        assert_eq!(come("0021", phone(3)), Welcome::OfThisStation);
    }
}
