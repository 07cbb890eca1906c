//! Producer ids and transactions.

use super::probe::{CLUSTER, GROUP, Probe, TOPIC, TRANSACTION, check, probe};
use log_model::KafkaCode;
use log_model::acl::AclOperation::{Alter, ClusterAction, Describe, IdempotentWrite, Read, Write};
use log_model::acl::ResourceType;
use log_wire::messages::add_partitions_to_txn_request::AddPartitionsToTxnTopic;
use log_wire::messages::txn_offset_commit_request::{TxnOffsetCommitRequestPartition, TxnOffsetCommitRequestTopic};
use log_wire::messages::write_txn_markers_request::{WritableTxnMarker, WritableTxnMarkerTopic};
use log_wire::messages::{
    AddOffsetsToTxnRequest, AddOffsetsToTxnResponse, AddPartitionsToTxnRequest, AddPartitionsToTxnResponse, DescribeTransactionsRequest,
    DescribeTransactionsResponse, EndTxnRequest, EndTxnResponse, InitProducerIdRequest, InitProducerIdResponse, TxnOffsetCommitRequest,
    TxnOffsetCommitResponse, WriteTxnMarkersRequest, WriteTxnMarkersResponse,
};

fn init(transactional_id: Option<&'static str>) -> InitProducerIdRequest<'static> {
    InitProducerIdRequest {
        transactional_id: transactional_id.map(Into::into),
        transaction_timeout_ms: 10_000,
        producer_id: -1,
        producer_epoch: -1,
    }
}

fn add_partitions() -> AddPartitionsToTxnRequest<'static> {
    AddPartitionsToTxnRequest {
        v3_and_below_transactional_id: "x".into(),
        v3_and_below_topics: vec![AddPartitionsToTxnTopic { name: "t".into(), partitions: vec![0] }],
        ..AddPartitionsToTxnRequest::default()
    }
}

fn add_offsets() -> AddOffsetsToTxnRequest<'static> {
    AddOffsetsToTxnRequest { transactional_id: "x".into(), group_id: "g".into(), ..AddOffsetsToTxnRequest::default() }
}

fn commit() -> TxnOffsetCommitRequest<'static> {
    let partitions = vec![TxnOffsetCommitRequestPartition { committed_leader_epoch: -1, ..TxnOffsetCommitRequestPartition::default() }];
    TxnOffsetCommitRequest {
        transactional_id: "x".into(),
        group_id: "g".into(),
        generation_id: -1,
        topics: vec![TxnOffsetCommitRequestTopic { name: "t".into(), partitions }],
        ..TxnOffsetCommitRequest::default()
    }
}

fn markers() -> WriteTxnMarkersRequest<'static> {
    let topics = vec![WritableTxnMarkerTopic { name: "t".into(), partition_indexes: vec![0] }];
    WriteTxnMarkersRequest { markers: vec![WritableTxnMarker { topics, ..WritableTxnMarker::default() }] }
}

#[test]
fn transactions_are_for_those_who_may_write_under_their_id() {
    check(&[
        probe!("InitProducerId of a transaction", [(TRANSACTION, Write)], TransactionalIdAuthorizationFailed, 4 init(Some("x")),
            |answer: InitProducerIdResponse| answer.error_code),
        probe!("InitProducerId", [(CLUSTER, IdempotentWrite), ((ResourceType::Topic, "*"), Write)], ClusterAuthorizationFailed,
            4 init(None), |answer: InitProducerIdResponse| answer.error_code),
        probe!("AddPartitionsToTxn", [(TRANSACTION, Write)], TransactionalIdAuthorizationFailed, 3 add_partitions(),
            |answer: AddPartitionsToTxnResponse<'_>| answer.results_by_topic_v3_and_below[0].results_by_partition[0].partition_error_code),
        probe!("AddPartitionsToTxn of a topic", [(TOPIC, Write)], TopicAuthorizationFailed, 3 add_partitions(),
            |answer: AddPartitionsToTxnResponse<'_>| answer.results_by_topic_v3_and_below[0].results_by_partition[0].partition_error_code),
        probe!("AddPartitionsToTxn of a node", [(CLUSTER, ClusterAction)], ClusterAuthorizationFailed,
            4 AddPartitionsToTxnRequest::default(), |answer: AddPartitionsToTxnResponse<'_>| answer.error_code),
        probe!("AddOffsetsToTxn", [(TRANSACTION, Write)], TransactionalIdAuthorizationFailed, 3 add_offsets(),
            |answer: AddOffsetsToTxnResponse| answer.error_code),
        probe!("AddOffsetsToTxn of a group", [(GROUP, Read)], GroupAuthorizationFailed, 3 add_offsets(),
            |answer: AddOffsetsToTxnResponse| answer.error_code),
        probe!("TxnOffsetCommit", [(TRANSACTION, Write)], TransactionalIdAuthorizationFailed, 3 commit(),
            |answer: TxnOffsetCommitResponse<'_>| answer.topics[0].partitions[0].error_code),
        probe!("TxnOffsetCommit of a group", [(GROUP, Read)], GroupAuthorizationFailed, 3 commit(),
            |answer: TxnOffsetCommitResponse<'_>| answer.topics[0].partitions[0].error_code),
        probe!("TxnOffsetCommit of a topic", [(TOPIC, Read)], TopicAuthorizationFailed, 3 commit(),
            |answer: TxnOffsetCommitResponse<'_>| answer.topics[0].partitions[0].error_code),
        probe!("EndTxn", [(TRANSACTION, Write)], TransactionalIdAuthorizationFailed,
            3 EndTxnRequest { transactional_id: "x".into(), ..EndTxnRequest::default() }, |answer: EndTxnResponse| answer.error_code),
        probe!("DescribeTransactions", [(TRANSACTION, Describe)], TransactionalIdAuthorizationFailed,
            0 DescribeTransactionsRequest { transactional_ids: vec!["x".into()] },
            |answer: DescribeTransactionsResponse<'_>| answer.transaction_states[0].error_code),
        probe!("WriteTxnMarkers", [(CLUSTER, Alter), (CLUSTER, ClusterAction)], ClusterAuthorizationFailed, 1 markers(),
            |answer: WriteTxnMarkersResponse<'_>| answer.markers[0].topics[0].partitions[0].error_code),
    ]);
}
