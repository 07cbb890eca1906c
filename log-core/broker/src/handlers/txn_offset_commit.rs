//! TxnOffsetCommit (28), versions 0 to 5: a group's positions as part of a transaction; they count when it is committed.

use crate::handlers::Context;
use crate::handlers::commit_positions::{CommitTopic, Committed, InTransaction, commit};
use crate::handlers::transaction_call::producer;
use log_coordination::groups::Commit;
use log_wire::messages::txn_offset_commit_request::TxnOffsetCommitRequest;
use log_wire::messages::txn_offset_commit_response::{
    TxnOffsetCommitResponse, TxnOffsetCommitResponsePartition, TxnOffsetCommitResponseTopic,
};
use uuid::Uuid;

pub(super) async fn handle(context: &Context, request: TxnOffsetCommitRequest<'_>) -> TxnOffsetCommitResponse<'static> {
    let by = Commit {
        group: (&*request.group_id).into(),
        member_id: &request.member_id,
        instance_id: request.group_instance_id.as_deref(),
        generation: request.generation_id,
        transactional: true,
        version: context.version,
    };
    let topics = request.topics.iter().map(|topic| {
        let positions = topic.partitions.iter().map(|at| {
            let metadata = at.committed_metadata.as_deref().unwrap_or_default().to_owned();
            (at.partition_index, at.committed_offset, at.committed_leader_epoch, metadata)
        });
        CommitTopic { name: topic.name.to_string(), id: Uuid::nil(), partitions: positions.collect(), retention_ms: None }
    });
    let transaction = InTransaction {
        transactional_id: &request.transactional_id,
        producer: producer(request.producer_id, request.producer_epoch),
    };
    let committed = commit(context, &by, Some(transaction), topics.collect()).await;
    let topic = |topic: Committed| TxnOffsetCommitResponseTopic {
        name: topic.name.into(),
        partitions: topic
            .partitions
            .into_iter()
            .map(|(partition_index, code)| TxnOffsetCommitResponsePartition { partition_index, error_code: code.as_i16() })
            .collect(),
    };
    TxnOffsetCommitResponse { topics: committed.into_iter().map(topic).collect(), ..TxnOffsetCommitResponse::default() }
}
