//! Dead-letter records: the original key, value and headers, and Kafka's headers that say what happened (KIP-1034).

use super::output::OutputRecord;
use crate::{DeadLetter, Result};
use log_record::Header;

/// What stands in `__streams.errors.exception`, where Kafka names a Java class.
const EXCEPTION: &str = "RecordNotProcessable";

/// Calls `write` with the dead-letter record.
pub(super) fn with_record(letter: &DeadLetter, write: impl FnOnce(OutputRecord<'_>) -> Result<()>) -> Result<()> {
    let mut headers = letter.record.headers.clone();
    let added: [(&'static str, String); 5] = [
        ("exception", EXCEPTION.to_string()),
        ("message", letter.reason.clone()),
        ("topic", letter.partition.topic.to_string()),
        ("partition", letter.partition.partition.to_string()),
        ("offset", letter.record.offset.0.to_string()),
    ];
    headers.extend(added.into_iter().map(|(name, value)| Header::new(format!("__streams.errors.{name}"), value)));
    let record = &letter.record;
    write(OutputRecord { timestamp: record.timestamp, key: record.key.as_deref(), value: record.value.as_deref(), headers: &headers })
}
