//! One encoded batch: checked bytes with a view of their header, and the stamps a log puts into it.

use crate::bytes_io::array_at;
use crate::header::{self, ATTRIBUTES, BATCH_HEADER_BYTES, BatchHeader, LENGTH_PREFIX_BYTES};
use crate::{DecompressionLimit, Error, Records};
use bytes::{Bytes, BytesMut};
use log_model::{CompressionType, LeaderEpoch, Offset, ProducerEpoch, ProducerId, Sequence, Timestamp, TimestampType};

/// One batch of records in Kafka's format v2: a header of 61 bytes and the records, possibly compressed.
///
/// Cheap to clone. The header fields are read from the bytes on each call.
///
/// ```
/// use log_model::{CompressionType, Offset, LeaderEpoch, Timestamp};
/// use log_record::{BatchBuilder, RecordBatch};
///
/// let mut builder = BatchBuilder::new(CompressionType::Lz4);
/// builder.append_parts(Timestamp(7), Some(b"key"), Some(b"value"), &[])?;
/// let batch = builder.build().with_base_offset(Offset(40), LeaderEpoch(0));
///
/// let read = RecordBatch::parse(batch.as_bytes().clone())?;
/// let record = read.records()?.next().expect("one record")?;
/// assert_eq!(record.offset, Offset(40));
/// assert_eq!(record.value.as_deref(), Some(&b"value"[..]));
/// # Ok::<(), log_record::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct RecordBatch {
    bytes: Bytes,
}

macro_rules! field {
    ($bytes:expr, $type:ty, $at:expr) => {
        <$type>::from_be_bytes(array_at(&$bytes, $at))
    };
}

impl RecordBatch {
    /// Takes exactly one batch and checks it (magic, length, counts, CRC-32C) without touching its records. Fields that contradict each other are
    /// [`Error::Malformed`] only where the checksum says that they were meant so.
    pub fn parse(bytes: Bytes) -> Result<RecordBatch, Error> {
        let decoded = BatchHeader::decode(&bytes).map_err(|error| match error {
            Error::Malformed { .. } => checksum_error(&bytes).unwrap_or(error),
            error => error,
        })?;
        match decoded.size_bytes {
            needed if needed > bytes.len() => Err(Error::Truncated { needed, available: bytes.len() }),
            needed if needed < bytes.len() => Err(Error::malformed("bytes follow the batch")),
            _ => checked(bytes, &decoded),
        }
    }

    /// Splits the next batch off the front of a run of batches and checks it. `None`, with `bytes` untouched, if the run ends inside it.
    pub fn split(bytes: &mut Bytes) -> Result<Option<RecordBatch>, Error> {
        if bytes.len() < BATCH_HEADER_BYTES {
            return Ok(None);
        }
        let decoded = BatchHeader::decode(bytes)?;
        if decoded.size_bytes > bytes.len() {
            return Ok(None);
        }
        let batch = checked(bytes.slice(..decoded.size_bytes), &decoded)?;
        *bytes = bytes.slice(decoded.size_bytes..);
        Ok(Some(batch))
    }

    /// Wraps bytes that this crate has just written.
    pub(crate) fn from_built(bytes: Bytes) -> RecordBatch {
        debug_assert!(bytes.len() >= BATCH_HEADER_BYTES);
        RecordBatch { bytes }
    }

    /// All fields of the header at once.
    pub fn header(&self) -> BatchHeader {
        BatchHeader {
            base_offset: self.base_offset(),
            size_bytes: self.size_bytes(),
            leader_epoch: self.leader_epoch(),
            crc: field!(self.bytes, u32, header::CRC),
            attributes: self.attributes(),
            last_offset_delta: self.last_offset_delta(),
            base_timestamp: self.base_timestamp(),
            max_timestamp: self.max_timestamp(),
            producer_id: self.producer_id(),
            producer_epoch: self.producer_epoch(),
            base_sequence: self.base_sequence(),
            record_count: self.record_count(),
        }
    }

    /// The offset of the first record the batch had when it was appended.
    pub fn base_offset(&self) -> Offset {
        Offset(field!(self.bytes, i64, header::BASE_OFFSET))
    }

    /// The last offset of the batch.
    pub fn last_offset(&self) -> Offset {
        self.base_offset() + i64::from(self.last_offset_delta())
    }

    /// One past the last offset.
    pub fn next_offset(&self) -> Offset {
        self.last_offset().next()
    }

    /// The distance of the last offset from the first.
    pub fn last_offset_delta(&self) -> i32 {
        field!(self.bytes, i32, header::LAST_OFFSET_DELTA)
    }

    /// The epoch of the leader that appended the batch.
    pub fn leader_epoch(&self) -> LeaderEpoch {
        LeaderEpoch(field!(self.bytes, i32, header::LEADER_EPOCH))
    }

    /// What record timestamps are relative to: the first record's, or the delete horizon.
    pub fn base_timestamp(&self) -> Timestamp {
        Timestamp(field!(self.bytes, i64, header::BASE_TIMESTAMP))
    }

    /// The largest timestamp of the records.
    pub fn max_timestamp(&self) -> Timestamp {
        Timestamp(field!(self.bytes, i64, header::MAX_TIMESTAMP))
    }

    /// How many records the batch holds; fewer than offsets after compaction.
    pub fn record_count(&self) -> i32 {
        field!(self.bytes, i32, header::RECORD_COUNT)
    }

    fn attributes(&self) -> i16 {
        field!(self.bytes, i16, ATTRIBUTES)
    }

    /// The codec of the records.
    pub fn compression(&self) -> CompressionType {
        header::codec_of(self.attributes()).unwrap_or(CompressionType::None)
    }

    /// Whose clock stamped the records.
    pub fn timestamp_type(&self) -> TimestampType {
        if self.attributes() & header::LOG_APPEND_TIME == 0 { TimestampType::CreateTime } else { TimestampType::LogAppendTime }
    }

    /// Whether the batch belongs to a transaction that markers decide.
    pub fn is_transactional(&self) -> bool {
        self.attributes() & header::TRANSACTIONAL != 0
    }

    /// Whether the batch holds control records rather than an application's.
    pub fn is_control(&self) -> bool {
        self.attributes() & header::CONTROL != 0
    }

    /// When tombstones of the batch may be removed, if compaction has seen it before.
    pub fn delete_horizon(&self) -> Option<Timestamp> {
        (self.attributes() & header::DELETE_HORIZON != 0).then(|| self.base_timestamp())
    }

    /// Who produced the batch.
    pub fn producer_id(&self) -> ProducerId {
        ProducerId(field!(self.bytes, i64, header::PRODUCER_ID))
    }

    /// The producer's epoch.
    pub fn producer_epoch(&self) -> ProducerEpoch {
        ProducerEpoch(field!(self.bytes, i16, header::PRODUCER_EPOCH))
    }

    /// The producer's sequence number of the first record.
    pub fn base_sequence(&self) -> Sequence {
        Sequence(field!(self.bytes, i32, header::BASE_SEQUENCE))
    }

    /// The producer's sequence number of the last record; -1 for a plain producer.
    pub fn last_sequence(&self) -> Sequence {
        if self.base_sequence().0 < 0 { Sequence::NONE } else { self.base_sequence().advance(self.last_offset_delta()) }
    }

    /// The size of the whole batch.
    pub fn size_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// The encoded batch.
    pub fn as_bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The encoded batch, without a reference left behind.
    pub fn into_bytes(self) -> Bytes {
        self.bytes
    }

    /// The records, decompressed within the default [`DecompressionLimit`].
    ///
    /// Keys and values are slices of one buffer: the batch itself when it is not compressed. Errors: the codec fails or the limit is exceeded.
    pub fn records(&self) -> Result<Records, Error> {
        self.records_within(DecompressionLimit::default())
    }

    /// The records, decompressed within `limit`.
    pub fn records_within(&self, limit: DecompressionLimit) -> Result<Records, Error> {
        Records::of(self, limit)
    }

    /// The bytes after the header, as stored.
    pub(crate) fn payload(&self) -> Bytes {
        self.bytes.slice(BATCH_HEADER_BYTES..)
    }

    /// Places the batch in its partition. The CRC does not cover these fields; nothing is copied if no other clone of the batch exists.
    pub fn with_base_offset(self, offset: Offset, epoch: LeaderEpoch) -> RecordBatch {
        self.edit(|bytes| {
            put(bytes, header::BASE_OFFSET, &offset.0.to_be_bytes());
            put(bytes, header::LEADER_EPOCH, &epoch.0.to_be_bytes());
        })
    }

    /// Stamps the producer and computes the CRC anew; nothing is copied if no other clone of the batch exists.
    pub fn with_producer(self, id: ProducerId, epoch: ProducerEpoch, sequence: Sequence, transactional: bool) -> RecordBatch {
        let flag = if transactional { header::TRANSACTIONAL } else { 0 };
        let attributes = self.attributes() & !header::TRANSACTIONAL | flag;
        self.edit(|bytes| {
            put(bytes, ATTRIBUTES, &attributes.to_be_bytes());
            put(bytes, header::PRODUCER_ID, &id.0.to_be_bytes());
            put(bytes, header::PRODUCER_EPOCH, &epoch.0.to_be_bytes());
            put(bytes, header::BASE_SEQUENCE, &sequence.0.to_be_bytes());
            seal(bytes);
        })
    }

    /// Stamps the largest timestamp and whose clock it is (with log-append time it becomes the timestamp of every record), and computes
    /// the CRC anew.
    pub fn with_max_timestamp(self, kind: TimestampType, timestamp: Timestamp) -> RecordBatch {
        let flag = if kind == TimestampType::LogAppendTime { header::LOG_APPEND_TIME } else { 0 };
        let attributes = self.attributes() & !header::LOG_APPEND_TIME | flag;
        self.edit(|bytes| {
            put(bytes, ATTRIBUTES, &attributes.to_be_bytes());
            put(bytes, header::MAX_TIMESTAMP, &timestamp.0.to_be_bytes());
            seal(bytes);
        })
    }

    fn edit(self, change: impl FnOnce(&mut [u8])) -> RecordBatch {
        let mut bytes = self.bytes.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&shared[..]));
        change(&mut bytes);
        RecordBatch { bytes: bytes.freeze() }
    }
}

impl std::fmt::Debug for RecordBatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.header().fmt(f)
    }
}

fn checked(bytes: Bytes, decoded: &BatchHeader) -> Result<RecordBatch, Error> {
    let computed = crc_of(&bytes);
    if computed == decoded.crc {
        Ok(RecordBatch { bytes })
    } else {
        Err(Error::Checksum { base_offset: decoded.base_offset.0, stored: decoded.crc, computed })
    }
}

/// What is wrong with the checksum of bytes that have at least a header, if anything is.
fn checksum_error(bytes: &[u8]) -> Option<Error> {
    let (stored, computed) = (field!(bytes, u32, header::CRC), crc_of(bytes));
    (stored != computed).then(|| Error::Checksum { base_offset: field!(bytes, i64, header::BASE_OFFSET), stored, computed })
}

fn crc_of(batch: &[u8]) -> u32 {
    crc_fast::crc32_iscsi(&batch[ATTRIBUTES..])
}

pub(crate) fn put(bytes: &mut [u8], at: usize, field: &[u8]) {
    bytes[at..at + field.len()].copy_from_slice(field);
}

/// Writes the length and the CRC of a finished batch.
pub(crate) fn seal(batch: &mut [u8]) {
    let length = (batch.len() - LENGTH_PREFIX_BYTES) as i32;
    put(batch, header::LENGTH, &length.to_be_bytes());
    let crc = crc_of(batch);
    put(batch, header::CRC, &crc.to_be_bytes());
}
