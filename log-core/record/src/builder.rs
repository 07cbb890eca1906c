//! Builds a batch record by record; also the one place that encodes a record.

use crate::batch::{put, seal};
use crate::bytes_io::{push_varint, varint_bytes, write_varint};
use crate::header::{self, BATCH_HEADER_BYTES};
use crate::{DecompressionLimit, Error, Header, Record, RecordBatch, compression};
use bytes::Bytes;
use log_model::{CompressionType, LeaderEpoch, ProducerEpoch, ProducerId, Sequence, Timestamp};

/// The most bytes of records in one batch before compression; what [`DecompressionLimit::default`] lets a reader take.
pub const BATCH_BYTES_MAX: usize = 64 << 20;

/// Length, attributes, timestamp delta, offset delta and key length of one record.
const PREFIX_BYTES_MAX: usize = 5 + 1 + 10 + 5 + 5;

/// Collects records and encodes them as one batch. Reusable: [`BatchBuilder::build`] leaves it empty.
///
/// ```
/// use log_model::{CompressionType, Timestamp};
/// use log_record::BatchBuilder;
///
/// let mut builder = BatchBuilder::new(CompressionType::None);
/// for word in ["to", "be"] {
///     builder.append_parts(Timestamp(1), None, Some(word.as_bytes()), &[])?;
/// }
/// assert_eq!(builder.build().record_count(), 2);
/// assert!(builder.is_empty());
/// # Ok::<(), log_record::Error>(())
/// ```
#[derive(Debug)]
pub struct BatchBuilder {
    compression: CompressionType,
    level: Option<i32>,
    /// Room for the header, then the encoded records.
    buffer: Vec<u8>,
    capacity: usize,
    count: i32,
    base_timestamp: i64,
    max_timestamp: i64,
}

impl BatchBuilder {
    /// An empty builder.
    pub fn new(compression: CompressionType) -> Self {
        BatchBuilder { compression, level: None, buffer: Vec::new(), capacity: 0, count: 0, base_timestamp: -1, max_timestamp: -1 }
    }

    /// At this level of its codec, where that has levels; `None` is the codec's own. Gzip has 1 to 9, zstd -131072 to 22, in the order of effort.
    pub fn with_level(self, level: Option<i32>) -> Self {
        BatchBuilder { level, ..self }
    }

    /// Adds a record.
    ///
    /// Errors: `TooLarge` if the batch would exceed [`BATCH_BYTES_MAX`]; the builder is as before.
    pub fn append(&mut self, record: &Record) -> Result<(), Error> {
        self.append_parts(record.timestamp, record.key.as_deref(), record.value.as_deref(), &record.headers)
    }

    /// Adds a record given in parts; errors as for [`BatchBuilder::append`].
    #[inline]
    pub fn append_parts(
        &mut self,
        timestamp: Timestamp,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[Header],
    ) -> Result<(), Error> {
        if self.count == 0 {
            self.start(timestamp);
        }
        let delta = timestamp.0.wrapping_sub(self.base_timestamp);
        encode_record(&mut self.buffer, (delta, self.count), key, value, headers)?;
        self.count += 1;
        self.max_timestamp = self.max_timestamp.max(timestamp.0);
        Ok(())
    }

    fn start(&mut self, timestamp: Timestamp) {
        self.buffer.clear();
        self.buffer.reserve(self.capacity.max(BATCH_HEADER_BYTES));
        self.buffer.resize(BATCH_HEADER_BYTES, 0);
        self.base_timestamp = timestamp.0;
        self.max_timestamp = timestamp.0;
    }

    /// How many records it holds.
    pub fn len(&self) -> usize {
        self.count as usize
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The size of the batch if it were built now without compression.
    pub fn size_bytes(&self) -> usize {
        self.buffer.len().max(BATCH_HEADER_BYTES)
    }

    /// The batch: base offset 0, no leader epoch, no producer. The builder is empty afterwards.
    ///
    /// Records that a codec shrinks beyond what a reader may expand are left uncompressed. An empty builder gives a batch without records,
    /// which logs refuse.
    pub fn build(&mut self) -> RecordBatch {
        if self.count == 0 {
            self.start(Timestamp::NONE);
        }
        let (codec, mut bytes) = self.finished();
        let last_offset_delta = (self.count - 1).max(0);
        write_header(&mut bytes, header::codec_bits(codec), last_offset_delta, self.base_timestamp, self.max_timestamp, self.count);
        self.count = 0;
        seal(&mut bytes);
        RecordBatch::from_built(Bytes::from(bytes))
    }

    /// Room for the header, then the records as they will be stored.
    fn finished(&mut self) -> (CompressionType, Vec<u8>) {
        if self.compression != CompressionType::None
            && self.count > 0
            && let Some(compressed) = compress_behind_header(self.compression, self.level, &self.buffer[BATCH_HEADER_BYTES..])
        {
            return (self.compression, compressed);
        }
        // The next batch is likely to be as large: allocate for it at once.
        self.capacity = self.buffer.len();
        (CompressionType::None, std::mem::take(&mut self.buffer))
    }
}

/// Room for a header and `records` compressed; `None` if a reader would refuse to expand them.
pub(crate) fn compress_behind_header(codec: CompressionType, level: Option<i32>, records: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(BATCH_HEADER_BYTES + records.len() / 2);
    out.resize(BATCH_HEADER_BYTES, 0);
    compression::compress(codec, level, records, &mut out);
    let expanded_max = DecompressionLimit::default().bytes_for(out.len() - BATCH_HEADER_BYTES);
    (records.len() <= expanded_max).then_some(out)
}

fn write_header(bytes: &mut [u8], attributes: i16, last_offset_delta: i32, base_timestamp: i64, max_timestamp: i64, count: i32) {
    put(bytes, header::LEADER_EPOCH, &LeaderEpoch::NONE.0.to_be_bytes());
    bytes[header::MAGIC] = 2;
    put(bytes, header::ATTRIBUTES, &attributes.to_be_bytes());
    put(bytes, header::LAST_OFFSET_DELTA, &last_offset_delta.to_be_bytes());
    put(bytes, header::BASE_TIMESTAMP, &base_timestamp.to_be_bytes());
    put(bytes, header::MAX_TIMESTAMP, &max_timestamp.to_be_bytes());
    put(bytes, header::PRODUCER_ID, &ProducerId::NONE.0.to_be_bytes());
    put(bytes, header::PRODUCER_EPOCH, &ProducerEpoch::NONE.0.to_be_bytes());
    put(bytes, header::BASE_SEQUENCE, &Sequence::NONE.0.to_be_bytes());
    put(bytes, header::RECORD_COUNT, &count.to_be_bytes());
}

/// Appends one record to `buffer` (header included), whose size it keeps within [`BATCH_BYTES_MAX`]; `deltas` are those of timestamp and offset.
#[inline]
pub(crate) fn encode_record(
    buffer: &mut Vec<u8>,
    deltas: (i64, i32),
    key: Option<&[u8]>,
    value: Option<&[u8]>,
    headers: &[Header],
) -> Result<(), Error> {
    let (timestamp_delta, offset_delta) = deltas;
    let (key_length, key) = key.map_or((-1, &[][..]), |key| (key.len() as i64, key));
    let (value_length, value) = value.map_or((-1, &[][..]), |value| (value.len() as i64, value));
    let fixed = 1 + varint_bytes(timestamp_delta) + varint_bytes(i64::from(offset_delta)) + varint_bytes(key_length);
    let body = fixed + key.len() + varint_bytes(value_length) + value.len() + headers_bytes(headers);
    let size_bytes = buffer.len().saturating_add(body).saturating_add(5);
    if size_bytes > BATCH_BYTES_MAX {
        return Err(Error::TooLarge { size_bytes, limit_bytes: BATCH_BYTES_MAX });
    }
    let mut prefix = [0; PREFIX_BYTES_MAX];
    let at = write_varint(&mut prefix, 0, body as i64);
    let at = write_varint(&mut prefix, at + 1, timestamp_delta);
    let at = write_varint(&mut prefix, at, i64::from(offset_delta));
    let at = write_varint(&mut prefix, at, key_length);
    buffer.reserve(body + 5);
    buffer.extend_from_slice(&prefix[..at]);
    buffer.extend_from_slice(key);
    let at = write_varint(&mut prefix, 0, value_length);
    buffer.extend_from_slice(&prefix[..at]);
    buffer.extend_from_slice(value);
    push_headers(buffer, headers);
    Ok(())
}

#[inline]
fn headers_bytes(headers: &[Header]) -> usize {
    let one = |header: &Header| {
        let value_bytes = header.value.as_ref().map_or(0, Bytes::len);
        varint_bytes(header.key.len() as i64)
            + header.key.len()
            + varint_bytes(header.value.as_ref().map_or(-1, |value| value.len() as i64))
            + value_bytes
    };
    varint_bytes(headers.len() as i64) + headers.iter().map(one).sum::<usize>()
}

#[inline]
fn push_headers(buffer: &mut Vec<u8>, headers: &[Header]) {
    if headers.is_empty() {
        return buffer.push(0);
    }
    push_varint(buffer, headers.len() as i64);
    for header in headers {
        push_varint(buffer, header.key.len() as i64);
        buffer.extend_from_slice(&header.key);
        push_varint(buffer, header.value.as_ref().map_or(-1, |value| value.len() as i64));
        buffer.extend_from_slice(header.value.as_deref().unwrap_or_default());
    }
}
