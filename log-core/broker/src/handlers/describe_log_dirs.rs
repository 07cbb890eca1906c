//! DescribeLogDirs (35), versions 1 to 5: the data directory, its room, and what partitions take of it.

use crate::handlers::{Context, code_of};
use crate::node::core::Core;
use log_model::TopicPartition;
use log_model::acl::AclOperation;
use log_wire::messages::describe_log_dirs_request::DescribeLogDirsRequest;
use log_wire::messages::describe_log_dirs_response::{
    DescribeLogDirsPartition, DescribeLogDirsResponse, DescribeLogDirsResult, DescribeLogDirsTopic,
};
use std::collections::{BTreeMap, BTreeSet};

/// The partitions asked for, by topic.
type Wanted = BTreeMap<String, BTreeSet<i32>>;

pub(super) async fn handle(context: &Context, request: DescribeLogDirsRequest<'_>) -> DescribeLogDirsResponse<'static> {
    if let Err(code) = context.authorize_cluster(AclOperation::Describe) {
        return DescribeLogDirsResponse { error_code: code.as_i16(), ..DescribeLogDirsResponse::default() };
    }
    let wanted = request.topics.map(|topics| {
        let mut wanted = Wanted::new();
        for topic in topics {
            wanted.entry(topic.topic.into_owned()).or_default().extend(topic.partitions);
        }
        wanted
    });
    let log_dir = context.core().path.display().to_string();
    let result = match context.core().blocking("describe-log-dirs", move |core| describe(core, wanted.as_ref())).await {
        Ok(result) => result,
        Err(error) => DescribeLogDirsResult { error_code: code_of(&error).as_i16(), ..DescribeLogDirsResult::default() },
    };
    let results = vec![DescribeLogDirsResult { log_dir: log_dir.into(), ..result }];
    DescribeLogDirsResponse { results, ..DescribeLogDirsResponse::default() }
}

fn describe(core: &Core, wanted: Option<&Wanted>) -> log_client::Result<DescribeLogDirsResult<'static>> {
    let is_wanted = |partition: &TopicPartition| {
        wanted.is_none_or(|wanted| wanted.get(partition.topic.as_str()).is_some_and(|indexes| indexes.contains(&partition.partition)))
    };
    let directory = core.directory()?;
    let mut topics: Vec<DescribeLogDirsTopic<'static>> = Vec::new();
    for partition in directory.partitions().into_iter().filter(is_wanted) {
        // A topic may be deleted meanwhile.
        let Ok(info) = directory.info(&partition) else { continue };
        let described = DescribeLogDirsPartition {
            partition_index: partition.partition,
            partition_size: i64::try_from(info.size_bytes).unwrap_or(i64::MAX),
            ..DescribeLogDirsPartition::default()
        };
        let name = partition.topic.as_str();
        match topics.last_mut().filter(|topic| topic.name == name) {
            Some(topic) => topic.partitions.push(described),
            None => topics.push(DescribeLogDirsTopic { name: name.to_owned().into(), partitions: vec![described] }),
        }
    }
    let bytes = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
    let space = core.env.disk.space(&core.path).ok();
    Ok(DescribeLogDirsResult {
        topics,
        total_bytes: space.as_ref().map_or(-1, |space| bytes(space.total_bytes)),
        usable_bytes: space.as_ref().map_or(-1, |space| bytes(space.free_bytes)),
        ..DescribeLogDirsResult::default()
    })
}
