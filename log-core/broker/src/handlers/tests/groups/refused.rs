//! Requests of whoever is no member, or not of this generation, or could not be one.

use crate::handlers::tests::client::{Node, code};
use crate::handlers::tests::member::{Member, rebalance};
use log_model::KafkaCode::{self, IllegalGeneration, InconsistentGroupProtocol, InvalidGroupId, InvalidSessionTimeout, UnknownMemberId};
use log_wire::messages::join_group_request::JoinGroupRequestProtocol;
use log_wire::messages::{JoinGroupRequest, JoinGroupResponse};

#[test]
fn whoever_did_not_join_is_unknown() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |_| {
        let mut member = Member::new(&node, "g").await;
        for with_others in [false, true] {
            let (mut stranger, mut fixed) = (Member::new(&node, "g").await, Member::fixed(&node, "g", "i").await);
            stranger.id = "nobody".into();
            if with_others {
                rebalance(&mut [&mut member]).await;
            }
            for (who, expected_of_commit) in [(&mut stranger, UnknownMemberId), (&mut fixed, UnknownMemberId)] {
                who.generation = 1;
                assert_eq!(who.beat().await, UnknownMemberId);
                assert_eq!(who.sync(&[]).await.0, UnknownMemberId);
                assert_eq!(who.leave().await, UnknownMemberId);
                let expected = if with_others { expected_of_commit } else { IllegalGeneration };
                assert_eq!(who.commit("t", 1).await, expected);
            }
            assert_eq!(code(stranger.join().await.error_code), UnknownMemberId);
        }
    });
}

#[test]
fn members_of_another_generation_change_nothing() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |_| {
        let mut member = Member::new(&node, "g").await;
        rebalance(&mut [&mut member]).await;
        for generation in [0, 2, i32::MAX] {
            member.generation = generation;
            assert_eq!(member.beat().await, IllegalGeneration, "{generation}");
            assert_eq!(member.sync(&[]).await.0, IllegalGeneration, "{generation}");
            assert_eq!(member.commit("t", 1).await, IllegalGeneration, "{generation}");
        }
        member.generation = 1;
        assert_eq!(member.beat().await, KafkaCode::None);
    });
}

#[test]
fn whoever_could_not_be_a_member_is_told_why() {
    let node = Node::start(&[]);
    node.run(async |client| {
        let mut member = Member::new(&node, "g").await;
        rebalance(&mut [&mut member]).await;
        let good = Member::new(&node, "g").await.join_request();
        let speaking = |name: &'static str| vec![JoinGroupRequestProtocol { name: name.into(), ..JoinGroupRequestProtocol::default() }];
        let cases = [
            (JoinGroupRequest { group_id: "".into(), ..good.clone() }, InvalidGroupId),
            (JoinGroupRequest { session_timeout_ms: 5_999, ..good.clone() }, InvalidSessionTimeout),
            (JoinGroupRequest { session_timeout_ms: 1_800_001, ..good.clone() }, InvalidSessionTimeout),
            (JoinGroupRequest { protocol_type: "connect".into(), ..good.clone() }, InconsistentGroupProtocol),
            (JoinGroupRequest { protocols: speaking("sticky"), ..good.clone() }, InconsistentGroupProtocol),
            (JoinGroupRequest { protocols: Vec::new(), ..good.clone() }, InconsistentGroupProtocol),
            (JoinGroupRequest { member_id: "made-up".into(), ..good }, UnknownMemberId),
        ];
        for (request, expected) in cases {
            for version in 0..=9 {
                let answer: JoinGroupResponse<'_> = client.ask(version, &request).await;
                assert_eq!((code(answer.error_code), answer.generation_id), (expected, -1), "version {version}: {request:?}");
            }
        }
        assert_eq!(member.beat().await, KafkaCode::None, "the group did not notice");
    });
}
