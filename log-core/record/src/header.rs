//! The 61-byte header of a batch: its layout, and a decoded copy for scans.
//!
//! ```text
//!  0 baseOffset i64          21 attributes i16        43 producerId i64
//!  8 batchLength i32         23 lastOffsetDelta i32   51 producerEpoch i16
//! 12 partitionLeaderEpoch    27 baseTimestamp i64     53 baseSequence i32
//! 16 magic i8 (2)            35 maxTimestamp i64      57 recordCount i32
//! 17 crc u32 over 21..                                61 records
//! ```
//! Attributes: bits 0–2 codec, 3 log-append time, 4 transactional, 5 control, 6 base timestamp is the delete horizon. All numbers are
//! big-endian. Source: Kafka's `DefaultRecordBatch`.

use crate::Error;
use crate::bytes_io::array_at;
use log_model::{CompressionType, LeaderEpoch, Offset, ProducerEpoch, ProducerId, Sequence, Timestamp, TimestampType};

/// The bytes of a batch before its records.
pub const BATCH_HEADER_BYTES: usize = 61;
/// The bytes before those that `batchLength` counts.
pub const LENGTH_PREFIX_BYTES: usize = 12;
/// A record takes at least: length, attributes, timestamp, offset, key length, value length, header count.
const RECORD_BYTES_MIN: u64 = 7;

pub(crate) const BASE_OFFSET: usize = 0;
pub(crate) const LENGTH: usize = 8;
pub(crate) const LEADER_EPOCH: usize = 12;
pub(crate) const MAGIC: usize = 16;
pub(crate) const CRC: usize = 17;
pub(crate) const ATTRIBUTES: usize = 21;
pub(crate) const LAST_OFFSET_DELTA: usize = 23;
pub(crate) const BASE_TIMESTAMP: usize = 27;
pub(crate) const MAX_TIMESTAMP: usize = 35;
pub(crate) const PRODUCER_ID: usize = 43;
pub(crate) const PRODUCER_EPOCH: usize = 51;
pub(crate) const BASE_SEQUENCE: usize = 53;
pub(crate) const RECORD_COUNT: usize = 57;

pub(crate) const CODEC_MASK: i16 = 0b111;
pub(crate) const LOG_APPEND_TIME: i16 = 1 << 3;
pub(crate) const TRANSACTIONAL: i16 = 1 << 4;
pub(crate) const CONTROL: i16 = 1 << 5;
pub(crate) const DELETE_HORIZON: i16 = 1 << 6;
const KNOWN_ATTRIBUTES: i16 = CODEC_MASK | LOG_APPEND_TIME | TRANSACTIONAL | CONTROL | DELETE_HORIZON;

/// The header of a batch, decoded. For scans over segments that need not look at the records: nothing here has been checked against
/// the CRC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchHeader {
    /// The offset of the first record the batch had when it was appended.
    pub base_offset: Offset,
    /// The size of the whole batch in bytes, header included.
    pub size_bytes: usize,
    /// The epoch of the leader that appended it.
    pub leader_epoch: LeaderEpoch,
    /// The CRC-32C over everything from the attributes on.
    pub crc: u32,
    /// The attribute bits.
    pub attributes: i16,
    /// The distance of the last offset from the first.
    pub last_offset_delta: i32,
    /// What record timestamps are relative to: the first record's, or the delete horizon.
    pub base_timestamp: Timestamp,
    /// The largest timestamp of the records.
    pub max_timestamp: Timestamp,
    /// Who produced it.
    pub producer_id: ProducerId,
    /// The producer's epoch.
    pub producer_epoch: ProducerEpoch,
    /// The producer's sequence number of the first record.
    pub base_sequence: Sequence,
    /// How many records there are now.
    pub record_count: i32,
}

impl BatchHeader {
    /// Decodes and checks the header at the front of `bytes`; the records need not be there.
    ///
    /// Errors: fewer than 61 bytes, another magic, or fields that contradict each other.
    pub fn decode(bytes: &[u8]) -> Result<BatchHeader, Error> {
        if bytes.len() < BATCH_HEADER_BYTES {
            return Err(Error::Truncated { needed: BATCH_HEADER_BYTES, available: bytes.len() });
        }
        let magic = bytes[MAGIC] as i8;
        if magic != 2 {
            return Err(Error::Magic { found: magic });
        }
        let header = BatchHeader {
            base_offset: Offset(i64::from_be_bytes(array_at(bytes, BASE_OFFSET))),
            size_bytes: batch_bytes(i32::from_be_bytes(array_at(bytes, LENGTH)))?,
            leader_epoch: LeaderEpoch(i32::from_be_bytes(array_at(bytes, LEADER_EPOCH))),
            crc: u32::from_be_bytes(array_at(bytes, CRC)),
            attributes: i16::from_be_bytes(array_at(bytes, ATTRIBUTES)),
            last_offset_delta: i32::from_be_bytes(array_at(bytes, LAST_OFFSET_DELTA)),
            base_timestamp: Timestamp(i64::from_be_bytes(array_at(bytes, BASE_TIMESTAMP))),
            max_timestamp: Timestamp(i64::from_be_bytes(array_at(bytes, MAX_TIMESTAMP))),
            producer_id: ProducerId(i64::from_be_bytes(array_at(bytes, PRODUCER_ID))),
            producer_epoch: ProducerEpoch(i16::from_be_bytes(array_at(bytes, PRODUCER_EPOCH))),
            base_sequence: Sequence(i32::from_be_bytes(array_at(bytes, BASE_SEQUENCE))),
            record_count: i32::from_be_bytes(array_at(bytes, RECORD_COUNT)),
        };
        header.check()?;
        Ok(header)
    }

    fn check(&self) -> Result<(), Error> {
        let records_bytes = (self.size_bytes - BATCH_HEADER_BYTES) as u64;
        let count = u64::try_from(self.record_count).map_err(|_| Error::malformed("the record count is negative"))?;
        if self.base_offset.0 < 0 {
            return Err(Error::malformed("the base offset is negative"));
        }
        if self.last_offset_delta < 0 || self.base_offset.0.checked_add(i64::from(self.last_offset_delta) + 1).is_none() {
            return Err(Error::malformed("the last offset delta is out of range"));
        }
        if count > self.last_offset_delta as u64 + 1 {
            return Err(Error::malformed("there are more records than offsets"));
        }
        if self.attributes & !KNOWN_ATTRIBUTES != 0 {
            return Err(Error::malformed("unknown attribute bits are set"));
        }
        match codec_of(self.attributes)? {
            CompressionType::None if count.saturating_mul(RECORD_BYTES_MIN) > records_bytes => {
                Err(Error::malformed("there are more records than the bytes can hold"))
            }
            _ if count > 0 && records_bytes == 0 => Err(Error::malformed("there are records but no bytes")),
            _ => Ok(()),
        }
    }

    /// The last offset of the batch.
    pub fn last_offset(&self) -> Offset {
        self.base_offset + i64::from(self.last_offset_delta)
    }

    /// One past the last offset.
    pub fn next_offset(&self) -> Offset {
        self.last_offset().next()
    }

    /// The codec of the records.
    pub fn compression(&self) -> CompressionType {
        codec_of(self.attributes).unwrap_or(CompressionType::None)
    }

    /// Whose clock stamped the records.
    pub fn timestamp_type(&self) -> TimestampType {
        if self.attributes & LOG_APPEND_TIME == 0 { TimestampType::CreateTime } else { TimestampType::LogAppendTime }
    }

    /// Whether the batch belongs to a transaction that markers decide.
    pub fn is_transactional(&self) -> bool {
        self.attributes & TRANSACTIONAL != 0
    }

    /// Whether the batch holds control records rather than an application's.
    pub fn is_control(&self) -> bool {
        self.attributes & CONTROL != 0
    }

    /// When tombstones of the batch may be removed, if compaction has seen it before.
    pub fn delete_horizon(&self) -> Option<Timestamp> {
        (self.attributes & DELETE_HORIZON != 0).then_some(self.base_timestamp)
    }

    /// The sequence number of the last record; -1 for a plain producer.
    pub fn last_sequence(&self) -> Sequence {
        if self.base_sequence.0 < 0 { Sequence::NONE } else { self.base_sequence.advance(self.last_offset_delta) }
    }
}

/// The size of a whole batch whose length field says `length`.
pub(crate) fn batch_bytes(length: i32) -> Result<usize, Error> {
    let size = usize::try_from(length).map_err(|_| Error::malformed("the length is negative"))? + LENGTH_PREFIX_BYTES;
    if size < BATCH_HEADER_BYTES { Err(Error::malformed("the length is less than a header")) } else { Ok(size) }
}

pub(crate) fn codec_of(attributes: i16) -> Result<CompressionType, Error> {
    match attributes & CODEC_MASK {
        0 => Ok(CompressionType::None),
        1 => Ok(CompressionType::Gzip),
        2 => Ok(CompressionType::Snappy),
        3 => Ok(CompressionType::Lz4),
        4 => Ok(CompressionType::Zstd),
        _ => Err(Error::malformed("the codec is unknown")),
    }
}

pub(crate) fn codec_bits(codec: CompressionType) -> i16 {
    match codec {
        CompressionType::None => 0,
        CompressionType::Gzip => 1,
        CompressionType::Snappy => 2,
        CompressionType::Lz4 => 3,
        CompressionType::Zstd => 4,
    }
}
