//! The one batch in what a producer sent for a partition, found in its bytes as Kafka finds it, with Kafka's code for what is none.
//!
//! Kafka reads the bytes as a run of entries (`ByteBufferLogInputStream`): one whose length or format cannot be is damage, one that is cut off ends the
//! run and is left out. A request must hold exactly one whole entry, a batch of format v2 (`ProduceRequest.validateRecords`), and the log then looks
//! into it (`UnifiedLog.analyzeAndValidateRecords`). Where Kafka fails by accident, answering UNKNOWN_SERVER_ERROR (some lengths below a header, a length
//! near 2 GiB, a codec that does not exist), the code here says what is wrong.
//!
//! Not here: what the topic says to the batch, see `produce_append`.

use crate::handlers::produce_append::Refused;
use bytes::Bytes;
use log_model::{CompressionType, KafkaCode, Offset};
use log_record::{BATCH_HEADER_BYTES, LENGTH_PREFIX_BYTES, RecordBatch};

/// Where an entry says how long it is, and which format it has; the same in all formats.
const LENGTH: usize = 8;
const MAGIC: usize = 16;
/// The least length an entry of any format has.
const LENGTH_MIN: i32 = 14;
/// The only format that is taken.
const FORMAT: i8 = 2;
/// The first version of the request that may carry zstd (KIP-110).
const ZSTD_SINCE: i16 = 7;

/// An entry that is there as a whole.
struct Entry {
    size_bytes: usize,
    magic: i8,
}

impl Entry {
    /// The first entry of `bytes`; `None` if there is none, or a part of one. Errors: the bytes are damaged.
    fn first(bytes: &[u8]) -> Result<Option<Entry>, Refused> {
        let damaged = |reason: String| Err(Refused::with(KafkaCode::CorruptMessage, reason));
        let Some(length) = bytes.get(LENGTH..LENGTH_PREFIX_BYTES) else { return Ok(None) };
        let length = i32::from_be_bytes([length[0], length[1], length[2], length[3]]);
        if length < LENGTH_MIN {
            return damaged(format!("a batch says that it has {length} bytes, which is less than any has"));
        }
        let Some(magic) = bytes.get(MAGIC).map(|magic| *magic as i8) else { return Ok(None) };
        if !(0..=FORMAT).contains(&magic) {
            return damaged(format!("a batch has the unknown format {magic}"));
        }
        let size_bytes = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(LENGTH_PREFIX_BYTES);
        Ok((size_bytes <= bytes.len()).then_some(Entry { size_bytes, magic }))
    }
}

/// What a batch came in.
#[derive(Clone, Copy)]
pub(super) struct Carrier {
    /// Of the request.
    pub(super) version: i16,
    pub(super) frame_bytes: usize,
}

/// The batch. What follows it and is cut off is left out. It keeps no more than twice its size in memory: the rest of a frame goes.
pub(super) fn sole_batch(mut records: Bytes, Carrier { version, frame_bytes }: Carrier) -> Result<RecordBatch, Refused> {
    let invalid = |reason: &str| Err(Refused::with(KafkaCode::InvalidRecord, reason));
    let Some(Entry { size_bytes, magic }) = Entry::first(&records)? else {
        return invalid("the partition has no records, or a batch that is cut off");
    };
    if magic != FORMAT {
        return Err(Refused::with(KafkaCode::InvalidRecord, format!("the records have format {magic}; only format {FORMAT} is taken")));
    }
    if Entry::first(&records[size_bytes..])?.is_some() {
        return invalid("the partition has more than one batch");
    }
    if size_bytes < BATCH_HEADER_BYTES {
        return Err(Refused::with(KafkaCode::CorruptMessage, format!("a batch of {size_bytes} bytes is shorter than its header")));
    }
    if records.is_unique() && size_bytes < frame_bytes / 2 {
        records = Bytes::copy_from_slice(&records[..size_bytes]);
    } else {
        // In place: whoever is the only owner of the bytes stays so. Whoever is not copies them when the batch gets its offset.
        records.truncate(size_bytes);
    }
    let batch = RecordBatch::parse(records).map_err(|error| match error {
        log_record::Error::Checksum { .. } => Refused::with(KafkaCode::CorruptMessage, error.to_string()),
        error => Refused::with(KafkaCode::InvalidRecord, error.to_string()),
    })?;
    if batch.compression() == CompressionType::Zstd && version < ZSTD_SINCE {
        let reason = format!("version {version} of the request must not carry zstd; version {ZSTD_SINCE} may");
        return Err(Refused::with(KafkaCode::UnsupportedCompressionType, reason));
    }
    if batch.base_offset() != Offset(0) {
        return invalid("the base offset of a produced batch is 0: the log gives it another");
    }
    Ok(batch)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handlers::tests::wire::{batch, encoded, tampered};
    use log_model::KafkaCode::{CorruptMessage, InvalidRecord};

    const COUNT: usize = 57;
    const LAST_OFFSET_DELTA: usize = 23;

    fn in_version(version: i16) -> Carrier {
        Carrier { version, frame_bytes: 0 }
    }

    fn with_length(length: i32) -> Bytes {
        tampered(&batch(&["a", "b"]), LENGTH, &length.to_be_bytes(), false)
    }

    fn of_magic(magic: i8, length: i32) -> Bytes {
        let bytes = with_length(length);
        [&bytes[..MAGIC], &[magic as u8], &bytes[MAGIC + 1..]].concat().into()
    }

    fn followed_by(tail: &[u8]) -> Bytes {
        [&batch(&["a", "b"]).as_bytes()[..], tail].concat().into()
    }

    /// What each is to Apache Kafka 4.3.1, asked over a socket.
    #[test]
    fn what_is_sent_for_a_partition_has_kafkas_code() {
        let good = batch(&["a", "b"]);
        let bytes = good.as_bytes();
        let length = (bytes.len() - LENGTH_PREFIX_BYTES) as i32;
        let done = KafkaCode::None;
        let cases: Vec<(&str, Bytes, KafkaCode)> = vec![
            ("one batch", bytes.clone(), done),
            ("nothing", Bytes::new(), InvalidRecord),
            ("11 bytes", bytes.slice(..11), InvalidRecord),
            ("a length", bytes.slice(..12), InvalidRecord),
            ("no format yet", bytes.slice(..16), InvalidRecord),
            ("half a header", bytes.slice(..30), InvalidRecord),
            ("a header", bytes.slice(..61), InvalidRecord),
            ("all but a byte", bytes.slice(..bytes.len() - 1), InvalidRecord),
            ("length 0", with_length(0), CorruptMessage),
            ("length 0 and no format", with_length(0).slice(..12), CorruptMessage),
            ("length 13", with_length(13), CorruptMessage),
            ("length 48", with_length(48), CorruptMessage),
            ("a header's length", with_length(49), CorruptMessage),
            ("length -1", with_length(-1), CorruptMessage),
            ("the least length", with_length(i32::MIN), CorruptMessage),
            ("a byte less", with_length(length - 1), CorruptMessage),
            ("a byte more", with_length(length + 1), InvalidRecord),
            ("a length beyond the end", with_length(1 << 16), InvalidRecord),
            ("magic 0", of_magic(0, length), InvalidRecord),
            ("magic 1", of_magic(1, length), InvalidRecord),
            ("a short entry of magic 1", of_magic(1, 48), InvalidRecord),
            ("length 13 of magic 1", of_magic(1, 13), CorruptMessage),
            ("magic 3", of_magic(3, length), CorruptMessage),
            ("magic -1", of_magic(-1, length), CorruptMessage),
            ("length 0 of magic 9", of_magic(9, 0), CorruptMessage),
            ("another checksum", tampered(&good, 17, &[1, 2, 3, 4], false), CorruptMessage),
            ("a damaged count", tampered(&good, COUNT, &[0, 0, 0, 9], false), CorruptMessage),
            ("a count of 9", tampered(&good, COUNT, &[0, 0, 0, 9], true), InvalidRecord),
            ("a count of -1", tampered(&good, COUNT, &[0xff; 4], true), InvalidRecord),
            ("a last offset of -1", tampered(&good, LAST_OFFSET_DELTA, &[0xff; 4], true), InvalidRecord),
            ("a base offset of 5", tampered(&good, 0, &5_i64.to_be_bytes(), false), InvalidRecord),
            ("a base offset of -1", tampered(&good, 0, &[0xff; 8], false), InvalidRecord),
            ("two batches", followed_by(bytes), InvalidRecord),
            ("two, the second damaged", followed_by(&tampered(&good, 17, &[1, 2, 3, 4], false)), InvalidRecord),
            ("a byte too many", followed_by(&[0]), done),
            ("11 bytes too many", followed_by(&[0; 11]), done),
            ("half a batch too many", followed_by(&bytes[..40]), done),
            ("12 bytes of nothing", followed_by(&[0; 12]), CorruptMessage),
            ("100 bytes of nothing", followed_by(&[0; 100]), CorruptMessage),
            ("a length of -1 behind it", followed_by(&[0xff; 20]), CorruptMessage),
        ];
        for (name, sent, expected) in cases {
            let found = sole_batch(sent, in_version(9));
            assert_eq!(found.as_ref().map_or_else(|refused| refused.code, |_| done), expected, "{name}");
            assert!(found.is_err() || found.is_ok_and(|found| found == good), "{name}: nothing but the batch is stored");
        }
    }

    #[test]
    fn zstd_came_with_a_version_of_the_request() {
        let sent = encoded(CompressionType::Zstd, &["a"]).into_bytes();
        assert_eq!(sole_batch(sent.clone(), in_version(6)).unwrap_err().code, KafkaCode::UnsupportedCompressionType);
        assert!(sole_batch(sent, in_version(7)).is_ok());
    }

    #[test]
    fn a_batch_that_is_little_of_its_frame_does_not_keep_it() {
        let good = batch(&["a", "b"]);
        let size = good.as_bytes().len();
        // A frame, cut off behind the batch or before it, and whether the batch stays where it is.
        for (before, tail, stays) in [(0, 0, true), (20, 0, true), (20, size - 30, true), (0, 3 * size, false), (2 * size, 0, false)] {
            let frame = Bytes::from([vec![0; before], good.as_bytes().to_vec(), good.as_bytes().repeat(9)[..tail].to_vec()].concat());
            let frame_bytes = frame.len();
            let mut records = frame.slice(before..);
            drop(frame);
            // Whole batches follow where the tail is long: only one that is cut off may.
            records.truncate(2 * size - 1);
            let place = records.as_ptr();
            let found = sole_batch(records, Carrier { version: 9, frame_bytes }).unwrap();
            assert_eq!((found.as_bytes(), found.as_bytes().as_ptr() == place), (good.as_bytes(), stays), "{before} before, {tail} behind");
        }
    }
}
