//! The roster's SQL.

use rusqlite::{Connection, OptionalExtension, Row, params};
use sha2::{Digest, Sha256};

use super::member::{Member, Migrant, Role, Status};
use crate::store::Schema;
use crate::types::{BranchId, MemberId};

/// The tables of this room.
pub const SCHEMA: Schema = Schema {
    room: "roster",
    steps: &[
        "
        CREATE TABLE member (id TEXT PRIMARY KEY, name TEXT NOT NULL, branch TEXT NOT NULL, role TEXT NOT NULL,
            status TEXT NOT NULL, migrant TEXT NOT NULL, pin TEXT) STRICT, WITHOUT ROWID;
        CREATE TABLE operator (only INTEGER PRIMARY KEY CHECK (only = 1), passphrase TEXT, code TEXT) STRICT;
        INSERT INTO operator (only) VALUES (1);
        CREATE TABLE sign_in (key INTEGER PRIMARY KEY, token BLOB NOT NULL UNIQUE, owner TEXT NOT NULL,
            wall INTEGER NOT NULL) STRICT;
        CREATE INDEX sign_in_of ON sign_in (owner, key);
    ",
        "
        CREATE TABLE visiting (id TEXT PRIMARY KEY, name TEXT NOT NULL, station TEXT NOT NULL, branch TEXT NOT NULL,
            device BLOB UNIQUE, wall INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    ",
        // What the book 花名册 asks beside, as JSON: the station itself decides nothing by it.
        "ALTER TABLE member ADD COLUMN details TEXT NOT NULL DEFAULT '{}';",
        // What a district said last of each member, and what gave way to it; both as JSON, both with names.
        "
        CREATE TABLE theirs (id TEXT PRIMARY KEY, member TEXT NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE gave_way (id TEXT PRIMARY KEY, ours TEXT NOT NULL, theirs TEXT, wall INTEGER NOT NULL)
            STRICT, WITHOUT ROWID;
    ",
    ],
};

const MEMBER: &str = "SELECT id, name, branch, role, status, migrant, details FROM member";

fn read(row: &Row<'_>) -> Result<Member, rusqlite::Error> {
    let text = |at: usize| row.get::<_, String>(at);
    let odd =
        |at| rusqlite::Error::FromSqlConversionFailure(at, rusqlite::types::Type::Text, "not a roster word".into());
    Ok(Member {
        id: MemberId::new(&text(0)?).map_err(|_| odd(0))?,
        name: text(1)?,
        branch: BranchId::new(&text(2)?).map_err(|_| odd(2))?,
        role: Role::read(&text(3)?).ok_or_else(|| odd(3))?,
        status: Status::read(&text(4)?).ok_or_else(|| odd(4))?,
        migrant: Migrant::read(&text(5)?).ok_or_else(|| odd(5))?,
        details: serde_json::from_str(&text(6)?).map_err(|_| odd(6))?,
    })
}

pub(super) fn members(conn: &Connection) -> Result<Vec<Member>, rusqlite::Error> {
    conn.prepare_cached(&format!("{MEMBER} WHERE status <> 'left' ORDER BY id"))?
        .query_map([], read)?
        .collect()
}

pub(super) fn member(conn: &Connection, id: &MemberId) -> Result<Option<Member>, rusqlite::Error> {
    conn.prepare_cached(&format!("{MEMBER} WHERE id = ?1"))?
        .query_row([id.as_str()], read)
        .optional()
}

pub(super) fn count(conn: &Connection) -> Result<u32, rusqlite::Error> {
    conn.query_row("SELECT count(*) FROM member WHERE status <> 'left'", [], |row| {
        row.get(0)
    })
}

pub(super) fn save(conn: &Connection, member: &Member) -> Result<(), rusqlite::Error> {
    conn.prepare_cached(
        "INSERT INTO member (id, name, branch, role, status, migrant, details) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, branch = excluded.branch, role = excluded.role,
         status = excluded.status, migrant = excluded.migrant, details = excluded.details",
    )?
    .execute(params![
        member.id.as_str(),
        member.name,
        member.branch.as_str(),
        member.role.word(),
        member.status.word(),
        member.migrant.word(),
        serde_json::to_string(&member.details).expect("texts are JSON"),
    ])
    .map(drop)
}

pub(super) fn remove(conn: &Connection, id: &MemberId) -> Result<bool, rusqlite::Error> {
    conn.execute("DELETE FROM theirs WHERE id = ?1", [id.as_str()])?;
    conn.execute("DELETE FROM gave_way WHERE id = ?1", [id.as_str()])?;
    Ok(conn.execute("DELETE FROM member WHERE id = ?1", [id.as_str()])? > 0)
}

pub(super) fn set_pin(conn: &Connection, id: &MemberId, hash: &str) -> Result<(), rusqlite::Error> {
    conn.execute("UPDATE member SET pin = ?2 WHERE id = ?1", params![id.as_str(), hash])
        .map(drop)
}

pub(super) fn pin_hash(conn: &Connection, id: &MemberId) -> Result<Option<String>, rusqlite::Error> {
    conn.prepare_cached("SELECT pin FROM member WHERE id = ?1 AND status <> 'left'")?
        .query_row([id.as_str()], |row| row.get(0))
        .optional()
        .map(Option::flatten)
}

/// One line per member, without the name: what a district can compare without learning who it is.
pub(super) fn digest(conn: &Connection) -> Result<[u8; 32], rusqlite::Error> {
    let mut hash = Sha256::new();
    for member in members(conn)? {
        let Member {
            id,
            branch,
            role,
            status,
            migrant,
            ..
        } = member;
        hash.update(format!(
            "{id}\t{branch}\t{}\t{}\t{}\n",
            role.word(),
            status.word(),
            migrant.word()
        ));
    }
    Ok(hash.finalize().into())
}

pub(super) fn passphrase(conn: &Connection) -> Result<Option<String>, rusqlite::Error> {
    conn.query_row("SELECT passphrase FROM operator", [], |row| row.get(0))
}

pub(super) fn set_passphrase(conn: &Connection, hash: &str) -> Result<(), rusqlite::Error> {
    conn.execute("UPDATE operator SET passphrase = ?1", [hash]).map(drop)
}

pub(super) fn code(conn: &Connection) -> Result<Option<String>, rusqlite::Error> {
    conn.query_row("SELECT code FROM operator", [], |row| row.get(0))
}

pub(super) fn set_code(conn: &Connection, hash: Option<&str>) -> Result<(), rusqlite::Error> {
    conn.execute("UPDATE operator SET code = ?1", [hash]).map(drop)
}
