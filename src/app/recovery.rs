//! The database at a start: is it whole, and if not, what is brought back.
//!
//! A damaged file is set aside whole, never written to again. A new one begins with the newest copy that verifies; of
//! what came after it, the damaged file gives what one of this box's checkpoints proves (`ledger::restore`), and every
//! table that can be read to its end. Views are counted again from the leaves. The first leaf afterwards says what
//! happened, so the district is told by its next pull; if the district had seen more than came back, the ledger halts.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use rusqlite::Connection;

use super::base::SCHEMAS;
use super::removed::{self, Removed};
use super::{Base, backups};
use crate::config;
use crate::keys::Keys;
use crate::ledger::restore::{self, BroughtBack, Holds};
use crate::ledger::{self, What, epoch};
use crate::records::copies::{self as photos, Carried};
use crate::store::backup::{self, Look};
use crate::store::{Options, Store};
use crate::{dispatch, roster, viewing};

/// The database and what SQLite keeps beside it.
const FILES: [&str; 3] = ["ledger.db", "ledger.db-wal", "ledger.db-shm"];

/// The database that a restoring makes, when it is whole, and before.
const RESTORING: &str = "restoring.db";
const COPYING: &str = "copying.db";

/// One program at a time serves from a data folder, or restores it. Held until it is dropped.
pub(super) fn only_one(data: &Path) -> Result<File> {
    fs::create_dir_all(data).with_context(|| format!("while making {}", data.display()))?;
    let path = data.join("station.lock");
    let file = File::create(&path).with_context(|| format!("while opening {}", path.display()))?;
    match rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(_) => bail!("another station is running with the data folder {}", data.display()),
    }
}

/// What a restoring did.
#[derive(Debug, Clone)]
pub struct Restored {
    /// What was found.
    pub why: String,
    /// Where the damaged file lies now, if there was one.
    pub aside: Option<PathBuf>,
    /// What came back.
    pub brought: BroughtBack,
    /// Tables that could not be read from the damaged file; they are as the copy had them.
    pub as_in_copy: Vec<String>,
    /// Photos that came back from beside the copies, and those that are nowhere.
    pub photos: Carried,
}

/// Looks at the ledger before anybody writes to it, and restores it if it is damaged.
pub(super) fn at_start(settings: &config::Station, keys: &Keys) -> Result<Option<Restored>> {
    if !settings.data.join(FILES[0]).exists()
        && let Some(restored) = go_on(&settings.data, keys)?
    {
        return Ok(Some(restored));
    }
    let copies = all_copies(settings);
    match damage(&settings.data.join(FILES[0]), keys, &copies)? {
        Some(why) => restore(&settings.data, keys, why, &copies).map(Some),
        None => Ok(None),
    }
}

fn all_copies(settings: &config::Station) -> Vec<PathBuf> {
    let second = settings.backup.folder.as_deref().map(backups::copies);
    let mut all = backups::copies(&backups::own_folder(&settings.data));
    all.extend(second.into_iter().flatten());
    all.sort_by_key(|copy| std::cmp::Reverse(backups::rank(copy)));
    all
}

/// What is wrong with the file, if anything. A file that never held a ledger is not damaged, unless a copy of ours exists.
fn damage(path: &Path, keys: &Keys, copies: &[PathBuf]) -> Result<Option<String>> {
    match backup::look(path).with_context(|| format!("while looking at {}", path.display()))? {
        Look::Missing => return Ok(None),
        Look::Damaged(why) => return Ok(Some(why)),
        Look::Sound => {}
    }
    Ok(match backups::holds(path, keys) {
        Ok(Holds::Ours(found)) if found.faults.is_empty() => shorter_than_its_copy(path, found.leaves, keys, copies),
        Ok(Holds::Ours(found)) => found.faults.first().map(ToString::to_string),
        Ok(Holds::AnotherKey) => None,
        Ok(Holds::Nothing) => (!copies.is_empty()).then(|| "the file holds no ledger any more".to_owned()),
        Err(error) => Some(format!("{error:#}")),
    })
}

/// A log that lost its end, or was put back to an older state, passes every check of its own. The copies of an earlier
/// epoch are no copies of this log.
fn shorter_than_its_copy(path: &Path, leaves: u64, keys: &Keys, copies: &[PathBuf]) -> Option<String> {
    let epoch = restore::named(&backup::open_to_read(path).ok()?).map_or(1, |origin| epoch::number(&origin));
    let newest = copies.iter().find(|copy| backups::rank(copy) > Some((epoch, leaves)))?;
    let (_, held) = backups::rank(newest)?;
    is_ours_and_whole(newest, keys).then(|| format!("{leaves} leaves are there, a copy holds {held}"))
}

/// Brings back what can be brought back, then puts the new file in the place of the old one, which is set aside. `copies`
/// are tried in their order.
fn restore(data: &Path, keys: &Keys, why: String, copies: &[PathBuf]) -> Result<Restored> {
    tracing::error!(why, "the ledger is damaged: it is set aside and restored");
    // Under the name that the next start goes on from only when it is whole.
    let new = data.join(COPYING);
    remove(&new);
    remove(&data.join(RESTORING));
    if let Some(copy) = copies.iter().find(|copy| is_ours_and_whole(copy, keys)) {
        fs::copy(copy, &new).with_context(|| format!("while reading the copy {}", copy.display()))?;
    }
    let old = data.join(FILES[0]);
    let removed = all_removed(data, copies);
    let (brought, as_in_copy) = fill(&new, old.exists().then_some(old.as_path()), keys, &removed)?;
    if let Err(error) = removed::write(data, &removed) {
        tracing::error!(%error, "who was removed could not be written down");
    }
    fs::rename(&new, data.join(RESTORING)).context("while naming the new database")?;
    let aside = set_aside(data, "damaged")?;
    put_in_place(data, RESTORING)?;
    Ok(Restored {
        why,
        aside,
        brought,
        as_in_copy,
        photos: bring_photos(data, copies),
    })
}

/// The epoch of a database's log, and how many leaves it has; `None` if it has none that can be read.
fn rank_of(conn: &Connection) -> Option<backups::Rank> {
    let epoch = restore::named(conn).map_or(1, |origin| epoch::number(&origin));
    Some((epoch, ledger::size(conn).ok()?))
}

/// Who was removed, as the data folder and the media with the copies remember. A list that cannot be read holds nothing up.
fn all_removed(data: &Path, copies: &[PathBuf]) -> Removed {
    let folders: BTreeSet<&Path> = copies.iter().filter_map(|copy| copy.parent()).chain([data]).collect();
    let mut all = Removed::new();
    for folder in folders {
        match removed::read(folder) {
            Ok(removed) => all.extend(removed),
            Err(error) => {
                tracing::warn!(folder = %folder.display(), %error, "nobody knows from there who was removed");
            }
        }
    }
    all
}

/// The photos that are named and not there, from beside the copies. A medium that cannot be read costs no more than the
/// photos: the ledger is restored by now.
fn bring_photos(data: &Path, copies: &[PathBuf]) -> Carried {
    let named = backup::open_to_read(&data.join(FILES[0])).and_then(|conn| photos::named(&conn));
    let named = named.unwrap_or_else(|error| {
        tracing::warn!(%error, "nobody knows which photos are missing");
        Vec::new()
    });
    let mut brought = photos::carry(&named, data, data).unwrap_or_default();
    let mut folders: Vec<&Path> = copies.iter().filter_map(|copy| copy.parent()).collect();
    folders.dedup();
    for folder in folders {
        if brought.lacking == 0 {
            break;
        }
        match photos::carry(&named, folder, data) {
            Ok(carried) => {
                brought = Carried {
                    copied: brought.copied + carried.copied,
                    ..carried
                }
            }
            Err(error) => {
                tracing::warn!(folder = %folder.display(), %error, "photos could not be brought back from there");
            }
        }
    }
    brought
}

/// A database that is being made, and what SQLite keeps beside it.
pub(super) fn remove(path: &Path) {
    for end in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        drop(fs::remove_file(name));
    }
}

/// Gives a finished database its name, durably.
pub(super) fn put_in_place(data: &Path, made: &str) -> Result<()> {
    fs::rename(data.join(made), data.join(FILES[0])).context("while putting the new database in its place")?;
    Ok(File::open(data)?.sync_all()?)
}

/// The power may fail between setting the old file aside and giving the new one its name. The new one was whole by then.
fn go_on(data: &Path, keys: &Keys) -> Result<Option<Restored>> {
    let made = [RESTORING, super::epoch::BEGINNING];
    let Some(made) = made.into_iter().find(|made| data.join(made).exists()) else {
        return Ok(None);
    };
    let found = backups::holds(&data.join(made), keys);
    let Ok(Holds::Ours(found)) = found else {
        return Ok(None);
    };
    put_in_place(data, made)?;
    let brought = BroughtBack {
        leaves: found.leaves,
        signed: found.leaves,
        ..BroughtBack::default()
    };
    let restored = Restored {
        why: "a restoring was interrupted, and was finished".to_owned(),
        aside: None,
        brought,
        as_in_copy: Vec::new(),
        photos: Carried::default(),
    };
    Ok((made == RESTORING).then_some(restored))
}

fn is_ours_and_whole(copy: &Path, keys: &Keys) -> bool {
    let whole = matches!(backup::look(copy), Ok(Look::Sound));
    whole && matches!(backups::holds(copy, keys), Ok(Holds::Ours(found)) if found.faults.is_empty())
}

/// Moves the database into `<kind>/<n>/`, the first n that is free; `None` if there is none.
pub(super) fn set_aside(data: &Path, kind: &str) -> Result<Option<PathBuf>> {
    if !data.join(FILES[0]).exists() {
        return Ok(None);
    }
    let folder = (1..=u32::MAX)
        .map(|n| data.join(format!("{kind}/{n}")))
        .find(|folder| !folder.exists())
        .context("there are as many folders as numbers")?;
    let moved = || -> std::io::Result<()> {
        fs::create_dir_all(&folder)?;
        // The log first: without the file it belongs to, nobody plays it into another one.
        for name in FILES.iter().rev().filter(|name| data.join(name).exists()) {
            fs::rename(data.join(name), folder.join(name))?;
        }
        File::open(&folder)?.sync_all()?;
        File::open(data)?.sync_all()
    };
    moved().with_context(|| format!("while setting the database aside in {}", folder.display()))?;
    Ok(Some(folder))
}

/// The new database: the copy if there was one, what is proven, what can be read, views counted again.
fn fill(new: &Path, from: Option<&Path>, keys: &Keys, removed: &Removed) -> Result<(BroughtBack, Vec<String>)> {
    let store = Store::open(new, &SCHEMAS, Options::default())?;
    let from = from.and_then(|path| backup::open_to_read(path).ok());
    let key = keys.public();
    let removed = removed.clone();
    let filled = store.write_blocking(move |tx| {
        let (copied, mut written) = (rank_of(tx), None);
        let mut brought = BroughtBack {
            leaves: ledger::size(tx)?,
            ..BroughtBack::default()
        };
        brought.from_backup = brought.leaves;
        let mut as_in_copy = Vec::new();
        // An empty file in the place of the lost one has nothing to give, and must not empty what the copy holds.
        if let Some(from) = from.as_ref().filter(|from| restore::is_of(from, &key)) {
            written = rank_of(from);
            let seen = restore::most_seen(from);
            as_in_copy = backup::take_tables(from, tx, &restore::TABLES)?;
            brought = restore::bring_back(from, tx, &key)?;
            ledger::note_seen(tx, seen)?;
        }
        // The damaged file's own roster, where it can be read, is as old as that file.
        let is_of_the_copy = as_in_copy.iter().any(|table| table == "member");
        let written = written.filter(|_| !is_of_the_copy).or(copied).unwrap_or_default();
        for member in removed::since(&removed, written) {
            roster::remove_again(tx, member)?;
            dispatch::forget(tx, std::slice::from_ref(member))?;
        }
        restore::rebuild_cosignatures(tx)?;
        viewing::rebuild_views(tx)?;
        Ok::<_, viewing::ViewingError>((brought, as_in_copy))
    })??;
    Ok(filled)
}

/// Says in the ledger what happened: the operator's book of faults and the district's next pull have it from there.
pub(super) fn say(base: &Base, restored: &Restored) -> Result<()> {
    let BroughtBack {
        from_backup,
        leaves,
        signed,
    } = restored.brought;
    tracing::warn!(from_backup, leaves, signed, "the ledger was restored");
    if base.ledger.halted().is_some() {
        return Ok(());
    }
    let (ledger, now) = (base.ledger.clone(), super::Clock::now(&*base.clock));
    let leaf = What::Restored {
        why: restored.why.clone(),
        from_backup,
        leaves,
        signed,
    };
    base.ledger
        .store()
        .write_blocking(move |tx| ledger.append(tx, now, leaf))??;
    Ok(())
}

/// Restores from a copy that somebody chose. Refused while the ledger is sound and holds as much.
pub fn from_copy(settings: &config::Station, copy: &Path) -> Result<Restored> {
    let _lock = only_one(&settings.data)?;
    let keys = Keys::open_or_make(&settings.data.join("keys"))?;
    let offered = match backups::holds(copy, &keys)? {
        Holds::Ours(found) if found.faults.is_empty() => found.leaves,
        Holds::Ours(found) => bail!("{} is damaged: {}", copy.display(), found.faults[0]),
        Holds::AnotherKey => bail!("{} is the ledger of another station's key", copy.display()),
        Holds::Nothing => bail!("{} holds no ledger", copy.display()),
    };
    let path = settings.data.join(FILES[0]);
    let mut copies = all_copies(settings);
    let why = match damage(&path, &keys, &copies)? {
        Some(why) => why,
        None if path.exists() && matches!(backups::holds(&path, &keys)?, Holds::Ours(_)) => bail!(
            "the ledger in {} is sound; a copy of {offered} leaves could only take something back",
            settings.data.display()
        ),
        None => "there was no ledger of this key".to_owned(),
    };
    copies.insert(0, copy.to_owned());
    let restored = restore(&settings.data, &keys, why, &copies)?;
    say(&Base::open(settings)?, &restored)?;
    Ok(restored)
}
