//! Configurations as clients see them: every entry with its value, where that comes from, and what else would give one (Kafka's `ConfigHelper`).

use crate::broker::Broker;
use crate::handlers::config_store::{BROKER, BROKER_DEFAULT, Entries, group_entries};
use crate::node::topic_config::is_own;
use log_model::config::{Access, Key};
use log_model::{BrokerConfig, GroupConfig, TopicConfig};

/// Where a value comes from (`DescribeConfigsResponse.ConfigSource`).
pub(super) mod source {
    pub(in crate::handlers) const TOPIC: i8 = 1;
    pub(in crate::handlers) const DYNAMIC_BROKER: i8 = 2;
    pub(in crate::handlers) const DYNAMIC_DEFAULT_BROKER: i8 = 3;
    pub(in crate::handlers) const STATIC_BROKER: i8 = 4;
    pub(in crate::handlers) const DEFAULT: i8 = 5;
    pub(in crate::handlers) const CLIENT_METRICS: i8 = 7;
    pub(in crate::handlers) const GROUP: i8 = 8;
}

/// A place that gives a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Synonym {
    pub(super) name: String,
    pub(super) value: Option<String>,
    pub(super) source: i8,
}

/// An entry as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Described {
    pub(super) name: String,
    /// None is Kafka's null, which also stands for what must not be shown.
    pub(super) value: Option<String>,
    pub(super) read_only: bool,
    pub(super) is_sensitive: bool,
    pub(super) config_type: i8,
    pub(super) documentation: String,
    /// What gives the value, then what would give it if that did not.
    pub(super) synonyms: Vec<Synonym>,
}

impl Described {
    /// The source of the value.
    pub(super) fn source(&self) -> i8 {
        self.synonyms.first().map_or(source::DEFAULT, |synonym| synonym.source)
    }

    fn of<C>(key: &Key<C>, value: Option<String>, synonyms: Vec<Synonym>) -> Described {
        let shown = |value: Option<String>| value.filter(|_| !key.is_sensitive());
        let synonyms = synonyms.into_iter().map(|synonym| Synonym { value: shown(synonym.value), ..synonym });
        Described {
            name: key.name.to_owned(),
            value: shown(value),
            read_only: key.access == Access::ReadOnly,
            is_sensitive: key.is_sensitive(),
            config_type: key.config_type.as_i8(),
            documentation: key.documentation().to_owned(),
            synonyms: synonyms.collect(),
        }
    }
}

/// What is set for the node, by where it was set.
struct NodeEntries {
    of_node: Entries,
    of_cluster: Entries,
    started_with: BrokerConfig,
    default: BrokerConfig,
}

impl NodeEntries {
    fn of(broker: &Broker) -> NodeEntries {
        let settings = &broker.core.settings;
        let started_with = with_facts(broker, broker.static_config.clone());
        NodeEntries {
            of_node: settings.under(BROKER),
            of_cluster: settings.under(BROKER_DEFAULT),
            started_with,
            default: BrokerConfig::default(),
        }
    }

    /// Who gives a key of the node its value. Empty if the key itself has none and only those it falls back to do.
    fn synonyms(&self, name: &str) -> Vec<Synonym> {
        let fallbacks = BrokerConfig::key(name).map_or(&[][..], |key| key.synonyms);
        let names: Vec<&str> = std::iter::once(name).chain(fallbacks.iter().copied()).collect();
        let get = |config: &BrokerConfig, name: &str| config.get(name).ok().flatten();
        let mut synonyms = Vec::new();
        let mut add = |source: i8, value_of: &dyn Fn(&str) -> Option<String>| {
            for name in &names {
                if let Some(value) = value_of(name) {
                    synonyms.push(Synonym { name: (*name).to_owned(), value: Some(value), source });
                }
            }
        };
        add(source::DYNAMIC_BROKER, &|name| self.of_node.get(name).cloned());
        add(source::DYNAMIC_DEFAULT_BROKER, &|name| self.of_cluster.get(name).cloned());
        add(source::STATIC_BROKER, &|name| get(&self.started_with, name).filter(|_| self.started_with.is_set(name)));
        add(source::DEFAULT, &|name| get(&self.default, name));
        synonyms.into_iter().skip_while(|synonym| synonym.name != name).collect()
    }

    /// What gives a topic's or a group's entry its value where it was not set there.
    fn inherited(&self, synonyms: &[&str]) -> Vec<Synonym> {
        synonyms.first().map(|name| self.synonyms(name)).unwrap_or_default()
    }
}

/// What the node knows of itself though nobody set it.
fn with_facts(broker: &Broker, mut config: BrokerConfig) -> BrokerConfig {
    let address = format!("PLAINTEXT://{}:{}", broker.advertised.host, broker.advertised.port);
    let path = broker.core.path.display().to_string();
    let mut facts = vec![("node.id", broker.node_id.to_string()), ("advertised.listeners", address)];
    if config.log_dirs.is_none() {
        facts.push(("log.dirs", path));
    }
    for (key, value) in facts {
        if let Err(error) = config.set(key, &value) {
            tracing::warn!(%error, "a fact of the node is not shown");
        }
    }
    config
}

/// One topic's configuration.
pub(super) struct TopicView<'a> {
    broker: &'a Broker,
    config: &'a TopicConfig,
}

impl<'a> TopicView<'a> {
    /// Of the configuration that the topic lives by.
    pub(super) fn new(broker: &'a Broker, config: &'a TopicConfig) -> TopicView<'a> {
        TopicView { broker, config }
    }

    pub(super) fn describe(&self) -> Vec<Described> {
        let node = NodeEntries::of(self.broker);
        let defaults = self.broker.core.topics.defaults();
        let entry = |key: &Key<TopicConfig>| {
            let value = key.get(self.config);
            let own = is_own(self.config, &defaults, key);
            let own = own.then(|| Synonym { name: key.name.to_owned(), value: value.clone(), source: source::TOPIC });
            Described::of(key, value, own.into_iter().chain(node.inherited(key.synonyms)).collect())
        };
        TopicConfig::keys().iter().map(entry).collect()
    }
}

/// The node's configuration.
pub(super) fn describe_broker(broker: &Broker) -> Vec<Described> {
    let node = NodeEntries::of(broker);
    let now = with_facts(broker, (*broker.config()).clone());
    BrokerConfig::keys().iter().map(|key| Described::of(key, key.get(&now), node.synonyms(key.name))).collect()
}

/// What is set for all nodes of the cluster.
pub(super) fn describe_cluster_default(broker: &Broker) -> Vec<Described> {
    let node = NodeEntries::of(broker);
    let set = BrokerConfig::keys().iter().filter(|key| node.of_cluster.contains_key(key.name));
    let entry = |key: &'static Key<BrokerConfig>| {
        let synonyms = node.synonyms(key.name).into_iter().filter(|synonym| synonym.source == source::DYNAMIC_DEFAULT_BROKER);
        Described::of(key, node.of_cluster.get(key.name).cloned(), synonyms.collect())
    };
    set.map(entry).collect()
}

/// A group's configuration.
pub(super) fn describe_group(broker: &Broker, group: &str) -> Vec<Described> {
    let node = NodeEntries::of(broker);
    let own = group_entries(&broker.core, group);
    let set = GroupConfig::from_entries(own.iter().map(|(key, value)| (key.as_str(), value.as_str()))).unwrap_or_default();
    let now = set.over(&GroupConfig::of_node(&broker.config()));
    let entry = |key: &Key<GroupConfig>| {
        let own = own.get(key.name).map(|value| Synonym { name: key.name.to_owned(), value: Some(value.clone()), source: source::GROUP });
        Described::of(key, key.get(&now), own.into_iter().chain(node.inherited(key.synonyms)).collect())
    };
    GroupConfig::keys().iter().map(entry).collect()
}
