//! The options all file sinks share. Names are those of Confluent's file sinks where they have one.

use connect_api::{Config, ConfigDef, ConfigError, ConfigKey, ConfigType, Importance, Result};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What happens to records whose value is null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnNull {
    /// They are passed over and counted.
    Ignore,
    /// They are written, as the format writes null.
    Write,
    /// They go through the error policy.
    Fail,
}

/// The parsed options.
#[derive(Clone, Debug)]
pub struct FileSinkConfig {
    /// Where the files go.
    pub directory: PathBuf,
    /// Records a file.
    pub flush_size: u64,
    /// The span of record time a file may hold.
    pub rotate_interval: Option<Duration>,
    /// How long a file may stay in progress.
    pub rotate_schedule: Option<Duration>,
    /// Bytes a file.
    pub file_bytes_max: Option<u64>,
    /// What happens to null values.
    pub on_null: OnNull,
}

/// The options, for a plugin's definition.
pub fn config_def() -> ConfigDef {
    let key = ConfigKey::new;
    ConfigDef::new()
        .key(ConfigKey::required("directory", ConfigType::String, Importance::High, "the directory of the files; its parent must exist"))
        .key(
            key("flush.size", ConfigType::Long, Importance::High, "how many records a file holds before it is finished")
                .default("100000")
                .at_least(1),
        )
        .key(
            key(
                "rotate.interval.ms",
                ConfigType::Long,
                Importance::High,
                "the span of record time after which a file is finished; -1 for no limit",
            )
            .default("-1")
            .at_least(-1),
        )
        .key(
            key(
                "rotate.schedule.interval.ms",
                ConfigType::Long,
                Importance::Medium,
                "how long after its creation a file is finished, whatever it holds; -1 for no limit",
            )
            .default("10000")
            .at_least(-1),
        )
        .key(
            key(
                "file.max.bytes",
                ConfigType::Long,
                Importance::Medium,
                "how many bytes a file holds before it is finished; -1 for no limit",
            )
            .default("134217728")
            .at_least(-1),
        )
        .key(
            key(
                "behavior.on.null.values",
                ConfigType::String,
                Importance::Low,
                "what happens to records whose value is null: ignore, write, or fail (which leaves it to errors.tolerance)",
            )
            .default("fail")
            .one_of(&["ignore", "write", "fail"]),
        )
}

/// Checks the directory without creating it.
pub fn validate(config: &Config) -> Vec<ConfigError> {
    let Ok(directory) = config.string("directory") else { return Vec::new() };
    let refused = |reason: &str| vec![ConfigError::invalid("directory", directory, reason)];
    let path = Path::new(directory);
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match path.metadata() {
        Ok(metadata) if !metadata.is_dir() => refused("it is not a directory"),
        Ok(metadata) if metadata.permissions().readonly() => refused("it is read-only; change its owner or mode"),
        Ok(_) => Vec::new(),
        Err(_) if parent.is_dir() => Vec::new(),
        Err(_) => refused("neither it nor its parent exists; create it"),
    }
}

impl FileSinkConfig {
    /// From parsed options.
    pub fn new(config: &Config) -> Result<FileSinkConfig> {
        Ok(FileSinkConfig {
            directory: PathBuf::from(config.string("directory")?),
            flush_size: config.count("flush.size")? as u64,
            rotate_interval: config.optional_ms("rotate.interval.ms")?,
            rotate_schedule: config.optional_ms("rotate.schedule.interval.ms")?,
            file_bytes_max: config.optional_int("file.max.bytes")?.and_then(|bytes| u64::try_from(bytes).ok()),
            on_null: match config.string("behavior.on.null.values")?.to_ascii_lowercase().as_str() {
                "ignore" => OnNull::Ignore,
                "write" => OnNull::Write,
                _ => OnNull::Fail,
            },
        })
    }
}
