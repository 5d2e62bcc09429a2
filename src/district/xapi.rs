//! The district's copy as xAPI statements, one JSON object a line, so that a log of any length streams through.

use std::io::{self, Write};

use super::{District, DistrictError, rows};
use crate::report::xapi::{Home, Statements};
use crate::store::StoreError;
use crate::types::Origin;

/// Leaves that are read at once; between two such readings writers have their turn.
const AT_ONCE: u64 = 1_000;

/// Why not everything was written.
#[derive(Debug, thiserror::Error)]
pub enum XapiError {
    /// The district's books.
    #[error(transparent)]
    District(#[from] DistrictError),
    /// Where it was written to.
    #[error("the statements could not be written: {0}")]
    Write(#[from] io::Error),
}

impl District {
    /// Writes the statements of one station, or of all: how many.
    pub fn xapi(&self, home: &Home, only: Option<&str>, to: &mut impl Write) -> Result<u64, XapiError> {
        let mut stations = self.stations()?;
        if let Some(name) = only {
            stations.retain(|station| station.origin.as_str() == name);
            if stations.is_empty() {
                return Err(DistrictError::Unknown(name.to_owned()).into());
            }
        }
        let mut written = 0;
        for station in stations {
            written += self.statements_of(home, &station.origin, to)?;
        }
        to.flush()?;
        Ok(written)
    }

    fn statements_of(&self, home: &Home, origin: &Origin, to: &mut impl Write) -> Result<u64, XapiError> {
        let mut statements = Statements::new(home.clone(), origin.clone());
        let (mut next, mut written) = (0, 0);
        loop {
            let leaves = self
                .store
                .read_blocking::<_, StoreError, _>(|conn| rows::leaves(conn, origin, next, AT_ONCE))
                .map_err(DistrictError::from)?;
            if leaves.is_empty() {
                return Ok(written);
            }
            for bytes in leaves {
                next += 1;
                for statement in statements.leaf(&bytes) {
                    writeln!(to, "{statement}")?;
                    written += 1;
                }
            }
        }
    }
}
