//! The options every connector has (Kafka's `ConnectorConfig`, `SourceConnectorConfig`, `SinkConnectorConfig`), and a connector's whole configuration, checked.
//!
//! Unlike in Kafka an unknown option is an error, the dead-letter options hold for sources too, and `errors.deadletterqueue.context.headers.enable` is true unless
//! told otherwise: a dead letter without its reason helps nobody.

use crate::WorkerOptions;
use connect_api::{
    Config, ConfigDef, ConfigError, ConfigKey, ConfigType, ConfigValue, Importance, Plugin, PluginFactory, PluginKind, Plugins,
    ValidatedKey, Validator,
};
use log_model::{TopicConfig, TopicName};
use std::collections::BTreeMap;

/// The options as a user gives them.
pub(crate) type Entries = BTreeMap<String, String>;

const TOPIC_CREATION: &str = "topic.creation.default.";
/// The option by which sources name where their records go.
const TOPIC: &str = "topic";
pub(crate) const DEAD_LETTER_TOPIC: &str = "errors.deadletterqueue.topic.name";
const TOLERANCE: &str = "errors.tolerance";
const HEADER_CONVERTERS: &[&str] = &[
    "SimpleHeaderConverter",
    "org.apache.kafka.connect.storage.SimpleHeaderConverter",
    "StringConverter",
    "org.apache.kafka.connect.storage.StringConverter",
];

/// A connector's configuration, checked.
#[derive(Clone, Debug)]
pub(crate) struct ConnectorConfig {
    pub(crate) plugin: Plugin,
    pub(crate) config: Config,
    pub(crate) key_converter: Plugin,
    pub(crate) value_converter: Plugin,
    pub(crate) tasks_max: usize,
    /// The topics of a sink.
    pub(crate) topics: Vec<TopicName>,
    /// How a source's topics are created.
    pub(crate) new_topics: NewTopics,
    pub(crate) restarts: bool,
}

/// How topics are created that a source writes to (`topic.creation.default.*`).
#[derive(Clone, Debug)]
pub(crate) struct NewTopics {
    pub(crate) partition_count: i32,
    pub(crate) config: TopicConfig,
}

/// Checks a configuration. Errors: every refused option.
pub(crate) fn parse(
    name: &str,
    entries: &Entries,
    plugins: &Plugins,
    options: &WorkerOptions,
) -> Result<ConnectorConfig, Vec<ConfigError>> {
    let prepared = Prepared::new(name, entries, plugins, options)?;
    let config = prepared.def.parse(&prepared.entries)?;
    let mut errors = extra_errors(&prepared.plugin, &config);
    let topics = match prepared.plugin.kind() {
        PluginKind::Sink => topics(&config, &mut errors),
        _ => Vec::new(),
    };
    let new_topics = new_topics(&config, &mut errors);
    if prepared.plugin.kind() == PluginKind::Source {
        errors.extend(kept_topic(&config, TOPIC, options));
    }
    errors.extend(dead_letter_errors(&config, &topics, options));
    if !errors.is_empty() {
        return Err(errors);
    }
    let bug = |error: connect_api::Error| vec![ConfigError::invalid("name", name, error.to_string())];
    Ok(ConnectorConfig {
        tasks_max: config.count("tasks.max").map_err(bug)?,
        restarts: config.string("restart.policy").map_err(bug)?.eq_ignore_ascii_case("backoff"),
        plugin: prepared.plugin,
        key_converter: prepared.key_converter,
        value_converter: prepared.value_converter,
        topics,
        new_topics,
        config,
    })
}

/// Every option with its value and errors, as Kafka's `validate` answers.
pub(crate) fn validate(
    name: &str,
    entries: &Entries,
    plugins: &Plugins,
    options: &WorkerOptions,
) -> Result<Vec<ValidatedKey>, Vec<ConfigError>> {
    let prepared = Prepared::new(name, entries, plugins, options)?;
    let mut keys = prepared.def.validate(&prepared.entries);
    if let Err(errors) = parse(name, entries, plugins, options) {
        for error in errors {
            if let Some(key) = keys.iter_mut().find(|key| key.name == error.name() && !key.errors.contains(&error)) {
                key.errors.push(error);
            }
        }
    }
    Ok(keys)
}

/// The definition that holds for one configuration: it depends on the classes that it names.
struct Prepared {
    plugin: Plugin,
    key_converter: Plugin,
    value_converter: Plugin,
    def: ConfigDef,
    entries: Entries,
}

impl Prepared {
    fn new(name: &str, entries: &Entries, plugins: &Plugins, options: &WorkerOptions) -> Result<Prepared, Vec<ConfigError>> {
        let mut entries = entries.clone();
        entries.insert("name".into(), name.to_string());
        let class = entries.get("connector.class").ok_or_else(|| {
            let documentation = "the class of the connector, such as FileStreamSource".to_string();
            vec![ConfigError::Missing { name: "connector.class".into(), documentation }]
        })?;
        let plugin = plugins.connector(class).map_err(|error| vec![error])?.clone();
        let find = |option: &str, default: &str, entries: &Entries| {
            let class = entries.get(option).map_or(default, String::as_str);
            plugins.converter(option, class).cloned().map_err(|error| vec![error])
        };
        let key_converter = find("key.converter", &options.key_converter, &entries)?;
        let default = plugin.value_converter.unwrap_or(&options.value_converter);
        let value_converter = find("value.converter", default, &entries)?;
        if !entries.contains_key("value.converter") && value_converter.simple_name() == "JsonConverter" {
            entries.entry("value.converter.schemas.enable".into()).or_insert_with(|| "false".into());
        }
        let def = common(plugin.kind())
            .merge(&plugin.config)
            .merge_prefixed("key.converter.", &key_converter.config)
            .merge_prefixed("value.converter.", &value_converter.config);
        Ok(Prepared { plugin, key_converter, value_converter, def, entries })
    }
}

fn extra_errors(plugin: &Plugin, config: &Config) -> Vec<ConfigError> {
    match &plugin.factory {
        PluginFactory::Source(make) => make().validate(config),
        PluginFactory::Sink(make) => make().validate(config),
        PluginFactory::Converter(_) => Vec::new(),
    }
}

fn config_errors<T>(result: connect_api::Result<T>) -> Vec<ConfigError> {
    match result {
        Err(connect_api::Error::Config(errors)) => errors,
        _ => Vec::new(),
    }
}

/// Refuses a topic in which the program keeps its books.
fn kept_topic(config: &Config, option: &str, options: &WorkerOptions) -> Option<ConfigError> {
    let name = config.optional_string(option).ok()??;
    let keeper = options.topic_keeper(name)?;
    Some(ConfigError::invalid(option, name, format!("the topic belongs to {keeper}; name another one")))
}

/// What is wrong with the dead-letter topic. A sink that reads it would read its own dead letters for ever.
fn dead_letter_errors(config: &Config, topics: &[TopicName], options: &WorkerOptions) -> Vec<ConfigError> {
    let Ok(Some(name)) = config.optional_string(DEAD_LETTER_TOPIC) else { return Vec::new() };
    let mut errors = config_errors(config.topic(DEAD_LETTER_TOPIC));
    errors.extend(kept_topic(config, DEAD_LETTER_TOPIC, options));
    if topics.iter().any(|topic| topic.as_str() == name) {
        let reason = "the sink itself reads this topic (option topics); name another one";
        errors.push(ConfigError::invalid(DEAD_LETTER_TOPIC, name, reason));
    }
    errors
}

/// What a user should know of a configuration that is accepted as it is.
pub(crate) fn warning(entries: &Entries) -> Option<String> {
    let given = |option: &str| entries.get(option).map(|value| value.trim()).filter(|value| !value.is_empty());
    let topic = given(DEAD_LETTER_TOPIC)?;
    let tolerates = given(TOLERANCE).is_some_and(|value| value.eq_ignore_ascii_case("all"));
    (!tolerates).then(|| {
        format!(
            "{DEAD_LETTER_TOPIC} is {topic:?}, but without {TOLERANCE} = \"all\" the task fails at the first record that cannot be handled and nothing \
             is written there; set {TOLERANCE} to \"all\" or leave the topic out"
        )
    })
}

fn topics(config: &Config, errors: &mut Vec<ConfigError>) -> Vec<TopicName> {
    let mut topics = Vec::new();
    for name in config.list("topics").unwrap_or_default() {
        match TopicName::new(name) {
            Ok(topic) => topics.push(topic),
            Err(error) => errors.push(ConfigError::invalid("topics", name, error.reason)),
        }
    }
    topics
}

fn new_topics(config: &Config, errors: &mut Vec<ConfigError>) -> NewTopics {
    let mut new_topics = NewTopics { partition_count: 1, config: TopicConfig::default() };
    for (name, value) in config.entries() {
        let (Some(option), ConfigValue::String(text)) = (name.strip_prefix(TOPIC_CREATION), value) else { continue };
        match option {
            "partitions" => match text.parse::<i32>() {
                Ok(count) if count >= 1 || count == -1 => new_topics.partition_count = count.max(1),
                _ => errors.push(ConfigError::invalid(name, text.as_str(), "it takes a whole number of 1 or more, or -1 for the default")),
            },
            "replication.factor" => {
                if text.parse::<i16>().is_err() {
                    errors.push(ConfigError::invalid(name, text.as_str(), "it takes a whole number (type SHORT)"));
                }
            }
            _ => {
                if let Err(error) = new_topics.config.set(option, text) {
                    errors.push(ConfigError::invalid(name, text.as_str(), error.to_string()));
                }
            }
        }
    }
    new_topics
}

/// The options every connector of this kind has.
pub(crate) fn common(kind: PluginKind) -> ConfigDef {
    let def = general().merge(&errors());
    if kind == PluginKind::Sink { def.merge(&sink()) } else { def.merge(&source()) }
}

fn none_given(value: &ConfigValue) -> Result<(), String> {
    match value {
        ConfigValue::List(items) if !items.is_empty() => Err("transforms and predicates are not available yet; leave it out".into()),
        _ => Ok(()),
    }
}

fn general() -> ConfigDef {
    use ConfigType::{Boolean, Class, Int, List, String};
    use Importance::{High, Low, Medium};
    ConfigDef::new()
        .key(ConfigKey::required("name", String, High, "globally unique name of this connector").group("Common"))
        .key(ConfigKey::required("connector.class", String, High, "the class of the connector, such as FileStreamSource").group("Common"))
        .key(
            ConfigKey::new("tasks.max", Int, High, "how many tasks it may have")
                .default("1")
                .validator(Validator::Between(1, 1000))
                .group("Common"),
        )
        .key(
            ConfigKey::new("tasks.max.enforce", Boolean, Low, "accepted for Kafka's sake; the limit always holds")
                .default("true")
                .group("Common"),
        )
        .key(ConfigKey::new("key.converter", Class, Low, "how keys become bytes").group("Common"))
        .key(ConfigKey::new("value.converter", Class, Low, "how values become bytes").group("Common"))
        .key(
            ConfigKey::new("header.converter", Class, Low, "how header values become bytes: as text")
                .default(HEADER_CONVERTERS[0])
                .one_of(HEADER_CONVERTERS)
                .group("Common"),
        )
        .key(
            ConfigKey::new("transforms", List, Low, "transforms applied to records")
                .validator(Validator::Custom(none_given))
                .group("Transforms"),
        )
        .key(
            ConfigKey::new("predicates", List, Low, "predicates of transforms")
                .validator(Validator::Custom(none_given))
                .group("Predicates"),
        )
        .key(
            ConfigKey::new("config.action.reload", String, Low, "accepted for Kafka's sake")
                .default("restart")
                .one_of(&["none", "restart"])
                .group("Common"),
        )
        .key(
            ConfigKey::new(
                "restart.policy",
                String,
                Medium,
                "what happens to a failed task: backoff restarts it after a growing pause, never leaves it",
            )
            .default("backoff")
            .one_of(&["backoff", "never"])
            .group("Error Handling"),
        )
}

fn errors() -> ConfigDef {
    use ConfigType::{Boolean, Long, Short, String};
    use Importance::Medium;
    let key =
        |name: &'static str, kind, documentation: &'static str| ConfigKey::new(name, kind, Medium, documentation).group("Error Handling");
    ConfigDef::new()
        .key(
            key(
                "errors.retry.timeout",
                Long,
                "for how long a call that failed for a passing reason is repeated, in milliseconds; 0 and -1 for as long as it takes",
            )
            .default("0")
            .at_least(-1),
        )
        .key(key("errors.retry.delay.max.ms", Long, "the longest pause between repeated calls").default("60000").at_least(1))
        .key(
            key(TOLERANCE, String, "what happens to a record that cannot be handled: none fails the task, all passes over it")
                .default("none")
                .one_of(&["none", "all"]),
        )
        .key(key("errors.log.enable", Boolean, "whether tolerated errors are logged").default("false"))
        .key(key("errors.log.include.messages", Boolean, "whether the record is logged with its error").default("false"))
        .key(key(DEAD_LETTER_TOPIC, String, "the topic for records that cannot be handled; needs errors.tolerance=all").default(""))
        .key(key("errors.deadletterqueue.topic.replication.factor", Short, "accepted for Kafka's sake").default("3"))
        .key(
            key(
                "errors.deadletterqueue.context.headers.enable",
                Boolean,
                "whether dead letters carry headers with the reason and the place",
            )
            .default("true"),
        )
}

fn source() -> ConfigDef {
    use ConfigType::{List, Long, String};
    use Importance::{Low, Medium};
    ConfigDef::new()
        .key(
            ConfigKey::new("topic.creation.groups", List, Low, "only the group default is there: topic.creation.default.*")
                .group("Topic Creation"),
        )
        .key(
            ConfigKey::new(
                "exactly.once.support",
                String,
                Medium,
                "accepted for Kafka's sake: records and positions are always committed together",
            )
            .default("requested")
            .one_of(&["requested", "required"])
            .group("Exactly Once Support"),
        )
        .key(
            ConfigKey::new("transaction.boundary", String, Medium, "where transactions end: after each poll")
                .default("poll")
                .one_of(&["poll"])
                .group("Exactly Once Support"),
        )
        .key(ConfigKey::new("transaction.boundary.interval.ms", Long, Low, "accepted for Kafka's sake").group("Exactly Once Support"))
        .open_prefix(TOPIC_CREATION)
}

fn sink() -> ConfigDef {
    ConfigDef::new()
        .key(ConfigKey::required("topics", ConfigType::List, Importance::High, "the topics to read, between commas").group("Common"))
}
