//! What a log checks and changes about a batch before it takes it, by the topic's configuration. Looks at records only to re-compress them
//! and to see that those of a compacted topic have keys.

use crate::{Error, NewTopic, Result};
use log_model::{CompressionType, Timestamp, TimestampType, TopicConfig};
use log_record::{BatchBuilder, RecordBatch};

/// The most partitions of one topic.
pub const PARTITIONS_MAX: i32 = 10_000;

/// Refuses partition counts outside `1..=`[`PARTITIONS_MAX`].
pub fn check_partition_count(count: i32) -> Result<()> {
    if (1..=PARTITIONS_MAX).contains(&count) {
        return Ok(());
    }
    Err(Error::Invalid { reason: format!("a topic cannot have {count} partitions; choose 1 to {PARTITIONS_MAX}") })
}

/// How many partitions a new topic has in a log without a configuration of its own. Errors: as [`check_partition_count`].
pub fn partition_count(topic: &NewTopic) -> Result<i32> {
    let count = if topic.partition_count == NewTopic::DEFAULT_PARTITIONS { 1 } else { topic.partition_count };
    check_partition_count(count).map(|()| count)
}

/// The batch as the topic wants it stored: re-compressed if the topic names a codec, stamped with `append_time` if the topic asks for it.
///
/// Errors: `Invalid` for a batch that is empty, has gaps or is a control batch, or for a record without a key in a compacted topic; `TooLarge` beyond `max.message.bytes`.
pub fn admit(batch: RecordBatch, config: &TopicConfig, append_time: impl FnOnce() -> Timestamp) -> Result<RecordBatch> {
    if batch.is_control() {
        return Err(invalid("a control batch cannot be produced"));
    }
    if batch.record_count() < 1 || batch.record_count() != batch.last_offset_delta() + 1 {
        return Err(invalid("a produced batch must hold at least one record and no gaps; build it with a batch builder"));
    }
    if config.cleanup_policy.compacts() {
        refuse_missing_keys(&batch)?;
    }
    let mut batch = match config.compression_type {
        Some(codec) if codec != batch.compression() => recompressed(&batch, codec, config.compression_level(codec))?,
        _ => batch,
    };
    if config.message_timestamp_type == TimestampType::LogAppendTime {
        batch = batch.with_max_timestamp(TimestampType::LogAppendTime, append_time());
    } else if batch.timestamp_type() == TimestampType::LogAppendTime {
        return Err(invalid("the batch claims log-append time, which only the log may set"));
    }
    let limit_bytes = config.max_message_bytes as u64;
    if batch.size_bytes() as u64 > limit_bytes {
        let fix = "send smaller batches or raise the topic's max.message.bytes";
        return Err(Error::TooLarge { what: "batch", size_bytes: batch.size_bytes() as u64, limit_bytes, fix });
    }
    Ok(batch)
}

/// As Kafka does: compaction could only lose such a record.
fn refuse_missing_keys(batch: &RecordBatch) -> Result<()> {
    let mut records = batch.records()?;
    while let Some(record) = records.next_view() {
        if record?.key.is_none() {
            return Err(invalid("a record has no key, which a compacted topic needs (cleanup.policy=compact); give each record a key"));
        }
    }
    Ok(())
}

fn recompressed(batch: &RecordBatch, codec: CompressionType, level: Option<i32>) -> Result<RecordBatch> {
    let mut builder = BatchBuilder::new(codec).with_level(level);
    for record in batch.records()? {
        builder.append(&record?.record)?;
    }
    if builder.is_empty() {
        return Err(invalid("the batch holds no records"));
    }
    // Who sent it, and in which transaction, must not be lost: retries are known by it, and ends of transactions.
    let (id, epoch, sequence) = (batch.producer_id(), batch.producer_epoch(), batch.base_sequence());
    Ok(builder.build().with_producer(id, epoch, sequence, batch.is_transactional()))
}

fn invalid(reason: &str) -> Error {
    Error::Invalid { reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use log_model::{ProducerEpoch, ProducerId, Sequence};

    fn batch(codec: CompressionType) -> RecordBatch {
        let mut builder = BatchBuilder::new(codec);
        for index in 0..3u8 {
            builder.append_parts(Timestamp(i64::from(index)), None, Some(&[index; 40]), &[]).unwrap();
        }
        builder.build()
    }

    fn admitted(batch: RecordBatch, entries: &[(&str, &str)]) -> Result<RecordBatch> {
        let config = TopicConfig::from_entries(entries.iter().copied()).unwrap();
        admit(batch, &config, || Timestamp(99))
    }

    #[test]
    fn a_topic_codec_wins_over_the_producers() {
        let stored = admitted(batch(CompressionType::None), &[("compression.type", "zstd")]).unwrap();
        assert_eq!(stored.compression(), CompressionType::Zstd);
        assert_eq!(stored.records().unwrap().count(), 3);
        assert_eq!(admitted(batch(CompressionType::Lz4), &[]).unwrap().compression(), CompressionType::Lz4);
        let sent = batch(CompressionType::None).with_producer(ProducerId(7), ProducerEpoch(2), Sequence(40), true);
        let header = admitted(sent, &[("compression.type", "lz4")]).unwrap().header();
        assert_eq!((header.producer_id, header.producer_epoch, header.base_sequence), (ProducerId(7), ProducerEpoch(2), Sequence(40)));
        assert!(header.is_transactional());
    }

    #[test]
    fn a_topic_says_how_much_effort_its_codec_makes() {
        let mut builder = BatchBuilder::new(CompressionType::None);
        for index in 0..20_000_u32 {
            let value = (index.wrapping_mul(2_654_435_761) >> 20).to_string();
            builder.append_parts(Timestamp(1), None, Some(value.as_bytes()), &[]).unwrap();
        }
        let batch = builder.build();
        for (codec, key, low, high) in [("gzip", "compression.gzip.level", "1", "9"), ("zstd", "compression.zstd.level", "-50", "22")] {
            let size = |level| admitted(batch.clone(), &[("compression.type", codec), (key, level)]).unwrap().size_bytes();
            assert!(size(high) < size(low), "{codec}");
            let most = admitted(batch.clone(), &[("compression.type", codec), (key, high)]).unwrap();
            assert_eq!(most.records().unwrap().count(), 20_000, "{codec}");
        }
    }

    #[test]
    fn log_append_time_overrides_every_record() {
        let stored = admitted(batch(CompressionType::None), &[("message.timestamp.type", "LogAppendTime")]).unwrap();
        assert!(stored.records().unwrap().all(|record| record.unwrap().timestamp == Timestamp(99)));
        let lie = batch(CompressionType::None).with_max_timestamp(TimestampType::LogAppendTime, Timestamp(1));
        assert!(matches!(admitted(lie, &[]), Err(Error::Invalid { .. })));
    }

    #[test]
    fn records_without_keys_are_refused_by_compacted_topics() {
        for (policy, accepts) in [("compact", false), ("compact,delete", false), ("delete", true)] {
            let entries = [("cleanup.policy", policy)];
            let mut keyed = BatchBuilder::new(CompressionType::Lz4);
            keyed.append_parts(Timestamp(1), Some(b"k"), None, &[]).unwrap();
            admitted(keyed.build(), &entries).unwrap();
            let mut mixed = BatchBuilder::new(CompressionType::Lz4);
            mixed.append_parts(Timestamp(1), Some(b"k"), None, &[]).unwrap();
            mixed.append_parts(Timestamp(1), None, Some(b"v"), &[]).unwrap();
            let answer = admitted(mixed.build(), &entries);
            assert_eq!(answer.is_ok(), accepts, "{policy}");
            assert!(accepts || answer.unwrap_err().to_string().contains("give each record a key"));
        }
    }

    #[test]
    fn empty_and_too_large_batches_are_refused() {
        let empty = BatchBuilder::new(CompressionType::None).build();
        assert!(matches!(admitted(empty, &[]), Err(Error::Invalid { .. })));
        let refused = admitted(batch(CompressionType::None), &[("max.message.bytes", "100")]);
        assert!(matches!(refused, Err(Error::TooLarge { limit_bytes: 100, .. })));
    }
}
