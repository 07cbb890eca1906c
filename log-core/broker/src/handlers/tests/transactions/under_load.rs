//! Transactions that are written to with many requests under way, by several producers, until the power goes.

use crate::handlers::tests::client::{Client, Node, code};
use crate::handlers::tests::member::position;
use crate::handlers::tests::txn::{Protocol, TxnProducer};
use crate::handlers::tests::wire::{PRODUCE, produce, transactional};
use futures::future::{Either, join_all, select};
use log_model::KafkaCode;
use log_wire::messages::{EndTxnRequest, EndTxnResponse, ProduceRequest, ProduceResponse};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::pin::pin;
use tokio::sync::Notify;

const DONE: KafkaCode = KafkaCode::None;

#[test]
fn writes_and_the_end_of_a_transaction_may_be_sent_without_waiting() {
    const ROUNDS: i32 = 4;
    let node = Node::start(&[]);
    node.create_topics(&[("t", 2)]);
    node.run(async |client| {
        let mut who = client.init_producer(Some("x")).await;
        for round in 0..3 {
            for number in 0..ROUNDS {
                for partition in [0, 1] {
                    let batch = transactional(&[&format!("{round}/{number}")], who, number);
                    let request = produce(&[("t", partition, batch.into_bytes())]);
                    client.send(PRODUCE, &ProduceRequest { transactional_id: Some("x".into()), ..request }).await;
                }
            }
            let end = EndTxnRequest { transactional_id: "x".into(), producer_id: who.id, producer_epoch: who.epoch, committed: round != 1 };
            client.send(5, &end).await;
            for _ in 0..2 * ROUNDS {
                let answer: ProduceResponse<'_> = client.receive(PRODUCE).await;
                assert_eq!(code(answer.responses[0].partition_responses[0].error_code), DONE);
            }
            let ended: EndTxnResponse = client.receive(5).await;
            assert_eq!(code(ended.error_code), DONE);
            who.epoch = ended.producer_epoch;
        }
        let expected: Vec<String> = [0, 2].iter().flat_map(|round| (0..ROUNDS).map(move |number| format!("{round}/{number}"))).collect();
        assert_eq!((client.committed("t", 0).await, client.committed("t", 1).await), (expected.clone(), expected));
    });
}

/// The producers, with the group whose position each moves.
const PRODUCERS: [(&str, &str, Protocol); 3] = [("x", "gx", Protocol::V2), ("y", "gy", Protocol::V1), ("z", "gz", Protocol::V2)];

/// What producers were told of their transactions: whether they are committed.
#[derive(Default)]
struct Told {
    ends: RefCell<BTreeMap<(&'static str, i64), bool>>,
    grown: Notify,
}

/// One transaction after another: a record in each partition, and a position. Every third is aborted.
async fn transact(node: &Node, (id, group, protocol): (&'static str, &'static str, Protocol), told: &Told) {
    let mut producer = TxnProducer::init(node, id, protocol).await;
    for number in 0.. {
        let value = format!("{id}/{number}");
        if protocol == Protocol::V1 {
            assert_eq!(producer.add("t", &[0, 1]).await, [DONE, DONE]);
            assert_eq!(producer.add_group(group).await, DONE);
        }
        assert_eq!(producer.write("t", 0, &[&value]).await.0, DONE);
        assert_eq!(producer.commit_position(group, "source", number).await, DONE);
        assert_eq!(producer.write("t", 1, &[&value]).await.0, DONE);
        let is_commit = number % 3 != 2;
        assert_eq!(producer.end(is_commit).await, DONE);
        told.ends.borrow_mut().insert((id, number), is_commit);
        told.grown.notify_one();
    }
}

/// Each transaction is whole or not at all, and those whose ends were answered ended so.
async fn check(client: &mut Client, told: &Told) {
    let (first, second) = (client.committed("t", 0).await, client.committed("t", 1).await);
    for (id, group, _) in PRODUCERS {
        let of = |all: &[String]| -> Vec<i64> {
            let numbers = all.iter().filter_map(|value| value.strip_prefix(&format!("{id}/"))?.parse().ok());
            numbers.collect()
        };
        let committed = of(&first);
        assert_eq!(of(&second), committed, "{id}: the same in both partitions");
        assert!(committed.is_sorted() && committed.iter().all(|number| number % 3 != 2), "{id}: {committed:?}");
        let ends = told.ends.borrow().clone();
        let answered: Vec<i64> =
            ends.into_iter().filter(|((who, _), is_commit)| *who == id && *is_commit).map(|((_, number), _)| number).collect();
        assert!(committed.starts_with(&answered) && committed.len() <= answered.len() + 1, "{id}: {committed:?}, {answered:?}");
        assert_eq!(position(client, group, "source", true).await, (DONE, committed.last().copied().unwrap_or(-1)), "{id}");
    }
}

#[test]
fn a_power_cut_leaves_every_transaction_whole_or_not_at_all() {
    for seed in 0..12 {
        let mut node = Node::seeded(seed, &[]);
        node.create_topics(&[("t", 2), ("source", 1)]);
        let told = Told::default();
        node.sim.run_until(async {
            let enough = async {
                while told.ends.borrow().len() < 5 + 3 * seed as usize {
                    told.grown.notified().await;
                }
                // Somewhere within the next transactions.
                node.turns(3 * seed as usize).await;
            };
            let load = pin!(join_all(PRODUCERS.map(|producer| transact(&node, producer, &told))));
            assert!(matches!(select(load, pin!(enough)).await, Either::Right(_)));
        });
        node = node.crashed();
        node.run(async |client| {
            for (id, ..) in PRODUCERS {
                client.init_producer(Some(id)).await;
            }
            check(client, &told).await;
        });
        node = node.crashed();
        node.run(async |client| check(client, &told).await);
    }
}
