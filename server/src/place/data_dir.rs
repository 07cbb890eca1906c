//! A data directory: what is one, what can become one, and opening the log in it.

use anyhow::{Context, Result, bail};
use headwater::log::{EmbeddedLog, EmbeddedOptions, Env};
use std::path::PathBuf;

/// Names of which a data directory has at least one, however it was left: the lock is the first file made in a new one.
const MARKS: [&str; 2] = ["headwater.version", "headwater.lock"];

/// Where the data lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DataDir {
    pub(crate) path: PathBuf,
}

impl DataDir {
    /// Opens the log of the directory, creating it if it does not exist. One process owns a directory at a time.
    pub(crate) fn open_log(&self) -> Result<EmbeddedLog> {
        self.open_log_with(EmbeddedOptions::default())
    }

    /// As [`open_log`](DataDir::open_log), with options.
    pub(crate) fn open_log_with(&self, options: EmbeddedOptions) -> Result<EmbeddedLog> {
        self.check_usable()?;
        EmbeddedLog::open(Env::real(), &self.path, options).with_context(|| self.cannot_open())
    }

    /// Refuses what is neither a data directory nor can become one. Somebody else's files must not get ours beside them.
    pub(crate) fn check_usable(&self) -> Result<()> {
        self.check_no_file()?;
        if !self.path.exists() || self.is_data_directory() {
            return Ok(());
        }
        let path = self.path.display();
        for entry in std::fs::read_dir(&self.path).with_context(|| self.cannot_open())? {
            let name = entry.with_context(|| self.cannot_open())?.file_name();
            let name = name.to_string_lossy();
            if !is_of_the_system(&name) {
                bail!(
                    "{path} is no data directory, and it is not empty: it holds {name:?}; name an empty or a new directory with --data-dir"
                );
            }
        }
        Ok(())
    }

    /// Refuses a directory that holds no data.
    pub(crate) fn check_exists(&self) -> Result<()> {
        self.check_no_file()?;
        if !self.is_data_directory() {
            let path = self.path.display();
            bail!(
                "{path} is no data directory; name one with --data-dir, or a server with --bootstrap (headwater run, produce, topic create, server, the SQL \
                 shell and SQL that changes something make a new one)"
            );
        }
        Ok(())
    }

    fn check_no_file(&self) -> Result<()> {
        if self.path.exists() && !self.path.is_dir() {
            bail!("{} is a file; --data-dir takes a directory", self.path.display());
        }
        Ok(())
    }

    fn is_data_directory(&self) -> bool {
        MARKS.iter().any(|name| self.path.join(name).exists())
    }

    /// What an error of opening is introduced with.
    pub(crate) fn cannot_open(&self) -> String {
        format!("cannot open the data directory {}", self.path.display())
    }
}

/// What a fresh file system or a desktop leaves in a directory that is otherwise empty.
fn is_of_the_system(name: &str) -> bool {
    name == "lost+found" || name.starts_with('.')
}
