//! The roster that a district sends 下发的花名册, and this station's own: which word wins, and what becomes of the other.
//!
//! The district decides who belongs where and in which role; the station keeps PINs and whatever the district leaves open.
//! Three versions are compared: what the district said before, what stands here, what the district says now. Only where
//! both changed the same person does somebody have to give way. It is the station, and what it had written is kept until
//! the operator has looked at it: he may put it back, which the district sees with the next pull. Nobody is deleted.

use rusqlite::{Connection, OptionalExtension, params};

use super::{Details, Member, Operator, Roster, RosterChange, Status, rows, sessions};
use crate::store::{StoreError, Tx, Urgency};
use crate::types::MemberId;

/// What becomes of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fate {
    /// He is written down as the district says; nothing of ours is lost.
    Theirs(Member),
    /// The same, and what stood here gives way.
    GivesWay(Member),
    /// The district no longer lists him here: 转出.
    Leaves,
    /// Nothing is written.
    Stays,
}

/// Compares one person: what the district said before, what stands here, what it says now. Pure.
fn judge(before: Option<&Member>, ours: Option<&Member>, now: Option<&Member>) -> Fate {
    match (ours, now) {
        (None, Some(now)) => Fate::Theirs(now.clone()),
        (Some(ours), Some(now)) => {
            let now = filled(now, ours);
            let before = before.map(|before| filled(before, ours));
            if now == *ours || before.as_ref() == Some(&now) {
                Fate::Stays
            } else if before.as_ref() == Some(ours) {
                Fate::Theirs(now)
            } else {
                Fate::GivesWay(now)
            }
        }
        (Some(ours), None) if before.is_some() && ours.status != Status::Left => Fate::Leaves,
        (_, None) => Fate::Stays,
    }
}

/// What the district leaves open is what the station knows.
fn filled(theirs: &Member, ours: &Member) -> Member {
    let or = |theirs: &String, ours: &String| {
        if theirs.is_empty() {
            ours.clone()
        } else {
            theirs.clone()
        }
    };
    let (t, o) = (&theirs.details, &ours.details);
    let details = Details {
        sex: or(&t.sex, &o.sex),
        born: or(&t.born, &o.born),
        joined: or(&t.joined, &o.joined),
        place: or(&t.place, &o.place),
        since: or(&t.since, &o.since),
        phone: or(&t.phone, &o.phone),
        certificate: or(&t.certificate, &o.certificate),
        contact: or(&t.contact, &o.contact),
        brought: t.brought || o.brought,
    };
    Member {
        details,
        ..theirs.clone()
    }
}

/// What taking a roster over did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TakenOver {
    /// Members who were written down as the district says.
    pub written: usize,
    /// Of them, those for whom something of the station's own gave way.
    pub gave_way: usize,
    /// Members whom the district no longer lists here.
    pub left: usize,
}

/// What stood here before the district's word took its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GaveWay {
    /// What stood here.
    pub ours: Member,
    /// What the district says; `None` if it no longer lists him here.
    pub theirs: Option<Member>,
    /// When, milliseconds since 1970.
    pub wall: i64,
}

/// Somebody whom the operator changed after the district had spoken, and about whom it has not spoken again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differs {
    /// What stands here.
    pub ours: Member,
    /// What the district said.
    pub theirs: Member,
}

impl Roster {
    /// Takes over a district's roster, whole. The caller has checked the signature, and clears what is remembered of
    /// sign-ins with [`Roster::forget_sign_ins`] once the transaction stands.
    pub fn take_over(&self, tx: &Tx<'_>, now: &[Member], wall: i64) -> Result<TakenOver, StoreError> {
        let mut done = TakenOver::default();
        let mut changed = Vec::new();
        let gone = all_theirs(tx)?
            .into_iter()
            .filter(|old| now.iter().all(|new| new.id != old.id));
        let gone: Vec<MemberId> = gone.map(|old| old.id).collect();
        let everybody = now
            .iter()
            .map(|new| (&new.id, Some(new)))
            .chain(gone.iter().map(|id| (id, None)));
        for (id, new) in everybody {
            let ours = rows::member(tx, id)?;
            let fate = judge(theirs(tx, id)?.as_ref(), ours.as_ref(), new);
            changed.extend(carry_out(tx, fate, ours, wall, &mut done)?);
            say(tx, id, new)?;
        }
        if !changed.is_empty() {
            let change = RosterChange {
                members: rows::count(tx)?,
                digest: rows::digest(tx)?,
                changed,
                removed: Vec::new(),
            };
            self.tell(tx, &change)?;
        }
        Ok(done)
    }

    /// After a change of the roster by somebody else's hand: sign-ins are looked up anew.
    pub fn forget_sign_ins(&self) {
        self.cache.clear();
    }

    /// What gave way to the district's word and nobody has looked at yet, by number.
    pub async fn gave_way(&self) -> Result<Vec<GaveWay>, StoreError> {
        self.store.read(|conn| Ok(all_gave_way(conn)?)).await
    }

    /// Whom the station has otherwise than the district said, by number.
    pub async fn differs(&self) -> Result<Vec<Differs>, StoreError> {
        let read = |conn: &Connection| {
            let mut found = Vec::new();
            for theirs in all_theirs(conn)? {
                if let Some(ours) = rows::member(conn, &theirs.id)?.filter(|ours| filled(&theirs, ours) != *ours) {
                    found.push(Differs { ours, theirs });
                }
            }
            Ok::<_, StoreError>(found)
        };
        self.store.read(read).await
    }

    /// The numbers that a district lists here.
    pub async fn listed_by_district(&self) -> Result<Vec<MemberId>, StoreError> {
        let read = |conn: &Connection| Ok::<_, StoreError>(all_theirs(conn)?.into_iter().map(|m| m.id).collect());
        self.store.read(read).await
    }

    /// The operator has looked at what gave way: it is forgotten, or put back as it stood. `false`: somebody was faster.
    pub async fn settle(&self, id: MemberId, put_back: bool, by: &Operator) -> Result<bool, StoreError> {
        let asked = id.clone();
        let find = move |conn: &Connection| Ok::<_, StoreError>(one_gave_way(conn, &asked)?);
        let Some(found) = self.store.read(find).await? else {
            return Ok(false);
        };
        if put_back {
            let back = super::NewMember {
                member: found.ours,
                pin: None,
            };
            self.save(vec![back], by).await?;
        }
        let forget = move |tx: &Tx<'_>| {
            tx.execute("DELETE FROM gave_way WHERE id = ?1", [id.as_str()])?;
            Ok::<_, StoreError>(())
        };
        self.store.write(Urgency::Now, forget).await??;
        Ok(true)
    }
}

/// Writes one fate down; the member as he stands then, if he changed.
fn carry_out(
    tx: &Tx<'_>,
    fate: Fate,
    ours: Option<Member>,
    wall: i64,
    done: &mut TakenOver,
) -> Result<Option<Member>, StoreError> {
    let member = match (fate, ours) {
        (Fate::Theirs(member), _) | (Fate::GivesWay(member), None) => member,
        (Fate::GivesWay(theirs), Some(ours)) => {
            keep_ours(tx, &ours, Some(&theirs), wall)?;
            done.gave_way += 1;
            theirs
        }
        (Fate::Leaves, Some(ours)) => {
            keep_ours(tx, &ours, None, wall)?;
            sessions::end_all_of(tx, &sessions::Owner::Member(ours.id.clone()))?;
            done.left += 1;
            Member {
                status: Status::Left,
                ..ours
            }
        }
        (Fate::Stays, _) | (Fate::Leaves, None) => return Ok(None),
    };
    rows::save(tx, &member)?;
    done.written += usize::from(member.status != Status::Left);
    Ok(Some(member))
}

fn json(member: &Member) -> String {
    serde_json::to_string(member).expect("texts are JSON")
}

fn read(text: &str) -> Result<Member, rusqlite::Error> {
    serde_json::from_str(text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, error.into()))
}

fn say(conn: &Connection, id: &MemberId, said: Option<&Member>) -> Result<(), rusqlite::Error> {
    match said {
        Some(member) => conn.execute(
            "INSERT OR REPLACE INTO theirs (id, member) VALUES (?1, ?2)",
            params![id.as_str(), json(member)],
        ),
        None => conn.execute("DELETE FROM theirs WHERE id = ?1", [id.as_str()]),
    }
    .map(drop)
}

fn theirs(conn: &Connection, id: &MemberId) -> Result<Option<Member>, rusqlite::Error> {
    let found: Option<String> = conn
        .prepare_cached("SELECT member FROM theirs WHERE id = ?1")?
        .query_row([id.as_str()], |row| row.get(0))
        .optional()?;
    found.map(|text| read(&text)).transpose()
}

fn all_theirs(conn: &Connection) -> Result<Vec<Member>, rusqlite::Error> {
    conn.prepare_cached("SELECT member FROM theirs ORDER BY id")?
        .query_map([], |row| read(&row.get::<_, String>(0)?))?
        .collect()
}

/// What gave way first is what the operator wrote: a second roster does not cover it.
fn keep_ours(conn: &Connection, ours: &Member, theirs: Option<&Member>, wall: i64) -> Result<(), rusqlite::Error> {
    conn.execute(
        "INSERT INTO gave_way (id, ours, theirs, wall) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (id) DO UPDATE SET theirs = excluded.theirs, wall = excluded.wall",
        params![ours.id.as_str(), json(ours), theirs.map(json), wall],
    )
    .map(drop)
}

fn gave_way(row: &rusqlite::Row<'_>) -> Result<GaveWay, rusqlite::Error> {
    let theirs: Option<String> = row.get(1)?;
    Ok(GaveWay {
        ours: read(&row.get::<_, String>(0)?)?,
        theirs: theirs.map(|text| read(&text)).transpose()?,
        wall: row.get(2)?,
    })
}

fn all_gave_way(conn: &Connection) -> Result<Vec<GaveWay>, rusqlite::Error> {
    conn.prepare_cached("SELECT ours, theirs, wall FROM gave_way ORDER BY id")?
        .query_map([], gave_way)?
        .collect()
}

fn one_gave_way(conn: &Connection, id: &MemberId) -> Result<Option<GaveWay>, rusqlite::Error> {
    conn.prepare_cached("SELECT ours, theirs, wall FROM gave_way WHERE id = ?1")?
        .query_row([id.as_str()], gave_way)
        .optional()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roster::{Migrant, Role};
    use crate::types::BranchId;

    fn member(role: Role, phone: &str) -> Member {
        Member {
            id: MemberId::new("0021").unwrap(),
            name: "王德明".into(),
            branch: BranchId::new("第一支部").unwrap(),
            role,
            status: Status::Full,
            migrant: Migrant::No,
            details: Details {
                phone: phone.into(),
                ..Details::default()
            },
        }
    }

    #[test]
    fn only_where_both_changed_somebody_gives_way() {
        let (plain, ours, theirs) = (
            member(Role::Member, ""),
            member(Role::Committee, ""),
            member(Role::Secretary, ""),
        );
        let cases = [
            (None, None, Some(&theirs), Fate::Theirs(theirs.clone()), "new here"),
            (None, Some(&theirs), Some(&theirs), Fate::Stays, "the same"),
            (
                Some(&plain),
                Some(&plain),
                Some(&theirs),
                Fate::Theirs(theirs.clone()),
                "only the district changed",
            ),
            (
                Some(&plain),
                Some(&ours),
                Some(&plain),
                Fate::Stays,
                "only the station changed",
            ),
            (
                Some(&plain),
                None,
                None,
                Fate::Stays,
                "removed here, and no longer listed",
            ),
            (None, Some(&ours), None, Fate::Stays, "the station's own member"),
        ];
        for (before, here, now, expected, why) in cases {
            assert_eq!(judge(before, here, now), expected, "{why}");
        }
        let gives_way = Fate::GivesWay(theirs.clone());
        assert_eq!(
            judge(Some(&plain), Some(&ours), Some(&theirs)),
            gives_way,
            "both changed"
        );
        assert_eq!(
            judge(None, Some(&ours), Some(&theirs)),
            gives_way,
            "the first roster of a district"
        );
        assert_eq!(judge(Some(&ours), Some(&ours), None), Fate::Leaves, "no longer listed");
    }

    #[test]
    fn what_the_district_leaves_open_the_station_keeps() {
        let here = member(Role::Member, "13800000000");
        assert_eq!(judge(None, Some(&here), Some(&member(Role::Member, ""))), Fate::Stays);
        let changed = judge(
            Some(&member(Role::Member, "")),
            Some(&here),
            Some(&member(Role::New, "")),
        );
        assert_eq!(changed, Fate::Theirs(member(Role::New, "13800000000")));
    }
}
