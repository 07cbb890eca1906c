//! Rows of which only the key matters, through a repartition topic: a value is not written. A tombstone, which is the exception, is written as a value without
//! bytes, so that what a reader of whole rows makes of the rest is rows without a value, and not wrong ones.

use super::source::wrong;
use crate::error::not_written;
use crate::headers::Headers;
use crate::row::{Data, Row};
use crate::serdes::SerdeRef;
use log_model::TopicPartition;
use std::marker::PhantomData;
use streams_runtime::{Chunk, ConsumedRecord, Context, Decoder, Encoder, RecordWriter, Result};

/// Serializes keys into a buffer used for every row.
pub(crate) struct KeyEncoder<K, V> {
    key: SerdeRef<K>,
    key_bytes: Vec<u8>,
    rows: PhantomData<fn(V)>,
}

impl<K, V> KeyEncoder<K, V> {
    pub(crate) fn new(key: SerdeRef<K>) -> Self {
        KeyEncoder { key, key_bytes: Vec::new(), rows: PhantomData }
    }
}

impl<K: Data, V: Data> Encoder for KeyEncoder<K, V> {
    fn encode(&mut self, chunk: Chunk, out: &mut dyn RecordWriter) -> Result<()> {
        for row in chunk.take::<Vec<Row<K, V>>>()? {
            self.key_bytes.clear();
            if let Some(key) = &row.key {
                self.key.serialize(key, &mut self.key_bytes).map_err(|error| not_written("key", &error))?;
            }
            let key = row.key.is_some().then_some(self.key_bytes.as_slice());
            let headers = row.headers.record().map_or(&[][..], |record| &record.headers);
            out.write(row.timestamp, key, row.value.is_none().then_some(&[][..]), headers, None)?;
        }
        Ok(())
    }
}

/// Deserializes keys.
pub(crate) struct KeyDecoder<K> {
    pub(crate) key: SerdeRef<K>,
}

impl<K: Data> Decoder for KeyDecoder<K> {
    fn decode(&mut self, partition: &TopicPartition, records: &[ConsumedRecord], context: &mut Context<'_>) -> Result<Chunk> {
        let mut rows: Vec<Row<K, ()>> = Vec::with_capacity(records.len());
        for record in records {
            let value = record.value.is_none().then_some(());
            match record.key.as_ref().map(|bytes| self.key.deserialize_shared(bytes)).transpose() {
                Ok(key) => rows.push(Row { key, value, timestamp: record.timestamp, headers: Headers::of(record) }),
                Err(error) => context.dead_letter(partition, record, wrong("key", &error))?,
            }
        }
        Ok(Chunk::new(rows))
    }
}
