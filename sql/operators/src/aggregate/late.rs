//! The window of each row, and the rows that have none.
//!
//! A batch query puts rows without a time into a window of NULL; here they are no rows of any window, because no watermark would ever close that one.

use super::spec::Window;
use crate::columns::{Cell, ColumnView};
use crate::formats::to_ms;
use crate::stateless::Failure;
use crate::{DeltaBatch, Error, Result};
use arrow::array::BooleanArray;
use arrow::datatypes::{DataType, SchemaRef, TimeUnit};

/// Reads the window of each row from its time column.
pub(super) struct WindowColumn {
    pub(super) window: Window,
    column: usize,
    name: String,
    unit: TimeUnit,
}

/// The rows of a batch that have an open window.
pub(super) struct InTime {
    pub(super) batch: DeltaBatch,
    /// The window of each of them.
    pub(super) windows: Vec<i64>,
    /// Rows of closed windows.
    pub(super) late: u64,
    /// Rows without a time.
    pub(super) failures: Vec<Failure>,
}

impl WindowColumn {
    pub(super) fn new(window: Window, column: usize, input: &SchemaRef) -> Result<WindowColumn> {
        if window.size_ms <= 0 || window.grace_ms < 0 {
            let reason = format!(
                "a window of {} ms with a grace of {} ms: the size must be above zero, the grace not below",
                window.size_ms, window.grace_ms
            );
            return Err(Error::Format { reason });
        }
        let field = input.field(column);
        let DataType::Timestamp(unit, _) = field.data_type() else {
            return Err(Error::unsupported_type(field.data_type(), format!("window column {:?}, which must be TIMESTAMP", field.name())));
        };
        Ok(WindowColumn { window, column, name: field.name().clone(), unit: *unit })
    }

    /// Sorts out late rows and those without a time. A row is late if the watermark before it had passed its window (row by row, whatever batches the rows
    /// came in), or if its window `is_closed` for another reason.
    pub(super) fn sort_out(&self, batch: DeltaBatch, is_closed: impl Fn(i64) -> bool) -> Result<InTime> {
        let column = ColumnView::new(batch.rows.column(self.column))?;
        let passed = |row: usize, start: i64| {
            batch.watermarks.as_ref().is_some_and(|watermarks| self.window.end(start) + self.window.grace_ms <= watermarks[row])
        };
        let is_late = |row: usize, start: i64| passed(row, start) || is_closed(start);
        let mut windows = Vec::with_capacity(batch.count());
        let mut late = 0;
        let mut failures = Vec::new();
        let mut keep = Vec::with_capacity(batch.count());
        for row in 0..batch.count() {
            let start = match column.cell(row) {
                Cell::Int(time) => self.window.start(to_ms(time, self.unit)).ok_or("is out of range"),
                _ => Err("is null"),
            };
            let in_time = matches!(start, Ok(start) if !is_late(row, start));
            keep.push(in_time);
            match start {
                Ok(start) if in_time => windows.push(start),
                Ok(_) => late += 1,
                Err(what) => failures.push(Failure { row, reason: format!("window column {:?} {what}", self.name) }),
            }
        }
        let batch = if windows.len() == batch.count() { batch } else { batch.filter(&BooleanArray::from(keep))? };
        Ok(InTime { batch, windows, late, failures })
    }
}
