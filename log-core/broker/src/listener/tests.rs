//! A listener among clients that take their time: what they hold comes back, and others are served.

use crate::handlers::tests::client::{Client, Node};
use crate::listener::Budgets;
use futures::FutureExt;
use futures::future::{Either, select};
use log_wire::messages::fetch_request::{FetchPartition, FetchTopic};
use log_wire::messages::{ApiVersionsRequest, ApiVersionsResponse, FetchRequest, FetchResponse, MetadataRequest, MetadataResponse};
use std::pin::pin;
use std::time::Duration;

const FETCH: i16 = 11;
const METADATA: i16 = 9;
const API_VERSIONS: i16 = 3;

fn fetch(topic: &'static str, max_wait_ms: i32) -> FetchRequest<'static> {
    let partition = FetchPartition { partition: 0, current_leader_epoch: -1, partition_max_bytes: i32::MAX, ..FetchPartition::default() };
    let topic = FetchTopic { topic: topic.into(), partitions: vec![partition], ..FetchTopic::default() };
    FetchRequest { max_wait_ms, min_bytes: 1, max_bytes: i32::MAX, topics: vec![topic], ..FetchRequest::default() }
}

/// A node with the topic `large`, of more than a connection takes unread, and an empty topic.
fn node() -> Node {
    let node = Node::start(&[]);
    node.create_topics(&[("large", 1), ("empty", 1)]);
    let value = "x".repeat(200_000);
    node.produce("large", &[value.as_str(); 20]);
    node
}

fn budgets(node: &Node) -> &Budgets {
    &node.listener.broker.budgets
}

async fn is_served(node: &Node, client: &mut Client) -> bool {
    let request = ApiVersionsRequest { client_software_name: "test".into(), client_software_version: "1".into() };
    let ask = pin!(client.ask::<_, ApiVersionsResponse<'_>>(API_VERSIONS, &request));
    matches!(select(ask, node.env.clock.sleep(Duration::from_secs(1))).await, Either::Left(_))
}

/// Runs simulated time until the node ends a connection, and gives how long that took; `None` if it does not.
async fn ended_after(node: &Node, connections: usize, limit: Duration) -> Option<Duration> {
    let clock = &node.env.clock;
    while node.listener.connection_count() < connections {
        clock.sleep(Duration::from_millis(1)).await;
    }
    let start = clock.now();
    while node.listener.connection_count() >= connections {
        if clock.now().since(start) > limit {
            return None;
        }
        clock.sleep(Duration::from_millis(100)).await;
    }
    Some(clock.now().since(start))
}

#[test]
fn half_a_request_ends_its_connection_and_an_idle_one_stays() {
    let node = node();
    node.sim.run_until(async {
        let (mut idle, mut half) = (node.connect().await, node.connect().await);
        assert!(is_served(&node, &mut idle).await);
        half.send_bytes(&[0, 0, 1]).await;
        let after = ended_after(&node, 2, Duration::from_secs(60)).await;
        assert!(after.is_some_and(|after| (29..32).contains(&after.as_secs())), "{after:?}");
        half.expect_end().await;
        assert!(is_served(&node, &mut idle).await);
    });
}

#[test]
fn who_takes_no_answer_may_take_its_time_until_others_need_the_memory() {
    let node = node();
    node.sim.run_until(async {
        let (mut slow, mut other) = (node.connect().await, node.connect().await);
        slow.send(FETCH, &fetch("large", 0)).await;
        assert_eq!(ended_after(&node, 2, Duration::from_secs(120)).await, None);
        let _held = budgets(&node).records.charge(40 << 20);
        let after = ended_after(&node, 2, Duration::from_secs(60)).await;
        assert!(after.is_some_and(|after| after.as_secs() < 3), "{after:?}");
        assert!(is_served(&node, &mut other).await);
    });
    assert!(budgets(&node).records.take_part(16 << 20).is_some_and(|part| part.bytes() == 16 << 20), "everything came back");
}

#[test]
fn requests_behind_one_that_waits_may_be_held_until_others_need_the_memory() {
    let node = node();
    node.sim.run_until(async {
        let mut holder = node.connect().await;
        holder.send(FETCH, &fetch("empty", i32::MAX)).await;
        holder.send_bytes(&[&200_000_i32.to_be_bytes()[..], &[0, 3, 0, 9, 0, 0, 0, 1], &vec![0; 199_992]].concat()).await;
        assert_eq!(ended_after(&node, 1, Duration::from_secs(120)).await, None);
        let _held = budgets(&node).frames.charge(60 << 20);
        let after = ended_after(&node, 1, Duration::from_secs(60)).await;
        assert!(after.is_some_and(|after| after.as_secs() < 11), "{after:?}");
    });
}

#[test]
fn a_fetch_without_room_is_answered_empty_in_time_and_with_records_once_there_is_some() {
    let node = node();
    node.sim.run_until(async {
        let mut client = node.connect().await;
        let held = budgets(&node).records.charge(1 << 30);
        let start = node.env.clock.now();
        let bytes =
            |answer: &FetchResponse<'_>| answer.responses[0].partitions[0].records.as_ref().map_or(0, |records| records.size_bytes());
        let empty: FetchResponse<'_> = client.ask(FETCH, &fetch("large", 700)).await;
        assert_eq!((bytes(&empty), node.env.clock.now().since(start)), (0, Duration::from_millis(700)));
        assert_eq!(empty.responses[0].partitions[0].high_watermark, 20);
        client.send(FETCH, &fetch("large", 60_000)).await;
        node.env.clock.sleep(Duration::from_secs(10)).await;
        drop(held);
        let start = node.env.clock.now();
        let full: FetchResponse<'_> = client.receive(FETCH).await;
        assert!(bytes(&full) > 4_000_000, "{}", bytes(&full));
        assert!(node.env.clock.now().since(start) < Duration::from_secs(1));
    });
}

#[test]
fn no_handler_starts_while_answers_hold_more_than_they_may() {
    let node = node();
    node.sim.run_until(async {
        let mut client = node.connect().await;
        let held = budgets(&node).answers.charge(1 << 30);
        client.send(METADATA, &MetadataRequest { topics: None, ..Default::default() }).await;
        {
            let answer = pin!(client.receive::<MetadataResponse<'_>>(METADATA));
            assert!(matches!(select(answer, node.env.clock.sleep(Duration::from_secs(100))).await, Either::Right(_)));
        }
        drop(held);
        let answer: MetadataResponse<'_> = client.receive(METADATA).await;
        assert!(answer.topics.iter().any(|topic| topic.name.as_deref() == Some("large")));
    });
}

#[test]
fn a_stop_does_not_wait_long_for_who_takes_no_answer_or_sends_half_a_request() {
    let node = node();
    node.sim.run_until(async {
        let (mut slow, mut half) = (node.connect().await, node.connect().await);
        slow.send(FETCH, &fetch("large", 0)).await;
        half.send_bytes(&100_000_i32.to_be_bytes()).await;
        node.env.clock.sleep(Duration::from_secs(1)).await;
        let start = node.env.clock.now();
        node.listener.stop().await;
        let took = node.env.clock.now().since(start);
        assert!(took <= Duration::from_secs(6), "{took:?}");
        assert_eq!(node.listener.connection_count(), 0);
        half.expect_end().await;
    });
}

#[test]
fn what_is_not_in_memory_is_read_by_the_few_threads_for_that() {
    let node = node().restarted();
    node.sim.run_until(async {
        let places = node.log.core().blocking_places.clone();
        let taken = places.acquire_many(u32::try_from(places.available_permits()).unwrap()).await.unwrap();
        let mut client = node.connect().await;
        client.send(FETCH, &fetch("large", 0)).await;
        {
            let answer = pin!(client.receive::<FetchResponse<'_>>(FETCH));
            assert!(matches!(select(answer, node.env.clock.sleep(Duration::from_secs(5))).await, Either::Right(_)));
        }
        let mut other = node.connect().await;
        assert!(is_served(&node, &mut other).await);
        drop(taken);
        let answer: FetchResponse<'_> = client.receive(FETCH).await;
        assert_eq!(answer.responses[0].partitions[0].error_code, 0);
        assert!(answer.responses[0].partitions[0].records.as_ref().is_some_and(|records| records.size_bytes() > 0));
    });
}

#[test]
fn work_of_clients_that_went_away_takes_no_thread() {
    let node = node();
    node.sim.run_until(async {
        let core = node.log.core();
        let places = core.blocking_places.clone();
        let taken = places.acquire_many(u32::try_from(places.available_permits()).unwrap()).await.unwrap();
        for _ in 0..1000 {
            let given_up = core.blocking("never", |_| -> log_client::Result<()> { panic!("nobody waits for this") }).now_or_never();
            assert!(given_up.is_none());
        }
        drop(taken);
        assert_eq!(core.blocking("wanted", |_| Ok(7)).await.unwrap(), 7);
    });
}

#[test]
fn small_requests_that_wait_come_back_when_nothing_is_left_and_may_wait_before() {
    let node = node();
    node.sim.run_until(async {
        let (mut waiting, mut other) = (node.connect().await, node.connect().await);
        assert!(is_served(&node, &mut other).await);
        waiting.send(FETCH, &fetch("empty", i32::MAX)).await;
        assert_eq!(ended_after(&node, 2, Duration::from_secs(60)).await, None);
        let taken = budgets(&node).requests.charge(1 << 30);
        let after = ended_after(&node, 2, Duration::from_secs(60)).await;
        assert!(after.is_some_and(|after| after.as_secs() <= 6), "{after:?}");
        waiting.expect_end().await;
        drop(taken);
        assert!(is_served(&node, &mut other).await);
    });
}
