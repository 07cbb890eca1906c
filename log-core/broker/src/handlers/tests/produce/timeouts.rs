//! A disk that takes nothing: producers are told when their time is over, in order, and what was staged is not lost by it.

use crate::handlers::tests::client::{Client, Node, code};
use crate::handlers::tests::wire::{PRODUCE, Who, batch, numbered, produce};
use bytes::Bytes;
use log_model::KafkaCode::{self, RequestTimedOut};
use log_wire::messages::{MetadataRequest, MetadataResponse, ProduceRequest, ProduceResponse};
use std::time::Duration;

const DONE: KafkaCode = KafkaCode::None;

fn within(timeout_ms: i32, records: Bytes) -> ProduceRequest<'static> {
    ProduceRequest { timeout_ms, ..produce(&[("t", 0, records)]) }
}

async fn answer(client: &mut Client) -> (KafkaCode, i64) {
    let answer: ProduceResponse<'_> = client.receive(PRODUCE).await;
    let partition = &answer.responses[0].partition_responses[0];
    (code(partition.error_code), partition.base_offset)
}

/// The time since `start` in whole milliseconds.
fn ms_since(node: &Node, start: log_env::Mono) -> u128 {
    node.env.clock.now().since(start).as_millis()
}

#[test]
fn whoever_waits_longer_than_it_wants_is_told_so_and_its_batch_is_stored_once() {
    for acks in [1, -1] {
        let node = Node::start(&[]);
        node.create_topics(&[("t", 1)]);
        node.run(async |client| {
            let who = client.init_producer(None).await;
            node.fill_journal();
            // Whatever is less than a flush may take is as much as that.
            for (sequence, timeout_ms, expected_ms) in [(0, 2000, 2000), (1, 30_000, 30_000), (2, 0, 100), (3, -1, 100)] {
                let start = node.env.clock.now();
                let request = within(timeout_ms, numbered(&["v"], who, sequence).into_bytes());
                client.send(PRODUCE, &ProduceRequest { acks, ..request }).await;
                assert_eq!(answer(client).await, (RequestTimedOut, i64::from(sequence)));
                assert_eq!(ms_since(&node, start), expected_ms, "timeout.ms {timeout_ms}");
            }
            assert_eq!(client.stored("t", 0).await, Vec::<String>::new());
            node.empty_journal();
            assert_eq!(client.append("t", 0, &numbered(&["v"], who, 3)).await, (DONE, 3), "sent again");
            assert_eq!(client.append("t", 0, &numbered(&["w"], who, 4)).await, (DONE, 4));
            assert_eq!(client.stored("t", 0).await, ["v", "v", "v", "v", "w"]);
        });
    }
}

#[test]
fn answers_keep_their_order_whoever_gives_up_first() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        node.fill_journal();
        let start = node.env.clock.now();
        for timeout_ms in [6000, 1000, 8000] {
            client.send(PRODUCE, &within(timeout_ms, batch(&["v"]).into_bytes())).await;
        }
        client.send(12, &MetadataRequest::default()).await;
        for (offset, expected_ms) in [(0, 6000), (1, 6000), (2, 8000)] {
            assert_eq!(answer(client).await, (RequestTimedOut, offset));
            assert_eq!(ms_since(&node, start), expected_ms);
        }
        let last: MetadataResponse<'_> = client.receive(12).await;
        assert_eq!((last.brokers.len(), ms_since(&node, start)), (1, 8000));
    });
}

#[test]
fn a_disk_that_comes_back_in_time_is_not_noticed() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 2)]);
    node.run(async |client| {
        node.fill_journal();
        let both = |timeout_ms: i32| ProduceRequest {
            timeout_ms,
            ..produce(&[("t", 0, batch(&["v"]).into_bytes()), ("t", 1, batch(&["v"]).into_bytes())])
        };
        let mut other = node.connect().await;
        client.send(PRODUCE, &both(20_000)).await;
        other.send(PRODUCE, &both(1000)).await;
        node.pass(Duration::from_secs(10)).await;
        node.empty_journal();
        for (client, expected) in [(client, DONE), (&mut other, RequestTimedOut)] {
            let answer: ProduceResponse<'_> = client.receive(PRODUCE).await;
            let codes: Vec<_> = answer.responses[0].partition_responses.iter().map(|at| code(at.error_code)).collect();
            assert_eq!(codes, [expected; 2]);
            assert_eq!(client.stored("t", 1).await.len(), 2);
        }
    });
}

#[test]
fn a_batch_that_finds_no_room_in_time_is_not_stored_and_answers_before_it_leave_meanwhile() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        let who = Who { id: 9, epoch: 0 };
        let commits = &node.log.core().commits;
        let room = node.log.core().options.in_flight_bytes_max;
        node.fill_journal();
        let start = node.env.clock.now();
        client.send(PRODUCE, &within(1000, numbered(&["staged"], who, 0).into_bytes())).await;
        node.turns(100).await;
        let (taken, _) = commits.reserve(room - 1024).await.unwrap();
        for sequence in [1, 1] {
            client.send(PRODUCE, &within(4000, numbered(&["later"], who, sequence).into_bytes())).await;
        }
        assert_eq!((answer(client).await, ms_since(&node, start)), ((RequestTimedOut, 0), 1000));
        assert_eq!((answer(client).await, ms_since(&node, start)), ((RequestTimedOut, -1), 4000));
        node.pass(Duration::from_secs(2)).await;
        drop(taken);
        node.empty_journal();
        assert_eq!(answer(client).await, (DONE, 1), "it was not there before");
        assert_eq!(client.stored("t", 0).await, ["staged", "later"]);
    });
}
