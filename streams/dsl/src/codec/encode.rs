//! Rows into records of a topic, with the partition left to Kafka's default partitioner.

use crate::error::not_written;
use crate::row::{Data, Row};
use crate::serdes::SerdeRef;
use streams_runtime::{Chunk, Encoder, RecordWriter, Result};

/// Serializes keys and values into two buffers used for every row.
pub(crate) struct RowEncoder<K, V> {
    key: SerdeRef<K>,
    value: SerdeRef<V>,
    key_bytes: Vec<u8>,
    value_bytes: Vec<u8>,
}

impl<K, V> RowEncoder<K, V> {
    pub(crate) fn new(key: SerdeRef<K>, value: SerdeRef<V>) -> Self {
        RowEncoder { key, value, key_bytes: Vec::new(), value_bytes: Vec::new() }
    }
}

impl<K: Data, V: Data> Encoder for RowEncoder<K, V> {
    fn encode(&mut self, chunk: Chunk, out: &mut dyn RecordWriter) -> Result<()> {
        for row in chunk.take::<Vec<Row<K, V>>>()? {
            self.key_bytes.clear();
            self.value_bytes.clear();
            if let Some(key) = &row.key {
                self.key.serialize(key, &mut self.key_bytes).map_err(|error| not_written("key", &error))?;
            }
            if let Some(value) = &row.value {
                self.value.serialize(value, &mut self.value_bytes).map_err(|error| not_written("value", &error))?;
            }
            let key = row.key.is_some().then_some(self.key_bytes.as_slice());
            let value = row.value.is_some().then_some(self.value_bytes.as_slice());
            let headers = row.headers.record().map_or(&[][..], |record| &record.headers);
            out.write(row.timestamp, key, value, headers, None)?;
        }
        Ok(())
    }
}
