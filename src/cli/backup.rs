//! `yuanjiao backup`, `yuanjiao restore` and `yuanjiao epoch`.

use std::fs;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use anyhow::{Context, Result};

use super::args::Common;
use super::station::settings;
use crate::app::{self, Base};
use crate::records::copies::Carried;

/// Copies the database, and the keys if asked for.
pub(super) fn copy(common: &Common, folder: Option<&Path>, with_keys: bool) -> Result<()> {
    let settings = settings(common)?;
    let own = settings.data.join("backup");
    let folder = folder.unwrap_or(&own);
    let base = Base::open(&settings)?;
    let (path, leaves) = app::copy_into(&base.ledger, folder)?;
    println!("{leaves} leaves of {} are in {}", base.ledger.origin(), path.display());
    if folder == own {
        println!("photos are not copied there: they would lie on the same disk; name a folder on another one");
    } else {
        let photos = app::copy_photos(&base.ledger, &settings.data, folder)?;
        println!("{} photos were copied, {} are lacking", photos.copied, photos.lacking);
    }
    if with_keys {
        copy_keys(&settings.data.join("keys"), &folder.join("keys"))?;
        println!(
            "the keys are in {}: keep them locked away",
            folder.join("keys").display()
        );
    }
    Ok(())
}

fn copy_keys(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("while making {}", to.display()))?;
    // Some sticks know no owners; then this changes nothing, and the advice above holds all the more.
    drop(fs::set_permissions(to, fs::Permissions::from_mode(0o700)));
    for name in ["ledger.key", "cookies.key"] {
        let bytes = fs::read(from.join(name)).with_context(|| format!("while reading the key {name}"))?;
        let mut options = fs::OpenOptions::new();
        let file = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(to.join(name));
        let written = file.and_then(|mut file| {
            std::io::Write::write_all(&mut file, &bytes)?;
            file.sync_all()
        });
        written.with_context(|| format!("while writing {}", to.join(name).display()))?;
    }
    Ok(())
}

/// Restores from a copy and says what came back.
pub(super) fn restore(common: &Common, file: &Path) -> Result<()> {
    let restored = app::from_copy(&settings(common)?, file)?;
    let brought = restored.brought;
    println!(
        "restored {} leaves: {} from the copy, {} proven by a checkpoint; {} had been signed",
        brought.leaves,
        brought.from_backup,
        brought.leaves - brought.from_backup,
        brought.signed
    );
    if let Some(aside) = &restored.aside {
        println!("what was there before lies in {}", aside.display());
    }
    if restored.photos != Carried::default() {
        let Carried { copied, lacking } = restored.photos;
        println!("{copied} photos came back, {lacking} are lacking");
    }
    for table in &restored.as_in_copy {
        println!("the table {table} is as the copy had it");
    }
    Ok(())
}

/// Begins a new epoch and says what came along.
pub(super) fn epoch(common: &Common, folder: &Path, spoken: Option<&str>) -> Result<()> {
    let begun = app::begin_epoch(&settings(common)?, folder, spoken)?;
    println!(
        "the log {} begins after {} leaves of {}; {} leaves were carried along, {} that no district had seen were not",
        begun.epoch.next, begun.epoch.size, begun.epoch.old, begun.carried, begun.left_behind
    );
    if begun.carried == 0 && begun.epoch.size > 0 {
        println!(
            "the old leaves were not found: members' hours begin with nothing here; the district still counts them"
        );
    }
    if let Some(aside) = &begun.aside {
        println!("the old database lies in {}", aside.display());
    }
    Ok(())
}
