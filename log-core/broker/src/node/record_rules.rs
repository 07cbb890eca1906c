//! What a topic asks of single records: timestamps within bounds, keys, and that they can be read at all.
//!
//! The header of a batch says enough in most cases, and then no record is looked at: walking records costs as much as three times the checksum,
//! and decompressing them far more. `headwater.check` = `records` asks for the walk in any case.

use log_model::config::RecordCheck;
use log_model::{TimestampType, TopicConfig};
use log_record::{Error, RecordBatch, RecordView};

/// A record that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Its place in the batch, from 0.
    pub(crate) index: i32,
    pub(crate) message: String,
}

/// The records with timestamps outside of the bounds that the topic sets around now. Reads all records where the topic wants them read.
///
/// Errors: a record cannot be read.
pub(crate) fn untimely(batch: &RecordBatch, config: &TopicConfig, now_ms: i64) -> Result<Vec<Fault>, Error> {
    let latest_ms = now_ms.saturating_add(config.message_timestamp_after_max_ms);
    let earliest_ms = now_ms.saturating_sub(config.message_timestamp_before_max_ms);
    let is_bound = config.message_timestamp_type == TimestampType::CreateTime;
    // The header knows the largest; only a bound on the smallest asks for every record.
    let header_suffices = batch.max_timestamp().0 <= latest_ms && config.message_timestamp_before_max_ms == i64::MAX;
    if config.record_check == RecordCheck::Header && (!is_bound || header_suffices) {
        return Ok(Vec::new());
    }
    faults(batch, |record| {
        let at_ms = record.timestamp.0;
        let is_outside = is_bound && at_ms >= 0 && !(earliest_ms..=latest_ms).contains(&at_ms);
        is_outside.then(|| format!("timestamp {at_ms} is not between {earliest_ms} and {latest_ms}, the bounds that the topic sets"))
    })
}

/// The records without a key, which a compacted topic does not take.
///
/// Errors: a record cannot be read.
pub(crate) fn keyless(batch: &RecordBatch) -> Result<Vec<Fault>, Error> {
    faults(batch, |record| record.key.is_none().then(|| "a compacted topic takes no record without a key".to_owned()))
}

fn faults(batch: &RecordBatch, fault: impl Fn(&RecordView<'_>) -> Option<String>) -> Result<Vec<Fault>, Error> {
    let mut records = batch.records()?;
    let mut faults = Vec::new();
    let mut index = 0;
    while let Some(record) = records.next_view() {
        if let Some(message) = fault(&record?) {
            faults.push(Fault { index, message });
        }
        index += 1;
    }
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use super::*;
    use log_model::{CompressionType, Timestamp};
    use log_record::BatchBuilder;

    type Entries = &'static [(&'static str, &'static str)];

    const NOW_MS: i64 = 1_000_000_000;

    fn batch(timestamps: &[i64]) -> RecordBatch {
        let mut builder = BatchBuilder::new(CompressionType::None);
        for at_ms in timestamps {
            builder.append_parts(Timestamp(*at_ms), None, Some(b"v"), &[]).unwrap();
        }
        builder.build()
    }

    /// As a client would write it whose header tells less than its records hold.
    fn damaged() -> RecordBatch {
        let mut bytes = batch(&[NOW_MS, NOW_MS]).as_bytes().to_vec();
        let last = bytes.len() - 1;
        bytes[last] = 40;
        let crc = crc_fast::crc32_iscsi(&bytes[21..]);
        bytes[17..21].copy_from_slice(&crc.to_be_bytes());
        RecordBatch::parse(bytes.into()).unwrap()
    }

    fn found(batch: &RecordBatch, entries: &[(&str, &str)]) -> Result<Vec<i32>, ()> {
        let config = TopicConfig::from_entries(entries.iter().copied()).unwrap();
        untimely(batch, &config, NOW_MS).map(|faults| faults.iter().map(|fault| fault.index).collect()).map_err(drop)
    }

    #[test]
    fn records_outside_of_the_bounds_are_named() {
        let spread = batch(&[NOW_MS - 5000, NOW_MS, NOW_MS + 5000, -1]);
        let cases: [(Entries, &[i32]); 5] = [
            (&[], &[]),
            (&[("message.timestamp.before.max.ms", "4999")], &[0]),
            (&[("message.timestamp.after.max.ms", "4999")], &[2]),
            (&[("message.timestamp.before.max.ms", "10"), ("message.timestamp.after.max.ms", "10")], &[0, 2]),
            (&[("message.timestamp.before.max.ms", "10"), ("message.timestamp.type", "LogAppendTime")], &[]),
        ];
        for (entries, expected) in cases {
            assert_eq!(found(&spread, entries).as_deref(), Ok(expected), "{entries:?}");
        }
    }

    #[test]
    fn records_that_cannot_be_read_are_found_where_the_topic_wants_them_read() {
        assert_eq!(found(&damaged(), &[]), Ok(vec![]));
        assert_eq!(found(&damaged(), &[("headwater.check", "records")]), Err(()));
        assert_eq!(found(&batch(&[NOW_MS]), &[("headwater.check", "records")]), Ok(vec![]));
        assert_eq!(keyless(&batch(&[1, 2])).unwrap().len(), 2);
    }
}
