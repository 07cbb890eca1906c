//! Its options and registration.

use super::task::FileTailTask;
use crate::registry::VERSION;
use crate::text::line_options;
use connect_api::{Config, ConfigDef, ConfigError, ConfigKey, ConfigType, Importance, Plugin, SourceConnector, SourceTask};
use std::path::Path;

/// The plugin.
pub fn plugin() -> Plugin {
    let key = ConfigKey::new;
    let def = ConfigDef::new()
        .key(ConfigKey::required(
            "file",
            ConfigType::String,
            Importance::High,
            "the file to follow; its name (not its directory) may hold * and ? to follow several",
        ))
        .key(ConfigKey::required("topic", ConfigType::String, Importance::High, "the topic to publish data to"))
        .key(key("batch.size", ConfigType::Int, Importance::Low, "how many records one poll reads at most").default("2000").at_least(1))
        .merge(&line_options())
        .key(
            key("poll.interval.ms", ConfigType::Int, Importance::Low, "how long until a file at its end is looked at again")
                .default("200")
                .at_least(1),
        )
        .key(
            key(
                "rotate.wait.ms",
                ConfigType::Int,
                Importance::Low,
                "how long a file that was rotated away must be left alone before its successor is read",
            )
            .default("5000")
            .at_least(0),
        );
    Plugin::source("dev.headwater.connect.file.FileTailSourceConnector", VERSION, || Box::new(FileTailSource))
        .with_config(def)
        .with_value_converter("org.apache.kafka.connect.storage.StringConverter")
}

struct FileTailSource;

impl SourceConnector for FileTailSource {
    fn validate(&self, config: &Config) -> Vec<ConfigError> {
        let Ok(file) = config.string("file") else { return Vec::new() };
        let refused = |reason: &str| vec![ConfigError::invalid("file", file, reason)];
        let directory = Path::new(file).parent().and_then(Path::to_str).unwrap_or_default();
        if Path::new(file).is_dir() {
            refused("it is a directory; name a file or a pattern such as *.log within it")
        } else if directory.contains(['*', '?']) {
            refused("only the name of the file may hold * and ?, not its directory")
        } else {
            Vec::new()
        }
    }

    fn task(&self) -> Box<dyn SourceTask> {
        Box::new(FileTailTask::default())
    }
}
