//! Lines to records: where they go and where they are from.

use super::{Encoding, Line};
use connect_api::{Data, Error, JsonMap, SourceOffset, SourcePartition, SourceRecord, TopicName};
use std::sync::Arc;

/// The field of a source partition that names the file, as in Kafka.
pub(crate) const FILENAME: &str = "filename";
/// The field of a source offset that says how far the file is read, as in Kafka.
pub(crate) const POSITION: &str = "position";

/// Makes records of the lines of one file.
#[derive(Clone, Debug)]
pub(crate) struct LineRecords {
    /// The topic they go to.
    pub(crate) topic: TopicName,
    /// How their bytes become values.
    pub(crate) encoding: Encoding,
    /// The longest line, in bytes.
    pub(crate) limit_bytes: usize,
}

impl LineRecords {
    /// The source partition of a file.
    pub(crate) fn partition(filename: &str) -> SourcePartition {
        SourcePartition::of(FILENAME, filename)
    }

    /// The position after a line, beside fields that identify the file.
    pub(crate) fn offset(identity: Option<&Arc<JsonMap>>, position: u64) -> SourceOffset {
        let position = i64::try_from(position).unwrap_or(i64::MAX);
        match identity {
            Some(fields) => SourceOffset::shared(fields.clone(), POSITION, position),
            None => SourceOffset::number(POSITION, position),
        }
    }

    /// The record of a line.
    pub(crate) fn record(&self, line: &Line, partition: &SourcePartition, identity: Option<&Arc<JsonMap>>) -> SourceRecord {
        let record = |value| SourceRecord::new(self.topic.clone(), value).at(partition.clone(), LineRecords::offset(identity, line.end));
        let place = || format!("{} bytes {}..{}", partition.text(FILENAME).unwrap_or_default(), line.start, line.end);
        if line.too_long {
            let reason = format!(
                "{}: the line is longer than line.max.bytes={}; only its first {} bytes are kept",
                place(),
                self.limit_bytes,
                line.bytes.len()
            );
            return record(Data::bytes(line.bytes.clone())).with_error(Error::data(reason));
        }
        match self.encoding.decode(&line.bytes) {
            Ok(value) => record(value),
            Err(error) => record(Data::bytes(line.bytes.clone())).with_error(Error::data(format!("{}: {error}", place()))),
        }
    }
}
