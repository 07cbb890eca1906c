//! Static members (KIP-345): one that comes back takes its old place, and nobody shares anew.

use crate::handlers::tests::client::{Node, code};
use crate::handlers::tests::member::{Member, part_of, rebalance};
use log_model::KafkaCode::{self, FencedInstanceId, RebalanceInProgress};
use log_wire::messages::leave_group_request::MemberIdentity;
use log_wire::messages::{LeaveGroupRequest, LeaveGroupResponse};

#[test]
fn one_that_comes_back_has_what_it_had_and_fences_whom_it_was() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |_| {
        let (mut old, mut other) = (Member::fixed(&node, "g", "i").await, Member::new(&node, "g").await);
        rebalance(&mut [&mut old, &mut other]).await;
        let mut new = Member::fixed(&node, "g", "i").await;
        let back = new.join().await;
        assert_eq!((code(back.error_code), back.generation_id), (KafkaCode::None, 1));
        assert_eq!(back.skip_assignment, back.leader == back.member_id, "a leader that comes back does not assign");
        assert_ne!(new.id, old.id);
        assert_eq!(new.sync(&[]).await, (KafkaCode::None, part_of(&old.id)));
        assert_eq!((new.beat().await, other.beat().await), (KafkaCode::None, KafkaCode::None));

        assert_eq!(old.beat().await, FencedInstanceId);
        assert_eq!(old.commit("t", 1).await, FencedInstanceId);
        assert_eq!(old.sync(&[]).await.0, FencedInstanceId);
        assert_eq!(old.leave().await, FencedInstanceId);
        let refused = old.join().await;
        assert_eq!(code(refused.error_code), FencedInstanceId);
        assert_eq!((new.commit("t", 2).await, new.beat().await), (KafkaCode::None, KafkaCode::None));
    });
}

#[test]
fn an_administrator_removes_one_by_its_instance_id() {
    let node = Node::start(&[]);
    node.run(async |client| {
        let (mut fixed, mut other) = (Member::fixed(&node, "g", "i").await, Member::new(&node, "g").await);
        rebalance(&mut [&mut fixed, &mut other]).await;
        let member =
            |instance_id: &'static str| MemberIdentity { group_instance_id: Some(instance_id.into()), ..MemberIdentity::default() };
        let members = vec![member("nobody"), member("i")];
        let request = LeaveGroupRequest { group_id: "g".into(), members, ..LeaveGroupRequest::default() };
        let answer: LeaveGroupResponse<'_> = client.ask(5, &request).await;
        let codes: Vec<_> = answer.members.iter().map(|member| code(member.error_code)).collect();
        assert_eq!((code(answer.error_code), codes), (KafkaCode::None, vec![KafkaCode::UnknownMemberId, KafkaCode::None]));
        assert_eq!((fixed.beat().await, other.beat().await), (KafkaCode::UnknownMemberId, RebalanceInProgress));
    });
}
