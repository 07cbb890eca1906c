//! Answers: a partition each, in the order of the requests, or none at all.

use crate::handlers::tests::client::{Node, code};
use crate::handlers::tests::wire::{PRODUCE, batch, produce, tampered};
use log_model::KafkaCode::{self, CorruptMessage, UnknownTopicOrPartition};
use log_wire::messages::{MetadataRequest, MetadataResponse, ProduceRequest, ProduceResponse};

#[test]
fn partitions_succeed_and_fail_one_by_one() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 3), ("u", 1)]);
    node.run(async |client| {
        let good = batch(&["good"]);
        let bad = tampered(&good, good.size_bytes() - 2, b"?", false);
        let parts = [
            ("t", 0, good.as_bytes().clone()),
            ("t", 1, bad),
            ("t", 2, good.as_bytes().clone()),
            ("t", 3, good.as_bytes().clone()),
            ("u", 0, good.as_bytes().clone()),
            ("v", 0, good.as_bytes().clone()),
        ];
        let answers = client.produce(PRODUCE, &produce(&parts)).await;
        let outcome: Vec<_> = answers.iter().map(|answer| (answer.index, code(answer.error_code), answer.base_offset)).collect();
        let done = KafkaCode::None;
        let expected = [
            (0, done, 0),
            (1, CorruptMessage, -1),
            (2, done, 0),
            (3, UnknownTopicOrPartition, -1),
            (0, done, 0),
            (0, UnknownTopicOrPartition, -1),
        ];
        assert_eq!(outcome, expected);
        for (topic, partition, count) in [("t", 0, 1), ("t", 1, 0), ("t", 2, 1), ("u", 0, 1)] {
            assert_eq!(client.stored(topic, partition).await.len(), count, "{topic}-{partition}");
        }
    });
}

#[test]
fn without_acks_nothing_is_answered_and_everything_is_stored() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        for value in ["a", "b", "c"] {
            let request = ProduceRequest { acks: 0, ..produce(&[("t", 0, batch(&[value]).into_bytes())]) };
            client.send_unanswered(PRODUCE, &request).await;
        }
        let next: MetadataResponse<'_> = client.ask(12, &MetadataRequest::default()).await;
        assert_eq!(next.brokers.len(), 1);
        // Nobody waited for the flush: one that is answered comes behind them.
        assert_eq!(client.append("t", 0, &batch(&["d"])).await, (KafkaCode::None, 3));
        assert_eq!(client.stored("t", 0).await, ["a", "b", "c", "d"]);
    });
}

#[test]
fn without_acks_an_error_closes_the_connection_and_what_was_answered_before_is_there() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        let mut other = node.connect().await;
        client.send(PRODUCE, &produce(&[("t", 0, batch(&["before"]).into_bytes())])).await;
        let request = ProduceRequest { acks: 0, ..produce(&[("missing", 0, batch(&["lost"]).into_bytes())]) };
        client.send_unanswered(PRODUCE, &request).await;
        let before: ProduceResponse<'_> = client.receive(PRODUCE).await;
        assert_eq!(code(before.responses[0].partition_responses[0].error_code), KafkaCode::None);
        client.expect_end().await;
        assert_eq!(other.stored("t", 0).await, ["before"]);
    });
}

#[test]
fn requests_that_are_sent_together_share_flushes_and_are_answered_in_order() {
    const COUNT: i64 = 40;
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        let syncs_before = node.sim.disk.sync_count();
        for number in 0..COUNT {
            client.send(PRODUCE, &produce(&[("t", 0, batch(&[number.to_string().as_str()]).into_bytes())])).await;
        }
        client.send(12, &MetadataRequest::default()).await;
        for offset in 0..COUNT {
            let answer: ProduceResponse<'_> = client.receive(PRODUCE).await;
            assert_eq!(answer.responses[0].partition_responses[0].base_offset, offset);
        }
        let last: MetadataResponse<'_> = client.receive(12).await;
        assert_eq!(last.brokers.len(), 1, "another request waits for its turn");
        let syncs = node.sim.disk.sync_count() - syncs_before;
        assert!((1..COUNT as u64 / 2).contains(&syncs), "{syncs} syncs for {COUNT} requests");
        let expected: Vec<String> = (0..COUNT).map(|number| number.to_string()).collect();
        assert_eq!(client.stored("t", 0).await, expected);
    });
}
