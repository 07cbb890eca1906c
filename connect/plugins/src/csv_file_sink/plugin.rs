//! Its options and registration.

use super::rows::CsvRows;
use crate::file_sink::{self, FileSinkTask};
use crate::registry::VERSION;
use connect_api::{Config, ConfigError, ConfigKey, ConfigType, Importance, Plugin, SinkConnector, SinkTask};

/// The plugin.
pub fn plugin() -> Plugin {
    let def = file_sink::config_def()
        .key(ConfigKey::new(
            "csv.columns",
            ConfigType::List,
            Importance::Medium,
            "the columns in their order; without them the fields of the first record of each file",
        ))
        .key(
            ConfigKey::new("csv.header", ConfigType::Boolean, Importance::Medium, "whether a file begins with the names of its columns")
                .default("true"),
        );
    Plugin::sink("dev.headwater.connect.file.CsvFileSinkConnector", VERSION, || Box::new(CsvFileSink)).with_config(def)
}

struct CsvFileSink;

impl SinkConnector for CsvFileSink {
    fn validate(&self, config: &Config) -> Vec<ConfigError> {
        file_sink::validate(config)
    }

    fn task(&self) -> Box<dyn SinkTask> {
        Box::new(FileSinkTask::new(|config| {
            Ok(Box::new(CsvRows { columns: config.list("csv.columns")?.to_vec(), header: config.boolean("csv.header")? }))
        }))
    }
}
