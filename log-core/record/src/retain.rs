//! Rewriting a batch with some of its records: what compaction does.
//!
//! Base offset, last offset, producer fields and leader epoch stay, so that offsets are kept and sequences remain checkable. With a new delete
//! horizon the base timestamp becomes the horizon (Kafka's KIP-534). Source: Kafka's `MemoryRecords.filterTo`.

use crate::batch::{put, seal};
use crate::builder::{compress_behind_header, encode_record};
use crate::header::{self, BATCH_HEADER_BYTES};
use crate::{Error, Header, RecordBatch, RecordView};
use bytes::Bytes;
use log_model::{CompressionType, Timestamp, TimestampType};

/// What is left of a batch.
#[derive(Clone, Debug)]
pub struct Retained {
    /// The batch with the records that were kept; without any it still tells its offsets and producer.
    pub batch: RecordBatch,
    /// How many were kept.
    pub kept: usize,
    /// How many were removed.
    pub removed: usize,
}

impl RecordBatch {
    /// The batch reduced to the records that `keep` chooses, under the same offsets, with `delete_horizon` set if given and not set before.
    ///
    /// Gives back the same bytes if nothing changes. Errors: the records cannot be decoded.
    pub fn retain(&self, delete_horizon: Option<Timestamp>, mut keep: impl FnMut(&RecordView<'_>) -> bool) -> Result<Retained, Error> {
        let horizon = self.delete_horizon().or(delete_horizon);
        let base_timestamp = horizon.unwrap_or(self.base_timestamp());
        let mut buffer = Vec::with_capacity(self.size_bytes());
        buffer.resize(BATCH_HEADER_BYTES, 0);
        let (mut kept, mut removed, mut max_timestamp) = (0, 0, Timestamp::NONE);
        let mut records = self.records()?;
        while let Some(view) = records.next_view() {
            let view = view?;
            if !keep(&view) {
                removed += 1;
                continue;
            }
            kept += 1;
            max_timestamp = max_timestamp.max(view.timestamp);
            let deltas = (view.timestamp.0.wrapping_sub(base_timestamp.0), (view.offset - self.base_offset()) as i32);
            encode_record(&mut buffer, deltas, view.key, view.value, &owned_headers(&view))?;
        }
        if removed == 0 && horizon == self.delete_horizon() {
            return Ok(Retained { batch: self.clone(), kept, removed });
        }
        if self.timestamp_type() == TimestampType::LogAppendTime || kept == 0 {
            max_timestamp = self.max_timestamp();
        }
        let batch = self.rewritten(buffer, kept, horizon, max_timestamp);
        Ok(Retained { batch, kept, removed })
    }

    fn rewritten(&self, plain: Vec<u8>, kept: usize, horizon: Option<Timestamp>, max_timestamp: Timestamp) -> RecordBatch {
        let wanted = if kept == 0 { CompressionType::None } else { self.compression() };
        let compressed = match wanted {
            CompressionType::None => None,
            codec => compress_behind_header(codec, None, &plain[BATCH_HEADER_BYTES..]),
        };
        let codec = if compressed.is_some() { wanted } else { CompressionType::None };
        let mut bytes = compressed.unwrap_or(plain);
        bytes[..BATCH_HEADER_BYTES].copy_from_slice(&self.as_bytes()[..BATCH_HEADER_BYTES]);
        let mut attributes = self.header().attributes & !header::CODEC_MASK | header::codec_bits(codec);
        if let Some(horizon) = horizon {
            attributes |= header::DELETE_HORIZON;
            put(&mut bytes, header::BASE_TIMESTAMP, &horizon.0.to_be_bytes());
        }
        put(&mut bytes, header::ATTRIBUTES, &attributes.to_be_bytes());
        put(&mut bytes, header::MAX_TIMESTAMP, &max_timestamp.0.to_be_bytes());
        put(&mut bytes, header::RECORD_COUNT, &(kept as i32).to_be_bytes());
        seal(&mut bytes);
        RecordBatch::from_built(Bytes::from(bytes))
    }
}

fn owned_headers(view: &RecordView<'_>) -> Vec<Header> {
    let copy = Bytes::copy_from_slice;
    view.headers().map(|(key, value)| Header { key: copy(key), value: value.map(copy) }).collect()
}
