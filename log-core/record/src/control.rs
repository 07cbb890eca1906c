//! Control records: the markers by which a Kafka log ends a transaction. The embedded log writes none, but reads them.
//!
//! Key: version i16 (0), type i16 (0 abort, 1 commit). Value: version i16 (0), coordinator epoch i32. Source: Kafka's `ControlRecordType` and
//! `EndTransactionMarker`.

use crate::batch::{put, seal};
use crate::bytes_io::array_at;
use crate::header::{self, ATTRIBUTES};
use crate::{BatchBuilder, Error, RecordBatch};
use bytes::{Bytes, BytesMut};
use log_model::{CompressionType, ProducerEpoch, ProducerId, Sequence, Timestamp};

/// How a transaction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlType {
    /// Its records never happened.
    Abort,
    /// Its records are final.
    Commit,
}

impl ControlType {
    /// Reads the key of a control record. Errors: it is too short or names another type.
    pub fn from_key(key: &[u8]) -> Result<ControlType, Error> {
        if key.len() < 4 {
            return Err(Error::malformed("the key of a control record is too short"));
        }
        match i16::from_be_bytes(array_at(key, 2)) {
            0 => Ok(ControlType::Abort),
            1 => Ok(ControlType::Commit),
            _ => Err(Error::malformed("the type of a control record is unknown")),
        }
    }

    /// The key of the control record.
    pub fn to_key(self) -> [u8; 4] {
        match self {
            ControlType::Abort => [0, 0, 0, 0],
            ControlType::Commit => [0, 0, 0, 1],
        }
    }
}

/// The batch that ends a producer's transaction in one partition.
pub fn end_marker(kind: ControlType, producer: (ProducerId, ProducerEpoch), timestamp: Timestamp, coordinator_epoch: i32) -> RecordBatch {
    let mut value = [0; 6];
    value[2..].copy_from_slice(&coordinator_epoch.to_be_bytes());
    let mut builder = BatchBuilder::new(CompressionType::None);
    builder.append_parts(timestamp, Some(&kind.to_key()), Some(&value), &[]).expect("ten bytes fit in a batch");
    let batch = builder.build().with_producer(producer.0, producer.1, Sequence::NONE, true);
    let attributes = batch.header().attributes | header::CONTROL;
    let mut bytes = BytesMut::from(&batch.as_bytes()[..]);
    put(&mut bytes, ATTRIBUTES, &attributes.to_be_bytes());
    seal(&mut bytes);
    RecordBatch::from_built(Bytes::from(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_read_back() {
        for kind in [ControlType::Abort, ControlType::Commit] {
            let marker = end_marker(kind, (ProducerId(9), ProducerEpoch(2)), Timestamp(5), 3);
            let read = RecordBatch::parse(marker.as_bytes().clone()).unwrap();
            assert!(read.is_control() && read.is_transactional());
            assert_eq!((read.producer_id(), read.producer_epoch()), (ProducerId(9), ProducerEpoch(2)));
            let record = read.records().unwrap().next().unwrap().unwrap();
            assert_eq!(ControlType::from_key(record.key.as_deref().unwrap()).unwrap(), kind);
        }
    }

    #[test]
    fn unknown_control_keys_are_refused() {
        for key in [&[][..], &[0, 0, 0], &[0, 0, 0, 2], &[0, 0, 0xff, 0xff]] {
            assert!(ControlType::from_key(key).is_err());
        }
    }
}
