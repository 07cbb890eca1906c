//! Dead-letter records: the original key, value and headers, and Kafka's headers that say what happened (KIP-1034).
//!
//! What always holds: a letter fits its topic, if that takes the headers at all. Of what does not fit the beginning is kept, and a header says how long it was.

use super::output::{OutputRecord, TooLarge};
use super::targets::OutputTopic;
use crate::{DeadLetter, Result};
use log_model::{Offset, Timestamp};
use log_record::Header;

/// What stands in `__streams.errors.exception`, where Kafka names a Java class.
const EXCEPTION: &str = "RecordNotProcessable";

/// A reason may quote the record: more of it than this would crowd out the record itself.
const REASON_BYTES_MAX: usize = 4096;

/// What lengths and counts of a record take at most beside what they count, when it is the only one of its batch.
const SPARE_BYTES: usize = 64;

/// A letter before it is made to fit.
struct Letter<'a> {
    timestamp: Timestamp,
    key: Option<&'a [u8]>,
    value: Option<&'a [u8]>,
    headers: &'a [Header],
    reason: &'a str,
    topic: String,
    partition: i32,
    /// Where it was read; a record on its way out has no offset yet.
    offset: Option<Offset>,
}

/// Calls `write` with the letter of a record that could not be processed.
pub(super) fn of_record(letter: &DeadLetter, batch_bytes_max: usize, write: impl FnOnce(OutputRecord<'_>) -> Result<()>) -> Result<()> {
    let record = &letter.record;
    let letter = Letter {
        timestamp: record.timestamp,
        key: record.key.as_deref(),
        value: record.value.as_deref(),
        headers: &record.headers,
        reason: &letter.reason,
        topic: letter.partition.topic.to_string(),
        partition: letter.partition.partition,
        offset: Some(record.offset),
    };
    letter.write(batch_bytes_max, write)
}

/// Calls `write` with the letter of a record that was too large for the topic it was meant for.
pub(super) fn of_too_large(
    refused: &TooLarge,
    topic: &OutputTopic,
    batch_bytes_max: usize,
    write: impl FnOnce(OutputRecord<'_>) -> Result<()>,
) -> Result<()> {
    let reason = refused.error(topic).to_string();
    let letter = Letter {
        timestamp: refused.timestamp,
        key: refused.key.as_deref(),
        value: refused.value.as_deref(),
        headers: &refused.headers,
        reason: &reason,
        topic: topic.name.to_string(),
        partition: refused.partition,
        offset: None,
    };
    letter.write(batch_bytes_max, write)
}

impl Letter<'_> {
    fn write(self, batch_bytes_max: usize, write: impl FnOnce(OutputRecord<'_>) -> Result<()>) -> Result<()> {
        let mut added = vec![
            header("exception", EXCEPTION.to_string()),
            header("message", cut_text(self.reason, REASON_BYTES_MAX).to_string()),
            header("stacktrace", format!("{EXCEPTION}\n\tat {}-{}", self.topic, self.partition)),
            header("topic", self.topic),
            header("partition", self.partition.to_string()),
        ];
        added.extend(self.offset.map(|offset| header("offset", offset.0.to_string())));
        let all: Vec<Header> = self.headers.iter().chain(&added).cloned().collect();
        let whole = OutputRecord { timestamp: self.timestamp, key: self.key, value: self.value, headers: &all };
        if whole.batch_bytes() <= batch_bytes_max {
            return write(whole);
        }
        let lengths = [("key.bytes", self.key), ("value.bytes", self.value)];
        added.extend(lengths.into_iter().filter_map(|(name, part)| Some(header(name, part?.len().to_string()))));
        // The headers of the record stay if they take no more than half of the room.
        let mut headers: Vec<Header> = self.headers.iter().chain(&added).cloned().collect();
        let bare = OutputRecord { timestamp: self.timestamp, key: None, value: None, headers: &headers };
        if bare.batch_bytes() > batch_bytes_max / 2 && !self.headers.is_empty() {
            added.push(header("headers.count", self.headers.len().to_string()));
            headers = added;
        }
        let empty = OutputRecord { key: None, value: None, headers: &headers, timestamp: self.timestamp };
        let room = batch_bytes_max.saturating_sub(empty.batch_bytes() + SPARE_BYTES);
        let value_bytes = self.value.map_or(0, <[u8]>::len);
        let key = self.key.map(|key| cut(key, room.saturating_sub(value_bytes).max(room / 2)));
        let value = self.value.map(|value| cut(value, room - key.map_or(0, <[u8]>::len)));
        write(OutputRecord { key, value, ..empty })
    }
}

fn header(name: &str, value: String) -> Header {
    Header::new(format!("__streams.errors.{name}"), value)
}

fn cut(bytes: &[u8], most: usize) -> &[u8] {
    &bytes[..bytes.len().min(most)]
}

fn cut_text(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ConsumedRecord;
    use bytes::Bytes;
    use log_model::{CompressionType, TopicName};
    use log_record::BatchBuilder;
    use proptest::prelude::*;

    fn built_bytes(record: OutputRecord<'_>) -> usize {
        let mut builder = BatchBuilder::new(CompressionType::None);
        builder.append_parts(record.timestamp, record.key, record.value, record.headers).unwrap();
        builder.build().size_bytes()
    }

    fn some(count: usize) -> Option<Bytes> {
        (count != 1).then(|| Bytes::from(vec![b'x'; count]))
    }

    proptest! {
        #[test]
        fn the_size_of_a_batch_of_one_record_is_known_before_it_is_built(
            key in 0usize..300, value in 0usize..70_000, headers in prop::collection::vec((0usize..200, 0usize..200), 0..80),
        ) {
            let headers: Vec<Header> = headers.into_iter().map(|(key, value)| Header { key: vec![b'k'; key].into(), value: some(value) }).collect();
            let (key, value) = (some(key), some(value));
            let record = OutputRecord { timestamp: Timestamp(7), key: key.as_deref(), value: value.as_deref(), headers: &headers };
            prop_assert_eq!(record.batch_bytes(), built_bytes(record));
        }

        #[test]
        fn a_letter_fits_its_topic_and_says_what_is_missing(key in 0usize..3000, value in 0usize..3000, held in 0usize..3000, reason in 0usize..9000) {
            let limit = 6000;
            let headers = vec![Header::new("held", "h".repeat(held))];
            let partition = TopicName::new("in").unwrap().partition(0);
            let record = ConsumedRecord { offset: Offset(3), timestamp: Timestamp(7), key: some(key), value: some(value), headers };
            let letter = DeadLetter { partition, record: record.clone(), reason: "r".repeat(reason) };
            of_record(&letter, limit, |written| {
                assert!(built_bytes(written) <= limit, "{} bytes", built_bytes(written));
                let has = |name: &str| written.headers.iter().any(|header| header.key == format!("__streams.errors.{name}"));
                assert!(has("offset") && has("message"));
                let whole = written.key == record.key.as_deref() && written.value == record.value.as_deref();
                assert!(whole || has("key.bytes") || has("value.bytes"));
                Ok(())
            }).unwrap();
        }
    }
}
