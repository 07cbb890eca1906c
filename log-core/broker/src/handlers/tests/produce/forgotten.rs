//! Idempotent producers that write nothing any more, and when they are forgotten.

use crate::handlers::tests::client::{Client, Node};
use crate::handlers::tests::configs::{SET, change};
use crate::handlers::tests::wire::numbered;
use log_model::KafkaCode;
use log_wire::messages::describe_producers_request::TopicRequest;
use log_wire::messages::{DescribeProducersRequest, DescribeProducersResponse};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const BROKER: (i8, &str) = (crate::handlers::config_resource::resource_type::BROKER, "1");

async fn producer_count(client: &mut Client) -> usize {
    let topics = vec![TopicRequest { name: "t".into(), partition_indexes: vec![0] }];
    let answer: DescribeProducersResponse<'_> = client.ask(0, &DescribeProducersRequest { topics }).await;
    answer.topics[0].partitions[0].active_producers.len()
}

#[test]
fn a_silent_producer_is_forgotten_when_the_node_says_and_that_may_change_meanwhile() {
    let node = Node::start(&[
        ("connections.max.idle.ms", "-1"),
        ("producer.id.expiration.ms", "1800000"),
        ("log.retention.check.interval.ms", "60000"),
    ]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        let write = async |client: &mut Client| {
            let who = client.init_producer(None).await;
            assert_eq!(client.append("t", 0, &numbered(&["v"], who, 0)).await.0, KafkaCode::None);
        };
        write(client).await;
        node.pass(29 * MINUTE).await;
        assert_eq!(producer_count(client).await, 1);
        node.pass(3 * MINUTE).await;
        assert_eq!(producer_count(client).await, 0);
        write(client).await;
        assert_eq!(change(client, BROKER, &[(SET, "producer.id.expiration.ms", Some("600000"))]).await, KafkaCode::None);
        node.pass(9 * MINUTE).await;
        assert_eq!(producer_count(client).await, 1);
        node.pass(3 * MINUTE).await;
        assert_eq!(producer_count(client).await, 0);
    });
    let node = node.restarted();
    node.run(async |client| {
        let who = client.init_producer(None).await;
        assert_eq!(client.append("t", 0, &numbered(&["v"], who, 0)).await.0, KafkaCode::None);
        node.pass(12 * MINUTE).await;
        assert_eq!(producer_count(client).await, 0, "what was changed counts after a restart too");
    });
}
