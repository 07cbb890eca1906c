//! Records of a topic into rows. A record that does not deserialize goes to the dead-letter topic with the reason.

use crate::headers::Headers;
use crate::row::{Data, Row};
use crate::serdes::{SerdeError, SerdeRef};
use log_model::TopicPartition;
use streams_runtime::{Chunk, ConsumedRecord, Context, Decoder, Result};

/// Deserializes keys and values.
pub(crate) struct RowDecoder<K, V> {
    pub(crate) key: SerdeRef<K>,
    pub(crate) value: SerdeRef<V>,
}

/// The reason of a dead letter.
pub(super) fn wrong(part: &str, error: &SerdeError) -> String {
    format!("{part} does not deserialize: {error}")
}

impl<K: Data, V: Data> RowDecoder<K, V> {
    fn row(&self, record: &ConsumedRecord) -> Result<Row<K, V>, String> {
        let key = record.key.as_ref().map(|bytes| self.key.deserialize_shared(bytes)).transpose().map_err(|error| wrong("key", &error))?;
        let value =
            record.value.as_ref().map(|bytes| self.value.deserialize_shared(bytes)).transpose().map_err(|error| wrong("value", &error))?;
        Ok(Row { key, value, timestamp: record.timestamp, headers: Headers::of(record) })
    }
}

impl<K: Data, V: Data> Decoder for RowDecoder<K, V> {
    fn decode(&mut self, partition: &TopicPartition, records: &[ConsumedRecord], context: &mut Context<'_>) -> Result<Chunk> {
        let mut rows = Vec::with_capacity(records.len());
        for record in records {
            match self.row(record) {
                Ok(row) => rows.push(row),
                Err(reason) => context.dead_letter(partition, record, reason)?,
            }
        }
        Ok(Chunk::new(rows))
    }
}
