//! Markers that others write: an administrator who ends a transaction partition by partition.

use crate::handlers::tests::client::{Node, code};
use crate::handlers::tests::member::position;
use crate::handlers::tests::txn::{Protocol, TxnProducer};
use log_model::KafkaCode::{self, UnknownTopicOrPartition};
use log_model::{Offset, TopicName};
use log_wire::messages::write_txn_markers_request::{WritableTxnMarker, WritableTxnMarkerTopic};
use log_wire::messages::{WriteTxnMarkersRequest, WriteTxnMarkersResponse};
use std::time::Duration;

const DONE: KafkaCode = KafkaCode::None;

#[test]
fn the_markers_of_a_request_share_a_flush_and_are_answered_one_by_one() {
    for (version, is_commit) in [(1, true), (1, false), (2, true), (2, false)] {
        let node = Node::start(&[]);
        node.create_topics(&[("t", 3), ("u", 1)]);
        node.run(async |client| {
            let mut producer = TxnProducer::init(&node, "x", Protocol::V2).await;
            for (topic, partition) in [("t", 0), ("t", 1), ("t", 2), ("u", 0)] {
                assert_eq!(producer.write(topic, partition, &["v"]).await.0, DONE);
            }
            assert_eq!(producer.commit_position("g", "u", 5).await, DONE);
            let topic =
                |name: &'static str, indexes: &[i32]| WritableTxnMarkerTopic { name: name.into(), partition_indexes: indexes.to_vec() };
            let marker = |topics| WritableTxnMarker {
                producer_id: producer.who.id,
                producer_epoch: producer.who.epoch,
                transaction_result: is_commit,
                topics,
                ..WritableTxnMarker::default()
            };
            let first = marker(vec![topic("t", &[0, 7, 1]), topic("missing", &[0]), topic("__consumer_offsets", &[0])]);
            let second = marker(vec![topic("t", &[2]), topic("u", &[0])]);
            node.fill_journal_after(1);
            let answer: WriteTxnMarkersResponse<'_> = client.ask(version, &WriteTxnMarkersRequest { markers: vec![first, second] }).await;
            node.empty_journal();
            let topics = answer.markers.iter().flat_map(|marker| &marker.topics);
            let answered: Vec<_> = topics
                .flat_map(|topic| topic.partitions.iter().map(|at| (&*topic.name, at.partition_index, code(at.error_code))))
                .collect();
            let expected = [
                ("t", 0, DONE),
                ("t", 7, UnknownTopicOrPartition),
                ("t", 1, DONE),
                ("missing", 0, UnknownTopicOrPartition),
                ("__consumer_offsets", 0, DONE),
                ("t", 2, DONE),
                ("u", 0, DONE),
            ];
            assert_eq!((answered, answer.markers.len()), (expected.to_vec(), 2));
            for (topic, partition) in [("t", 0), ("t", 1), ("t", 2), ("u", 0)] {
                let expected = if is_commit { vec!["v"] } else { Vec::new() };
                assert_eq!(client.committed(topic, partition).await, expected, "{topic}-{partition}");
            }
            assert_eq!(position(client, "g", "u", true).await, (DONE, if is_commit { 5 } else { -1 }));
        });
    }
}

#[test]
fn a_request_has_so_many_markers_under_way_however_many_it_names() {
    const NAMED: usize = 2500;
    const AT_ONCE: i64 = 1000;
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        let topic = WritableTxnMarkerTopic { name: "t".into(), partition_indexes: [0; NAMED].to_vec() };
        let marker = WritableTxnMarker { producer_id: 7, topics: vec![topic], ..WritableTxnMarker::default() };
        node.fill_journal();
        client.send(1, &WriteTxnMarkersRequest { markers: vec![marker] }).await;
        node.pass(Duration::from_secs(1)).await;
        let partition = TopicName::new("t").unwrap().partition(0);
        let staged = node.log.core().directory().unwrap().info(&partition).unwrap().log_end;
        assert_eq!(staged, Offset(AT_ONCE));
        node.empty_journal();
        let answer: WriteTxnMarkersResponse<'_> = client.receive(1).await;
        let partitions = &answer.markers[0].topics[0].partitions;
        assert!(partitions.len() == NAMED && partitions.iter().all(|partition| code(partition.error_code) == DONE));
        let staged = node.log.core().directory().unwrap().info(&partition).unwrap().log_end;
        assert_eq!(staged, Offset(NAMED as i64));
    });
}
