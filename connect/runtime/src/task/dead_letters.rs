//! The dead-letter topic of a connector: created when first needed, with one partition.
//!
//! What always holds: a letter fits the topic, if that takes its headers at all. Of what does not fit the beginning is kept, and a header says how long it was.

use crate::error::TaskError;
use crate::outbox::{Outbox, record_bytes};
use crate::topics::Topics;
use log_model::{TopicConfig, TopicName};
use log_record::{Header, Record};

/// Adds a dead letter to the content of a transaction.
pub(crate) async fn add(outbox: &mut Outbox, topics: &mut Topics, name: &TopicName, record: &Record) -> Result<(), TaskError> {
    let topic = topics.ensure(name, 1, &TopicConfig::default()).await?;
    let fitting = fit(record, topic.batch_bytes_max);
    outbox.add(name, topic, Some(0), fitting.as_ref().unwrap_or(record))?;
    Ok(())
}

/// The letter made to fit, if it does not.
fn fit(record: &Record, batch_bytes_max: usize) -> Option<Record> {
    if record_bytes(record) <= batch_bytes_max {
        return None;
    }
    let bytes = |part: &Option<bytes::Bytes>| part.as_ref().map_or(0, bytes::Bytes::len);
    let mut headers = record.headers.clone();
    for (name, part) in [("key.bytes", &record.key), ("value.bytes", &record.value)] {
        headers.extend(part.as_ref().map(|part| Header::new(format!("__connect.errors.{name}"), part.len().to_string())));
    }
    let mut cut = Record { timestamp: record.timestamp, key: None, value: None, headers };
    let room = batch_bytes_max.saturating_sub(record_bytes(&cut));
    let key_room = room.saturating_sub(bytes(&record.value)).max(room / 2);
    cut.key = record.key.as_ref().map(|key| key.slice(..key.len().min(key_room)));
    let value_room = room - bytes(&cut.key);
    cut.value = record.value.as_ref().map(|value| value.slice(..value.len().min(value_room)));
    Some(cut)
}

#[cfg(test)]
mod tests {
    use super::*;
    use log_model::Timestamp;

    #[test]
    fn a_letter_is_cut_only_if_it_must_be_and_says_how_long_it_was() {
        let part = |count: usize| Some(bytes::Bytes::from(vec![b'x'; count]));
        let short = Record { timestamp: Timestamp(1), key: part(10), value: part(100), headers: vec![Header::new("a", "b")] };
        assert!(fit(&short, 1000).is_none());
        for (key, value) in [(10, 2000), (2000, 10), (2000, 2000), (0, 5000)] {
            let long = Record { key: part(key), value: part(value), ..short.clone() };
            let cut = fit(&long, 1000).unwrap();
            assert!(record_bytes(&cut) <= 1000 && record_bytes(&cut) > 900, "{key} {value}");
            let said = |name: &str| cut.headers.iter().find(|header| header.key == name).and_then(|header| header.value.clone()).unwrap();
            assert_eq!(said("__connect.errors.value.bytes"), value.to_string());
            assert_eq!(said("__connect.errors.key.bytes"), key.to_string());
        }
    }
}
