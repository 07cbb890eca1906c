//! A node that stops, or loses power, in the middle of a transaction or of its end.

use crate::handlers::tests::client::{Client, Node};
use crate::handlers::tests::member::position;
use crate::handlers::tests::txn::{Protocol, TxnProducer, describe};
use crate::node::topics::transactions_partition;
use futures::future::select;
use log_coordination::transactions::{ProducerIdAndEpoch, Record, Transaction, TransactionState, TransactionVersion};
use log_model::{CompressionType, KafkaCode, ProducerEpoch, ProducerId, Timestamp, TopicName};
use log_record::BatchBuilder;
use std::collections::BTreeSet;
use std::pin::pin;
use std::time::Duration;

const DONE: KafkaCode = KafkaCode::None;

type Restart = fn(Node) -> Node;
const RESTARTS: [(&str, Restart); 2] = [("stopped", Node::restarted), ("crashed", Node::crashed)];

#[test]
fn a_transaction_goes_on_where_it_was() {
    for (how, restart) in RESTARTS {
        for is_commit in [true, false] {
            let node = Node::start(&[]);
            node.create_topics(&[("t", 2), ("source", 1)]);
            let producer = node.run(async |_| {
                let mut producer = TxnProducer::init(&node, "x", Protocol::V2).await;
                assert_eq!(producer.write("t", 0, &["before"]).await.0, DONE);
                assert_eq!(producer.commit_position("g", "source", 5).await, DONE);
                producer
            });
            let node = restart(node);
            let who = node.run(async |client| {
                let mut producer = producer.reconnected(&node).await;
                let (state, partitions) = describe(client, "x").await;
                assert_eq!((&*state, partitions.len()), ("Ongoing", 2), "{how}");
                assert_eq!(client.committed("t", 0).await, Vec::<String>::new());
                assert_eq!(position(client, "g", "source", true).await.0, KafkaCode::UnstableOffsetCommit);
                assert_eq!(producer.write("t", 0, &["after"]).await.0, DONE);
                assert_eq!(producer.write("t", 1, &["new"]).await.0, DONE);
                assert_eq!(producer.end(is_commit).await, DONE);
                producer.who
            });
            let node = restart(node);
            node.run(async |client| {
                let expected: &[&str] = if is_commit { &["before", "after"] } else { &[] };
                assert_eq!(client.committed("t", 0).await, expected, "{how}");
                assert_eq!(client.committed("t", 1).await.len(), usize::from(is_commit));
                assert_eq!(position(client, "g", "source", true).await, (DONE, if is_commit { 5 } else { -1 }));
                assert_eq!(TxnProducer::init(&node, "x", Protocol::V2).await.who, who.later(1));
            });
        }
    }
}

#[test]
fn a_transaction_whose_producer_never_comes_back_times_out_after_a_restart() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |_| {
        let mut producer = TxnProducer::init(&node, "x", Protocol::V1).await;
        assert_eq!(producer.add("t", &[0]).await, [DONE]);
        assert_eq!(producer.write("t", 0, &["lost"]).await.0, DONE);
    });
    let node = node.crashed();
    node.run(async |client| {
        assert_eq!(describe(client, "x").await.0, "Ongoing");
        node.pass(Duration::from_secs(61)).await;
        assert_eq!(describe(client, "x").await.0, "CompleteAbort");
        assert_eq!((client.stored("t", 0).await.len(), client.committed("t", 0).await.len()), (1, 0));
    });
}

/// Writes what a node leaves that decides in one step and ends in another, as Apache Kafka's do.
fn leave_decided(node: &Node, producer: &TxnProducer, state: TransactionState) {
    let topic = TopicName::new("t").unwrap();
    let transaction = Transaction {
        producer: ProducerIdAndEpoch { id: ProducerId(producer.who.id), epoch: ProducerEpoch(producer.who.epoch) },
        previous: None,
        next_producer_id: None,
        timeout_ms: 60_000,
        state,
        partitions: [topic.partition(0), topic.partition(1)].into(),
        start_ms: node.env.clock.wall_ms(),
        last_update_ms: node.env.clock.wall_ms(),
        version: TransactionVersion::V1,
    };
    let record = Record::Transaction { transactional_id: "x".into(), transaction: Some(transaction) };
    let (key, value) = record.encode().unwrap().unwrap();
    let mut builder = BatchBuilder::new(CompressionType::None);
    builder.append_parts(Timestamp(1), Some(&key), value.as_deref(), &[]).unwrap();
    let directory = node.log.core().directory().unwrap();
    let staged = directory.stage(vec![(transactions_partition(), vec![builder.build()])], 1).unwrap();
    assert!(directory.flush().unwrap().lsn >= staged.lsn);
}

#[test]
fn an_end_that_was_decided_is_carried_out_when_the_node_comes_back() {
    use TransactionState::{PrepareAbort, PrepareCommit, PrepareEpochFence};
    for (state, is_commit) in [(PrepareCommit, true), (PrepareAbort, false), (PrepareEpochFence, false)] {
        let node = Node::start(&[]);
        node.create_topics(&[("t", 2)]);
        node.run(async |_| {
            let mut producer = TxnProducer::init(&node, "x", Protocol::V1).await;
            assert_eq!(producer.add("t", &[0, 1]).await, [DONE, DONE]);
            assert_eq!(producer.write("t", 0, &["a"]).await.0, DONE);
            leave_decided(&node, &producer, state);
        });
        let node = node.crashed();
        let check = async |client: &mut Client| {
            let expected = if is_commit { "CompleteCommit" } else { "CompleteAbort" };
            assert_eq!(describe(client, "x").await, (expected.to_owned(), Vec::new()), "{state:?}");
            assert_eq!(client.committed("t", 0).await.len(), usize::from(is_commit), "{state:?}");
        };
        node.run(check);
        let node = node.crashed();
        node.run(check);
        node.run(async |client| {
            let mut next = TxnProducer::init(&node, "x", Protocol::V2).await;
            assert_eq!((next.write("t", 0, &["b"]).await.0, next.end(true).await), (DONE, DONE));
            assert_eq!(client.committed("t", 0).await.last().map(String::as_str), Some("b"));
        });
    }
}

#[test]
fn an_end_that_is_cut_off_by_a_power_cut_is_whole_or_not_at_all() {
    let mut seen = BTreeSet::new();
    for turns in 0..24 {
        let node = Node::start(&[]);
        node.create_topics(&[("t", 2)]);
        node.run(async |_| {
            let mut producer = TxnProducer::init(&node, "x", Protocol::V2).await;
            for partition in [0, 1] {
                assert_eq!(producer.write("t", partition, &["v"]).await.0, DONE);
            }
            select(pin!(producer.end(true)), pin!(node.turns(turns))).await;
        });
        let node = node.crashed();
        node.run(async |client| {
            let counts = (client.committed("t", 0).await.len(), client.committed("t", 1).await.len());
            assert!(counts == (0, 0) || counts == (1, 1), "{counts:?}");
            let expected = if counts == (1, 1) { "CompleteCommit" } else { "Ongoing" };
            assert_eq!(describe(client, "x").await.0, expected);
            seen.insert(counts.0);
        });
    }
    assert_eq!(seen, BTreeSet::from([0, 1]), "the cut came before and after");
}
