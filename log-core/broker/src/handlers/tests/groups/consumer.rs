//! Groups of KIP-848: the coordinator assigns, and members are led from one assignment to the next, a heartbeat at a time.

use crate::handlers::tests::client::{Client, Node, code};
use crate::handlers::tests::member::{commit_request, position};
use log_model::KafkaCode::{self, FencedMemberEpoch, StaleMemberEpoch, UnknownMemberId};
use log_wire::messages::consumer_group_heartbeat_request::TopicPartitions;
use log_wire::messages::{ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse, OffsetCommitRequest, OffsetCommitResponse};
use std::collections::BTreeSet;
use std::time::Duration;
use uuid::Uuid;

/// Longer than the shortest time between two assignments.
const A_WHILE: Duration = Duration::from_millis(1100);

/// A partition of a topic.
type Part = (Uuid, i32);

/// A member that follows what the coordinator says.
struct Member {
    client: Client,
    id: &'static str,
    epoch: i32,
    owned: BTreeSet<Part>,
}

impl Member {
    async fn new(node: &Node, id: &'static str) -> Member {
        Member { client: node.connect().await, id, epoch: 0, owned: BTreeSet::new() }
    }

    fn request(&self) -> ConsumerGroupHeartbeatRequest<'static> {
        ConsumerGroupHeartbeatRequest {
            group_id: "g".into(),
            member_id: self.id.into(),
            member_epoch: self.epoch,
            ..ConsumerGroupHeartbeatRequest::default()
        }
    }

    /// What it owns, as it says it.
    fn owning(&self) -> Vec<TopicPartitions> {
        let topics: BTreeSet<Uuid> = self.owned.iter().map(|(topic, _)| *topic).collect();
        let of = |topic_id: Uuid| self.owned.iter().filter(|part| part.0 == topic_id).map(|part| part.1).collect();
        topics.into_iter().map(|topic_id| TopicPartitions { topic_id, partitions: of(topic_id) }).collect()
    }

    /// Says something; gives the code, and the assignment if it was told one.
    async fn say(&mut self, request: ConsumerGroupHeartbeatRequest<'static>) -> (KafkaCode, Option<BTreeSet<Part>>) {
        let answer: ConsumerGroupHeartbeatResponse<'_> = self.client.ask(1, &request).await;
        if answer.error_code == 0 {
            assert_eq!(answer.member_id.as_deref(), Some(self.id));
            self.epoch = answer.member_epoch;
        }
        let told = answer.assignment.map(|assignment| {
            let parts = |topic: log_wire::messages::consumer_group_heartbeat_response::TopicPartitions| {
                topic.partitions.into_iter().map(move |partition| (topic.topic_id, partition))
            };
            assignment.topic_partitions.into_iter().flat_map(parts).collect()
        });
        (code(answer.error_code), told)
    }

    /// Joins with a subscription.
    async fn join(&mut self, names: &[&'static str], regex: Option<&'static str>) {
        let request = ConsumerGroupHeartbeatRequest {
            member_epoch: 0,
            rebalance_timeout_ms: 10_000,
            subscribed_topic_names: Some(names.iter().map(|name| (*name).into()).collect()),
            subscribed_topic_regex: regex.map(Into::into),
            topic_partitions: Some(Vec::new()),
            ..self.request()
        };
        let (code, told) = self.say(request).await;
        assert_eq!(code, KafkaCode::None);
        self.owned = told.expect("whoever joins is told what it has");
    }

    /// A heartbeat that says nothing but that it lives; gives up and takes over what it is told.
    async fn beat(&mut self) -> KafkaCode {
        let (code, told) = self.say(self.request()).await;
        if let Some(told) = told {
            self.owned = told;
        }
        code
    }

    /// A heartbeat that says what it owns now.
    async fn report(&mut self) -> KafkaCode {
        let (code, told) = self.say(ConsumerGroupHeartbeatRequest { topic_partitions: Some(self.owning()), ..self.request() }).await;
        if let Some(told) = told {
            self.owned = told;
        }
        code
    }

    async fn leave(&mut self) -> KafkaCode {
        let (code, _) = self.say(ConsumerGroupHeartbeatRequest { member_epoch: -1, ..self.request() }).await;
        self.owned.clear();
        code
    }

    async fn commit(&mut self, epoch: i32, offset: i64) -> KafkaCode {
        let request =
            OffsetCommitRequest { generation_id_or_member_epoch: epoch, member_id: self.id.into(), ..commit_request("g", "t", offset) };
        let answer: OffsetCommitResponse<'_> = self.client.ask(9, &request).await;
        code(answer.topics[0].partitions[0].error_code)
    }
}

fn all_of(topic: Uuid, partition_count: i32) -> BTreeSet<Part> {
    (0..partition_count).map(|partition| (topic, partition)).collect()
}

#[test]
fn partitions_are_handed_over_when_their_owner_has_given_them_up() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 4)]);
    node.run(async |_| {
        let all = all_of(node.topic_id("t"), 4);
        let (mut a, mut b) = (Member::new(&node, "a").await, Member::new(&node, "b").await);
        a.join(&["t"], None).await;
        assert_eq!((a.epoch, &a.owned), (1, &all));
        node.pass(A_WHILE).await;
        b.join(&["t"], None).await;
        assert_eq!((b.epoch, b.owned.len()), (2, 0));

        assert_eq!(a.beat().await, KafkaCode::None);
        assert_eq!((a.epoch, a.owned.len()), (1, 2), "it is told to give two up and stays in its epoch");
        assert_eq!((b.beat().await, b.owned.len()), (KafkaCode::None, 0), "nobody gets what another may still have");
        assert_eq!((a.report().await, a.epoch), (KafkaCode::None, 2));
        assert_eq!((b.beat().await, b.owned.len()), (KafkaCode::None, 2));
        assert_eq!(&a.owned | &b.owned, all);

        assert_eq!(a.leave().await, KafkaCode::None);
        node.pass(A_WHILE).await;
        assert_eq!((b.beat().await, b.epoch, &b.owned), (KafkaCode::None, 3, &all));
        assert_eq!(a.beat().await, UnknownMemberId);
    });
}

#[test]
fn a_member_that_is_silent_for_its_session_is_fenced_and_its_partitions_are_free() {
    let node = Node::start(&[("group.consumer.session.timeout.ms", "45000")]);
    node.create_topics(&[("t", 2)]);
    node.run(async |_| {
        let (mut a, mut b) = (Member::new(&node, "a").await, Member::new(&node, "b").await);
        a.join(&["t"], None).await;
        node.pass(A_WHILE).await;
        b.join(&["t"], None).await;
        a.beat().await;
        a.report().await;
        b.beat().await;
        assert_eq!((a.owned.len(), b.owned.len()), (1, 1));
        for _ in 0..5 {
            node.pass(Duration::from_secs(10)).await;
            assert_eq!(b.beat().await, KafkaCode::None);
        }
        assert_eq!(b.owned, all_of(node.topic_id("t"), 2));
        assert_eq!((a.beat().await, a.commit(2, 1).await), (UnknownMemberId, UnknownMemberId));
    });
}

#[test]
fn an_expression_stands_for_the_topics_of_now_and_later() {
    let node = Node::start(&[]);
    node.create_topics(&[("orders-1", 1), ("orders-2", 1), ("payments", 1), ("my-orders-3", 1)]);
    let mut member = node.run(async |_| {
        let mut member = Member::new(&node, "a").await;
        member.join(&[], Some("orders-.*")).await;
        assert_eq!(member.owned, [(node.topic_id("orders-1"), 0), (node.topic_id("orders-2"), 0)].into());
        member
    });
    node.create_topics(&[("orders-4", 2), ("refunds", 1)]);
    node.run(async |_| {
        node.pass(A_WHILE).await;
        assert_eq!(member.beat().await, KafkaCode::None);
        let new = node.topic_id("orders-4");
        assert_eq!(member.owned.len(), 4);
        assert!(member.owned.contains(&(new, 0)) && member.owned.contains(&(new, 1)));
    });
}

#[test]
fn a_member_of_another_epoch_is_fenced_until_it_joins_again() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 2)]);
    node.run(async |_| {
        let mut a = Member::new(&node, "a").await;
        a.join(&["t"], None).await;
        for epoch in [2, 9] {
            a.epoch = epoch;
            assert_eq!(a.beat().await, FencedMemberEpoch, "{epoch}");
            assert_eq!(a.commit(epoch, 1).await, StaleMemberEpoch, "{epoch}");
        }
        assert_eq!(a.commit(1, 5).await, KafkaCode::None);
        a.join(&["t"], None).await;
        assert_eq!(a.owned, all_of(node.topic_id("t"), 2));
        assert_eq!(a.beat().await, KafkaCode::None);
    });
}

#[test]
fn members_and_what_they_own_outlive_the_node() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 2)]);
    let mut a = node.run(async |_| {
        let mut a = Member::new(&node, "a").await;
        a.join(&["t"], None).await;
        assert_eq!(a.commit(1, 7).await, KafkaCode::None);
        a
    });
    let node = node.crashed();
    node.run(async |client| {
        a.client = node.connect().await;
        assert_eq!((a.beat().await, a.epoch), (KafkaCode::None, 1));
        let mut b = Member::new(&node, "b").await;
        b.join(&["t"], None).await;
        assert_eq!(b.owned.len(), 0, "the other still has them");
        assert_eq!(position(client, "g", "t", true).await, (KafkaCode::None, 7));
    });
}
