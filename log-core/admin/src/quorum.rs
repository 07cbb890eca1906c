//! The quorum that keeps the metadata (DescribeQuorum).

use crate::error::check;
use crate::{ClusterAdmin, Error, Result};
use log_wire::messages::DescribeQuorumRequest;
use log_wire::messages::describe_quorum_request::{PartitionData, TopicData};
use log_wire::messages::describe_quorum_response::ReplicaState;

/// Where the metadata lies.
const METADATA_TOPIC: &str = "__cluster_metadata";

/// A replica of the metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuorumReplica {
    /// The node.
    pub node: i32,
    /// The id of the directory that it lies in; none where the server does not say.
    pub directory: Option<[u8; 16]>,
    /// One past its last record.
    pub log_end: i64,
    /// When it last asked for records, in milliseconds since 1970; none where the leader does not know.
    pub last_fetch_ms: Option<i64>,
    /// When it last had all of the leader's; none where the leader does not know.
    pub last_caught_up_ms: Option<i64>,
    /// Where the node is reached, as `NAME://host:port`; empty where the server does not say.
    pub endpoints: Vec<String>,
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
        let answer = self.call().ask_any(&request).await?;
        let response = answer.read()?;
        let what = || "the quorum was not described".to_string();
        check(response.error_code, response.error_message.as_deref(), what)?;
        let Some(found) = response.topics.first().and_then(|topic| topic.partitions.first()) else {
            return Err(Error::Invalid { reason: "the server told of no quorum".into() });
        };
        check(found.error_code, found.error_message.as_deref(), what)?;
        let known = |ms: i64| Some(ms).filter(|ms| *ms >= 0);
        let endpoints = |id: i32| {
            let listeners = response.nodes.iter().filter(|node| node.node_id == id).flat_map(|node| &node.listeners);
            listeners.map(|listener| format!("{}://{}:{}", listener.name, listener.host, listener.port)).collect()
        };
        let replicas = |list: &[ReplicaState]| {
            let replica = |replica: &ReplicaState| QuorumReplica {
                node: replica.replica_id,
                directory: Some(replica.replica_directory_id.into_bytes()).filter(|id| *id != [0; 16]),
                log_end: replica.log_end_offset,
                last_fetch_ms: known(replica.last_fetch_timestamp),
                last_caught_up_ms: known(replica.last_caught_up_timestamp),
                endpoints: endpoints(replica.replica_id),
            };
            list.iter().map(replica).collect()
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
