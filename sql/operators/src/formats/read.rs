//! Records to rows: the same for all formats.
//!
//! Of each record either a row is made, or it is left out and counted (a null value of a stream, a header line), or it is handed back as a problem
//! with the reason. No record disappears.

use super::registry::{Columns, key_reader, reader};
use super::{FormatSpec, Line, RelationKind, RowReader};
use crate::columns::{Cell, RowBuilder, sql_name};
use crate::{DeltaBatch, Error, Letters, Origin, Result};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use log_model::TopicPartition;
use std::sync::Arc;
use streams_runtime::topology::DecoderFactory;
use streams_runtime::{Chunk, ConsumedRecord, Context, Decoder, DropReason};

/// The rows of a run of records and what became of the other records.
#[derive(Clone, Debug)]
pub struct ReadRows {
    /// The rows, in the order of their records.
    pub rows: RecordBatch,
    /// For each row, the index of its record.
    pub records: Vec<u32>,
    /// For each row 1, or −1 for the deletion of a key in a table.
    pub weights: Vec<i64>,
    /// Records without a value, and header lines.
    pub skipped: u64,
    /// Records that are no rows: their index and why.
    pub problems: Vec<(u32, String)>,
}

/// Reads the records of one relation.
pub struct RowsReader {
    value_reader: Box<dyn RowReader>,
    /// Reads the key columns out of keys, and where they go; tables only.
    key: Option<Key>,
    schema: SchemaRef,
    rows: RowBuilder,
}

struct Key {
    reader: Box<dyn RowReader>,
    columns: Vec<usize>,
}

impl RowsReader {
    /// For all columns of a relation as `declared`, or those of `projection` (indexes into `declared`). `kind` counts columns in the projected schema.
    ///
    /// Errors: settings that do not fit the columns.
    pub fn new(spec: &FormatSpec, declared: &SchemaRef, projection: Option<&[usize]>, kind: &RelationKind) -> Result<RowsReader> {
        let all: Vec<usize> = (0..declared.fields().len()).collect();
        let used = projection.unwrap_or(&all);
        let schema = Arc::new(declared.project(used)?);
        let value_reader = reader(spec, &Columns { declared, used })?;
        let key = match kind {
            RelationKind::Stream => None,
            RelationKind::Table { key } if key.is_empty() => {
                return Err(Error::Format { reason: "a table needs a primary key: name its columns".to_string() });
            }
            RelationKind::Table { key } => {
                Some(Key { reader: key_reader(&Columns { declared: &schema, used: key })?, columns: key.clone() })
            }
        };
        Ok(RowsReader { value_reader, key, rows: RowBuilder::new(SchemaRef::clone(&schema))?, schema })
    }

    /// The columns of the rows.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Makes rows of records, which are in the order of their offsets.
    pub fn read(&mut self, records: &[ConsumedRecord]) -> Result<ReadRows> {
        let RowsReader { value_reader, key, schema, rows } = self;
        let mut found = ReadRows {
            rows: RecordBatch::new_empty(SchemaRef::clone(schema)),
            records: Vec::with_capacity(records.len()),
            weights: Vec::new(),
            skipped: 0,
            problems: Vec::new(),
        };
        found.weights.reserve(records.len());
        let mut cells: Vec<Cell<'_>> = vec![Cell::Null; schema.fields().len()];
        for (index, record) in records.iter().enumerate() {
            cells.fill(Cell::Null);
            let outcome = match &record.value {
                Some(value) => value_reader.read(value, &mut cells).map(Some),
                None => Ok(key.is_some().then_some(Line::Row)),
            };
            let deletes = record.value.is_none();
            let outcome = outcome.and_then(|line| finish_row(line, record, key.as_mut(), deletes, schema, &mut cells));
            match outcome {
                Ok(true) => {
                    rows.append(&cells)?;
                    found.records.push(index as u32);
                    found.weights.push(if deletes { -1 } else { 1 });
                }
                Ok(false) => found.skipped += 1,
                Err(reason) => found.problems.push((index as u32, reason)),
            }
        }
        found.rows = rows.finish()?;
        Ok(found)
    }
}

/// Adds the key of a table's row and checks the columns that may not be null. Whether there is a row.
fn finish_row<'a>(
    line: Option<Line>,
    record: &'a ConsumedRecord,
    key: Option<&mut Key>,
    deletes: bool,
    schema: &SchemaRef,
    cells: &mut [Cell<'a>],
) -> Result<bool, String> {
    if line != Some(Line::Row) {
        return Ok(false);
    }
    if let Some(key) = key {
        add_key(record, key, cells)?;
    }
    let may_lack = |column: usize| deletes || schema.field(column).is_nullable();
    match (0..cells.len()).find(|column| cells[*column] == Cell::Null && !may_lack(*column)) {
        Some(column) => {
            let field = schema.field(column);
            Err(format!("column {:?} may not be null and the record has no {} for it", field.name(), sql_name(field.data_type())))
        }
        None => Ok(true),
    }
}

fn add_key<'a>(record: &'a ConsumedRecord, key: &mut Key, cells: &mut [Cell<'a>]) -> Result<(), String> {
    if key.columns.iter().all(|column| cells[*column] != Cell::Null) {
        return Ok(());
    }
    let Some(bytes) = &record.key else { return Err("the record has no key and a table needs one".to_string()) };
    // A group of NULL is a row like any other: a null in a key is a value.
    let mut key_cells = vec![Cell::Null; key.columns.len()];
    key.reader.read(bytes, &mut key_cells).map_err(|reason| format!("key: {reason}"))?;
    for (column, cell) in key.columns.iter().zip(key_cells) {
        if cells[*column] == Cell::Null {
            cells[*column] = cell;
        }
    }
    Ok(())
}

/// Reads the records of a relation in one go, for batch queries.
///
/// ```
/// use arrow::datatypes::{DataType, Field, Schema};
/// use sql_operators::formats::{Format, FormatSpec, RelationKind, read_rows};
/// use streams_runtime::ConsumedRecord;
/// use std::sync::Arc;
///
/// let schema = Arc::new(Schema::new(vec![Field::new("a", DataType::Int64, true)]));
/// let record = |value: &'static str| ConsumedRecord {
///     offset: 0.into(), timestamp: 0.into(), key: None, value: Some(value.as_bytes().into()), headers: Vec::new(),
/// };
/// let records = [record(r#"{"a": 7}"#), record(r#"{"a": "seven"}"#)];
/// let read = read_rows(&FormatSpec::new(Format::Json), &schema, None, &RelationKind::Stream, &records).unwrap();
/// assert_eq!(read.rows.num_rows(), 1);
/// assert_eq!(read.problems[0].1, r#"field "a" is string "seven", expected BIGINT"#);
/// ```
pub fn read_rows(
    spec: &FormatSpec,
    declared: &SchemaRef,
    projection: Option<&[usize]>,
    kind: &RelationKind,
    records: &[ConsumedRecord],
) -> Result<ReadRows> {
    RowsReader::new(spec, declared, projection, kind)?.read(records)
}

/// The decoder of a relation's topic; arguments as of [`RowsReader::new`]. The event time of a row is the timestamp of its record. `letters` says what
/// records look like that are no rows, or of whose rows nothing can be made later.
///
/// Errors: settings that do not fit the columns.
pub fn decoder(
    spec: &FormatSpec,
    declared: &SchemaRef,
    projection: Option<&[usize]>,
    kind: &RelationKind,
    letters: Letters,
) -> Result<DecoderFactory> {
    RowsReader::new(spec, declared, projection, kind)?;
    let (spec, declared, projection, kind) = (spec.clone(), SchemaRef::clone(declared), projection.map(<[usize]>::to_vec), kind.clone());
    Ok(Arc::new(move || {
        let reader = RowsReader::new(&spec, &declared, projection.as_deref(), &kind).expect("the same settings were accepted before");
        Box::new(FormatDecoder { reader, letters: letters.clone() })
    }))
}

struct FormatDecoder {
    reader: RowsReader,
    letters: Letters,
}

impl Decoder for FormatDecoder {
    fn decode(
        &mut self,
        partition: &TopicPartition,
        records: &[ConsumedRecord],
        context: &mut Context<'_>,
    ) -> streams_runtime::Result<Chunk> {
        let read = self.reader.read(records)?;
        for (record, reason) in &read.problems {
            context.dead_letter(partition, &self.letters.of(&records[*record as usize]), reason.as_str())?;
        }
        context.dropped(DropReason::NullValue, read.skipped);
        Ok(Chunk::new(self.with_origin(read, partition, records)))
    }
}

impl FormatDecoder {
    /// The rows as changes that know where they come from.
    fn with_origin(&self, read: ReadRows, partition: &TopicPartition, records: &[ConsumedRecord]) -> DeltaBatch {
        let times: Vec<i64> = read.records.iter().map(|record| records[*record as usize].timestamp.0).collect();
        let letters = self.letters.clone();
        let origin = Origin { partition: partition.clone(), records: records.into(), rows: read.records.into(), letters };
        DeltaBatch::new(read.rows, times).with_weights(read.weights).with_origin(Some(origin))
    }
}
