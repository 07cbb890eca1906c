//! Lines to records: where they go and where they are from.
//!
//! Every record carries its place in the outside world as headers, so that whoever finds it unusable later can still say which line of which file it was.

use super::{Encoding, Line};
use connect_api::{ConnectHeader, Data, Error, JsonMap, SourceOffset, SourcePartition, SourceRecord, TopicName};
use std::sync::Arc;

/// The field of a source partition that names the file, as in Kafka.
pub(crate) const FILENAME: &str = "filename";
/// The field of a source offset that says how far the file is read, as in Kafka.
pub(crate) const POSITION: &str = "position";
/// The header that names the file of a line.
const FILE_HEADER: &str = "source.file";
/// The header that says at which byte of the file a line begins.
const POSITION_HEADER: &str = "source.position";

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
        let record = |value| {
            let mut record = SourceRecord::new(self.topic.clone(), value).at(partition.clone(), LineRecords::offset(identity, line.end));
            record.headers = headers(partition, line);
            record
        };
        let place = || format!("{} bytes {}..{}", partition.text(FILENAME).unwrap_or_default(), line.start, line.end);
        if line.too_long {
            let reason = format!(
                "{}: the line is longer than line.max.bytes={}; raise that to take it; only its first {} bytes are kept",
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

/// Where a line stands.
fn headers(partition: &SourcePartition, line: &Line) -> Vec<ConnectHeader> {
    let header = |key: &str, text: String| ConnectHeader { key: key.to_string(), data: Data::text(text) };
    let file = partition.text(FILENAME).unwrap_or_default().to_string();
    vec![header(FILE_HEADER, file), header(POSITION_HEADER, line.start.to_string())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[test]
    fn a_record_says_where_its_line_stands() {
        let records = LineRecords { topic: TopicName::new("t").unwrap(), encoding: Encoding::Utf8, limit_bytes: 100 };
        let line = |bytes: &'static [u8], too_long| Line { bytes: Bytes::from_static(bytes), start: 17, end: 20, too_long };
        for line in [line(b"ok", false), line(b"\xff", false), line(b"cut", true)] {
            let record = records.record(&line, &LineRecords::partition("logs/a.log"), None);
            let headers: Vec<_> = record.headers.iter().map(|header| (header.key.as_str(), header.data.value.as_str().unwrap())).collect();
            assert_eq!(headers, [("source.file", "logs/a.log"), ("source.position", "17")]);
        }
    }
}
