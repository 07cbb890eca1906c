//! What clients changed of the configuration of the node, of groups and of client metrics, kept as settings.
//!
//! Names of settings: `broker/<key>`, `broker-default/<key>` (what holds for all nodes of the cluster), `group/<group>` and
//! `client-metrics/<subscription>`. A change acts once it is durable, not before.

use crate::broker::Broker;
use crate::handlers::refusal::Refusal;
use crate::node::core::{Core, closed};
use crate::node::settings::{SettingChange, encode_setting};
use crate::node::topic_changes::change_topic_defaults;
use futures::FutureExt;
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

/// The setting that holds what the node was last started with as its server.
const STARTED_WITH: &str = "started-with";
/// What a process was started with and says nothing to another.
const OF_THE_PROCESS: [&str; 4] = ["advertised.listeners", "listeners", "log.dirs", "node.id"];

/// Keeps what the server was started with, for those who look after its log while it does not run. No start waits for it or fails for it: where it
/// cannot be kept, they judge by what was kept before.
pub(crate) async fn keep_started_with(broker: &Broker) {
    let core = &broker.core;
    let set = broker.static_config.set_entries().into_iter().filter(|(key, _)| !OF_THE_PROCESS.contains(key));
    let entries: Entries = set.map(|(key, value)| (key.to_owned(), value)).collect();
    if core.settings.get::<Entries>(STARTED_WITH).unwrap_or_default() == entries {
        return;
    }
    let turn = core.settings.turn().await;
    let kept =
        encode_setting(&entries).and_then(|value| core.settings.change(core, turn, vec![(STARTED_WITH.to_owned(), Some(value))], |_| {}));
    if let Err(error) = kept {
        tracing::warn!(%error, "what the server was started with is not kept");
    }
}

/// The configuration of somebody who looks after the log: over what its last server was started with. Where both contradict each other it is its own
/// alone.
pub(crate) fn over_started_with(core: &Core, own: &BrokerConfig) -> BrokerConfig {
    let stored: Entries = core.settings.get(STARTED_WITH).unwrap_or_default();
    judged(own.over(&effective(&BrokerConfig::default(), &stored, &Entries::new())), own)
}

/// The configuration with what clients changed over what the node was started with. What is no longer legal is left out, and logged; all of it, as
/// Kafka does, where it contradicts what the node was started with. Tells the groups what was set for them.
pub(crate) fn apply_stored_config(core: &Arc<Core>, started_with: &BrokerConfig) -> BrokerConfig {
    for group in core.settings.under::<Entries>(GROUP).into_keys() {
        tell_group(core, &group);
    }
    let now = judged(effective(started_with, &core.settings.under(BROKER_DEFAULT), &core.settings.under(BROKER)), started_with);
    tell_node(core, &now);
    now
}

/// The configuration, if it may be; else another.
fn judged(config: BrokerConfig, otherwise: &BrokerConfig) -> BrokerConfig {
    match config.validate() {
        Ok(()) => config,
        Err(error) => {
            tracing::error!(%error, "the stored configuration of the node contradicts what it is started with, and is left out");
            otherwise.clone()
        }
    }
}

/// Tells the coordinator and the log what of the node's configuration may change while it runs.
fn tell_node(core: &Arc<Core>, config: &BrokerConfig) {
    let interval_ms = config.group_consumer_assignment_interval_ms;
    core.group_coordinator.on(core, Event::AssignmentIntervalChanged { interval_ms });
    if let Ok(directory) = core.directory() {
        directory.set_producer_expiration_ms(i64::from(config.producer_id_expiration_ms));
    }
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

/// Changes the entries under one name with `change`, which also checks them; durable on return unless `validate_only`. `then` makes it act.
async fn change_entries(
    broker: &Broker,
    name: &str,
    validate_only: bool,
    change: impl FnOnce(Entries) -> Result<Entries, Refusal>,
    then: impl FnOnce(&Arc<Core>) + Send + 'static,
) -> Result<(), Refusal> {
    let core = &broker.core;
    let turn = core.settings.turn().await;
    let changed = change(core.settings.get(name).unwrap_or_default())?;
    if validate_only {
        return Ok(());
    }
    let value = if changed.is_empty() { None } else { Some(encode_setting(&changed)?) };
    Ok(core.settings.change(core, turn, vec![(name.to_owned(), value)], then)?.await?)
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
    let told = group.to_owned();
    change_entries(broker, &format!("{GROUP}{group}"), validate_only, checked, move |core| tell_group(core, &told)).await
}

/// Changes a subscription of client metrics.
pub(super) async fn change_client_metrics(
    broker: &Broker,
    name: &str,
    validate_only: bool,
    change: impl FnOnce(Entries) -> Result<Entries, Refusal>,
) -> Result<(), Refusal> {
    change_entries(broker, &format!("{CLIENT_METRICS}{name}"), validate_only, change, |_| {}).await
}

/// Changes what is set for the node, or for all nodes, and lets the node and its topics live by it.
pub(super) async fn change_broker(
    broker: &Arc<Broker>,
    prefix: &'static str,
    validate_only: bool,
    change: impl FnOnce(&BrokerConfig, Entries) -> Result<Entries, Refusal>,
) -> Result<(), Refusal> {
    let core = &broker.core;
    let turn = core.settings.turn().await;
    let now: Entries = core.settings.under(prefix);
    let wanted = change(&broker.config(), now.clone())?;
    let after = match prefix {
        BROKER => effective(&broker.static_config, &core.settings.under(BROKER_DEFAULT), &wanted),
        _ => effective(&broker.static_config, &wanted, &core.settings.under(BROKER)),
    };
    after.validate().map_err(|error| Refusal::invalid(error.to_string()))?;
    if validate_only {
        return Ok(());
    }
    let weak = Arc::downgrade(broker);
    let show = move |core: &Arc<Core>| {
        tell_node(core, &after);
        if let Some(broker) = weak.upgrade() {
            *broker.config.write() = Arc::new(after);
        }
    };
    let durable = core.settings.change(core, turn, differences(prefix, &now, &wanted)?, show)?;
    // Brought to its end also where the client goes away meanwhile: topics must not live by what was before.
    let (told, done) = oneshot::channel();
    let own = broker.clone();
    let work = async move {
        let changed = async {
            durable.await?;
            if own.leads_topics { follow_topic_defaults(&own).await } else { Ok(()) }
        };
        // Whoever went away does not want to know.
        let _ = told.send(changed.await);
    };
    drop(core.env.spawner.spawn("change-node-config", work.boxed()));
    Ok(done.await.unwrap_or_else(|_| Err(closed()))?)
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
    let turn = broker.core.settings.turn().await;
    let follow = move |core: &Arc<Core>| change_topic_defaults(core, turn, || now.config().topic_defaults());
    broker.core.blocking("follow-topic-defaults", follow).await?.await
}

#[cfg(test)]
mod tests {
    use crate::handlers::config_resource::resource_type;
    use crate::handlers::tests::client::{Client, Node, code};
    use log_model::KafkaCode;
    use log_wire::messages::alter_configs_request::{AlterConfigsResource, AlterableConfig};
    use log_wire::messages::describe_configs_request::DescribeConfigsResource;
    use log_wire::messages::{AlterConfigsRequest, AlterConfigsResponse, DescribeConfigsRequest, DescribeConfigsResponse};

    fn set(key: &'static str, value: &'static str) -> AlterConfigsRequest<'static> {
        let configs = vec![AlterableConfig { name: key.into(), value: Some(value.into()) }];
        let resource = AlterConfigsResource { resource_type: resource_type::BROKER, resource_name: "1".into(), configs };
        AlterConfigsRequest { resources: vec![resource], validate_only: false }
    }

    async fn value_of(client: &mut Client, key: &'static str) -> String {
        let resource = DescribeConfigsResource {
            resource_type: resource_type::BROKER,
            resource_name: "1".into(),
            configuration_keys: Some(vec![key.into()]),
        };
        let answer: DescribeConfigsResponse<'_> =
            client.ask(4, &DescribeConfigsRequest { resources: vec![resource], ..DescribeConfigsRequest::default() }).await;
        answer.results[0].configs[0].value.as_deref().unwrap_or_default().to_owned()
    }

    #[test]
    fn a_change_acts_once_it_is_durable_and_in_the_order_in_which_it_came() {
        let node = Node::start(&[]);
        let (first, second) = ("2000000", "3000000");
        node.run(async |client| {
            node.fill_journal();
            let mut other = node.connect().await;
            client.send(2, &set("message.max.bytes", first)).await;
            // Long enough for the change to be staged, and for its flush to fail.
            node.env.clock.sleep(std::time::Duration::from_secs(1)).await;
            assert_eq!(value_of(&mut other, "message.max.bytes").await, "1048588", "it does not act yet");
            let mut third = node.connect().await;
            third.send(2, &set("log.retention.ms", second)).await;
            node.env.clock.sleep(std::time::Duration::from_secs(1)).await;
            assert_eq!(value_of(&mut other, "message.max.bytes").await, "1048588");
            node.empty_journal();
            for waiting in [client, &mut third] {
                let answer: AlterConfigsResponse<'_> = waiting.receive(2).await;
                assert_eq!(code(answer.responses[0].error_code), KafkaCode::None);
            }
            assert_eq!(value_of(&mut other, "message.max.bytes").await, "1048588", "a whole configuration was replaced after it");
            assert_eq!(value_of(&mut other, "log.retention.ms").await, second);
        });
        let node = node.restarted();
        node.run(async |client| assert_eq!(value_of(client, "log.retention.ms").await, second));
    }
}
