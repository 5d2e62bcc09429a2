//! Photos of evenings at the district: fetched from the stations when somebody asks for them, each proven by the hash in
//! the station's own log. They lie under their hashes in `blobs` of the district's folder, and a photo that a station
//! took back goes from there as well.

use std::collections::BTreeSet;
use std::path::Path;

use super::client::Client;
use super::rows::{self, StationRow};
use super::source::Online;
use super::{ClientError, District, DistrictError};
use crate::ledger::{Leaf, What};
use crate::records::copies;
use crate::store::StoreError;
use crate::types::Origin;

/// Leaves that are read at once; between two such readings writers have their turn.
const AT_ONCE: u64 = 1_000;

/// What became of the photos of one station.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fetched {
    /// Fetched now.
    pub new: usize,
    /// Kept here in all.
    pub kept: usize,
    /// Named by the log, and not to be had: the station has no such picture, or sent another one.
    pub lacking: usize,
}

impl District {
    /// Fetches the photos that the believed logs name and that are not kept yet, of one station or of all. A station that
    /// cannot be reached costs its own photos only.
    pub async fn photos(
        &self,
        only: Option<&str>,
    ) -> Result<Vec<(Origin, Result<Fetched, DistrictError>)>, DistrictError> {
        let stations = self.stations()?;
        if let Some(name) = only.filter(|name| stations.iter().all(|station| station.origin.as_str() != *name)) {
            return Err(DistrictError::Unknown(name.to_owned()));
        }
        let (mut outcomes, mut all) = (Vec::new(), BTreeSet::new());
        for station in &stations {
            let named = self.photos_named(&station.origin)?;
            if only.is_none_or(|name| name == station.origin.as_str()) {
                outcomes.push((station.origin.clone(), self.fetch_photos(station, &named).await));
            }
            all.extend(named);
        }
        copies::forget_others(&self.settings.data, &all).map_err(|error| self.no_room(error))?;
        Ok(outcomes)
    }

    /// Takes in from a stick the photos that a station's log names and that are not kept yet, each proven by its hash. Blocks.
    pub(super) fn take_photos(&self, station: &Origin, stick: &Path) -> Result<copies::Carried, DistrictError> {
        let folder = &self.settings.data;
        let mut named = self.photos_named(station)?;
        named.retain(|name| !copies::holds(folder, name));
        let missing: Vec<String> = named.into_iter().collect();
        copies::carry(&missing, stick, folder).map_err(|error| self.no_room(error))
    }

    /// Whether a photo is kept here.
    pub fn has_photo(&self, digest: &str) -> bool {
        copies::holds(&self.settings.data, digest)
    }

    /// A photo that is kept here, by its hash. Blocks.
    pub fn photo(&self, digest: &str) -> Result<Option<Vec<u8>>, DistrictError> {
        copies::read(&self.settings.data, digest).map_err(|error| self.no_room(error))
    }

    /// The photos that a station's log names, without those that were taken back.
    fn photos_named(&self, station: &Origin) -> Result<BTreeSet<String>, DistrictError> {
        let (mut named, mut next) = (BTreeSet::new(), 0);
        loop {
            let leaves = self
                .store
                .read_blocking::<_, StoreError, _>(|conn| rows::leaves(conn, station, next, AT_ONCE))?;
            if leaves.is_empty() {
                return Ok(named);
            }
            next += leaves.len() as u64;
            for leaf in leaves.iter().filter_map(|bytes| Leaf::read(bytes)) {
                match leaf.is {
                    What::Photo { digest, gone: true, .. } => drop(named.remove(&digest)),
                    What::Photo { digest, .. } => drop(named.insert(digest)),
                    _ => {}
                }
            }
        }
    }

    async fn fetch_photos(&self, station: &StationRow, named: &BTreeSet<String>) -> Result<Fetched, DistrictError> {
        let folder = &self.settings.data;
        let missing: Vec<&String> = named.iter().filter(|name| !copies::holds(folder, name)).collect();
        let mut fetched = Fetched {
            kept: named.len() - missing.len(),
            ..Fetched::default()
        };
        if missing.is_empty() {
            return Ok(fetched);
        }
        let client = Client::new(&station.url, self.settings.connect)?;
        let mut source = Online::begin(client, &self.keys, &self.origin, &station.origin).await?;
        for name in missing {
            let asked = tokio::time::timeout(self.settings.deadline, source.blob(name)).await;
            match asked.map_err(|_| ClientError::TooSlow)? {
                Ok(bytes) if copies::keep(folder, name, &bytes).map_err(|error| self.no_room(error))? => {
                    (fetched.new, fetched.kept) = (fetched.new + 1, fetched.kept + 1);
                }
                Ok(_) | Err(DistrictError::Client(ClientError::Refused { .. } | ClientError::TooLong(_))) => {
                    fetched.lacking += 1;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(fetched)
    }

    fn no_room(&self, source: std::io::Error) -> DistrictError {
        DistrictError::Folder {
            path: self.settings.data.join("blobs"),
            source,
        }
    }
}
