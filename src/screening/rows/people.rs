//! Who was expected, who came, where each was seen, and who was excused.

use rusqlite::{Connection, OptionalExtension, params};

use super::{member, number, read, word};
use crate::credit::attendance::{Mark, Seen};
use crate::ledger::{Entry, Home};
use crate::types::{DeviceId, Grade, MemberId, Millis, SessionId};

/// Somebody who came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attendee {
    /// Who.
    pub member: MemberId,
    /// How he was let in.
    pub entry: Entry,
    /// The phone he came with.
    pub device: Option<DeviceId>,
    /// The operator's reason for a tick.
    pub reason: String,
    /// Where he belongs, if not here.
    pub home: Option<Home>,
    /// Wall clock when he came.
    pub came_ms: i64,
    /// Wall clock when he left, if he did.
    pub went_ms: Option<i64>,
}

/// Who was expected when it began; nobody for a screening from before that was kept.
pub(in crate::screening) fn expected(conn: &Connection, key: i64) -> Result<Vec<MemberId>, rusqlite::Error> {
    conn.prepare_cached("SELECT member FROM expected WHERE screening = ?1 ORDER BY member")?
        .query_map([key], |row| member(row, 0))?
        .collect()
}

pub(in crate::screening) fn attendees(conn: &Connection, key: i64) -> Result<Vec<Attendee>, rusqlite::Error> {
    conn.prepare_cached(
        "SELECT member, entry, device, reason, came, went, home FROM attendee WHERE screening = ?1
         ORDER BY came, member",
    )?
    .query_map([key], |row| {
        Ok(Attendee {
            member: member(row, 0)?,
            entry: read(row, 1)?,
            device: row.get::<_, Option<[u8; 16]>>(2)?.map(DeviceId::from_bytes),
            reason: row.get(3)?,
            came_ms: row.get(4)?,
            went_ms: row.get(5)?,
            home: match row.get_ref(6)? {
                rusqlite::types::ValueRef::Null => None,
                _ => Some(read(row, 6)?),
            },
        })
    })?
    .collect()
}

/// Writes an attendee; who comes again keeps the moment when he came first.
pub(in crate::screening) fn attend(conn: &Connection, key: i64, who: &Attendee) -> Result<(), rusqlite::Error> {
    conn.prepare_cached(
        "INSERT INTO attendee (screening, member, entry, device, reason, came, went, home)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (screening, member) DO UPDATE SET entry = excluded.entry, device = excluded.device,
            reason = excluded.reason, went = excluded.went, home = coalesce(excluded.home, home)",
    )?
    .execute(params![
        key,
        who.member.as_str(),
        word(&who.entry),
        who.device.as_ref().map(|device| *device.bytes()),
        who.reason,
        who.came_ms,
        who.went_ms,
        who.home.as_ref().map(word),
    ])
    .map(drop)
}

/// The screening in which a member is present now.
pub(in crate::screening) fn where_is(
    conn: &Connection,
    member: &MemberId,
) -> Result<Option<SessionId>, rusqlite::Error> {
    conn.prepare_cached(
        "SELECT s.id FROM attendee a JOIN screening s ON s.key = a.screening
         WHERE s.open = 1 AND a.member = ?1 AND a.went IS NULL LIMIT 1",
    )?
    .query_row([member.as_str()], |row| row.get(0).map(SessionId::from_bytes))
    .optional()
}

pub(in crate::screening) fn mark(
    conn: &Connection,
    key: i64,
    member: &MemberId,
    mark: Mark,
    check: u32,
) -> Result<(), rusqlite::Error> {
    conn.prepare_cached("INSERT INTO seen_at (screening, member, shown, seen, number) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![key, member.as_str(), number(mark.at), word(&mark.seen), check])
        .map(drop)
}

/// All marks of a screening, those of each member in the order in which they were made, with the number of their check.
/// Zero: a check-in or a leaving. Negative: a check that he confirmed before he went, which a leaf of his own has told.
pub(in crate::screening) fn marks(conn: &Connection, key: i64) -> Result<Vec<(MemberId, Mark, i64)>, rusqlite::Error> {
    conn.prepare_cached(
        "SELECT member, shown, seen, number FROM seen_at WHERE screening = ?1
         UNION ALL SELECT a.member, m.value ->> 0, m.value ->> 1, m.value ->> 2
            FROM attendee a, json_each(a.marks) m WHERE a.screening = ?1 AND a.marks IS NOT NULL",
    )?
    .query_map([key], |row| {
        let shown: i64 = row.get(1)?;
        let mark = Mark {
            at: Millis(shown.unsigned_abs()),
            seen: read(row, 2)?,
        };
        Ok((member(row, 0)?, mark, row.get(3)?))
    })?
    .collect()
}

/// The evening is over and its marks stand: those of a member become one text in his line, a third of the room that a row
/// with its index takes for each.
pub(in crate::screening) fn fold_marks(conn: &Connection, key: i64) -> Result<(), rusqlite::Error> {
    conn.prepare_cached(
        "UPDATE attendee SET marks = (SELECT json_group_array(json_array(m.shown, m.seen, m.number)) FROM
            (SELECT shown, seen, number FROM seen_at s
             WHERE s.screening = attendee.screening AND s.member = attendee.member ORDER BY s.seq) m)
         WHERE screening = ?1",
    )?
    .execute([key])?;
    conn.prepare_cached(
        "DELETE FROM seen_at WHERE screening = ?1 AND member IN (SELECT member FROM attendee WHERE screening = ?1)",
    )?
    .execute([key])
    .map(drop)
}

/// Who passed a check, how, and at which shown time: later than the check's own for those who came while it was open.
pub(in crate::screening) fn passed(
    conn: &Connection,
    key: i64,
    check: u32,
) -> Result<Vec<(MemberId, Grade, Millis)>, rusqlite::Error> {
    let marks = marks(conn, key)?;
    let of_check = marks.into_iter().filter(|(_, _, number)| *number == i64::from(check));
    Ok(of_check
        .filter_map(|(member, mark, _)| match mark.seen {
            Seen::Passed(grade) => Some((member, grade, mark.at)),
            Seen::Missed => None,
        })
        .collect())
}

/// Whether a member confirmed the check that is open; from now on that is a mark of his own, no longer the check's.
pub(in crate::screening) fn confirmed_before_going(
    conn: &Connection,
    key: i64,
    member: &MemberId,
    check: u32,
    shown: Millis,
) -> Result<bool, rusqlite::Error> {
    let own = conn.execute(
        "UPDATE seen_at SET number = -number WHERE screening = ?1 AND member = ?2 AND number = ?3 AND shown = ?4",
        params![key, member.as_str(), check, number(shown)],
    )?;
    Ok(own > 0)
}

pub(in crate::screening) fn excuse(
    conn: &Connection,
    key: i64,
    member: &MemberId,
    reason: &str,
) -> Result<(), rusqlite::Error> {
    if reason.is_empty() {
        conn.execute(
            "DELETE FROM absence WHERE screening = ?1 AND member = ?2",
            params![key, member.as_str()],
        )
    } else {
        conn.execute(
            "INSERT OR REPLACE INTO absence (screening, member, reason) VALUES (?1, ?2, ?3)",
            params![key, member.as_str(), reason],
        )
    }
    .map(drop)
}

pub(in crate::screening) fn absences(conn: &Connection, key: i64) -> Result<Vec<(MemberId, String)>, rusqlite::Error> {
    conn.prepare_cached("SELECT member, reason FROM absence WHERE screening = ?1 ORDER BY member")?
        .query_map([key], |row| Ok((member(row, 0)?, row.get(1)?)))?
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::SCHEMA;
    use super::*;
    use crate::store::{Options, Schema, Store, StoreError};

    type Told = Vec<(MemberId, Mark, i64)>;

    fn who(number: &str) -> MemberId {
        MemberId::new(number).unwrap()
    }

    /// Two evenings, of which the first is over; two people, whose marks were made in turn.
    fn two_evenings(store: &Store) {
        let act = |tx: &crate::store::Tx<'_>| {
            for (key, open) in [(1_u8, 0), (2, 1)] {
                tx.execute(
                    "INSERT INTO screening (key, id, screen, open, opened, state) VALUES (?1, ?2, ?3, ?4, 0, '{}')",
                    params![key, [key; 16], [9_u8; 16], open],
                )?;
                for number in ["0021", "0022"] {
                    tx.execute(
                        "INSERT INTO attendee (screening, member, entry, reason, came) VALUES (?1, ?2, '\"code\"', '', 0)",
                        params![key, number],
                    )?;
                }
                for at in [0, 60_000, 120_000] {
                    let seen = |grade| Mark {
                        at: Millis(at),
                        seen: Seen::Passed(grade),
                    };
                    let check = u32::try_from(at / 60_000).unwrap();
                    mark(tx, i64::from(key), &who("0021"), seen(Grade::B), check)?;
                    let missed = Mark {
                        at: Millis(at),
                        seen: Seen::Missed,
                    };
                    let second = if at == 60_000 { missed } else { seen(Grade::C) };
                    mark(tx, i64::from(key), &who("0022"), second, check)?;
                }
            }
            Ok::<_, StoreError>(())
        };
        store.write_blocking(act).unwrap().unwrap();
    }

    fn told(store: &Store, key: i64, number: &str) -> Told {
        let all = store
            .read_blocking(|conn| Ok::<_, StoreError>(marks(conn, key)?))
            .unwrap();
        all.into_iter().filter(|(member, ..)| *member == who(number)).collect()
    }

    fn rows_left(store: &Store, key: i64) -> i64 {
        let count = move |conn: &Connection| {
            let sql = "SELECT count(*) FROM seen_at WHERE screening = ?1";
            Ok::<_, StoreError>(conn.query_row(sql, [key], |row| row.get(0))?)
        };
        store.read_blocking(count).unwrap()
    }

    #[test]
    fn the_marks_of_an_evening_that_is_over_are_one_text_for_each_and_say_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("a.db"), &[SCHEMA], Options::default()).unwrap();
        two_evenings(&store);
        let before: Vec<Told> = ["0021", "0022"].map(|number| told(&store, 1, number)).into();
        assert_eq!(before[1][1].1.seen, Seen::Missed);
        let fold = |tx: &crate::store::Tx<'_>| Ok::<_, StoreError>(fold_marks(tx, 1)?);
        store.write_blocking(fold).unwrap().unwrap();
        assert_eq!((rows_left(&store, 1), rows_left(&store, 2)), (0, 6));
        let after: Vec<Told> = ["0021", "0022"].map(|number| told(&store, 1, number)).into();
        assert_eq!(after, before);
    }

    #[test]
    fn evenings_from_before_are_folded_by_the_step_that_brings_it_and_one_that_goes_on_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let older = Schema {
            steps: &SCHEMA.steps[..2],
            ..SCHEMA
        };
        let store = Store::open(&path, &[older], Options::default()).unwrap();
        two_evenings(&store);
        drop(store);
        let store = Store::open(&path, &[SCHEMA], Options::default()).unwrap();
        assert_eq!((rows_left(&store, 1), rows_left(&store, 2)), (0, 6));
        assert_eq!(told(&store, 1, "0022"), told(&store, 2, "0022"));
        assert_eq!(told(&store, 1, "0021").len(), 3);
    }
}
