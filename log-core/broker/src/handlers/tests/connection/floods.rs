//! A neighbour of many who hold what everybody needs: readers that take nothing of large answers, and requests that stop in the middle.

use crate::handlers::tests::client::{Client, Node, code};
use crate::handlers::tests::wire::{FETCH, PLENTY_BYTES, batch, batches, fetch, values};
use crate::listener::NEIGHBOUR_WAITS;
use log_model::KafkaCode;
use log_wire::messages::FetchRequest;
use log_wire::messages::fetch_request::FetchPartition;
use std::time::Duration;

/// Of either kind.
const COUNT: usize = 200;
/// How long the neighbour is watched.
const WATCHED: Duration = Duration::from_secs(40);
/// How long a fetch waits for records, or for room for them.
const FETCH_WAITS_MS: i32 = 500;

/// Everything there is.
fn fetch_all(topic: &str) -> FetchRequest<'static> {
    let mut request = FetchRequest { max_bytes: i32::MAX, min_bytes: 1, max_wait_ms: FETCH_WAITS_MS, ..fetch(&[(topic, 0, 0)]) };
    for partition in request.topics.iter_mut().flat_map(|topic| &mut topic.partitions) {
        *partition = FetchPartition { partition_max_bytes: i32::MAX, ..partition.clone() };
    }
    request
}

/// Writes a record and reads it.
async fn round(neighbour: &mut Client, number: i64) {
    let value = number.to_string();
    assert_eq!(neighbour.append("neighbour", 0, &batch(&[&value])).await, (KafkaCode::None, number));
    let wanted = fetch(&[("neighbour", 0, number)]);
    let request = FetchRequest { max_bytes: PLENTY_BYTES, min_bytes: 1, max_wait_ms: FETCH_WAITS_MS, ..wanted };
    loop {
        let data = neighbour.fetch(FETCH, &request).await.remove(0);
        assert_eq!(code(data.error_code), KafkaCode::None);
        let found = values(&batches(&data));
        if !found.is_empty() {
            assert_eq!(found, [value]);
            return;
        }
    }
}

/// The longest round of a while, and how many there were.
async fn longest_round(node: &Node, neighbour: &mut Client, number: &mut i64) -> (Duration, usize) {
    let clock = &node.env.clock;
    let start = clock.now();
    let (mut longest, mut count) = (Duration::ZERO, 0);
    while clock.now().since(start) < WATCHED {
        let began = clock.now();
        round(neighbour, *number).await;
        longest = longest.max(clock.now().since(began));
        *number += 1;
        count += 1;
        node.pass(Duration::from_millis(50)).await;
    }
    (longest, count)
}

#[test]
fn a_neighbour_goes_on_within_the_bound_while_others_hold_all_that_there_is() {
    let node = Node::crowded(&[("queued.max.request.bytes", "8388608")]);
    node.create_topics(&[("large", 1), ("neighbour", 1)]);
    let value = "x".repeat(900_000);
    node.produce("large", &vec![&*value; 64]);
    node.run(async |neighbour| {
        let mut number = 0;
        round(neighbour, number).await;
        number += 1;
        let mut readers = Vec::new();
        for _ in 0..COUNT {
            let mut reader = node.connect().await;
            for _ in 0..4 {
                reader.send(FETCH, &fetch_all("large")).await;
            }
            readers.push(reader);
        }
        let mut half_open = Vec::new();
        for _ in 0..COUNT {
            let mut client = node.connect().await;
            client.send_bytes(&[&99_000_000_i32.to_be_bytes()[..], &[0; 100_000]].concat()).await;
            half_open.push(client);
        }
        // Time moves when nobody has anything to do.
        node.pass(Duration::from_millis(1)).await;
        assert_eq!(node.listener.connection_count(), 2 * COUNT + 1);
        assert!(node.listener.broker.budgets.records.is_exhausted() && node.listener.broker.budgets.frames.is_exhausted());
        let (longest, count) = longest_round(&node, neighbour, &mut number).await;
        assert!(!longest.is_zero() && longest <= NEIGHBOUR_WAITS, "the longest of {count} rounds took {longest:?}");
        for client in &mut half_open {
            client.expect_end().await;
        }
        let closed = 2 * COUNT + 1 - node.listener.connection_count() - COUNT;
        assert!(closed >= 10, "{closed} readers that took nothing were closed");
        drop(readers);
        let (longest, _) = longest_round(&node, neighbour, &mut number).await;
        assert_eq!(longest, Duration::ZERO, "it waits for nobody any more");
    });
}
