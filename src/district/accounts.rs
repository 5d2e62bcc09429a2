//! Accounts of the people at the district, with roles, and the audit log of what they did.
//!
//! *See* looks, *manage* enrols stations, acknowledges alerts and types in figures, *sign* decides about accounts and
//! whatever the district puts its name to. Each role includes the ones before. A power is an object, [`Manager`] or
//! [`Signer`], that only a signed-in account or the console can give; functions that need it take it as an argument.

use std::net::IpAddr;

use sha2::{Digest, Sha256};

use crate::clock::{Clock, SharedClock};
use crate::http::Problem;
use crate::keys;
use crate::roster::{Gate, SignInError};
use crate::store::{Row, Schema, Shared, Sql, StoreError, Urgency, params};

/// The tables of accounts and of the audit log.
pub(super) const SCHEMA: Schema = Schema {
    room: "district accounts",
    steps: &["
        CREATE TABLE account (name TEXT PRIMARY KEY, role TEXT NOT NULL, hash TEXT NOT NULL, made_s INTEGER NOT NULL,
            closed INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;
        CREATE TABLE sign_in (token BLOB PRIMARY KEY, account TEXT NOT NULL, at_s INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE audit (key INTEGER PRIMARY KEY, at_s INTEGER NOT NULL, who TEXT NOT NULL, act TEXT NOT NULL,
            about TEXT NOT NULL, detail TEXT NOT NULL) STRICT;
    "],
};

/// A sign-in lasts a working day: offices share computers.
pub(super) const SIGN_IN_S: u32 = 12 * 3600;
/// So many lines of the audit log are shown.
const SHOWN: u32 = 200;

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// 查看: look.
    See,
    /// 管理: enrol, acknowledge, type in.
    Manage,
    /// 签发: accounts, and what the district puts its name to.
    Sign,
}

impl Role {
    /// All, the weakest first.
    pub const ALL: [Self; 3] = [Self::See, Self::Manage, Self::Sign];

    /// The word in the database and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::See => "see",
            Self::Manage => "manage",
            Self::Sign => "sign",
        }
    }

    /// Reads that word.
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }
}

/// One person's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The name that is signed in with, and that the audit log shows.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Closed accounts stay, because the audit log names them.
    pub closed: bool,
}

impl Account {
    /// The power to manage, if the role gives it.
    pub fn manager(&self) -> Result<Manager, Problem> {
        if self.role >= Role::Manage {
            Ok(Manager(self.name.clone()))
        } else {
            Err(too_weak("管理", "manage"))
        }
    }

    /// The power to sign, if the role gives it.
    pub fn signer(&self) -> Result<Signer, Problem> {
        if self.role >= Role::Sign {
            Ok(Signer(self.name.clone()))
        } else {
            Err(too_weak("签发", "sign"))
        }
    }
}

fn too_weak(zh: &str, en: &str) -> Problem {
    Problem::forbidden(
        format!("您的账号没有“{zh}”的权限，请找有权限的同事。"),
        format!("Your account lacks the role “{en}”; please ask a colleague who has it."),
    )
}

/// The power to manage; the name goes into the audit log.
#[derive(Debug, Clone)]
pub struct Manager(String);

impl Manager {
    /// Whoever can run commands here could edit the files as well.
    pub fn on_the_console() -> Self {
        Self("console".into())
    }

    /// Who.
    pub fn name(&self) -> &str {
        &self.0
    }
}

/// The power to sign.
#[derive(Debug, Clone)]
pub struct Signer(String);

impl Signer {
    /// Who.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Whoever can run commands here could edit the files as well.
    pub fn on_the_console() -> Self {
        Self("console".into())
    }
}

/// Why an account was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The name.
    #[error("an account's name has 1 to 40 characters, without spaces at its ends")]
    BadName,
    /// The passphrase.
    #[error("the passphrase must have 8 to 128 characters")]
    WeakPassphrase,
    /// It would leave nobody who can sign.
    #[error("this is the last account that can sign; make another one first")]
    LastSigner,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One line of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audited {
    /// When, in seconds since 1970.
    pub at_s: i64,
    /// Who.
    pub who: String,
    /// What, as a word: `sign_in`, `account`, `enrol`, `acknowledge`, `place`, `typed_in`, `import`, `branch`,
    /// `send_down`, `ruling_asked`, `ruling_signed`, `ruling_dropped`.
    pub act: String,
    /// About whom or what.
    pub about: String,
    /// More.
    pub detail: String,
}

/// Writes a line of the audit log, in the transaction of what it tells.
pub(super) fn audit(
    conn: &dyn Sql,
    at_s: i64,
    who: &str,
    act: &str,
    about: &str,
    detail: &str,
) -> Result<(), StoreError> {
    conn.lock("audit")?;
    let key: i64 = conn.query_row("SELECT coalesce(max(key), 0) + 1 FROM audit", [], |row| row.get(0))?;
    conn.execute(
        "INSERT INTO audit (key, at_s, who, act, about, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![key, at_s, who, act, about, detail],
    )
    .map(drop)
}

/// A handle to the accounts. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Accounts {
    store: Shared,
    clock: SharedClock,
    gate: Gate,
}

impl Accounts {
    pub(super) fn new(store: Shared, clock: SharedClock) -> Self {
        Self {
            store,
            clock,
            gate: Gate::new(crate::roster::Limits::default()),
        }
    }

    fn now_s(&self) -> i64 {
        Clock::now(&*self.clock).wall_ms / 1000
    }

    /// Makes an account, or gives one that is there another role or passphrase, which ends its sign-ins.
    pub async fn set(&self, name: &str, role: Role, passphrase: &str, by: &Signer) -> Result<(), AccountError> {
        let name = name.trim().to_owned();
        if !(1..=40).contains(&name.chars().count()) || name.chars().any(char::is_control) {
            return Err(AccountError::BadName);
        }
        if !(8..=128).contains(&passphrase.chars().count()) {
            return Err(AccountError::WeakPassphrase);
        }
        let hash = self.gate.hash(passphrase.to_owned()).await;
        let (by, now) = (by.0.clone(), self.now_s());
        let act = move |tx: &dyn Sql| {
            tx.execute(
                "INSERT INTO account (name, role, hash, made_s) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (name) DO UPDATE SET role = excluded.role, hash = excluded.hash, closed = 0",
                params![name, role.word(), hash, now],
            )?;
            tx.execute("DELETE FROM sign_in WHERE account = ?1", [&name])?;
            somebody_signs(tx)?;
            Ok(audit(tx, now, &by, "account", &name, role.word())?)
        };
        self.store.write(Urgency::Now, act).await?
    }

    /// Closes an account and ends its sign-ins.
    pub async fn close(&self, name: &str, by: &Signer) -> Result<(), AccountError> {
        let (name, by, now) = (name.to_owned(), by.0.clone(), self.now_s());
        let act = move |tx: &dyn Sql| {
            tx.execute("UPDATE account SET closed = 1 WHERE name = ?1", [&name])?;
            tx.execute("DELETE FROM sign_in WHERE account = ?1", [&name])?;
            somebody_signs(tx)?;
            Ok(audit(tx, now, &by, "account", &name, "closed")?)
        };
        self.store.write(Urgency::Now, act).await?
    }

    /// All accounts, by name.
    pub async fn list(&self) -> Result<Vec<Account>, StoreError> {
        self.store
            .read(|conn| {
                let query = "SELECT name, role, closed FROM account ORDER BY closed, name";
                let rows = conn.query_map(query, [], account)?;
                Ok(rows.into_iter().flatten().collect())
            })
            .await
    }

    /// Whether anybody can sign in at all.
    pub fn any(&self) -> Result<bool, StoreError> {
        let any = "SELECT EXISTS (SELECT 1 FROM account WHERE closed = 0)";
        self.store
            .read_blocking(|conn| conn.query_row(any, [], |row| row.get(0)))
    }

    /// Signs in; returns the cookie's value. Wrong tries cost time, per name and per address.
    pub async fn sign_in(&self, name: &str, passphrase: &str, from: IpAddr) -> Result<String, SignInError> {
        let name: String = name.trim().chars().take(40).collect();
        let asked = name.clone();
        let hash = self
            .store
            .read(move |conn| {
                let query = "SELECT hash FROM account WHERE name = ?1 AND closed = 0";
                conn.query_optional::<String>(query, [asked], |row| row.get(0))
            })
            .await?;
        self.gate.check(&name, from, hash, passphrase).await?;
        let (token, now) = (keys::random::<16>(), self.now_s());
        let act = move |tx: &dyn Sql| {
            tx.execute("DELETE FROM sign_in WHERE at_s <= ?1", [now - i64::from(SIGN_IN_S)])?;
            tx.execute(
                "INSERT INTO sign_in (token, account, at_s) VALUES (?1, ?2, ?3)",
                params![digest(&token), name, now],
            )?;
            audit(tx, now, &name, "sign_in", "", &from.to_string())
        };
        self.store.write(Urgency::Now, act).await??;
        Ok(data_encoding::HEXLOWER.encode(&token))
    }

    /// Whose cookie this is.
    pub async fn who(&self, cookie: &str) -> Result<Option<Account>, StoreError> {
        let Some(token) = token_of(cookie) else { return Ok(None) };
        let after = self.now_s() - i64::from(SIGN_IN_S);
        self.store
            .read(move |conn| {
                let query = "SELECT name, role, closed FROM account JOIN sign_in ON account = name
                             WHERE token = ?1 AND at_s > ?2 AND closed = 0";
                let found = conn.query_optional(query, params![digest(&token), after], account)?;
                Ok(found.flatten())
            })
            .await
    }

    /// Ends a sign-in.
    pub async fn sign_out(&self, cookie: &str) -> Result<(), StoreError> {
        if let Some(token) = token_of(cookie) {
            let act = move |tx: &dyn Sql| tx.execute("DELETE FROM sign_in WHERE token = ?1", [digest(&token)]);
            self.store.write(Urgency::Now, act).await??;
        }
        Ok(())
    }

    /// The newest lines of the audit log.
    pub async fn audited(&self) -> Result<Vec<Audited>, StoreError> {
        self.store
            .read(|conn| {
                let query = "SELECT at_s, who, act, about, detail FROM audit ORDER BY key DESC LIMIT ?1";
                let line = |row: &dyn Row| {
                    Ok(Audited {
                        at_s: row.get(0)?,
                        who: row.get(1)?,
                        act: row.get(2)?,
                        about: row.get(3)?,
                        detail: row.get(4)?,
                    })
                };
                conn.query_map(query, [SHOWN], line)
            })
            .await
    }
}

fn account(row: &dyn Row) -> Result<Option<Account>, StoreError> {
    let (name, role, closed): (String, String, bool) = (row.get(0)?, row.get(1)?, row.get(2)?);
    Ok(Role::read(&role).map(|role| Account { name, role, closed }))
}

/// The last one who can sign cannot lock the door behind himself.
fn somebody_signs(conn: &dyn Sql) -> Result<(), AccountError> {
    let query = "SELECT EXISTS (SELECT 1 FROM account WHERE role = 'sign' AND closed = 0)
                 OR NOT EXISTS (SELECT 1 FROM account)";
    if conn.query_row(query, [], |row| row.get(0))? {
        Ok(())
    } else {
        Err(AccountError::LastSigner)
    }
}

pub(super) fn token_of(cookie: &str) -> Option<[u8; 16]> {
    data_encoding::HEXLOWER.decode(cookie.as_bytes()).ok()?.try_into().ok()
}

fn digest(token: &[u8; 16]) -> [u8; 32] {
    Sha256::digest(token).into()
}
