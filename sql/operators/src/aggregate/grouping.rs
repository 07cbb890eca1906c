//! The part both groupings share: rows to groups, groups to states, states to results.
//!
//! A batch is handled by column: expressions once, then one key for each row, then one read and one write of state for each distinct group.

use super::functions::{Accumulator, Input, Prepared, accumulator};
use super::spec::AggregateCall;
use crate::codec::{Interner, ROW_VERSION, ValueReader, ensure_key_type, read_key_cell, write_key_cell, write_signed};
use crate::columns::{Cell, ColumnView, Kind};
use crate::stateless::{Evaluated, evaluate};
use crate::{DeltaBatch, Error, Result};
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::compute::prep_null_mask_filter;
use arrow::datatypes::{DataType, SchemaRef};
use bytes::Bytes;
use datafusion::physical_expr::PhysicalExpr;
use std::sync::Arc;
use streams_state::Store;
use streams_state::key::{KeyReader, KeyWriter};

/// The tag of the entry that says what is closed.
pub(super) fn closed_key() -> Vec<u8> {
    KeyWriter::new().null().as_slice().to_vec()
}

/// The tag of groups.
pub(super) fn groups_tag() -> KeyWriter {
    let mut key = KeyWriter::new();
    key.bool(false);
    key
}

/// The tag of the values of distinct, min and max.
pub(super) fn values_tag() -> KeyWriter {
    let mut key = KeyWriter::new();
    key.bool(true);
    key
}

/// The key of an entry: its tag and the parts of `group_key`.
pub(super) fn entry_key(tag: KeyWriter, group_key: &[u8]) -> Vec<u8> {
    let mut key = tag.into_vec();
    key.extend_from_slice(&group_key[1..]);
    key
}

struct Call {
    /// Where the argument and the filter stand among the evaluated columns.
    argument: Option<usize>,
    filter: Option<usize>,
    accumulator: Box<dyn Accumulator>,
}

/// What a grouping is made of.
pub(super) struct GroupingSpec<'a> {
    pub(super) input: &'a SchemaRef,
    pub(super) output: &'a SchemaRef,
    pub(super) windowed: bool,
    pub(super) groups: &'a [Arc<dyn PhysicalExpr>],
    pub(super) aggregates: &'a [AggregateCall],
    pub(super) append_only: bool,
}

/// See the module.
pub(super) struct Grouping {
    expressions: Vec<Arc<dyn PhysicalExpr>>,
    group_types: Vec<DataType>,
    calls: Vec<Call>,
    windowed: bool,
    append_only: bool,
    keys: Interner,
    row_groups: Vec<u32>,
    counts: Vec<i64>,
    times: Vec<i64>,
}

/// A group's row as put out: one cell for each column, and its latest event time.
pub(super) struct GroupRow {
    pub(super) cells: Vec<Cell<'static>>,
    pub(super) time: i64,
}

impl Grouping {
    /// Errors: expressions or result columns of types the functions do not take.
    pub(super) fn new(spec: &GroupingSpec<'_>) -> Result<Grouping> {
        let first = usize::from(spec.windowed);
        let expected = first + spec.groups.len() + spec.aggregates.len();
        if spec.output.fields().len() != expected {
            return Err(Error::bug(format!("a grouping of {expected} columns puts out {}", spec.output.fields().len())));
        }
        let mut grouping = Grouping {
            expressions: spec.groups.to_vec(),
            group_types: Vec::new(),
            calls: Vec::new(),
            windowed: spec.windowed,
            append_only: spec.append_only,
            keys: Interner::new(),
            row_groups: Vec::new(),
            counts: Vec::new(),
            times: Vec::new(),
        };
        for (index, group) in spec.groups.iter().enumerate() {
            let (given, put_out) = (group.data_type(spec.input)?, spec.output.field(first + index).data_type());
            ensure_key_type(&given, "GROUP BY")?;
            if Kind::of(&given) != Kind::of(put_out) {
                return Err(Error::bug(format!("group {group} of type {given} is put out as {put_out}")));
            }
            grouping.group_types.push(put_out.clone());
        }
        for (number, call) in spec.aggregates.iter().enumerate() {
            grouping.add_call(number, call, spec.output.field(first + spec.groups.len() + number), spec)?;
        }
        Ok(grouping)
    }

    fn add_call(&mut self, number: usize, call: &AggregateCall, output: &arrow::datatypes::Field, spec: &GroupingSpec<'_>) -> Result<()> {
        let argument = call.argument.as_ref().map(|argument| argument.data_type(spec.input)).transpose()?;
        let prepared = Prepared {
            function: call.function,
            number,
            name: output.name(),
            argument: argument.as_ref(),
            output: output.data_type(),
            append_only: spec.append_only,
        };
        let accumulator = accumulator(&prepared)?;
        let mut column = |expression: &Option<Arc<dyn PhysicalExpr>>| {
            expression.as_ref().map(|expression| {
                self.expressions.push(Arc::clone(expression));
                self.expressions.len() - 1
            })
        };
        let (argument, filter) = (column(&call.argument), column(&call.filter));
        self.calls.push(Call { argument, filter, accumulator });
        Ok(())
    }

    /// Whether all rows are one group, which is there even when it has no rows.
    fn is_global(&self) -> bool {
        !self.windowed && self.group_types.is_empty()
    }

    /// The values of all expressions.
    pub(super) fn evaluate(&self, batch: DeltaBatch) -> Result<Evaluated> {
        evaluate(&self.expressions, batch)
    }

    /// Adds evaluated rows to their groups. `windows` is the window of each row, where there are windows. `touched` is told of each group's entry: its
    /// key and what the entry was before.
    pub(super) fn apply(
        &mut self,
        rows: &Evaluated,
        windows: Option<&[i64]>,
        store: &mut dyn Store,
        touched: &mut dyn FnMut(&[u8], Option<Bytes>),
    ) -> Result<()> {
        if self.append_only && rows.batch.has_retractions() {
            return Err(Error::Retraction { place: "a grouping of rows that are only added" });
        }
        self.assign_groups(rows, windows)?;
        let entries: Vec<Vec<u8>> = self.keys.keys().map(|key| entry_key(groups_tag(), key)).collect();
        let stored = store.multi_get(&entries.iter().map(Vec::as_slice).collect::<Vec<_>>())?;
        self.clear_states();
        for state in &stored {
            self.load(state.as_deref())?;
        }
        self.count_rows(&rows.batch);
        self.update(rows, store)?;
        let mut state = Vec::new();
        for (group, (entry, before)) in entries.iter().zip(stored).enumerate() {
            if self.counts[group] == 0 && !self.is_global() {
                store.put(entry, None)?;
            } else {
                self.save(group, &mut state);
                store.put(entry, Some(&state))?;
            }
            touched(entry, before);
        }
        Ok(())
    }

    fn assign_groups(&mut self, rows: &Evaluated, windows: Option<&[i64]>) -> Result<()> {
        let columns = rows.columns[..self.group_types.len()].iter().map(ColumnView::new).collect::<Result<Vec<_>>>()?;
        self.keys.clear();
        self.row_groups.clear();
        let mut key = KeyWriter::new();
        for row in 0..rows.batch.count() {
            key.clear();
            if let Some(windows) = windows {
                key.int(windows[row]);
            }
            columns.iter().for_each(|column| write_key_cell(&mut key, &column.cell(row)));
            self.row_groups.push(self.keys.intern(key.as_slice()).0);
        }
        Ok(())
    }

    fn count_rows(&mut self, batch: &DeltaBatch) {
        for (row, group) in self.row_groups.iter().enumerate() {
            let group = *group as usize;
            self.counts[group] += batch.weight(row);
            self.times[group] = self.times[group].max(batch.times[row]);
        }
    }

    fn update(&mut self, rows: &Evaluated, store: &mut dyn Store) -> Result<()> {
        let Grouping { calls, keys, row_groups, .. } = self;
        for call in calls {
            let argument = call.argument.map(|column| ColumnView::new(&rows.columns[column])).transpose()?;
            let filter = call.filter.map(|column| mask(&rows.columns[column]));
            let input = Input {
                groups: row_groups,
                weights: rows.batch.weights.as_deref(),
                argument: argument.as_ref(),
                filter: filter.as_ref(),
                keys,
            };
            call.accumulator.update(&input, store)?;
        }
        Ok(())
    }

    fn clear_states(&mut self) {
        self.counts.clear();
        self.times.clear();
        self.calls.iter_mut().for_each(|call| call.accumulator.clear());
    }

    fn load(&mut self, state: Option<&[u8]>) -> Result<()> {
        let mut reader = state.map(|state| ValueReader::versioned(state, "group")).transpose()?;
        self.counts.push(reader.as_mut().map_or(Ok(0), ValueReader::signed)?);
        self.times.push(reader.as_mut().map_or(Ok(i64::MIN), ValueReader::signed)?);
        for call in &mut self.calls {
            call.accumulator.load(reader.as_mut())?;
        }
        reader.map_or(Ok(()), ValueReader::finish)
    }

    fn save(&self, group: usize, out: &mut Vec<u8>) {
        out.clear();
        out.push(ROW_VERSION);
        write_signed(out, self.counts[group]);
        write_signed(out, self.times[group]);
        self.calls.iter().for_each(|call| call.accumulator.save(group, out));
    }

    /// The row of a group, if it has one: from its entry's key and value.
    pub(super) fn row(&mut self, entry: &[u8], state: Option<&[u8]>) -> Result<Option<GroupRow>> {
        let Some(state) = state else { return Ok(None) };
        self.clear_states();
        self.load(Some(state))?;
        if self.counts[0] <= 0 && !self.is_global() {
            return Ok(None);
        }
        let mut key = KeyReader::new(entry)?;
        read_key_cell(&mut key, &DataType::Boolean)?;
        let mut cells = Vec::with_capacity(1 + self.group_types.len() + self.calls.len());
        if self.windowed {
            cells.push(read_key_cell(&mut key, &DataType::Int64)?.into_owned());
        }
        for group_type in &self.group_types {
            cells.push(read_key_cell(&mut key, group_type)?.into_owned());
        }
        for call in &self.calls {
            cells.push(call.accumulator.result(0)?.into_owned());
        }
        Ok(Some(GroupRow { cells, time: self.times[0] }))
    }
}

fn mask(column: &ArrayRef) -> BooleanArray {
    let mask = column.as_boolean();
    if mask.null_count() == 0 { mask.clone() } else { prep_null_mask_filter(mask) }
}
