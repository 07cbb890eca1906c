//! What a single node says of its cluster, its disk, its partitions and their producers.

use super::client::{Node, code};
use log_model::KafkaCode;
use log_wire::messages::alter_partition_reassignments_request::{ReassignablePartition, ReassignableTopic};
use log_wire::messages::alter_replica_log_dirs_request::{AlterReplicaLogDir, AlterReplicaLogDirTopic};
use log_wire::messages::delete_records_request::{DeleteRecordsPartition, DeleteRecordsTopic};
use log_wire::messages::describe_log_dirs_request::DescribableLogDirTopic;
use log_wire::messages::describe_producers_request::TopicRequest;
use log_wire::messages::describe_quorum_request::{PartitionData, TopicData};
use log_wire::messages::elect_leaders_request::TopicPartitions;
use log_wire::messages::offset_for_leader_epoch_request::{OffsetForLeaderPartition, OffsetForLeaderTopic};
use log_wire::messages::update_features_request::FeatureUpdateKey;
use log_wire::messages::{
    AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse, AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse,
    DeleteRecordsRequest, DeleteRecordsResponse, DescribeClusterRequest, DescribeClusterResponse, DescribeLogDirsRequest,
    DescribeLogDirsResponse, DescribeProducersRequest, DescribeProducersResponse, DescribeQuorumRequest, DescribeQuorumResponse,
    ElectLeadersRequest, ElectLeadersResponse, ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse,
    OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse, UnregisterBrokerRequest, UnregisterBrokerResponse, UpdateFeaturesRequest,
    UpdateFeaturesResponse,
};

#[test]
fn the_cluster_is_this_node() {
    let node = Node::start(&[("node.id", "7"), ("broker.rack", "r1")]);
    let cluster_id = node.listener.cluster_id().to_owned();
    node.run(async |client| {
        for version in 0..=2 {
            let request = DescribeClusterRequest { include_cluster_authorized_operations: true, ..DescribeClusterRequest::default() };
            let answer: DescribeClusterResponse<'_> = client.ask(version, &request).await;
            assert_eq!((&*answer.cluster_id, answer.controller_id), (&*cluster_id, 7));
            let broker = &answer.brokers[0];
            assert_eq!((broker.broker_id, &*broker.host, broker.port, broker.rack.as_deref()), (7, "127.0.0.1", 9092, Some("r1")));
            assert!(answer.cluster_authorized_operations > 0);
        }
        for (endpoint_type, expected) in [(2, KafkaCode::MismatchedEndpointType), (9, KafkaCode::UnsupportedEndpointType)] {
            let answer: DescribeClusterResponse<'_> = client.ask(1, &DescribeClusterRequest { endpoint_type, ..Default::default() }).await;
            assert_eq!(code(answer.error_code), expected);
        }
        let topics =
            |name: &'static str| vec![TopicData { topic_name: name.into(), partitions: vec![PartitionData { partition_index: 0 }] }];
        for version in 0..=2 {
            let answer: DescribeQuorumResponse<'_> =
                client.ask(version, &DescribeQuorumRequest { topics: topics("__cluster_metadata") }).await;
            let partition = &answer.topics[0].partitions[0];
            assert_eq!((partition.leader_id, partition.current_voters[0].replica_id), (7, 7));
            assert!(partition.high_watermark > 0 && partition.high_watermark == partition.current_voters[0].log_end_offset);
            assert_eq!(answer.nodes.first().map(|node| node.listeners[0].port), (version == 2).then_some(9092));
        }
        let answer: DescribeQuorumResponse<'_> = client.ask(2, &DescribeQuorumRequest { topics: topics("other") }).await;
        assert_eq!(code(answer.topics[0].partitions[0].error_code), KafkaCode::UnknownTopicOrPartition);
        for (broker_id, expected) in [(7, KafkaCode::InvalidRequest), (8, KafkaCode::BrokerIdNotRegistered)] {
            let answer: UnregisterBrokerResponse<'_> = client.ask(0, &UnregisterBrokerRequest { broker_id }).await;
            assert_eq!(code(answer.error_code), expected);
        }
    });
}

#[test]
fn leaders_and_replicas_stay_where_they_are() {
    use KafkaCode::{ElectionNotNeeded, InvalidReplicaAssignment, NoReassignmentInProgress, UnknownTopicOrPartition};
    let node = Node::start(&[]);
    node.create_topics(&[("t", 2)]);
    node.run(async |client| {
        let topics = vec![TopicPartitions { topic: "t".into(), partitions: vec![0, 5] }];
        for version in 0..=2 {
            let request = ElectLeadersRequest { topic_partitions: Some(topics.clone()), ..ElectLeadersRequest::default() };
            let answer: ElectLeadersResponse<'_> = client.ask(version, &request).await;
            let codes: Vec<_> = answer.replica_election_results[0].partition_result.iter().map(|result| code(result.error_code)).collect();
            assert_eq!(codes, [ElectionNotNeeded, UnknownTopicOrPartition]);
        }
        let all = ElectLeadersRequest { topic_partitions: None, ..ElectLeadersRequest::default() };
        let answer: ElectLeadersResponse<'_> = client.ask(2, &all).await;
        assert_eq!((answer.error_code, answer.replica_election_results.len()), (0, 0));
        let wrong: ElectLeadersResponse<'_> = client.ask(2, &ElectLeadersRequest { election_type: 5, ..all }).await;
        assert_eq!(code(wrong.error_code), KafkaCode::InvalidRequest);
        let cases = [
            (0, Some(vec![1]), KafkaCode::None),
            (0, Some(vec![1, 2]), InvalidReplicaAssignment),
            (0, Some(vec![]), InvalidReplicaAssignment),
            (0, None, NoReassignmentInProgress),
            (9, Some(vec![1]), UnknownTopicOrPartition),
        ];
        for version in 0..=1 {
            let partition = |(index, replicas, _): &(i32, Option<Vec<i32>>, KafkaCode)| ReassignablePartition {
                partition_index: *index,
                replicas: replicas.clone(),
            };
            let topics = vec![ReassignableTopic { name: "t".into(), partitions: cases.iter().map(partition).collect() }];
            let request = AlterPartitionReassignmentsRequest { topics, ..Default::default() };
            let answer: AlterPartitionReassignmentsResponse<'_> = client.ask(version, &request).await;
            let codes: Vec<_> = answer.responses[0].partitions.iter().map(|partition| code(partition.error_code)).collect();
            assert_eq!(codes, cases.clone().map(|(_, _, expected)| expected));
        }
        let answer: ListPartitionReassignmentsResponse<'_> = client.ask(0, &ListPartitionReassignmentsRequest::default()).await;
        assert_eq!((answer.error_code, answer.topics.len()), (0, 0));
    });
}

#[test]
fn the_data_directory_shows_what_partitions_take() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 2), ("u", 1)]);
    node.produce("t", &["a", "b"]);
    node.run(async |client| {
        for version in 1..=5 {
            let topics = vec![DescribableLogDirTopic { topic: "t".into(), partitions: vec![0, 1, 7] }];
            let answer: DescribeLogDirsResponse<'_> = client.ask(version, &DescribeLogDirsRequest { topics: Some(topics) }).await;
            let directory = &answer.results[0];
            let sizes: Vec<_> = directory.topics[0].partitions.iter().map(|partition| partition.partition_size > 0).collect();
            assert_eq!((&*directory.log_dir, sizes), ("data", vec![true, false]));
            assert_eq!(directory.usable_bytes > 0 && directory.total_bytes > directory.usable_bytes, version >= 4);
        }
        let answer: DescribeLogDirsResponse<'_> = client.ask(4, &DescribeLogDirsRequest { topics: None }).await;
        let names: Vec<_> = answer.results[0].topics.iter().map(|topic| &*topic.name).collect();
        assert_eq!(names, ["__consumer_offsets", "__headwater_metadata", "__transaction_state", "t", "u"]);
        let to = |path: &'static str| AlterReplicaLogDir {
            path: path.into(),
            topics: vec![AlterReplicaLogDirTopic { name: "t".into(), partitions: vec![1, 7] }],
        };
        for (path, expected) in [
            ("data", [KafkaCode::None, KafkaCode::UnknownTopicOrPartition]),
            ("/elsewhere", [KafkaCode::LogDirNotFound, KafkaCode::LogDirNotFound]),
        ] {
            let answer: AlterReplicaLogDirsResponse<'_> = client.ask(2, &AlterReplicaLogDirsRequest { dirs: vec![to(path)] }).await;
            let codes: Vec<_> = answer.results[0].partitions.iter().map(|partition| code(partition.error_code)).collect();
            assert_eq!(codes, expected);
        }
    });
}

#[test]
fn old_records_are_deleted_up_to_an_offset_or_all_of_them() {
    use KafkaCode::{InvalidTopic, OffsetOutOfRange, PolicyViolation, UnknownTopicOrPartition};
    let node = Node::start(&[("log.cleanup.policy", "delete")]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        use log_wire::messages::create_topics_request::{CreatableTopic, CreatableTopicConfig};
        use log_wire::messages::{CreateTopicsRequest, CreateTopicsResponse};
        let config = CreatableTopicConfig { name: "cleanup.policy".into(), value: Some("compact".into()) };
        let topic = CreatableTopic {
            name: "compacted".into(),
            num_partitions: 1,
            replication_factor: 1,
            configs: vec![config],
            ..Default::default()
        };
        let _: CreateTopicsResponse<'_> = client.ask(7, &CreateTopicsRequest { topics: vec![topic], ..Default::default() }).await;
    });
    node.produce("t", &["a", "b", "c", "d"]);
    node.run(async |client| {
        for (version, topic, index, offset, expected) in [
            (0, "t", 0, 2, (2, KafkaCode::None)),
            (1, "t", 0, 1, (2, KafkaCode::None)),
            (1, "t", 0, 5, (-1, OffsetOutOfRange)),
            (1, "t", 0, -2, (-1, OffsetOutOfRange)),
            (2, "t", 0, -1, (4, KafkaCode::None)),
            (2, "t", 1, -1, (-1, UnknownTopicOrPartition)),
            (2, "missing", 0, -1, (-1, UnknownTopicOrPartition)),
            (2, "__consumer_offsets", 0, -1, (-1, InvalidTopic)),
            (2, "compacted", 0, -1, (-1, PolicyViolation)),
        ] {
            let partitions = vec![DeleteRecordsPartition { partition_index: index, offset }];
            let topics = vec![DeleteRecordsTopic { name: topic.into(), partitions }];
            let answer: DeleteRecordsResponse<'_> = client.ask(version, &DeleteRecordsRequest { topics, timeout_ms: 1000 }).await;
            let partition = &answer.topics[0].partitions[0];
            assert_eq!((partition.low_watermark, code(partition.error_code)), expected, "{topic}-{index} {offset}");
        }
    });
}

#[test]
fn the_end_of_an_epoch_is_told_to_whoever_knows_the_leader() {
    use KafkaCode::{UnknownLeaderEpoch, UnknownTopicOrPartition};
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.produce("t", &["a", "b", "c"]);
    node.run(async |client| {
        // A single node never loses its leadership: its epoch is 0.
        for (index, current_leader_epoch, leader_epoch, expected) in [
            (0, -1, 0, (KafkaCode::None, 0, 3)),
            (0, 0, 0, (KafkaCode::None, 0, 3)),
            (0, 0, 1, (KafkaCode::None, -1, -1)),
            (0, -1, -1, (KafkaCode::None, -1, -1)),
            (0, 1, 0, (UnknownLeaderEpoch, -1, -1)),
            (9, -1, 0, (UnknownTopicOrPartition, -1, -1)),
        ] {
            for version in 2..=4 {
                let partitions = vec![OffsetForLeaderPartition { partition: index, current_leader_epoch, leader_epoch }];
                let topics = vec![OffsetForLeaderTopic { topic: "t".into(), partitions }];
                let request = OffsetForLeaderEpochRequest { topics, ..Default::default() };
                let answer: OffsetForLeaderEpochResponse<'_> = client.ask(version, &request).await;
                let end = &answer.topics[0].partitions[0];
                assert_eq!((code(end.error_code), end.leader_epoch, end.end_offset), expected, "{current_leader_epoch} {leader_epoch}");
            }
        }
    });
}

#[test]
fn features_are_at_their_level_and_nowhere_else() {
    let node = Node::start(&[]);
    node.run(async |client| {
        for (feature, level, expected) in [
            ("transaction.version", 2, KafkaCode::None),
            ("transaction.version", 1, KafkaCode::InvalidUpdateVersion),
            ("metadata.version", 99, KafkaCode::InvalidUpdateVersion),
            ("colour", 1, KafkaCode::InvalidUpdateVersion),
        ] {
            for version in 0..=2 {
                let update = FeatureUpdateKey { feature: feature.into(), max_version_level: level, ..FeatureUpdateKey::default() };
                let request = UpdateFeaturesRequest { feature_updates: vec![update], ..UpdateFeaturesRequest::default() };
                let answer: UpdateFeaturesResponse<'_> = client.ask(version, &request).await;
                assert_eq!(code(answer.error_code), expected, "{feature} {level}");
                assert_eq!(answer.results.len(), usize::from(version < 2 && expected.is_none()));
            }
        }
    });
}

#[test]
fn producers_of_a_partition_are_described() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.produce("t", &["a", "b"]);
    node.run(async |client| {
        let topics = vec![TopicRequest { name: "t".into(), partition_indexes: vec![0, 3] }];
        let answer: DescribeProducersResponse<'_> = client.ask(0, &DescribeProducersRequest { topics }).await;
        let [known, unknown] = &answer.topics[0].partitions[..] else { panic!("{answer:?}") };
        let producer = &known.active_producers[0];
        assert_eq!((producer.last_sequence, producer.last_timestamp, producer.current_txn_start_offset), (1, 1, -1));
        assert_eq!(code(unknown.error_code), KafkaCode::UnknownTopicOrPartition);
    });
}
