//! What the node's configuration is to topics, when it is changed while the server does not run and when topics are made without it.

use super::client::{Client, Node};
use super::configs::{SET, change, replace, show};
use crate::handlers::config_resource::resource_type::{BROKER, TOPIC};
use log_client::{Log, NewTopic};
use log_model::{KafkaCode, TopicConfig, TopicName};
use log_wire::messages::create_topics_request::CreatableTopic;
use log_wire::messages::{CreateTopicsRequest, CreateTopicsResponse};

const DONE: KafkaCode = KafkaCode::None;
const NODE: (i8, &str) = (BROKER, "1");

async fn create(client: &mut Client, topic: &'static str) {
    let topics = vec![CreatableTopic { name: topic.into(), num_partitions: 1, replication_factor: -1, ..CreatableTopic::default() }];
    let answer: CreateTopicsResponse<'_> = client.ask(7, &CreateTopicsRequest { topics, ..CreateTopicsRequest::default() }).await;
    assert_eq!(answer.topics[0].error_code, 0);
}

/// The configuration that a topic lives by.
async fn config(node: &Node, topic: &str) -> TopicConfig {
    node.log.admin().describe_topic(&TopicName::new(topic).unwrap()).await.unwrap().config
}

#[test]
fn a_change_beside_the_server_leaves_topics_alone_until_that_starts_again() {
    let node = Node::start(&[("log.retention.hours", "1")]);
    node.create_topics(&[("plain", 1)]);
    node.create_configured("own", &[("retention.ms", "5000")]);
    let node = node.beside();
    node.run(async |client| {
        assert_eq!(change(client, NODE, &[(SET, "log.retention.ms", Some("7000"))]).await, DONE);
        // By what is it judged what is their own, while the node is to give them something else?
        assert_eq!(change(client, (TOPIC, "plain"), &[(SET, "max.message.bytes", Some("2000"))]).await, DONE);
        assert_eq!(change(client, (TOPIC, "own"), &[(SET, "max.message.bytes", Some("2000"))]).await, DONE);
        create(client, "later").await;
        let made_here = NewTopic::new(TopicName::new("embedded").unwrap(), 1);
        node.log.admin().create_topic(made_here).await.unwrap();
        for (topic, expected_ms) in [("plain", 3_600_000), ("own", 5000), ("later", 3_600_000), ("embedded", 3_600_000)] {
            assert_eq!(config(&node, topic).await.retention_ms, expected_ms, "{topic}");
        }
    });
    let node = node.restarted();
    node.run(async |_| {
        for (topic, expected_ms) in [("plain", 7000), ("own", 5000), ("later", 7000), ("embedded", 7000)] {
            assert_eq!(config(&node, topic).await.retention_ms, expected_ms, "{topic}");
        }
        for topic in ["plain", "own"] {
            assert_eq!(config(&node, topic).await.max_message_bytes, 2000, "{topic}");
        }
    });
}

#[test]
fn a_change_beside_the_server_is_judged_by_what_that_was_started_with() {
    let node = Node::start(&[("log.cleaner.max.compaction.lag.ms", "5000"), ("num.partitions", "3")]).beside();
    node.run(async |client| {
        let expected = "5000 (4) 4:log.cleaner.max.compaction.lag.ms=5000 5:log.cleaner.max.compaction.lag.ms=9223372036854775807";
        assert_eq!(show(client, NODE, "log.cleaner.max.compaction.lag.ms").await, expected);
        for (value, expected) in [("6000", KafkaCode::InvalidRequest), ("4000", DONE)] {
            assert_eq!(replace(client, NODE, &[("log.cleaner.min.compaction.lag.ms", value)]).await, expected, "{value}");
        }
    });
    let node = node.restarted();
    node.run(async |client| {
        create(client, "t").await;
        let config = config(&node, "t").await;
        assert_eq!((config.min_compaction_lag_ms, config.max_compaction_lag_ms), (4000, 5000));
    });
}

#[test]
fn what_was_changed_is_left_out_where_the_server_is_started_with_its_contrary() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| assert_eq!(replace(client, NODE, &[("log.cleaner.min.compaction.lag.ms", "6000")]).await, DONE));
    let node = node.restarted_with(&[("log.cleaner.max.compaction.lag.ms", "5000")]);
    assert_eq!(node.run(async |_| config(&node, "t").await).min_compaction_lag_ms, 0);
    let node = node.restarted_with(&[("log.cleaner.max.compaction.lag.ms", "7000")]);
    assert_eq!(node.run(async |_| config(&node, "t").await).min_compaction_lag_ms, 6000, "it was kept");
}

#[test]
fn a_topic_made_by_the_application_has_from_the_node_what_it_does_not_set() {
    let node = Node::start(&[("log.retention.ms", "-1"), ("message.max.bytes", "3000")]);
    node.create_topics(&[("t", 1)]);
    node.create_configured("own", &[("max.message.bytes", "2000")]);
    node.run(async |client| {
        assert_eq!(show(client, (TOPIC, "t"), "retention.ms").await, "-1 (4) 4:log.retention.ms=-1 5:log.retention.hours=168");
        assert_eq!((config(&node, "own").await.retention_ms, config(&node, "own").await.max_message_bytes), (-1, 2000));
        let altered = TopicConfig::from_entries([("max.message.bytes", "1000")]).unwrap();
        node.log.admin().alter_topic(&TopicName::new("own").unwrap(), altered).await.unwrap();
        assert_eq!((config(&node, "own").await.retention_ms, config(&node, "own").await.max_message_bytes), (-1, 1000));
        assert_eq!(replace(client, NODE, &[("log.retention.ms", "9000")]).await, DONE);
        for topic in ["t", "own"] {
            assert_eq!(config(&node, topic).await.retention_ms, 9000, "{topic} follows");
        }
    });
}
