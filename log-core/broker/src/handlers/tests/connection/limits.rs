//! Limits of connections: how many, how large their requests, how long silent.

use crate::handlers::tests::client::{Client, Node};
use crate::handlers::tests::wire::{FETCH, PRODUCE, batch, fetch, produce};
use futures::future::join_all;
use log_model::KafkaCode;
use log_wire::messages::{FetchRequest, FetchResponse, MetadataRequest, MetadataResponse};
use std::time::Duration;

async fn is_served(client: &mut Client) {
    let answer: MetadataResponse<'_> = client.ask(12, &MetadataRequest::default()).await;
    assert_eq!(answer.brokers.len(), 1);
}

#[test]
fn connections_beyond_the_limit_are_closed_until_another_ends() {
    for limit in ["max.connections", "max.connections.per.ip"] {
        let node = Node::start(&[(limit, "2")]);
        node.run(async |first| {
            is_served(first).await;
            let mut second = node.connect().await;
            is_served(&mut second).await;
            node.connect().await.expect_end().await;
            is_served(first).await;
            second.finish_sending().await;
            second.expect_end().await;
            is_served(&mut node.connect().await).await;
        });
    }
}

#[test]
fn connections_beyond_the_rate_of_a_second_are_served_later() {
    let node = Node::start(&[("max.connection.creation.rate", "2")]);
    let start = node.env.clock.now();
    node.run(async |first| {
        is_served(first).await;
        let served = async |_| {
            is_served(&mut node.connect().await).await;
            node.env.clock.now().since(start).as_secs()
        };
        assert_eq!(join_all((0..4).map(served)).await, [0, 1, 1, 2]);
    });
}

#[test]
fn a_silent_connection_is_closed_and_one_that_waits_for_records_is_not() {
    let node = Node::start(&[("connections.max.idle.ms", "60000")]);
    node.create_topics(&[("t", 1)]);
    node.run(async |silent| {
        let mut waiting = node.connect().await;
        let mut speaking = node.connect().await;
        waiting.send(FETCH, &FetchRequest { max_wait_ms: 100_000, min_bytes: 1, ..fetch(&[("t", 0, 0)]) }).await;
        for _ in 0..9 {
            node.pass(Duration::from_secs(10)).await;
            is_served(&mut speaking).await;
        }
        silent.expect_end().await;
        let answer: FetchResponse<'_> = waiting.receive(FETCH).await;
        assert_eq!(answer.responses.len(), 1);
        assert_eq!(node.listener.connection_count(), 2);
    });
}

#[test]
fn a_request_above_the_limit_ends_its_connection_and_nothing_of_it_is_stored() {
    let node = Node::start(&[("socket.request.max.bytes", "2000")]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        let of = |length: usize| produce(&[("t", 0, batch(&["x".repeat(length).as_str()]).into_bytes())]);
        let mut greedy = node.connect().await;
        greedy.send(PRODUCE, &of(3000)).await;
        greedy.expect_end().await;
        assert_eq!(client.produce(PRODUCE, &of(1500)).await[0].base_offset, 0);
        assert_eq!(client.stored("t", 0).await.len(), 1);
    });
}

#[test]
fn a_small_budget_slows_everybody_down_and_stops_nobody() {
    let node = Node::start(&[("queued.max.request.bytes", "4096")]);
    node.create_topics(&[("t", 4)]);
    node.run(async |client| {
        // Each alone is more than the budget of all, and too much for one read.
        let value = "x".repeat(300_000);
        let write = async |partition: i32| {
            let mut writer = node.connect().await;
            for offset in 0..3 {
                assert_eq!(writer.append("t", partition, &batch(&[&value])).await, (KafkaCode::None, offset));
            }
        };
        join_all((0..4).map(write)).await;
        let read = async |partition: i32| assert_eq!(node.connect().await.stored("t", partition).await, [&*value; 3]);
        join_all((0..4).map(read)).await;
        is_served(client).await;
    });
}
