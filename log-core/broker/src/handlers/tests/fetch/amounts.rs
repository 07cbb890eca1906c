//! Whole batches, as many as the limits allow, and of the first partition with anything at least one (KIP-74).

use crate::handlers::tests::client::{Client, Node, code};
use crate::handlers::tests::wire::{FETCH, batch, batches, fetch, fetch_by_id, values};
use log_model::{KafkaCode, LeaderEpoch, Offset};
use log_record::RecordBatch;
use log_wire::messages::{FetchRequest, FetchResponse};

/// Each partition of `t` holds three batches of this size, of two records each.
fn filled(partition_count: i32) -> (Node, i32) {
    let node = Node::start(&[]);
    node.create_topics(&[("t", partition_count)]);
    let value = "x".repeat(400);
    let pair = batch(&[&value, &value]);
    node.run(async |client| {
        for partition in 0..partition_count {
            for offset in [0, 2, 4] {
                assert_eq!(client.append("t", partition, &pair).await, (KafkaCode::None, offset));
            }
        }
    });
    (node, pair.size_bytes() as i32)
}

/// How many batches each partition gives.
async fn counts(client: &mut Client, request: &FetchRequest<'static>) -> Vec<usize> {
    client.fetch(FETCH, request).await.iter().map(|data| batches(data).len()).collect()
}

#[test]
fn batches_come_as_they_were_sent_but_for_offset_and_leader_epoch() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    let sent: [&[&str]; 3] = [&["a"], &["b", "c", "d"], &["", "e"]];
    node.run(async |client| {
        for values in sent {
            client.append("t", 0, &batch(values)).await;
        }
        let placed = |(values, offset): (&[&str], i64)| batch(values).with_base_offset(Offset(offset), LeaderEpoch(0));
        let expected: Vec<RecordBatch> = sent.into_iter().zip([0, 1, 4]).map(placed).collect();
        for version in 4..=12 {
            let data = client.fetch(version, &fetch(&[("t", 0, 0)])).await.remove(0);
            assert_eq!(batches(&data), expected, "version {version}");
            assert_eq!((data.high_watermark, data.last_stable_offset), (6, 6));
            assert_eq!(data.log_start_offset, if version >= 5 { 0 } else { -1 });
        }
        let id = node.topic_id("t");
        for version in 13..=18 {
            let answer: FetchResponse<'_> = client.ask(version, &fetch_by_id(&[(id, 0, 0)])).await;
            assert_eq!(answer.responses[0].topic_id, id);
            assert_eq!(batches(&answer.responses[0].partitions[0]), expected, "version {version}");
        }
    });
    let node = node.restarted();
    assert_eq!(node.run(async |client| client.stored("t", 0).await), sent.concat(), "from the disk too");
}

#[test]
fn a_batch_is_given_whole_from_wherever_in_it_is_asked() {
    let (node, _) = filled(1);
    node.run(async |client| {
        for (offset, first_given, count) in [(0, 0, 3), (1, 0, 3), (2, 2, 2), (3, 2, 2), (5, 4, 1)] {
            let found = batches(&client.fetch(FETCH, &fetch(&[("t", 0, offset)])).await[0]);
            assert_eq!((found[0].base_offset().0, found.len()), (first_given, count), "from {offset}");
        }
        let at_the_end = client.fetch(FETCH, &fetch(&[("t", 0, 6)])).await.remove(0);
        assert_eq!((KafkaCode::None.as_i16(), 6), (at_the_end.error_code, at_the_end.high_watermark));
        assert_eq!(values(&batches(&at_the_end)), Vec::<String>::new());
    });
}

#[test]
fn limits_are_kept_but_for_one_batch_of_the_first_partition_that_has_any() {
    let (node, size) = filled(3);
    // Of the whole answer, of each partition, where each partition is read from, and what each gives.
    let cases: [(i32, i32, [i64; 3], [usize; 3]); 10] = [
        (i32::MAX, i32::MAX, [0, 0, 0], [3, 3, 3]),
        (0, i32::MAX, [0, 0, 0], [1, 0, 0]),
        (1, 1, [0, 0, 0], [1, 0, 0]),
        (i32::MAX, 1, [0, 0, 0], [1, 0, 0]),
        (1, 1, [6, 0, 0], [0, 1, 0]),
        (1, 1, [6, 6, 6], [0, 0, 0]),
        (i32::MAX, size, [0, 0, 0], [1, 1, 1]),
        (i32::MAX, 2 * size - 1, [0, 2, 4], [1, 1, 1]),
        (4 * size, i32::MAX, [0, 0, 0], [3, 1, 0]),
        (4 * size - 1, 2 * size, [0, 0, 0], [2, 1, 0]),
    ];
    let check = async |client: &mut Client| {
        for (max_bytes, partition_max_bytes, from, expected) in cases {
            let mut request = fetch(&[("t", 0, from[0]), ("t", 1, from[1]), ("t", 2, from[2])]);
            request.max_bytes = max_bytes;
            request.topics.iter_mut().for_each(|topic| topic.partitions[0].partition_max_bytes = partition_max_bytes);
            assert_eq!(counts(client, &request).await, expected, "{max_bytes} bytes, {partition_max_bytes} of a partition, from {from:?}");
        }
    };
    node.run(check);
    node.restarted().run(check);
}

#[test]
fn one_answer_has_partitions_from_memory_and_from_the_disk_in_the_order_of_the_request() {
    let node = filled(3).0.restarted();
    node.run(async |client| {
        client.append("t", 1, &batch(&["late"])).await;
        let request = fetch(&[("t", 1, 6), ("t", 7, 0), ("t", 0, 4), ("t", 1, 4), ("t", 2, 9), ("t", 1, 6), ("t", 2, 4)]);
        let answer = client.fetch(FETCH, &request).await;
        let found: Vec<_> = answer.iter().map(|data| (data.partition_index, code(data.error_code), values(&batches(data)).len())).collect();
        let none = KafkaCode::None;
        let expected = [
            (1, none, 1),
            (7, KafkaCode::UnknownTopicOrPartition, 0),
            (0, none, 2),
            // What is on the disk comes without what follows it in memory.
            (1, none, 2),
            (2, KafkaCode::OffsetOutOfRange, 0),
            (1, none, 1),
            (2, none, 2),
        ];
        assert_eq!(found, expected);
    });
}

#[test]
fn the_nodes_own_limit_holds_whatever_a_client_allows() {
    let node = Node::start(&[("fetch.max.bytes", "1024")]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        for _ in 0..4 {
            client.append("t", 0, &batch(&["x".repeat(400).as_str()])).await;
        }
        assert_eq!(counts(client, &fetch(&[("t", 0, 0)])).await, [2]);
    });
}
