//! Uploads from the desk's page, in parts, each on the disk before it is acknowledged.
//!
//! An upload is two files in the hidden folder: what has arrived, and a note of what it will be and how far it is. The
//! page that sends the same file again (same name, size and date) goes on where the note says.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::{IntakeError, arrivals, check_room, land, name};
use crate::library::Library;
use crate::types::RandomId;

/// What a page announces.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Begin {
    /// The file's name as the browser has it.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// The file's date as the browser has it, in milliseconds: only to tell files of the same name apart.
    pub modified: i64,
    /// The class it is for; empty is the folder of local films.
    pub class: String,
}

/// How far an upload is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// Names the upload.
    pub ticket: RandomId,
    /// Bytes that are on the disk.
    pub have: u64,
    /// Where it lies now that it is whole, relative to the media folder.
    pub landed: Option<String>,
}

/// An upload that is not whole yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    /// The name that it will have.
    pub name: String,
    /// The class's folder.
    pub class: String,
    /// Bytes in all.
    pub size: u64,
    /// See [`Begin::modified`].
    pub modified: i64,
    /// Bytes that are on the disk.
    pub have: u64,
}

/// All uploads. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Uploads {
    library: Library,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// The folder that was read; another disk has other uploads.
    read: Option<PathBuf>,
    all: HashMap<RandomId, Upload>,
    /// Uploads that a request writes to now.
    busy: Vec<RandomId>,
}

impl Uploads {
    pub(super) fn new(library: Library) -> Self {
        Self {
            library,
            state: Arc::default(),
        }
    }

    /// Begins an upload, or finds the one that goes on. Blocks.
    pub fn begin(&self, wanted: &Begin) -> Result<Progress, IntakeError> {
        let name = name::file(&wanted.name).ok_or_else(|| IntakeError::Name(wanted.name.clone()))?;
        if wanted.size == 0 {
            return Err(IntakeError::Empty);
        }
        let folder = self.folder()?;
        let mut state = self.state(&folder)?;
        let is_it = |known: &Upload| (&known.name, known.size, known.modified) == (&name, wanted.size, wanted.modified);
        if let Some((ticket, known)) = state.all.iter().find(|(_, known)| is_it(known)) {
            return Ok(progress(*ticket, known));
        }
        let still_to_come: u64 = state.all.values().map(|known| known.size - known.have).sum();
        check_room(&self.library, wanted.size.saturating_add(still_to_come))?;
        let upload = Upload {
            name,
            class: name::folder(&wanted.class),
            size: wanted.size,
            modified: wanted.modified,
            have: 0,
        };
        let ticket = super::ticket();
        File::create(part(&folder, ticket))?;
        note(&folder, ticket, &upload)?;
        let begun = progress(ticket, &upload);
        state.all.insert(ticket, upload);
        Ok(begun)
    }

    /// Opens an upload for the bytes from `from` on. One request at a time. Blocks.
    pub fn piece(&self, ticket: RandomId, from: u64) -> Result<Piece, IntakeError> {
        let folder = self.folder()?;
        let mut state = self.state(&folder)?;
        let upload = state.all.get(&ticket).cloned().ok_or(IntakeError::Unknown)?;
        if upload.have != from {
            return Err(IntakeError::WrongPlace { have: upload.have });
        }
        if state.busy.contains(&ticket) {
            return Err(IntakeError::Busy);
        }
        let file = OpenOptions::new().write(true).open(part(&folder, ticket))?;
        state.busy.push(ticket);
        drop(state);
        Ok(Piece {
            uploads: self.clone(),
            folder,
            ticket,
            upload,
            file,
        })
    }

    /// Throws an upload away. Blocks.
    pub fn cancel(&self, ticket: RandomId) -> Result<(), IntakeError> {
        let folder = self.folder()?;
        let mut state = self.state(&folder)?;
        if state.busy.contains(&ticket) {
            return Err(IntakeError::Busy);
        }
        state.all.remove(&ticket).ok_or(IntakeError::Unknown)?;
        fs::remove_file(note_place(&folder, ticket))?;
        fs::remove_file(part(&folder, ticket))?;
        Ok(())
    }

    /// What is not whole yet, by name. Blocks.
    pub fn unfinished(&self) -> Result<Vec<(RandomId, Upload)>, IntakeError> {
        let folder = self.folder()?;
        let state = self.state(&folder)?;
        let mut all: Vec<_> = state
            .all
            .iter()
            .map(|(ticket, known)| (*ticket, known.clone()))
            .collect();
        all.sort_by(|a, b| a.1.name.cmp(&b.1.name));
        Ok(all)
    }

    /// A disk that was away may come back as another one.
    fn folder(&self) -> Result<PathBuf, IntakeError> {
        let folder = arrivals(&self.library);
        if folder.is_err() {
            self.state.lock().unwrap_or_else(PoisonError::into_inner).read = None;
        }
        folder
    }

    /// Reads the notes again when the folder is another one.
    fn state(&self, folder: &Path) -> Result<MutexGuard<'_, State>, IntakeError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.read.as_deref() != Some(folder) {
            state.all = read_notes(folder)?;
            state.read = Some(folder.to_owned());
        }
        Ok(state)
    }
}

fn progress(ticket: RandomId, upload: &Upload) -> Progress {
    Progress {
        ticket,
        have: upload.have,
        landed: None,
    }
}

fn part(folder: &Path, ticket: RandomId) -> PathBuf {
    folder.join(format!("{ticket}.part"))
}

fn note_place(folder: &Path, ticket: RandomId) -> PathBuf {
    folder.join(format!("{ticket}.json"))
}

/// Written beside and renamed: a power cut leaves the old note or the new one.
fn note(folder: &Path, ticket: RandomId, upload: &Upload) -> io::Result<()> {
    let half = folder.join(format!("{ticket}.half"));
    let text = serde_json::to_vec(upload)?;
    fs::write(&half, text)?;
    File::open(&half)?.sync_all()?;
    fs::rename(half, note_place(folder, ticket))
}

/// Parts without a note are nobody's.
fn read_notes(folder: &Path) -> io::Result<HashMap<RandomId, Upload>> {
    let mut all = HashMap::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let ticket = path.file_stem().and_then(|stem| RandomId::parse(stem.to_str()?));
        let is_note = path.extension().is_some_and(|ending| ending == "json");
        let (Some(ticket), true) = (ticket, is_note) else {
            continue;
        };
        let upload = fs::read(&path)
            .ok()
            .and_then(|text| serde_json::from_slice::<Upload>(&text).ok());
        let is_there = |upload: &Upload| part(folder, ticket).metadata().is_ok_and(|m| m.len() >= upload.have);
        match upload.filter(|upload| is_there(upload) && upload.have <= upload.size) {
            Some(upload) => drop(all.insert(ticket, upload)),
            None => fs::remove_file(path)?,
        }
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let ticket = path.file_stem().and_then(|stem| RandomId::parse(stem.to_str()?));
        if ticket.is_none_or(|ticket| !all.contains_key(&ticket)) {
            fs::remove_file(path)?;
        }
    }
    Ok(all)
}

/// A part of an upload that is being written. Dropping it forgets what was not finished.
#[derive(Debug)]
pub struct Piece {
    uploads: Uploads,
    folder: PathBuf,
    ticket: RandomId,
    upload: Upload,
    file: File,
}

impl Piece {
    /// Bytes that still belong to the file.
    pub fn room(&self) -> u64 {
        self.upload.size - self.upload.have
    }

    /// Adds bytes. More than were announced are refused. Blocks.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), IntakeError> {
        if bytes.len() as u64 > self.room() {
            return Err(IntakeError::WrongPlace { have: self.upload.have });
        }
        self.file.write_all_at(bytes, self.upload.have)?;
        self.upload.have += bytes.len() as u64;
        Ok(())
    }

    /// Puts what was written on the disk, and the whole file in its place. Blocks.
    pub fn finish(self) -> Result<Progress, IntakeError> {
        self.file.sync_data()?;
        let upload = self.upload.clone();
        let mut done = progress(self.ticket, &upload);
        if upload.have < upload.size {
            note(&self.folder, self.ticket, &upload)?;
            self.uploads.state(&self.folder)?.all.insert(self.ticket, upload);
            return Ok(done);
        }
        let from = part(&self.folder, self.ticket);
        done.landed = Some(land::land(
            &self.uploads.library.root(),
            &from,
            &upload.class,
            &upload.name,
        )?);
        self.uploads.state(&self.folder)?.all.remove(&self.ticket);
        fs::remove_file(note_place(&self.folder, self.ticket))?;
        Ok(done)
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        let mut state = self.uploads.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.busy.retain(|ticket| *ticket != self.ticket);
    }
}
