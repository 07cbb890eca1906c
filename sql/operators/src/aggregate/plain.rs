//! Grouping by keys without a window.

use super::grouping::{Grouping, GroupingSpec};
use super::pending::Pending;
use super::render::{Emit, Output, forwarding};
use super::spec::AggregateSpec;
use crate::stateless::{Failure, dead_letter};
use crate::{DeltaBatch, Result};
use std::sync::Arc;
use streams_runtime::topology::OperatorFactory;
use streams_runtime::{Chunk, Context, Operator};
use streams_state::Store;

/// Groups by keys. One store. Before each commit every group that changed puts out its old row with weight −1 and its new one with weight 1; their event
/// times are the latest of the group's rows so far.
///
/// Without keys all rows are one group, which has a row from the first input on, also when all rows have been taken back again.
///
/// Errors: expressions or columns that do not fit each other.
pub fn aggregate(spec: AggregateSpec) -> Result<OperatorFactory> {
    AggregateState::new(&spec)?;
    Ok(Arc::new(move || {
        let state = AggregateState::new(&spec).expect("the same specification was accepted before");
        Box::new(PlainAggregate { state })
    }))
}

/// The operator without its doors: everything but the runtime's context.
pub(super) struct AggregateState {
    grouping: Grouping,
    pending: Pending,
    output: Output,
}

impl AggregateState {
    pub(super) fn new(spec: &AggregateSpec) -> Result<AggregateState> {
        let grouping = Grouping::new(&GroupingSpec {
            input: &spec.input,
            output: &spec.output,
            windowed: false,
            groups: &spec.groups,
            aggregates: &spec.aggregates,
            append_only: spec.append_only,
        })?;
        Ok(AggregateState { grouping, pending: Pending::default(), output: Output::new(&spec.output)? })
    }

    /// Adds rows to their groups; gives back those an expression fails on.
    pub(super) fn apply(&mut self, batch: DeltaBatch, store: &mut dyn Store, emit: Emit<'_>) -> Result<Vec<Failure>> {
        let evaluated = self.grouping.evaluate(batch)?;
        let AggregateState { grouping, pending, .. } = self;
        grouping.apply(&evaluated, None, store, &mut |entry, before| pending.note(entry, before))?;
        if self.pending.is_full() {
            self.finish_epoch(store, emit)?;
        }
        Ok(evaluated.failures)
    }

    /// Puts out what changed since the last time.
    pub(super) fn finish_epoch(&mut self, store: &mut dyn Store, emit: Emit<'_>) -> Result<()> {
        for (entry, before) in self.pending.take_below(None) {
            let after = store.get(&entry)?;
            let old = self.grouping.row(&entry, before.as_deref())?;
            let new = self.grouping.row(&entry, after.as_deref())?;
            if old.as_ref().map(|row| &row.cells) == new.as_ref().map(|row| &row.cells) {
                continue;
            }
            for (row, weight) in [(old, -1), (new, 1)] {
                if let Some(row) = row {
                    self.output.push(&row.cells, weight, row.time)?;
                }
            }
            self.output.emit_full(&mut *emit)?;
        }
        self.output.emit(emit)
    }
}

struct PlainAggregate {
    state: AggregateState,
}

impl Operator for PlainAggregate {
    fn process(&mut self, _port: usize, chunk: Chunk, context: &mut Context<'_>) -> streams_runtime::Result<()> {
        let batch = chunk.take::<DeltaBatch>()?;
        let failures = forwarding(context, |store, emit| self.state.apply(batch.clone(), store, emit))?;
        Ok(dead_letter(&batch, &failures, context)?)
    }

    fn finish_epoch(&mut self, context: &mut Context<'_>) -> streams_runtime::Result<()> {
        Ok(forwarding(context, |store, emit| self.state.finish_epoch(store, emit))?)
    }
}
