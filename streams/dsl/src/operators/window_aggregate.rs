//! `count`, `reduce` and `aggregate` over time windows: one state for each window and key.
//!
//! A row is accepted into a window while the window's end is after the observed stream time less the grace; the observed stream time is the
//! largest timestamp this operator has seen, the row's own included (Kafka's `KStreamWindowAggregate`). A later row is dropped as late, once for
//! each of its windows. With [`EmitStrategy::OnWindowClose`] each window is emitted once, in the order of start and key, at the end of the batch
//! that closed it. A window is forgotten when its start is a retention behind the observed stream time.
//!
//! The store is ordered by time, so that closing and forgetting read only what they emit or delete:
//! ```text
//! | window start: 8 bytes | key bytes | → state with timestamp      (window_key, ordered by time)
//! ```

use super::fold::{Fold, Folding, Input};
use super::window_times::WindowTimes;
use crate::error::not_read;
use crate::headers::Headers;
use crate::row::{Change, Data, Row};
use crate::serdes::SerdeRef;
use crate::window::{EmitStrategy, TimeWindows, Windowed};
use log_model::Timestamp;
use std::ops::ControlFlow;
use streams_runtime::{Chunk, Context, DropReason, Operator, Result};
use streams_state::{Store, window_key};

/// What a windowed aggregate does.
pub(crate) struct WindowAggregateSpec<K, V, A> {
    /// The layout of keys.
    pub(crate) key: SerdeRef<K>,
    /// The windows.
    pub(crate) windows: TimeWindows,
    /// When results go on.
    pub(crate) emit: EmitStrategy,
    /// How long after its start a window is kept.
    pub(crate) retention_ms: i64,
    /// Whether rows without a value count; otherwise they are dropped.
    pub(crate) null_values: bool,
    /// What is computed.
    pub(crate) fold: Fold<K, Windowed<K>, V, A>,
}

/// Folds the rows of each window and key. Its only store holds the states.
pub(crate) struct WindowAggregate<K, V, A> {
    key: SerdeRef<K>,
    windows: TimeWindows,
    emit: EmitStrategy,
    retention_ms: i64,
    null_values: bool,
    folding: Folding<K, Windowed<K>, V, A>,
    times: WindowTimes,
    /// As the store has them.
    saved: WindowTimes,
    /// Windows that start before this have been forgotten.
    forgotten_ms: i64,
}

impl<K: Data, V: Data, A: Data> WindowAggregate<K, V, A> {
    pub(crate) fn new(spec: WindowAggregateSpec<K, V, A>) -> Self {
        WindowAggregate {
            key: spec.key,
            windows: spec.windows,
            emit: spec.emit,
            retention_ms: spec.retention_ms,
            null_values: spec.null_values,
            folding: Folding::new(spec.fold),
            times: WindowTimes::START,
            saved: WindowTimes::START,
            forgotten_ms: 0,
        }
    }

    /// Adds one row to each of its windows. Returns in how many it is late; a row from before the epoch has no window and is late once.
    fn add(&mut self, key: K, input: Input<V>) -> Result<u64> {
        let timestamp_ms = input.timestamp.0;
        self.times.newest_row_ms = self.times.newest_row_ms.max(timestamp_ms);
        self.times.observed_ms = self.times.observed_ms.max(timestamp_ms);
        let close_ms = self.windows.close_ms(self.times.observed_ms);
        let windows = self.windows;
        let mut starts = windows.starts(timestamp_ms).map(|start_ms| windows.window(start_ms)).peekable();
        let mut late = u64::from(starts.peek().is_none());
        let mut rest = Some((key, input));
        while let Some(window) = starts.next() {
            if window.end_ms <= close_ms {
                late += 1;
                continue;
            }
            let row = if starts.peek().is_some() { rest.as_ref().map(copied) } else { rest.take() };
            if let Some((key, input)) = row {
                let serde = &self.key;
                self.folding.add(
                    Windowed { key, window },
                    |windowed, out| {
                        let start = Timestamp(windowed.window.start_ms);
                        out.extend_from_slice(&window_key::range_of_time(start, start).0);
                        serde.serialize(&windowed.key, out)
                    },
                    input,
                )?;
            }
        }
        Ok(late)
    }

    /// Emits the windows that have closed, forgets those past their retention and remembers the times.
    fn settle(&mut self, context: &mut Context<'_>) -> Result<()> {
        let close_ms = self.windows.close_ms(self.times.observed_ms);
        if self.emit == EmitStrategy::OnWindowClose && close_ms > self.times.closed_ms {
            let from_ms = first_start_ending_after(self.times.closed_ms, &self.windows);
            let to_ms = first_start_ending_after(close_ms, &self.windows);
            let changes = self.windows_between(from_ms, to_ms, context.store(0))?;
            self.times.closed_ms = close_ms;
            context.forward(Chunk::new(changes));
        }
        let kept_ms = self.times.observed_ms.saturating_sub(self.retention_ms).saturating_add(1).max(0);
        let kept_ms = next_multiple(kept_ms, self.windows.advance_ms);
        if kept_ms > self.forgotten_ms {
            forget(self.forgotten_ms, kept_ms, context.store(0))?;
            self.forgotten_ms = kept_ms;
        }
        if self.times != self.saved {
            self.times.save(context.store(0))?;
            self.saved = self.times;
        }
        Ok(())
    }

    /// The states of the windows with `from ≤ start < to`, as changes from nothing.
    fn windows_between(&self, from_ms: i64, to_ms: i64, store: &mut dyn Store) -> Result<Vec<Change<Windowed<K>, A>>> {
        let mut changes = Vec::new();
        for_each_window(from_ms, to_ms, store, &mut |key, value| changes.push(self.change(key, value)))?;
        changes.into_iter().collect()
    }

    fn change(&self, key: &[u8], value: &[u8]) -> Result<Change<Windowed<K>, A>> {
        let (key, start) = window_key::decode_by_time(key)?;
        let window = self.windows.window(start.0);
        let key = self.key.deserialize(key).map_err(|error| not_read("the key of a window", &error))?;
        let (state, timestamp) = self.folding.stored(value)?;
        Ok(Change { key: Windowed { key, window }, old: None, new: Some(state), timestamp, headers: Headers::NONE })
    }
}

fn copied<K: Clone, V: Clone>((key, input): &(K, Input<V>)) -> (K, Input<V>) {
    (key.clone(), Input { value: input.value.clone(), timestamp: input.timestamp, headers: input.headers.clone() })
}

/// The least multiple of `step` at or above `value`; both are positive.
fn next_multiple(value: i64, step: i64) -> i64 {
    let multiple = value.unsigned_abs().checked_next_multiple_of(step.unsigned_abs());
    multiple.and_then(|multiple| i64::try_from(multiple).ok()).unwrap_or(i64::MAX)
}

/// The least start of a window that ends after `time_ms`.
fn first_start_ending_after(time_ms: i64, windows: &TimeWindows) -> i64 {
    time_ms.saturating_sub(windows.size_ms).saturating_add(1).max(0)
}

fn forget(from_ms: i64, to_ms: i64, store: &mut dyn Store) -> Result<()> {
    let mut keys = Vec::new();
    for_each_window(from_ms, to_ms, store, &mut |key, _value| keys.push(key.to_vec()))?;
    for key in keys {
        store.put(&key, None)?;
    }
    Ok(())
}

/// Visits the entries of the windows with `from ≤ start < to`, in the order of start and key bytes.
fn for_each_window(from_ms: i64, to_ms: i64, store: &mut dyn Store, visit: &mut dyn FnMut(&[u8], &[u8])) -> Result<()> {
    if from_ms < to_ms {
        let (from, to) = window_key::range_of_time(Timestamp(from_ms), Timestamp(to_ms));
        store.scan(&from, Some(&to), &mut |key, value| {
            visit(key, value);
            Ok(ControlFlow::Continue(()))
        })?;
    }
    Ok(())
}

impl<K: Data, V: Data, A: Data> Operator for WindowAggregate<K, V, A> {
    fn open(&mut self, context: &mut Context<'_>) -> Result<()> {
        self.times = WindowTimes::load(context.store(0))?;
        self.saved = self.times;
        Ok(())
    }

    fn process(&mut self, _port: usize, chunk: Chunk, context: &mut Context<'_>) -> Result<()> {
        let (mut null_keys, mut null_values, mut late) = (0, 0, 0);
        for Row { key, value, timestamp, headers } in chunk.take::<Vec<Row<K, V>>>()? {
            match (key, value) {
                (None, _) => null_keys += 1,
                (_, None) if !self.null_values => null_values += 1,
                (Some(key), value) => late += self.add(key, Input { value, timestamp, headers })?,
            }
        }
        context.dropped(DropReason::NullKey, null_keys);
        context.dropped(DropReason::NullValue, null_values);
        context.dropped(DropReason::Late, late);
        let changes = self.folding.run(context.store(0))?;
        context.forward(Chunk::new(changes));
        self.settle(context)
    }

    fn advance(&mut self, watermark: Timestamp, context: &mut Context<'_>) -> Result<()> {
        if watermark.0 <= self.times.observed_ms {
            return Ok(());
        }
        self.times.observed_ms = watermark.0;
        self.settle(context)
    }

    fn open_until(&self) -> Option<Timestamp> {
        let newest_start_ms = self.windows.starts(self.times.newest_row_ms).last()?;
        let closed_ms = self.windows.window(newest_start_ms).end_ms.saturating_add(self.windows.grace_ms);
        let open = self.emit == EmitStrategy::OnWindowClose && self.times.observed_ms < closed_ms;
        open.then_some(Timestamp(closed_ms))
    }
}
