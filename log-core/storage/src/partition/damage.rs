//! Where stored bytes turned out to be wrong.

use crate::error::Error;
use log_model::ErrorKind;
use std::path::PathBuf;

/// A damaged place in a file. Once found, the partition refuses to serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The damaged file.
    pub path: PathBuf,
    /// The byte at which the damage shows.
    pub position: u64,
    /// What is wrong there.
    pub reason: String,
}

impl Damage {
    pub(crate) fn new(path: impl Into<PathBuf>, position: u64, reason: impl Into<String>) -> Self {
        Damage { path: path.into(), position, reason: reason.into() }
    }
}

/// Tells damage from every other failure: what cannot be read is damage too, unless the machine is only short of something.
impl TryFrom<Error> for Damage {
    type Error = Error;
    fn try_from(error: Error) -> Result<Damage, Error> {
        match error {
            Error::Corrupt { path, position, reason } => Ok(Damage { path, position, reason }),
            error if error.kind() != ErrorKind::Corrupt => Err(error),
            Error::Unreadable { path, position, source } => Ok(Damage { path, position, reason: format!("it cannot be read: {source}") }),
            other => Err(other),
        }
    }
}

impl From<Damage> for Error {
    fn from(damage: Damage) -> Error {
        Error::Corrupt { path: damage.path, position: damage.position, reason: damage.reason }
    }
}
