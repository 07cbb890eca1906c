//! Event time and watermark of rows from a timestamp column.
//!
//! The watermark is the greatest event time seen minus the delay, and never falls. The greatest event time is kept in the node's one store under the key
//! `watermark` (8 bytes, big endian), written before a commit if it has moved: rows that were late stay late after a restart.

use super::evaluate::dead_letter;
use super::event_time::TimeColumn;
use crate::{DeltaBatch, Error, Result};
use arrow::datatypes::SchemaRef;
use log_model::Timestamp;
use std::sync::Arc;
use streams_runtime::topology::OperatorFactory;
use streams_runtime::{Chunk, Context, Operator};
use streams_state::Store;

const KEY: &[u8] = b"watermark";

/// Sets the event time of each row to the value of `column` (an index into `input`) and passes on a watermark `delay_ms` behind the greatest. Rows
/// without an event time are dead-lettered. One store.
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

    fn see(&mut self, batch: &DeltaBatch) {
        self.greatest = self.greatest.max(batch.times.iter().copied().max());
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
        let (assigned, failures) = self.column.assign(&batch)?;
        dead_letter(&batch, &failures, context)?;
        self.clock.see(&assigned);
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
            clock.see(&time_batch(&times));
            assert_eq!(clock.watermark(), Timestamp(expected));
        }
        clock.save(&mut store).unwrap();
        let mut restarted = EventClock::new(10);
        restarted.load(&mut store).unwrap();
        restarted.see(&time_batch(&[5]));
        assert_eq!(restarted.watermark(), Timestamp(91));
    }
}
