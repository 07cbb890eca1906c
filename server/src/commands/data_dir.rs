//! The `--data-dir` option and opening the log behind it.

use anyhow::{Context, Result, bail};
use clap::Args;
use headwater::log::{EmbeddedLog, EmbeddedOptions, Env};
use std::path::PathBuf;

/// Names of which a data directory has at least one, however it was left.
const MARKS: [&str; 3] = ["headwater.version", "topics", "journal"];

/// Where the data lies.
#[derive(Clone, Debug, Args)]
pub(crate) struct DataDir {
    /// The data directory; commands that write create it if it does not exist
    #[arg(long = "data-dir", value_name = "DIR", env = "HEADWATER_DATA_DIR", default_value = "headwater-data", global = true)]
    pub(crate) path: PathBuf,
}

impl DataDir {
    /// Opens the log of the directory, creating it if it does not exist. One process owns a directory at a time.
    pub(crate) fn open_log(&self) -> Result<EmbeddedLog> {
        self.check()?;
        EmbeddedLog::open(Env::real(), &self.path, EmbeddedOptions::default()).with_context(|| self.cannot_open())
    }

    /// Opens the log of a directory that is there: a slip in its name must not make a new one.
    pub(crate) fn open_existing_log(&self) -> Result<EmbeddedLog> {
        self.check_exists()?;
        self.open_log()
    }

    /// Refuses what can never be a data directory.
    pub(crate) fn check(&self) -> Result<()> {
        if self.path.exists() && !self.path.is_dir() {
            bail!("{} is a file; --data-dir takes a directory", self.path.display());
        }
        Ok(())
    }

    /// Refuses a directory that holds no data.
    pub(crate) fn check_exists(&self) -> Result<()> {
        self.check()?;
        if !MARKS.iter().any(|name| self.path.join(name).exists()) {
            let path = self.path.display();
            bail!("{path} is no data directory; name one with --data-dir (headwater run, produce and topic create make a new one)");
        }
        Ok(())
    }

    /// What an error of opening is introduced with.
    pub(crate) fn cannot_open(&self) -> String {
        format!("cannot open the data directory {}", self.path.display())
    }
}
