//! One partition of a relation as a stream of batches, up to the end fixed when the query started.

use super::pseudo;
use crate::topics::Records;
use crate::{Error, Result};
use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use datafusion::common::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use futures::TryStreamExt;
use log_client::Log;
use log_model::{Offset, TopicPartition};
use sql_operators::formats::{FormatSpec, RelationKind, RowsReader};
use sql_operators::{DeltaBatch, latest_per_key};
use std::fmt;
use std::sync::Arc;
use streams_runtime::ConsumedRecord;

/// What all partitions of one scan share.
pub(super) struct Snapshot {
    pub(super) log: Arc<dyn Log>,
    pub(super) relation: String,
    pub(super) format: FormatSpec,
    pub(super) declared: SchemaRef,
    /// The decoded columns, as indexes into the declared ones.
    pub(super) decoded: Vec<usize>,
    pub(super) kind: RelationKind,
    pub(super) output: SchemaRef,
    /// Where each column of the output comes from.
    pub(super) sources: Vec<Source>,
}

/// Where an output column comes from.
#[derive(Clone, Copy)]
pub(super) enum Source {
    /// The decoded column of this place.
    Decoded(usize),
    /// The pseudo column of this number.
    Pseudo(usize),
}

/// The stream of one partition.
pub(super) struct TopicStream {
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) partition: TopicPartition,
    pub(super) end: Offset,
}

impl fmt::Debug for TopicStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to offset {}", self.partition, self.end)
    }
}

impl PartitionStream for TopicStream {
    fn schema(&self) -> &SchemaRef {
        &self.snapshot.output
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let schema = Arc::clone(&self.snapshot.output);
        let place = Place { snapshot: Arc::clone(&self.snapshot), partition: self.partition.clone() };
        let reading = Reading { place, end: self.end, open: None, done: false };
        let stream = futures::stream::try_unfold(reading, Reading::step).map_err(|error| DataFusionError::External(Box::new(error)));
        Box::pin(RecordBatchStreamAdapter::new(schema, stream))
    }
}

/// A scan of one partition under way.
struct Reading {
    place: Place,
    end: Offset,
    open: Option<(Records, RowsReader)>,
    done: bool,
}

impl Reading {
    async fn step(mut self) -> Result<Option<(RecordBatch, Reading)>> {
        if self.done {
            return Ok(None);
        }
        let (mut records, mut reader) = match self.open.take() {
            Some(open) => open,
            None => self.place.open(self.end).await?,
        };
        if let RelationKind::Table { key } = &self.place.snapshot.kind {
            let rows = latest(&self.place, &mut records, &mut reader, key).await?;
            self.done = true;
            return Ok(Some((rows, self)));
        }
        let Some(batch) = records.next().await? else { return Ok(None) };
        let (rows, _) = self.place.columns(&mut reader, &batch, &[])?;
        let rows = batch_of(&self.place.snapshot.output, rows.columns, rows.row_count)?;
        self.open = Some((records, reader));
        Ok(Some((rows, self)))
    }
}

/// The rows of a table: of each key the last. Holds at most twice the rows that the table has, and a batch of records.
async fn latest(place: &Place, records: &mut Records, reader: &mut RowsReader, key: &[usize]) -> Result<RecordBatch> {
    let output = &place.snapshot.output;
    let width = output.fields().len();
    let mut held = Held::new((width..width + key.len()).collect());
    while let Some(batch) = records.next().await? {
        let (rows, weights) = place.columns(reader, &batch, key)?;
        // The key columns stand behind the output's, under names that cannot clash with them.
        let names = output.fields().iter().map(|field| field.name().clone()).chain((0..key.len()).map(|number| format!("__key_{number}")));
        let columns = names.zip(rows.columns).map(|(name, values)| (name, values, true));
        let rows_with_key = RecordBatch::try_from_iter_with_nullable(columns).map_err(sql_operators::Error::from)?;
        held.add(DeltaBatch::new(rows_with_key, vec![0; rows.row_count]).with_weights(weights))?;
    }
    match held.finish()? {
        None => Ok(RecordBatch::new_empty(Arc::clone(output))),
        Some(rows) => batch_of(output, rows.columns()[..width].to_vec(), rows.num_rows()),
    }
}

/// Rows that replace each other, before older ones are thrown out.
struct Held {
    keys: Vec<usize>,
    batches: Vec<DeltaBatch>,
    count: usize,
    /// Older rows are thrown out once there are this many: twice what was left the last time, so that each row is looked at a few times, however many
    /// batches there are.
    limit: usize,
}

impl Held {
    const LIMIT_MIN: usize = 65_536;

    fn new(keys: Vec<usize>) -> Held {
        Held { keys, batches: Vec::new(), count: 0, limit: Held::LIMIT_MIN }
    }

    fn add(&mut self, batch: DeltaBatch) -> Result<()> {
        self.count += batch.count();
        self.batches.push(batch);
        if self.count < self.limit {
            return Ok(());
        }
        let Some(rows) = self.finish()? else { return Ok(()) };
        self.count = rows.num_rows();
        self.limit = (2 * self.count).max(Held::LIMIT_MIN);
        let times = vec![0; self.count];
        self.batches.push(DeltaBatch::new(rows, times));
        Ok(())
    }

    /// The last row of each key; holds nothing any more.
    fn finish(&mut self) -> Result<Option<RecordBatch>> {
        let batches = std::mem::take(&mut self.batches);
        let Some(first) = batches.first() else { return Ok(None) };
        let schema = first.rows.schema();
        Ok(Some(latest_per_key(&DeltaBatch::concat(&schema, &batches)?, &self.keys)?))
    }
}

/// What is read and from where.
struct Place {
    snapshot: Arc<Snapshot>,
    partition: TopicPartition,
}

/// Columns of some rows.
struct Columns {
    columns: Vec<ArrayRef>,
    row_count: usize,
}

impl Place {
    async fn open(&self, end: Offset) -> Result<(Records, RowsReader)> {
        let Snapshot { log, format, declared, decoded, kind, .. } = self.snapshot.as_ref();
        Ok((Records::open_until(log, &self.partition, end).await?, RowsReader::new(format, declared, Some(decoded), kind)?))
    }

    /// The output's columns of some records and behind them these decoded ones, with the weight of each row.
    fn columns(&self, reader: &mut RowsReader, records: &[ConsumedRecord], more: &[usize]) -> Result<(Columns, Vec<i64>)> {
        let read = reader.read(records)?;
        self.report_problems(records, &read.problems);
        let of_rows: Vec<&ConsumedRecord> = read.records.iter().map(|index| &records[*index as usize]).collect();
        let sources = self.snapshot.sources.iter().copied().chain(more.iter().map(|place| Source::Decoded(*place)));
        let columns = sources.map(|source| match source {
            Source::Decoded(place) => Arc::clone(read.rows.column(place)),
            Source::Pseudo(number) => pseudo::values(number, self.partition.partition, &of_rows),
        });
        Ok((Columns { columns: columns.collect(), row_count: of_rows.len() }, read.weights))
    }

    /// A query goes on without records that do not decode; the log says which. What reads the relation continuously dead-letters them.
    fn report_problems(&self, records: &[ConsumedRecord], problems: &[(u32, String)]) {
        if let Some((first, reason)) = problems.first() {
            let position = format!("{}@{}", self.partition, records[*first as usize].offset);
            let count = problems.len();
            tracing::warn!(relation = %self.snapshot.relation, %position, count, %reason, "records left out of a SELECT: they do not decode");
        }
    }
}

fn batch_of(schema: &SchemaRef, columns: Vec<ArrayRef>, row_count: usize) -> Result<RecordBatch> {
    let options = RecordBatchOptions::new().with_row_count(Some(row_count));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options).map_err(|error| Error::Operators(error.into()))
}
