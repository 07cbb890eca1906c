//! From flags, environment and file to one configuration: what is nearer to the user wins.

use super::command::ServerArguments;
use super::config_file::{self, Entries};
use anyhow::{Context, Result, bail};
use headwater::log::BrokerConfig;
use std::path::PathBuf;

const LISTEN_VARIABLE: &str = "HEADWATER_LISTEN";
const DATA_DIR_DEFAULT: &str = "headwater-data";
const LISTENERS: &str = "listeners";
const LISTENER_DEFAULT: &str = "127.0.0.1:9092";
const LOG_DIRS: &str = "log.dirs";

/// What a server is started with.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Settings {
    pub(super) config: BrokerConfig,
    pub(super) data_dir: PathBuf,
}

/// What the environment says.
#[derive(Clone, Debug, Default)]
pub(super) struct Variables {
    pub(super) data_dir: Option<PathBuf>,
    pub(super) listen: Option<String>,
}

impl Variables {
    pub(super) fn of_process() -> Variables {
        let listen = std::env::var(LISTEN_VARIABLE).ok().filter(|value| !value.is_empty());
        Variables { data_dir: crate::place::LogChoice::directory_variable(), listen }
    }
}

impl Settings {
    /// Flags over environment over file over defaults. Errors: a key that is none, with the nearest; a value that a key does not take; keys that
    /// contradict each other.
    pub(super) fn of(arguments: &ServerArguments, variables: Variables) -> Result<Settings> {
        let mut config = BrokerConfig::default();
        if let Some(path) = &arguments.config {
            set(&mut config, &config_file::read(path)?).with_context(|| format!("the configuration {} is wrong", path.display()))?;
        }
        let listen = match (&arguments.listen, given(&arguments.set, LISTENERS)) {
            (Some(_), true) => bail!("--listen and --set {LISTENERS} say the same thing; leave one out"),
            (Some(address), false) => Some(("--listen", address.clone())),
            (None, true) => None,
            (None, false) => variables.listen.map(|address| (LISTEN_VARIABLE, address)),
        };
        let data_dir = match (&arguments.data_dir, given(&arguments.set, LOG_DIRS)) {
            (Some(_), true) => bail!("--data-dir and --set {LOG_DIRS} say the same thing; leave one out"),
            (None, true) => None,
            (flag, false) => flag.clone().or(variables.data_dir),
        };
        set(&mut config, &flags(&arguments.set)?).context("--set")?;
        if let Some((option, address)) = listen {
            config.set(LISTENERS, &listener(&address)).with_context(|| option.to_string())?;
        } else if !config.is_set(LISTENERS) {
            config.set(LISTENERS, &listener(LISTENER_DEFAULT))?;
        }
        let data_dir = match data_dir {
            Some(path) => path,
            None => directory(&config)?,
        };
        if let Some(text) = data_dir.to_str() {
            config.set(LOG_DIRS, text).context("--data-dir")?;
        }
        config.validate()?;
        Ok(Settings { config, data_dir })
    }
}

fn listener(address: &str) -> String {
    if address.contains("://") { address.to_string() } else { format!("PLAINTEXT://{address}") }
}

/// The directory that `log.dirs` names.
fn directory(config: &BrokerConfig) -> Result<PathBuf> {
    match config.log_dirs.as_deref() {
        None | Some([]) => Ok(DATA_DIR_DEFAULT.into()),
        Some([one]) => Ok(one.into()),
        Some(several) => bail!("log.dirs names {} directories; a server has one data directory", several.len()),
    }
}

fn given(entries: &[String], name: &str) -> bool {
    entries.iter().any(|entry| entry.split_once('=').is_some_and(|(key, _)| key == name))
}

fn flags(entries: &[String]) -> Result<Entries> {
    let split = |entry: &String| match entry.split_once('=') {
        Some((key, value)) => Ok((key.to_string(), value.to_string())),
        None => bail!("--set takes KEY=VALUE, not {entry:?}"),
    };
    entries.iter().map(split).collect()
}

fn set(config: &mut BrokerConfig, entries: &Entries) -> Result<()> {
    entries.iter().try_for_each(|(name, value)| Ok(config.set(name, value)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Whole {
        #[command(flatten)]
        arguments: ServerArguments,
    }

    fn settings(words: &[&str], variables: Variables) -> Result<Settings, String> {
        let arguments = Whole::parse_from(["server"].iter().chain(words)).arguments;
        Settings::of(&arguments, variables).map_err(|error| format!("{error:#}"))
    }

    fn variables(data_dir: &str, listen: &str) -> Variables {
        Variables { data_dir: Some(data_dir.into()), listen: Some(listen.to_string()) }
    }

    #[test]
    fn flags_win_over_environment_over_file_over_defaults() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("headwater.toml");
        std::fs::write(&file, "num.partitions = 4\nlisteners = \"PLAINTEXT://127.0.0.1:3\"\nlog.dirs = \"of-file\"\n").expect("written");
        let file = file.to_str().expect("UTF-8");
        let found = |words: &[&str], variables| {
            let settings = settings(words, variables).expect("settings");
            let listeners = settings.config.listeners.join(",");
            (settings.data_dir.display().to_string(), listeners, settings.config.num_partitions)
        };
        let expected = |data_dir: &str, port: u16, partitions| (data_dir.to_string(), format!("PLAINTEXT://127.0.0.1:{port}"), partitions);
        assert_eq!(found(&[], Variables::default()), expected("headwater-data", 9092, 1));
        assert_eq!(found(&["--config", file], Variables::default()), expected("of-file", 3, 4));
        assert_eq!(found(&["--config", file], variables("of-env", "127.0.0.1:2")), expected("of-env", 2, 4));
        let flags = ["--config", file, "--data-dir", "of-flag", "--listen", "127.0.0.1:1", "--set", "num.partitions=7"];
        assert_eq!(found(&flags, variables("of-env", "127.0.0.1:2")), expected("of-flag", 1, 7));
        let flags = ["--set", "log.dirs=of-set", "--set", "listeners=PLAINTEXT://127.0.0.1:5"];
        assert_eq!(found(&flags, variables("of-env", "127.0.0.1:2")), expected("of-set", 5, 1));
    }

    #[test]
    fn the_configuration_shows_the_directory_that_is_used() {
        let settings = settings(&["--data-dir", "d"], Variables::default()).expect("settings");
        assert_eq!(settings.config.log_dirs, Some(vec!["d".to_string()]));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let cases: [(&[&str], &[&str]); 6] = [
            (&["--set", "num.partition=4"], &["--set", "num.partition", "num.partitions"]),
            (&["--set", "num.partitions=x"], &["num.partitions", "\"x\""]),
            (&["--set", "num.partitions"], &["KEY=VALUE"]),
            (&["--set", "listeners=a:1", "--listen", "b:1"], &["--listen", "leave one out"]),
            (&["--set", "log.dirs=a,b"], &["2 directories"]),
            (&["--config", "no-such.toml"], &["no-such.toml", "No such file"]),
        ];
        for (words, expected) in cases {
            let error = settings(words, Variables::default()).expect_err("refused");
            assert!(expected.iter().all(|word| error.contains(word)), "{error}");
        }
    }
}
