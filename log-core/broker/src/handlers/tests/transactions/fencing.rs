//! Only the newest incarnation writes and ends; a transaction that lasts too long is aborted and its producer fenced.

use crate::handlers::tests::client::{Node, code};
use crate::handlers::tests::txn::{Protocol, TxnProducer, describe};
use log_model::KafkaCode::{self, InvalidProducerEpoch, InvalidTransactionTimeout, ProducerFenced};
use log_wire::messages::{InitProducerIdRequest, InitProducerIdResponse};
use std::time::Duration;

const DONE: KafkaCode = KafkaCode::None;

#[test]
fn a_second_producer_aborts_what_the_first_left_open_and_fences_it() {
    for protocol in [Protocol::V1, Protocol::V2] {
        let node = Node::start(&[]);
        node.create_topics(&[("t", 1)]);
        node.run(async |client| {
            let mut first = TxnProducer::init(&node, "x", protocol).await;
            if protocol == Protocol::V1 {
                assert_eq!(first.add("t", &[0]).await, [DONE]);
            }
            assert_eq!(first.write("t", 0, &["lost"]).await.0, DONE);
            let mut second = TxnProducer::init(&node, "x", protocol).await;
            assert!(second.who.id == first.who.id && second.who.epoch > first.who.epoch);
            assert_eq!(describe(client, "x").await.0, "Empty");

            assert_eq!(first.write("t", 0, &["late"]).await, (InvalidProducerEpoch, -1), "{protocol:?}");
            assert_eq!(first.commit_position("g", "t", 1).await, InvalidProducerEpoch, "{protocol:?}");
            assert_eq!((first.end(true).await, first.end(false).await), (ProducerFenced, ProducerFenced));
            if protocol == Protocol::V1 {
                assert_eq!((first.add("t", &[0]).await, first.add_group("g").await), (vec![ProducerFenced], ProducerFenced));
                assert_eq!(second.add("t", &[0]).await, [DONE]);
            }
            assert_eq!(second.write("t", 0, &["kept"]).await.0, DONE);
            assert_eq!(second.end(true).await, DONE);
            assert_eq!(client.committed("t", 0).await, ["kept"]);
        });
    }
}

#[test]
fn a_transaction_that_lasts_too_long_is_aborted_and_its_producer_fenced() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        let mut producer = TxnProducer::init(&node, "x", Protocol::V2).await;
        assert_eq!(producer.write("t", 0, &["lost"]).await.0, DONE);
        node.pass(Duration::from_secs(59)).await;
        assert_eq!(producer.write("t", 0, &["lost too"]).await.0, DONE);
        assert_eq!(describe(client, "x").await.0, "Ongoing");
        node.pass(Duration::from_secs(2)).await;
        assert_eq!(describe(client, "x").await, ("CompleteAbort".to_owned(), Vec::new()));
        assert_eq!(client.committed("t", 0).await, Vec::<String>::new());
        client.append("t", 0, &crate::handlers::tests::wire::batch(&["plain"])).await;
        assert_eq!(client.committed("t", 0).await, ["plain"], "nobody is held back any more");
        assert_eq!(producer.write("t", 0, &["late"]).await, (InvalidProducerEpoch, -1));
        assert_eq!(producer.end(true).await, ProducerFenced);
        let mut next = TxnProducer::init(&node, "x", Protocol::V2).await;
        assert_eq!((next.write("t", 0, &["kept"]).await.0, next.end(true).await), (DONE, DONE));
        assert_eq!(client.committed("t", 0).await, ["plain", "kept"]);
    });
}

#[test]
fn a_timeout_beyond_what_the_node_allows_is_refused() {
    let node = Node::start(&[("transaction.max.timeout.ms", "90000")]);
    node.run(async |client| {
        for (transaction_timeout_ms, expected) in
            [(0, InvalidTransactionTimeout), (-1, InvalidTransactionTimeout), (90_001, InvalidTransactionTimeout), (90_000, DONE)]
        {
            for version in 0..=5 {
                let request = InitProducerIdRequest {
                    transactional_id: Some("x".into()),
                    transaction_timeout_ms,
                    producer_id: -1,
                    producer_epoch: -1,
                };
                let answer: InitProducerIdResponse = client.ask(version, &request).await;
                assert_eq!(code(answer.error_code), expected, "{transaction_timeout_ms}, version {version}");
            }
        }
    });
}

#[test]
fn a_producer_that_names_itself_goes_on_and_a_stale_one_does_not() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        let mut producer = TxnProducer::init(&node, "x", Protocol::V2).await;
        let who = producer.who;
        producer.write("t", 0, &["aborted"]).await;
        let naming = |epoch| InitProducerIdRequest {
            transactional_id: Some("x".into()),
            transaction_timeout_ms: 60_000,
            producer_id: who.id,
            producer_epoch: epoch,
        };
        let first: InitProducerIdResponse = client.ask(5, &naming(who.epoch)).await;
        assert_eq!((code(first.error_code), first.producer_id, first.producer_epoch), (DONE, who.id, who.epoch + 1));
        let again: InitProducerIdResponse = client.ask(5, &naming(who.epoch)).await;
        assert_eq!(again, first, "the answer was lost");
        let next: InitProducerIdResponse = client.ask(5, &naming(who.epoch + 1)).await;
        assert_eq!((code(next.error_code), next.producer_epoch), (DONE, who.epoch + 2));
        for (version, expected) in [(3, InvalidProducerEpoch), (4, ProducerFenced), (5, ProducerFenced)] {
            let stale: InitProducerIdResponse = client.ask(version, &naming(who.epoch)).await;
            assert_eq!((code(stale.error_code), stale.producer_id, stale.producer_epoch), (expected, -1, -1));
        }
        assert_eq!(client.committed("t", 0).await, Vec::<String>::new());
    });
}
