//! Walking the records of a batch, borrowed or owned.
//!
//! A record: length varint, attributes i8, timestamp delta varlong, offset delta varint, key (length varint, bytes), value likewise, header
//! count varint, headers (key, value likewise). Offset deltas ascend and stay within the batch; the records fill the batch exactly.

use crate::bytes_io::Cursor;
use crate::{DecompressionLimit, Error, Header, OffsetRecord, Record, RecordBatch, compression};
use bytes::Bytes;
use log_model::{CompressionType, Offset, Timestamp, TimestampType};

/// A header as it lies in a batch: name and value.
type HeaderSlices<'a> = (&'a [u8], Option<&'a [u8]>);

/// A record that borrows from its batch.
#[derive(Clone, Copy, Debug)]
pub struct RecordView<'a> {
    /// The place in the partition.
    pub offset: Offset,
    /// The timestamp.
    pub timestamp: Timestamp,
    /// The key.
    pub key: Option<&'a [u8]>,
    /// The value.
    pub value: Option<&'a [u8]>,
    headers: &'a [u8],
    header_count: usize,
}

impl<'a> RecordView<'a> {
    /// How many headers there are.
    pub fn header_count(&self) -> usize {
        self.header_count
    }

    /// The headers, in order.
    pub fn headers(&self) -> HeaderViews<'a> {
        HeaderViews { cursor: Cursor { rest: self.headers }, remaining: self.header_count }
    }
}

/// The headers of a [`RecordView`]: name and value of each.
#[derive(Clone, Debug)]
pub struct HeaderViews<'a> {
    cursor: Cursor<'a>,
    remaining: usize,
}

impl<'a> Iterator for HeaderViews<'a> {
    type Item = HeaderSlices<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        self.remaining = self.remaining.checked_sub(1)?;
        header(&mut self.cursor)
    }
}

fn header<'a>(cursor: &mut Cursor<'a>) -> Option<HeaderSlices<'a>> {
    let key_bytes = usize::try_from(cursor.varint()?).ok()?;
    Some((cursor.take(key_bytes)?, cursor.nullable_bytes()?))
}

/// The records of one batch, in offset order. Ends after the first error.
#[derive(Debug)]
pub struct Records {
    body: Bytes,
    position: usize,
    remaining: i32,
    base_offset: Offset,
    last_offset_delta: i32,
    next_delta_min: i32,
    base_timestamp: Timestamp,
    /// Set where the log's clock overrides the records' own.
    append_timestamp: Option<Timestamp>,
}

impl Records {
    pub(crate) fn of(batch: &RecordBatch, limit: DecompressionLimit) -> Result<Records, Error> {
        let body = match batch.compression() {
            CompressionType::None => batch.payload(),
            _ if batch.record_count() == 0 => Bytes::new(),
            codec => compression::decompress(codec, &batch.payload(), limit)?.into(),
        };
        Ok(Records {
            body,
            position: 0,
            remaining: batch.record_count(),
            base_offset: batch.base_offset(),
            last_offset_delta: batch.last_offset_delta(),
            next_delta_min: 0,
            base_timestamp: batch.base_timestamp(),
            append_timestamp: (batch.timestamp_type() == TimestampType::LogAppendTime).then(|| batch.max_timestamp()),
        })
    }

    /// The next record, borrowed: no reference counting, no allocation.
    pub fn next_view(&mut self) -> Option<Result<RecordView<'_>, Error>> {
        if self.remaining <= 0 {
            return None;
        }
        self.remaining -= 1;
        let mut cursor = Cursor { rest: &self.body[self.position..] };
        let parsed = record(&mut cursor).and_then(|parts| {
            if parts.offset_delta < self.next_delta_min || parts.offset_delta > self.last_offset_delta {
                return Err(Error::malformed("record offsets do not ascend within the batch"));
            }
            if self.remaining == 0 && !cursor.rest.is_empty() {
                return Err(Error::malformed("bytes follow the last record"));
            }
            Ok(parts)
        });
        match parsed {
            Ok(parts) => {
                self.position = self.body.len() - cursor.rest.len();
                // Deltas stay below i32::MAX: a batch with that many records would not fit in its length field.
                self.next_delta_min = parts.offset_delta.saturating_add(1);
                Some(Ok(RecordView {
                    offset: self.base_offset + i64::from(parts.offset_delta),
                    timestamp: self.append_timestamp.unwrap_or(Timestamp(self.base_timestamp.0.wrapping_add(parts.timestamp_delta))),
                    key: parts.key,
                    value: parts.value,
                    headers: parts.headers,
                    header_count: parts.header_count,
                }))
            }
            Err(error) => {
                self.remaining = 0;
                Some(Err(error))
            }
        }
    }

    /// How many records are still to come.
    pub fn remaining(&self) -> usize {
        usize::try_from(self.remaining).unwrap_or(0)
    }
}

impl Iterator for Records {
    type Item = Result<OffsetRecord, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let body = self.body.clone();
        let owned = |part: &[u8]| body.slice_ref(part);
        Some(self.next_view()?.map(|view| {
            let headers = view.headers().map(|(key, value)| Header { key: owned(key), value: value.map(owned) }).collect();
            let record = Record { timestamp: view.timestamp, key: view.key.map(owned), value: view.value.map(owned), headers };
            OffsetRecord { offset: view.offset, record }
        }))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        // The count comes from outside; a body of n bytes holds at most n / 7 records.
        let most = self.remaining();
        (0, Some(most.min(self.body.len() / 7)))
    }
}

struct Parts<'a> {
    timestamp_delta: i64,
    offset_delta: i32,
    key: Option<&'a [u8]>,
    value: Option<&'a [u8]>,
    headers: &'a [u8],
    header_count: usize,
}

#[inline]
fn record<'a>(cursor: &mut Cursor<'a>) -> Result<Parts<'a>, Error> {
    let length = cursor.varint().and_then(|length| usize::try_from(length).ok());
    let bytes = length.and_then(|length| cursor.take(length)).ok_or(Error::malformed("a record reaches beyond its batch"))?;
    fields(Cursor { rest: bytes }).ok_or(Error::malformed("a field reaches beyond its record"))?
}

/// `None` if a field reaches beyond the record.
#[inline]
fn fields(mut cursor: Cursor<'_>) -> Option<Result<Parts<'_>, Error>> {
    cursor.byte()?;
    let timestamp_delta = cursor.varlong()?;
    let offset_delta = cursor.varint()?;
    let key = cursor.nullable_bytes()?;
    let value = cursor.nullable_bytes()?;
    let header_count = usize::try_from(cursor.varint()?).ok()?;
    let headers = cursor.rest;
    for _ in 0..header_count {
        header(&mut cursor)?;
    }
    if !cursor.rest.is_empty() {
        return Some(Err(Error::malformed("bytes follow the last header of a record")));
    }
    Some(Ok(Parts { timestamp_delta, offset_delta, key, value, headers, header_count }))
}
