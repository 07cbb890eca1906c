//! What is stored is what was sent: untouched, or changed as the topic's configuration says.

use crate::handlers::tests::client::{Node, code};
use crate::handlers::tests::wire::{FETCH, PRODUCE, batches, encoded, fetch, produce, values};
use log_model::{CompressionType, KafkaCode, LeaderEpoch, Offset, TimestampType};

const CODECS: [CompressionType; 5] =
    [CompressionType::None, CompressionType::Gzip, CompressionType::Snappy, CompressionType::Lz4, CompressionType::Zstd];
const VALUES: [&str; 3] = ["to be", "or not", "to be"];

#[test]
fn batches_of_every_codec_are_stored_untouched_but_for_their_place() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        for codec in CODECS {
            assert_eq!(client.append("t", 0, &encoded(codec, &VALUES)).await.0, KafkaCode::None, "{codec:?}");
        }
        let found = batches(&client.fetch(FETCH, &fetch(&[("t", 0, 0)])).await[0]);
        assert_eq!(found.len(), CODECS.len());
        for ((codec, found), base_offset) in CODECS.into_iter().zip(&found).zip([0, 3, 6, 9, 12]) {
            assert_eq!(*found, encoded(codec, &VALUES).with_base_offset(Offset(base_offset), LeaderEpoch(0)), "{codec:?}");
        }
        assert_eq!(values(&found[4..]), VALUES);
    });
}

#[test]
fn a_topic_with_a_codec_of_its_own_stores_that_whatever_is_sent() {
    let node = Node::start(&[]);
    node.create_configured("t", &[("compression.type", "lz4")]);
    node.run(async |client| {
        for codec in CODECS {
            assert_eq!(client.append("t", 0, &encoded(codec, &VALUES)).await.0, KafkaCode::None, "{codec:?}");
        }
        let found = batches(&client.fetch(FETCH, &fetch(&[("t", 0, 0)])).await[0]);
        assert!(found.iter().all(|batch| batch.compression() == CompressionType::Lz4));
        assert_eq!(values(&found), VALUES.repeat(CODECS.len()));
    });
}

#[test]
fn with_log_append_time_the_nodes_clock_stamps_the_records_and_the_answer() {
    let node = Node::start(&[]);
    node.create_configured("t", &[("message.timestamp.type", "LogAppendTime")]);
    node.create_topics(&[("own-time", 1)]);
    node.run(async |client| {
        let sent = encoded(CompressionType::Gzip, &VALUES).into_bytes();
        let answers = client.produce(PRODUCE, &produce(&[("t", 0, sent.clone()), ("own-time", 0, sent)])).await;
        assert!(answers.iter().all(|answer| code(answer.error_code).is_none()));
        let stamps: Vec<i64> = answers.iter().map(|answer| answer.log_append_time_ms).collect();
        assert_eq!(stamps, [node.env.clock.wall_ms(), -1]);
        let found = batches(&client.fetch(FETCH, &fetch(&[("t", 0, 0)])).await[0]).remove(0);
        assert_eq!(found.timestamp_type(), TimestampType::LogAppendTime);
        assert!(found.records().unwrap().all(|record| record.unwrap().record.timestamp.0 == stamps[0]));
    });
}
