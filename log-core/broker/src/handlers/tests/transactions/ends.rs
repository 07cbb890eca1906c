//! Commit and abort: records and positions count together or not at all.

use crate::handlers::tests::client::Node;
use crate::handlers::tests::member::position;
use crate::handlers::tests::txn::{Protocol, TxnProducer, describe};
use log_model::KafkaCode;

const DONE: KafkaCode = KafkaCode::None;

/// Makes what it writes part of its transaction, if the protocol asks for that.
async fn announce(producer: &mut TxnProducer, protocol: Protocol) {
    if protocol == Protocol::V1 {
        assert_eq!(producer.add("t", &[0, 1]).await, [DONE, DONE]);
        assert_eq!(producer.add_group("g").await, DONE);
    }
}

#[test]
fn records_and_positions_count_once_they_are_committed_and_never_if_they_are_aborted() {
    for protocol in [Protocol::V1, Protocol::V2] {
        let node = Node::start(&[]);
        node.create_topics(&[("t", 2), ("source", 1)]);
        node.run(async |client| {
            let mut producer = TxnProducer::init(&node, "x", protocol).await;
            let mut who = producer.who;
            let rounds = [(true, "a", 10), (false, "b", 20), (true, "c", 30), (false, "d", 40)];
            let (mut committed, mut at) = (Vec::new(), -1);
            for (is_commit, value, offset) in rounds {
                announce(&mut producer, protocol).await;
                assert_eq!(producer.write("t", 0, &[value]).await.0, DONE);
                assert_eq!(producer.write("t", 1, &[value, value]).await.0, DONE);
                assert_eq!(producer.commit_position("g", "source", offset).await, DONE);
                let (state, partitions) = describe(client, "x").await;
                assert_eq!((&*state, partitions.len()), ("Ongoing", 2), "t and the topic of positions");
                assert_eq!(client.committed("t", 0).await, committed, "{protocol:?}: not yet");
                assert_eq!(position(client, "g", "source", false).await, (DONE, at));
                assert_eq!(position(client, "g", "source", true).await.0, KafkaCode::UnstableOffsetCommit);

                assert_eq!(producer.end(is_commit).await, DONE);
                if is_commit {
                    committed.push(value);
                    at = offset;
                }
                let expected = if is_commit { "CompleteCommit" } else { "CompleteAbort" };
                assert_eq!(describe(client, "x").await, (expected.to_owned(), Vec::new()));
                assert_eq!(client.committed("t", 0).await, committed, "{protocol:?}");
                assert_eq!(client.committed("t", 1).await.len(), 2 * committed.len());
                assert_eq!(position(client, "g", "source", true).await, (DONE, at));
                who = if protocol == Protocol::V2 { who.later(1) } else { who };
                assert_eq!(producer.who, who, "{protocol:?}: with KIP-890 each end bumps the epoch");
            }
        });
        let node = node.crashed();
        node.run(async |client| {
            assert_eq!(client.committed("t", 0).await, ["a", "c"]);
            assert_eq!(position(client, "g", "source", true).await, (DONE, 30));
        });
    }
}

#[test]
fn an_end_whose_answer_was_lost_is_answered_again() {
    for (protocol, is_commit) in [(Protocol::V1, true), (Protocol::V1, false), (Protocol::V2, true), (Protocol::V2, false)] {
        let node = Node::start(&[]);
        node.create_topics(&[("t", 2)]);
        node.run(async |client| {
            let mut producer = TxnProducer::init(&node, "x", protocol).await;
            announce(&mut producer, protocol).await;
            producer.write("t", 0, &["a"]).await;
            let first = producer.ask_to_end(is_commit).await;
            let mut producer = producer.reconnected(&node).await;
            assert_eq!(producer.ask_to_end(is_commit).await, first, "{protocol:?}");
            assert_eq!(first.error_code, 0);
            let other = producer.ask_to_end(!is_commit).await;
            assert_eq!(other.error_code, KafkaCode::InvalidTxnState.as_i16(), "it has ended the other way");
            assert_eq!(client.committed("t", 0).await.len(), usize::from(is_commit));
        });
    }
}

#[test]
fn a_transaction_without_records_ends_as_its_protocol_says() {
    let node = Node::start(&[]);
    node.run(async |_| {
        let mut older = TxnProducer::init(&node, "x", Protocol::V1).await;
        assert_eq!((older.end(true).await, older.end(false).await), (KafkaCode::InvalidTxnState, KafkaCode::InvalidTxnState));
        let mut newer = TxnProducer::init(&node, "y", Protocol::V2).await;
        let who = newer.who;
        assert_eq!(newer.end(true).await, KafkaCode::InvalidTxnState);
        assert_eq!((newer.end(false).await, newer.who), (DONE, who.later(1)), "an abort bumps the epoch, begun or not");
    });
}

#[test]
fn two_producers_do_not_disturb_each_other() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        let mut x = TxnProducer::init(&node, "x", Protocol::V2).await;
        let mut y = TxnProducer::init(&node, "y", Protocol::V1).await;
        assert_eq!(y.add("t", &[0]).await, [DONE]);
        for round in ["1", "2"] {
            assert_eq!(x.write("t", 0, &[&format!("x{round}")]).await.0, DONE);
            assert_eq!(y.write("t", 0, &[&format!("y{round}")]).await.0, DONE);
        }
        assert_eq!((x.end(false).await, y.end(true).await), (DONE, DONE));
        assert_eq!(client.committed("t", 0).await, ["y1", "y2"]);
    });
}

#[test]
fn a_topic_that_is_deleted_meanwhile_does_not_hold_up_the_end() {
    for is_commit in [true, false] {
        let node = Node::start(&[]);
        node.create_topics(&[("t", 1), ("gone", 1)]);
        node.run(async |client| {
            let mut producer = TxnProducer::init(&node, "x", Protocol::V2).await;
            for topic in ["gone", "t"] {
                assert_eq!(producer.write(topic, 0, &["v"]).await.0, DONE);
            }
            client.delete_topic("gone").await;
            assert_eq!(producer.end(is_commit).await, DONE);
            assert_eq!(client.committed("t", 0).await.len(), usize::from(is_commit));
            assert_eq!(describe(client, "x").await.1, Vec::new());
        });
    }
}
