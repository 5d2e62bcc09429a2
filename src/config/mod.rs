//! Settings: TOML in, checked values out, one structure per room.
//!
//! Nothing needs to be configured; every setting has a default and a reason, which stand in `config/station.toml` and
//! `config/district.toml`. A key that nobody knows is refused with its line and the key that was probably meant: a
//! misspelt setting that is silently ignored costs an evening.

mod fault;
mod raw;

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use fault::{ConfigError, Fault};

use crate::types::{Millis, Origin};

/// Who vets what is shown: words of the `approval` setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approval {
    /// By putting it into the folder.
    Folder,
    /// On the desk.
    Desk,
    /// By the district's list.
    District,
}

/// Where another program is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Program {
    /// Used if it is installed.
    Auto,
    /// Not used.
    Off,
    /// This one.
    At(PathBuf),
}

/// What is prepared without being asked for: words of the `prepare` setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prepare {
    /// Pictures, and what plays nowhere.
    Auto,
    /// Pictures, and what the operator asks for.
    Asked,
    /// Nothing.
    Off,
}

/// The address of a database server.
#[derive(Clone, PartialEq, Eq)]
pub struct Server(pub String);

impl fmt::Debug for Server {
    /// It may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Server(…)")
    }
}

/// Settings of a station.
#[derive(Debug, Clone)]
pub struct Station {
    /// Its name on pages.
    pub name: String,
    /// Where it is.
    pub place: String,
    /// Its name in the ledger; `None` derives one from its key.
    pub origin: Option<Origin>,
    /// Network.
    pub listen: Listen,
    /// The folder of courseware.
    pub media: Media,
    /// Where databases and keys lie.
    pub data: PathBuf,
    /// Viewing.
    pub viewing: Viewing,
    /// For the poster.
    pub wifi: Wifi,
    /// A policy file instead of the built-in one.
    pub policy: Option<PathBuf>,
    /// Copies of the database.
    pub backup: Backup,
    /// How much is logged.
    pub log: tracing::Level,
}

/// Where copies of the database go, beside the folder in the data folder.
#[derive(Debug, Clone)]
pub struct Backup {
    /// A folder on a second medium.
    pub folder: Option<PathBuf>,
    /// So many copies are kept in each place.
    pub keep: usize,
}

/// Network settings.
#[derive(Debug, Clone)]
pub struct Listen {
    /// Where to listen.
    pub address: SocketAddr,
    /// Host names under which the station may be asked.
    pub names: Vec<String>,
    /// Connections in all.
    pub connections: usize,
    /// Connections of one address.
    pub per_address: usize,
    /// Films that one device is sent at the same time; further requests of it wait.
    pub films_per_device: usize,
    /// For headers, and for idle connections.
    pub header_time: Duration,
    /// A reader that takes nothing is let go after this.
    pub stalled_reader: Duration,
}

/// Settings of the media folder.
#[derive(Debug, Clone)]
pub struct Media {
    /// The folder.
    pub folder: PathBuf,
    /// Everything is looked at again this often.
    pub sweep: Duration,
    /// A file must stand still so long.
    pub settle: Duration,
    /// Who vets.
    pub approval: Approval,
    /// A second opinion.
    pub ffprobe: Program,
    /// Makes pictures, and versions that every phone plays.
    pub ffmpeg: Program,
    /// What is made without being asked for.
    pub prepare: Prepare,
    /// A file system mounted below one of these is a stick.
    pub sticks: Vec<PathBuf>,
}

/// Settings of viewing and sign-in.
#[derive(Debug, Clone)]
pub struct Viewing {
    /// Beats come this often.
    pub beat_every: Millis,
    /// People without a sign-in may watch.
    pub guests: bool,
    /// A beat may wait so long for company before it is committed.
    pub commit_within: Millis,
    /// Wrong PINs before a pause.
    pub pin_tries: u32,
    /// The first pause.
    pub pin_pause: Millis,
}

/// The station's Wi-Fi, for the poster.
#[derive(Clone, Default)]
pub struct Wifi {
    /// Its name; empty if it is not to be printed.
    pub name: String,
    /// Its password.
    pub password: String,
}

/// Without the password: debug output ends up in logs.
impl fmt::Debug for Wifi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wifi").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Classes of items behind two blanks of the annual report.
#[derive(Debug, Clone, Default)]
pub struct Classes {
    /// 党员创业就业技能.
    pub skill: Vec<String>,
    /// Films made here 本土电教片.
    pub local: Vec<String>,
}

/// Settings of a district.
#[derive(Debug, Clone)]
pub struct District {
    /// Its name in ledgers; `None` derives one from its key.
    pub origin: Option<Origin>,
    /// Its name on pages.
    pub name: String,
    /// Whose office it is.
    pub place: String,
    /// Network, for its pages.
    pub listen: Listen,
    /// Where its keys lie, and its database unless that is on a server.
    pub data: PathBuf,
    /// The PostgreSQL server that keeps its books instead of a file.
    pub server: Option<Server>,
    /// Stations pulled at the same time.
    pub concurrent: usize,
    /// Time to connect.
    pub connect: Duration,
    /// Time for one station, whole.
    pub deadline: Duration,
    /// Each station is asked so often.
    pub every: Millis,
    /// A station that was not heard of for so long is silent.
    pub silent_after: Millis,
    /// A station's clock that is further off is an alert.
    pub clock_off: Millis,
    /// Which classes of items stand behind figures of the annual report.
    pub classes: Classes,
    /// How much is logged.
    pub log: tracing::Level,
    /// A policy file instead of the built-in one.
    pub policy: Option<PathBuf>,
}

impl Station {
    /// Reads a file, or takes the defaults.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        raw::station(&text_of(path)?).map_err(|faults| ConfigError::in_file(path, faults))
    }
}

impl District {
    /// Reads a file, or takes the defaults.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        raw::district(&text_of(path)?).map_err(|faults| ConfigError::in_file(path, faults))
    }
}

/// A configuration file with all its comments has a few kilobytes.
const FILE_LIMIT: u64 = 64 * 1024;

fn text_of(path: Option<&Path>) -> Result<String, ConfigError> {
    let Some(path) = path else { return Ok(String::new()) };
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(FILE_LIMIT + 1).read_to_string(&mut text));
    let read = read.and_then(|length| match length as u64 {
        0..=FILE_LIMIT => Ok(()),
        _ => Err(std::io::Error::other(
            "it is larger than 64 KB, so it is something else",
        )),
    });
    read.map_err(|source| ConfigError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    Ok(text)
}

#[cfg(test)]
mod tests;
