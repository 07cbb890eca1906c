//! The power is cut while a compacted topic is written and cleaned: the last value of every key survives, and nothing is made up.

use crate::model::{open, read_all};
use log_env::{Random, SimDisk, SimRandom};
use log_model::{CleanupPolicy, CompressionType, Ratio, Timestamp, TopicConfig, TopicId, TopicName};
use log_record::{BatchBuilder, RecordBatch};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Images looked at for each crash point.
const IMAGES_PER_POINT: usize = 3;

type Latest = BTreeMap<String, String>;

/// What the log says: its records by offset, and its end.
fn records_of(disk: &SimDisk) -> (Vec<(i64, String, String)>, i64) {
    let directory = open(disk).unwrap();
    let state = read_all(&directory).unwrap();
    let Some(log) = state.values().next() else { return (Vec::new(), 0) };
    let mut records = Vec::new();
    for bytes in &log.batches {
        for record in RecordBatch::parse(bytes.clone()).unwrap().records().unwrap() {
            let record = record.unwrap();
            let text = |bytes: &Option<bytes::Bytes>| String::from_utf8(bytes.clone().unwrap().to_vec()).unwrap();
            records.push((record.offset.0, text(&record.record.key), text(&record.record.value)));
        }
    }
    (records, log.end.0)
}

fn latest(records: &[(i64, String, String)]) -> Latest {
    records.iter().map(|(_, key, value)| (key.clone(), value.clone())).collect()
}

#[test]
fn compaction_under_power_cuts_keeps_the_last_value_of_every_key() {
    let (mut images, mut compacted) = (0, 0);
    for seed in 0..3 {
        let disk = SimDisk::new();
        let random = SimRandom::new(seed);
        let config = TopicConfig {
            cleanup_policy: CleanupPolicy::Compact,
            segment_bytes: 1500,
            min_cleanable_dirty_ratio: Ratio(0),
            ..TopicConfig::default()
        };
        let partition = TopicName::new("latest").unwrap().partition(0);
        let directory = open(&disk).unwrap();
        directory.create_partition(&partition, TopicId(Uuid::from_u128(1)), &config).unwrap();
        disk.start_trace();
        // Every record ever written, and for each entry: its end, when it began and when it was acknowledged.
        let (mut written, mut marks) = (Vec::new(), vec![(0, 0, 0)]);
        for number in 0..60 {
            let mut builder = BatchBuilder::new(CompressionType::None);
            for _ in 0..1 + random.below(3) {
                let (key, value) =
                    (format!("key {}", random.below(6)), format!("{} {}", written.len(), "v".repeat(random.below(120) as usize)));
                builder.append_parts(Timestamp(number), Some(key.as_bytes()), Some(value.as_bytes()), &[]).unwrap();
                written.push((written.len() as i64, key, value));
            }
            let begun = disk.crash_points() - 1;
            _ = directory.stage(vec![(partition.clone(), vec![builder.build()])], 0).unwrap();
            directory.flush().unwrap();
            marks.push((written.len(), begun, disk.crash_points() - 1));
            if number % 7 == 6 {
                directory.checkpoint().unwrap();
                compacted += directory.maintain(1_000_000).unwrap().partitions_compacted;
            }
        }
        for point in 0..disk.crash_points() {
            for _ in 0..IMAGES_PER_POINT {
                images += 1;
                let image = disk.image(point, &random);
                let (records, end) = records_of(&image);
                let least = marks.iter().rfind(|mark| mark.2 <= point).unwrap().0 as i64;
                let most = marks.iter().rfind(|mark| mark.1 <= point).unwrap().0 as i64;
                assert!((least..=most).contains(&end), "point {point}: {end} is not from {least} to {most}");
                assert!(records.is_sorted_by(|a, b| a.0 < b.0), "offsets grow");
                assert!(records.iter().all(|record| written[record.0 as usize] == *record), "a record is as it was written");
                assert_eq!(latest(&records), latest(&written[..end as usize]), "run {seed}, point {point}");
                assert_eq!(records_of(&image), (records, end), "opened twice");
            }
        }
    }
    println!("{images} images, {compacted} compactions");
    assert!(compacted >= 10 && images > 2000, "{compacted} compactions, {images} images");
}
