//! A data directory: what is one, what can become one, and opening the log in it.

use super::OpenLog;
use anyhow::{Context, Error, Result, bail};
use headwater::log::{EmbeddedLog, EmbeddedOptions, Env, ErrorKind};
use std::path::{Path, PathBuf};

/// Names of which a data directory has at least one, however it was left: the lock is the first file made in a new one.
const MARKS: [&str; 2] = ["headwater.version", "headwater.lock"];

/// Where the data lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DataDir {
    pub(crate) path: PathBuf,
}

impl DataDir {
    /// Opens the log of the directory, creating it if it does not exist. One process owns a directory at a time.
    pub(crate) fn open_log(&self) -> Result<OpenLog> {
        let env = Env::without_network();
        let log = self.open_log_with(env.clone(), EmbeddedOptions::default());
        Ok(OpenLog::of_directory(log.map_err(|error| hint_at_server(error, &self.path))?, env))
    }

    /// The log alone, with options.
    pub(crate) fn open_log_with(&self, env: Env, options: EmbeddedOptions) -> Result<EmbeddedLog> {
        self.check_usable()?;
        EmbeddedLog::open(env, &self.path, options).with_context(|| self.cannot_open())
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

/// A directory that somebody else has open is most likely a server's.
fn hint_at_server(error: Error, path: &Path) -> Error {
    match error.downcast_ref::<headwater::log::Error>().map(headwater::log::Error::kind) {
        Some(ErrorKind::Retry) => {
            error.context(format!("{} is open already; if headwater server has it open, say --bootstrap with its address", path.display()))
        }
        _ => error,
    }
}

/// What a fresh file system or a desktop leaves in a directory that is otherwise empty.
fn is_of_the_system(name: &str) -> bool {
    name == "lost+found" || name.starts_with('.')
}
