//! The quorum that keeps the metadata (DescribeQuorum).

use crate::error::check;
use crate::{ClusterAdmin, Error, Result};
use log_wire::messages::DescribeQuorumRequest;
use log_wire::messages::describe_quorum_request::{PartitionData, TopicData};

/// Where the metadata lies.
const METADATA_TOPIC: &str = "__cluster_metadata";

/// A replica of the metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuorumReplica {
    /// The node.
    pub node: i32,
    /// One past its last record.
    pub log_end: i64,
}

/// The quorum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuorumDescription {
    /// The node that leads.
    pub leader: i32,
    /// Its epoch.
    pub leader_epoch: i32,
    /// One past the last record that is decided.
    pub high_watermark: i64,
    /// The nodes that vote.
    pub voters: Vec<QuorumReplica>,
    /// The nodes that only follow.
    pub observers: Vec<QuorumReplica>,
}

impl ClusterAdmin {
    /// The quorum of the metadata.
    pub async fn describe_quorum(&self) -> Result<QuorumDescription> {
        let partitions = vec![PartitionData { partition_index: 0 }];
        let request = DescribeQuorumRequest { topics: vec![TopicData { topic_name: METADATA_TOPIC.into(), partitions }] };
        let answer = self.ask_any(&request).await?;
        let response = answer.read()?;
        let what = || "the quorum was not described".to_string();
        check(response.error_code, response.error_message.as_deref(), what)?;
        let Some(found) = response.topics.first().and_then(|topic| topic.partitions.first()) else {
            return Err(Error::Invalid { reason: "the server told of no quorum".into() });
        };
        check(found.error_code, found.error_message.as_deref(), what)?;
        let replicas = |list: &[log_wire::messages::describe_quorum_response::ReplicaState]| {
            list.iter().map(|replica| QuorumReplica { node: replica.replica_id, log_end: replica.log_end_offset }).collect()
        };
        Ok(QuorumDescription {
            leader: found.leader_id,
            leader_epoch: found.leader_epoch,
            high_watermark: found.high_watermark,
            voters: replicas(&found.current_voters),
            observers: replicas(&found.observers),
        })
    }
}
