//! What clients changed of the configuration of the node, of groups and of client metrics, kept as settings.
//!
//! Names of settings: `broker/<key>`, `broker-default/<key>` (what holds for all nodes of the cluster), `group/<group>` and
//! `client-metrics/<subscription>`. Changes are made one at a time: whoever makes one holds the lock of the node's configuration meanwhile.

use crate::broker::Broker;
use crate::handlers::refusal::Refusal;
use crate::node::core::{Core, closed};
use crate::node::settings::{SettingChange, encode_setting};
use crate::node::topic_changes::change_topic_defaults;
use futures::channel::oneshot;
use log_coordination::groups::{Event, GroupOverrides};
use log_model::{BrokerConfig, GroupConfig};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Settings of the node itself are named by this and their key.
pub(super) const BROKER: &str = "broker/";
/// Settings of all nodes of the cluster are named by this and their key.
pub(super) const BROKER_DEFAULT: &str = "broker-default/";
/// Settings of groups are named by this and the group.
pub(super) const GROUP: &str = "group/";
/// Settings of client metrics are named by this and the subscription.
pub(super) const CLIENT_METRICS: &str = "client-metrics/";

/// Entries of a configuration, by key.
pub(super) type Entries = BTreeMap<String, String>;

/// The configuration with what clients changed over what the node was started with. What is no longer legal is left out, and logged. Tells the
/// groups what was set for them.
pub(crate) fn apply_stored_config(core: &Arc<Core>, started_with: &BrokerConfig) -> BrokerConfig {
    for group in core.settings.under::<Entries>(GROUP).into_keys() {
        tell_group(core, &group);
    }
    effective(started_with, &core.settings.under(BROKER_DEFAULT), &core.settings.under(BROKER))
}

fn effective(started_with: &BrokerConfig, of_cluster: &Entries, of_node: &Entries) -> BrokerConfig {
    let mut config = started_with.clone();
    for (key, value) in of_cluster.iter().chain(of_node).filter(|(key, _)| BrokerConfig::key(key).is_ok()) {
        if let Err(error) = config.set(key, value) {
            tracing::warn!(%error, "a stored configuration entry is left out");
        }
    }
    config
}

/// What was set for a group.
pub(super) fn group_entries(core: &Core, group: &str) -> Entries {
    core.settings.get(&format!("{GROUP}{group}")).unwrap_or_default()
}

/// Tells the coordinator what is set for a group.
fn tell_group(core: &Arc<Core>, group: &str) {
    let entries = group_entries(core, group);
    let number = |key: &str| entries.get(key).and_then(|value| value.trim().parse().ok());
    let overrides = GroupOverrides {
        consumer_session_timeout_ms: number("consumer.session.timeout.ms"),
        consumer_heartbeat_interval_ms: number("consumer.heartbeat.interval.ms"),
        consumer_assignment_interval_ms: number("consumer.assignment.interval.ms"),
    };
    core.group_coordinator.on(core, Event::ConfigChanged { group: group.into(), overrides });
}

/// Changes the entries under one name with `change`, which also checks them; durable on return unless `validate_only`.
async fn change_entries(
    broker: &Broker,
    name: &str,
    validate_only: bool,
    change: impl FnOnce(Entries) -> Result<Entries, Refusal>,
) -> Result<(), Refusal> {
    let core = &broker.core;
    let stored = {
        let _changing = broker.config.write();
        let changed = change(core.settings.get(name).unwrap_or_default())?;
        if validate_only {
            return Ok(());
        }
        let value = if changed.is_empty() { None } else { Some(encode_setting(&changed)?) };
        core.settings.change(core, vec![(name.to_owned(), value)])?
    };
    durable(stored).await
}

async fn durable(stored: oneshot::Receiver<log_client::Result<()>>) -> Result<(), Refusal> {
    Ok(stored.await.unwrap_or_else(|_| Err(closed()))?)
}

/// Changes what is set for a group, and tells it.
pub(super) async fn change_group(
    broker: &Broker,
    group: &str,
    validate_only: bool,
    change: impl FnOnce(Entries) -> Result<Entries, Refusal>,
) -> Result<(), Refusal> {
    let node = broker.config();
    let checked = |entries| {
        let entries = change(entries)?;
        GroupConfig::from_entries(entries.iter().map(|(key, value)| (key.as_str(), value.as_str())))?.validate(&node)?;
        Ok(entries)
    };
    change_entries(broker, &format!("{GROUP}{group}"), validate_only, checked).await?;
    if !validate_only {
        tell_group(&broker.core, group);
    }
    Ok(())
}

/// Changes a subscription of client metrics.
pub(super) async fn change_client_metrics(
    broker: &Broker,
    name: &str,
    validate_only: bool,
    change: impl FnOnce(Entries) -> Result<Entries, Refusal>,
) -> Result<(), Refusal> {
    change_entries(broker, &format!("{CLIENT_METRICS}{name}"), validate_only, change).await
}

/// Changes what is set for the node, or for all nodes, and lets the node and its topics live by it.
pub(super) async fn change_broker(
    broker: &Arc<Broker>,
    prefix: &'static str,
    validate_only: bool,
    change: impl FnOnce(&BrokerConfig, Entries) -> Result<Entries, Refusal>,
) -> Result<(), Refusal> {
    let core = &broker.core;
    let stored = {
        let mut config = broker.config.write();
        let now: Entries = core.settings.under(prefix);
        let wanted = change(&config, now.clone())?;
        let after = match prefix {
            BROKER => effective(&broker.static_config, &core.settings.under(BROKER_DEFAULT), &wanted),
            _ => effective(&broker.static_config, &wanted, &core.settings.under(BROKER)),
        };
        after.validate().map_err(|error| Refusal::invalid(error.to_string()))?;
        if validate_only {
            return Ok(());
        }
        *config = Arc::new(after);
        core.settings.change(core, differences(prefix, &now, &wanted)?)?
    };
    durable(stored).await?;
    Ok(follow_topic_defaults(broker).await?)
}

fn differences(prefix: &str, now: &Entries, wanted: &Entries) -> Result<Vec<SettingChange>, Refusal> {
    let mut changes = Vec::new();
    for (key, value) in wanted.iter().filter(|(key, value)| now.get(*key) != Some(*value)) {
        changes.push((format!("{prefix}{key}"), Some(encode_setting(value)?)));
    }
    changes.extend(now.keys().filter(|key| !wanted.contains_key(*key)).map(|key| (format!("{prefix}{key}"), None)));
    Ok(changes)
}

/// Lets topics live by what the node gives them now. Call it whenever that may have changed.
pub(crate) async fn follow_topic_defaults(broker: &Arc<Broker>) -> log_client::Result<()> {
    let now = broker.clone();
    let follow = move |core: &Arc<Core>| change_topic_defaults(core, || now.config().topic_defaults());
    broker.core.blocking("follow-topic-defaults", follow).await?.await.unwrap_or_else(|_| Err(closed()))
}
