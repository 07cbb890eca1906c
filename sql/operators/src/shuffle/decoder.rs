//! Records of a repartition topic to rows. They are ours: what does not decode is damage, not a dead letter.

use crate::codec::ValueReader;
use crate::columns::RowBuilder;
use crate::{DeltaBatch, Error, Result};
use arrow::datatypes::SchemaRef;
use log_model::TopicPartition;
use std::sync::Arc;
use streams_runtime::topology::DecoderFactory;
use streams_runtime::{Chunk, ConsumedRecord, Context, Decoder};

/// Decodes rows of this schema.
///
/// Errors: a column that has no encoding.
pub fn shuffle_decoder(schema: &SchemaRef) -> Result<DecoderFactory> {
    RowBuilder::new(SchemaRef::clone(schema))?;
    let schema = SchemaRef::clone(schema);
    Ok(Arc::new(move || Box::new(ShuffleDecoder { schema: SchemaRef::clone(&schema) })))
}

struct ShuffleDecoder {
    schema: SchemaRef,
}

pub(super) fn decode_rows<'a>(schema: &SchemaRef, values: impl Iterator<Item = Option<&'a [u8]>>) -> Result<DeltaBatch> {
    let mut rows = RowBuilder::new(SchemaRef::clone(schema))?;
    let (mut weights, mut times) = (Vec::new(), Vec::new());
    let mut cells = Vec::new();
    for value in values {
        let value = value.ok_or_else(|| Error::corrupt("repartitioned row", "it has no value"))?;
        let mut reader = ValueReader::versioned(value, "repartitioned row")?;
        weights.push(reader.signed()?);
        times.push(reader.signed()?);
        cells.clear();
        for field in schema.fields() {
            cells.push(reader.cell(field.data_type())?);
        }
        reader.finish()?;
        rows.append(&cells)?;
    }
    Ok(DeltaBatch::new(rows.finish()?, times).with_weights(weights))
}

impl Decoder for ShuffleDecoder {
    fn decode(
        &mut self,
        _partition: &TopicPartition,
        records: &[ConsumedRecord],
        _context: &mut Context<'_>,
    ) -> streams_runtime::Result<Chunk> {
        Ok(Chunk::new(decode_rows(&self.schema, records.iter().map(|record| record.value.as_deref()))?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shuffle::encoder::encode_rows;
    use crate::testing::{rows_of, text_batch};

    #[test]
    fn rows_arrive_with_weight_and_time() {
        let batch = text_batch(&[("a", Some("1")), ("b", None), ("a", Some("1"))]).with_weights(vec![1, -2, 3]);
        let mut records: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        encode_rows(&batch, &[0], |_, key, value| {
            records.push((key.to_vec(), value.to_vec()));
            Ok(())
        })
        .unwrap();
        assert_eq!(records[0].0, records[2].0);
        assert_ne!(records[0].0, records[1].0);
        let back = decode_rows(&batch.rows.schema(), records.iter().map(|(_, value)| Some(value.as_slice()))).unwrap();
        assert_eq!((back.rows.clone(), back.times.clone(), rows_of(&back)), (batch.rows.clone(), batch.times.clone(), rows_of(&batch)));
    }

    #[test]
    fn a_cut_row_is_damage() {
        let batch = text_batch(&[("a", Some("1"))]);
        let error = encode_rows(&batch, &[0], |_, _, value| {
            decode_rows(&batch.rows.schema(), [Some(&value[..value.len() - 1])].into_iter()).map(|_| ())
        });
        assert_eq!(error.unwrap_err().to_string(), "stored repartitioned row is damaged: it ends too early");
    }
}
