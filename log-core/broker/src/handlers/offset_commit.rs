//! OffsetCommit (8), versions 2 to 10: a group's positions, durable before the answer.

use crate::handlers::Context;
use crate::handlers::commit_positions::{CommitTopic, Committed, commit};
use log_coordination::groups::Commit;
use log_wire::messages::offset_commit_request::OffsetCommitRequest;
use log_wire::messages::offset_commit_response::{
    OffsetCommitResponse, OffsetCommitResponsePartition, OffsetCommitResponseTopic,
};

pub(super) async fn handle(context: &Context, request: OffsetCommitRequest<'_>) -> OffsetCommitResponse<'static> {
    let by = Commit {
        group: (&*request.group_id).into(),
        member_id: &request.member_id,
        instance_id: request.group_instance_id.as_deref(),
        generation: request.generation_id_or_member_epoch,
        transactional: false,
        version: context.version,
    };
    let topics = request.topics.iter().map(|topic| CommitTopic {
        name: topic.name.to_string(),
        id: topic.topic_id,
        partitions: topic
            .partitions
            .iter()
            .map(|at| (at.partition_index, at.committed_offset, at.committed_leader_epoch, at.committed_metadata.as_deref().unwrap_or_default().to_owned()))
            .collect(),
        retention_ms: (request.retention_time_ms >= 0).then_some(request.retention_time_ms),
    });
    let committed = commit(context, &by, None, topics.collect()).await;
    let topic = |topic: Committed| OffsetCommitResponseTopic {
        name: topic.name.into(),
        topic_id: topic.id,
        partitions: topic
            .partitions
            .into_iter()
            .map(|(partition_index, code)| OffsetCommitResponsePartition { partition_index, error_code: code.as_i16() })
            .collect(),
    };
    OffsetCommitResponse { topics: committed.into_iter().map(topic).collect(), ..OffsetCommitResponse::default() }
}
