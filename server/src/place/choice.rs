//! The options `--data-dir` and `--bootstrap`, one of which names the log of a command.
//!
//! A flag beats the environment variable of the other one; two flags, or two variables, are a mistake that is said. Without any of them the log is that
//! of the directory `headwater-data`.

use super::{DataDir, OpenLog, Servers};
use anyhow::{Context, Result, bail};
use clap::Args;
use headwater::{Headwater, HeadwaterOptions};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

const DATA_DIR_VARIABLE: &str = "HEADWATER_DATA_DIR";
const BOOTSTRAP_VARIABLE: &str = "HEADWATER_BOOTSTRAP";
const DATA_DIR_DEFAULT: &str = "headwater-data";

/// Which log.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct LogChoice {
    /// The data directory to open; commands that write make one where there is none yet or an empty directory. One process opens a directory at a time
    /// [env: HEADWATER_DATA_DIR] [default: headwater-data]
    #[arg(long, value_name = "DIR", global = true)]
    data_dir: Option<PathBuf>,
    /// Servers to talk to in Kafka's protocol instead: headwater server or Apache Kafka; several are separated by commas [env: HEADWATER_BOOTSTRAP]
    #[arg(short, long, value_name = "HOST:PORT", global = true, visible_alias = "bootstrap-server", alias = "brokers")]
    bootstrap: Option<String>,
}

/// Where the log is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a directory that this process opens.
    Directory(DataDir),
    /// With these servers.
    Servers(Servers),
}

impl LogChoice {
    /// What flags and environment say.
    pub(crate) fn place(&self) -> Result<Place> {
        let variable = |name| std::env::var_os(name).filter(|value: &OsString| !value.is_empty());
        self.place_with(variable(DATA_DIR_VARIABLE), variable(BOOTSTRAP_VARIABLE))
    }

    fn place_with(&self, directory: Option<OsString>, bootstrap: Option<OsString>) -> Result<Place> {
        match (&self.data_dir, &self.bootstrap) {
            (Some(_), Some(_)) => bail!(
                "--data-dir opens a directory and --bootstrap talks to a server: a command does one of them; leave one out (a directory that a \
                 server has open is reached over --bootstrap only)"
            ),
            (Some(path), None) => Ok(Place::Directory(DataDir { path: path.clone() })),
            (None, Some(text)) => Ok(Place::Servers(Servers::parse(text)?)),
            (None, None) => match (directory, bootstrap) {
                (Some(_), Some(_)) => bail!(
                    "the environment variables {DATA_DIR_VARIABLE} and {BOOTSTRAP_VARIABLE} are both set: unset one of them, or say --data-dir or \
                     --bootstrap"
                ),
                (None, Some(text)) => {
                    let Some(text) = text.to_str() else { bail!("the environment variable {BOOTSTRAP_VARIABLE} is no text") };
                    Servers::parse(text).map(Place::Servers).with_context(|| format!("the environment variable {BOOTSTRAP_VARIABLE}"))
                }
                (path, None) => Ok(Place::Directory(DataDir { path: path.unwrap_or_else(|| DATA_DIR_DEFAULT.into()).into() })),
            },
        }
    }

    /// The directory that a server opens: the flag, else the environment; `None` where neither names one.
    pub(crate) fn directory_variable() -> Option<PathBuf> {
        std::env::var_os(DATA_DIR_VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from)
    }

    /// Opens the log; a data directory is made if there is none.
    pub(crate) async fn open(&self) -> Result<OpenLog> {
        self.place()?.open().await
    }

    /// Opens the log of a directory that is there: a slip in its name must not make a new one.
    pub(crate) async fn open_existing(&self) -> Result<OpenLog> {
        let place = self.place()?;
        if let Place::Directory(directory) = &place {
            directory.check_exists()?;
        }
        place.open().await
    }
}

impl Place {
    async fn open(&self) -> Result<OpenLog> {
        match self {
            Place::Directory(directory) => directory.open_log(),
            Place::Servers(servers) => servers.open_log().await,
        }
    }

    /// Refuses a directory that is none of ours, or, where one must be there, holds no data.
    pub(crate) fn check(&self, must_exist: bool) -> Result<()> {
        let Place::Directory(directory) = self else { return Ok(()) };
        if must_exist {
            directory.check_exists()?;
        }
        directory.check_usable()
    }

    /// Opens the log with everything that runs on it. `state_dir` is where queries keep their state; a data directory has its own place for it.
    pub(crate) async fn open_headwater(&self, state_dir: Option<&Path>, options: HeadwaterOptions) -> Result<Headwater> {
        match self {
            Place::Directory(_) if state_dir.is_some() => {
                bail!("--state-dir goes with --bootstrap; queries over a data directory keep their state inside it")
            }
            Place::Directory(directory) => Headwater::open(&directory.path, options).await.with_context(|| directory.cannot_open()),
            Place::Servers(servers) => servers.open_headwater(state_dir, options).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(flags: [Option<&str>; 2], variables: [Option<&str>; 2]) -> Result<Place, String> {
        let choice = LogChoice { data_dir: flags[0].map(PathBuf::from), bootstrap: flags[1].map(str::to_string) };
        choice.place_with(variables[0].map(OsString::from), variables[1].map(OsString::from)).map_err(|error| format!("{error:#}"))
    }

    fn directory(path: &str) -> Place {
        Place::Directory(DataDir { path: path.into() })
    }

    #[test]
    fn a_flag_beats_every_variable_and_nothing_means_the_default_directory() {
        let servers = |text| Place::Servers(Servers::parse(text).expect("an address"));
        let cases = [
            ([None, None], [None, None], directory("headwater-data")),
            ([None, None], [Some("d"), None], directory("d")),
            ([None, None], [None, Some("h:1")], servers("h:1")),
            ([Some("f"), None], [Some("d"), Some("h:1")], directory("f")),
            ([None, Some("g:2")], [Some("d"), Some("h:1")], servers("g:2")),
        ];
        for (flags, variables, expected) in cases {
            assert_eq!(place(flags, variables), Ok(expected), "{flags:?} {variables:?}");
        }
    }

    #[test]
    fn two_logs_are_one_too_many() {
        let error = place([Some("d"), Some("h:1")], [None, None]).expect_err("two flags");
        assert!(error.contains("--data-dir") && error.contains("--bootstrap") && error.contains("leave one out"), "{error}");
        let error = place([None, None], [Some("d"), Some("h:1")]).expect_err("two variables");
        assert!(error.contains("HEADWATER_DATA_DIR") && error.contains("HEADWATER_BOOTSTRAP"), "{error}");
        let error = place([None, None], [None, Some("h:x")]).expect_err("no port");
        assert!(error.contains("HEADWATER_BOOTSTRAP") && error.contains("h:x"), "{error}");
    }
}
