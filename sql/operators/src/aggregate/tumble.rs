//! Grouping by tumbling windows of event time.

use super::grouping::{Grouping, GroupingSpec, groups_tag, values_tag};
use super::late::WindowColumn;
use super::pending::Pending;
use super::render::{Emit, Output, forwarding};
use super::spec::{EmitMode, TumbleSpec};
use super::windows::Windows;
use crate::columns::Cell;
use crate::stateless::{Evaluated, dead_letter};
use crate::{DeltaBatch, Error, Result};
use arrow::datatypes::{DataType, TimeUnit};
use log_model::Timestamp;
use std::ops::ControlFlow;
use std::sync::Arc;
use streams_runtime::topology::OperatorFactory;
use streams_runtime::{Chunk, Context, DropReason, Operator};
use streams_state::Store;
use streams_state::key::KeyWriter;

/// Entries taken from the store at a time when a window closes.
const ENTRIES_AT_ONCE: usize = 4096;

/// What closing takes from the store in one call, about: an epoch may end after it.
const CLOSING_BYTES_AT_ONCE: usize = 4 << 20;

/// What an entry costs beside its bytes: a row put out, a deletion in the changelog.
const ENTRY_BYTES: usize = 64;

/// Groups by a tumbling window and keys. One store.
///
/// Rows of a window carry its last millisecond as event time; the watermark passed on is that of the windows' starts: the start of the first window that may
/// still be put out. Rows of closed windows are dropped as late and counted, each judged by the watermark before it; rows without a time, or on which an
/// expression fails, are dead-lettered.
///
/// Errors: expressions, columns or windows that do not fit each other.
pub fn tumble_aggregate(spec: TumbleSpec) -> Result<OperatorFactory> {
    TumbleState::new(&spec)?;
    Ok(Arc::new(move || {
        let state = TumbleState::new(&spec).expect("the same specification was accepted before");
        Box::new(TumbleAggregate { state })
    }))
}

/// The operator without its doors: everything but the runtime's context.
pub(super) struct TumbleState {
    grouping: Grouping,
    column: WindowColumn,
    windows: Windows,
    pending: Pending,
    output: Output,
    /// The unit of the output's window column.
    unit: TimeUnit,
    emit: EmitMode,
    closes: bool,
    /// Where the closing of the first closed window goes on: with which kind of entries, at which key.
    closing_from: Option<(usize, Vec<u8>)>,
}

/// What became of a batch.
#[derive(Debug, Default)]
pub(super) struct Applied {
    /// Rows of closed windows.
    pub(super) late: u64,
    /// Batches with their failing rows.
    pub(super) failed: Vec<(DeltaBatch, Vec<crate::stateless::Failure>)>,
}

impl TumbleState {
    pub(super) fn new(spec: &TumbleSpec) -> Result<TumbleState> {
        let grouping = Grouping::new(&GroupingSpec {
            input: &spec.input,
            output: &spec.output,
            windowed: true,
            groups: &spec.groups,
            aggregates: &spec.aggregates,
            append_only: spec.append_only,
        })?;
        let DataType::Timestamp(unit, _) = spec.output.field(0).data_type() else {
            return Err(Error::unsupported_type(spec.output.field(0).data_type(), "the start of a window, which is a TIMESTAMP"));
        };
        if spec.emit == EmitMode::OnWindowClose && !spec.closes {
            return Err(Error::Format { reason: "EMIT ON WINDOW CLOSE needs a watermark: without one no window closes".to_string() });
        }
        Ok(TumbleState {
            grouping,
            column: WindowColumn::new(spec.window, spec.time_column, &spec.input)?,
            windows: Windows::new(spec.window),
            pending: Pending::default(),
            output: Output::new(&spec.output)?,
            unit: *unit,
            emit: spec.emit,
            closes: spec.closes,
            closing_from: None,
        })
    }

    pub(super) fn open(&mut self, store: &mut dyn Store) -> Result<()> {
        self.windows.load(store)
    }

    /// Adds rows to their windows.
    pub(super) fn apply(&mut self, batch: DeltaBatch, store: &mut dyn Store, emit: Emit<'_>) -> Result<Applied> {
        let in_time = self.column.sort_out(batch.clone(), |start| self.windows.is_closed(start))?;
        let mut applied = Applied { late: in_time.late, failed: Vec::new() };
        if !in_time.failures.is_empty() {
            applied.failed.push((batch, in_time.failures));
        }
        let evaluated = self.grouping.evaluate(in_time.batch.clone())?;
        let windows = remaining(in_time.windows, &evaluated);
        windows.iter().for_each(|start| self.windows.opened(*start));
        let TumbleState { grouping, pending, emit: mode, .. } = self;
        grouping.apply(&evaluated, Some(&windows), store, &mut |entry, before| {
            if *mode == EmitMode::Changes {
                pending.note(entry, before);
            }
        })?;
        if !evaluated.failures.is_empty() {
            applied.failed.push((in_time.batch, evaluated.failures));
        }
        if self.pending.is_full() {
            self.emit_changes(None, store, emit)?;
        }
        Ok(applied)
    }

    /// Closes the windows that `watermark` has passed, as many as one call may; again while it [`is_closing`](TumbleState::is_closing).
    pub(super) fn advance(&mut self, watermark: Timestamp, store: &mut dyn Store, emit: Emit<'_>) -> Result<()> {
        if !self.closes {
            return Ok(());
        }
        if self.windows.close(watermark.0, store)?
            && self.emit == EmitMode::Changes
            && let Some(last) = self.windows.last_closing()
        {
            let end = window_prefix(groups_tag(), last).prefix_end();
            self.emit_changes(Some(&end), store, &mut *emit)?;
        }
        let mut room_bytes = CLOSING_BYTES_AT_ONCE;
        while let Some(start) = self.windows.first_closing()
            && self.empty(start, &mut room_bytes, store, &mut *emit)?
        {
            self.windows.emptied(start);
        }
        self.output.emit(emit)
    }

    /// Whether closed windows still hold groups.
    pub(super) fn is_closing(&self) -> bool {
        self.windows.first_closing().is_some()
    }

    /// Puts out what changed since the last time.
    pub(super) fn finish_epoch(&mut self, store: &mut dyn Store, emit: Emit<'_>) -> Result<()> {
        self.emit_changes(None, store, emit)
    }

    /// The watermark that closes everything that is open.
    pub(super) fn open_until(&self) -> Option<Timestamp> {
        self.closes.then(|| self.windows.open_until().map(Timestamp)).flatten()
    }

    /// Puts out one window's groups if they have not been, and forgets them. False if there was no room for all: then it goes on there next time.
    fn empty(&mut self, start: i64, room_bytes: &mut usize, store: &mut dyn Store, emit: Emit<'_>) -> Result<bool> {
        let time = self.column.window.end(start) - 1;
        let (first_kind, mut reached) = self.closing_from.take().map_or((0, None), |(kind, key)| (kind, Some(key)));
        // Groups last: as long as there are any, the window is found again after a restart.
        for (kind, tag) in [values_tag(), groups_tag()].into_iter().enumerate().skip(first_kind) {
            let puts_out = self.emit == EmitMode::OnWindowClose && tag.as_slice() == groups_tag().as_slice();
            let prefix = window_prefix(tag, start);
            let end = prefix.prefix_end();
            let mut from = reached.take().unwrap_or_else(|| prefix.as_slice().to_vec());
            loop {
                let entries = first_entries(&from, &end, *room_bytes, store)?;
                for (key, state) in &entries {
                    if puts_out {
                        self.push_row(key, Some(state), 1, time)?;
                        self.output.emit_full(&mut *emit)?;
                    }
                    store.put(key, None)?;
                    *room_bytes = room_bytes.saturating_sub(size_bytes(key, state));
                }
                let Some((last, _)) = entries.into_iter().next_back() else { break };
                from = last;
                from.push(0);
                if *room_bytes == 0 {
                    self.closing_from = Some((kind, from));
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn emit_changes(&mut self, end: Option<&[u8]>, store: &mut dyn Store, emit: Emit<'_>) -> Result<()> {
        for (entry, before) in self.pending.take_below(end) {
            let after = store.get(&entry)?;
            if before == after {
                continue;
            }
            let old = self.window_row(&entry, before.as_deref())?;
            let new = self.window_row(&entry, after.as_deref())?;
            if old == new {
                continue;
            }
            for (row, weight) in [(old, -1), (new, 1)] {
                if let Some((cells, time)) = row {
                    self.output.push(&cells, weight, time)?;
                }
            }
            self.output.emit_full(&mut *emit)?;
        }
        self.output.emit(emit)
    }

    fn push_row(&mut self, entry: &[u8], state: Option<&[u8]>, weight: i64, time: i64) -> Result<()> {
        match self.window_row(entry, state)? {
            Some((cells, _)) => self.output.push(&cells, weight, time),
            None => Ok(()),
        }
    }

    /// A group's row, its window's start in the unit of the output column, and its event time.
    fn window_row(&mut self, entry: &[u8], state: Option<&[u8]>) -> Result<Option<(Vec<Cell<'static>>, i64)>> {
        let Some(mut row) = self.grouping.row(entry, state)? else { return Ok(None) };
        let Some(Cell::Int(start)) = row.cells.first().cloned() else { return Err(Error::corrupt("group", "its key has no window")) };
        let in_unit = crate::columns::timestamp_of_ms(start, self.unit);
        row.cells[0] = Cell::Int(in_unit.ok_or_else(|| Error::bug(format!("window start {start} ms does not fit its column")))?);
        Ok(Some((row.cells, self.column.window.end(start) - 1)))
    }
}

/// The windows of the rows that no expression failed on.
fn remaining(windows: Vec<i64>, evaluated: &Evaluated) -> Vec<i64> {
    if evaluated.failures.is_empty() {
        return windows;
    }
    let mut keep = vec![true; windows.len()];
    evaluated.failures.iter().for_each(|failure| keep[failure.row] = false);
    windows.into_iter().zip(keep).filter(|(_, keep)| *keep).map(|(start, _)| start).collect()
}

fn window_prefix(mut tag: KeyWriter, start: i64) -> KeyWriter {
    tag.int(start);
    tag
}

fn size_bytes(key: &[u8], state: &[u8]) -> usize {
    ENTRY_BYTES + key.len() + state.len()
}

/// The first entries from `from` on: a bounded number, of `room_bytes` and one more at most.
fn first_entries(from: &[u8], end: &[u8], mut room_bytes: usize, store: &mut dyn Store) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut entries = Vec::new();
    store.scan(from, Some(end), &mut |key, value| {
        entries.push((key.to_vec(), value.to_vec()));
        room_bytes = room_bytes.saturating_sub(size_bytes(key, value));
        let has_room = room_bytes > 0 && entries.len() < ENTRIES_AT_ONCE;
        Ok(if has_room { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    Ok(entries)
}

struct TumbleAggregate {
    state: TumbleState,
}

impl Operator for TumbleAggregate {
    fn open(&mut self, context: &mut Context<'_>) -> streams_runtime::Result<()> {
        Ok(self.state.open(context.store(0))?)
    }

    fn process(&mut self, _port: usize, chunk: Chunk, context: &mut Context<'_>) -> streams_runtime::Result<()> {
        let batch = chunk.take::<DeltaBatch>()?;
        let applied = forwarding(context, |store, emit| self.state.apply(batch, store, emit))?;
        context.dropped(DropReason::Late, applied.late);
        for (batch, failures) in &applied.failed {
            dead_letter(batch, failures, context)?;
        }
        Ok(())
    }

    fn watermark(&self, inputs: Timestamp) -> Timestamp {
        Timestamp(self.state.windows.watermark_of_starts(inputs.0))
    }

    fn advance(&mut self, watermark: Timestamp, context: &mut Context<'_>) -> streams_runtime::Result<()> {
        Ok(forwarding(context, |store, emit| self.state.advance(watermark, store, emit))?)
    }

    fn is_closing(&self) -> bool {
        self.state.is_closing()
    }

    fn open_until(&self) -> Option<Timestamp> {
        self.state.open_until()
    }

    fn finish_epoch(&mut self, context: &mut Context<'_>) -> streams_runtime::Result<()> {
        Ok(forwarding(context, |store, emit| self.state.finish_epoch(store, emit))?)
    }
}
