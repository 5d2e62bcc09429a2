//! Where a log comes from: a station on the line, or a folder on a stick.

use std::fs;
use std::path::{Path, PathBuf};

use super::DistrictError;
use super::client::{Client, ClientError};
use crate::clock::monotonic;
use crate::exchange::{Condition, CosignIn, Proof, signed_text};
use crate::keys::Keys;
use crate::ledger::leaf::LEAF_LIMIT;
use crate::ledger::note::NOTE_LIMIT;
use crate::ledger::tiles::{self, TileName, WIDTH};
use crate::types::{Millis, Origin};

/// The same bytes, wherever they come from.
pub(super) trait Source {
    /// The newest checkpoint.
    async fn checkpoint(&mut self) -> Result<String, DistrictError>;
    /// The leaves of one bundle, exactly as many as its name says.
    async fn bundle(&mut self, name: TileName) -> Result<Vec<Vec<u8>>, DistrictError>;
}

/// The largest bundle that can be honest.
fn bundle_limit(name: TileName) -> usize {
    usize::try_from(name.width).unwrap_or(0) * (LEAF_LIMIT + 2)
}

fn take_apart(bytes: &[u8], name: TileName) -> Result<Vec<Vec<u8>>, DistrictError> {
    tiles::read_entries(bytes, name.width).ok_or_else(|| ClientError::Nonsense("a bundle of leaves").into())
}

/// A station on the line, with a nonce of its own for this pull.
pub(super) struct Online {
    client: Client,
    keys: Keys,
    district: Origin,
    station: Origin,
    nonce: String,
    seq: u64,
    /// What the station said of itself with its checkpoint, and at which monotonic time it was heard.
    pub(super) condition: Option<(Condition, Millis)>,
}

impl Online {
    pub(super) async fn begin(
        client: Client,
        keys: &Keys,
        district: &Origin,
        station: &Origin,
    ) -> Result<Self, DistrictError> {
        #[derive(serde::Deserialize)]
        struct Challenge {
            nonce: String,
            origin: Origin,
        }
        let Challenge { nonce, origin } = client.post_json("/log/challenge", &serde_json::json!({})).await?;
        if origin != *station {
            return Err(DistrictError::AnotherLog {
                expected: station.clone(),
                found: origin,
            });
        }
        Ok(Self {
            client,
            keys: keys.clone(),
            district: district.clone(),
            station: station.clone(),
            nonce,
            seq: 0,
            condition: None,
        })
    }

    async fn ask(&mut self, method: &str, path: &str, body: Vec<u8>, limit: usize) -> Result<Vec<u8>, DistrictError> {
        self.seq += 1;
        let mut proof = Proof {
            district: self.district.clone(),
            nonce: self.nonce.clone(),
            seq: self.seq,
            signature: [0; 64],
        };
        proof.signature = self.keys.sign(&signed_text(&self.station, &proof, method, path, &body));
        let header = proof.to_header();
        let (bytes, condition) = self.client.ask(method, path, Some(&header), body, limit).await?;
        if let Some(condition) = condition {
            self.condition = Some((condition, monotonic()));
        }
        Ok(bytes)
    }

    pub(super) async fn cosign(&mut self, cosigned: &CosignIn) -> Result<(), DistrictError> {
        let body = serde_json::to_vec(cosigned).map_err(|_| ClientError::Nonsense("a cosignature"))?;
        self.ask("POST", "/log/cosign", body, NOTE_LIMIT).await.map(drop)
    }

    /// Brings a signed policy.
    pub(super) async fn policy(&mut self, file: &str) -> Result<(), DistrictError> {
        let body = file.as_bytes().to_vec();
        self.ask("POST", "/log/policy", body, NOTE_LIMIT).await.map(drop)
    }
}

impl Online {
    /// Brings a signed record.
    pub(super) async fn dispatch(&mut self, file: &str) -> Result<(), DistrictError> {
        let body = file.as_bytes().to_vec();
        self.ask("POST", "/log/dispatch", body, NOTE_LIMIT).await.map(drop)
    }
}

impl Online {
    /// A photo, by the hash that the log names.
    pub(super) async fn blob(&mut self, digest: &str) -> Result<Vec<u8>, DistrictError> {
        let path = format!("/log/blob/{digest}");
        self.ask("GET", &path, Vec::new(), crate::records::picture::LIMIT).await
    }
}

impl Source for Online {
    async fn checkpoint(&mut self) -> Result<String, DistrictError> {
        let bytes = self.ask("GET", "/log/checkpoint", Vec::new(), NOTE_LIMIT).await?;
        String::from_utf8(bytes).map_err(|_| ClientError::Nonsense("a checkpoint").into())
    }

    async fn bundle(&mut self, name: TileName) -> Result<Vec<Vec<u8>>, DistrictError> {
        let path = format!("/log/tile/entries/{}", name.path());
        take_apart(&self.ask("GET", &path, Vec::new(), bundle_limit(name)).await?, name)
    }
}

/// A folder that a station exported.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    /// Whose log it claims to be; the signature is checked later, with the key that is pinned for that name.
    pub(super) fn origin(&self) -> Result<Origin, DistrictError> {
        let text = self.read("checkpoint", NOTE_LIMIT)?;
        let text = String::from_utf8_lossy(&text);
        Ok(Origin::new(text.lines().next().unwrap_or(""))?)
    }

    fn read(&self, name: &str, limit: usize) -> Result<Vec<u8>, DistrictError> {
        let path = self.0.join(name);
        let read = fs::metadata(&path).and_then(|meta| {
            if meta.len() > limit as u64 {
                return Err(std::io::Error::other("larger than it can be"));
            }
            fs::read(&path)
        });
        read.map_err(|source| DistrictError::Folder { path, source })
    }
}

impl Source for Folder {
    async fn checkpoint(&mut self) -> Result<String, DistrictError> {
        Ok(String::from_utf8_lossy(&self.read("checkpoint", NOTE_LIMIT)?).into_owned())
    }

    /// A later export may have replaced a partial bundle by a wider one: its first leaves are the same.
    async fn bundle(&mut self, name: TileName) -> Result<Vec<Vec<u8>>, DistrictError> {
        let full = TileName { width: WIDTH, ..name };
        let (bytes, found) = match self.read(&format!("tile/entries/{}", name.path()), bundle_limit(name)) {
            Ok(bytes) => (bytes, name),
            Err(_) if name.width < WIDTH => (
                self.read(&format!("tile/entries/{}", full.path()), bundle_limit(full))?,
                full,
            ),
            Err(error) => return Err(error),
        };
        let mut leaves = take_apart(&bytes, found)?;
        leaves.truncate(usize::try_from(name.width).unwrap_or(0));
        Ok(leaves)
    }
}
