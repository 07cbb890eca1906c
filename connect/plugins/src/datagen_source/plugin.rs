//! Its options and registration.

use super::task::DatagenTask;
use super::template::TEMPLATES;
use crate::registry::VERSION;
use connect_api::{
    Config, ConfigDef, ConfigError, ConfigKey, ConfigType, ConfigValue, Importance, Plugin, SourceConnector, SourceTask, Validator,
};

/// The plugin.
pub fn plugin() -> Plugin {
    let key = ConfigKey::new;
    let share = |value: &ConfigValue| match value {
        ConfigValue::Double(number) if !(0.0..=1.0).contains(number) => Err("it takes a number from 0 to 1".to_string()),
        _ => Ok(()),
    };
    let def = ConfigDef::new()
        .key(ConfigKey::required("topic", ConfigType::String, Importance::High, "the topic to publish data to"))
        .key(key("template", ConfigType::String, Importance::High, "what is generated: access-log, counter or json").one_of(TEMPLATES))
        .key(key("quickstart", ConfigType::String, Importance::Low, "another name of the option template").one_of(TEMPLATES))
        .key(key("rows", ConfigType::Long, Importance::Medium, "how many rows there are; -1 for no end").default("-1").at_least(-1))
        .key(key("seed", ConfigType::Long, Importance::Low, "the same seed gives the same rows").default("1"))
        .key(
            key("rate.per.second", ConfigType::Long, Importance::Medium, "how many rows a second at most; 0 for as fast as possible")
                .default("0")
                .at_least(0),
        )
        .key(key("batch.size", ConfigType::Int, Importance::Low, "how many records one poll makes at most").default("2000").at_least(1))
        .key(
            key("malformed.share", ConfigType::Double, Importance::Low, "the share of lines of access-log that do not parse, from 0 to 1")
                .default("0.001")
                .validator(Validator::Custom(share)),
        );
    Plugin::source("dev.headwater.connect.datagen.DatagenSourceConnector", VERSION, || Box::new(DatagenSource))
        .with_config(def)
        .with_aliases(&["DatagenConnector", "Datagen"])
}

struct DatagenSource;

impl SourceConnector for DatagenSource {
    fn validate(&self, config: &Config) -> Vec<ConfigError> {
        match (config.optional_string("template"), config.optional_string("quickstart")) {
            (Ok(None), Ok(None)) => {
                vec![ConfigError::Missing { name: "template".into(), documentation: format!("one of {}", TEMPLATES.join(", ")) }]
            }
            (Ok(Some(_)), Ok(Some(given))) => vec![ConfigError::invalid("quickstart", given, "template is set as well; leave one out")],
            _ => Vec::new(),
        }
    }

    fn task(&self) -> Box<dyn SourceTask> {
        Box::new(DatagenTask::default())
    }
}
