//! The core of every operator that keeps one row of state for each key: read the states of a batch's keys at once, fold the rows into them in
//! their order, write each state once.

use super::key_groups::KeyGroups;
use super::stamped::Stamped;
use crate::error::not_written;
use crate::headers::Headers;
use crate::row::{Change, Data};
use crate::serdes::{SerdeError, SerdeRef};
use log_model::Timestamp;
use std::sync::Arc;
use streams_runtime::Result;
use streams_state::{Store, Updated};

/// From key, value and the state so far to the state after; `None` is no state.
pub(crate) type Step<K, V, A> = Arc<dyn Fn(&K, Option<V>, Option<A>) -> Option<A> + Send + Sync>;

/// The timestamp of a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResultTime {
    /// The largest of the rows that went into it: aggregates.
    Largest,
    /// That of the last row: tables.
    Last,
}

/// Which changes a batch gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Updates {
    /// One for each row.
    Each,
    /// One for each key.
    Last,
    /// None: the states are read from the store later.
    Silent,
}

/// What a fold does.
pub(crate) struct Fold<K, O, V, A> {
    /// One step.
    pub(crate) step: Step<K, V, A>,
    /// The key the step sees, of the key the state is kept under.
    pub(crate) key_of: fn(&O) -> &K,
    /// The layout of states.
    pub(crate) state: SerdeRef<A>,
    /// The time of a state.
    pub(crate) time: ResultTime,
    /// Which changes to give.
    pub(crate) updates: Updates,
}

/// A fold at work: the rows of the batch in hand and the buffers for them.
pub(super) struct Folding<K, O, V, A> {
    fold: Fold<K, O, V, A>,
    stamped: Stamped<A>,
    groups: KeyGroups,
    cells: Vec<Cell<O>>,
    rows: Vec<Pending<V>>,
}

/// The rows of one key in the batch: a chain through the rows.
struct Cell<O> {
    key: O,
    first: usize,
    last: usize,
}

struct Pending<V> {
    input: Input<V>,
    /// The next row of the same key.
    next: Option<usize>,
}

/// The part of a row that is folded into one state.
pub(super) struct Input<V> {
    pub(super) value: Option<V>,
    pub(super) timestamp: Timestamp,
    pub(super) headers: Headers,
}

/// A state and its time, while rows are folded into it.
struct Current<A> {
    state: Option<A>,
    timestamp: Timestamp,
}

/// The rows of one key folded: its state after, and the headers of the last row.
struct Folded<A> {
    current: Current<A>,
    headers: Headers,
}

/// Changes, each with the index of the row that caused it.
type Changes<O, A> = Vec<(usize, Change<O, A>)>;

impl<K, O: Data, V, A: Data> Folding<K, O, V, A> {
    pub(super) fn new(fold: Fold<K, O, V, A>) -> Self {
        let stamped = Stamped(Arc::clone(&fold.state));
        Folding { fold, stamped, groups: KeyGroups::new(), cells: Vec::new(), rows: Vec::new() }
    }

    /// Adds a row to the batch, for the state under `key`, whose bytes in the store `write` appends to the buffer.
    pub(super) fn add(&mut self, key: O, write: impl FnOnce(&O, &mut Vec<u8>) -> Result<(), SerdeError>, input: Input<V>) -> Result<()> {
        let (group, new) = self.groups.group(|out| write(&key, out)).map_err(|error| not_written("key", &error))?;
        let row = self.rows.len();
        if new {
            self.cells.push(Cell { key, first: row, last: row });
        } else {
            let cell = &mut self.cells[group];
            self.rows[cell.last].next = Some(row);
            cell.last = row;
        }
        self.rows.push(Pending { input, next: None });
        Ok(())
    }

    /// Folds the batch into the store. Returns the changes in the order of their rows, or of the first row of each key.
    pub(super) fn run(&mut self, store: &mut dyn Store) -> Result<Vec<Change<O, A>>> {
        let result = self.run_batch(store);
        self.groups.clear();
        self.cells.clear();
        self.rows.clear();
        result
    }

    fn run_batch(&mut self, store: &mut dyn Store) -> Result<Vec<Change<O, A>>> {
        let (fold, stamped, rows) = (&self.fold, &self.stamped, &mut self.rows);
        let mut changes = Changes::new();
        // The store's error has no room for one of ours.
        let mut failed = None;
        let mut cells = self.cells.drain(..);
        let updated = store.update_many(&self.groups.keys(), &mut |_, bytes, out| {
            let Some(cell) = cells.next() else { return Ok(Updated::Keep) };
            if failed.is_some() {
                return Ok(Updated::Keep);
            }
            match fold.entry(stamped, &cell, (bytes, out), rows, &mut changes) {
                Ok((updated, folded)) => {
                    let nothing_to_nothing = bytes.is_none() && folded.current.state.is_none();
                    if fold.updates == Updates::Last && !nothing_to_nothing {
                        let Folded { current: Current { state: new, timestamp }, headers } = folded;
                        changes.push((cell.last, Change { key: cell.key, new, timestamp, headers }));
                    }
                    Ok(updated)
                }
                Err(error) => {
                    failed = Some(error);
                    Ok(Updated::Keep)
                }
            }
        });
        drop(cells);
        updated?;
        if let Some(error) = failed {
            return Err(error);
        }
        if fold.updates == Updates::Each {
            changes.sort_unstable_by_key(|(row, _)| *row);
        }
        Ok(changes.into_iter().map(|(_, change)| change).collect())
    }

    /// The state in the store's bytes, and its time.
    pub(super) fn stored(&self, bytes: &[u8]) -> Result<(A, Timestamp)> {
        self.stamped.read(bytes)
    }
}

impl<K, O: Data, V, A: Data> Fold<K, O, V, A> {
    /// Folds the rows of one key into its entry: reads the bytes it has, appends those it gets to `out`.
    fn entry(
        &self,
        stamped: &Stamped<A>,
        cell: &Cell<O>,
        (bytes, out): (Option<&[u8]>, &mut Vec<u8>),
        rows: &mut [Pending<V>],
        changes: &mut Changes<O, A>,
    ) -> Result<(Updated, Folded<A>)> {
        let current = match bytes {
            Some(bytes) => stamped.read(bytes).map(|(state, timestamp)| Current { state: Some(state), timestamp })?,
            None => Current { state: None, timestamp: Timestamp::NONE },
        };
        let folded = self.chain(cell, current, rows, changes);
        let updated = match &folded.current.state {
            Some(state) => {
                stamped.write(state, folded.current.timestamp, out)?;
                Updated::Put
            }
            None if bytes.is_some() => Updated::Delete,
            None => Updated::Keep,
        };
        Ok((updated, folded))
    }

    /// Folds the rows of one key into its state.
    fn chain(&self, cell: &Cell<O>, mut current: Current<A>, rows: &mut [Pending<V>], changes: &mut Changes<O, A>) -> Folded<A> {
        let mut next = Some(cell.first);
        let mut headers = Headers::NONE;
        while let Some(row) = next {
            next = rows[row].next;
            let input = &mut rows[row].input;
            current.timestamp = match self.time {
                ResultTime::Largest if current.state.is_some() => current.timestamp.max(input.timestamp),
                _ => input.timestamp,
            };
            current.state = (self.step)((self.key_of)(&cell.key), input.value.take(), current.state);
            headers = std::mem::take(&mut input.headers);
            if self.updates == Updates::Each {
                let (key, new, headers) = (cell.key.clone(), current.state.clone(), headers.clone());
                changes.push((row, Change { key, new, timestamp: current.timestamp, headers }));
            }
        }
        Folded { current, headers }
    }
}
