//! Seeing and changing configurations.

use super::client::{Client, Node, code};
use crate::handlers::config_resource::resource_type::{BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP, TOPIC};
use log_model::KafkaCode;
use log_wire::messages::create_topics_request::CreatableTopic;
use log_wire::messages::describe_configs_request::DescribeConfigsResource;
use log_wire::messages::describe_configs_response::DescribeConfigsResult;
use log_wire::messages::{
    AlterConfigsRequest, AlterConfigsResponse, CreateTopicsRequest, CreateTopicsResponse, DescribeConfigsRequest, DescribeConfigsResponse,
    IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse, ListConfigResourcesRequest, ListConfigResourcesResponse,
    alter_configs_request, incremental_alter_configs_request,
};

pub(crate) const SET: i8 = 0;
const DELETE: i8 = 1;
const APPEND: i8 = 2;
const SUBTRACT: i8 = 3;

async fn describe(client: &mut Client, version: i16, resource: (i8, &str)) -> DescribeConfigsResult<'static> {
    let resource =
        DescribeConfigsResource { resource_type: resource.0, resource_name: resource.1.to_owned().into(), configuration_keys: None };
    let request = DescribeConfigsRequest { resources: vec![resource], include_synonyms: true, include_documentation: version >= 3 };
    let mut answer: DescribeConfigsResponse<'_> = client.ask(version, &request).await;
    answer.results.remove(0)
}

/// An entry as `value (source)`, and what else would give a value as `source:name=value`.
fn shown(result: &DescribeConfigsResult<'_>, name: &str) -> String {
    let entry = result.configs.iter().find(|entry| entry.name == name).unwrap();
    let synonyms =
        entry.synonyms.iter().map(|synonym| format!(" {}:{}={}", synonym.source, synonym.name, synonym.value.as_deref().unwrap_or("null")));
    let read_only = if entry.read_only { " fixed" } else { "" };
    format!("{} ({}){read_only}{}", entry.value.as_deref().unwrap_or("null"), entry.config_source, synonyms.collect::<String>())
}

/// An entry of a resource, as [`shown`].
pub(crate) async fn show(client: &mut Client, resource: (i8, &str), name: &str) -> String {
    shown(&describe(client, 4, resource).await, name)
}

/// Changes entries of a resource one by one.
pub(crate) async fn change(client: &mut Client, resource: (i8, &str), changes: &[(i8, &str, Option<&str>)]) -> KafkaCode {
    let config = |(operation, name, value): &(i8, &str, Option<&str>)| incremental_alter_configs_request::AlterableConfig {
        name: (*name).to_owned().into(),
        config_operation: *operation,
        value: value.map(|value| value.to_owned().into()),
    };
    let resource = incremental_alter_configs_request::AlterConfigsResource {
        resource_type: resource.0,
        resource_name: resource.1.to_owned().into(),
        configs: changes.iter().map(config).collect(),
    };
    let request = |validate_only| IncrementalAlterConfigsRequest { resources: vec![resource.clone()], validate_only };
    let asked: IncrementalAlterConfigsResponse<'_> = client.ask(0, &request(true)).await;
    let done: IncrementalAlterConfigsResponse<'_> = client.ask(1, &request(false)).await;
    assert_eq!(asked.responses, done.responses, "asking alone must say what would be");
    code(done.responses[0].error_code)
}

/// Replaces all entries of a resource.
pub(crate) async fn replace(client: &mut Client, resource: (i8, &str), entries: &[(&str, &str)]) -> KafkaCode {
    let config = |(name, value): &(&str, &str)| alter_configs_request::AlterableConfig {
        name: (*name).to_owned().into(),
        value: Some((*value).to_owned().into()),
    };
    let resource = alter_configs_request::AlterConfigsResource {
        resource_type: resource.0,
        resource_name: resource.1.to_owned().into(),
        configs: entries.iter().map(config).collect(),
    };
    let request = AlterConfigsRequest { resources: vec![resource], validate_only: false };
    let answer: AlterConfigsResponse<'_> = client.ask(2, &request).await;
    code(answer.responses[0].error_code)
}

#[test]
fn a_topic_shows_where_each_value_comes_from() {
    let node = Node::start(&[("log.retention.hours", "1"), ("log.segment.bytes", "2000000")]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        assert_eq!(replace(client, (TOPIC, "t"), &[("max.message.bytes", "5000"), ("cleanup.policy", "delete")]).await, KafkaCode::None);
        let topic = (TOPIC, "t");
        for (name, expected) in [
            ("max.message.bytes", "5000 (1) 1:max.message.bytes=5000 5:message.max.bytes=1048588"),
            ("cleanup.policy", "delete (1) 1:cleanup.policy=delete 5:log.cleanup.policy=delete"),
            ("segment.bytes", "2000000 (4) 4:log.segment.bytes=2000000 5:log.segment.bytes=1073741824"),
            // The key itself has no value on the node, only one that it falls back to: Kafka does not show that.
            ("retention.ms", "3600000 (5)"),
            ("flush.messages", "9223372036854775807 (5) 5:log.flush.interval.messages=9223372036854775807"),
        ] {
            assert_eq!(show(client, topic, name).await, expected, "{name}");
        }
        for version in 1..=4 {
            let result = describe(client, version, topic).await;
            let entry = result.configs.iter().find(|entry| entry.name == "retention.ms").unwrap();
            let expected = if version >= 3 { (5, true) } else { (0, false) };
            assert_eq!((entry.config_type, entry.documentation.as_deref().is_some_and(|text| !text.is_empty())), expected);
        }
    });
}

#[test]
fn entries_of_a_topic_are_set_deleted_and_lists_changed_by_items() {
    use KafkaCode::{InvalidConfig, InvalidRequest, UnknownTopicOrPartition};
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        let topic = (TOPIC, "t");
        type Case = (&'static [(i8, &'static str, Option<&'static str>)], KafkaCode, &'static str);
        let cases: [Case; 12] = [
            (&[(SET, "retention.ms", Some("5000"))], KafkaCode::None, "delete 5000"),
            (&[(APPEND, "cleanup.policy", Some("compact"))], KafkaCode::None, "compact,delete 5000"),
            (&[(SUBTRACT, "cleanup.policy", Some("delete"))], KafkaCode::None, "compact 5000"),
            (&[(SET, "retention.ms", Some("1")), (DELETE, "cleanup.policy", None)], KafkaCode::None, "delete 1"),
            (&[(SET, "retention.ms", Some("2")), (SET, "segment.bytes", Some("0"))], InvalidConfig, "delete 1"),
            (&[(APPEND, "retention.ms", Some("2"))], InvalidConfig, "delete 1"),
            (&[(SET, "retention.msec", Some("2"))], InvalidConfig, "delete 1"),
            (&[(SET, "retention.ms", None)], InvalidRequest, "delete 1"),
            (&[(9, "retention.ms", Some("2"))], InvalidRequest, "delete 1"),
            (&[(SET, "retention.ms", Some("2")), (DELETE, "retention.ms", None)], InvalidRequest, "delete 1"),
            (&[(SET, "min.compaction.lag.ms", Some("10")), (SET, "max.compaction.lag.ms", Some("5"))], InvalidConfig, "delete 1"),
            (&[(DELETE, "retention.ms", None)], KafkaCode::None, "delete 604800000"),
        ];
        for (changes, expected, after) in cases {
            assert_eq!(change(client, topic, changes).await, expected, "{changes:?}");
            let result = describe(client, 4, topic).await;
            let value = |name: &str| result.configs.iter().find(|entry| entry.name == name).unwrap().value.clone().unwrap();
            assert_eq!(format!("{} {}", value("cleanup.policy"), value("retention.ms")), after, "{changes:?}");
        }
        assert_eq!(change(client, (TOPIC, "missing"), &[(SET, "retention.ms", Some("1"))]).await, UnknownTopicOrPartition);
        assert_eq!(replace(client, topic, &[("retention.ms", "7")]).await, KafkaCode::None);
        assert_eq!(replace(client, topic, &[("segment.ms", "8")]).await, KafkaCode::None);
        assert!(show(client, topic, "retention.ms").await.starts_with("604800000 (5)"));
    });
}

#[test]
fn what_is_set_for_the_node_holds_at_once_for_its_topics_and_after_a_restart() {
    use KafkaCode::InvalidRequest;
    let node = Node::start(&[]);
    node.create_topics(&[("own", 1), ("follows", 1)]);
    node.run(async |client| {
        assert_eq!(change(client, (TOPIC, "own"), &[(SET, "retention.ms", Some("5000"))]).await, KafkaCode::None);
        for (resource, key, value, expected) in [
            ((BROKER, ""), "log.retention.ms", "1000", KafkaCode::None),
            ((BROKER, "1"), "log.retention.ms", "2000", KafkaCode::None),
            ((BROKER, "1"), "num.partitions", "2", InvalidRequest),
            ((BROKER, "1"), "log.retention.ms", "0", InvalidRequest),
            // As in Kafka: it may be a plug-in's, and means nothing to the node.
            ((BROKER, "1"), "plugin.of.somebody", "1", KafkaCode::None),
            ((BROKER, "2"), "log.retention.ms", "1", InvalidRequest),
            ((BROKER, "x"), "log.retention.ms", "1", InvalidRequest),
        ] {
            assert_eq!(change(client, resource, &[(SET, key, Some(value))]).await, expected, "{resource:?} {key}={value}");
        }
    });
    let node = node.restarted();
    node.run(async |client| {
        let by_node = "2:log.retention.ms=2000 3:log.retention.ms=1000 5:log.retention.hours=168";
        assert_eq!(show(client, (BROKER, "1"), "log.retention.ms").await, format!("2000 (2) {by_node}"));
        assert_eq!(show(client, (BROKER, ""), "log.retention.ms").await, "1000 (3) 3:log.retention.ms=1000");
        assert_eq!(describe(client, 4, (BROKER, "")).await.configs.len(), 1);
        assert_eq!(show(client, (TOPIC, "own"), "retention.ms").await, format!("5000 (1) 1:retention.ms=5000 {by_node}"));
        assert_eq!(show(client, (TOPIC, "follows"), "retention.ms").await, format!("2000 (2) {by_node}"));
        assert_eq!(change(client, (BROKER, "1"), &[(DELETE, "log.retention.ms", None)]).await, KafkaCode::None);
        assert!(show(client, (TOPIC, "follows"), "retention.ms").await.starts_with("1000 (3)"));
        assert!(show(client, (TOPIC, "own"), "retention.ms").await.starts_with("5000 (1)"));
    });
}

#[test]
fn topics_follow_a_node_that_is_started_with_another_configuration() {
    let mut node = Node::start(&[("log.retention.ms", "1000")]);
    node.run(async |client| {
        let topic =
            |name: &'static str| CreatableTopic { name: name.into(), num_partitions: 1, replication_factor: 1, ..Default::default() };
        let request = CreateTopicsRequest { topics: vec![topic("own"), topic("follows")], ..Default::default() };
        let _: CreateTopicsResponse<'_> = client.ask(7, &request).await;
        assert!(show(client, (TOPIC, "follows"), "retention.ms").await.starts_with("1000 (4)"));
        assert_eq!(change(client, (TOPIC, "own"), &[(SET, "retention.ms", Some("5000"))]).await, KafkaCode::None);
    });
    for (entries, expected) in [(&[("log.retention.ms", "2000")][..], "2000 (4)"), (&[], "604800000 (5)")] {
        node = node.restarted_with(entries);
        node.run(async |client| {
            assert!(show(client, (TOPIC, "own"), "retention.ms").await.starts_with("5000 (1)"));
            let shown = show(client, (TOPIC, "follows"), "retention.ms").await;
            assert!(shown.starts_with(expected), "{shown}");
        });
    }
}

#[test]
fn the_node_shows_the_address_clients_are_told_though_nobody_set_it() {
    let node = Node::start(&[]);
    node.run(async |client| {
        let broker = describe(client, 1, (BROKER, "1")).await;
        let address = "PLAINTEXT://127.0.0.1:9092";
        assert_eq!(shown(&broker, "advertised.listeners"), format!("{address} (4) fixed 4:advertised.listeners={address}"));
        assert_eq!(shown(&broker, "node.id"), "1 (4) fixed 4:node.id=1 5:node.id=1");
        assert_eq!(shown(&broker, "num.partitions"), "1 (5) fixed 5:num.partitions=1");
        let loggers = describe(client, 1, (BROKER_LOGGER, "1")).await;
        assert_eq!((code(loggers.error_code), loggers.configs.len()), (KafkaCode::None, 0));
        assert_eq!(change(client, (BROKER_LOGGER, "1"), &[(SET, "kafka", Some("DEBUG"))]).await, KafkaCode::InvalidConfig);
    });
}

#[test]
fn groups_and_client_metrics_are_configured_within_bounds_and_listed() {
    use KafkaCode::{InvalidConfig, InvalidRequest};
    let node = Node::start(&[]);
    node.run(async |client| {
        let (group, metrics) = ((GROUP, "readers"), (CLIENT_METRICS, "all"));
        let cases = [
            (group, SET, "consumer.session.timeout.ms", "50000", KafkaCode::None),
            (group, SET, "consumer.session.timeout.ms", "1000", InvalidConfig),
            (group, SET, "session.timeout.ms", "50000", InvalidConfig),
            ((GROUP, ""), SET, "consumer.session.timeout.ms", "50000", InvalidRequest),
            (metrics, SET, "interval.ms", "1000", KafkaCode::None),
            (metrics, SET, "interval.ms", "10", InvalidRequest),
            (metrics, SET, "interval.ms", "soon", InvalidConfig),
            (metrics, SET, "colour", "red", InvalidRequest),
            (metrics, APPEND, "metrics", "a.b,c", KafkaCode::None),
            (metrics, SUBTRACT, "metrics", "a.b", KafkaCode::None),
            (metrics, SET, "match", "client_id=app-.*", KafkaCode::None),
            (metrics, SET, "match", "colour=red", InvalidConfig),
            (metrics, APPEND, "interval.ms", "10", InvalidConfig),
            ((99, "x"), SET, "y", "z", InvalidRequest),
        ];
        for (resource, operation, key, value, expected) in cases {
            assert_eq!(change(client, resource, &[(operation, key, Some(value))]).await, expected, "{resource:?} {key} {value}");
        }
    });
    let node = node.restarted();
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        assert_eq!(
            show(client, (GROUP, "readers"), "consumer.session.timeout.ms").await,
            "50000 (8) 8:consumer.session.timeout.ms=50000 5:group.consumer.session.timeout.ms=45000"
        );
        assert_eq!(
            show(client, (GROUP, "others"), "consumer.session.timeout.ms").await,
            "45000 (5) 5:group.consumer.session.timeout.ms=45000"
        );
        assert_eq!(show(client, (CLIENT_METRICS, "all"), "metrics").await, "c (7) 7:metrics=c");
        assert_eq!(show(client, (CLIENT_METRICS, "all"), "interval.ms").await, "1000 (7) 7:interval.ms=1000");
        assert_eq!(show(client, (CLIENT_METRICS, "none"), "interval.ms").await, "300000 (5)");
        for (version, types, expected) in
            [(0, vec![], vec![(CLIENT_METRICS, "all")]), (1, vec![GROUP, BROKER], vec![(BROKER, "1"), (GROUP, "readers")])]
        {
            let answer: ListConfigResourcesResponse<'_> = client.ask(version, &ListConfigResourcesRequest { resource_types: types }).await;
            let found: Vec<_> = answer.config_resources.iter().map(|resource| (resource.resource_type, &*resource.resource_name)).collect();
            assert_eq!(found, expected);
        }
        let answer: ListConfigResourcesResponse<'_> = client.ask(1, &ListConfigResourcesRequest::default()).await;
        assert!(answer.config_resources.iter().any(|resource| resource.resource_name == "t" && resource.resource_type == TOPIC));
        let answer: ListConfigResourcesResponse<'_> = client.ask(1, &ListConfigResourcesRequest { resource_types: vec![3] }).await;
        assert_eq!(code(answer.error_code), KafkaCode::UnsupportedVersion);
    });
}
