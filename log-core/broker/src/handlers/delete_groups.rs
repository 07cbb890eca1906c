//! DeleteGroups (42), versions 0 to 2: groups without members, with their positions, each in one step of the coordinator.

use crate::handlers::Context;
use crate::handlers::codes::coordinator_code;
use crate::handlers::group_call::answer_of;
use crate::node::core::COORDINATOR_ENTRY_BYTES;
use crate::node::position_tombstones::delete_positions;
use crate::node::staging::Durable;
use futures::channel::oneshot;
use log_coordination::groups::{Event, Response};
use log_model::acl::{AclOperation, ResourceType};
use log_model::{GroupId, KafkaCode};
use log_wire::messages::delete_groups_request::DeleteGroupsRequest;
use log_wire::messages::delete_groups_response::{DeletableGroupResult, DeleteGroupsResponse};

pub(super) async fn handle<'a>(context: &Context, request: DeleteGroupsRequest<'a>) -> DeleteGroupsResponse<'a> {
    let mut begun = Vec::with_capacity(request.groups_names.len());
    for name in request.groups_names {
        context.core().make_room(COORDINATOR_ENTRY_BYTES).await;
        begun.push((begin(context, &name), name));
        // There may be many, and others want the coordinator too.
        tokio::task::yield_now().await;
    }
    let mut results = Vec::with_capacity(begun.len());
    for (ending, group_id) in begun {
        let code = match ending {
            Ok(ending) => end(context, ending).await,
            Err(code) => code,
        };
        results.push(DeletableGroupResult { group_id, error_code: code.as_i16() });
    }
    DeleteGroupsResponse { results, ..DeleteGroupsResponse::default() }
}

/// Waits until it is durable.
async fn end(context: &Context, Ending { positions, group }: Ending) -> KafkaCode {
    if let Err(error) = positions.await {
        return coordinator_code(&error);
    }
    match answer_of(context, group).await {
        Some(Response::DeleteGroup(code)) => code,
        _ => KafkaCode::CoordinatorNotAvailable,
    }
}

/// A group whose end is staged.
struct Ending {
    positions: Durable,
    group: oneshot::Receiver<Response>,
}

/// Judges the group and ends it with the machine held: nobody joins it and nobody commits in between. Its positions go first: what is left of a group
/// after a crash between the two is one without positions, which can be deleted again.
fn begin(context: &Context, name: &str) -> Result<Ending, KafkaCode> {
    context.authorize(AclOperation::Delete, ResourceType::Group, name)?;
    let core = context.core();
    let group = GroupId::new(name);
    let mut groups = core.group_coordinator.hold(core);
    let positions = {
        let _order = core.offsets.order.lock();
        if core.groups.with_members().contains(&group) {
            return Err(KafkaCode::NonEmptyGroup);
        }
        groups.machine().check_delete(name)?;
        delete_positions(core, &group, |_| true).map_err(|error| coordinator_code(&error))?
    };
    let group = groups.call(|_, token| Event::DeleteGroup { token, group: name.into() });
    Ok(Ending { positions, group })
}

#[cfg(test)]
mod tests {
    use crate::handlers::tests::client::{Client, Node, code};
    use futures::FutureExt;
    use log_model::KafkaCode;
    use log_wire::messages::offset_delete_request::{OffsetDeleteRequestPartition, OffsetDeleteRequestTopic};
    use log_wire::messages::offset_fetch_request::OffsetFetchRequestGroup;
    use log_wire::messages::txn_offset_commit_request::{TxnOffsetCommitRequestPartition, TxnOffsetCommitRequestTopic};
    use log_wire::messages::{
        DeleteGroupsRequest, DeleteGroupsResponse, EndTxnRequest, EndTxnResponse, InitProducerIdRequest, InitProducerIdResponse,
        ListGroupsRequest, ListGroupsResponse, OffsetDeleteRequest, OffsetDeleteResponse, OffsetFetchRequest, OffsetFetchResponse,
        TxnOffsetCommitRequest, TxnOffsetCommitResponse,
    };

    /// Begins a transaction with a position of group `g` in each of two partitions; gives its producer.
    async fn begin(client: &mut Client) -> (i64, i16) {
        let request =
            InitProducerIdRequest { transactional_id: Some("x".into()), transaction_timeout_ms: 60_000, ..InitProducerIdRequest::default() };
        let producer: InitProducerIdResponse = client.ask(5, &request).await;
        let partition = |index: i32| TxnOffsetCommitRequestPartition {
            partition_index: index,
            committed_offset: i64::from(index) + 1,
            ..TxnOffsetCommitRequestPartition::default()
        };
        let request = TxnOffsetCommitRequest {
            transactional_id: "x".into(),
            group_id: "g".into(),
            producer_id: producer.producer_id,
            producer_epoch: producer.producer_epoch,
            topics: vec![TxnOffsetCommitRequestTopic { name: "t".into(), partitions: vec![partition(0), partition(1)] }],
            ..TxnOffsetCommitRequest::default()
        };
        let answer: TxnOffsetCommitResponse<'_> = client.ask(5, &request).await;
        assert!(answer.topics[0].partitions.iter().all(|partition| partition.error_code == 0), "{answer:?}");
        (producer.producer_id, producer.producer_epoch)
    }

    async fn end(client: &mut Client, producer: (i64, i16), committed: bool) {
        let request = EndTxnRequest { transactional_id: "x".into(), producer_id: producer.0, producer_epoch: producer.1, committed };
        let answer: EndTxnResponse = client.ask(5, &request).await;
        assert_eq!(code(answer.error_code), KafkaCode::None);
    }

    async fn committed(client: &mut Client) -> Vec<(i32, i64)> {
        let group = OffsetFetchRequestGroup { group_id: "g".into(), topics: None, member_epoch: -1, ..OffsetFetchRequestGroup::default() };
        let request = OffsetFetchRequest { groups: vec![group], require_stable: true, ..OffsetFetchRequest::default() };
        let answer: OffsetFetchResponse<'_> = client.ask(8, &request).await;
        let partitions = answer.groups[0].topics.iter().flat_map(|topic| &topic.partitions);
        partitions.map(|partition| (partition.partition_index, partition.committed_offset)).collect()
    }

    async fn delete(client: &mut Client) -> KafkaCode {
        let answer: DeleteGroupsResponse<'_> = client.ask(2, &DeleteGroupsRequest { groups_names: vec!["g".into()] }).await;
        code(answer.results[0].error_code)
    }

    #[test]
    fn positions_of_an_open_transaction_go_with_their_group() {
        let node = Node::start(&[]);
        node.create_topics(&[("t", 2)]);
        node.run(async |client| {
            let producer = begin(client).await;
            assert_eq!(delete(client).await, KafkaCode::None);
            assert_eq!(delete(client).await, KafkaCode::GroupIdNotFound);
            end(client, producer, true).await;
            assert_eq!(committed(client).await, []);
        });
        let node = node.restarted();
        node.run(async |client| {
            assert_eq!(committed(client).await, [], "the log says the same");
            let producer = begin(client).await;
            end(client, producer, true).await;
            assert_eq!(committed(client).await, [(0, 1), (1, 2)], "what comes later counts");
        });
    }

    #[test]
    fn positions_of_an_open_transaction_are_deleted_one_by_one() {
        let node = Node::start(&[]);
        node.create_topics(&[("t", 2)]);
        node.run(async |client| {
            let producer = begin(client).await;
            let topic = |index: i32| OffsetDeleteRequestTopic {
                name: "t".into(),
                partitions: vec![OffsetDeleteRequestPartition { partition_index: index }],
            };
            // Of a topic that is named twice the first naming counts.
            let request = OffsetDeleteRequest { group_id: "g".into(), topics: vec![topic(1), topic(0)] };
            let answer: OffsetDeleteResponse<'_> = client.ask(0, &request).await;
            assert_eq!((answer.error_code, answer.topics.len(), answer.topics[0].partitions[0].error_code), (0, 1, 0));
            end(client, producer, true).await;
            assert_eq!(committed(client).await, [(0, 1)]);
        });
    }

    #[test]
    fn others_are_served_between_the_groups_of_a_request() {
        let node = Node::start(&[]);
        node.run(async |client| {
            let mut other = node.connect().await;
            client.send(2, &DeleteGroupsRequest { groups_names: vec!["missing".into(); 2000] }).await;
            // The request is begun.
            node.turns(20).await;
            let listed: ListGroupsResponse<'_> = other.ask(5, &ListGroupsRequest::default()).await;
            assert_eq!(code(listed.error_code), KafkaCode::None);
            assert!(client.receive_frame().now_or_never().is_none(), "the others waited for all of it");
        });
    }

    #[test]
    fn a_group_that_only_had_positions_in_an_aborted_transaction_is_gone() {
        let node = Node::start(&[]);
        node.create_topics(&[("t", 2)]);
        node.run(async |client| {
            let groups = async |client: &mut Client| {
                let answer: ListGroupsResponse<'_> = client.ask(5, &ListGroupsRequest::default()).await;
                answer.groups.len()
            };
            let producer = begin(client).await;
            assert_eq!(groups(client).await, 1);
            end(client, producer, false).await;
            assert_eq!((groups(client).await, committed(client).await), (0, vec![]));
        });
    }
}
