//! Long polls: a fetch that finds too little waits until there is enough or its time is up, whichever is first.

use crate::handlers::tests::client::{Client, Node};
use crate::handlers::tests::txn::{Protocol, TxnProducer};
use crate::handlers::tests::wire::{FETCH, batch, batches, fetch, values};
use log_model::KafkaCode;
use log_wire::messages::{FetchRequest, FetchResponse, MetadataRequest, MetadataResponse};
use std::time::Duration;

const A_LITTLE: Duration = Duration::from_millis(100);

fn waiting(wanted: &[(&str, i32, i64)], min_bytes: i32) -> FetchRequest<'static> {
    FetchRequest { max_wait_ms: 5000, min_bytes, ..fetch(wanted) }
}

/// The values of the answer, and how long it took since `start`.
async fn answered(node: &Node, client: &mut Client, start: log_env::Mono) -> (Vec<String>, Duration) {
    let answer: FetchResponse<'_> = client.receive(FETCH).await;
    let found = answer.responses.iter().flat_map(|topic| &topic.partitions).flat_map(batches).collect::<Vec<_>>();
    (values(&found), node.env.clock.now().since(start))
}

#[test]
fn a_fetch_that_finds_nothing_is_answered_when_its_time_is_up() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        for (max_wait_ms, min_bytes, expected_ms) in [(5000, 1, 5000), (700, 1, 700), (0, 1, 0), (5000, 0, 0), (-1, 1, 0)] {
            let start = node.env.clock.now();
            client.send(FETCH, &FetchRequest { max_wait_ms, min_bytes, ..fetch(&[("t", 0, 0)]) }).await;
            let expected = (Vec::new(), Duration::from_millis(expected_ms));
            assert_eq!(answered(&node, client, start).await, expected, "{max_wait_ms} ms for {min_bytes} bytes");
        }
    });
}

#[test]
fn a_waiting_fetch_is_woken_by_an_append_to_any_of_its_partitions() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 2), ("u", 1)]);
    node.run(async |producer| {
        let all = [("t", 0), ("t", 1), ("u", 0)];
        for (turn, (topic, partition)) in all.into_iter().enumerate() {
            let mut reader = node.connect().await;
            // Whoever had its turn has one record.
            let wanted: Vec<_> = all.iter().zip(0..).map(|((topic, partition), at)| (*topic, *partition, i64::from(at < turn))).collect();
            let start = node.env.clock.now();
            reader.send(FETCH, &waiting(&wanted, 1)).await;
            node.pass(A_LITTLE).await;
            assert_eq!(producer.append(topic, partition, &batch(&["news"])).await.0, KafkaCode::None);
            assert_eq!(answered(&node, &mut reader, start).await, (vec!["news".to_owned()], A_LITTLE), "{topic}-{partition}");
        }
    });
}

#[test]
fn a_fetch_for_many_bytes_waits_for_them_or_takes_what_there_is() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 2)]);
    node.run(async |reader| {
        let mut producer = node.connect().await;
        let size = batch(&["0"]).size_bytes() as i32;
        let start = node.env.clock.now();
        reader.send(FETCH, &waiting(&[("t", 0, 0), ("t", 1, 0)], 3 * size)).await;
        for (partition, value) in [(0, "0"), (1, "1"), (0, "2")] {
            node.pass(A_LITTLE).await;
            producer.append("t", partition, &batch(&[value])).await;
        }
        assert_eq!(answered(&node, reader, start).await, (vec!["0".into(), "2".into(), "1".into()], 3 * A_LITTLE));
        let start = node.env.clock.now();
        reader.send(FETCH, &waiting(&[("t", 0, 0)], 3 * size)).await;
        assert_eq!(answered(&node, reader, start).await, (vec!["0".into(), "2".into()], Duration::from_secs(5)), "time is up");
    });
}

#[test]
fn a_fetch_with_an_error_in_it_does_not_wait() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        for wanted in [[("t", 0, 0), ("missing", 0, 0)], [("t", 0, 0), ("t", 0, 9)]] {
            let start = node.env.clock.now();
            client.send(FETCH, &waiting(&wanted, 1)).await;
            assert_eq!(answered(&node, client, start).await, (Vec::new(), Duration::ZERO), "{wanted:?}");
        }
    });
}

#[test]
fn a_reader_of_committed_records_is_woken_by_the_end_of_a_transaction() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |reader| {
        let mut producer = TxnProducer::init(&node, "x", Protocol::V2).await;
        let start = node.env.clock.now();
        reader.send(FETCH, &FetchRequest { isolation_level: 1, ..waiting(&[("t", 0, 0)], 1) }).await;
        node.pass(A_LITTLE).await;
        producer.write("t", 0, &["a"]).await;
        node.pass(A_LITTLE).await;
        assert_eq!(producer.end(true).await, KafkaCode::None);
        assert_eq!(answered(&node, reader, start).await, (vec!["a".to_owned()], 2 * A_LITTLE));
    });
}

#[test]
fn a_reader_that_follows_a_writer_is_woken_for_every_record() {
    const COUNT: i64 = 60;
    for seed in 0..5 {
        let node = Node::seeded(seed, &[]);
        node.create_topics(&[("t", 1)]);
        node.run(async |reader| {
            let start = node.env.clock.now();
            let write = async {
                let mut writer = node.connect().await;
                for number in 0..COUNT {
                    node.pass(Duration::from_micros(node.env.random.next_u64() % 1000)).await;
                    assert_eq!(writer.append("t", 0, &batch(&[&number.to_string()])).await.1, number);
                }
            };
            let read = async {
                let mut seen = Vec::new();
                while seen.len() < COUNT as usize {
                    let data = reader.fetch(FETCH, &waiting(&[("t", 0, seen.len() as i64)], 1)).await;
                    seen.extend(values(&batches(&data[0])));
                }
                seen
            };
            let (seen, ()) = futures::future::join(read, write).await;
            assert_eq!(seen, (0..COUNT).map(|number| number.to_string()).collect::<Vec<_>>());
            assert!(node.env.clock.now().since(start) < Duration::from_millis(COUNT as u64), "a bell was missed");
        });
    }
}

#[test]
fn what_is_asked_behind_a_waiting_fetch_is_answered_behind_it() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        let start = node.env.clock.now();
        client.send(FETCH, &waiting(&[("t", 0, 0)], 1)).await;
        client.send(12, &MetadataRequest::default()).await;
        assert_eq!(answered(&node, client, start).await, (Vec::new(), Duration::from_secs(5)));
        let next: MetadataResponse<'_> = client.receive(12).await;
        assert_eq!(next.brokers.len(), 1);
    });
}
