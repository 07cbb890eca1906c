//! AlterReplicaLogDirs (34), versions 1 and 2: partitions can be moved to the one data directory there is, where they are already.

use crate::handlers::Context;
use crate::handlers::topic_ref::find_topic;
use log_model::KafkaCode;
use log_model::acl::AclOperation;
use log_wire::messages::alter_replica_log_dirs_request::AlterReplicaLogDirsRequest;
use log_wire::messages::alter_replica_log_dirs_response::{
    AlterReplicaLogDirPartitionResult, AlterReplicaLogDirTopicResult, AlterReplicaLogDirsResponse,
};
use std::collections::BTreeMap;
use std::path::Path;
use uuid::Uuid;

pub(super) async fn handle<'a>(context: &Context, request: AlterReplicaLogDirsRequest<'a>) -> AlterReplicaLogDirsResponse<'a> {
    let allowed = context.authorize_cluster(AclOperation::Alter);
    let mut results = BTreeMap::<_, Vec<AlterReplicaLogDirPartitionResult>>::new();
    for directory in request.dirs {
        let is_ours = Path::new(directory.path.as_ref()) == context.core().path;
        for topic in directory.topics {
            let answer = |index: &i32| {
                let found = allowed.and_then(|()| find_topic(context.core(), &topic.name, Uuid::nil())?.partition(*index));
                let code = match found {
                    Err(KafkaCode::ClusterAuthorizationFailed) => KafkaCode::ClusterAuthorizationFailed,
                    _ if !is_ours => KafkaCode::LogDirNotFound,
                    found => found.err().unwrap_or(KafkaCode::None),
                };
                AlterReplicaLogDirPartitionResult { partition_index: *index, error_code: code.as_i16() }
            };
            let answers: Vec<_> = topic.partitions.iter().map(answer).collect();
            results.entry(topic.name).or_default().extend(answers);
        }
    }
    let results = results.into_iter().map(|(topic_name, partitions)| AlterReplicaLogDirTopicResult { topic_name, partitions });
    AlterReplicaLogDirsResponse { results: results.collect(), ..AlterReplicaLogDirsResponse::default() }
}
