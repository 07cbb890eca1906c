//! A journal without room, and no thread that could make any: whoever stores something waits for it, and who only says that it lives is answered.

use crate::handlers::tests::client::{Client, Node, code};
use crate::handlers::tests::member::{Member, commit_request, position, rebalance};
use crate::handlers::tests::wire::{PRODUCE, batch, produce};
use crate::node::core::{BLOCKING_MAX, COORDINATOR_ENTRY_BYTES};
use futures::FutureExt;
use log_model::KafkaCode;
use log_wire::messages::offset_delete_request::{OffsetDeleteRequestPartition, OffsetDeleteRequestTopic};
use log_wire::messages::txn_offset_commit_request::{TxnOffsetCommitRequestPartition, TxnOffsetCommitRequestTopic};
use log_wire::messages::write_txn_markers_request::{WritableTxnMarker, WritableTxnMarkerTopic};
use log_wire::messages::{
    ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse, DeleteGroupsRequest, InitProducerIdRequest, InitProducerIdResponse,
    JoinGroupResponse, OffsetCommitResponse, OffsetDeleteRequest, TxnOffsetCommitRequest, WriteTxnMarkersRequest,
};
use log_wire::{Encode, Request};
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;

const DONE: KafkaCode = KafkaCode::None;
/// Long enough for whatever waits for nobody, and too short for a round of the background.
const A_WHILE: Duration = Duration::from_millis(20);
/// Less than coordinators ask for.
const BATCH_BYTES: usize = COORDINATOR_ENTRY_BYTES / 4;

/// Fills the journal, and takes all threads that could make room; they come back when what is given is dropped.
async fn take_room(node: &Node, client: &mut Client) -> OwnedSemaphorePermit {
    let core = node.log.core();
    let directory = core.directory().unwrap();
    let value = "x".repeat(BATCH_BYTES - 100);
    while directory.has_room(BATCH_BYTES as u64) {
        assert_eq!(client.append("filler", 0, &batch(&[&value])).await.0, DONE);
    }
    core.blocking_places.clone().acquire_many_owned(BLOCKING_MAX as u32).await.unwrap()
}

/// A member of group `modern` with the consumer protocol says something; gives its epoch.
async fn beat(client: &mut Client, request: &ConsumerGroupHeartbeatRequest<'static>) -> i32 {
    let answer: ConsumerGroupHeartbeatResponse<'_> = client.ask(1, request).await;
    assert_eq!(code(answer.error_code), DONE);
    answer.member_epoch
}

fn joining(group: &'static str) -> ConsumerGroupHeartbeatRequest<'static> {
    ConsumerGroupHeartbeatRequest {
        group_id: group.into(),
        member_id: "m".into(),
        rebalance_timeout_ms: 10_000,
        subscribed_topic_names: Some(vec!["t".into()]),
        topic_partitions: Some(Vec::new()),
        ..ConsumerGroupHeartbeatRequest::default()
    }
}

/// Says that the member lives, and no more.
fn alive(member_epoch: i32) -> ConsumerGroupHeartbeatRequest<'static> {
    ConsumerGroupHeartbeatRequest {
        group_id: "modern".into(),
        member_id: "m".into(),
        member_epoch,
        rebalance_timeout_ms: -1,
        ..ConsumerGroupHeartbeatRequest::default()
    }
}

fn init(transactional_id: &'static str) -> InitProducerIdRequest<'static> {
    InitProducerIdRequest { transactional_id: Some(transactional_id.into()), transaction_timeout_ms: 60_000, ..Default::default() }
}

fn deletion(group: &'static str) -> OffsetDeleteRequest<'static> {
    let partitions = vec![OffsetDeleteRequestPartition { partition_index: 0 }];
    OffsetDeleteRequest { group_id: group.into(), topics: vec![OffsetDeleteRequestTopic { name: "t".into(), partitions }] }
}

fn markers() -> WriteTxnMarkersRequest<'static> {
    let topic = WritableTxnMarkerTopic { name: "t".into(), partition_indexes: vec![0] };
    let marker = WritableTxnMarker { producer_id: 7, topics: vec![topic], ..WritableTxnMarker::default() };
    WriteTxnMarkersRequest { markers: vec![marker] }
}

/// A position in a transaction of a producer that is known.
async fn position_in_transaction(client: &mut Client) -> TxnOffsetCommitRequest<'static> {
    let producer = client.init_producer(Some("x")).await;
    let partition = TxnOffsetCommitRequestPartition { committed_offset: 1, ..TxnOffsetCommitRequestPartition::default() };
    TxnOffsetCommitRequest {
        transactional_id: "x".into(),
        group_id: "late-txn".into(),
        producer_id: producer.id,
        producer_epoch: producer.epoch,
        topics: vec![TxnOffsetCommitRequestTopic { name: "t".into(), partitions: vec![partition] }],
        ..TxnOffsetCommitRequest::default()
    }
}

/// Those who wait, each on a connection of its own.
struct Waiting<'a> {
    node: &'a Node,
    clients: Vec<(&'static str, Client)>,
}

impl Waiting<'_> {
    async fn add<R: Request + Encode>(&mut self, version: i16, request: &R) {
        let mut client = self.node.connect().await;
        client.send(version, request).await;
        self.clients.push((R::NAME, client));
    }

    async fn assert_unanswered(&mut self) {
        self.node.pass(A_WHILE).await;
        let directory = self.node.log.core().directory().unwrap();
        assert!(!directory.has_room(COORDINATOR_ENTRY_BYTES as u64), "nobody has made room");
        for (name, client) in &mut self.clients {
            let answered = client.receive_frame().now_or_never();
            assert!(answered.is_none(), "{name} does not wait: {answered:?}");
        }
    }

    async fn assert_answered(self) {
        for (name, mut client) in self.clients {
            assert!(client.receive_frame().await.is_some(), "{name}");
        }
    }
}

#[test]
fn whoever_stores_something_waits_for_room_and_members_live_on() {
    let node = Node::crowded(&[]);
    node.create_topics(&[("t", 1), ("filler", 1)]);
    node.run(async |client| {
        let mut member = Member::new(&node, "classic").await;
        rebalance(&mut [&mut member]).await;
        let epoch = beat(client, &joining("modern")).await;
        for group in ["deleted", "emptied"] {
            let answer: OffsetCommitResponse<'_> = client.ask(8, &commit_request(group, "t", 1)).await;
            assert_eq!(code(answer.topics[0].partitions[0].error_code), DONE);
        }
        let in_transaction = position_in_transaction(client).await;
        let places = take_room(&node, client).await;

        let mut waiting = Waiting { node: &node, clients: Vec::new() };
        waiting.add(8, &commit_request("late", "t", 5)).await;
        waiting.add(5, &in_transaction).await;
        waiting.add(2, &DeleteGroupsRequest { groups_names: vec!["deleted".into()] }).await;
        waiting.add(0, &deletion("emptied")).await;
        waiting.add(1, &joining("new")).await;
        waiting.add(9, &Member::new(&node, "new-classic").await.join_request()).await;
        waiting.add(5, &init("y")).await;
        waiting.add(1, &markers()).await;
        waiting.add(PRODUCE, &produce(&[("t", 0, batch(&["v"; BATCH_BYTES / 8]).into_bytes())])).await;
        waiting.assert_unanswered().await;
        assert_eq!(member.beat().await, DONE);
        assert_eq!(beat(client, &alive(epoch)).await, epoch);
        waiting.assert_unanswered().await;

        drop(places);
        waiting.assert_answered().await;
        for (group, expected) in [("late", 5), ("deleted", -1), ("emptied", -1)] {
            assert_eq!(position(client, group, "t", false).await, (DONE, expected), "{group}");
        }
    });
}

#[test]
fn whoever_waits_for_room_when_the_node_stops_is_answered() {
    let node = Node::start(&[]);
    node.create_topics(&[("filler", 1)]);
    node.run(async |client| {
        let _places = take_room(&node, client).await;
        let mut member = node.connect().await;
        member.send(9, &Member::new(&node, "g").await.join_request()).await;
        let mut producer = node.connect().await;
        producer.send(5, &init("x")).await;
        node.pass(A_WHILE).await;
        let start = node.env.clock.now();
        node.listener.stop().await;
        assert_eq!(node.env.clock.now(), start, "nobody is waited for");
        let joined: JoinGroupResponse<'_> = member.receive(9).await;
        let begun: InitProducerIdResponse = producer.receive(5).await;
        assert_eq!(
            (code(joined.error_code), code(begun.error_code)),
            (KafkaCode::CoordinatorNotAvailable, KafkaCode::CoordinatorNotAvailable)
        );
    });
}
