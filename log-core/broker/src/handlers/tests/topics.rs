//! Making, changing and deleting topics.

use super::client::{Client, Node, code};
use log_model::KafkaCode;
use log_wire::messages::create_partitions_request::{CreatePartitionsAssignment, CreatePartitionsTopic};
use log_wire::messages::create_topics_request::{CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfig, CreateTopicsRequest};
use log_wire::messages::delete_topics_request::DeleteTopicState;
use log_wire::messages::describe_topic_partitions_request::{Cursor, TopicRequest};
use log_wire::messages::{
    CreatePartitionsRequest, CreatePartitionsResponse, CreateTopicsResponse, DeleteTopicsRequest, DeleteTopicsResponse,
    DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse,
};
use uuid::Uuid;

fn topic(name: &'static str) -> CreatableTopic<'static> {
    CreatableTopic { name: name.into(), num_partitions: -1, replication_factor: -1, ..CreatableTopic::default() }
}

fn assigned(name: &'static str, assignments: &[(i32, &[i32])]) -> CreatableTopic<'static> {
    let assignment = |(partition_index, brokers): &(i32, &[i32])| CreatableReplicaAssignment {
        partition_index: *partition_index,
        broker_ids: brokers.to_vec(),
    };
    CreatableTopic { assignments: assignments.iter().map(assignment).collect(), ..topic(name) }
}

fn configured(name: &'static str, entry: (&'static str, Option<&'static str>)) -> CreatableTopic<'static> {
    let config = CreatableTopicConfig { name: entry.0.into(), value: entry.1.map(Into::into) };
    CreatableTopic { configs: vec![config], ..topic(name) }
}

async fn create(
    client: &mut Client,
    version: i16,
    topics: Vec<CreatableTopic<'static>>,
    validate_only: bool,
) -> CreateTopicsResponse<'static> {
    client.ask(version, &CreateTopicsRequest { topics, validate_only, ..CreateTopicsRequest::default() }).await
}

#[test]
fn a_topic_that_cannot_be_is_refused_with_kafkas_code() {
    use KafkaCode::{
        InvalidConfig, InvalidPartitions, InvalidReplicaAssignment, InvalidReplicationFactor, InvalidRequest, InvalidTopic,
        TopicAlreadyExists,
    };
    let node = Node::start(&[("num.partitions", "3")]);
    node.create_topics(&[("there", 1), ("dotted.name", 1)]);
    let cases = [
        (topic("new"), None),
        (CreatableTopic { replication_factor: 1, num_partitions: 1, ..topic("one") }, None),
        (assigned("by-hand", &[(1, &[1]), (0, &[1])]), None),
        (topic("there"), Some(TopicAlreadyExists)),
        (topic("__consumer_offsets"), Some(TopicAlreadyExists)),
        (topic("dotted_name"), Some(InvalidTopic)),
        (topic("a b"), Some(InvalidTopic)),
        (topic(""), Some(InvalidTopic)),
        (CreatableTopic { num_partitions: 0, ..topic("t") }, Some(InvalidPartitions)),
        (CreatableTopic { num_partitions: -2, ..topic("t") }, Some(InvalidPartitions)),
        (CreatableTopic { num_partitions: 1_000_000, ..topic("t") }, Some(KafkaCode::PolicyViolation)),
        (CreatableTopic { replication_factor: 0, ..topic("t") }, Some(InvalidReplicationFactor)),
        (CreatableTopic { replication_factor: 3, ..topic("t") }, Some(InvalidReplicationFactor)),
        (assigned("t", &[(0, &[2])]), Some(InvalidReplicaAssignment)),
        (assigned("t", &[(0, &[])]), Some(InvalidReplicaAssignment)),
        (assigned("t", &[(0, &[1, 1])]), Some(InvalidReplicaAssignment)),
        (assigned("t", &[(1, &[1])]), Some(InvalidReplicaAssignment)),
        (assigned("t", &[(0, &[1]), (0, &[1])]), Some(InvalidReplicaAssignment)),
        (CreatableTopic { num_partitions: 1, ..assigned("t", &[(0, &[1])]) }, Some(InvalidRequest)),
        (CreatableTopic { replication_factor: 1, ..assigned("t", &[(0, &[1])]) }, Some(InvalidRequest)),
        (configured("t", ("retention.msec", Some("1"))), Some(InvalidConfig)),
        (configured("t", ("retention.ms", Some("soon"))), Some(InvalidConfig)),
        (configured("t", ("retention.ms", None)), Some(InvalidConfig)),
        (configured("t", ("segment.bytes", Some("1000"))), Some(InvalidConfig)),
    ];
    node.run(async |client| {
        // Asking alone changes nothing; the last round is in earnest.
        for (version, validate_only) in (2..=7).map(|version| (version, true)).chain([(7, false)]) {
            for (topic, expected) in &cases {
                let answer = create(client, version, vec![topic.clone()], validate_only).await;
                let expected = expected.unwrap_or(KafkaCode::None);
                assert_eq!(code(answer.topics[0].error_code), expected, "version {version}: {topic:?}");
                assert_eq!(answer.topics[0].error_message.is_none(), expected.is_none());
            }
        }
        let answer = create(client, 7, vec![topic("twice"), topic("once"), topic("twice")], false).await;
        let codes: Vec<_> = answer.topics.iter().map(|topic| (topic.name.to_string(), code(topic.error_code))).collect();
        assert_eq!(codes, [("twice".to_owned(), InvalidRequest), ("once".to_owned(), KafkaCode::None)]);
        assert_ne!(answer.topics[1].topic_id, Uuid::nil());
    });
}

#[test]
fn a_new_topic_is_shown_with_its_configuration_and_where_that_comes_from() {
    let node = Node::start(&[("num.partitions", "3"), ("log.segment.bytes", "2000000")]);
    node.run(async |client| {
        let answer = create(client, 5, vec![configured("t", ("retention.ms", Some("5000")))], false).await;
        let created = &answer.topics[0];
        assert_eq!((created.num_partitions, created.replication_factor), (3, 1));
        let configs = created.configs.as_ref().unwrap();
        let shown = |name: &str| {
            configs.iter().find(|config| config.name == name).map(|config| (config.value.as_deref().unwrap(), config.config_source))
        };
        assert_eq!(shown("retention.ms"), Some(("5000", 1)));
        assert_eq!(shown("segment.bytes"), Some(("2000000", 4)));
        assert_eq!(shown("max.message.bytes"), Some(("1048588", 5)));
    });
}

#[test]
fn topics_are_deleted_by_name_and_by_id() {
    use KafkaCode::{InvalidRequest, InvalidTopic, UnknownTopicId, UnknownTopicOrPartition};
    let node = Node::start(&[]);
    node.create_topics(&[("a", 1), ("b", 1), ("c", 1)]);
    node.run(async |client| {
        let request = |names: &[&'static str]| DeleteTopicsRequest {
            topic_names: names.iter().map(|name| (*name).into()).collect(),
            ..DeleteTopicsRequest::default()
        };
        for version in 1..=5 {
            let answer: DeleteTopicsResponse<'_> = client.ask(version, &request(&["missing", "__transaction_state", "c", "c"])).await;
            let codes: Vec<_> = answer.responses.iter().map(|topic| code(topic.error_code)).collect();
            assert_eq!(codes, [UnknownTopicOrPartition, InvalidTopic, InvalidRequest]);
        }
        let answer: DeleteTopicsResponse<'_> = client.ask(5, &request(&["a"])).await;
        assert_eq!(code(answer.responses[0].error_code), KafkaCode::None);
        let id = create(client, 7, vec![topic("d")], false).await.topics[0].topic_id;
        let by = |name: Option<&'static str>, topic_id| DeleteTopicState { name: name.map(Into::into), topic_id };
        let topics = vec![by(Some("b"), Uuid::nil()), by(None, id), by(None, Uuid::from_u128(9)), by(Some("c"), id)];
        let topics = topics.into_iter().chain([by(None, Uuid::nil())]).collect();
        let answer: DeleteTopicsResponse<'_> = client.ask(6, &DeleteTopicsRequest { topics, ..DeleteTopicsRequest::default() }).await;
        let found: Vec<_> = answer.responses.iter().map(|topic| (topic.name.as_deref(), code(topic.error_code))).collect();
        let expected = [
            (Some("b"), KafkaCode::None),
            (Some("d"), KafkaCode::None),
            (None, UnknownTopicId),
            (Some("c"), InvalidRequest),
            (None, InvalidRequest),
        ];
        assert_eq!(found, expected);
    });
    let names: Vec<String> = node.log.core().topics.names().into_iter().map(String::from).collect();
    assert_eq!(names, ["__consumer_offsets", "__headwater_metadata", "__transaction_state", "c"]);
}

#[test]
fn deleting_is_refused_where_the_node_does_not_allow_it() {
    let node = Node::start(&[("delete.topic.enable", "false")]);
    node.create_topics(&[("a", 1)]);
    node.run(async |client| {
        for (version, expected) in [(1, KafkaCode::InvalidRequest), (3, KafkaCode::TopicDeletionDisabled)] {
            let request = DeleteTopicsRequest { topic_names: vec!["a".into()], ..DeleteTopicsRequest::default() };
            let answer: DeleteTopicsResponse<'_> = client.ask(version, &request).await;
            assert_eq!(code(answer.responses[0].error_code), expected);
        }
    });
}

#[test]
fn partitions_are_added_and_never_taken_away() {
    use KafkaCode::{InvalidPartitions, InvalidReplicaAssignment, InvalidTopic, UnknownTopicOrPartition};
    let node = Node::start(&[]);
    node.create_topics(&[("t", 2)]);
    let more = |name: &'static str, count, assignments: Option<Vec<Vec<i32>>>| CreatePartitionsTopic {
        name: name.into(),
        count,
        assignments: assignments.map(|all| all.into_iter().map(|broker_ids| CreatePartitionsAssignment { broker_ids }).collect()),
    };
    let cases = [
        (more("t", 2, None), InvalidPartitions),
        (more("t", 1, None), InvalidPartitions),
        (more("t", 1_000_000, None), InvalidPartitions),
        (more("missing", 3, None), UnknownTopicOrPartition),
        (more("__consumer_offsets", 300, None), InvalidTopic),
        (more("t", 3, Some(vec![])), InvalidReplicaAssignment),
        (more("t", 3, Some(vec![vec![2]])), InvalidReplicaAssignment),
        (more("t", 3, Some(vec![vec![1]])), KafkaCode::None),
        (more("t", 5, None), KafkaCode::None),
    ];
    node.run(async |client| {
        for (version, validate_only) in (0..=3).map(|version| (version, true)).chain([(3, false)]) {
            for (topic, expected) in &cases {
                let request = CreatePartitionsRequest { topics: vec![topic.clone()], validate_only, ..Default::default() };
                let answer: CreatePartitionsResponse<'_> = client.ask(version, &request).await;
                assert_eq!(code(answer.results[0].error_code), *expected, "version {version}: {topic:?}");
            }
        }
        let answer: DescribeTopicPartitionsResponse<'_> =
            client.ask(0, &DescribeTopicPartitionsRequest { topics: vec![TopicRequest { name: "t".into() }], ..Default::default() }).await;
        assert_eq!(answer.topics[0].partitions.len(), 5);
    });
}

#[test]
fn topics_are_described_in_pages_until_the_cursor_ends() {
    let node = Node::start(&[("max.request.partition.size.limit", "4")]);
    node.create_topics(&[("a", 3), ("b", 5), ("c", 1)]);
    let wanted = |names: &[&'static str], limit, cursor: Option<(&str, i32)>| DescribeTopicPartitionsRequest {
        topics: names.iter().map(|name| TopicRequest { name: (*name).into() }).collect(),
        response_partition_limit: limit,
        cursor: cursor.map(|(topic, partition_index)| Cursor { topic_name: topic.to_owned().into(), partition_index }),
    };
    node.run(async |client| {
        let mut cursor: Option<(String, i32)> = None;
        let mut pages = Vec::new();
        loop {
            let from = cursor.as_ref().map(|(topic, index)| (topic.as_str(), *index));
            let answer: DescribeTopicPartitionsResponse<'_> = client.ask(0, &wanted(&["c", "b", "a", "missing"], 100, from)).await;
            let page = answer.topics.iter().map(|topic| {
                let indexes: Vec<i32> = topic.partitions.iter().map(|partition| partition.partition_index).collect();
                format!("{} {indexes:?} {}", topic.name.as_deref().unwrap(), topic.error_code)
            });
            pages.push(page.collect::<Vec<_>>());
            cursor = answer.next_cursor.map(|cursor| (cursor.topic_name.into_owned(), cursor.partition_index));
            if cursor.is_none() {
                break;
            }
        }
        let expected: [&[&str]; 3] = [&["a [0, 1, 2] 0", "b [0] 0"], &["b [1, 2, 3, 4] 0"], &["c [0] 0", "missing [] 3"]];
        assert_eq!(pages, expected);
        for cursor in [("b", 4), ("a", -1)] {
            let answer: DescribeTopicPartitionsResponse<'_> = client.ask(0, &wanted(&["a", "c"], 1, Some(cursor))).await;
            let codes: Vec<_> = answer.topics.iter().map(|topic| code(topic.error_code)).collect();
            assert_eq!(codes, [KafkaCode::InvalidRequest; 2], "{cursor:?}");
        }
        let answer: DescribeTopicPartitionsResponse<'_> = client.ask(0, &wanted(&[], 1, Some(("bb", 4)))).await;
        assert_eq!((answer.topics[0].name.as_deref(), answer.topics[0].partitions[0].partition_index), (Some("c"), 0));
        let answer: DescribeTopicPartitionsResponse<'_> = client.ask(0, &wanted(&[], 3, Some(("a", 0)))).await;
        assert_eq!(answer.next_cursor.map(|cursor| (cursor.topic_name, cursor.partition_index)), Some(("b".into(), 0)));
    });
}
