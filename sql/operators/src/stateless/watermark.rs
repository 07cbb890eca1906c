//! Event time and watermark of rows from a timestamp column.
//!
//! The watermark is the greatest event time seen minus the delay, and never falls. It moves from row to row: a row that is behind the watermark of the rows
//! before it learns that watermark, so that what is late does not depend on how rows were cut into batches. The greatest event time is kept in the node's
//! one store under the key `watermark` (8 bytes, big endian), written before a commit if it has moved: rows that were late stay late after a restart.

use super::event_time::TimeColumn;
use crate::{DeltaBatch, Error, Result};
use arrow::buffer::{NullBuffer, ScalarBuffer};
use arrow::datatypes::SchemaRef;
use log_model::Timestamp;
use std::sync::Arc;
use streams_runtime::topology::OperatorFactory;
use streams_runtime::{Chunk, Context, Operator};
use streams_state::Store;

const KEY: &[u8] = b"watermark";

/// Sets the event time of each row to the value of `column` (an index into `input`) and passes on a watermark `delay_ms` behind the greatest. A row without
/// an event time keeps its record's timestamp and moves nothing: only a window that needs its time cannot take it. One store.
///
/// Errors: a column that is no timestamp, a negative delay.
pub fn watermark(column: usize, delay_ms: i64, input: &SchemaRef) -> Result<OperatorFactory> {
    let column = TimeColumn::new(column, input)?;
    if delay_ms < 0 {
        return Err(Error::Format { reason: format!("the delay of a watermark is {delay_ms} ms; it must not be negative") });
    }
    Ok(Arc::new(move || Box::new(Watermark { column: column.clone(), clock: EventClock::new(delay_ms) })))
}

/// The greatest event time, and what follows from it.
struct EventClock {
    delay_ms: i64,
    greatest: Option<i64>,
    stored: Option<i64>,
}

impl EventClock {
    fn new(delay_ms: i64) -> EventClock {
        EventClock { delay_ms, greatest: None, stored: None }
    }

    fn load(&mut self, store: &mut dyn Store) -> Result<()> {
        let Some(bytes) = store.get(KEY)? else { return Ok(()) };
        let bytes =
            <[u8; 8]>::try_from(bytes.as_ref()).map_err(|_| Error::corrupt("watermark", format!("{} bytes instead of 8", bytes.len())))?;
        self.stored = Some(i64::from_be_bytes(bytes));
        self.greatest = self.greatest.max(self.stored);
        Ok(())
    }

    fn save(&mut self, store: &mut dyn Store) -> Result<()> {
        if let Some(greatest) = self.greatest
            && self.stored != self.greatest
        {
            store.put(KEY, Some(&greatest.to_be_bytes()))?;
            self.stored = self.greatest;
        }
        Ok(())
    }

    /// Takes note of the times of rows, one after the other, where they are `known`. If some row is behind the watermark of those before it, all learn
    /// theirs.
    fn see(&mut self, batch: &mut DeltaBatch, known: Option<&NullBuffer>) {
        let is_known = |row: usize| known.is_none_or(|known| known.is_valid(row));
        let before = self.greatest.unwrap_or(i64::MIN);
        let mut greatest = before;
        let mut some_behind = false;
        for (_, time) in batch.times.iter().enumerate().filter(|(row, _)| is_known(*row)) {
            some_behind |= *time < greatest.saturating_sub(self.delay_ms);
            greatest = greatest.max(*time);
            self.greatest = Some(greatest);
        }
        batch.watermarks = some_behind.then(|| {
            let mut greatest = before;
            let watermark = |(row, time): (usize, &i64)| {
                let watermark = greatest.saturating_sub(self.delay_ms);
                greatest = if is_known(row) { greatest.max(*time) } else { greatest };
                watermark
            };
            batch.times.iter().enumerate().map(watermark).collect::<ScalarBuffer<i64>>()
        });
    }

    fn watermark(&self) -> Timestamp {
        self.greatest.map_or(Timestamp::MIN, |greatest| Timestamp(greatest.saturating_sub(self.delay_ms)))
    }
}

struct Watermark {
    column: TimeColumn,
    clock: EventClock,
}

impl Operator for Watermark {
    fn open(&mut self, context: &mut Context<'_>) -> streams_runtime::Result<()> {
        Ok(self.clock.load(context.store(0))?)
    }

    fn process(&mut self, _port: usize, chunk: Chunk, context: &mut Context<'_>) -> streams_runtime::Result<()> {
        let batch = chunk.take::<DeltaBatch>()?;
        let (mut assigned, known) = self.column.assign(batch)?;
        self.clock.see(&mut assigned, known.as_ref());
        context.forward(Chunk::new(assigned));
        Ok(())
    }

    fn watermark(&self, _inputs: Timestamp) -> Timestamp {
        self.clock.watermark()
    }

    fn finish_epoch(&mut self, context: &mut Context<'_>) -> streams_runtime::Result<()> {
        Ok(self.clock.save(context.store(0))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{memory_store, time_batch};

    #[test]
    fn the_watermark_stays_behind_the_greatest_time_across_restarts() {
        let mut store = memory_store();
        let mut clock = EventClock::new(10);
        assert_eq!(clock.watermark(), Timestamp::MIN);
        for (times, expected) in [(vec![100, 90], 90), (vec![50], 90), (vec![], 90), (vec![101], 91)] {
            clock.see(&mut time_batch(&times), None);
            assert_eq!(clock.watermark(), Timestamp(expected));
        }
        clock.save(&mut store).unwrap();
        let mut restarted = EventClock::new(10);
        restarted.load(&mut store).unwrap();
        let mut late = time_batch(&[5, 102, 91]);
        restarted.see(&mut late, None);
        assert_eq!(late.watermarks.as_deref(), Some([91, 91, 92].as_slice()));
        assert_eq!(restarted.watermark(), Timestamp(92));
        let mut in_time = time_batch(&[92, 200, 190]);
        restarted.see(&mut in_time, None);
        assert_eq!(in_time.watermarks, None);
        let mut unknown = time_batch(&[900, 150]);
        restarted.see(&mut unknown, Some(&NullBuffer::from(vec![false, true])));
        assert_eq!((restarted.watermark(), unknown.watermarks.as_deref()), (Timestamp(190), Some([190, 190].as_slice())));
    }
}
