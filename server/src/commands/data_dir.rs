//! The `--data-dir` option and opening the log behind it.

use anyhow::{Context, Result};
use clap::Args;
use headwater::log::{EmbeddedLog, EmbeddedOptions, Env};
use std::path::PathBuf;

/// Where the data lies.
#[derive(Clone, Debug, Args)]
pub(crate) struct DataDir {
    /// The data directory; created if it does not exist
    #[arg(long = "data-dir", value_name = "DIR", env = "HEADWATER_DATA_DIR", default_value = "headwater-data", global = true)]
    pub(crate) path: PathBuf,
}

impl DataDir {
    /// Opens the log of the directory. One process owns a directory at a time.
    pub(crate) fn open_log(&self) -> Result<EmbeddedLog> {
        EmbeddedLog::open(Env::real(), &self.path, EmbeddedOptions::default()).with_context(|| self.cannot_open())
    }

    /// What an error of opening is introduced with.
    pub(crate) fn cannot_open(&self) -> String {
        format!("cannot open the data directory {}", self.path.display())
    }
}
