//! The life of a classic group: joining, sharing, leaving, falling silent, and coming back after a restart of the node.

use crate::handlers::tests::client::Node;
use crate::handlers::tests::member::{Member, SESSION_MS, part_of, rebalance};
use log_model::KafkaCode::{self, RebalanceInProgress, UnknownMemberId};
use std::time::Duration;

#[test]
fn a_third_member_brings_the_next_generation_and_so_does_one_that_leaves() {
    let node = Node::start(&[]);
    node.run(async |_| {
        let (mut a, mut b, mut c) = (Member::new(&node, "g").await, Member::new(&node, "g").await, Member::new(&node, "g").await);
        assert_eq!(rebalance(&mut [&mut a, &mut b]).await, 1);
        assert_eq!((a.beat().await, b.beat().await), (KafkaCode::None, KafkaCode::None));

        c.begin_join().await;
        node.pass(Duration::from_millis(1)).await;
        assert_eq!((a.beat().await, b.beat().await), (RebalanceInProgress, RebalanceInProgress));
        assert_eq!(a.sync(&[]).await.0, RebalanceInProgress);
        assert_eq!(rebalance(&mut [&mut a, &mut b, &mut c]).await, 2);

        assert_eq!(b.leave().await, KafkaCode::None);
        assert_eq!((a.beat().await, b.beat().await, c.beat().await), (RebalanceInProgress, UnknownMemberId, RebalanceInProgress));
        assert_eq!(rebalance(&mut [&mut a, &mut c]).await, 3);
        assert_eq!((a.beat().await, c.beat().await), (KafkaCode::None, KafkaCode::None));

        assert_eq!((a.leave().await, c.leave().await), (KafkaCode::None, KafkaCode::None));
        let mut d = Member::new(&node, "g").await;
        assert!(rebalance(&mut [&mut d]).await > 3, "generations go on after the group was empty");
    });
}

#[test]
fn a_member_that_is_silent_for_its_session_is_out() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |_| {
        let (mut a, mut b) = (Member::new(&node, "g").await, Member::new(&node, "g").await);
        rebalance(&mut [&mut a, &mut b]).await;
        let step = Duration::from_millis(SESSION_MS as u64 / 4);
        for _ in 0..3 {
            node.pass(step).await;
            assert_eq!(a.beat().await, KafkaCode::None);
        }
        node.pass(step + Duration::from_millis(1)).await;
        assert_eq!(a.beat().await, RebalanceInProgress);
        assert_eq!((b.beat().await, b.commit("t", 1).await), (UnknownMemberId, UnknownMemberId));
        assert_eq!(rebalance(&mut [&mut a]).await, 2);
    });
}

#[test]
fn a_member_that_does_not_join_again_in_time_is_out() {
    let node = Node::start(&[]);
    node.run(async |_| {
        let (mut a, mut b, mut c) = (Member::new(&node, "g").await, Member::new(&node, "g").await, Member::new(&node, "g").await);
        rebalance(&mut [&mut a, &mut b]).await;
        c.begin_join().await;
        a.begin_join().await;
        // It shows that it lives, but does not join.
        for _ in 0..4 {
            node.pass(Duration::from_secs(4)).await;
            assert_eq!(b.beat().await, RebalanceInProgress);
        }
        assert_eq!(rebalance(&mut [&mut a, &mut c]).await, 2);
        assert_eq!(b.beat().await, UnknownMemberId);
    });
}

#[test]
fn a_generation_outlives_the_node() {
    let node = Node::start(&[]);
    let (a, b) = node.run(async |_| {
        let (mut a, mut b) = (Member::new(&node, "g").await, Member::new(&node, "g").await);
        rebalance(&mut [&mut a, &mut b]).await;
        (a, b)
    });
    let node = node.crashed();
    node.run(async |_| {
        for member in [a, b] {
            let mut member = member.reconnected(&node).await;
            assert_eq!(member.beat().await, KafkaCode::None);
            assert_eq!(member.sync(&[]).await, (KafkaCode::None, part_of(&member.id)));
        }
    });
}
