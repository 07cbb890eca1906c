//! What a broker answers, one file per API.
//!
//! [`start`] begins a request as soon as it has been read; its answer leaves in the order of the requests. Every handler is a function from a
//! decoded request to a response; [`produce`] alone does part of its work at the start. The list below is where an API registers, and what
//! `ApiVersions` announces.
//!
//! Versions exist here and in `log-wire` only: behind the handlers nobody knows in which version a client spoke.

mod authorizer;
mod codes;
mod config_store;
mod context;
mod dispatch;
mod fetch_sessions;

pub(crate) use authorizer::Authorizer;
pub(crate) use codes::code_of;
pub(crate) use config_store::{apply_stored_config, follow_topic_defaults, keep_started_with, over_started_with};
pub(crate) use context::Context;
pub(crate) use dispatch::{Outcome, Pending, start};
pub(crate) use fetch_sessions::FetchSessions;

dispatch::handlers! {
    AddOffsetsToTxn => add_offsets_to_txn,
    AddPartitionsToTxn => add_partitions_to_txn,
    AlterClientQuotas => alter_client_quotas,
    AlterConfigs => alter_configs,
    AlterPartitionReassignments => alter_partition_reassignments,
    AlterReplicaLogDirs => alter_replica_log_dirs,
    AlterUserScramCredentials => alter_user_scram_credentials,
    ApiVersions => api_versions,
    ConsumerGroupDescribe => consumer_group_describe,
    ConsumerGroupHeartbeat => consumer_group_heartbeat,
    CreateAcls => create_acls,
    CreatePartitions => create_partitions,
    CreateTopics => create_topics,
    DeleteAcls => delete_acls,
    DeleteGroups => delete_groups,
    DeleteRecords => delete_records,
    DeleteTopics => delete_topics,
    DescribeAcls => describe_acls,
    DescribeClientQuotas => describe_client_quotas,
    DescribeCluster => describe_cluster,
    DescribeConfigs => describe_configs,
    DescribeGroups => describe_groups,
    DescribeLogDirs => describe_log_dirs,
    DescribeProducers => describe_producers,
    DescribeQuorum => describe_quorum,
    DescribeTopicPartitions => describe_topic_partitions,
    DescribeTransactions => describe_transactions,
    DescribeUserScramCredentials => describe_user_scram_credentials,
    ElectLeaders => elect_leaders,
    EndTxn => end_txn,
    Fetch => fetch,
    FindCoordinator => find_coordinator,
    Heartbeat => heartbeat,
    IncrementalAlterConfigs => incremental_alter_configs,
    InitProducerId => init_producer_id,
    JoinGroup => join_group,
    LeaveGroup => leave_group,
    ListConfigResources => list_config_resources,
    ListGroups => list_groups,
    ListOffsets => list_offsets,
    ListPartitionReassignments => list_partition_reassignments,
    ListTransactions => list_transactions,
    Metadata => metadata,
    OffsetCommit => offset_commit,
    OffsetDelete => offset_delete,
    OffsetFetch => offset_fetch,
    OffsetForLeaderEpoch => offset_for_leader_epoch,
    SaslAuthenticate => sasl_authenticate,
    SaslHandshake => sasl_handshake,
    SyncGroup => sync_group,
    TxnOffsetCommit => txn_offset_commit,
    UnregisterBroker => unregister_broker,
    UpdateFeatures => update_features,
    WriteTxnMarkers => write_txn_markers,
}

mod acl_store;
mod acl_wire;
mod authorization;
mod client_metrics_config;
mod commit_positions;
mod config_change;
mod config_resource;
mod config_view;
mod fetch_read;
mod group_call;
mod once;
mod operations;
mod partition_view;
mod produce;
mod produce_append;
mod produced_batch;
mod quota_store;
mod refusal;
mod replica_assignment;
mod scram_store;
mod topic_ref;
mod transaction_call;

#[cfg(test)]
pub(crate) mod tests;
