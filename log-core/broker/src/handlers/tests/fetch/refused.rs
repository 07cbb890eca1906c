//! What cannot be read: partitions that are not there, offsets out of range, leaders of another epoch.

use crate::handlers::tests::client::{Client, Node, code};
use crate::handlers::tests::wire::{FETCH, PLENTY_BYTES, batches, fetch, fetch_by_id, values};
use crate::handlers::topic_ref::check_leader_epoch;
use log_model::{KafkaCode, LeaderEpoch};
use log_wire::messages::delete_records_request::{DeleteRecordsPartition, DeleteRecordsTopic};
use log_wire::messages::fetch_request::{FetchPartition, ReplicaState};
use log_wire::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use log_wire::messages::{
    DeleteRecordsRequest, DeleteRecordsResponse, FetchRequest, FetchResponse, ListOffsetsRequest, ListOffsetsResponse,
};
use std::time::Duration;
use uuid::Uuid;

/// A topic of five records, the first two of which are deleted.
async fn delete_two(client: &mut Client) {
    let partitions = vec![DeleteRecordsPartition { partition_index: 0, offset: 2 }];
    let topics = vec![DeleteRecordsTopic { name: "t".into(), partitions }];
    let answer: DeleteRecordsResponse<'_> = client.ask(2, &DeleteRecordsRequest { topics, timeout_ms: 1000 }).await;
    assert_eq!(answer.topics[0].partitions[0].low_watermark, 2);
}

#[test]
fn offsets_outside_of_the_log_are_refused_and_its_ends_are_not() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.produce("t", &["0", "1", "2", "3", "4"]);
    node.run(async |client| {
        delete_two(client).await;
        use KafkaCode::OffsetOutOfRange;
        let cases =
            [(-1, OffsetOutOfRange), (0, OffsetOutOfRange), (1, OffsetOutOfRange), (6, OffsetOutOfRange), (i64::MAX, OffsetOutOfRange)];
        for (offset, expected) in cases.into_iter().chain([(2, KafkaCode::None), (5, KafkaCode::None)]) {
            for isolation_level in [0, 1] {
                let request = FetchRequest { isolation_level, ..fetch(&[("t", 0, offset)]) };
                let data = client.fetch(FETCH, &request).await.remove(0);
                assert_eq!(code(data.error_code), expected, "{offset}");
                assert_eq!(values(&batches(&data)).len(), if offset == 2 { 3 } else { 0 });
                let known = if expected.is_none() { (2, 5) } else { (-1, -1) };
                assert_eq!((data.log_start_offset, data.high_watermark), known, "{offset}");
            }
        }
    });
}

#[test]
fn partitions_that_are_not_there_are_told_apart_by_name_and_by_id() {
    use KafkaCode::{UnknownTopicId, UnknownTopicOrPartition};
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.produce("t", &["v"]);
    node.run(async |client| {
        let by_name = fetch(&[("missing", 0, 0), ("t", 1, 0), ("t", -1, 0), ("t", 0, 0)]);
        let codes: Vec<_> = client.fetch(FETCH, &by_name).await.iter().map(|data| code(data.error_code)).collect();
        assert_eq!(codes, [UnknownTopicOrPartition, UnknownTopicOrPartition, UnknownTopicOrPartition, KafkaCode::None]);
        let id = node.topic_id("t");
        let by_id = fetch_by_id(&[(Uuid::from_u128(3), 0, 0), (Uuid::nil(), 0, 0), (id, 1, 0), (id, 0, 0)]);
        let answer: FetchResponse<'_> = client.ask(13, &by_id).await;
        let partitions = answer.responses.iter().flat_map(|topic| &topic.partitions);
        let codes: Vec<_> = partitions.map(|data| code(data.error_code)).collect();
        assert_eq!(codes, [UnknownTopicId, UnknownTopicId, UnknownTopicOrPartition, KafkaCode::None]);
    });
}

#[test]
fn a_topic_that_was_made_anew_is_not_the_one_of_the_old_id() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.produce("t", &["old"]);
    let old = node.topic_id("t");
    node.run(async |client| {
        let mut waiting = node.connect().await;
        let start = node.env.clock.now();
        waiting.send(13, &FetchRequest { max_wait_ms: 5000, min_bytes: 1, ..fetch_by_id(&[(old, 0, 1)]) }).await;
        node.pass(Duration::from_millis(10)).await;
        client.delete_topic("t").await;
        let gone: FetchResponse<'_> = waiting.receive(13).await;
        assert_eq!(node.env.clock.now().since(start), Duration::from_millis(10), "whoever waits is told at once");
        assert_eq!(code(gone.responses[0].partitions[0].error_code), KafkaCode::UnknownTopicId);
    });
    node.create_topics(&[("t", 1)]);
    node.produce("t", &["new"]);
    node.run(async |client| {
        let both = fetch_by_id(&[(old, 0, 0), (node.topic_id("t"), 0, 0)]);
        let answer: FetchResponse<'_> = client.ask(13, &both).await;
        let of = |at: usize| &answer.responses[at].partitions[0];
        assert_eq!(code(of(0).error_code), KafkaCode::UnknownTopicId);
        assert_eq!((code(of(1).error_code), values(&batches(of(1)))), (KafkaCode::None, vec!["new".to_owned()]));
    });
}

#[test]
fn whoever_knows_another_leader_epoch_is_refused() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.produce("t", &["v"]);
    node.run(async |client| {
        for (claimed, expected) in [(-1, KafkaCode::None), (0, KafkaCode::None), (1, KafkaCode::UnknownLeaderEpoch)] {
            for version in 9..=12 {
                let mut request = fetch(&[("t", 0, 0)]);
                request.topics[0].partitions[0].current_leader_epoch = claimed;
                assert_eq!(code(client.fetch(version, &request).await[0].error_code), expected, "{claimed}");
            }
        }
    });
    // The epoch of a node by itself does not grow, that of an imported log may.
    for (claimed, expected) in [(2, Err(KafkaCode::FencedLeaderEpoch)), (3, Ok(())), (4, Err(KafkaCode::UnknownLeaderEpoch)), (-1, Ok(()))]
    {
        assert_eq!(check_leader_epoch(claimed, LeaderEpoch(3)), expected, "{claimed}");
    }
}

#[test]
fn a_reader_whose_log_has_parted_from_this_one_is_told_where() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.produce("t", &["a", "b"]);
    node.run(async |client| {
        for (fetch_offset, last_fetched_epoch, expected) in [(1, 0, (-1, -1)), (1, -1, (-1, -1)), (2, 3, (0, 2)), (9, 0, (0, 2))] {
            let mut request = fetch(&[]);
            let partitions =
                vec![FetchPartition { fetch_offset, last_fetched_epoch, partition_max_bytes: PLENTY_BYTES, ..FetchPartition::default() }];
            request.topics = vec![log_wire::messages::fetch_request::FetchTopic { topic: "t".into(), partitions, ..Default::default() }];
            let data = client.fetch(FETCH, &request).await.remove(0);
            assert_eq!((data.diverging_epoch.epoch, data.diverging_epoch.end_offset), expected, "{fetch_offset} of {last_fetched_epoch}");
            assert_eq!(batches(&data).is_empty(), expected != (-1, -1));
        }
    });
}

#[test]
fn nobody_follows_a_partition_of_one_replica() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.produce("t", &["v"]);
    node.run(async |client| {
        for (index, expected) in [(0, KafkaCode::NotLeaderOrFollower), (7, KafkaCode::UnknownTopicOrPartition)] {
            let old = FetchRequest { replica_id: 5, ..fetch(&[("t", index, 0)]) };
            let new = FetchRequest {
                replica_state: ReplicaState { replica_id: 5, replica_epoch: 1 },
                ..fetch_by_id(&[(node.topic_id("t"), index, 0)])
            };
            for (version, request) in [(12, old), (17, new)] {
                let data = client.fetch(version, &request).await.remove(0);
                assert_eq!((code(data.error_code), data.records.map(|records| records.into_bytes().len()).unwrap_or(0)), (expected, 0));
            }
        }
    });
}

#[test]
fn a_special_time_is_found_in_the_versions_that_know_it() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.produce("t", &["a", "b"]);
    node.run(async |client| {
        // Each with the first version that knows it, and what is there: the records have the same time.
        for (timestamp, first, offset) in
            [(-1, 1, 2), (-2, 1, 0), (-3, 7, 0), (-4, 8, 0), (-5, 9, -1), (-6, 11, -1), (-7, i16::MAX, -1), (-100, i16::MAX, -1)]
        {
            for version in 1..=11 {
                let partitions = vec![ListOffsetsPartition { current_leader_epoch: -1, timestamp, ..ListOffsetsPartition::default() }];
                let topics = vec![ListOffsetsTopic { name: "t".into(), partitions }];
                let request = ListOffsetsRequest { replica_id: -1, topics, ..ListOffsetsRequest::default() };
                let answer: ListOffsetsResponse<'_> = client.ask(version, &request).await;
                let found = &answer.topics[0].partitions[0];
                let expected = if version < first { (KafkaCode::UnsupportedVersion, -1) } else { (KafkaCode::None, offset) };
                assert_eq!((code(found.error_code), found.offset), expected, "{timestamp} in version {version}");
            }
        }
    });
}
