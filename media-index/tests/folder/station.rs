//! The folder of a station that is tried out, and the films that are put into it.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use media_index::{Catalogue, Damage, Indexer, Item, Memory, Settings, Standing, Status};

const PATIENCE: Duration = Duration::from_secs(30);
pub const SETTLE: Duration = Duration::from_millis(200);
/// A sweep that no case lives to see.
pub const NO_SWEEP: Duration = Duration::from_secs(600);

/// Three seconds of picture and sound, the index first; made once.
pub fn film() -> &'static [u8] {
    static FILM: OnceLock<Vec<u8>> = OnceLock::new();
    FILM.get_or_init(|| film_with(&["-pix_fmt", "yuv420p", "-movflags", "+faststart"], "mp4"))
}

/// Three seconds of picture and sound, put into a file of this ending in this way.
pub fn film_with(way: &[&str], ending: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film").with_extension(ending);
    let picture = "testsrc2=size=320x180:rate=25:duration=3";
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", picture])
        .args(["-f", "lavfi", "-i", "sine=duration=3"])
        .args(way)
        .arg(&path)
        .status();
    assert!(made.expect("ffmpeg is needed for these tests").success());
    fs::read(path).unwrap()
}

/// Another film of the same length: its last byte differs.
pub fn other_film() -> Vec<u8> {
    let mut bytes = film().to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    bytes
}

/// Where the box of this type begins, on the top level.
pub fn box_at(film: &[u8], kind: &[u8]) -> usize {
    let mut at = 0;
    while &film[at + 4..at + 8] != kind {
        at += u32::from_be_bytes(film[at..at + 4].try_into().unwrap()) as usize;
    }
    at
}

/// A folder with an indexer, and the memory that survives it.
pub struct Station {
    pub home: tempfile::TempDir,
    pub memory: Memory,
    pub settle: Duration,
    pub sweep: Duration,
    pub indexer: Option<Indexer>,
}

impl Station {
    pub fn new() -> Self {
        Self::with(SETTLE, NO_SWEEP)
    }

    pub fn with(settle: Duration, sweep: Duration) -> Self {
        let mut station = Self {
            settle,
            sweep,
            ..Self::off()
        };
        station.switch_on();
        station
    }

    /// Not switched on yet.
    pub fn off() -> Self {
        Self {
            home: tempfile::tempdir().unwrap(),
            memory: Memory::default(),
            settle: SETTLE,
            sweep: NO_SWEEP,
            indexer: None,
        }
    }

    pub fn indexer(&self) -> &Indexer {
        self.indexer.as_ref().unwrap()
    }

    pub fn settings(&self) -> Settings {
        Settings {
            settle: self.settle,
            sweep: self.sweep,
            ..Settings::new(self.root())
        }
    }

    /// Without its disk it is not done with its first look until that is back.
    pub fn switch_on_without_waiting(&mut self) {
        self.indexer = Some(Indexer::start(self.settings(), Box::new(self.memory.clone())).unwrap());
    }

    pub fn switch_on(&mut self) {
        self.switch_on_without_waiting();
        self.until(|_, status| status.complete);
    }

    pub fn switch_off(&mut self) {
        self.indexer = None;
    }

    pub fn root(&self) -> PathBuf {
        self.home.path().join("media")
    }

    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.root().join(name)
    }

    pub fn put(&self, name: impl AsRef<Path>, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub fn until(&self, enough: impl Fn(&Catalogue, &Status) -> bool) -> Arc<Catalogue> {
        let indexer = self.indexer.as_ref().unwrap();
        let met = std::cell::Cell::new(false);
        let catalogue = indexer.wait_until(PATIENCE, |catalogue, status| {
            met.set(enough(catalogue, status));
            met.get()
        });
        assert!(met.get(), "{:?} {catalogue:#?}", indexer.status());
        catalogue
    }

    /// Waits until exactly these files are shown and nothing waits.
    pub fn until_shown(&self, names: &[&str]) -> Arc<Catalogue> {
        self.until(|catalogue, status| status.is_idle() && !catalogue.offline && shown(catalogue) == names)
    }

    pub fn until_trouble(&self, name: &str, is: impl Fn(&Standing) -> bool) -> Arc<Catalogue> {
        self.until(|catalogue, _| trouble(catalogue, name).is_some_and(&is))
    }
}

pub fn shown(catalogue: &Catalogue) -> Vec<String> {
    let places = catalogue.items().flat_map(|item| item.places.into_iter());
    let mut names: Vec<String> = places.map(|place| place.readable()).collect();
    names.sort();
    names
}

pub fn only(catalogue: &Catalogue) -> Item {
    assert_eq!(catalogue.items().count(), 1);
    catalogue.items().next().unwrap()
}

pub fn trouble<'a>(catalogue: &'a Catalogue, name: &str) -> Option<&'a Standing> {
    let troubles = &mut catalogue.troubles.iter();
    troubles
        .find(|trouble| trouble.place.readable() == name)
        .map(|trouble| &trouble.standing)
}

pub fn is_damaged(standing: &Standing, damage: &Damage) -> bool {
    *standing == Standing::Damaged(damage.clone())
}

pub fn bytes_of(catalogue: &Catalogue, item: &Item) -> Vec<u8> {
    let mut bytes = Vec::new();
    catalogue.open(item).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}
