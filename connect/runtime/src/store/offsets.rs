//! The sources' positions, in `connect-offsets` (Kafka's `KafkaOffsetBackingStore`): `["<connector>",{partition}]` → `{offset}`.
//!
//! A task writes its positions itself, inside the transaction of its records ([`offset_record`]); here they are read, listed and deleted.

use super::KeyedTopic;
use bytes::Bytes;
use connect_api::{JsonMap, SourceOffset, SourcePartition};
use log_client::Result;
use log_model::Timestamp;
use log_record::Record;
use serde_json::Value as Json;

/// Positions of one connector.
pub(crate) type StoredOffsets = Vec<(SourcePartition, JsonMap)>;

/// The positions.
#[derive(Clone)]
pub(crate) struct OffsetStore {
    pub(crate) topic: KeyedTopic,
}

impl OffsetStore {
    pub(crate) fn new(topic: KeyedTopic) -> OffsetStore {
        OffsetStore { topic }
    }

    /// The positions of a connector.
    pub(crate) async fn read(&self, connector: &str) -> Result<StoredOffsets> {
        let table = self.topic.read().await?;
        Ok(table.iter().filter_map(|(key, value)| Some((parse_key(key, connector)?, serde_json::from_slice(value).ok()?))).collect())
    }

    /// Forgets the positions of a connector.
    pub(crate) async fn delete(&self, connector: &str) -> Result<()> {
        let table = self.topic.read().await?;
        let keys = table.into_keys().filter(|key| parse_key(key, connector).is_some());
        self.topic.write(keys.map(|key| (key, None)).collect()).await
    }
}

/// The record of a position; without an offset it deletes the position.
pub(crate) fn offset_record(connector: &str, partition: &SourcePartition, offset: Option<&SourceOffset>, now: Timestamp) -> Record {
    let key = format!("[{},{partition}]", Json::from(connector));
    Record::new(now, Some(Bytes::from(key)), offset.map(|offset| Bytes::from(offset.to_string())))
}

fn parse_key(key: &[u8], connector: &str) -> Option<SourcePartition> {
    let (name, partition): (String, JsonMap) = serde_json::from_slice(key).ok()?;
    (name == connector).then(|| SourcePartition::new(partition))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_kafkas_and_belong_to_one_connector() {
        let partition = SourcePartition::of("filename", "/a");
        let record = offset_record("c\"1", &partition, Some(&SourceOffset::number("position", 3)), Timestamp(0));
        let key = record.key.unwrap();
        assert_eq!(std::str::from_utf8(&key).unwrap(), r#"["c\"1",{"filename":"/a"}]"#);
        assert_eq!(&record.value.unwrap()[..], br#"{"position":3}"#);
        assert_eq!(parse_key(&key, "c\"1"), Some(partition));
        assert_eq!(parse_key(&key, "c2"), None);
        assert_eq!(parse_key(b"junk", "c2"), None);
    }
}
