//! Records, offsets and metadata of topics.

use super::probe::{CLUSTER, Probe, TOPIC, TRANSACTION, check, probe};
use log_model::KafkaCode;
use log_model::acl::AclOperation::{ClusterAction, Delete, Describe, Read, Write};
use log_wire::messages::delete_records_request::{DeleteRecordsPartition, DeleteRecordsTopic};
use log_wire::messages::fetch_request::{FetchPartition, FetchTopic};
use log_wire::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use log_wire::messages::metadata_request::MetadataRequestTopic;
use log_wire::messages::offset_for_leader_epoch_request::{OffsetForLeaderPartition, OffsetForLeaderTopic};
use log_wire::messages::produce_request::{PartitionProduceData, TopicProduceData};
use log_wire::messages::{
    DeleteRecordsRequest, DeleteRecordsResponse, DescribeProducersRequest, DescribeProducersResponse, DescribeTopicPartitionsRequest,
    DescribeTopicPartitionsResponse, FetchRequest, FetchResponse, ListOffsetsRequest, ListOffsetsResponse, MetadataRequest,
    MetadataResponse, OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse, ProduceRequest, ProduceResponse,
    describe_producers_request, describe_topic_partitions_request,
};

fn produce(transactional_id: Option<&'static str>) -> ProduceRequest<'static> {
    let partition_data = vec![PartitionProduceData::default()];
    let topic_data = vec![TopicProduceData { name: "t".into(), partition_data, ..TopicProduceData::default() }];
    ProduceRequest { transactional_id: transactional_id.map(Into::into), acks: -1, topic_data, ..ProduceRequest::default() }
}

fn fetch() -> FetchRequest<'static> {
    let partitions = vec![FetchPartition::default()];
    FetchRequest { topics: vec![FetchTopic { topic: "t".into(), partitions, ..FetchTopic::default() }], ..FetchRequest::default() }
}

fn list_offsets() -> ListOffsetsRequest<'static> {
    let partitions = vec![ListOffsetsPartition { current_leader_epoch: -1, timestamp: -1, ..ListOffsetsPartition::default() }];
    ListOffsetsRequest { topics: vec![ListOffsetsTopic { name: "t".into(), partitions }], ..ListOffsetsRequest::default() }
}

fn metadata(name: &'static str) -> MetadataRequest<'static> {
    let topic = MetadataRequestTopic { name: Some(name.into()), ..MetadataRequestTopic::default() };
    MetadataRequest { topics: Some(vec![topic]), allow_auto_topic_creation: true, ..MetadataRequest::default() }
}

fn describe() -> DescribeTopicPartitionsRequest<'static> {
    let topics = vec![describe_topic_partitions_request::TopicRequest { name: "t".into() }];
    DescribeTopicPartitionsRequest { topics, response_partition_limit: 10, cursor: None }
}

fn epoch_end() -> OffsetForLeaderEpochRequest<'static> {
    let partitions = vec![OffsetForLeaderPartition { current_leader_epoch: -1, ..OffsetForLeaderPartition::default() }];
    let topics = vec![OffsetForLeaderTopic { topic: "t".into(), partitions }];
    OffsetForLeaderEpochRequest { topics, ..OffsetForLeaderEpochRequest::default() }
}

fn producers() -> DescribeProducersRequest<'static> {
    DescribeProducersRequest { topics: vec![describe_producers_request::TopicRequest { name: "t".into(), partition_indexes: vec![0] }] }
}

fn delete_records() -> DeleteRecordsRequest<'static> {
    let partitions = vec![DeleteRecordsPartition { offset: -1, ..DeleteRecordsPartition::default() }];
    DeleteRecordsRequest { topics: vec![DeleteRecordsTopic { name: "t".into(), partitions }], ..DeleteRecordsRequest::default() }
}

#[test]
fn records_offsets_and_metadata_are_for_those_who_may() {
    check(&[
        probe!("Produce", [(TOPIC, Write)], TopicAuthorizationFailed, 12 produce(None),
            |answer: ProduceResponse<'_>| answer.responses[0].partition_responses[0].error_code),
        probe!("Produce in a transaction", [(TRANSACTION, Write)], TransactionalIdAuthorizationFailed, 12 produce(Some("x")),
            |answer: ProduceResponse<'_>| answer.responses[0].partition_responses[0].error_code),
        probe!("Fetch", [(TOPIC, Read)], TopicAuthorizationFailed, 12 fetch(),
            |answer: FetchResponse<'_>| answer.responses[0].partitions[0].error_code),
        probe!("ListOffsets", [(TOPIC, Describe)], TopicAuthorizationFailed, 7 list_offsets(),
            |answer: ListOffsetsResponse<'_>| answer.topics[0].partitions[0].error_code),
        probe!("OffsetForLeaderEpoch", [(CLUSTER, ClusterAction), (TOPIC, Describe)], TopicAuthorizationFailed, 4 epoch_end(),
            |answer: OffsetForLeaderEpochResponse<'_>| answer.topics[0].partitions[0].error_code),
        probe!("DescribeProducers", [(TOPIC, Read)], TopicAuthorizationFailed, 0 producers(),
            |answer: DescribeProducersResponse<'_>| answer.topics[0].partitions[0].error_code),
        probe!("Metadata", [(TOPIC, Describe)], TopicAuthorizationFailed, 9 metadata("t"),
            |answer: MetadataResponse<'_>| answer.topics[0].error_code),
        probe!("DescribeTopicPartitions", [(TOPIC, Describe)], TopicAuthorizationFailed, 0 describe(),
            |answer: DescribeTopicPartitionsResponse<'_>| answer.topics[0].error_code),
        probe!("DeleteRecords", [(TOPIC, Delete)], TopicAuthorizationFailed, 2 delete_records(),
            |answer: DeleteRecordsResponse<'_>| answer.topics[0].partitions[0].error_code),
    ]);
}
