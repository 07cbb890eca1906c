//! Compaction against the plainest model: the last value of each key, in the order of the log.

use crate::partition::testing::{FOLDER, append, batch_of, create, keyed, open};
use crate::partition::{AppendOrigin, CompactionReport, PartitionLog, RecoveryPoint};
use log_env::{Disk, SimDisk, SimRandom};
use log_model::{CleanupPolicy, Offset, ProducerEpoch, ProducerId, Ratio, Sequence, Timestamp, TopicConfig};
use log_record::control::{ControlType, end_marker};
use log_record::{BatchBuilder, RecordBatch};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

/// Offset, key, value.
type Row = (i64, String, Option<String>);

fn compacted() -> TopicConfig {
    TopicConfig {
        cleanup_policy: CleanupPolicy::Compact,
        min_cleanable_dirty_ratio: Ratio(0),
        delete_retention_ms: 1000,
        segment_bytes: 500,
        index_interval_bytes: 100,
        ..TopicConfig::default()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// All data records of the log.
fn rows(log: &PartitionLog) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut next = log.log_start();
    while next < log.high_watermark() {
        for batch in log.read(next, log.high_watermark(), 300).unwrap() {
            assert!(batch.base_offset() <= next, "the log has no gaps");
            next = batch.next_offset();
            if batch.is_control() {
                continue;
            }
            for record in batch.records().unwrap() {
                let record = record.unwrap();
                rows.push((record.offset.0, record.key.as_deref().map_or_else(String::new, text), record.value.as_deref().map(text)));
            }
        }
    }
    rows
}

fn last_values(rows: &[Row]) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    for (_, key, value) in rows {
        match value {
            Some(value) => _ = values.insert(key.clone(), value.clone()),
            None => _ = values.remove(key),
        }
    }
    values
}

/// Writes, syncs and compacts at a time.
fn compact(log: &mut PartitionLog, now_ms: i64) -> (RecoveryPoint, Option<CompactionReport>) {
    log.write_all().unwrap();
    log.sync().unwrap();
    log.sync().unwrap();
    log.evict(usize::MAX);
    let report = log.plan_compaction(now_ms).unwrap().map(|job| log.install_compaction(job.run().unwrap()).unwrap());
    (log.sync().unwrap(), report)
}

#[test]
fn the_last_value_of_each_key_stays_where_it_was() {
    let disk = SimDisk::new();
    let mut log = create(&disk, &compacted());
    for round in 0..12 {
        append(
            &mut log,
            keyed(&[("a", Some(&format!("a{round}"))), (&format!("k{round}"), Some("once")), ("a", Some(&format!("b{round}")))], 0),
        );
    }
    let before = rows(&log);
    log.write_all().unwrap();
    log.set_config(TopicConfig { segment_bytes: 5000, ..compacted() });
    let (point, report) = compact(&mut log, 0);
    let report = report.unwrap();
    assert!(report.bytes_after < report.bytes_before && report.segments_after < report.segments_before, "{report:?}");
    let sealed_to = log.segment_bases().last().unwrap().0;
    let superseded = |row: &Row| before.iter().any(|later| later.0 > row.0 && later.0 < sealed_to && later.1 == row.1);
    let expected: Vec<Row> = before.iter().filter(|row| row.0 >= sealed_to || !superseded(row)).cloned().collect();
    assert_eq!(rows(&log), expected);
    assert_eq!(rows(&open(&disk, &compacted(), &point)), expected);
    assert_eq!(rows(&open(&disk, &compacted(), &RecoveryPoint::default())), expected, "the log can be read without any index");
    assert_eq!(log.plan_compaction(0).unwrap().map(|job| job.size_bytes()), None, "nothing is dirty any more");
}

#[test]
fn a_tombstone_goes_once_its_time_is_over() {
    let disk = SimDisk::new();
    let mut log = create(&disk, &compacted());
    append(&mut log, keyed(&[("a", Some("1")), ("b", Some("2"))], 0));
    append(&mut log, keyed(&[("a", None)], 0));
    let pad = |log: &mut PartitionLog, number: i32| {
        for index in 0..8 {
            append(log, keyed(&[(&format!("pad{number}.{index}"), Some("xxxxxxxxxxxxxxxxxxxxxxxx"))], 0));
        }
    };
    let tombstones = |log: &PartitionLog| rows(log).into_iter().filter(|row| row.2.is_none()).count();
    for (number, (now_ms, left)) in [(5000, 1), (5999, 1), (6000, 0)].into_iter().enumerate() {
        pad(&mut log, number as i32);
        compact(&mut log, now_ms).1.unwrap();
        assert_eq!(tombstones(&log), left, "at {now_ms}");
        assert!(!rows(&log).iter().any(|row| row.1 == "a" && row.2.is_some()));
        assert_eq!(last_values(&rows(&log)).get("b").map(String::as_str), Some("2"));
    }
}

#[test]
fn aborted_records_and_spent_markers_go() {
    let disk = SimDisk::new();
    let mut log = create(&disk, &compacted());
    let send = |log: &mut PartitionLog, id: i64, sequence: i32, key: &str| {
        let batch = keyed(&[(key, Some("v"))], 0).with_producer(ProducerId(id), ProducerEpoch(0), Sequence(sequence), true);
        append(log, batch);
    };
    let end = |log: &mut PartitionLog, id: i64, kind| {
        let marker = end_marker(kind, (ProducerId(id), ProducerEpoch(0)), Timestamp(0), 0);
        let prepared = log.prepare_from(AppendOrigin::Coordinator, vec![marker], 0).unwrap();
        log.commit(prepared.next_offset());
    };
    append(&mut log, keyed(&[("x", Some("kept"))], 0));
    send(&mut log, 1, 0, "x");
    end(&mut log, 1, ControlType::Abort);
    send(&mut log, 2, 0, "y");
    end(&mut log, 2, ControlType::Commit);
    send(&mut log, 1, 1, "z");
    end(&mut log, 1, ControlType::Commit);
    for number in 0..8 {
        send(&mut log, 2, number + 1, &format!("pad{number}"));
        end(&mut log, 2, ControlType::Commit);
    }
    let before = log.aborted_in(Offset(0)..log.log_end()).unwrap();
    assert_eq!(before.len(), 1);
    compact(&mut log, 0).1.unwrap();
    let x: Vec<Row> = rows(&log).into_iter().filter(|row| row.1 == "x").collect();
    assert_eq!(x, [(0, "x".into(), Some("kept".into()))], "an aborted record supersedes nothing");
    assert_eq!(log.last_stable_offset(), log.high_watermark());
    let keys: Vec<String> = rows(&log).into_iter().map(|row| row.1).collect();
    assert!(keys.contains(&"y".into()) && keys.contains(&"z".into()) && keys.contains(&"pad7".into()));
    let again = open(&disk, &compacted(), &RecoveryPoint::default());
    assert_eq!(again.last_stable_offset(), again.high_watermark());
}

#[test]
fn the_last_batch_of_a_producer_stays_known() {
    let disk = SimDisk::new();
    let mut log = create(&disk, &compacted());
    append(&mut log, keyed(&[("a", Some("1"))], 0).with_producer(ProducerId(9), ProducerEpoch(0), Sequence(0), false));
    for number in 0..12 {
        append(&mut log, keyed(&[("a", Some(&format!("later {number}")))], 0));
    }
    compact(&mut log, 0).1.unwrap();
    assert!(!rows(&log).iter().any(|row| row.0 == 0));
    let mut log = open(&disk, &compacted(), &RecoveryPoint::default());
    let next = keyed(&[("b", Some("2"))], 0).with_producer(ProducerId(9), ProducerEpoch(0), Sequence(1), false);
    assert!(!log.prepare(vec![next], 0).unwrap().is_duplicate());
    let gap = keyed(&[("b", Some("2"))], 0).with_producer(ProducerId(9), ProducerEpoch(0), Sequence(5), false);
    assert!(log.prepare(vec![gap], 0).is_err());
}

#[test]
fn little_memory_for_keys_takes_more_passes() {
    let disk = SimDisk::new();
    let mut log = create(&disk, &compacted());
    for number in 0..30 {
        append(&mut log, keyed(&[(&format!("k{}", number % 10), Some("v")), ("same", Some(&number.to_string()))], 0));
    }
    let wanted = last_values(&rows(&log));
    compact(&mut log, -1);
    let mut log = create(&SimDisk::new(), &compacted());
    for number in 0..30 {
        append(&mut log, keyed(&[(&format!("k{}", number % 10), Some("v")), ("same", Some(&number.to_string()))], 0));
    }
    log.write_all().unwrap();
    log.sync().unwrap();
    log.sync().unwrap();
    let mut passes = 0;
    while let Some(job) = log.plan_compaction(0).unwrap() {
        log.install_compaction(job.with_key_memory(56 * 4).run().unwrap()).unwrap();
        passes += 1;
        assert!(passes < 100);
        assert_eq!(last_values(&rows(&log)), wanted);
    }
    assert!(passes > 1);
}

#[test]
fn batches_without_keys_and_other_codecs_are_kept() {
    let mut log = create(&SimDisk::new(), &compacted());
    let mut builder = BatchBuilder::new(log_model::CompressionType::Lz4);
    for number in 0..20 {
        builder.append_parts(Timestamp(number), Some(b"same"), Some(format!("value {number} value value").as_bytes()), &[]).unwrap();
    }
    append(&mut log, builder.build());
    append(&mut log, batch_of(&["no key", "no key either"]));
    for number in 0..12 {
        append(&mut log, keyed(&[("pad", Some(&format!("{number} xxxxxxxxxxxxxxxxxxxx")))], 0));
    }
    compact(&mut log, 0).1.unwrap();
    let head: Vec<(i64, String)> = rows(&log).into_iter().take(3).map(|row| (row.0, row.1)).collect();
    assert_eq!(head, [(19, "same".into()), (20, String::new()), (21, String::new())]);
}

#[test]
fn a_crash_at_any_step_leaves_the_old_or_the_new() {
    let disk = SimDisk::new();
    let mut log = create(&disk, &compacted());
    for number in 0..48 {
        append(&mut log, keyed(&[(&format!("k{}", number % 5), Some(&format!("v{number}")))], 0));
    }
    log.write_all().unwrap();
    log.sync().unwrap();
    let point = log.sync().unwrap();
    let (before, wanted) = (rows(&log), last_values(&rows(&log)));
    disk.start_trace();
    log.set_config(TopicConfig { segment_bytes: 1500, ..compacted() });
    let job = log.plan_compaction(0).unwrap().unwrap();
    let report = log.install_compaction(job.run().unwrap()).unwrap();
    assert!(report.segments_after > 1 && report.segments_before > report.segments_after, "{report:?}");
    log.sync().unwrap();
    log.evict(usize::MAX);
    let after = rows(&log);
    let random = SimRandom::new(7);
    let (mut old, mut new) = (0, 0);
    for crash in 0..disk.crash_points() {
        for _ in 0..8 {
            let image = disk.image(crash, &random);
            let log = open(&image, &compacted(), &point);
            assert_eq!(log.damage(), None, "crash point {crash}");
            let found = rows(&log);
            assert_eq!(last_values(&found), wanted, "crash point {crash}");
            assert_eq!(log.log_end(), Offset(48));
            old += usize::from(found == before);
            new += usize::from(found == after);
            let left: Vec<String> = Disk::list(&image, Path::new(FOLDER)).unwrap().into_iter().map(|entry| entry.name).collect();
            assert!(!left.iter().any(|name| name.contains(".cleaned") || name.contains(".swap")), "{left:?}");
            assert_eq!(rows(&open(&image, &compacted(), &point)), found);
        }
    }
    assert!(old > 50 && new > 10, "{old} {new}");
}

#[test]
fn a_compaction_that_retention_overtook_is_dropped() {
    let config = TopicConfig { cleanup_policy: CleanupPolicy::CompactDelete, retention_ms: -1, ..compacted() };
    let mut log = create(&SimDisk::new(), &config);
    for number in 0..24 {
        append(&mut log, keyed(&[("k", Some(&format!("v{number}")))], 0));
    }
    log.write_all().unwrap();
    log.sync().unwrap();
    log.sync().unwrap();
    let done = log.plan_compaction(0).unwrap().unwrap().run().unwrap();
    log.delete_records(log.segment_bases()[2]).unwrap();
    log.retention(0).unwrap();
    let before = rows(&log);
    log.install_compaction(done).unwrap();
    assert_eq!(last_values(&rows(&log)), last_values(&before));
}

fn batches() -> impl Strategy<Value = Vec<Vec<(u8, Option<u8>)>>> {
    let record = (0..6_u8, prop::option::weighted(0.8, any::<u8>()));
    prop::collection::vec(prop::collection::vec(record, 1..5), 1..40)
}

fn batch(records: &[(u8, Option<u8>)]) -> RecordBatch {
    let mut builder = BatchBuilder::new(log_model::CompressionType::None);
    for (key, value) in records {
        let value = value.map(|value| value.to_string());
        builder.append_parts(Timestamp(0), Some(key.to_string().as_bytes()), value.as_deref().map(str::as_bytes), &[]).unwrap();
    }
    builder.build()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn compaction_keeps_order_and_last_values(rounds in prop::collection::vec(batches(), 1..4), memory in 1..20_usize) {
        let disk = SimDisk::new();
        let mut log = create(&disk, &compacted());
        let mut all: Vec<Row> = Vec::new();
        for (round, batches) in rounds.iter().enumerate() {
            for records in batches {
                let base = append(&mut log, batch(records)).0;
                let row = |(index, (key, value)): (usize, &(u8, Option<u8>))| (base + index as i64, key.to_string(), value.map(|value| value.to_string()));
                all.extend(records.iter().enumerate().map(row));
            }
            log.write_all().unwrap();
            log.sync().unwrap();
            log.sync().unwrap();
            log.evict(usize::MAX);
            let now_ms = round as i64 * 700;
            if let Some(job) = log.plan_compaction(now_ms).unwrap() {
                log.install_compaction(job.with_key_memory(56 * memory).run().unwrap()).unwrap();
            }
            let found = rows(&log);
            prop_assert_eq!(last_values(&found), last_values(&all));
            prop_assert!(found.iter().all(|row| all[row.0 as usize] == *row), "records keep offset, key and value");
            prop_assert!(found.is_sorted_by(|a, b| a.0 < b.0), "and order");
            let point = log.sync().unwrap();
            let again = open(&disk, &compacted(), &point);
            prop_assert_eq!(rows(&again), found);
        }
    }
}
