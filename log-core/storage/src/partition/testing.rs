//! Batches and partitions for the tests of this module.

use super::{PartitionLog, PartitionPlace, Syncing};
use log_env::{Disk, SimDisk};
use log_model::{CompressionType, Offset, ProducerEpoch, ProducerId, Sequence, Timestamp, TopicConfig, TopicId, TopicName, TopicPartition};
use log_record::{BatchBuilder, RecordBatch};
use std::path::Path;
use std::sync::Arc;

/// The directory of the partition under test.
pub(crate) const FOLDER: &str = "topics/t-0";

/// A batch of records with these values, no keys, and timestamps 0, 1, ...
pub(crate) fn batch_of(values: &[&str]) -> RecordBatch {
    let mut builder = BatchBuilder::new(CompressionType::None);
    for (index, value) in values.iter().enumerate() {
        builder.append_parts(Timestamp(index as i64), None, Some(value.as_bytes()), &[]).unwrap();
    }
    builder.build()
}

/// A batch of an idempotent producer.
pub(crate) fn idempotent(values: &[&str], id: i64, epoch: i16, sequence: i32) -> RecordBatch {
    batch_of(values).with_producer(ProducerId(id), ProducerEpoch(epoch), Sequence(sequence), false)
}

/// A batch of keyed records; `None` is a tombstone.
pub(crate) fn keyed(records: &[(&str, Option<&str>)], timestamp: i64) -> RecordBatch {
    let mut builder = BatchBuilder::new(CompressionType::None);
    for (key, value) in records {
        builder.append_parts(Timestamp(timestamp), Some(key.as_bytes()), value.map(str::as_bytes), &[]).unwrap();
    }
    builder.build()
}

/// Segments of a few batches, with an index entry for almost each.
pub(crate) fn small_segments() -> TopicConfig {
    TopicConfig { segment_bytes: 400, index_interval_bytes: 100, ..TopicConfig::default() }
}

pub(crate) fn partition() -> TopicPartition {
    TopicName::new("t").unwrap().partition(0)
}

pub(crate) fn topic_id() -> TopicId {
    serde_json::from_str("\"00112233-4455-6677-8899-aabbccddeeff\"").unwrap()
}

pub(crate) fn create(disk: &SimDisk, config: &TopicConfig) -> PartitionLog {
    let disk: Arc<dyn Disk> = Arc::new(disk.clone());
    disk.create_dir_all(Path::new("topics")).unwrap();
    disk.sync_dir(Path::new("")).unwrap();
    PartitionLog::create(place(disk, config)).unwrap()
}

pub(crate) fn place(disk: Arc<dyn Disk>, config: &TopicConfig) -> PartitionPlace<'_> {
    PartitionPlace { disk, path: Path::new(FOLDER), partition: partition(), topic_id: topic_id(), config, syncing: Syncing::Each }
}

pub(crate) fn open(disk: &SimDisk, config: &TopicConfig, recovery: &super::RecoveryPoint) -> PartitionLog {
    let disk: Arc<dyn Disk> = Arc::new(disk.clone());
    PartitionLog::open(place(disk, config), recovery).unwrap()
}

/// Appends and commits.
pub(crate) fn append(log: &mut PartitionLog, batch: RecordBatch) -> Offset {
    let prepared = log.prepare(vec![batch], 0).unwrap();
    log.commit(prepared.next_offset());
    prepared.base_offset()
}

/// All records from an offset on, as offset and value.
pub(crate) fn values_from(log: &PartitionLog, from: Offset, max_bytes: usize) -> Vec<(i64, String)> {
    let mut values = Vec::new();
    let mut next = from;
    while next < log.high_watermark() {
        let batches = log.read(next, log.high_watermark(), max_bytes).unwrap();
        assert!(!batches.is_empty(), "a read below the high watermark gives a batch");
        for batch in batches {
            assert!(batch.next_offset() > next);
            next = batch.next_offset();
            for record in batch.records().unwrap() {
                let record = record.unwrap();
                let value = record.value.as_ref().map_or("-".into(), |value| String::from_utf8(value.to_vec()).unwrap());
                values.push((record.offset.0, value));
            }
        }
    }
    values.retain(|(offset, _)| *offset >= from.0);
    values
}
