//! DescribeQuorum (55), versions 0 to 2: the one voter of the cluster's metadata, and how far its log goes.
//!
//! Kafka's clients ask for `__cluster_metadata`; what it stands for here is kept in `__headwater_metadata`.

use crate::handlers::once::once;
use crate::handlers::{Context, code_of};
use crate::node::topics::{CLUSTER_METADATA_TOPIC, metadata_partition};
use log_model::KafkaCode;
use log_model::acl::AclOperation;
use log_wire::messages::describe_quorum_request::DescribeQuorumRequest;
use log_wire::messages::describe_quorum_response::{DescribeQuorumResponse, Listener, Node, PartitionData, ReplicaState, TopicData};

pub(super) async fn handle<'a>(context: &Context, request: DescribeQuorumRequest<'a>) -> DescribeQuorumResponse<'a> {
    if let Err(code) = context.authorize_cluster(AclOperation::Describe) {
        return DescribeQuorumResponse { error_code: code.as_i16(), error_message: Some(code.message().into()), ..DescribeQuorumResponse::default() };
    }
    let broker = context.broker();
    let answer = |name: &str, index: i32| match (name, index) {
        (CLUSTER_METADATA_TOPIC, 0) => describe(context).unwrap_or_else(|code| refused(0, code)),
        _ => refused(index, KafkaCode::UnknownTopicOrPartition),
    };
    let topics = once(request.topics, |topic| topic.topic_name.clone()).map(|topic| {
        let partitions = once(topic.partitions.iter().map(|partition| partition.partition_index), |index| *index);
        TopicData { partitions: partitions.map(|index| answer(&topic.topic_name, index)).collect(), topic_name: topic.topic_name }
    });
    let listener = Listener { name: "PLAINTEXT".into(), host: broker.advertised.host.clone().into(), port: broker.advertised.port };
    DescribeQuorumResponse {
        error_message: None,
        topics: topics.collect(),
        nodes: vec![Node { node_id: broker.node_id, listeners: vec![listener] }],
        ..DescribeQuorumResponse::default()
    }
}

fn refused(index: i32, code: KafkaCode) -> PartitionData<'static> {
    PartitionData {
        partition_index: index,
        error_code: code.as_i16(),
        error_message: Some(code.message().into()),
        ..PartitionData::default()
    }
}

fn describe(context: &Context) -> Result<PartitionData<'static>, KafkaCode> {
    let core = context.core();
    let directory = core.directory().map_err(|error| code_of(&error))?;
    let info = directory.info(&metadata_partition()).map_err(|error| code_of(&core.error(error)))?;
    let offsets = directory.offsets(&metadata_partition()).map_err(|error| code_of(&core.error(error)))?;
    let node = context.broker().node_id;
    let voter = ReplicaState {
        replica_id: node,
        log_end_offset: info.log_end.0,
        last_fetch_timestamp: context.now_ms(),
        last_caught_up_timestamp: context.now_ms(),
        ..ReplicaState::default()
    };
    Ok(PartitionData {
        error_message: None,
        leader_id: node,
        leader_epoch: offsets.leader_epoch.0,
        high_watermark: offsets.high_watermark.0,
        current_voters: vec![voter],
        ..PartitionData::default()
    })
}
