//! Requests out of order, and of whoever has no transaction.

use crate::handlers::tests::client::Node;
use crate::handlers::tests::member::position;
use crate::handlers::tests::txn::{Protocol, TxnProducer};
use crate::handlers::tests::wire::{Who, produce, transactional};
use log_model::KafkaCode::{
    self, InvalidProducerIdMapping, InvalidTxnState, OperationNotAttempted, TransactionAbortable, UnknownTopicOrPartition,
};
use log_wire::messages::ProduceRequest;

#[test]
fn nobody_writes_or_ends_who_was_not_initialized() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        for protocol in [Protocol::V1, Protocol::V2] {
            let known = TxnProducer::init(&node, "known", protocol).await;
            for id in ["unknown", "known"] {
                // An id of a producer that was never given out.
                let mut stranger = TxnProducer::stranger(&node, id, protocol, Who { id: known.who.id + 77, epoch: 0 }).await;
                assert_eq!(stranger.write("t", 0, &["a"]).await, (InvalidProducerIdMapping, -1), "{id} {protocol:?}");
                assert_eq!(stranger.add("t", &[0]).await, [InvalidProducerIdMapping]);
                assert_eq!(stranger.add_group("g").await, InvalidProducerIdMapping);
                assert_eq!(stranger.commit_position("g", "t", 1).await, InvalidProducerIdMapping);
                assert_eq!((stranger.end(true).await, stranger.end(false).await), (InvalidProducerIdMapping, InvalidProducerIdMapping));
            }
        }
        assert_eq!(client.stored("t", 0).await, Vec::<String>::new());
        assert_eq!(position(client, "g", "t", true).await, (KafkaCode::None, -1));
    });
}

#[test]
fn with_the_older_protocol_a_partition_must_be_added_before_it_is_written_to() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 2)]);
    node.run(async |client| {
        let mut producer = TxnProducer::init(&node, "x", Protocol::V1).await;
        assert_eq!(producer.write("t", 0, &["a"]).await, (TransactionAbortable, -1), "before it began");
        assert_eq!(producer.commit_position("g", "t", 1).await, TransactionAbortable);
        assert_eq!(producer.add("t", &[1]).await, [KafkaCode::None]);
        assert_eq!(producer.write("t", 0, &["a"]).await, (TransactionAbortable, -1), "another partition was added");
        for (version, expected) in [(3, InvalidTxnState), (10, InvalidTxnState), (11, TransactionAbortable)] {
            let batch = transactional(&["a"], producer.who, 0).into_bytes();
            let request = ProduceRequest { transactional_id: Some("x".into()), ..produce(&[("t", 0, batch)]) };
            let answers = producer.client.produce(version, &request).await;
            assert_eq!(answers[0].error_code, expected.as_i16(), "version {version}: older clients know no better code");
        }
        assert_eq!(producer.write("t", 1, &["b"]).await.0, KafkaCode::None);
        assert_eq!(producer.end(true).await, KafkaCode::None);
        assert_eq!((client.stored("t", 0).await.len(), client.committed("t", 1).await.len()), (0, 1));
    });
}

#[test]
fn one_partition_that_is_missing_stops_all_the_others() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 2)]);
    node.run(async |_| {
        let mut producer = TxnProducer::init(&node, "x", Protocol::V1).await;
        assert_eq!(producer.add("t", &[0, 7, 1]).await, [OperationNotAttempted, UnknownTopicOrPartition, OperationNotAttempted]);
        assert_eq!(producer.end(true).await, InvalidTxnState, "nothing was begun");
        let mut newer = TxnProducer::init(&node, "y", Protocol::V2).await;
        assert_eq!(newer.write("t", 7, &["a"]).await, (UnknownTopicOrPartition, -1));
        assert_eq!(newer.write("t", 0, &["a"]).await.0, KafkaCode::None, "a partition that failed does not end it");
        assert_eq!(newer.end(true).await, KafkaCode::None);
    });
}

#[test]
fn a_plain_batch_of_a_producer_in_a_transaction_is_refused() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        let mut producer = TxnProducer::init(&node, "x", Protocol::V2).await;
        assert_eq!(producer.write("t", 0, &["a"]).await.0, KafkaCode::None);
        let outside = crate::handlers::tests::wire::numbered(&["b"], producer.who, 1);
        assert_eq!(client.append("t", 0, &outside).await, (InvalidTxnState, -1));
        assert_eq!(producer.end(true).await, KafkaCode::None);
        assert_eq!(client.committed("t", 0).await, ["a"]);
    });
}
