//! One record as an application sees it.

use bytes::Bytes;
use log_model::{Offset, Timestamp};
use std::ops::Deref;

/// A named value beside key and value. Order and duplicates are kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Header {
    /// The name: UTF-8 by convention, kept as bytes.
    pub key: Bytes,
    /// The value; null and empty differ.
    pub value: Option<Bytes>,
}

impl Header {
    /// A header with a value.
    pub fn new(key: impl Into<Bytes>, value: impl Into<Bytes>) -> Self {
        Header { key: key.into(), value: Some(value.into()) }
    }
}

/// A record: what an application writes and reads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Record {
    /// When it happened, by the producer, or when it was appended, by the topic's configuration.
    pub timestamp: Timestamp,
    /// What compaction and partitioning go by.
    pub key: Option<Bytes>,
    /// The content; `None` is a tombstone.
    pub value: Option<Bytes>,
    /// Names and values beside it.
    pub headers: Vec<Header>,
}

impl Record {
    /// A record without headers.
    pub fn new(timestamp: Timestamp, key: Option<Bytes>, value: Option<Bytes>) -> Self {
        Record { timestamp, key, value, headers: Vec::new() }
    }
}

/// A record and its place in the partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetRecord {
    /// The place.
    pub offset: Offset,
    /// The record.
    pub record: Record,
}

impl Deref for OffsetRecord {
    type Target = Record;
    fn deref(&self) -> &Record {
        &self.record
    }
}
