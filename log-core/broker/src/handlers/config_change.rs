//! Changing a configuration entry by entry (Kafka's `AlterConfigOp`): set, delete, and for lists append and subtract.
//!
//! What is changed are the entries that were set for the resource itself; the whole is checked before anything is stored.

use crate::handlers::config_resource::ConfigResource;
use crate::handlers::config_store::{BROKER, BROKER_DEFAULT, Entries, change_broker, change_client_metrics, change_group};
use crate::handlers::refusal::{Refusal, error_fields, repeated};
use crate::handlers::{Context, client_metrics_config};
use crate::node::topic_changes::alter_with;
use crate::node::topic_config::own_part;
use log_model::acl::AclOperation;
use log_model::config::Access;
use log_model::{BrokerConfig, ConfigError, GroupConfig, KafkaCode, TopicConfig, TopicName};
use std::borrow::Cow;

/// What becomes of one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum EntryChange {
    Set(String),
    Delete,
    Append(String),
    Subtract(String),
}

/// What becomes of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ConfigChange {
    /// Whether entries that are not named here go.
    pub(super) replaces: bool,
    pub(super) entries: Vec<(String, EntryChange)>,
}

/// A change as a request asks for it.
pub(super) struct ResourceChange<'a> {
    pub(super) resource_type: i8,
    pub(super) resource_name: Cow<'a, str>,
    /// What to change, or why that makes no sense.
    pub(super) change: Result<ConfigChange, Refusal>,
}

/// What became of one, as responses carry it.
pub(super) struct ResourceChanged<'a> {
    pub(super) error_code: i16,
    pub(super) error_message: Option<Cow<'static, str>>,
    pub(super) resource_type: i8,
    pub(super) resource_name: Cow<'a, str>,
}

/// Makes the changes of a request, each by itself; durable on return unless `validate_only`.
pub(super) async fn change_resources<'a>(
    context: &Context,
    changes: impl IntoIterator<Item = ResourceChange<'a>>,
    validate_only: bool,
) -> Vec<ResourceChanged<'a>> {
    let changes: Vec<_> = changes.into_iter().collect();
    let repeated = repeated(changes.iter().map(|change| (change.resource_type, change.resource_name.clone())));
    let mut changed = Vec::with_capacity(changes.len());
    for ResourceChange { resource_type, resource_name, change } in changes {
        let outcome = match repeated.contains(&(resource_type, resource_name.clone())) {
            true => Err(Refusal::invalid("Each resource must appear at most once.")),
            false => change_resource(context, (resource_type, &resource_name), change, validate_only).await,
        };
        let (error_code, error_message) = error_fields(&outcome);
        changed.push(ResourceChanged { error_code, error_message, resource_type, resource_name });
    }
    changed
}

async fn change_resource(
    context: &Context,
    (resource_type, name): (i8, &str),
    change: Result<ConfigChange, Refusal>,
    validate_only: bool,
) -> Result<(), Refusal> {
    let resource = ConfigResource::find(context, AclOperation::AlterConfigs, resource_type, name)?;
    change_config(context, resource, change?, validate_only).await
}

async fn change_config(context: &Context, resource: ConfigResource, change: ConfigChange, validate_only: bool) -> Result<(), Refusal> {
    if !repeated(change.entries.iter().map(|(name, _)| name)).is_empty() {
        return Err(Refusal::invalid("Error due to duplicate config keys"));
    }
    let broker = context.broker();
    match resource {
        ConfigResource::Topic(name) => change_topic(context, name, change, validate_only).await,
        ConfigResource::Broker => change_broker(broker, BROKER, validate_only, |now, own| change_node_entries(&change, now, own)).await,
        ConfigResource::AllBrokers => {
            change_broker(broker, BROKER_DEFAULT, validate_only, |now, own| change_node_entries(&change, now, own)).await
        }
        ConfigResource::BrokerLogger => match change.entries.first() {
            Some((name, _)) => Err(Refusal::new(KafkaCode::InvalidConfig, format!("Logger {name} does not exist!"))),
            None => Ok(()),
        },
        ConfigResource::Group(name) => {
            let node = GroupConfig::of_node(&broker.config());
            let changed =
                |own| change_entries(&change, own, |entries: &Entries| Ok(GroupConfig::from_entries(pairs(entries))?.over(&node)));
            change_group(broker, &name, validate_only, changed).await
        }
        ConfigResource::ClientMetrics(name) => {
            change_client_metrics(broker, &name, validate_only, |own| change_metrics_entries(&change, own)).await
        }
    }
}

async fn change_topic(context: &Context, name: TopicName, change: ConfigChange, validate_only: bool) -> Result<(), Refusal> {
    let core = context.core().clone();
    let changed = move |now: &TopicConfig| -> Result<TopicConfig, Refusal> {
        let defaults = core.topics.defaults();
        let own = own_part(now, &defaults).set_entries().into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        let own = change_entries(&change, own, |entries| Ok(TopicConfig::from_entries(pairs(entries))?.over(&defaults)))?;
        let config = TopicConfig::from_entries(pairs(&own))?.over(&defaults);
        config.validate_kafka()?;
        Ok(config)
    };
    if validate_only {
        return changed(&context.core().topics.topic(&name)?.config).map(drop);
    }
    context.core().blocking("alter-topic", move |core| alter_with(core, &name, changed)).await?
}

fn pairs(entries: &Entries) -> impl Iterator<Item = (&str, &str)> {
    entries.iter().map(|(key, value)| (key.as_str(), value.as_str()))
}

/// Kafka answers INVALID_REQUEST, not INVALID_CONFIG, to what a node cannot be configured to.
fn change_node_entries(change: &ConfigChange, now: &BrokerConfig, own: Entries) -> Result<Entries, Refusal> {
    let fixed = |name: &str| BrokerConfig::key(name).is_ok_and(|key| key.access == Access::ReadOnly);
    if let Some((name, _)) = change.entries.iter().find(|(name, _)| fixed(name)) {
        return Err(Refusal::invalid(format!("Cannot update these configs dynamically: {name}")));
    }
    let lay = |entries: &Entries| {
        let mut config = now.clone();
        for (key, value) in pairs(entries) {
            config.set(key, value)?;
        }
        Ok(config)
    };
    // As Kafka does, the node keeps entries that mean nothing to it: they may be a plug-in's.
    let is_known = |name: &str| BrokerConfig::key(name).is_ok();
    let (known, mut foreign): (Entries, Entries) = own.into_iter().partition(|(name, _)| is_known(name));
    let (ours, others) = change.entries.iter().cloned().partition(|(name, _)| is_known(name));
    let ours = ConfigChange { replaces: change.replaces, entries: ours };
    let mut entries = change_entries(&ours, known, lay).map_err(|refusal| Refusal::invalid(refusal.message))?;
    if change.replaces {
        foreign.clear();
    }
    keep_foreign(others, &mut foreign)?;
    entries.extend(foreign);
    Ok(entries)
}

fn keep_foreign(changes: Vec<(String, EntryChange)>, foreign: &mut Entries) -> Result<(), Refusal> {
    for (name, change) in changes {
        match change {
            EntryChange::Set(value) => _ = foreign.insert(name, value),
            EntryChange::Delete => _ = foreign.remove(&name),
            EntryChange::Append(_) | EntryChange::Subtract(_) => {
                return Err(Refusal::invalid(format!("{name} is not known to this node as a list; set it as a whole")));
            }
        }
    }
    Ok(())
}

/// What a configuration can do with a single entry.
trait Entry: Default {
    fn set_entry(&mut self, name: &str, value: &str) -> Result<(), ConfigError>;
    fn append_items(&mut self, name: &str, items: &str) -> Result<(), ConfigError>;
    fn subtract_items(&mut self, name: &str, items: &str) -> Result<(), ConfigError>;
    fn value(&self, name: &str) -> Result<Option<String>, ConfigError>;
}

macro_rules! entry {
    ($($config:ty),*) => {$(
        impl Entry for $config {
            fn set_entry(&mut self, name: &str, value: &str) -> Result<(), ConfigError> {
                self.set(name, value)
            }

            fn append_items(&mut self, name: &str, items: &str) -> Result<(), ConfigError> {
                self.append(name, items)
            }

            fn subtract_items(&mut self, name: &str, items: &str) -> Result<(), ConfigError> {
                self.subtract(name, items)
            }

            fn value(&self, name: &str) -> Result<Option<String>, ConfigError> {
                self.get(name)
            }
        }
    )*};
}

entry!(TopicConfig, GroupConfig, BrokerConfig);

/// The entries after the change. `lay` gives the configuration that holds with entries: lists are appended to what they are then.
fn change_entries<C: Entry>(
    change: &ConfigChange,
    own: Entries,
    lay: impl Fn(&Entries) -> Result<C, ConfigError>,
) -> Result<Entries, Refusal> {
    let mut entries = if change.replaces { Entries::new() } else { own };
    for (name, change) in &change.entries {
        let config = match change {
            EntryChange::Delete => {
                entries.remove(name);
                continue;
            }
            EntryChange::Set(value) => {
                let mut config = C::default();
                config.set_entry(name, value)?;
                config
            }
            EntryChange::Append(items) => {
                let mut config = lay(&entries)?;
                config.append_items(name, items)?;
                config
            }
            EntryChange::Subtract(items) => {
                let mut config = lay(&entries)?;
                config.subtract_items(name, items)?;
                config
            }
        };
        entries.insert(name.clone(), config.value(name)?.unwrap_or_default());
    }
    Ok(entries)
}

fn change_metrics_entries(change: &ConfigChange, own: Entries) -> Result<Entries, Refusal> {
    let mut entries = if change.replaces { Entries::new() } else { own };
    for (name, change) in &change.entries {
        let value = match change {
            EntryChange::Delete => {
                entries.remove(name);
                continue;
            }
            EntryChange::Set(value) => value.clone(),
            EntryChange::Append(items) => client_metrics_config::change_list(&entries, name, items, true)?,
            EntryChange::Subtract(items) => client_metrics_config::change_list(&entries, name, items, false)?,
        };
        client_metrics_config::check(name, &value)?;
        entries.insert(name.clone(), value);
    }
    Ok(entries)
}
