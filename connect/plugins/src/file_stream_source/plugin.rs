//! Its options and registration.

use super::task::FileStreamTask;
use crate::registry::VERSION;
use crate::text::line_options;
use connect_api::{Config, ConfigDef, ConfigError, ConfigKey, ConfigType, Importance, Plugin, SourceConnector, SourceTask};
use std::path::Path;

/// The plugin.
pub fn plugin() -> Plugin {
    let def = ConfigDef::new()
        .key(ConfigKey::required("file", ConfigType::String, Importance::High, "the file to read; it may come into being later"))
        .key(ConfigKey::required("topic", ConfigType::String, Importance::High, "the topic to publish data to"))
        .key(
            ConfigKey::new("batch.size", ConfigType::Int, Importance::Low, "how many records one poll reads at most")
                .default("2000")
                .at_least(1),
        )
        .merge(&line_options());
    Plugin::source("org.apache.kafka.connect.file.FileStreamSourceConnector", VERSION, || Box::new(FileStreamSource))
        .with_config(def)
        .with_value_converter("org.apache.kafka.connect.storage.StringConverter")
}

struct FileStreamSource;

impl SourceConnector for FileStreamSource {
    fn validate(&self, config: &Config) -> Vec<ConfigError> {
        let directory = config.string("file").ok().filter(|file| Path::new(file).is_dir());
        directory.map(|file| ConfigError::invalid("file", file, "it is a directory; name a file")).into_iter().collect()
    }

    fn task(&self) -> Box<dyn SourceTask> {
        Box::new(FileStreamTask::default())
    }
}
