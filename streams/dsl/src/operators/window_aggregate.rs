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

/// How many rows one call emits or forgets: an epoch may end after each call.
const ROWS_AT_ONCE: usize = 16_384;

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
    /// Windows past their retention are left to forget.
    forgetting: bool,
    /// How many rows a call emits or forgets at most.
    rows_at_once: usize,
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
            forgetting: false,
            rows_at_once: ROWS_AT_ONCE,
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

    /// Emits windows that have closed, then forgets those past their retention, a bounded number of rows; and remembers the times.
    fn settle(&mut self, context: &mut Context<'_>) -> Result<()> {
        if self.has_closed() {
            self.close(context)?;
        }
        if !self.has_closed() {
            self.forget(context.store(0))?;
        }
        if self.times != self.saved {
            self.times.save(context.store(0))?;
            self.saved = self.times.clone();
        }
        Ok(())
    }

    /// Whether windows have closed that are not, or not all, emitted.
    fn has_closed(&self) -> bool {
        self.emit == EmitStrategy::OnWindowClose && self.windows.close_ms(self.times.observed_ms) > self.times.closed_ms
    }

    /// Emits the next rows of the windows that have closed.
    fn close(&mut self, context: &mut Context<'_>) -> Result<()> {
        let close_ms = self.windows.close_ms(self.times.observed_ms);
        let from_ms = first_start_ending_after(self.times.closed_ms, &self.windows);
        let to_ms = first_start_ending_after(close_ms, &self.windows);
        let mut changes = Vec::new();
        let from = self.times.next_to_close.take();
        let limit = self.rows_at_once;
        let next = visit_windows((from_ms, to_ms), from, limit, context.store(0), &mut |key, value| changes.push(self.change(key, value)))?;
        if next.is_none() {
            self.times.closed_ms = close_ms;
        }
        self.times.next_to_close = next;
        context.forward(Chunk::new(changes.into_iter().collect::<Result<Vec<_>>>()?));
        Ok(())
    }

    /// Deletes the next windows past their retention.
    fn forget(&mut self, store: &mut dyn Store) -> Result<()> {
        let kept_ms = self.times.observed_ms.saturating_sub(self.retention_ms).saturating_add(1).max(0);
        let kept_ms = next_multiple(kept_ms, self.windows.advance_ms);
        self.forgetting = false;
        if kept_ms > self.forgotten_ms {
            let mut keys = Vec::new();
            let next = visit_windows((self.forgotten_ms, kept_ms), None, self.rows_at_once, store, &mut |key, _| keys.push(key.to_vec()))?;
            for key in keys {
                store.put(&key, None)?;
            }
            match next {
                Some(_) => self.forgetting = true,
                None => self.forgotten_ms = kept_ms,
            }
        }
        Ok(())
    }

    fn change(&self, key: &[u8], value: &[u8]) -> Result<Change<Windowed<K>, A>> {
        let (key, start) = window_key::decode_by_time(key)?;
        let window = self.windows.window(start.0);
        let key = self.key.deserialize(key).map_err(|error| not_read("the key of a window", &error))?;
        let (state, timestamp) = self.folding.stored(value)?;
        Ok(Change { key: Windowed { key, window }, new: Some(state), timestamp, headers: Headers::NONE })
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

/// Visits up to `limit` entries of the windows with `from ≤ start < to`, in the order of start and key bytes, beginning at the key `next` if there is one.
/// Returns the key of the first that was left.
fn visit_windows(
    (from_ms, to_ms): (i64, i64),
    next: Option<Vec<u8>>,
    limit: usize,
    store: &mut dyn Store,
    visit: &mut dyn FnMut(&[u8], &[u8]),
) -> Result<Option<Vec<u8>>> {
    let (mut count, mut left) = (0, None);
    if from_ms < to_ms {
        let (from, to) = window_key::range_of_time(Timestamp(from_ms), Timestamp(to_ms));
        let from = next.unwrap_or_else(|| from.to_vec());
        store.scan(&from, Some(&to), &mut |key, value| {
            if count == limit {
                left = Some(key.to_vec());
                return Ok(ControlFlow::Break(()));
            }
            count += 1;
            visit(key, value);
            Ok(ControlFlow::Continue(()))
        })?;
    }
    Ok(left)
}

impl<K: Data, V: Data, A: Data> Operator for WindowAggregate<K, V, A> {
    fn open(&mut self, context: &mut Context<'_>) -> Result<()> {
        self.times = WindowTimes::load(context.store(0))?;
        self.saved = self.times.clone();
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
        if watermark.0 <= self.times.observed_ms && !self.is_closing() {
            return Ok(());
        }
        self.times.observed_ms = self.times.observed_ms.max(watermark.0);
        self.settle(context)
    }

    fn is_closing(&self) -> bool {
        self.has_closed() || self.forgetting
    }

    fn open_until(&self) -> Option<Timestamp> {
        let newest_start_ms = self.windows.starts(self.times.newest_row_ms).last()?;
        let closed_ms = self.windows.window(newest_start_ms).end_ms.saturating_add(self.windows.grace_ms);
        let open = self.emit == EmitStrategy::OnWindowClose && self.times.observed_ms < closed_ms;
        open.then_some(Timestamp(closed_ms))
    }
}
