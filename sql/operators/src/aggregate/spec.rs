//! What groupings are told.

use arrow::datatypes::SchemaRef;
use datafusion::physical_expr::PhysicalExpr;
use std::sync::Arc;

/// Groups by a tumbling window and keys.
#[derive(Clone, Debug)]
pub struct TumbleSpec {
    /// The columns of the rows that come in.
    pub input: SchemaRef,
    /// The columns put out: the window's start (a timestamp), the groups, the aggregates, each in the order given.
    pub output: SchemaRef,
    /// The windows.
    pub window: Window,
    /// The event time of a row: a timestamp column, as an index into `input`.
    pub time_column: usize,
    /// Further keys.
    pub groups: Vec<Arc<dyn PhysicalExpr>>,
    /// What is computed of each group.
    pub aggregates: Vec<AggregateCall>,
    /// When results are put out.
    pub emit: EmitMode,
    /// Whether windows close when the watermark has passed; without it state only grows.
    pub closes: bool,
    /// The input never takes rows back.
    pub append_only: bool,
}

/// Groups by keys without a window; no keys means one group of all rows.
#[derive(Clone, Debug)]
pub struct AggregateSpec {
    /// The columns of the rows that come in.
    pub input: SchemaRef,
    /// The columns put out: the groups, the aggregates, each in the order given.
    pub output: SchemaRef,
    /// The keys.
    pub groups: Vec<Arc<dyn PhysicalExpr>>,
    /// What is computed of each group.
    pub aggregates: Vec<AggregateCall>,
    /// The input never takes rows back.
    pub append_only: bool,
}

/// Fixed-size windows side by side: window n covers `[offset + n·size, offset + (n+1)·size)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The length; above zero.
    pub size_ms: i64,
    /// Where a window starts, modulo the size.
    pub offset_ms: i64,
    /// A window closes when the watermark reaches its end plus this; not negative.
    pub grace_ms: i64,
}

impl Window {
    /// The start of the window that holds `time`; `None` where it, or its end, is no 64-bit number.
    #[inline]
    pub fn start(&self, time: i64) -> Option<i64> {
        let start = time.checked_sub(time.checked_sub(self.offset_ms)?.rem_euclid(self.size_ms))?;
        start.checked_add(self.size_ms)?.checked_add(self.grace_ms).map(|_| start)
    }

    /// The end of the window that starts at `start`, one past its last millisecond.
    #[inline]
    pub fn end(&self, start: i64) -> i64 {
        start + self.size_ms
    }
}

/// One aggregate of a grouping.
#[derive(Clone, Debug)]
pub struct AggregateCall {
    /// The function.
    pub function: AggregateFunction,
    /// Its argument; none for `count(*)`.
    pub argument: Option<Arc<dyn PhysicalExpr>>,
    /// Only rows for which this is true count (`FILTER (WHERE …)`).
    pub filter: Option<Arc<dyn PhysicalExpr>>,
}

/// The aggregate functions. Each gives what DataFusion gives on the net rows, but for two things: `Sum` fails where DataFusion would wrap around, and for
/// `Min` and `Max` NaN is greater than every number, as in PostgreSQL, where DataFusion's answer depends on the order of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AggregateFunction {
    /// Rows.
    CountStar,
    /// Rows whose argument is not null.
    Count,
    /// Distinct arguments that are not null.
    CountDistinct,
    /// The sum; null if there was nothing but nulls.
    Sum,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// The mean.
    Avg,
}

/// When a grouping puts out results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmitMode {
    /// Every epoch: for each group that changed its old row with weight −1 and its new one with weight 1.
    Changes,
    /// Once a window is closed: its only, final row per group, ordered by window and group. Later rows of it are late and dropped.
    OnWindowClose,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_tile_time_in_both_directions() {
        let window = Window { size_ms: 10, offset_ms: 3, grace_ms: 0 };
        for (time, start) in [(3, 3), (12, 3), (13, 13), (2, -7), (0, -7), (-8, -17)] {
            assert_eq!(window.start(time), Some(start), "{time}");
        }
        assert_eq!(window.start(i64::MAX), None);
        assert_eq!(window.start(i64::MIN), None);
    }
}
