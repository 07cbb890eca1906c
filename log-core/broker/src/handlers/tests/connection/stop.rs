//! A node that stops, or loses power, while it is being written to: what was acknowledged is there, and clients see the end between two answers.

use crate::handlers::tests::client::{Client, Node, code};
use crate::handlers::tests::member::Member;
use crate::handlers::tests::wire::{FETCH, PRODUCE, batch, fetch, produce};
use futures::future::{Either, join, join_all, select};
use log_model::KafkaCode;
use log_wire::messages::{FetchRequest, FetchResponse, JoinGroupResponse, ProduceResponse};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, VecDeque};
use std::pin::pin;
use tokio::sync::Notify;

const WRITERS: usize = 4;
/// Requests that a writer has under way.
const AHEAD: usize = 5;
/// In which order of events, and after how many answers.
const CASES: [(u64, usize); 6] = [(1, 1), (2, 7), (3, 30), (4, 31), (5, 64), (6, 100)];

/// What writers were told.
#[derive(Default)]
struct Told {
    acknowledged: RefCell<BTreeSet<String>>,
    sent: Cell<usize>,
    grown: Notify,
}

impl Told {
    /// Resolves when so many are acknowledged.
    async fn reaches(&self, count: usize) {
        while self.acknowledged.borrow().len() < count {
            self.grown.notified().await;
        }
    }
}

/// Writes until the connection ends.
async fn write(mut client: Client, writer: usize, told: &Told) {
    let partition = writer as i32 % 2;
    let (mut under_way, mut is_open, mut number) = (VecDeque::new(), true, 0);
    loop {
        while is_open && under_way.len() < AHEAD {
            let value = format!("{writer}/{number}");
            number += 1;
            is_open = client.try_send(PRODUCE, &produce(&[("t", partition, batch(&[&value]).into_bytes())])).await;
            told.sent.set(told.sent.get() + 1);
            under_way.push_back(value);
        }
        let Some(answer) = client.try_receive::<ProduceResponse<'static>>(PRODUCE).await else { return };
        assert_eq!(code(answer.responses[0].partition_responses[0].error_code), KafkaCode::None);
        told.acknowledged.borrow_mut().extend(under_way.pop_front());
        told.grown.notify_one();
    }
}

/// Writes with several clients, until `end` is done and they have noticed.
async fn under_load(node: &Node, told: &Told, end: impl Future<Output = ()>) {
    let writers = join_all((0..WRITERS).map(|writer| async move { write(node.connect().await, writer, told).await }));
    join(writers, end).await;
}

/// What was acknowledged is there, once, and in the order in which its writer sent it. Gives all that is there.
fn check(node: &Node, told: &Told) -> BTreeSet<String> {
    let stored: Vec<String> = node.run(async |client| [client.stored("t", 0).await, client.stored("t", 1).await].concat());
    let unique: BTreeSet<String> = stored.iter().cloned().collect();
    assert_eq!(unique.len(), stored.len());
    let lost: Vec<String> = told.acknowledged.borrow().difference(&unique).cloned().collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    for writer in 0..WRITERS {
        let prefix = format!("{writer}/");
        let numbers = stored.iter().filter_map(|value| value.strip_prefix(&prefix)).map(|number| number.parse::<usize>().unwrap());
        assert!(numbers.enumerate().all(|(expected, number)| expected == number), "writer {writer}");
    }
    unique
}

#[test]
fn a_stop_under_load_loses_nothing_that_was_acknowledged() {
    for (seed, count) in CASES {
        let node = Node::seeded(seed, &[]);
        node.create_topics(&[("t", 2)]);
        let told = Told::default();
        node.sim.run_until(under_load(&node, &told, async {
            told.reaches(count).await;
            node.listener.stop().await;
        }));
        assert!(told.acknowledged.borrow().len() >= count && told.sent.get() > told.acknowledged.borrow().len());
        assert_eq!(node.listener.connection_count(), 0);
        assert!(node.sim.run_until(node.env.network.connect(node.listener.address())).is_err(), "nobody is let in any more");
        let node = node.restarted();
        assert_eq!(check(&node, &told), *told.acknowledged.borrow(), "what was begun was answered");
    }
}

#[test]
fn a_power_cut_under_load_loses_nothing_that_was_acknowledged() {
    for (seed, count) in CASES {
        let node = Node::seeded(seed, &[]);
        node.create_topics(&[("t", 2)]);
        let told = Told::default();
        node.sim.run_until(async {
            let load = pin!(under_load(&node, &told, std::future::pending()));
            let cut = pin!(told.reaches(count));
            assert!(matches!(select(load, cut).await, Either::Right(_)));
        });
        let node = node.crashed();
        check(&node, &told);
    }
}

#[test]
fn whoever_waits_when_the_node_stops_is_answered() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |idle| {
        let mut reader = node.connect().await;
        reader.send(FETCH, &FetchRequest { max_wait_ms: 100_000, min_bytes: 1, ..fetch(&[("t", 0, 0)]) }).await;
        let mut member = Member::new(&node, "g").await;
        member.begin_join().await;
        node.pass(std::time::Duration::from_millis(10)).await;
        let start = node.env.clock.now();
        node.listener.stop().await;
        assert_eq!(node.env.clock.now(), start, "nobody is waited for");
        let fetched: FetchResponse<'_> = reader.receive(FETCH).await;
        assert_eq!((code(fetched.error_code), fetched.responses.len()), (KafkaCode::None, 1));
        let joined: JoinGroupResponse<'_> = member.client.receive(9).await;
        assert_eq!(code(joined.error_code), KafkaCode::CoordinatorNotAvailable);
        for client in [idle, &mut reader, &mut member.client] {
            client.expect_end().await;
        }
    });
}

#[test]
fn a_client_that_takes_no_answers_does_not_keep_the_node_from_stopping() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        let large = batch(&["x".repeat(200_000).as_str()]);
        for _ in 0..4 {
            assert_eq!(client.append("t", 0, &large).await.0, KafkaCode::None);
        }
        let mut stuck = node.connect().await;
        stuck.send(FETCH, &fetch(&[("t", 0, 0)])).await;
        node.pass(std::time::Duration::from_millis(10)).await;
        let start = node.env.clock.now();
        node.listener.stop().await;
        let took = node.env.clock.now().since(start);
        assert!((4..=5).contains(&took.as_secs()), "{took:?}: its patience while the node stops");
        assert_eq!(node.listener.connection_count(), 0);
    });
}
