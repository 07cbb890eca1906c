//! Records on their way: from a source to the log, and from the log to a sink.

use crate::{Data, Error, SourceOffset, SourcePartition};
use log_model::{Offset, Timestamp, TopicName, TopicPartition};

/// A header: a name and a value. Order and duplicates are kept.
#[derive(Clone, Debug, PartialEq)]
pub struct ConnectHeader {
    /// Its name.
    pub key: String,
    /// Its value.
    pub data: Data,
}

/// A record a source hands over.
#[derive(Clone, Debug)]
pub struct SourceRecord {
    /// Where it goes; the worker creates the topic if it is missing.
    pub topic: TopicName,
    /// The partition; without one it is chosen by the key as Kafka does, or in turn for records without a key.
    pub partition: Option<i32>,
    /// The key.
    pub key: Data,
    /// The value.
    pub value: Data,
    /// The headers.
    pub headers: Vec<ConnectHeader>,
    /// Event time; without one the worker's clock stamps it.
    pub timestamp: Option<Timestamp>,
    /// The part of the outside world it is from; `None` for a source that cannot resume.
    pub source_partition: Option<SourcePartition>,
    /// Where to resume after this record.
    pub source_offset: Option<SourceOffset>,
    /// Set if the source could not make a proper record of what it read. Then `value` holds what there is of it, and the record goes through the error
    /// policy: the task fails, or the record is skipped or dead-lettered and counted.
    pub error: Option<Box<Error>>,
}

impl SourceRecord {
    /// A record with a value only.
    pub fn new(topic: TopicName, value: Data) -> SourceRecord {
        SourceRecord {
            topic,
            partition: None,
            key: Data::null(),
            value,
            headers: Vec::new(),
            timestamp: None,
            source_partition: None,
            source_offset: None,
            error: None,
        }
    }

    /// The same from this position.
    pub fn at(mut self, partition: SourcePartition, offset: SourceOffset) -> SourceRecord {
        self.source_partition = Some(partition);
        self.source_offset = Some(offset);
        self
    }

    /// The same with a key.
    pub fn with_key(mut self, key: Data) -> SourceRecord {
        self.key = key;
        self
    }

    /// The same with an event time.
    pub fn with_timestamp(mut self, timestamp: Timestamp) -> SourceRecord {
        self.timestamp = Some(timestamp);
        self
    }

    /// The same, marked as not usable.
    pub fn with_error(mut self, error: Error) -> SourceRecord {
        self.error = Some(Box::new(error));
        self
    }
}

/// A record a sink takes.
#[derive(Clone, Debug)]
pub struct SinkRecord {
    /// Where it is from.
    pub partition: TopicPartition,
    /// Its offset there.
    pub offset: Offset,
    /// Its timestamp.
    pub timestamp: Timestamp,
    /// The key.
    pub key: Data,
    /// The value.
    pub value: Data,
    /// The headers.
    pub headers: Vec<ConnectHeader>,
}
